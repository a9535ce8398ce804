package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/train/dataset"
)

// Run is one training run from a data set to files.
type Run struct {
	Options
	Set *dataset.Set

	Out    string // model file to write; the checkpoint stands beside it, see [Run.Checkpoint]
	Report string // folder for metrics.jsonl, curve.png, views.png and report.html; "" for none
	Resume bool   // go on from the checkpoint

	Progress func(Progress) // called every so often; may be nil
	Live     *Live          // for whoever wants to look at the run and steer it; may be nil
}

// Result is what a run came to.
type Result struct {
	Model    *lfn.Model
	Steps    int
	Seconds  float64
	RaysPerS float64
	Test     Quality // of the held-out views
}

const (
	lookEvery = 2 * time.Second
	lookedAt  = 4 // held-out views that are looked at while training
	pictured  = 4 // held-out views with pictures in the report
)

// Checkpoint is the file with the state of a run that has not ended.
func (r *Run) Checkpoint() string { return r.Out + ".checkpoint" }

// Do trains until the end, and writes the model and the report. Every minute it writes the model as it is and a
// checkpoint, and once more when ctx is done before the end; it then returns a [*StoppedError], and Resume goes on
// from there. Where ctx is done before the first step, it writes nothing and returns ctx.Err(). When the loss is not
// finite, it writes the last model whose loss was, and returns an error.
func (r *Run) Do(ctx context.Context) (*Result, error) {
	live := r.Live
	if live == nil {
		live = new(Live)
	}
	res, err := r.do(ctx, live)
	live.end(err)
	return res, err
}

func (r *Run) do(ctx context.Context, live *Live) (*Result, error) {
	var t *Trainer
	var err error
	if r.Resume {
		t, err = Resume(r.Checkpoint(), r.Set, r.Options)
	} else {
		t, err = New(r.Set, r.Options)
	}
	if err != nil {
		return nil, err
	}
	defer t.Close()
	var res *Result
	w := &watched{Trainer: t, run: r, live: live, eval: t.rounds.Elapsed + lookEvery}
	w.watch = Watch{Trainer: w, Kind: "model", Out: r.Out, Write: w.write, Checkpoint: r.Checkpoint(), Report: r.Report, Progress: w.tell}
	err = w.watch.Do(ctx, func() (err error) {
		res, err = w.finish(ctx)
		return err
	})
	if _, diverged := errors.AsType[*DivergedError](err); diverged {
		if saveErr := t.Model(r.Set.Path).Save(r.Out); saveErr != nil {
			return nil, fmt.Errorf("%w; %w", err, saveErr)
		}
		return nil, fmt.Errorf("%w; %s has the weights from before", err, r.Out)
	}
	return res, err
}

// watched is a trainer whose run others look at, and which looks at held-out views.
type watched struct {
	*Trainer
	run   *Run
	live  *Live
	watch Watch
	eval  time.Duration // when the held-out views are looked at again
	test  float64       // their PSNR when they were
}

// Run is [Trainer.Run], with all that others ask for.
func (w *watched) Run(ctx context.Context, between func() error) error {
	w.live.show(w.Progress(), w.watch.History)
	w.shoot()
	return w.Trainer.Run(ctx, func() error {
		if err := w.look(ctx); err != nil && ctx.Err() == nil { // a stop is for the trainer to see
			return err
		}
		if err := between(); err != nil {
			return err
		}
		w.attend(ctx)
		return nil
	})
}

// Progress is [Trainer.Progress] with the held-out views.
func (w *watched) Progress() Progress {
	p := w.Trainer.Progress()
	p.TestPSNRdB, p.TestViews = w.test, min(lookedAt, len(w.run.Set.Split(dataset.Test)))
	return p
}

func (w *watched) tell(p Progress) {
	w.live.show(p, w.watch.History)
	if w.run.Progress != nil {
		w.run.Progress(p)
	}
}

// look measures some held-out views, where it is time.
func (w *watched) look(ctx context.Context) error {
	held := w.run.Set.Split(dataset.Test)
	if len(held) == 0 || w.rounds.Elapsed < w.eval || w.Done() {
		return nil
	}
	start := time.Now()
	views, err := evaluate(ctx, w.Model(""), w.run.Set, Spread(held, lookedAt), nil)
	if err != nil {
		return err
	}
	w.test = NewQuality(views).PSNRdB
	w.eval = w.rounds.Elapsed + max(lookEvery, 40*time.Since(start)) // at most a fortieth of the time
	return nil
}

// write writes the model as it is.
func (w *watched) write() error {
	m := w.Model(w.run.Set.Path)
	m.Training.PSNRdB = w.test
	return m.Save(w.run.Out)
}

// finish writes the model, measures what is in the file, notes that in it, and writes the report.
func (w *watched) finish(ctx context.Context) (*Result, error) {
	r := w.run
	if err := w.Model(r.Set.Path).Save(r.Out); err != nil {
		return nil, err
	}
	m, err := lfn.Open(r.Out)
	if err != nil {
		return nil, err
	}
	held := r.Set.Split(dataset.Test)
	views, err := evaluate(ctx, m, r.Set, held, Spread(held, pictured))
	if err != nil {
		return nil, err
	}
	q := NewQuality(views)
	m.Training.PSNRdB, m.Training.SSIM = q.PSNRdB, q.SSIM
	if err := m.Save(r.Out); err != nil {
		return nil, err
	}
	p := w.Progress()
	seconds := p.Elapsed.Seconds()
	res := &Result{Model: m, Steps: p.Step, Seconds: seconds, RaysPerS: float64(p.Rays) / max(seconds, 1e-9), Test: q}
	if r.Report == "" {
		return res, nil
	}
	return res, WriteReport(r.Report, ReportData{Title: r.Set.Path, Settings: w.settings(res), History: w.watch.History, Views: views})
}

// evaluate compares views of set with what m makes of them, and keeps the pictures of some.
func evaluate(ctx context.Context, m *lfn.Model, set *dataset.Set, views, withPictures []int) ([]ViewResult, error) {
	var results []ViewResult
	o := render.Options{Detail: render.Detail(m)}
	err := Evaluate(ctx, render.NewCPU(m.Network.Pack(), m.Scene), Refocused(set, m), views, o, m.Background, func(v ViewResult) error {
		if i := len(results); slices.Contains(withPictures, views[i]) {
			v.Render = &render.Image{Width: v.Render.Width, Height: v.Render.Height, Pix: slices.Clone(v.Render.Pix)}
		} else {
			v.Photo, v.Render = nil, nil
		}
		results = append(results, v)
		return nil
	})
	return results, err
}
