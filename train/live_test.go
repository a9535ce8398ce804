package train

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lfnview/lfn"
)

// asked is a Live and what came of what was asked of it.
type asked struct {
	Live
	snapshot *lfn.Model
	saved    []int // steps
	err      error // of the last save
}

func (a *asked) save() {
	a.Save(func(step int, err error) { a.saved, a.err = append(a.saved, step), err })
}

func (a *asked) shoot(into *lfn.Model) { a.Snapshot(into, func(m *lfn.Model) { a.snapshot = m }) }

// Time in the tests' bubbles passes only while nobody works: of a run that means while it is paused.

// A run that is watched, saved, and paused for hours ends with the file and in the time of one that is not.
func TestLiveChangesNothing(t *testing.T) {
	set := testSet(t)
	plain := newRun(t, set)
	if _, err := plain.Do(context.Background()); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(plain.Out)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r, a := newRun(t, set), new(asked)
		r.Live = &a.Live
		pauses := 0
		r.Progress = func(p Progress) {
			if shown := a.Progress(); shown != p || !(p.LR > 0) {
				t.Errorf("Progress is %+v, want %+v as the run says, with a learning rate", shown, p)
			}
			a.Pause(true)
			a.save()
			a.shoot(a.snapshot)
			pauses++
		}
		ended := make(chan error)
		go func() {
			res, err := r.Do(t.Context())
			if err == nil && res.Seconds != 0 {
				t.Errorf("the run took %v s, want 0: it stood still in all of them", res.Seconds)
			}
			ended <- err
		}()
		for range r.Steps/round - 1 { // the last round leads to the end
			synctest.Wait()
			if !a.Paused() || a.snapshot == nil || a.snapshot.Training.Steps != a.Progress().Step || a.err != nil {
				t.Fatalf("at step %d the run is paused %v, saved with %v, and gives %+v", a.Progress().Step, a.Paused(), a.err, a.snapshot)
			}
			time.Sleep(time.Hour)
			a.Pause(false)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if want := []int{round, 2 * round, 3 * round, 4 * round}; pauses != 4 || !slices.Equal(a.saved, want) || a.err != nil {
			t.Errorf("%d pauses, saved at %v with %v, want 4 and at %v", pauses, a.saved, a.err, want)
		}
		if h := a.History(); len(h) != 1 || h[0].Step != r.Steps || h[0].Seconds != 0 {
			t.Errorf("history is %+v, want one of the end", h)
		}
		if got, err := os.ReadFile(r.Out); err != nil || !bytes.Equal(got, want) {
			t.Errorf("a run that was watched ends with another file (%v)", err)
		}
		if files := names(t, filepath.Dir(r.Out)); !slices.Equal(files, []string{"a.lfn"}) {
			t.Errorf("the run leaves %v, want the model alone", files)
		}
		a.save()
		if len(a.saved) != 5 || a.err != nil {
			t.Errorf("to save a run that has ended says %v at %v", a.err, a.saved)
		}
	})
}

// Whatever is asked of a run that stands still is done there and then, and its context ends it.
func TestLivePaused(t *testing.T) {
	set := testSet(t)
	synctest.Test(t, func(t *testing.T) {
		r, a := newRun(t, set), new(asked)
		r.Live = &a.Live
		a.Pause(true)
		a.shoot(nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error)
		go func() {
			_, err := r.Do(ctx)
			ended <- err
		}()
		synctest.Wait()
		if a.snapshot == nil || a.snapshot.Training.Steps != 0 || a.Progress().Step != round {
			t.Fatalf("stands at step %d with the snapshot %+v, want one of the begin", a.Progress().Step, a.snapshot)
		}
		if _, err := os.Stat(r.Out); err == nil {
			t.Fatal("a file is written that nobody asked for")
		}
		a.save()
		synctest.Wait()
		if !slices.Equal(a.saved, []int{round}) || a.err != nil {
			t.Fatalf("saved at %v, %v", a.saved, a.err)
		}
		m, err := lfn.Open(r.Out)
		if err != nil || m.Training.Steps != round {
			t.Errorf("the file: %v, %+v", err, m)
		}
		if _, err := os.Stat(r.Checkpoint()); err != nil {
			t.Error(err)
		}

		// What cannot be written is told, and does not end the run.
		dir := filepath.Dir(r.Out)
		if err := os.Rename(dir, dir+"-away"); err != nil {
			t.Fatal(err)
		}
		a.save()
		synctest.Wait()
		if a.err == nil || !strings.Contains(a.err.Error(), r.Checkpoint()) {
			t.Errorf("saved to nowhere: %v", a.err)
		}
		if err := os.Rename(dir+"-away", dir); err != nil {
			t.Fatal(err)
		}
		a.Save(nil)

		before := a.snapshot
		a.shoot(nil)
		synctest.Wait()
		if a.snapshot == before || a.snapshot.Training.Steps != round {
			t.Errorf("a snapshot of the paused run: %+v", a.snapshot)
		}
		cancel()
		if stopped, ok := errors.AsType[*StoppedError](<-ended); !ok || stopped.Step != round {
			t.Errorf("the run ends with %v, want that it was stopped", stopped)
		}
	})
}

