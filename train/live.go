package train

import (
	"context"
	"errors"
	"sync"

	"lfnview/lfn"
)

// Live lets others look at a run and steer it while it goes on, see [Run]. The zero value is ready, for one run. Its
// methods may be called from any goroutine, before the run begins too. What they ask for is done between rounds of
// steps, also while the run is paused; none of it changes what the run comes to.
type Live struct {
	mu       sync.Mutex
	asked    chan struct{} // has room for one: that something was asked
	paused   bool
	saves    []func(step int, err error)
	into     *lfn.Model
	take     func(*lfn.Model) // nil where no snapshot is wanted
	progress Progress
	history  []Metric
	ended    bool
	err      error // of the run that ended
}

// Pause makes the run stand still, or go on. Time in which it stands does not count.
func (l *Live) Pause(on bool) { l.ask(func() { l.paused = on }) }

// Paused reports whether the run is to stand still.
func (l *Live) Paused() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.paused
}

// Save asks the run to write its files as they are, the checkpoint too. done gets the step and what went wrong, on the
// run's goroutine; it may be nil. The run goes on after an error. At its end it has written its files or says why not:
// what was asked too late gets that answer.
func (l *Live) Save(done func(step int, err error)) {
	if done == nil {
		done = func(int, error) {}
	}
	late := false
	l.ask(func() {
		if late = l.ended; !late {
			l.saves = append(l.saves, done)
		}
	})
	if late {
		done(l.progress.Step, l.err) // which change no more
	}
}

// Snapshot asks for a copy of the model as it is, which nobody changes. take gets it, on the run's goroutine, unless
// another is asked for before, or the run ends. into is a snapshot that nobody needs any more, whose memory may be
// used again, or nil.
func (l *Live) Snapshot(into *lfn.Model, take func(*lfn.Model)) {
	l.ask(func() { l.into, l.take = into, take })
}

// Progress is the newest there is; zero before the run begins.
func (l *Live) Progress() Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.progress
}

// History lists the metrics so far, about one a second, which are not to be changed. A run that goes on has those
// from before where it writes a report.
func (l *Live) History() []Metric {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.history[:len(l.history):len(l.history)] // more may be appended behind that
}

// signal is the channel that says that something was asked. l.mu is locked.
func (l *Live) signal() chan struct{} {
	if l.asked == nil {
		l.asked = make(chan struct{}, 1)
	}
	return l.asked
}

// ask makes a change, and wakes a run that stands still.
func (l *Live) ask(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	select {
	case l.signal() <- struct{}{}:
	default:
	}
}

// wait returns when something was asked since the last wait, or ctx is done.
func (l *Live) wait(ctx context.Context) {
	l.mu.Lock()
	asked := l.signal()
	l.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-asked:
	}
}

// show says where the run stands.
func (l *Live) show(p Progress, history []Metric) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress, l.history = p, history
}

func (l *Live) takeSnapshot() (into *lfn.Model, take func(*lfn.Model)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	into, take = l.into, l.take
	l.into, l.take = nil, nil
	return into, take
}

func (l *Live) takeSaves() []func(step int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	saves := l.saves
	l.saves = nil
	return saves
}

// end answers what is open when a run ends with err.
func (l *Live) end(err error) {
	if _, stopped := errors.AsType[*StoppedError](err); stopped {
		err = nil // its files are as they should be
	}
	l.mu.Lock()
	l.ended, l.err = true, err
	l.into, l.take = nil, nil
	l.mu.Unlock()
	for _, done := range l.takeSaves() {
		done(l.progress.Step, err)
	}
}

// attend does what others ask for, and stands still while the run is paused.
func (w *watched) attend(ctx context.Context) {
	if w.Done() || !w.serve() {
		return
	}
	w.rounds.tick()
	for paused := true; paused && ctx.Err() == nil; paused = w.serve() {
		w.live.wait(ctx)
	}
	w.rounds.start()
}

// serve does what was asked for. It reports whether the run is paused.
func (w *watched) serve() (paused bool) {
	w.shoot()
	if saves := w.live.takeSaves(); len(saves) > 0 {
		err := w.watch.save()
		for _, done := range saves {
			done(w.rounds.Step, err)
		}
	}
	return w.live.Paused()
}

// shoot makes a copy of the model where one is wanted.
func (w *watched) shoot() {
	if into, take := w.live.takeSnapshot(); take != nil {
		m := w.snapshot(into, w.run.Set.Path)
		m.Training.PSNRdB = w.test
		take(m)
	}
}
