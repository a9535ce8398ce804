//go:build race

package lfn

// raceEnabled says that the race detector is on. A sync.Pool then drops a part of what is put into it, at
// random, so that the code under test allocates.
const raceEnabled = true
