//go:build !cgo

package gpu

import (
	stdcontext "context"
	"errors"
	"time"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

var errNoCgo = errors.New("gpu: this program was built without cgo, and has no OpenGL: build it with CGO_ENABLED=1 and a C compiler")

// Devices returns an error: this build has no OpenGL.
func Devices() ([]Device, error) { return nil, errNoCgo }

// Renderer cannot be made in this build.
type Renderer struct{}

var _ render.Renderer = (*Renderer)(nil)

// New returns an error: this build has no OpenGL.
func New(*lfn.Model, Options) (*Renderer, error) { return nil, errNoCgo }

// Tune returns an error: this build has no OpenGL.
func Tune(*lfn.Model, Options) (Device, []Trial, error) { return Device{}, nil, errNoCgo }

// Render returns an error.
func (*Renderer) Render(stdcontext.Context, *render.Image, *plucker.Camera, render.Options) error {
	return errNoCgo
}

// Time returns an error.
func (*Renderer) Time(stdcontext.Context, *plucker.Camera, render.Options) (time.Duration, error) {
	return 0, errNoCgo
}

// Peak returns an error.
func (*Renderer) Peak(bool) (float64, error) { return 0, errNoCgo }

// Device is that of no device.
func (*Renderer) Device() Device { return Device{} }

// Variant is that of no shader.
func (*Renderer) Variant() shaders.Variant { return shaders.Variant{} }

// Close does nothing.
func (*Renderer) Close() {}
