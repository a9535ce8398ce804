//go:build cgo && (darwin || (windows && amd64))

package viewer

// watchDisplay is for displays that can go away before the program does.
func watchDisplay(lost func(), failed func(text string)) {}

// exists is for displays on which another program can destroy the window.
func (w *window) exists() bool { return true }
