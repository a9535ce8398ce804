//go:build !(cgo && ((linux && amd64) || darwin || (windows && amd64)))

package viewer

import "context"

// Run returns an error: this build has no windows.
func Run(context.Context, Options) error { return ErrNotBuilt }
