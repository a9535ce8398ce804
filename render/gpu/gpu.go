// Package gpu renders light field networks with OpenGL 4.3 compute shaders, with or without a window.
//
//	r, err := gpu.New(model, gpu.Options{})
//	if err != nil {
//		…                     // says why there is no OpenGL; render.NewCPU always works
//	}
//	defer r.Close()
//	err = r.Render(ctx, img, &cam, render.Options{})
//
// The way of a picture: the package shaders writes the text for the network's shape (shaders.New), program.go
// compiles it and sends weights and grids to the device, tune.go finds which of a handful of variants is right and
// fast there, and renderer.go hands cameras to it and pictures back.
//
// A context is made through EGL without a display server; it lives on a thread of its own, so a [Renderer] may be
// used from any goroutine. Without cgo the package compiles, and [Devices] and [New] say that there is no OpenGL.
package gpu

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"lfnview/shaders"
)

// ErrNoCgo says that the program was built without cgo.
var ErrNoCgo = errors.New("gpu: this program was built without cgo, and has no OpenGL: build it with CGO_ENABLED=1 and a C compiler")

// Device is something that OpenGL runs on.
type Device struct {
	Index    int    `json:"index"` // for [Options.Device]
	Name     string `json:"name"`  // GL_RENDERER
	Driver   string `json:"driver"`
	Software bool   `json:"software"` // a rasteriser on the CPU, slower than render.CPU
	Half     bool   `json:"half"`     // computes in half precision
	Subgroup bool   `json:"subgroup"` // sums over subgroups
}

// Precision is that of the layers' products.
type Precision string

// Precisions. Auto takes half precision where that changes no channel of rays of the model by more than 2/255.
const (
	Auto Precision = "auto"
	FP32 Precision = "fp32"
	FP16 Precision = "fp16"
)

// Options say where and how to render. The zero value is the first device that is no software rasteriser.
type Options struct {
	Device    int       // 1 + Index of a device; 0 is the first that works
	Software  bool      // take a software rasteriser where there is nothing else
	Precision Precision // "" is Auto
	Cache     string    // folder for what tuning found; "" is that of the user
	Retune    bool      // do not believe the cache
}

// Trial is what tuning found of one variant.
type Trial struct {
	Variant   shaders.Variant
	RaysPerS  float64
	Most      float64 // largest difference from the CPU among the model's rays, in steps of 1/255
	Mean      float64
	BuildTime time.Duration
	Err       error // that kept it from running, or says that it is not right
}

// The largest differences from the CPU that a variant may have, in steps of 1/255: half precision, and single.
const (
	halfMost, halfMean = 2, 0.25
	fullMost           = 1
)

// judge says what is wrong with a trial's picture.
func (t *Trial) judge() error {
	switch {
	case t.Variant.Half && !(t.Most <= halfMost && t.Mean <= halfMean):
		return fmt.Errorf("differs from the CPU by up to %.2f/255, mean %.3f/255: want %d and %v", t.Most, t.Mean, halfMost, halfMean)
	case !t.Variant.Half && !(t.Most <= fullMost):
		return fmt.Errorf("differs from the CPU by up to %.2f/255: want %d", t.Most, fullMost)
	}
	return nil
}

// isSoftware recognises software rasterisers by name.
func isSoftware(renderer string) bool {
	name := strings.ToLower(renderer)
	for _, s := range []string{"llvmpipe", "softpipe", "swiftshader", "swrast", "microsoft basic render", "warp"} {
		if strings.Contains(name, s) {
			return true
		}
	}
	return false
}
