//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lfnview/plucker"
	"lfnview/render"
	"lfnview/viewer/motion"
)

// pathEditor is the camera path that is being made.
type pathEditor struct {
	path     render.Path
	seconds  float64 // from its begin to its end
	selected int     // keyframe; −1
	file     string
	shown    bool          // in the scene
	past     []render.Path // before each change, the newest last
	saved    bool          // as it is

	playing bool
	played  time.Duration
	cams    []plucker.Camera // of the frames, while it is played
}

const defaultFPS = 24

func (e *pathEditor) clear() {
	*e = pathEditor{selected: -1, seconds: 4, file: "path.json", path: render.Path{FPS: defaultFPS}}
}

// set takes a path.
func (e *pathEditor) set(a *app, p render.Path) {
	past := e.past
	e.clear()
	e.past = past
	e.path = p
	if e.path.FPS == 0 {
		e.path.FPS = defaultFPS
	}
	if p.Frames > 0 {
		e.seconds = float64(p.Frames) / e.path.FPS
	}
	e.shown = true
	a.overlayChanged()
}

// keep remembers the path for undo, before it is changed.
func (e *pathEditor) keep() {
	p := e.path
	p.Keys = slices.Clone(p.Keys)
	e.past = append(e.past, p)
	if len(e.past) > 100 {
		e.past = e.past[1:]
	}
	e.saved = false
}

// undo takes the newest change back.
func (e *pathEditor) undo(a *app) {
	if n := len(e.past); n > 0 {
		e.path, e.past = e.past[n-1], e.past[:n-1]
		e.selected, e.saved = min(e.selected, len(e.path.Keys)-1), false
		a.overlayChanged()
	}
}

// frames is how many frames the path has.
func (e *pathEditor) frames() int {
	return min(max(round(e.seconds*e.path.FPS), 1), 100_000)
}

// key is the view as a keyframe.
func (a *app) keyframe() render.Key { return render.Key{Pose: a.view.Pose, FovDeg: a.view.FovDeg} }

// add adds the view as a keyframe behind the selected one, or at the end.
func (e *pathEditor) add(a *app) {
	e.keep()
	i := len(e.path.Keys)
	if e.selected >= 0 && e.selected < i {
		i = e.selected + 1
	}
	keys := append(e.path.Keys[:i:i], a.keyframe())
	e.path.Keys = append(keys, e.path.Keys[i:]...)
	e.selected = i
	e.shown = true
	a.event("keyframe", map[string]any{"count": len(e.path.Keys)})
	a.overlayChanged()
}

// remove removes a keyframe.
func (e *pathEditor) remove(a *app, i int) {
	e.keep()
	e.path.Keys = append(e.path.Keys[:i:i], e.path.Keys[i+1:]...)
	e.selected = min(e.selected, len(e.path.Keys)-1)
	a.overlayChanged()
}

// swap exchanges keyframe i with the next.
func (e *pathEditor) swap(a *app, i int) {
	e.keep()
	k := e.path.Keys
	k[i], k[i+1] = k[i+1], k[i]
	a.overlayChanged()
}

// toggle plays the path, or stops.
func (e *pathEditor) toggle(a *app) {
	if e.playing {
		e.playing = false
		return
	}
	if len(e.path.Keys) < 2 {
		a.note("a camera path has two keyframes or more: K adds the view as one")
		return
	}
	a.stop()
	e.cams = e.path.Cameras(e.frames(), a.area.w, a.area.h)
	e.playing, e.played = true, 0
}

// animate goes on along the path.
func (e *pathEditor) animate(a *app, dt time.Duration, now time.Time) {
	if !e.playing {
		return
	}
	i := int(e.played.Seconds() / e.seconds * float64(len(e.cams)))
	e.played += dt
	if i >= len(e.cams) {
		if !e.path.Loop {
			e.playing = false
			return
		}
		e.played, i = 0, 0
	}
	a.show(&e.cams[i], now)
}

// show takes the view of a camera.
func (a *app) show(c *plucker.Camera, now time.Time) {
	a.place(motion.FromCamera(c, a.model.Scene), now)
}

// save writes the path to its file.
func (e *pathEditor) save(a *app) {
	if len(e.path.Keys) == 0 {
		a.note("the camera path has no keyframes: K adds the view as one")
		return
	}
	if !strings.EqualFold(filepath.Ext(e.file), ".json") {
		e.file += ".json"
	}
	p := e.path
	p.Frames = e.frames()
	if err := p.Save(e.file); err != nil {
		a.warn("%v", err)
		return
	}
	e.saved = true
	a.note("wrote %s", absolute(e.file))
	a.event("wrote", map[string]any{"files": []string{e.file}})
}

// around is a ready-made path: a turntable from the view's height, or a spiral up from it.
func (e *pathEditor) around(a *app, spiral bool) {
	f := a.model.Scene
	o := render.OrbitAt(f, a.view.Pose.Pos)
	const n = 24
	var cams []plucker.Camera
	if spiral {
		cams = o.Spiral(f, n, 2, min(o.ElDeg+50, 80), 100, 100)
	} else {
		cams = o.Turntable(f, n, 100, 100)
	}
	p := render.Path{Loop: !spiral, FPS: e.path.FPS}
	for i := range cams {
		p.Keys = append(p.Keys, render.Key{Pose: cams[i].Pose, FovDeg: a.view.FovDeg})
	}
	seconds := e.seconds
	e.keep()
	e.set(a, p)
	e.seconds = seconds
}

// overlay draws the path in the scene.
func (e *pathEditor) overlay(a *app, line func(u, v [3]float32, color [4]uint8), frustum func(c *plucker.Camera, color [4]uint8) [4][3]float32) {
	for i := range e.path.Keys {
		k := &e.path.Keys[i]
		c := motion.View{Pose: k.Pose, Pivot: 1, FovDeg: k.FovDeg}.Camera(160, 90)
		color := [4]uint8{90, 230, 110, 255}
		if i == e.selected {
			color = [4]uint8{255, 40, 90, 255}
		}
		frustum(&c, color)
	}
	if len(e.path.Keys) < 2 {
		return
	}
	cams := e.path.Cameras(200, 16, 9)
	for i := 1; i < len(cams); i++ {
		u, v := cams[i-1].Pose.Pos, cams[i].Pose.Pos
		line([3]float32{float32(u[0]), float32(u[1]), float32(u[2])}, [3]float32{float32(v[0]), float32(v[1]), float32(v[2])}, [4]uint8{90, 230, 110, 255})
	}
}
