//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"path/filepath"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"
	"github.com/go-gl/mathgl/mgl64"

	"lfnview/render/look"
	"lfnview/viewer/motion"
)

// action is something that a key does, or a character, wherever the keyboard has it.
type action struct {
	key  glfw.Key
	char rune
	mods glfw.ModifierKey // that must be held with the key
	name string           // as in the help
	help string
	do   func(a *app)
}

// actions are all keys; the help lists them in this order.
var actions []action

func init() { // the help is one of them
	actions = []action{
		{glfw.Key1, 0, 0, "1", "show colours", func(a *app) { a.setMode(look.Colors) }},
		{glfw.Key2, 0, 0, "2", "show depth", func(a *app) { a.setMode(look.Depth) }},
		{glfw.Key3, 0, 0, "3", "show normals", func(a *app) { a.setMode(look.Normals) }},
		{glfw.Key4, 0, 0, "4", "show how sure the network is of depth and normals", func(a *app) { a.setMode(look.Confidence) }},
		{glfw.KeyI, 0, 0, "I", "epipolar-plane image of the row at the pointer", func(a *app) { a.epi.toggle(a) }},
		{glfw.KeyR, 0, 0, "R", "reset the camera", (*app).reset},
		{glfw.KeyHome, 0, 0, "Home", "frame the scene from this side", func(a *app) { a.flyTo(motion.FrameScene(a.view, a.model.Scene, a.aspect())) }},
		{glfw.KeyL, 0, 0, "L", "level the camera", func(a *app) { a.flyTo(motion.Level(a.view, a.up)) }},
		{glfw.KeyU, 0, 0, "U", "what is up in the picture becomes the up axis", func(a *app) { a.setUp(motion.SnapUp(a.view)) }},
		{0, '+', 0, "+", "fly faster", func(a *app) { a.faster(1.25) }},
		{0, '-', 0, "-", "fly slower", func(a *app) { a.faster(1 / 1.25) }},
		{glfw.KeyB, 0, 0, "B", "keep the camera where the photographs cover the scene", (*app).toggleInside},
		{0, '[', 0, "[", "the photograph before", func(a *app) { a.photos.step(a, -1) }},
		{0, ']', 0, "]", "the photograph after", func(a *app) { a.photos.step(a, 1) }},
		{0, '{', 0, "{", "the first photograph", func(a *app) { a.photos.first(a) }},
		{0, '}', 0, "}", "the last photograph", func(a *app) { a.photos.last(a) }},
		{glfw.KeyG, 0, 0, "G", "show the photograph taken from here", func(a *app) { a.photos.toggle(a, onlyPhotograph) }},
		{glfw.KeyV, 0, 0, "V", "wipe between photograph and render", func(a *app) { a.photos.toggle(a, wiped) }},
		{glfw.KeyO, 0, 0, "O", "map of the error against the photograph", func(a *app) { a.photos.toggle(a, heatedMap) }},
		{glfw.KeyC, 0, 0, "C", "show the cameras of the photographs", func(a *app) { a.photos.toggleFrusta(a) }},
		{glfw.KeyO, 0, glfw.ModControl, "Ctrl+O", "open a file or folder by its name", (*app).askFile},
		{glfw.KeyP, 0, 0, "P", "take a picture", func(a *app) { a.film.picture(a) }},
		{glfw.KeyK, 0, 0, "K", "add a keyframe to the camera path", func(a *app) { a.path.add(a) }},
		{glfw.KeyZ, 0, glfw.ModControl, "Ctrl+Z", "undo the newest change of the camera path", func(a *app) { a.path.undo(a) }},
		{glfw.KeySpace, 0, 0, "Space", "play the camera path, or stop", func(a *app) { a.path.toggle(a) }},
		{glfw.KeyT, 0, 0, "T", "pause the training, or go on", func(a *app) { a.live.toggle(a) }},
		{glfw.KeyS, 0, glfw.ModControl, "Ctrl+S", "save the network in training, the scene of a prior, the camera path", func(a *app) { a.save() }},
		{glfw.KeyM, 0, glfw.ModControl, "Ctrl+M", "make a film of the camera path, or stop it", func(a *app) { a.film.toggle(a) }},
		{glfw.KeyF, 0, 0, "F", "full screen", func(a *app) { a.win.toggleFullscreen() }},
		{glfw.KeyTab, 0, 0, "Tab", "hide the panels, or show them", func(a *app) { a.panels = !a.panels }},
		{0, '?', 0, "?", "this list", func(a *app) { a.help = !a.help }},
		{glfw.KeyF1, 0, 0, "F1", "", func(a *app) { a.help = !a.help }},
		{0, '=', 0, "", "", func(a *app) { a.faster(1.25) }},
		{glfw.KeyEscape, 0, 0, "Esc", "close the help, stop a reconstruction, or close the window", func(a *app) { a.escape() }},
	}
}

