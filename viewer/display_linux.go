//go:build cgo && linux && amd64

package viewer

/*
#cgo LDFLAGS: -lX11
#include <X11/Xlib.h>

extern void displayLost(void);

static int lost(Display *d) {
	displayLost();
	return 0; // Xlib ends the process now
}

static void watch_display(void) { XSetIOErrorHandler(lost); }
*/
import "C"

// lastWords is called when the display goes away, before Xlib ends the process.
var lastWords func()

//export displayLost
func displayLost() {
	if f := lastWords; f != nil {
		f()
	}
}

// watchDisplay has f called where the connection to the display breaks. f may not use the
// display any more; when it returns, the process ends.
func watchDisplay(f func()) {
	lastWords = f
	C.watch_display()
}
