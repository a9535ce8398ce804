//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"time"

	"github.com/go-gl/gl/v3.3-core/gl"
	"github.com/go-gl/glfw/v3.3/glfw"
	"github.com/go-gl/mathgl/mgl32"
	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render"
)

// spell is a time in which the camera was in motion.
type spell struct {
	frames      int
	since, last time.Time // of the first and the newest frame
}

func (s *spell) fps() float64 {
	if s.frames < 2 {
		return 0
	}
	return float64(s.frames-1) / s.last.Sub(s.since).Seconds()
}

// request is a picture that the painter was asked for.
type request struct {
	cam      plucker.Camera
	options  render.Options // the lens and the rays a pixel
	geometry bool
	version  int
	rest     bool // full size, all samples
}

// restAfter is how long the view must stand still to count as at rest.
const restAfter = 120 * time.Millisecond

func (a *app) moving() bool {
	return a.hand.active(a) || a.path.playing || time.Since(a.movedAt) < restAfter
}

// camera is what the view sees in a picture of w×h pixels.
func (a *app) camera(w, h int) plucker.Camera {
	if cam := a.photos.exact(a, w, h); cam != nil {
		return *cam
	}
	return a.hand.view.Camera(w, h)
}

// render has the painter go on, and says whether its picture has changed.
func (a *app) render(w, h int, now time.Time) (changed bool, err error) {
	if a.model == nil {
		return false, nil
	}
	geometry := a.modes.geometry()
	one := render.Options{Samples: 1}
	moving := a.moving()
	budget := 12 * time.Millisecond
	if moving {
		budget = time.Second // of a picture that is small enough
		if !a.painter.busy() || a.asked.rest {
			raysPerS, _ := a.painter.speed()
			s := a.pace.choose(w, h, raysPerS)
			a.ask(request{a.camera(max(int(float64(w)*s+0.5), 1), max(int(float64(h)*s+0.5), 1)), one, geometry, a.version, false})
		}
	} else {
		cam, o := a.camera(w, h), one
		if !geometry {
			o = a.lens(&cam, a.settings.Samples)
		}
		a.ask(request{cam, o, geometry, a.version, true})
	}
	return a.painter.advance(budget)
}

// samples are the rays of a pixel, n a side; 0 is as many as the picture needs.
func (a *app) samples(n int) render.Options {
	return render.Options{Samples: n, Detail: a.detail}
}

// lens is that of a picture with n rays a side of a pixel; 0 is as many as the picture needs.
func (a *app) lens(cam *plucker.Camera, n int) render.Options {
	o := a.focus.lens(cam, a.samples(n), a.aperture())
	side, err := o.Side(cam, a.model.Scene)
	if err != nil {
		side = 1 // the painter says what is wrong
	}
	o.Samples, o.Detail = side, 0
	return o
}

// ask has the painter begin a picture, unless it is the one that it was last asked for.
func (a *app) ask(r request) {
	if r != a.asked {
		a.asked = r
		a.painter.begin(&a.asked.cam, r.options, r.geometry)
	}
}

// draw draws the window.
func (a *app) draw() {
	w, h := a.win.width, a.win.height
	gl.Viewport(0, 0, int32(w), int32(h))
	gl.ClearColor(0.1, 0.1, 0.12, 1)
	gl.Clear(gl.COLOR_BUFFER_BIT)
	if pic := a.painter.picture(); pic.texture != 0 {
		a.paint.drawPicture(pic, a.look(), a.photos.over(a, a.area.w, a.area.h), a.area, h)
		if a.photos.frusta || a.path.shown || a.epi.held {
			project := projection(&pic.cam, a.model.Scene)
			a.paint.drawOverlay(&project, a.photos.thumbnails)
		}
	}
	if !a.NoUI {
		a.ui.draw()
	}
}

// projection is from the world to clip space as a camera sees it, without its lens.
func projection(cam *plucker.Camera, frame plucker.Frame) mgl32.Mat4 {
	k := &cam.Intrinsics
	w, h := float64(cam.Width), float64(cam.Height)
	near := 1e-3 * frame.Radius
	far := 1e4 * frame.Radius
	// Columns; image rows grow downwards, clip space upwards.
	p := mgl64.Mat4{
		2 * k.Fx / w, 0, 0, 0,
		0, 2 * k.Fy / h, 0, 0,
		1 - 2*k.Cx/w, 2*k.Cy/h - 1, -(far + near) / (far - near), -1,
		0, 0, -2 * far * near / (far - near), 0,
	}
	p = p.Mul4(cam.Pose.Inverse().Mat4())
	var q mgl32.Mat4
	for i, v := range p {
		q[i] = float32(v)
	}
	return q
}

// timeFrame shows what cam sees, whole, and returns the time that the panels took.
func (a *app) timeFrame(cam *plucker.Camera) (panels time.Duration, err error) {
	glfw.PollEvents()
	now := time.Now()
	a.frames.begin(now)
	if !a.NoUI && a.ui.due(now) {
		a.ui.build(now, a.buildPanels)
	}
	clear(a.events)
	a.events = a.events[:0]
	a.frames.mark(uiTime)
	a.ask(request{*cam, render.Options{Samples: 1}, a.modes.geometry(), a.version, false})
	for first := true; first || a.painter.busy(); first = false {
		if _, err := a.painter.advance(time.Second); err != nil {
			return 0, err
		}
		if a.painter.busy() {
			glfw.WaitEventsTimeout(1e-4)
		}
	}
	a.frames.mark(paintTime)
	a.draw()
	a.frames.mark(drawTime)
	a.win.SwapBuffers()
	a.frames.end(true)
	return a.frames.part[uiTime] + a.frames.part[drawTime], nil
}
