//go:build !race

package lfn

const raceEnabled = false
