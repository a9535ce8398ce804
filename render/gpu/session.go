//go:build cgo && linux

package gpu

/*
#cgo linux LDFLAGS: -Wl,--as-needed -ldl
#include <stdlib.h>
#include "egl.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/shaders"
)

// session is an OpenGL context and the goroutine, locked to its thread, that alone calls it.
type session struct {
	Device
	limits    shaders.Limits
	wallClock bool // the device's own clock says nothing: software computes when somebody waits

	do     chan func()
	closed chan struct{}
	once   sync.Once
	reset  func() uint32 // what the driver says of a reset; nil where it does not say
}

// softwareLoops is how many iterations of loops Mesa's software rasterisers do before they end a loop silently, and a
// bit less.
const softwareLoops = 60_000

// errLost says that the driver has thrown the context away.
var errLost = errors.New("gpu: the OpenGL context was lost: the driver was reset")

var eglMutex sync.Mutex // of the C side's tables and its message

// loadEGL finds libEGL and returns how many devices it knows.
func loadEGL() (int, error) {
	eglMutex.Lock()
	defer eglMutex.Unlock()
	if why := C.egl_open(); why != nil {
		return 0, fmt.Errorf("gpu: no EGL: %s (on Debian: apt install libegl1)", C.GoString(why))
	}
	return int(C.egl_devices()), nil
}

// announcesSoftware says whether device i calls itself a software rasteriser before it is opened.
func announcesSoftware(i int) bool { return C.egl_software(C.int(i)) != 0 }

// open makes a context on device i.
func open(i int) (*session, error) {
	c := &session{Device: Device{Index: i}, do: make(chan func()), closed: make(chan struct{})}
	ready := make(chan error)
	go c.run(i, ready)
	return c, <-ready
}

// run owns the context until it is closed.
func (c *session) run(i int, ready chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	var e C.struct_egl_context
	eglMutex.Lock()
	why := C.egl_create(&e, C.int(i), C.int(debug()))
	err := error(nil)
	if why != nil {
		err = fmt.Errorf("gpu: device %d: %s", i, C.GoString(why))
	}
	eglMutex.Unlock()
	if err == nil {
		defer C.egl_destroy(&e)
		err = c.init(func(name string) unsafe.Pointer {
			s := C.CString(name)
			defer C.free(unsafe.Pointer(s))
			return C.egl_proc(s)
		})
	}
	ready <- err
	if err != nil {
		return
	}
	for {
		select {
		case f := <-c.do:
			f()
		case <-c.closed:
			return
		}
	}
}

// debug asks drivers to check more where LFN_GL_DEBUG is set.
func debug() int {
	if os.Getenv("LFN_GL_DEBUG") != "" {
		return 1
	}
	return 0
}

var (
	functions    sync.Once
	errFunctions error
)

// init finds the functions of the context that is current, and what its device is and can.
func (c *session) init(proc func(name string) unsafe.Pointer) error {
	// The functions are the same for all contexts, and variables of go-gl: they are looked up once.
	functions.Do(func() { errFunctions = gl.InitWithProcAddrFunc(proc) })
	if errFunctions != nil {
		return fmt.Errorf("gpu: OpenGL: %w", errFunctions)
	}
	c.Name = gl.GoStr(gl.GetString(gl.RENDERER))
	c.Driver = gl.GoStr(gl.GetString(gl.VERSION))
	c.Software = isSoftware(c.Name)
	var n int32
	gl.GetIntegerv(gl.NUM_EXTENSIONS, &n)
	extensions := map[string]bool{}
	for i := range n {
		extensions[gl.GoStr(gl.GetStringi(gl.EXTENSIONS, uint32(i)))] = true
	}
	c.limits = shaders.Limits{
		Threads:     int(integer(gl.MAX_COMPUTE_WORK_GROUP_INVOCATIONS)),
		SharedBytes: int(integer(gl.MAX_COMPUTE_SHARED_MEMORY_SIZE)),
		BufferBytes: integer(gl.MAX_SHADER_STORAGE_BLOCK_SIZE),
		TextureSide: int(integer(gl.MAX_3D_TEXTURE_SIZE)),
		Half:        extensions["GL_NV_gpu_shader5"] || extensions["GL_AMD_gpu_shader_half_float"],
		Subgroup: extensions["GL_KHR_shader_subgroup"] && integer(subgroupSize) >= 8 &&
			integer(subgroupStages)&gl.COMPUTE_SHADER_BIT != 0 && integer(subgroupFeatures)&subgroupClustered != 0,
	}
	for gl.GetError() != gl.NO_ERROR { // of a limit that the driver does not know, and is 0
	}
	var bits int32
	gl.GetQueryiv(gl.TIME_ELAPSED, gl.QUERY_COUNTER_BITS, &bits)
	c.wallClock = c.Software || bits == 0
	if c.Software {
		c.limits.Loops = softwareLoops
	}
	c.Half, c.Subgroup = c.limits.Half, c.limits.Subgroup
	// What goes wrong is kept in the driver's log until check reads it.
	gl.Enable(gl.DEBUG_OUTPUT)
	gl.Enable(gl.DEBUG_OUTPUT_SYNCHRONOUS)
	gl.DebugMessageControl(gl.DONT_CARE, gl.DONT_CARE, gl.DONT_CARE, 0, nil, false)
	gl.DebugMessageControl(gl.DEBUG_SOURCE_API, gl.DEBUG_TYPE_ERROR, gl.DONT_CARE, 0, nil, true)
	gl.DebugMessageControl(gl.DEBUG_SOURCE_API, gl.DONT_CARE, gl.DEBUG_SEVERITY_HIGH, 0, nil, true)
	switch {
	case extensions["GL_KHR_robustness"]:
		c.reset = gl.GetGraphicsResetStatus
	case extensions["GL_ARB_robustness"]:
		c.reset = gl.GetGraphicsResetStatusARB
	}
	return c.check()
}

// Of GL_KHR_shader_subgroup.
const (
	subgroupSize      = 0x9532
	subgroupStages    = 0x9533
	subgroupFeatures  = 0x9534
	subgroupClustered = 0x40
)

func integer(name uint32) int64 {
	var v int64
	gl.GetInteger64v(name, &v)
	return v
}

// call runs f on the context's thread, and returns its error or else what the driver reported meanwhile.
func (c *session) call(f func() error) error {
	result := make(chan error, 1)
	run := func() {
		err := f()
		if glErr := c.check(); err == nil || glErr == errLost {
			err = glErr
		}
		result <- err
	}
	select {
	case c.do <- run:
		return <-result
	case <-c.closed:
		return errors.New("gpu: the renderer is closed")
	}
}

// check returns what has gone wrong since the last check.
func (c *session) check() error {
	var errs []string
	text := make([]byte, 1024)
	for len(errs) < 8 {
		var n int32
		if gl.GetDebugMessageLog(1, int32(len(text)), nil, nil, nil, nil, &n, &text[0]) == 0 {
			break
		}
		errs = append(errs, strings.TrimRight(string(text[:n]), "\x00\n "))
	}
	for range 8 {
		e := gl.GetError()
		if e == gl.NO_ERROR {
			break
		}
		if e == gl.OUT_OF_MEMORY {
			errs = append(errs, "out of GPU memory")
		} else if len(errs) == 0 {
			errs = append(errs, fmt.Sprintf("error 0x%x", e))
		}
	}
	if c.reset != nil && c.reset() != gl.NO_ERROR {
		return errLost
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("gpu: OpenGL on %s: %s", c.Name, strings.Join(errs, "; "))
}

// close ends the context and its thread.
func (c *session) close() { c.once.Do(func() { close(c.closed) }) }
