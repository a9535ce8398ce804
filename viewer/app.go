//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"
	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render/gpu"
	"lfnview/viewer/motion"
)

// app is the viewer: what is shown, from where, and how.
type app struct {
	Options
	ctx      context.Context
	settings settings
	marked   bookmarks // that the file of settings does not have yet
	messages messages

	// What lives in the window's context, and is made again with it.
	win     *window
	ui      *ui
	paint   *paint
	painter painter
	events  []event

	jobs   chan func() // of other goroutines, for this one
	waking sync.Mutex
	ended  bool // GLFW is not to be used any more

	scene
	hand
	photos photos
	path   pathEditor
	film   film
	live   live
	frames frameTimes

	help     bool
	popup    bool      // a popup of the panels is open
	escaped  time.Time // when Esc was last answered by a question
	docked   bool      // the panels have places
	layout   string    // of the panels, as it was when they were opened
	openText string    // of the field that opens a file

	openFocus bool    // the field is to get the keys
	opening   int     // builds in which it may still come to get them; 0 where nobody waits for that
	later     []event // keys for it, from before it did

	area      area // in which the scene is seen
	pace      pace
	asked     request   // of the picture that the painter was last asked for
	rested    request   // of the newest picture at rest that was shown whole
	movedAt   time.Time // when the view last changed
	motion    spell     // the newest
	panels    bool
	dirty     bool // the window does not show what it should
	drew      bool // the newest turn of the loop drew the window
	quit      bool
	doubt     atomic.Bool // the display has met an error: is the window still there?
	gone      bool        // it is not
	firstSeen bool
}

// scene is the model that is shown.
type scene struct {
	model    *lfn.Model
	name     string
	bytes    int64 // of its file
	version  int   // grows with each model and each of its weights
	up       mgl64.Vec3
	coverage *motion.Coverage
	outside  float64 // how far the view is outside of what the photographs cover; 1 and more is outside
}

// Run shows the window until it is closed or ctx is done. It must be called on the program's first thread, which it
// keeps while it runs.
func Run(ctx context.Context, o Options) error {
	defer glfw.Terminate()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what still runs beside the window ends with it
	defer watchDisplay(nil, nil)
	a, err := newApp(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		a.close()
		a.waking.Lock()
		a.ended = true // goroutines that have not seen the end do not use GLFW any more
		a.waking.Unlock()
	}()
	defer context.AfterFunc(ctx, a.wake)()
	if o.Frames > 0 {
		return a.timeFrames()
	}
	err = a.loop()
	if endErr := a.end(); err == nil || errors.Is(err, context.Canceled) && endErr != nil {
		err = endErr // says what was saved
	}
	return err
}

// displayLost saves what there is when the display has gone away.
func (a *app) displayLost() {
	a.messages.hidden = true
	a.path.rescue(a)
	err := a.live.stop(a)
	if a.DisplayLost != nil {
		a.DisplayLost(err)
	}
}

// displayFailed notes an error of the display, on whatever thread.
func (a *app) displayFailed(text string) {
	fmt.Fprintln(&a.messages.log, text)
	a.doubt.Store(true)
}

