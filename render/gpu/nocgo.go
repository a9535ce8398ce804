//go:build !cgo || !linux

package gpu

import (
	"context"
	"time"
	"unsafe"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

// Devices returns an error: this build has no OpenGL.
func Devices() ([]Device, error) { return nil, ErrNotBuilt }

// Renderer cannot be made in this build.
type Renderer struct{}

var _ render.GeometryRenderer = (*Renderer)(nil)

// New returns an error: this build has no OpenGL.
func New(*lfn.Model, Options) (*Renderer, error) { return nil, ErrNotBuilt }

// NewIn returns an error: this build has no OpenGL.
func NewIn(context.Context, Context, *lfn.Model, Options) (*Renderer, error) { return nil, ErrNotBuilt }

// Tune returns an error: this build has no OpenGL.
func Tune(*lfn.Model, Options) (Device, []Trial, error) { return Device{}, nil, ErrNotBuilt }

// Render returns an error.
func (*Renderer) Render(context.Context, *render.Image, *plucker.Camera, render.Options) error {
	return ErrNotBuilt
}

// Geometry returns an error.
func (*Renderer) Geometry(context.Context, *render.Geometry, *plucker.Camera) error {
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

// Canvas cannot be made in this build.
type Canvas struct{}

// NewCanvas returns an error: this build has no OpenGL.
func NewCanvas(func(name string) unsafe.Pointer) (*Canvas, error) { return nil, ErrNotBuilt }

// Device is that of no device.
func (*Canvas) Device() Device { return Device{} }

// Load returns an error.
func (*Canvas) Load(*lfn.Model, Options) error { return ErrNotBuilt }

// Tuned is false.
func (*Canvas) Tuned() bool { return false }

// Variant is that of no shader.
func (*Canvas) Variant() shaders.Variant { return shaders.Variant{} }

// Begin does nothing.
func (*Canvas) Begin(*plucker.Camera, render.Options, bool) {}

// Passes are none.
func (*Canvas) Passes() (done, of int) { return 0, 0 }

// Texture is none.
func (*Canvas) Texture() (id uint32, w, h, textureW, textureH int) { return 0, 0, 0, 0, 0 }

// GeometryTexture is none.
func (*Canvas) GeometryTexture() uint32 { return 0 }

// FrameTime is 0.
func (*Canvas) FrameTime() time.Duration { return 0 }

// RaysPerS is 0.
func (*Canvas) RaysPerS() float64 { return 0 }

// Advance returns an error.
func (*Canvas) Advance(time.Duration) error { return ErrNotBuilt }

// Update returns an error.
func (*Canvas) Update(*Weights) error { return ErrNotBuilt }

// Read returns an error.
func (*Canvas) Read(*render.Image) error { return ErrNotBuilt }

// Close does nothing.
func (*Canvas) Close() {}

// Weights cannot be made in this build.
type Weights struct{}

// Prepare returns an error: this build has no OpenGL.
func Prepare(*lfn.Model, shaders.Variant) (*Weights, error) { return nil, ErrNotBuilt }
