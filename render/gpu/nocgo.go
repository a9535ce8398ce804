//go:build !cgo || !linux

package gpu

import (
	"context"
	"time"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

// Devices returns an error: this build has no OpenGL.
func Devices() ([]Device, error) { return nil, ErrNotBuilt }

// Renderer cannot be made in this build.
type Renderer struct{}

var _ render.Renderer = (*Renderer)(nil)

// New returns an error: this build has no OpenGL.
func New(*lfn.Model, Options) (*Renderer, error) { return nil, ErrNotBuilt }

// Tune returns an error: this build has no OpenGL.
func Tune(*lfn.Model, Options) (Device, []Trial, error) { return Device{}, nil, ErrNotBuilt }

// Render returns an error.
func (*Renderer) Render(context.Context, *render.Image, *plucker.Camera, render.Options) error {
	return ErrNotBuilt
}

// Time returns an error.
func (*Renderer) Time(context.Context, *plucker.Camera, render.Options) (time.Duration, error) {
	return 0, ErrNotBuilt
}

// Peak returns an error.
func (*Renderer) Peak(bool) (float64, error) { return 0, ErrNotBuilt }

// Device is that of no device.
func (*Renderer) Device() Device { return Device{} }

// Variant is that of no shader.
func (*Renderer) Variant() shaders.Variant { return shaders.Variant{} }

// Close does nothing.
func (*Renderer) Close() {}