// newApp opens the window, with the first scene.
func newApp(ctx context.Context, o Options) (*app, error) {
	a := &app{Options: o, ctx: ctx, jobs: make(chan func(), 64), marked: bookmarks{}}
	a.photos.at, a.photos.hovered = -1, -1
	a.messages.events, a.messages.tell = o.Events, o.Warn
	a.messages.hidden = o.NoUI || o.Frames > 0
	for _, w := range o.Warnings {
		a.warn("%s", w)
	}
	var warnings []string
	a.settings, warnings = loadSettings(o.Config)
	for _, w := range warnings {
		a.warn("%s", w)
	}
	var err error
	if a.layout, err = loadLayout(o.Config); err != nil {
		a.warn("%v", err)
	}
	log.SetFlags(0)
	log.SetOutput(&a.messages.log) // of GLFW
	watchDisplay(a.displayLost, a.displayFailed)
	if err := initGLFW(a.messages.log.last); err != nil {
		return nil, err
	}
	w, h := a.settings.Size[0], a.settings.Size[1]
	if o.Size != [2]int{} {
		w, h = o.Size[0], o.Size[1]
	}
	if err = a.open(w, h); err == nil {
		err = a.start()
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// open makes the window and all that lives in its context.
func (a *app) open(w, h int) (err error) {
	if a.win, err = openWindow("lfnview", w, h, a.messages.log.last); err != nil {
		return err
	}
	a.win.listen(&a.events)
	a.setVSync()
	a.ui = newUI(a.win, a.layout)
	if a.paint, err = newPaint(); err != nil {
		return err
	}
	return a.choosePainter()
}

// choosePainter takes the device that the options ask for, or the best there is.
func (a *app) choosePainter() error {
	why := ""
	switch {
	case a.Device == "cpu":
	case !a.win.compute:
		why = fmt.Sprintf("OpenGL 4.3 is missing (%s has %s)", a.win.renderer, a.win.version)
	default:
		p, err := newGPUPainter(a)
		switch {
		case err != nil:
			why = err.Error()
		case p.canvas.Device().Software && a.Device == "auto":
			why = a.win.renderer + " is a software rasteriser"
			p.close()
		default:
			a.painter = p
			return nil
		}
	}
	if a.Device != "cpu" && a.Device != "auto" {
		return fmt.Errorf("viewer: device %s: %s", a.Device, why)
	}
	if why != "" {
		a.note("%s: the CPU renders", why)
	}
	a.painter = newCPUPainter(a.wake)
	return nil
}

// toCPU goes on with the CPU where the GPU cannot render what it should.
func (a *app) toCPU(why error) {
	a.painter.close()
	a.painter = newCPUPainter(a.wake)
	a.asked = request{}
	a.warn("%v: the CPU renders", why)
}

// close gives back what lives in the window's context, and the window.
func (a *app) close() {
	if a.painter != nil {
		a.painter.close()
		a.painter = nil
	}
	if a.ui != nil {
		a.layout = a.ui.layout()
		a.ui.close()
		a.ui = nil
	}
	if a.win != nil {
		a.win.Destroy()
		a.win = nil
	}
}

// reopen makes a new window where the driver has thrown the context of the old one away.
func (a *app) reopen() error {
	w, h := a.win.unscaled()
	x, y := a.win.GetPos()
	a.close()
	a.hand.letGo()
	if err := a.open(w, h); err != nil {
		return err
	}
	a.win.SetPos(x, y)
	a.docked, a.asked, a.rested = false, request{}, request{}
	// The names of textures are those of the old context.
	a.photos.texture, a.photos.textured, a.photos.thumbnails = 0, -1, 0
	a.photos.makeThumbnails(a)
	a.overlayChanged()
	a.warn("the OpenGL context was lost, and made again")
	if a.model != nil {
		return a.painter.load(a.model)
	}
	return nil
}

// start shows the first scene.
func (a *app) start() error {
	a.panels = a.settings.Panels && !a.NoUI && a.Frames == 0
	a.path.clear()
	a.film.file, a.film.samples = "film.mp4", a.settings.Samples
	a.pace.target, a.pace.fixed = a.settings.Target, a.settings.Fixed
	a.hand.init(a)
	a.setArea(area{})
	if !a.NoUI {
		for range 2 { // so that it is known what the panels leave of the window
			a.ui.build(time.Now(), a.buildPanels)
		}
	}
	if a.Fullscreen {
		a.win.toggleFullscreen()
	}
	if a.Model != nil {
		if err := a.setModel(a.Model, a.Name); err != nil {
			return err
		}
	}
	if a.Train != nil {
		if err := a.live.start(a); err != nil {
			return err
		}
	}
	if a.Camera != nil && a.model != nil {
		a.lookThrough(a.Camera)
	}
	if a.Path != nil {
		a.path.load(a, *a.Path, a.PathFile)
	}
	if a.Data != "" && a.model != nil {
		a.photos.load(a, a.Data)
	}
	return nil
}

// lookThrough takes the view of a camera, and is at its photograph where the model has that.
func (a *app) lookThrough(c *plucker.Camera) {
	for i := range a.photos.views {
		if samePlace(c, &a.photos.views[i].Camera, a.model.Scene.Radius) {
			a.photos.goTo(a, i)
			return
		}
	}
	a.jump(a.viewOf(c))
}

// setModel shows a model from where all of it is seen. The former stays where it fails.
func (a *app) setModel(m *lfn.Model, name string) error {
	if err := a.painter.load(m); err != nil {
		if a.Device != "auto" || a.painter.about().device == "cpu" || errors.Is(err, gpu.ErrLost) {
			return err
		}
		a.toCPU(err)
		if err := a.painter.load(m); err != nil {
			return err
		}
	}
	first := a.model == nil
	a.model, a.name = m, name
	a.bytes = fileBytes(m, name)
	a.version++
	a.up = m.Scene.Up
	var cams []plucker.Camera
	for _, c := range m.Cameras {
		if c.Split == "train" {
			cams = append(cams, c.Camera)
		}
	}
	a.coverage = motion.NewCoverage(cams, m.Scene)
	a.photos.setModel(a)
	a.path.rescue(a)
	a.path.clear()
	a.win.SetTitle(name + " – lfnview")
	if first {
		a.jump(a.home())
	} else {
		a.flyTo(a.home())
	}
	return nil
}

// home is the view of the scene from where all of it is seen.
func (a *app) home() motion.View { return motion.Home(a.model.Scene, a.aspect()) }

func (a *app) aspect() float64 { return float64(a.area.w) / float64(a.area.h) }

// setArea gives the scene what docked panels leave of the window.
func (a *app) setArea(in area) {
	if a.NoUI || !a.panels {
		in = area{0, 0, a.win.width, a.win.height}
	}
	if in.w = max(in.w, 1); in.h < 1 {
		in.h = 1
	}
	if in != a.area {
		a.area, a.dirty = in, true
	}
}

// post has the window's goroutine call f before its next frame, unless the window is closed before.
func (a *app) post(f func()) {
	select {
	case a.jobs <- f:
		a.wake()
	case <-a.ctx.Done():
	}
}

// wake ends the wait of the window's goroutine for events.
func (a *app) wake() {
	a.waking.Lock()
	defer a.waking.Unlock()
	if !a.ended {
		glfw.PostEmptyEvent()
	}
}

// loop is the life of the window.
func (a *app) loop() error {
	for !a.quit && !a.win.ShouldClose() {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		if wait := a.patience(); wait > 0 {
			glfw.WaitEventsTimeout(wait.Seconds())
		} else {
			glfw.PollEvents()
		}
		if err := a.turn(time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// turn is frame, with a new context where the driver has thrown the old one away.
func (a *app) turn(now time.Time) error {
	err := a.frame(now)
	if errors.Is(err, gpu.ErrLost) {
		err = a.reopen()
	}
	return err
}

// patience is how long nothing needs to be done unless something happens.
func (a *app) patience() time.Duration {
	switch {
	case a.win.width == 0 || a.NoUI && a.model == nil:
		return numbersAt
	case !a.NoUI && a.ui.wants > 0 || a.dirty:
		return 0
	case a.moving() && a.painter.about().device == "cpu":
		return 5 * time.Millisecond // it wakes the window when its picture is there
	case a.moving() || a.painter.busy() && a.painter.about().device != "cpu":
		if a.drew {
			return 0
		}
		return 200 * time.Microsecond // the device has enough to do
	case a.film.running() || a.live.running():
		return numbersAt
	}
	return time.Second
}

// frame does what is due, and draws the window if that changes what it shows.
func (a *app) frame(now time.Time) error {
	dt := a.frames.begin(now)
	if !a.moving() {
		dt = 0 // what begins to move now was at rest until now
	}
	for {
		select {
		case job := <-a.jobs:
			job()
			a.ui.want()
			continue
		default:
		}
		break
	}
	for _, line := range a.messages.log.take() {
		a.warn("%s", line)
	}
	if a.doubt.Swap(false) && !a.win.exists() {
		a.gone, a.quit = true, true
		a.messages.hidden = true
		a.warn("the window is gone: the display has destroyed it")
		return nil
	}
	waited := a.opening > 0
	for i := range a.events {
		switch e := &a.events[i]; {
		case a.NoUI, e.kind == moved && a.hand.drags():
		case waited && e.isKey():
			a.later = append(a.later, *e)
		default:
			a.ui.feed(e)
		}
	}
	built := false
	busy := a.moving() || a.film.running() || a.live.running() || a.painter.busy()
	if !a.NoUI && (a.ui.wants > 0 || busy && a.ui.due(now)) {
		a.ui.build(now, a.buildPanels)
		built = true
		a.handOver()
	}
	n := len(a.events) // handling some makes more
	for i := range n {
		if e := &a.events[i]; !waited && a.opening > 0 && e.isKey() { // came with the key that opens the field
			a.later = append(a.later, *e)
		}
		a.handle(&a.events[i], now)
	}
	a.events = slices.Delete(a.events, 0, n)
	a.live.poll(a, now)
	a.animate(dt, now)
	if a.model != nil && !a.moving() {
		a.photos.measure(a)
	}
	a.frames.mark(uiTime)

	if a.win.width == 0 || a.win.height == 0 || a.model == nil && a.NoUI {
		return nil
	}
	if a.NoUI {
		a.setArea(a.area)
	}
	changed, err := a.render(a.area.w, a.area.h, now)
	if err != nil && a.Device == "auto" && !errors.Is(err, gpu.ErrLost) {
		a.toCPU(err)
		err = a.painter.load(a.model)
	}
	if err != nil {
		return err
	}
	if a.drew = changed || built || a.dirty; !a.drew {
		return nil
	}
	a.dirty = false
	a.frames.mark(paintTime)
	a.draw()
	a.frames.mark(drawTime)
	a.win.SwapBuffers()
	a.frames.end(changed)
	if pic := a.painter.picture(); !a.firstSeen && pic.texture != 0 {
		a.firstSeen = true
		a.event("ready", map[string]any{"first_picture_ms": float64(time.Since(a.Started).Microseconds()) / 1e3})
	}
	switch {
	case changed && !a.asked.rest:
		a.pace.shown(now)
		if a.motion.frames++; a.motion.frames == 1 {
			a.motion.since = now
		}
		a.motion.last = now
	case a.asked.rest && a.motion.frames > 0:
		a.event("moved", map[string]any{"frames": a.motion.frames, "fps": a.motion.fps(), "scale": a.pace.scale})
		a.motion = spell{}
	}
	if pic := a.painter.picture(); a.asked.rest && a.asked != a.rested && pic.cam == a.asked.cam && pic.passes == pic.of && !a.painter.busy() {
		a.rested = a.asked
		a.event("rest", map[string]any{"camera": a.asked.cam, "samples": a.asked.side, "outside": a.outside,
			"area": [4]int{a.area.x, a.area.y, a.area.w, a.area.h}})
	}
	return nil
}

// end saves what is to be kept.
func (a *app) end() error {
	a.messages.hidden = true // there will be no more frames
	err := a.live.stop(a)
	a.film.stop()
	a.path.rescue(a)
	if saveErr := a.saveSettings(); saveErr != nil {
		a.warn("%v", saveErr)
	}
	return err
}

func (a *app) saveSettings() error {
	if a.Config == "" || a.win == nil {
		return nil
	}
	if !a.gone && a.win.GetMonitor() == nil {
		w, h := a.win.unscaled()
		a.settings.Size = [2]int{max(w, 64), max(h, 64)}
	}
	if !a.NoUI {
		a.settings.Panels = a.panels
	}
	if err := a.settings.save(a.Config, a.marked); err != nil {
		return err
	}
	clear(a.marked)
	if a.NoUI {
		return nil
	}
	return saveLayout(a.Config, a.ui.layout())
}

func (a *app) setVSync() {
	interval := 0
	if a.settings.VSync && a.Frames == 0 {
		interval = 1
	}
	glfw.SwapInterval(interval)
}

func round(x float64) int { return int(math.Round(x)) }

// fileBytes is how large a model's file is, or would be.
func fileBytes(m *lfn.Model, name string) int64 {
	if st, err := os.Stat(name); err == nil {
		return st.Size()
	}
	var n byteCounter
	_ = m.Encode(&n) // a model that cannot be written has no size
	return int64(n)
}

type byteCounter int64

func (n *byteCounter) Write(b []byte) (int, error) {
	*n += byteCounter(len(b))
	return len(b), nil
}
