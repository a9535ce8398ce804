//go:build cgo && linux

package gpu

/*
#cgo linux LDFLAGS: -Wl,--as-needed -ldl
#include <stdlib.h>
#include "egl.h"
*/
import "C"

import (
	"fmt"
	"os"
	"sync"
	"unsafe"
)

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

// eglContext is a context on device i, which lives while it is current.
func eglContext(i int) Context {
	var e C.struct_egl_context
	return Context{
		MakeCurrent: func() error {
			eglMutex.Lock()
			defer eglMutex.Unlock()
			if why := C.egl_create(&e, C.int(i), C.int(debug())); why != nil {
				return fmt.Errorf("gpu: device %d: %s", i, C.GoString(why))
			}
			return nil
		},
		Release: func() { C.egl_destroy(&e) },
		Proc:    eglProc,
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
