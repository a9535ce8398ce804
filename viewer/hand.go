//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"
	"github.com/go-gl/mathgl/mgl64"

	"lfnview/viewer/motion"
)

// hand is what the user's hands do with the camera.
type hand struct {
	view    motion.View
	drag    dragKind
	button  glfw.MouseButton // that holds the drag
	x, y    float64          // of the pointer, in pixels of the area
	over    bool             // the pointer is in the window
	pressed [2]float64       // where the drag began
	clicked [2]float64       // where the newest click was
	clickAt time.Time        // when
	last    time.Time        // of the newest motion of the drag
	held    [glfw.KeyLast + 1]bool
	mods    glfw.ModifierKey
	speed   float64 // of flying, in scene radii a second

	inertia  motion.Inertia
	coasting dragKind // what inertia goes on with
	flight   motion.Flight
	flown    time.Duration // of the flight; −1 where there is none
	arriving int           // photograph at the flight's end; −1
}

type dragKind int

const (
	noDrag dragKind = iota
	orbiting
	panning
	looking
	wiping // moves the border between photograph and render
)

func (h *hand) init(a *app) {
	h.speed = a.settings.Speed
	h.stop()
}

// drags says whether a drag that began in the scene holds the pointer.
func (h *hand) drags() bool { return h.drag != noDrag }

// active says whether the camera is in motion or about to be.
func (h *hand) active(a *app) bool {
	return h.coasting != noDrag || h.flown >= 0 || h.flies()
}

// flyKeys move the camera along its axes: +X right, +Y up, +Z back.
var flyKeys = map[glfw.Key]mgl64.Vec3{
	glfw.KeyW: {0, 0, -1}, glfw.KeyS: {0, 0, 1}, glfw.KeyA: {-1, 0, 0}, glfw.KeyD: {1, 0, 0},
	glfw.KeyE: {0, 1, 0}, glfw.KeyQ: {0, -1, 0},
}

func (h *hand) flies() bool {
	for k := range flyKeys {
		if h.held[k] {
			return true
		}
	}
	return false
}

// handle does what an event asks for, unless it is the panels'.
func (a *app) handle(e *event, now time.Time) {
	h := &a.hand
	switch e.kind {
	case moved:
		w, _ := a.win.GetSize()
		scale := float64(a.win.width) / float64(max(w, 1))
		x, y := e.x*scale-float64(a.area.x), e.y*scale-float64(a.area.y)
		dx, dy := x-h.x, y-h.y
		h.x, h.y, h.over = x, y, true
		if h.drags() {
			a.dragged(dx, dy, now)
		} else {
			a.photos.hover(a, x, y)
		}
	case away:
		h.over = false
	case buttoned:
		h.mods = e.mods
		switch {
		case !e.down && h.drags() && e.button == h.button:
			a.released(now)
		case e.down && !h.drags() && (a.NoUI || !a.ui.io.WantCaptureMouse()):
			a.pressed(e, now)
		}
	case wheeled:
		if a.model != nil && (a.NoUI || !a.ui.io.WantCaptureMouse()) {
			h.stop()
			if h.mods == glfw.ModControl {
				a.move(motion.FovBy(h.view, e.y), now)
				return
			}
			a.move(motion.Zoom(h.view, a.model.Scene.Radius, e.y, h.x, h.y, a.area.w, a.area.h), now)
		}
	case keyed:
		h.mods = e.mods
		if e.key >= 0 && int(e.key) < len(h.held) && !e.down {
			h.held[e.key] = false
		}
		if a.typing() {
			return
		}
		if e.down {
			a.key(e, now)
		}
	case typed:
		if !a.typing() {
			a.act(func(act *action) bool { return act.char == e.char })
		}
	case focused:
		if !e.down {
			h.letGo()
		}
	case dropped:
		a.openAll(e.files)
	case resized:
		sx, _ := a.win.GetContentScale()
		a.ui.setScale(sx)
		a.dirty = true
	}
}

// typing says whether keys are for a field of the panels.
func (a *app) typing() bool { return !a.NoUI && (a.opening > 0 || a.ui.io.WantTextInput()) }

// pressed begins a drag in the scene.
func (a *app) pressed(e *event, now time.Time) {
	h := &a.hand
	h.stop()
	if a.model == nil {
		return
	}
	switch {
	case e.button == glfw.MouseButtonLeft && a.photos.atWipe(a, h.x):
		h.drag = wiping
	case e.button == glfw.MouseButtonMiddle, e.button == glfw.MouseButtonLeft && e.mods&glfw.ModShift != 0:
		h.drag = panning
	case e.button == glfw.MouseButtonLeft:
		h.drag = orbiting
	case e.button == glfw.MouseButtonRight:
		h.drag = looking
	default:
		return
	}
	h.button, h.last = e.button, now
	h.pressed = [2]float64{h.x, h.y}
	h.inertia.Press()
}

