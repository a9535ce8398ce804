//go:build cgo

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

// context is an OpenGL context and the goroutine, locked to its thread, that alone calls it.
type context struct {
	Device
	limits shaders.Limits

	do     chan func()
	closed chan struct{}
	key    unsafe.Pointer // in contexts
	once   sync.Once
	errs   []string      // what the driver reported since the last call, on the context's goroutine
	reset  func() uint32 // what the driver says of a reset; nil where it does not say
}

// errLost says that the driver has thrown the context away.
var errLost = errors.New("the OpenGL context was lost: the driver was reset")

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
func open(i int) (*context, error) {
	c := &context{Device: Device{Index: i}, do: make(chan func()), closed: make(chan struct{})}
	ready := make(chan error)
	go c.run(i, ready)
	return c, <-ready
}

// run owns the context until it is closed.
func (c *context) run(i int, ready chan<- error) {
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
		defer func() {
			C.egl_destroy(&e)
			contexts.Delete(c.key)
			C.free(c.key)
		}()
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

// init finds the functions of the context that is current, and what its device is and can.
func (c *context) init(proc func(name string) unsafe.Pointer) error {
	if err := gl.InitWithProcAddrFunc(proc); err != nil {
		return fmt.Errorf("gpu: OpenGL: %w", err)
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
		Subgroup:    extensions["GL_KHR_shader_subgroup"] && integer(subgroupFeatures)&subgroupClustered != 0,
	}
	for gl.GetError() != gl.NO_ERROR { // of a limit that the driver does not know, and is 0
	}
	c.Half, c.Subgroup = c.limits.Half, c.limits.Subgroup
	gl.Enable(gl.DEBUG_OUTPUT)
	gl.Enable(gl.DEBUG_OUTPUT_SYNCHRONOUS)
	c.key = C.malloc(1)
	contexts.Store(c.key, c)
	gl.DebugMessageCallback(report, c.key)
	if proc("glGetGraphicsResetStatus") != nil {
		c.reset = gl.GetGraphicsResetStatus
	}
	return c.check()
}

// contexts are those that the driver reports to, by the key that it was given: go-gl has one callback for all.
var contexts sync.Map

func report(source, kind, _, severity uint32, _ int32, text string, key unsafe.Pointer) {
	if source == gl.DEBUG_SOURCE_SHADER_COMPILER || kind != gl.DEBUG_TYPE_ERROR && severity != gl.DEBUG_SEVERITY_HIGH {
		return // a compiler's log is read where something is compiled
	}
	if c, ok := contexts.Load(key); ok {
		c := c.(*context)
		c.errs = append(c.errs, strings.TrimSpace(text))
	}
}

// Of GL_KHR_shader_subgroup.
const (
	subgroupFeatures  = 0x9534
	subgroupClustered = 0x40
)

func integer(name uint32) int64 {
	var v int64
	gl.GetInteger64v(name, &v)
	return v
}

// call runs f on the context's thread, and returns its error or else what the driver reported meanwhile.
func (c *context) call(f func() error) error {
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
func (c *context) check() error {
	errs := c.errs
	c.errs = nil
	for i := 0; i < 8; i++ {
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
func (c *context) close() { c.once.Do(func() { close(c.closed) }) }
