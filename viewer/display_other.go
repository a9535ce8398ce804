//go:build cgo && (darwin || (windows && amd64))

package viewer

// watchDisplay is for displays that can go away before the program does.
func watchDisplay(func()) {}
