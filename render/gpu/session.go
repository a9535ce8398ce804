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
	"sync"
	"unsafe"
)

// session is an OpenGL context and the goroutine, locked to its thread, that alone calls it.
type session struct {
	driver

	do     chan func()
	closed chan struct{}
	once   sync.Once
}

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
	c := &session{driver: driver{Device: Device{Index: i}}, do: make(chan func()), closed: make(chan struct{})}
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
		err = c.init(eglProc)
	}
	if err == nil {
		err = c.listen()
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

// eglProc finds a function of OpenGL.
func eglProc(name string) unsafe.Pointer {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.egl_proc(s)
}

// debug asks drivers to check more where LFN_GL_DEBUG is set.
func debug() int {
	if os.Getenv("LFN_GL_DEBUG") != "" {
		return 1
	}
	return 0
}

// call runs f on the context's thread, and returns its error or else what the driver reported meanwhile.
func (c *session) call(f func() error) error {
	result := make(chan error, 1)
	run := func() {
		err := f()
		if glErr := c.check(); err == nil || glErr == ErrLost {
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

// close ends the context and its thread.
func (c *session) close() { c.once.Do(func() { close(c.closed) }) }
