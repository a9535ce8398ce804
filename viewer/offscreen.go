//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"errors"
	"fmt"

	"github.com/go-gl/glfw/v3.3/glfw"

	"lfnview/render/gpu"
)

// offscreen is an OpenGL context beside the window's, of the same library and so on the same device, which a goroutine may
// render in. GLFW makes contexts with windows: its window is never shown. It is made and destroyed by the window's
// goroutine.
type offscreen struct{ win *glfw.Window }

func (a *app) newOffscreen() (*offscreen, error) {
	win, err := createWindow("offscreen", 1, 1, versions[0], glfw.False, a.messages.log.last)
	if err != nil {
		return nil, fmt.Errorf("viewer: no second context of OpenGL: %w", plain(err))
	}
	return &offscreen{win}, nil
}

// context is for one renderer, which lets go of it before it is destroyed.
func (o *offscreen) context() gpu.Context {
	return gpu.Context{
		MakeCurrent: func() error {
			if o.win.MakeContextCurrent(); glfw.GetCurrentContext() != o.win { // why is in the log
				return errors.New("viewer: the second context of OpenGL cannot be used")
			}
			return nil
		},
		Release: glfw.DetachCurrentContext,
		Proc:    glfw.GetProcAddress,
	}
}

// destroy gives the context back, unless that has been done.
func (o *offscreen) destroy() {
	if o.win != nil {
		o.win.Destroy()
		o.win = nil
	}
}
