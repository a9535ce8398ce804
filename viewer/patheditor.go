//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render"
	"lfnview/viewer/motion"
)

// pathEditor is the camera path that is being made.
type pathEditor struct {
	path     render.Path
	seconds  float64 // from its begin to its end
	selected int     // keyframe; −1
	file     string  // to save to, as the panel has it
	own      string  // the file that has the path, or an older state of it; "" where there is none
	shown    bool    // in the scene
	past     []past  // before each change, the newest last
	saved    bool    // as it is

	playing bool
	played  time.Duration
	cams    []plucker.Camera // of the frames, while it is played
}

// past is a path before it was changed, and its files.
type past struct {
	path      render.Path
	file, own string
}

const defaultFPS = 24

func (e *pathEditor) clear() {
	*e = pathEditor{selected: -1, seconds: 4, file: "path.json", path: render.Path{FPS: defaultFPS}}
}

// load takes the path that a file has.
func (e *pathEditor) load(a *app, p render.Path, file string) {
	e.set(a, p)
	e.file, e.own, e.saved = file, file, true
}

// set takes a path, to be saved where the one before it is.
func (e *pathEditor) set(a *app, p render.Path) {
	was := *e
	e.clear()
	e.past, e.file, e.own = was.past, was.file, was.own
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
	e.past = append(e.past, past{p, e.file, e.own})
	if len(e.past) > 100 {
		e.past = e.past[1:]
	}
	e.saved = false
}

// undo takes the newest change back.
func (e *pathEditor) undo(a *app) {
	if n := len(e.past); n > 0 {
		last := e.past[n-1]
		e.path, e.file, e.own, e.past = last.path, last.file, last.own, e.past[:n-1]
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

// save writes the path to its file. One that another path may be in is not touched: the path gets a name like it.
func (e *pathEditor) save(a *app) {
	if len(e.path.Keys) == 0 {
		a.note("the camera path has no keyframes: K adds the view as one")
		return
	}
	file := e.file
	if !strings.EqualFold(filepath.Ext(file), ".json") {
		file += ".json"
	}
	if file != e.own {
		file = FreeName(file)
	}
	if err := e.write(file); err != nil {
		a.warn("%v", err)
		return
	}
	e.file, e.own, e.saved = file, file, true
	a.note("wrote %s", absolute(file))
	a.event("wrote", map[string]any{"files": []string{file}})
}

func (e *pathEditor) write(file string) error {
	p := e.path
	p.Frames = e.frames()
	return p.Save(file)
}

// unsaved says whether the path would be lost.
func (e *pathEditor) unsaved() bool { return len(e.path.Keys) > 0 && !e.saved }

// rescue keeps a path that is not saved before it goes away: beside its file, or else with the settings.
func (e *pathEditor) rescue(a *app) {
	if !e.unsaved() {
		return
	}
	name := e.file
	if !strings.EqualFold(filepath.Ext(name), ".json") {
		name += ".json"
	}
	file := FreeName(name)
	err := e.write(file)
	if err != nil && a.Config != "" && os.MkdirAll(a.Config, 0o777) == nil {
		file = FreeName(filepath.Join(a.Config, filepath.Base(name)))
		err = e.write(file)
	}
	if err != nil {
		a.warn("the camera path is lost: %v", err)
		return
	}
	e.saved = true
	a.warn("the camera path was not saved: it is now in %s", absolute(file))
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
	var places []mgl64.Vec3
	if len(e.path.Keys) <= 500 {
		for _, c := range e.path.Cameras(200, 16, 9) {
			places = append(places, c.Pose.Pos)
		}
	} else { // so many are as good as the curve, which takes its time
		for _, k := range e.path.Keys {
			places = append(places, k.Pose.Pos)
		}
	}
	for i := 1; i < len(places); i++ {
		u, v := places[i-1], places[i]
		line([3]float32{float32(u[0]), float32(u[1]), float32(u[2])}, [3]float32{float32(v[0]), float32(v[1]), float32(v[2])}, [4]uint8{90, 230, 110, 255})
	}
}
