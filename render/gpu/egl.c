//go:build linux

#include "egl.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// From the EGL 1.5 specification and the registry's extensions, as far as they are used here.
typedef void *EGLDisplay, *EGLContext, *EGLConfig, *EGLSurface, *EGLDevice;
typedef int32_t EGLint;
typedef unsigned int EGLenum, EGLBoolean;
enum {
	EGL_SURFACE_TYPE = 0x3033,
	EGL_PBUFFER_BIT = 0x0001,
	EGL_RENDERABLE_TYPE = 0x3040,
	EGL_OPENGL_BIT = 0x0008,
	EGL_NONE = 0x3038,
	EGL_EXTENSIONS = 0x3055,
	EGL_OPENGL_API = 0x30A2,
	EGL_CONTEXT_MAJOR_VERSION = 0x3098,
	EGL_CONTEXT_MINOR_VERSION = 0x30FB,
	EGL_CONTEXT_OPENGL_PROFILE_MASK = 0x30FD,
	EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT = 0x0001,
	EGL_CONTEXT_OPENGL_DEBUG = 0x31B0,
	EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY = 0x31BD,
	EGL_LOSE_CONTEXT_ON_RESET = 0x31BF,
	EGL_PLATFORM_DEVICE_EXT = 0x313F,
	EGL_PLATFORM_SURFACELESS_MESA = 0x31DD,
};

static void *(*get_proc)(const char *);
static EGLint (*get_error)(void);
static EGLBoolean (*initialize)(EGLDisplay, EGLint *, EGLint *);
static EGLBoolean (*bind_api)(EGLenum);
static EGLBoolean (*choose_config)(EGLDisplay, const EGLint *, EGLConfig *, EGLint, EGLint *);
static EGLContext (*create_context)(EGLDisplay, EGLConfig, EGLContext, const EGLint *);
static EGLBoolean (*destroy_context)(EGLDisplay, EGLContext);
static EGLBoolean (*make_current)(EGLDisplay, EGLSurface, EGLSurface, EGLContext);
static const char *(*query_string)(EGLDisplay, EGLint);
static EGLBoolean (*query_devices)(EGLint, EGLDevice *, EGLint *);
static const char *(*query_device_string)(EGLDevice, EGLint);
static EGLDisplay (*get_platform_display)(EGLenum, void *, const EGLint *);

static EGLDevice devices[EGL_MAX_DEVICES];
static EGLint device_count;
static char message[256];

const char *egl_open(void) {
	if (get_platform_display) return NULL;
	void *lib = dlopen("libEGL.so.1", RTLD_NOW | RTLD_GLOBAL);
	if (!lib) lib = dlopen("libEGL.so", RTLD_NOW | RTLD_GLOBAL);
	if (!lib) {
		snprintf(message, sizeof message, "%s", dlerror());
		return message;
	}
#define LOAD(f, name) \
	if (!(*(void **)&f = dlsym(lib, name))) return "libEGL has no " name;
	LOAD(get_proc, "eglGetProcAddress")
	LOAD(get_error, "eglGetError")
	LOAD(initialize, "eglInitialize")
	LOAD(bind_api, "eglBindAPI")
	LOAD(choose_config, "eglChooseConfig")
	LOAD(create_context, "eglCreateContext")
	LOAD(destroy_context, "eglDestroyContext")
	LOAD(make_current, "eglMakeCurrent")
	LOAD(query_string, "eglQueryString")
	*(void **)&query_devices = get_proc("eglQueryDevicesEXT");
	*(void **)&query_device_string = get_proc("eglQueryDeviceStringEXT");
	if (query_devices && !query_devices(EGL_MAX_DEVICES, devices, &device_count)) device_count = 0;
	*(void **)&get_platform_display = get_proc("eglGetPlatformDisplayEXT");
	if (!get_platform_display) return "libEGL knows no platforms (EGL_EXT_platform_base)";
	return NULL;
}

int egl_devices(void) { return device_count + 1; }

int egl_software(int i) {
	if (i >= device_count || !query_device_string) return 0;
	const char *ext = query_device_string(devices[i], EGL_EXTENSIONS);
	return ext && strstr(ext, "EGL_MESA_device_software") != NULL;
}

// fail says which call went wrong.
static const char *fail(const char *call) {
	snprintf(message, sizeof message, "%s: error 0x%x", call, get_error());
	return message;
}

const char *egl_create(struct egl_context *c, int i, int debug) {
	EGLDisplay d = i < device_count ? get_platform_display(EGL_PLATFORM_DEVICE_EXT, devices[i], NULL)
	                                : get_platform_display(EGL_PLATFORM_SURFACELESS_MESA, NULL, NULL);
	if (!d) return fail("eglGetPlatformDisplayEXT");
	if (!initialize(d, NULL, NULL)) return fail("eglInitialize");
	if (!bind_api(EGL_OPENGL_API)) return fail("eglBindAPI");
	const EGLint want[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
	EGLConfig config = NULL;
	EGLint n = 0;
	if (!choose_config(d, want, &config, 1, &n)) return fail("eglChooseConfig");
	if (n == 0) config = NULL; // EGL_NO_CONFIG_KHR: a context needs none where nothing is drawn to a surface
	const char *ext = query_string(d, EGL_EXTENSIONS);
	int robust = ext && strstr(ext, "EGL_EXT_create_context_robustness");
	for (;; robust = 0) {
		EGLint attributes[16], a = 0;
#define SET(k, v) attributes[a++] = k, attributes[a++] = v
		SET(EGL_CONTEXT_MAJOR_VERSION, 4);
		SET(EGL_CONTEXT_MINOR_VERSION, 3);
		SET(EGL_CONTEXT_OPENGL_PROFILE_MASK, EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT);
		if (debug) SET(EGL_CONTEXT_OPENGL_DEBUG, 1);
		if (robust) SET(EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY, EGL_LOSE_CONTEXT_ON_RESET);
		attributes[a] = EGL_NONE;
		EGLContext context = create_context(d, config, NULL, attributes);
		if (context) {
			if (!make_current(d, NULL, NULL, context)) {
				const char *why = fail("eglMakeCurrent");
				destroy_context(d, context);
				return why;
			}
			c->display = d;
			c->context = context;
			return NULL;
		}
		if (!robust) return fail("no context of OpenGL 4.3: eglCreateContext");
	}
}

void egl_destroy(struct egl_context *c) {
	make_current(c->display, NULL, NULL, NULL);
	destroy_context(c->display, c->context);
}

void *egl_proc(const char *name) { return get_proc(name); }

// go-gl names this function of libGL for the loader that it would use by itself. With a definition here and
// --as-needed, a program needs no libGL to start.
void *glXGetProcAddress(const char *name) { return get_proc ? get_proc(name) : NULL; }
