package prior

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"lfnview/lfn"
	"lfnview/train"
	"lfnview/train/dataset"
)

// Run is one training run from a class of instances to files.
type Run struct {
	Options
	Class *dataset.Class

	Out    string // prior file to write; the checkpoint stands beside it, see [Run.Checkpoint]
	Report string // folder for metrics.jsonl, curves, pictures and report.html; "" for none
	Resume bool   // go on from the checkpoint

	Progress func(train.Progress) // called every so often; may be nil
}

// Result is what a run came to.
type Result struct {
	Prior    *lfn.Prior
	Steps    int
	Seconds  float64
	RaysPerS float64
	Train    Score            // of views of some training instances
	Test     []InstanceResult // of some unseen instances, from their first view
}

const (
	checkpointEvery = time.Minute
	logEvery        = time.Second
	measured        = 16 // instances, at the end of a run
	pictured        = 6  // of those, in the report
)

// Checkpoint is the file with the state of a run that has not ended.
func (r *Run) Checkpoint() string { return r.Out + ".checkpoint" }

// Do trains until the end, and writes the prior and the report. Every minute it writes the prior as it is and a checkpoint,
// and once more when ctx is done before the end, or a photograph cannot be read; for the first it returns a
// [*train.StoppedError]. Resume goes on from there. Where ctx is done before the first step, it writes nothing and returns
// ctx.Err(). When the loss is not finite, the files of the last minute stay.
func (r *Run) Do(ctx context.Context) (*Result, error) {
	var t *Trainer
	var err error
	if r.Resume {
		t, err = Resume(r.Checkpoint(), r.Class, r.Options)
	} else {
		t, err = New(r.Class, r.Options)
	}
	if err != nil {
		return nil, err
	}
	defer t.Close()
	w := watch{run: r, trainer: t, saved: t.elapsed, logged: t.elapsed, step: t.step}
	if err := w.openLog(); err != nil {
		return nil, err
	}
	defer w.closeLog()
	err = t.Run(ctx, w.look)
	var diverged *train.DivergedError
	switch {
	case errors.As(err, &diverged):
		return nil, fmt.Errorf("%w; what was saved before stays", err)
	case err != nil:
		if t.step == 0 || w.save() != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w; %s has the prior so far", err, r.Out)
	case t.Done():
		res, err := w.finish(ctx)
		if err == nil {
			return res, nil
		}
		if ctx.Err() == nil {
			if saveErr := w.save(); saveErr != nil {
				return nil, err
			}
			return nil, fmt.Errorf("%w; %s has the prior, which was trained to the end", err, r.Out)
		}
	case t.step == 0:
		return nil, ctx.Err()
	}
	if err := w.save(); err != nil {
		return nil, err
	}
	return nil, &train.StoppedError{Step: t.step, Out: r.Out, Err: ctx.Err()}
}

// watch sees to everything beside the steps.
type watch struct {
	run     *Run
	trainer *Trainer
	log     *train.MetricsLog // nil without a report
	history []train.Metric
	saved   time.Duration // when the files were last written
	logged  time.Duration // when a metric was last logged, and the step then
	step    int
}

func (w *watch) openLog() error {
	if w.run.Report == "" {
		return nil
	}
	if err := os.MkdirAll(w.run.Report, 0o777); err != nil {
		return fmt.Errorf("prior: report: %w", err)
	}
	var err error
	w.log, w.history, err = train.OpenMetrics(filepath.Join(w.run.Report, "metrics.jsonl"), w.trainer.step)
	return err
}

func (w *watch) closeLog() {
	if w.log != nil {
		w.log.Close()
	}
}

