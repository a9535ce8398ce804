package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	checkpointEvery = time.Minute
	logEvery        = time.Second
	lookEvery       = 2 * time.Second
	lookedAt        = 4 // held-out views that are looked at while training
	pictured        = 4 // held-out views with pictures in the report
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
	w := watch{run: r, trainer: t, live: live, saved: t.elapsed, logged: t.elapsed, eval: t.elapsed + lookEvery, step: t.step}
	if err := w.openLog(); err != nil {
		return nil, err
	}
	defer w.closeLog()
	live.show(t.Progress(), w.history)
	w.snapshot()
	err = t.Run(ctx, func() error {
		if err := w.look(ctx); err != nil {
			return err
		}
		w.attend(ctx)
		return nil
	})
	var diverged *DivergedError
	switch {
	case errors.As(err, &diverged):
		if saveErr := t.Model(r.Set.Path).Save(r.Out); saveErr != nil {
			return nil, fmt.Errorf("%w; %w", err, saveErr)
		}
		return nil, fmt.Errorf("%w; %s has the weights from before", err, r.Out)
	case err != nil:
		if w.save() != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w; %s has the model so far", err, r.Out)
	case t.Done():
		res, err := w.finish(ctx)
		if err == nil || ctx.Err() == nil {
			return res, err
		}
	case t.step == 0:
		return nil, ctx.Err()
	}
	if err := w.save(); err != nil {
		return nil, err
	}
	return nil, &StoppedError{t.step, r.Out, ctx.Err()}
}

// A StoppedError says that a run was stopped before its end, and that it can go on.
type StoppedError struct {
	Step int
	Out  string // the model, or prior, as it is
	Err  error  // of the context
}

func (e *StoppedError) Error() string {
	return fmt.Sprintf("train: stopped at step %d: %s has the model so far", e.Step, e.Out)
}

func (e *StoppedError) Unwrap() error { return e.Err }

// watch sees to everything beside the steps.
type watch struct {
	run     *Run
	trainer *Trainer
	live    *Live
	log     *MetricsLog // nil without a report
	history []Metric
	saved   time.Duration // when the files were last written
	logged  time.Duration // when a metric was last logged, and the step then
	step    int
	eval    time.Duration // when the held-out views are looked at again
	test    float64       // their PSNR when they were
}

func (w *watch) openLog() error {
	if w.run.Report == "" {
		return nil
	}
	if err := os.MkdirAll(w.run.Report, 0o777); err != nil {
		return fmt.Errorf("train: report: %w", err)
	}
	var err error
	w.log, w.history, err = OpenMetrics(filepath.Join(w.run.Report, "metrics.jsonl"), w.trainer.step)
	return err
}

func (w *watch) closeLog() {
	if w.log != nil {
		w.log.Close()
	}
}

// look is called between rounds of steps.
func (w *watch) look(ctx context.Context) error {
	t := w.trainer
	p := t.Progress()
	p.RaysPerS = w.rate()
	evaluated := false
	if held := w.run.Set.Split(dataset.Test); len(held) > 0 && t.elapsed >= w.eval && !t.Done() {
		start := time.Now()
		views, err := evaluate(ctx, t.Model(""), w.run.Set, spread(held, lookedAt), nil)
		if err != nil {
			return ignoreStop(ctx, err)
		}
		w.test = NewQuality(views).PSNRdB
		evaluated = true
		w.eval = t.elapsed + max(lookEvery, 40*time.Since(start)) // at most a fortieth of the time
	}
	p.TestPSNRdB, p.TestViews = w.test, min(lookedAt, len(w.run.Set.Split(dataset.Test)))
	due := t.elapsed-w.logged >= logEvery || evaluated || t.Done()
	m := Metric{Step: p.Step, Seconds: p.Elapsed.Seconds(), Rays: p.Rays, RaysPerS: p.RaysPerS, LR: p.LR, Loss: p.Loss, TrainPSNRdB: p.TrainPSNRdB}
	if evaluated {
		m.TestPSNRdB = w.test
	}
	if due {
		w.logged, w.step = t.elapsed, t.step
		w.history = append(w.history, m)
	}
	w.live.show(p, w.history)
	if w.run.Progress != nil {
		w.run.Progress(p)
	}
	if due && w.log != nil {
		if err := w.log.Write(m); err != nil {
			return err
		}
	}
	if t.elapsed-w.saved >= checkpointEvery {
		return w.save()
	}
	return nil
}

// rate is the rays a second since a metric was last logged.
func (w *watch) rate() float64 {
	d := w.trainer.elapsed - w.logged
	return float64(w.trainer.step-w.step) * float64(w.trainer.options.Batch) / max(d.Seconds(), 1e-9)
}

// ignoreStop drops an error that comes of a stop: the trainer sees that itself.
func ignoreStop(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// save writes the checkpoint and the model as it is. Where there is no room for the first, there may be for the second.
func (w *watch) save() error {
	w.saved = w.trainer.elapsed
	err := w.trainer.Save(w.run.Checkpoint())
	m := w.trainer.Model(w.run.Set.Path)
	m.Training.PSNRdB = w.test
	if modelErr := m.Save(w.run.Out); err == nil {
		err = modelErr
	}
	return err
}

// finish writes the model, measures what is in the file, notes that in it, and writes the report.
func (w *watch) finish(ctx context.Context) (*Result, error) {
	t, r := w.trainer, w.run
	if err := t.Model(r.Set.Path).Save(r.Out); err != nil {
		return nil, err
	}
	m, err := lfn.Open(r.Out)
	if err != nil {
		return nil, err
	}
	held := r.Set.Split(dataset.Test)
	views, err := evaluate(ctx, m, r.Set, held, spread(held, pictured))
	if err != nil {
		return nil, err
	}
	q := NewQuality(views)
	m.Training.PSNRdB, m.Training.SSIM = q.PSNRdB, q.SSIM
	if err := m.Save(r.Out); err != nil {
		return nil, err
	}
	seconds := t.elapsed.Seconds()
	res := &Result{Model: m, Steps: t.step, Seconds: seconds, RaysPerS: float64(t.step*t.options.Batch) / max(seconds, 1e-9), Test: q}
	if r.Report != "" {
		if err := WriteReport(r.Report, ReportData{Title: r.Set.Path, Settings: t.settings(res), History: w.history, Views: views}); err != nil {
			return nil, err
		}
	}
	if err := os.Remove(r.Checkpoint()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("train: remove the checkpoint: %w", err)
	}
	return res, nil
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
