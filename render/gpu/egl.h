// A small EGL: found at run time, so that a machine without it gets an error message and not a loader's.

#ifndef LFNVIEW_EGL_H
#define LFNVIEW_EGL_H

enum { EGL_MAX_DEVICES = 16 };

// egl_open loads libEGL once and returns NULL, or what is wrong.
const char *egl_open(void);

// egl_devices returns how many devices there are to open: those of the device platform, and one more for the
// surfaceless platform.
int egl_devices(void);

// egl_software says whether device i calls itself a software rasteriser before it is opened.
int egl_software(int i);

struct egl_context {
	void *display, *context;
};

// egl_create makes a core context of OpenGL 4.3 or later on device i current on this thread, and returns NULL, or
// what went wrong; debug asks for a context that checks more.
const char *egl_create(struct egl_context *c, int i, int debug);

// egl_destroy ends a context made by egl_create; it must be current on this thread or on none.
void egl_destroy(struct egl_context *c);

// egl_proc finds a function of OpenGL.
void *egl_proc(const char *name);

#endif
