package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	checkpointEvery = time.Minute
	logEvery        = time.Second
)

// Watch sees to everything of a run beside its steps: it says where the run stands, writes its files every minute, and ends
// it, however it ends.
type Watch struct {
	Trainer interface {
		Run(ctx context.Context, between func() error) error
		Progress() Progress
		Save(path string) error // a checkpoint
	}
	Kind       string         // of what is trained, such as "model"
	Out        string         // file with it
	Write      func() error   // writes Out as it is
	Checkpoint string         // file with the state of a run that has not ended
	Report     string         // folder for metrics.jsonl; "" for none
	Progress   func(Progress) // called every so often; may be nil

	History []Metric // so far

	log    *MetricsLog   // nil without a report
	logged Progress      // when a metric was last logged
	saved  time.Duration // when the files were last written
}

// Do trains until the end, which finish is for: it writes Out, and what there is to say of it. Where ctx is done before that,
// it writes the files as they are and returns a [*StoppedError]; before the first step, it writes nothing and returns
// ctx.Err(). After any other error it writes them too, but for a [*DivergedError], where what was written before stays.
func (w *Watch) Do(ctx context.Context, finish func() error) error {
	w.logged = w.Trainer.Progress()
	w.saved = w.logged.Elapsed
	if w.Report != "" {
		if err := os.MkdirAll(w.Report, 0o777); err != nil {
			return fmt.Errorf("train: report: %w", err)
		}
		var err error
		if w.log, w.History, err = OpenMetrics(filepath.Join(w.Report, "metrics.jsonl"), w.logged.Step); err != nil {
			return err
		}
		defer w.log.Close()
	}
	err := w.Trainer.Run(ctx, w.look)
	var diverged *DivergedError
	p := w.Trainer.Progress()
	switch {
	case errors.As(err, &diverged):
		return err
	case err != nil:
		if p.Step == 0 || w.save() != nil {
			return err
		}
		return fmt.Errorf("%w; %s has the %s so far", err, w.Out, w.Kind)
	case p.Fraction() == 1:
		err := finish()
		if err == nil {
			return w.removeCheckpoint()
		}
		if ctx.Err() == nil {
			if w.save() != nil {
				return err
			}
			return fmt.Errorf("%w; %s has the %s, which was trained to the end", err, w.Out, w.Kind)
		}
	case p.Step == 0:
		return ctx.Err()
	}
	if err := w.save(); err != nil {
		return err
	}
	return &StoppedError{p.Step, w.Kind, w.Out, ctx.Err()}
}

// A StoppedError says that a run was stopped before its end, and that it can go on.
type StoppedError struct {
	Step int
	Kind string // of what is trained, such as "model"
	Out  string // file with it, as it is
	Err  error  // of the context
}

func (e *StoppedError) Error() string {
	return fmt.Sprintf("train: stopped at step %d: %s has the %s so far", e.Step, e.Out, e.Kind)
}

func (e *StoppedError) Unwrap() error { return e.Err }

// look is called between rounds of steps.
func (w *Watch) look() error {
	p := w.Trainer.Progress()
	p.RaysPerS = float64(p.Rays-w.logged.Rays) / max((p.Elapsed-w.logged.Elapsed).Seconds(), 1e-9)
	tested := p.TestPSNRdB != w.logged.TestPSNRdB
	due := p.Elapsed-w.logged.Elapsed >= logEvery || tested || p.Fraction() == 1
	m := Metric{Step: p.Step, Seconds: p.Elapsed.Seconds(), Rays: p.Rays, RaysPerS: p.RaysPerS, LR: p.LR, Loss: p.Loss, TrainPSNRdB: p.TrainPSNRdB}
	if tested {
		m.TestPSNRdB = p.TestPSNRdB
	}
	if due {
		w.logged = p
		w.History = append(w.History, m)
	}
	if w.Progress != nil {
		w.Progress(p)
	}
	if due && w.log != nil {
		if err := w.log.Write(m); err != nil {
			return err
		}
	}
	if p.Elapsed-w.saved >= checkpointEvery {
		return w.save()
	}
	return nil
}

// save writes the checkpoint and Out as it is. Where there is no room for the first, there may be for the second.
func (w *Watch) save() error {
	w.saved = w.Trainer.Progress().Elapsed
	err := w.Trainer.Save(w.Checkpoint)
	if writeErr := w.Write(); err == nil {
		err = writeErr
	}
	return err
}

func (w *Watch) removeCheckpoint() error {
	if err := os.Remove(w.Checkpoint); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("train: remove the checkpoint: %w", err)
	}
	return nil
}
