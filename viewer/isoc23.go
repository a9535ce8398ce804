//go:build cgo && linux && amd64

package viewer

/*
#include <stdarg.h>
#include <stdio.h>

// cimgui's library for Linux asks for a name of sscanf that C libraries before glibc 2.38 do not have. Where the C
// library has it, that one wins.
__attribute__((weak)) int __isoc23_sscanf(const char *s, const char *format, ...) {
	va_list args;
	va_start(args, format);
	int n = vsscanf(s, format, args);
	va_end(args);
	return n;
}
*/
import "C"