// always are the actions that need no model.
var always = map[string]bool{"Esc": true, "F": true, "Tab": true, "?": true, "F1": true, "Ctrl+O": true, "T": true, "Ctrl+S": true}

// mouse is what the help says of the rest.
var mouse = [][2]string{
	{"left drag", "orbit"}, {"middle drag, Shift+left", "pan"}, {"right drag", "look around"}, {"wheel", "zoom to the pointer"},
	{"Ctrl+wheel", "field of view"}, {"W A S D", "fly forward, left, back, right"}, {"Q E", "fly down, up"},
	{"Shift, Alt", "fly fast, slow"}, {"Ctrl+1 … 9", "store a bookmark"}, {"Alt+1 … 9", "go to a bookmark"},
	{"double click", "orbit about what is there"}, {"Shift+double click", "focus on what is there"}, {"click a camera", "go there"}, {"drop a file", "open a model, a prior, a data set or a camera path; with a prior, reconstruct a photograph"},
}

// key does what a key that was pressed asks for.
func (a *app) key(e *event, now time.Time) {
	mods := e.mods & (glfw.ModControl | glfw.ModShift | glfw.ModAlt | glfw.ModSuper)
	if _, ok := flyKeys[e.key]; ok && mods&(glfw.ModControl|glfw.ModSuper) == 0 {
		if a.model != nil {
			a.held[e.key] = true
		}
		return
	}
	if e.repeat {
		return
	}
	if n := int(e.key - glfw.Key1); n >= 0 && n < 9 && mods != 0 && a.model != nil {
		switch mods {
		case glfw.ModControl:
			a.storeBookmark(n)
		case glfw.ModAlt:
			a.goToBookmark(n)
		}
		return
	}
	a.act(func(act *action) bool { return act.char == 0 && act.key == e.key && act.mods == mods })
}

// act does the action that is the one.
func (a *app) act(is func(*action) bool) {
	for i := range actions {
		if act := &actions[i]; is(act) {
			if a.model != nil || always[act.name] {
				act.do(a)
				a.ui.want()
			}
			return
		}
	}
}

func (a *app) reset() {
	a.up, a.coverage.Up = a.model.Scene.Up, a.model.Scene.Up
	a.flyTo(a.home())
}

func (a *app) setUp(up mgl64.Vec3) {
	a.up, a.coverage.Up = up, up
	a.note("up is now %.2g, %.2g, %.2g", up[0], up[1], up[2])
}

func (a *app) faster(by float64) {
	a.speed = min(max(a.speed*by, 1e-3), 1e3)
	a.settings.Speed = a.speed
}

// escape closes what is open, and then the window. A camera path that is not saved asks for it twice.
func (a *app) escape() {
	switch {
	case a.popup:
		// The panels close it.
	case a.help:
		a.help = false
	case a.path.playing:
		a.path.toggle(a)
	case a.prior.seeking != nil:
		a.prior.stop(a)
	case a.win.GetMonitor() != nil:
		a.win.toggleFullscreen()
	case a.path.unsaved() && time.Since(a.escaped) > escapeAgain:
		a.escaped = time.Now()
		a.warn("the camera path is not saved: Ctrl+S saves it, Esc again closes the window")
	default:
		a.path.saved = true // or not wanted
		a.quit = true
	}
}

// escapeAgain is how long a second Esc means what the first asked.
const escapeAgain = 5 * time.Second

// toggleInside keeps the camera where the photographs cover the scene, and brings it there; or lets it go.
func (a *app) toggleInside() {
	a.settings.Inside = !a.settings.Inside
	if i := a.photos.nearest(a); a.settings.Inside && a.outside > 0 && i >= 0 {
		a.flyTo(a.viewOf(&a.photos.views[i].Camera))
	}
}

func (a *app) save() {
	switch {
	case a.live.running():
		a.live.save(a)
	case a.prior.open():
		a.prior.save(a)
		if a.path.unsaved() {
			a.path.save(a)
		}
	default:
		a.path.save(a)
	}
}

// modelPath is the name by which settings know the model.
func (a *app) modelPath() string {
	if path, err := filepath.Abs(a.name); err == nil && exists(path) {
		return path
	}
	return a.name
}

func (a *app) bookmarks() [9]*motion.View { return a.settings.Bookmarks[a.modelPath()] }

func (a *app) storeBookmark(n int) {
	v := a.view
	var marks [9]*motion.View
	marks[n] = &v
	own := bookmarks{a.modelPath(): marks}
	a.marked.add(own)
	a.settings.Bookmarks.add(own)
	if err := a.saveSettings(); err != nil {
		a.warn("%v", err)
		return
	}
	a.note("bookmark %d stored", n+1)
}

func (a *app) goToBookmark(n int) {
	v := a.bookmarks()[n]
	if v == nil {
		a.note("there is no bookmark %d: Ctrl+%d stores one", n+1, n+1)
		return
	}
	a.flyTo(*v)
}