// look is called between rounds of steps.
func (w *watch) look() error {
	t := w.trainer
	p := t.Progress()
	rays := float64(t.options.Scenes * t.options.Rays)
	p.RaysPerS = float64(t.step-w.step) * rays / max((t.elapsed-w.logged).Seconds(), 1e-9)
	if w.run.Progress != nil {
		w.run.Progress(p)
	}
	if t.elapsed-w.logged >= logEvery || t.Done() {
		m := train.Metric{Step: p.Step, Seconds: p.Elapsed.Seconds(), Rays: p.Rays, RaysPerS: p.RaysPerS, LR: p.LR, Loss: p.Loss, TrainPSNRdB: p.TrainPSNRdB}
		w.logged, w.step = t.elapsed, t.step
		w.history = append(w.history, m)
		if w.log != nil {
			if err := w.log.Write(m); err != nil {
				return err
			}
		}
	}
	if t.elapsed-w.saved >= checkpointEvery {
		return w.save()
	}
	return nil
}

// save writes the checkpoint and the prior as it is. Where there is no room for the first, there may be for the second.
func (w *watch) save() error {
	w.saved = w.trainer.elapsed
	err := w.trainer.Save(w.run.Checkpoint())
	if priorErr := w.trainer.Prior().Save(w.run.Out); err == nil {
		err = priorErr
	}
	return err
}

// finish writes the prior, measures what is in the file, notes that in it, and writes the report.
func (w *watch) finish(ctx context.Context) (*Result, error) {
	t, r := w.trainer, w.run
	if err := t.Prior().Save(r.Out); err != nil {
		return nil, err
	}
	t.Close() // or there would be twice as much in memory
	p, err := lfn.OpenPrior(r.Out)
	if err != nil {
		return nil, err
	}
	seconds := t.elapsed.Seconds()
	res := &Result{Prior: p, Steps: t.step, Seconds: seconds, RaysPerS: float64(t.step*t.options.Scenes*t.options.Rays) / max(seconds, 1e-9)}
	var pictures reportPictures
	for k, i := range Spread(t.instances, measured) {
		known, err := w.known(ctx, p, i)
		if err != nil {
			return nil, err
		}
		n := float64(min(measured, len(t.instances)))
		res.Train.PSNRdB += known.PSNRdB / n
		res.Train.SSIM += known.SSIM / n
		if k < pictured {
			pictures.known = append(pictures.known, *known)
		}
	}
	unseen := Spread(r.Class.Split(dataset.Test), measured)
	if len(unseen) > 0 {
		o := EvaluateOptions{View: r.View, Each: func(x InstanceResult) error {
			if len(pictures.unseen) < pictured {
				pictures.unseen = append(pictures.unseen, x)
			}
			return nil
		}}
		if res.Test, err = Evaluate(ctx, p, r.Class, unseen, o); err != nil {
			return nil, err
		}
		s := MeanScore(res.Test, InstanceResult.Score)
		p.Training.PSNRdB, p.Training.SSIM = s.PSNRdB, s.SSIM
		if err := p.Save(r.Out); err != nil {
			return nil, err
		}
	}
	if r.Report != "" {
		if err := w.writeReport(ctx, res, &pictures); err != nil {
			return nil, err
		}
	}
	if err := os.Remove(r.Checkpoint()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("prior: remove the checkpoint: %w", err)
	}
	return res, nil
}

// known is how well a training instance, by its number in the class, came out: all of its views.
func (w *watch) known(ctx context.Context, p *lfn.Prior, instance int) (*InstanceResult, error) {
	views, err := OpenInstance(w.run.Class, instance, w.run.View)
	if err != nil {
		return nil, err
	}
	own := w.run.Class.Instances[instance]
	at := 0
	for p.Instances[at].Name != own.Name {
		at++
	}
	r := &InstanceResult{Name: own.Name, Class: own.Class, InputView: -1, Latent: p.Latent(at), Views: views}
	return r, r.measure(ctx, p)
}

// Spread returns at most n of the indices, evenly.
func Spread(indices []int, n int) []int {
	if len(indices) <= n {
		return indices
	}
	some := make([]int, n)
	for i := range some {
		some[i] = indices[i*len(indices)/n]
	}
	return some
}
