//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"

	"lfnview/render/gpu"
)

// post has the window's goroutine call f before its next frame, unless the window is closed before.
func (a *app) post(f func()) {
	select {
	case a.jobs <- f:
		a.wake()
	case <-a.ctx.Done():
	}
}

// afterFirst waits for the first picture, so that what is less urgent does not keep it back; false where the window or ctx
// ends before.
func (a *app) afterFirst(ctx context.Context) bool {
	select {
	case <-a.first:
		return true
	case <-ctx.Done():
		return false
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
	case a.film.running() || a.live.running() || a.prior.seeking != nil:
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
	busy := a.moving() || a.film.running() || a.live.running() || a.prior.seeking != nil || a.painter.busy()
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
	a.probing.take(a)
	a.probing.ask(a)
	a.epi.take(a)
	a.epi.ask(a)
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
	if err != nil && a.asked.geometry && !errors.Is(err, gpu.ErrLost) {
		a.onlyColors(err)
		return nil
	}
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
	a.tell(changed, now)
	return nil
}

// tell tells of what the window shows by now; changed says whether its picture is another.
func (a *app) tell(changed bool, now time.Time) {
	if pic := a.painter.picture(); !a.firstSeen && pic.texture != 0 {
		a.firstSeen = true
		close(a.first)
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
	if pic := a.painter.picture(); a.asked.rest && a.asked != a.rested && pic.cam == a.asked.cam && pic.passes == pic.of && !a.painter.busy() && a.probing.settled(a) {
		a.rested = a.asked
		a.ui.wants = max(a.ui.wants, 1) // its numbers
		a.event("rest", map[string]any{"camera": a.asked.cam, "samples": a.asked.options.Samples, "outside": a.outside,
			"area": [4]int{a.area.x, a.area.y, a.area.w, a.area.h}})
	}
}
