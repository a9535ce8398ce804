//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/AllenDang/cimgui-go/imgui"

	"lfnview/lfn"
	"lfnview/train"
)

// live is the training that the window shows.
type live struct {
	run    *train.Run // nil where there is none
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // of the run that has ended
	asked  bool  // for a snapshot that has not come yet
	taken  time.Time

	loss, test []float32 // of the plots: log₁₀ of the loss, and the held-out PSNR where it was measured
	drawn      int       // metrics that are in them
}

// snapshotEvery is how often the window shows newer weights.
const snapshotEvery = 200 * time.Millisecond

func (l *live) there() bool { return l.run != nil }

func (l *live) running() bool {
	if l.run == nil {
		return false
	}
	select {
	case <-l.ended:
		return false
	default:
		return true
	}
}

// failed is why the run has ended before it should; nil where it goes on or is done.
func (l *live) failed() error {
	if l.run == nil || l.running() {
		return nil
	}
	return l.err
}

// start begins to train in a goroutine of its own.
func (l *live) start(a *app) error {
	l.run = a.Train
	if l.run.Live == nil {
		l.run.Live = new(train.Live)
	}
	var ctx context.Context
	ctx, l.cancel = context.WithCancel(a.ctx)
	l.ended = make(chan struct{})
	go func() {
		res, err := l.run.Do(ctx)
		l.err = err
		close(l.ended)
		if ctx.Err() == nil {
			a.post(func() { l.finished(a, res, err) })
		}
	}()
	a.note("training on %s, to %s", l.run.Set.Path, l.run.Out)
	if exists(l.run.Out) && !l.run.Resume {
		a.warn("%s exists, and will be replaced: in a minute, by Ctrl+S, or when the window is closed", l.run.Out)
	}
	l.want(a)
	return nil
}

// finished shows what a run came to.
func (l *live) finished(a *app, res *train.Result, err error) {
	if err != nil {
		a.warn("%v", err)
		a.event("trained", map[string]any{"error": err.Error()})
		return
	}
	a.note("trained: %.2f dB on the held-out photographs; wrote %s", res.Test.PSNRdB, l.run.Out)
	a.event("trained", map[string]any{"psnr_db": res.Test.PSNRdB, "file": l.run.Out})
	l.show(a, res.Model)
}

// want asks for the newest weights.
func (l *live) want(a *app) {
	l.asked = true
	prepare := a.painter.prepare()
	l.run.Live.Snapshot(nil, func(m *lfn.Model) {
		// What the device needs of it is made here, while the run goes on.
		go func() {
			ready := prepare(m)
			a.post(func() {
				l.asked, l.taken = false, time.Now()
				if l.running() {
					a.showWeights(m, ready, l.run.Out)
				}
			})
		}()
	})
}

// show takes newer weights.
func (l *live) show(a *app, m *lfn.Model) { a.showWeights(m, a.painter.prepare()(m), l.run.Out) }

// showWeights shows a model in the place of one like it.
func (a *app) showWeights(m *lfn.Model, ready prepared, name string) {
	if a.model == nil {
		if err := a.setModel(m, name); err != nil {
			a.warn("%v", err)
			return
		}
		a.photos.data = a.Train.Set.Path
		a.photos.attach(a, a.Train.Set)
		return
	}
	if err := a.exchange(m, ready); err != nil {
		a.warn("%v", err)
		return
	}
	p := a.Train.Live.Progress()
	a.event("weights", map[string]any{"step": m.Training.Steps, "train_psnr_db": p.TrainPSNRdB, "test_psnr_db": p.TestPSNRdB})
}

// poll asks for newer weights where those that are shown have been seen for long enough.
func (l *live) poll(a *app, now time.Time) {
	if !l.running() || l.asked || now.Sub(l.taken) < snapshotEvery {
		return
	}
	if a.model != nil && a.model.Training.Steps == l.run.Live.Progress().Step {
		return
	}
	l.want(a)
}

// toggle pauses the training, or goes on.
func (l *live) toggle(a *app) {
	if !l.running() {
		a.note("nothing is being trained: lfnview --train DATA trains while you watch")
		return
	}
	l.run.Live.Pause(!l.run.Live.Paused())
	a.event("paused", map[string]any{"paused": l.run.Live.Paused()})
}

// save writes the model as it is.
func (l *live) save(a *app) {
	if !l.running() {
		a.note("nothing is being trained")
		return
	}
	l.run.Live.Save(func(step int, err error) {
		go a.post(func() { // the run does not wait for the window
			if err != nil {
				a.warn("%v", err)
				return
			}
			a.note("step %d: wrote %s", step, l.run.Out)
			a.event("saved", map[string]any{"step": step, "file": l.run.Out})
		})
	})
}

// stop ends the training and saves what there is.
func (l *live) stop(a *app) error {
	if l.run == nil {
		return nil
	}
	l.cancel()
	<-l.ended
	var stopped *train.StoppedError
	if errors.As(l.err, &stopped) {
		a.event("saved", map[string]any{"step": stopped.Step, "file": stopped.Out})
		return stopped
	}
	if errors.Is(l.err, context.Canceled) {
		return nil
	}
	return l.err
}

// trainingPanel is how the training goes.
func (a *app) trainingPanel(time.Time) {
	l := &a.live
	p := l.run.Live.Progress()
	switch {
	case l.failed() != nil:
		text("failed at step %d", p.Step)
		imgui.PushTextWrapPos()
		imgui.TextColored(amber, l.failed().Error())
		imgui.PopTextWrapPos()
	case !l.running():
		text("done, %d steps", p.Step)
	case l.run.Live.Paused():
		text("paused at step %d", p.Step)
	default:
		text("step %d, %s left", p.Step, p.Left().Round(time.Second))
	}
	imgui.ProgressBarV(float32(p.Fraction()), imgui.Vec2{X: -1}, fmt.Sprintf("%.0f %%", 100*p.Fraction()))
	imgui.BeginDisabledV(!l.running())
	label := "Pause (T)###pause"
	if l.run.Live.Paused() {
		label = "Go on (T)###pause"
	}
	if imgui.Button(label) {
		l.toggle(a)
	}
	imgui.SameLine()
	if imgui.Button("Save (Ctrl+S)") {
		l.save(a)
	}
	imgui.EndDisabled()
	faint("%s rays/s   learning rate %.2g", count(p.RaysPerS), p.LR)
	text("train %.2f dB", p.TrainPSNRdB)
	if p.TestPSNRdB != 0 {
		imgui.SameLine()
		text("  held-out %.2f dB (%d views)", p.TestPSNRdB, p.TestViews)
	}
	for _, m := range l.run.Live.History()[l.drawn:] {
		l.loss = append(l.loss, float32(math.Log10(max(m.Loss, 1e-12))))
		if m.TestPSNRdB != 0 {
			l.test = append(l.test, float32(m.TestPSNRdB))
		}
		l.drawn++
	}
	size := imgui.Vec2{X: -1, Y: 70 * a.ui.scale}
	plot("##loss", "loss, logarithmic", l.loss, size)
	plot("##test", "held-out dB", l.test, size)
}

// plot draws values as a line.
func plot(id, title string, values []float32, size imgui.Vec2) {
	if len(values) < 2 {
		return
	}
	least, most := values[0], values[0]
	for _, v := range values {
		least, most = min(least, v), max(most, v)
	}
	imgui.PlotLinesFloatPtrV(id, &values[0], int32(len(values)), 0, fmt.Sprintf("%s: %.2f … %.2f", title, least, most), least, most, size, 4)
}
