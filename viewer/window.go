//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/go-gl/gl/v3.3-core/gl"
	"github.com/go-gl/glfw/v3.3/glfw"
)

// window is a GLFW window with an OpenGL context that is current on this thread.
type window struct {
	*glfw.Window
	renderer string // of OpenGL
	version  string
	compute  bool // the context has OpenGL 4.3

	width, height int     // of the framebuffer, in pixels; 0×0 while the window is minimised
	opened        float64 // the monitor's scale when it was opened
	windowed      [4]int  // position and size before it became full screen
}

// versions of OpenGL to ask for, best first. 4.3 has compute shaders; 4.1 is all that macOS has, and 3.3 all that the
// panels need.
var versions = [][2]int{{4, 3}, {4, 1}, {3, 3}}

// openWindow opens a window of w×h screen units. said gives what GLFW has logged.
func openWindow(title string, w, h int, said func() string) (*window, error) {
	var err error
	for _, v := range versions {
		var win *glfw.Window
		if win, err = createWindow(title, w, h, v, glfw.True, said); err != nil {
			continue
		}
		win.MakeContextCurrent()
		if err = gl.InitWithProcAddrFunc(glfw.GetProcAddress); err != nil {
			win.Destroy()
			return nil, fmt.Errorf("viewer: OpenGL: %w", err)
		}
		o := &window{Window: win, renderer: gl.GoStr(gl.GetString(gl.RENDERER)), version: gl.GoStr(gl.GetString(gl.VERSION))}
		var major, minor int32
		gl.GetIntegerv(gl.MAJOR_VERSION, &major)
		gl.GetIntegerv(gl.MINOR_VERSION, &minor)
		o.compute = major > 4 || major == 4 && minor >= 3
		o.width, o.height = win.GetFramebufferSize()
		sx, _ := win.GetContentScale()
		if o.opened = float64(sx); !(o.opened > 0) {
			o.opened = 1
		}
		o.fit()
		return o, nil
	}
	return nil, fmt.Errorf("viewer: no window with OpenGL 3.3 or later: %w (lfn render makes pictures without a window)", plain(err))
}

// createWindow has GLFW make a window, visible (glfw.True) or not, with a core context of a version of OpenGL.
func createWindow(title string, w, h int, version [2]int, visible int, said func() string) (*glfw.Window, error) {
	glfw.DefaultWindowHints()
	glfw.WindowHint(glfw.Visible, visible)
	glfw.WindowHint(glfw.ContextVersionMajor, version[0])
	glfw.WindowHint(glfw.ContextVersionMinor, version[1])
	glfw.WindowHint(glfw.OpenGLProfile, glfw.OpenGLCoreProfile)
	glfw.WindowHint(glfw.OpenGLForwardCompatible, glfw.True)
	glfw.WindowHint(glfw.ScaleToMonitor, glfw.True)
	glfw.WindowHint(glfw.DepthBits, 0)
	glfw.WindowHint(glfw.StencilBits, 0)
	if runtime.GOOS != "darwin" {
		glfw.WindowHint(glfw.ContextRobustness, glfw.LoseContextOnReset)
	}
	win, err := glfw.CreateWindow(w, h, title, nil, nil)
	if err == nil && win == nil {
		err = errors.New(strings.TrimPrefix(said(), "PlatformError: "))
	}
	return win, err
}

// initGLFW starts GLFW. Every call of it needs one of glfw.Terminate. said gives what GLFW has logged so far.
func initGLFW(said func() string) error {
	err := glfw.Init()
	if err == nil && !started() {
		// The package does not return what went wrong with the platform, but logs it.
		err = errors.New(strings.TrimPrefix(said(), "PlatformError: "))
	}
	if err != nil {
		return fmt.Errorf("viewer: there is no display to open a window on: %w (lfn render makes pictures without one)", plain(err))
	}
	return nil
}

// started says whether GLFW is: where it is not, its functions panic.
func started() (ok bool) {
	defer func() { recover() }()
	glfw.GetTime()
	return true
}

// plain is what GLFW says, on one line and without its code.
func plain(err error) error {
	var e *glfw.Error
	if errors.As(err, &e) {
		return errors.New(strings.TrimRight(strings.ReplaceAll(e.Desc, "\n", " "), ". "))
	}
	return err
}

// unscaled is the size that makes such a window when it is opened: GLFW makes it larger by the monitor's scale.
func (w *window) unscaled() (width, height int) {
	width, height = w.GetSize()
	return round(float64(width) / w.opened), round(float64(height) / w.opened)
}

// fit makes a window smaller that is larger than its monitor.
func (w *window) fit() {
	m := w.monitor()
	if m == nil {
		return
	}
	mode := m.GetVideoMode()
	if mode == nil {
		return
	}
	width, height := w.GetSize()
	if width > mode.Width || height > mode.Height {
		w.SetSize(min(width, mode.Width), min(height, mode.Height))
	}
}

// toggleFullscreen covers the monitor that the window is on, or gives the window its place back.
func (w *window) toggleFullscreen() {
	if w.GetMonitor() != nil {
		p := w.windowed
		w.SetMonitor(nil, p[0], p[1], p[2], p[3], glfw.DontCare)
		return
	}
	m := w.monitor()
	if m == nil {
		return
	}
	p := &w.windowed
	p[0], p[1] = w.GetPos()
	p[2], p[3] = w.GetSize()
	mode := m.GetVideoMode()
	if mode == nil {
		return
	}
	w.SetMonitor(m, 0, 0, mode.Width, mode.Height, mode.RefreshRate)
}

// monitor is the one that most of the window is on; nil where there is none.
func (w *window) monitor() *glfw.Monitor {
	x, y := w.GetPos()
	width, height := w.GetSize()
	best, most := glfw.GetPrimaryMonitor(), 0
	for _, m := range glfw.GetMonitors() {
		mode := m.GetVideoMode()
		if mode == nil {
			continue
		}
		mx, my := m.GetPos()
		across := min(x+width, mx+mode.Width) - max(x, mx)
		down := min(y+height, my+mode.Height) - max(y, my)
		if area := max(across, 0) * max(down, 0); area > most {
			best, most = m, area
		}
	}
	return best
}
