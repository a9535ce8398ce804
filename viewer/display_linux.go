//go:build cgo && linux && amd64

package viewer

/*
#cgo LDFLAGS: -lX11
#include <X11/Xlib.h>
#include <stdint.h>
#include <unistd.h>

extern void displayLost(void);
extern void displayError(char *text, int request);

static int lost(Display *d) {
	displayLost();
	_exit(1); // Xlib would end the process too, but what drivers do at exit needs the display
}

static int noted(Display *d, XErrorEvent *e) {
	char text[256];
	XGetErrorText(d, e->error_code, text, sizeof text);
	displayError(text, e->request_code);
	return 0;
}

static void watch_display(void) {
	XSetIOErrorHandler(lost);
	XSetErrorHandler(noted);
}

static int window_exists(void *d, uintptr_t window) {
	XWindowAttributes a;
	return XGetWindowAttributes(d, window, &a) != 0;
}
*/
import "C"

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/go-gl/glfw/v3.3/glfw"
)

// watcher is what is told of the display's errors. Any thread of a driver may meet one.
var watcher struct {
	sync.Mutex
	lost   func()            // nil: nobody asks
	failed func(text string) // nil: nobody asks
	seen   map[string]bool   // errors that were told
}

//export displayLost
func displayLost() {
	watcher.Lock()
	f := watcher.lost
	watcher.Unlock()
	if f != nil {
		f()
	}
}

//export displayError
func displayError(text *C.char, request C.int) {
	line := fmt.Sprintf("the display refuses a request (%d): %s", request, C.GoString(text))
	watcher.Lock()
	f := watcher.failed
	if watcher.seen[line] {
		f = nil // a driver may meet it with every frame
	} else if f != nil {
		watcher.seen[line] = true
	}
	watcher.Unlock()
	if f != nil {
		f(line)
	}
}

// watchDisplay has lost called where the connection to the display breaks. It may not use the display any more; when it
// returns, the process ends. Errors of single requests, at which Xlib ends a process too unless it is told otherwise,
// are what failed is told of, each once, on whatever thread; it may not use the display either.
func watchDisplay(lost func(), failed func(text string)) {
	watcher.Lock()
	watcher.lost, watcher.failed, watcher.seen = lost, failed, map[string]bool{}
	watcher.Unlock()
	C.watch_display()
}

// exists says whether the display still has the window: another program may have destroyed it.
func (w *window) exists() bool {
	return C.window_exists(unsafe.Pointer(glfw.GetX11Display()), C.uintptr_t(w.GetX11Window())) != 0
}
