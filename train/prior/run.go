package prior

import (
	"context"
	"errors"
	"fmt"

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

	Progress  func(train.Progress) // called every so often; may be nil
	Measuring func(instances int)  // called once all steps are done, before so many are measured, for some time; may be nil
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
	measured = 16 // instances, at the end of a run
	pictured = 6  // of those, in the report
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
	var res *Result
	w := train.Watch{Trainer: t, Kind: "prior", Out: r.Out, Checkpoint: r.Checkpoint(), Report: r.Report, Progress: r.Progress}
	w.Write = func() error { return t.Prior().Save(r.Out) }
	err = w.Do(ctx, func() (err error) {
		res, err = r.finish(ctx, t, w.History)
		return err
	})
	if _, diverged := errors.AsType[*train.DivergedError](err); diverged {
		return nil, fmt.Errorf("%w; what was saved before stays", err)
	}
	return res, err
}

// finish writes the prior, measures what is in the file, notes that in it, and writes the report.
func (r *Run) finish(ctx context.Context, t *Trainer, history []train.Metric) (*Result, error) {
	if err := t.Prior().Save(r.Out); err != nil {
		return nil, err
	}
	t.Close() // or there would be twice as much in memory
	p, err := lfn.OpenPrior(r.Out)
	if err != nil {
		return nil, err
	}
	end := t.Progress()
	seconds := end.Elapsed.Seconds()
	res := &Result{Prior: p, Steps: end.Step, Seconds: seconds, RaysPerS: float64(end.Rays) / max(seconds, 1e-9)}
	var pictures reportPictures
	var scores []Score
	learned, unseen := train.Spread(t.instances, measured), train.Spread(r.Class.Split(dataset.Test), measured)
	if r.Measuring != nil {
		r.Measuring(len(learned) + len(unseen))
	}
	for k, i := range learned {
		known, err := r.known(ctx, p, i)
		if err != nil {
			return nil, err
		}
		scores = append(scores, known.Score())
		if k < pictured {
			pictures.known = append(pictures.known, *known)
		}
	}
	res.Train = MeanScore(scores, func(s Score) Score { return s })
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
	if r.Report == "" {
		return res, nil
	}
	return res, r.writeReport(ctx, t, res, history, &pictures)
}

// known is how well a training instance, by its number in the class, came out: all of its views.
func (r *Run) known(ctx context.Context, p *lfn.Prior, instance int) (*InstanceResult, error) {
	views, err := OpenInstance(r.Class, instance, r.View)
	if err != nil {
		return nil, err
	}
	own := r.Class.Instances[instance]
	at := 0
	for p.Instances[at].Name != own.Name {
		at++
	}
	known := &InstanceResult{Name: own.Name, Class: own.Class, InputView: -1, Latent: p.Latent(at), Views: views}
	return known, known.measure(ctx, p, p.ClassOf(at))
}