// dragged moves the camera, or the wipe, by a motion of the pointer.
func (a *app) dragged(dx, dy float64, now time.Time) {
	h := &a.hand
	dt := now.Sub(h.last).Seconds()
	h.last = now
	if h.drag == wiping {
		a.photos.wipe = h.x / float64(a.area.w)
		a.dirty = true
		a.ui.want()
		return
	}
	h.inertia.Drag(dx, dy, dt)
	a.dragBy(h.drag, dx, dy, now)
}

// dragBy moves the camera by dx, dy pixels of a drag.
func (a *app) dragBy(kind dragKind, dx, dy float64, now time.Time) {
	v, w, h := a.view, a.area.w, a.area.h
	switch kind {
	case orbiting:
		v = motion.Orbit(v, a.up, dx, dy, w, h)
	case panning:
		v = motion.Pan(v, dx, dy, w, h)
	case looking:
		v = motion.Look(v, a.up, dx, dy, w, h)
	}
	a.move(v, now)
}

// released ends a drag; one that went nowhere is a click.
func (a *app) released(now time.Time) {
	h := &a.hand
	kind := h.drag
	h.drag = noDrag
	a.ui.want()
	if kind == wiping {
		return
	}
	if d := (mgl64.Vec2{h.x - h.pressed[0], h.y - h.pressed[1]}); d.Len() < 4*float64(a.ui.scale) {
		a.click(kind, now)
		return
	}
	h.inertia.Release(now.Sub(h.last).Seconds())
	if a.settings.Inertia && !h.inertia.Done() {
		h.coasting = kind
	}
}

// doubleClick is how long after a click the next one makes two.
const doubleClick = 400 * time.Millisecond

// click goes to the camera that the pointer is on. Two make what is there the centre of orbits, or with Shift, which else
// begins to pan, the sharp one.
func (a *app) click(kind dragKind, now time.Time) {
	h := &a.hand
	twice := now.Sub(h.clickAt) < doubleClick && (mgl64.Vec2{h.x - h.clicked[0], h.y - h.clicked[1]}).Len() < 4*float64(a.ui.scale)
	h.clickAt, h.clicked = now, [2]float64{h.x, h.y}
	switch {
	case kind != orbiting && (kind != panning || h.button != glfw.MouseButtonLeft):
		return
	case !twice && kind == orbiting:
		a.photos.click(a, h.x, h.y)
		return
	case !twice:
		return
	case kind == orbiting:
		a.center(h.x, h.y)
	default:
		a.focusAt(h.x, h.y)
	}
	h.clickAt = time.Time{} // a third is the first of the next two
}

// letGo is when keys and buttons are let go of somewhere else.
func (h *hand) letGo() {
	clear(h.held[:])
	h.drag = noDrag
}

// stop ends what moves by itself.
func (h *hand) stop() {
	h.coasting = noDrag
	h.flown, h.arriving = -1, -1
}

// animate moves what moves by itself by a frame of dt.
func (a *app) animate(dt time.Duration, now time.Time) {
	h := &a.hand
	if a.model == nil {
		return
	}
	seconds := min(dt.Seconds(), 0.1)
	if h.coasting != noDrag {
		dx, dy := h.inertia.Step(seconds)
		a.dragBy(h.coasting, dx, dy, now)
		if h.inertia.Done() {
			h.coasting = noDrag
		}
	}
	if h.flown >= 0 {
		h.flown += dt
		v, done := h.flight.At(h.flown.Seconds())
		a.place(v, now)
		if done {
			i := h.arriving
			h.stop()
			if i >= 0 {
				a.photos.arrive(a, i)
			}
		}
	}
	if h.flies() {
		var dir mgl64.Vec3
		for k, d := range flyKeys {
			if h.held[k] {
				dir = dir.Add(d)
			}
		}
		speed := h.speed
		if h.mods&glfw.ModShift != 0 {
			speed *= 4
		}
		if h.mods&glfw.ModAlt != 0 {
			speed /= 4
		}
		h.stop()
		a.move(motion.Fly(h.view, dir, speed*a.model.Scene.Radius*seconds), now)
	}
	a.path.animate(a, dt, now)
}

// move takes another view, which stays among the photographs if it is to.
func (a *app) move(v motion.View, now time.Time) {
	if v == a.view {
		return
	}
	if a.settings.Inside {
		v = a.coverage.Clamp(a.view, v, a.area.w, a.area.h)
	}
	a.place(v, now)
}

// place takes another view, wherever it is.
func (a *app) place(v motion.View, now time.Time) {
	a.view = v
	a.movedAt = now
	a.photos.leave(a)
	a.outside = a.coverage.Of(v, a.area.w, a.area.h)
}

// jump takes another view at once.
func (a *app) jump(v motion.View) {
	a.stop()
	a.place(v, time.Time{})
}

// flyTo takes another view, on the way to which everything stays in sight.
func (a *app) flyTo(v motion.View) {
	a.stop()
	a.flight = motion.NewFlight(a.view, v, flightTime.Seconds())
	a.flown = 0
}

const flightTime = 400 * time.Millisecond