// A snapshot is what Model gives, stays as it is, and lends its memory to the next when it is given back.
func TestSnapshot(t *testing.T) {
	for _, ema := range []float64{0, 0.9} {
		o := testOptions(1000 * round)
		o.EMA = ema
		tr := newTrainer(t, testSet(t), o)
		rounds := func(n int) {
			t.Helper()
			tr.rounds.Steps = tr.rounds.Step + n*round
			if err := tr.Run(context.Background(), nothing); err != nil {
				t.Fatal(err)
			}
		}
		encoded := func(m *lfn.Model) string {
			t.Helper()
			var b bytes.Buffer
			if err := m.Encode(&b); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		same := func(got, want *lfn.Model) {
			t.Helper()
			if firstDifference(got.Network.Tensors(), want.Network.Tensors()) != "" || encoded(got) != encoded(want) {
				t.Errorf("average %v: the snapshot of step %d is another model than that of step %d", ema, got.Training.Steps, want.Training.Steps)
			}
			if got, want := got.Network.Occupied(), want.Network.Occupied(); got != want {
				t.Errorf("average %v: %v of the snapshot's space is occupied, want %v", ema, got, want)
			}
		}
		rounds(1)
		for _, g := range tr.result().Grids {
			for i := 0; i < len(g)/2; i += 4 {
				g[i] = -0.4 // empty
			}
		}
		tr.learner.FindEmptySpace()
		first := tr.snapshot(nil, "data")
		same(first, tr.Model("data"))
		if f := first.Network.Occupied(); f > 0.9 {
			t.Errorf("average %v: %v of space is occupied, want less", ema, f)
		}
		was := encoded(first)
		rounds(1)
		if encoded(first) != was {
			t.Errorf("average %v: a snapshot changes with the run", ema)
		}
		second := tr.snapshot(first, "data")
		same(second, tr.Model("data"))
		if second.Network != first.Network {
			t.Errorf("average %v: a snapshot that was given back is not used", ema)
		}
		other, err := lfn.New(lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Coordinates}, Hidden: []int{8}, Norm: lfn.NormNone, Activation: lfn.ReLU}, 1)
		if err != nil {
			t.Fatal(err)
		}
		same(tr.snapshot(&lfn.Model{Network: other}, "data"), tr.Model("data"))
	}
}

// A run that cannot begin answers, too.
func TestLiveOfNoRun(t *testing.T) {
	r, a := newRun(t, testSet(t)), new(asked)
	r.Live, r.Resume = &a.Live, true
	a.save()
	_, err := r.Do(context.Background())
	if err == nil || a.err != err || len(a.History()) != 0 || a.Progress() != (Progress{}) {
		t.Errorf("Do = %v, saved: %v", err, a.err)
	}
}

// Several goroutines may ask for everything at once.
func TestLiveByMany(t *testing.T) {
	r, live := newRun(t, testSet(t)), new(Live)
	r.Live = live
	over := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			var last *lfn.Model
			models := make(chan *lfn.Model, 1)
			for {
				live.Pause(!live.Paused())
				for _, m := range live.History() {
					if m.Step == 0 {
						t.Error("history has a metric of nothing")
					}
				}
				live.Save(nil)
				live.Snapshot(last, func(m *lfn.Model) { models <- m })
				last = nil
				select {
				case last = <-models:
				case <-over:
					return
				default:
				}
				live.Pause(false)
			}
		})
	}
	if _, err := r.Do(context.Background()); err != nil {
		t.Error(err)
	}
	close(over)
	wg.Wait()
}
