package gpu

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unsafe"

	"lfnview/shaders"
)

// ErrNotBuilt says that OpenGL was left out when the program was built.
var ErrNotBuilt = errors.New("gpu: this program was built without OpenGL: build it on Linux, with CGO_ENABLED=1 and a C compiler")

// ErrLost says that the driver has thrown the context away: what was in it is gone, and it can only be closed.
var ErrLost = errors.New("gpu: the OpenGL context was lost: the driver was reset")

// Context is an OpenGL context that its owner made, such as a windowing library that makes one for each window. A process
// may be unable to have contexts of two libraries, such as GLX and EGL: where it has a window, those beside that come from
// where the window's does.
type Context struct {
	MakeCurrent func() error                     // on the calling thread
	Release     func()                           // has that thread none current
	Proc        func(name string) unsafe.Pointer // finds functions of OpenGL, on that thread
}

// Device is something that OpenGL runs on.
type Device struct {
	Index    int    `json:"index"` // [Options.Device] is one more; -1 is that of a [Canvas] or a [Context], which EGL did not number
	Name     string `json:"name"`  // GL_RENDERER
	Driver   string `json:"driver"`
	Software bool   `json:"software"` // a rasteriser on the CPU, slower than render.CPU
	Half     bool   `json:"half"`     // computes in half precision
	Subgroup bool   `json:"subgroup"` // sums over subgroups
}

// Precision is that of the layers' products.
type Precision string

// Precisions. Auto takes the fastest shader, of half precision only where that changes no channel of some hundred rays
// of the model by more than 2/255.
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
}

// Trial is what tuning found of one variant.
type Trial struct {
	Variant   shaders.Variant
	RaysPerS  float64
	Most      float64       // largest difference from the CPU among the model's rays, in steps of 1/255
	Mean      float64       // difference, likewise
	BuildTime time.Duration // what was still to wait for: variants compile side by side
	Err       error         // that kept it from running, or says that it is not right
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

// IsSoftware recognises software rasterisers by name: GL_RENDERER.
func IsSoftware(renderer string) bool {
	name := strings.ToLower(renderer)
	for _, s := range []string{"llvmpipe", "softpipe", "swiftshader", "swrast", "microsoft basic render", "warp"} {
		if strings.Contains(name, s) {
			return true
		}
	}
	return false
}
