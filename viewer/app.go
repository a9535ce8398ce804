//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"
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
	photos  photos
	modes   modes
	probing probing
	focus   refocus
	epi     epi
	path    pathEditor
	film    film
	live    live
	prior   openPrior
	frames  frameTimes

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
	doubt     atomic.Bool   // the display has met an error: is the window still there?
	gone      bool          // it is not
	first     chan struct{} // closed when the first picture is on the screen
	firstSeen bool
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

// newApp opens the window, with the first scene.
func newApp(ctx context.Context, o Options) (*app, error) {
	a := &app{Options: o, ctx: ctx, jobs: make(chan func(), 64), first: make(chan struct{}), marked: bookmarks{}}
	a.photos.at, a.photos.hovered = -1, -1
	a.epi.row = 0.5
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
	if a.win != nil {
		a.win.Hide() // what follows may wait for the driver
	}
	a.probing.close()
	if a.win != nil {
		a.epi.close()
	}
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
	a.prior.thumbnails, a.prior.shelf = 0, shelf{}
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
	a.modes.mode = a.Show
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
		show := func() error { return a.setModel(a.Model, a.Name) }
		if a.Prior != nil {
			show = func() error { return a.setPrior(a.Prior, a.Model, a.Name) }
		}
		if err := show(); err != nil {
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
	a.prior.cut.begin(a.Cutout)
	if a.Photograph != "" {
		a.prior.reconstruct(a, a.Photograph)
	}
	if a.Data != "" && a.model != nil {
		a.photos.load(a, a.Data)
	}
	return nil
}

func (a *app) setVSync() {
	interval := 0
	if a.settings.VSync && a.Frames == 0 {
		interval = 1
	}
	glfw.SwapInterval(interval)
}

func round(x float64) int { return int(math.Round(x)) }
