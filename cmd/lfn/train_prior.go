package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/train"
	"lfnview/train/prior"
)

// priorResult is what lfn train --prior prints.
type priorResult struct {
	Prior     string      `json:"prior"`
	Bytes     int64       `json:"bytes"`
	Instances int         `json:"instances"`
	Steps     int         `json:"steps"`
	Seconds   float64     `json:"seconds"`
	RaysPerS  float64     `json:"rays_per_s"`
	Train     prior.Score `json:"train"`         // of views of some training instances
	Test      *singleShot `json:"test,omitzero"` // of some unseen ones, where there are any
}

// singleShot is how well unseen instances were reconstructed from one view.
type singleShot struct {
	PSNRdB      float64                `json:"psnr_db"` // means
	SSIM        float64                `json:"ssim"`
	InputPSNRdB float64                `json:"input_psnr_db"`
	Instances   []prior.InstanceResult `json:"instances"`
}

func newSingleShot(results []prior.InstanceResult) *singleShot {
	if len(results) == 0 {
		return nil
	}
	mean := prior.MeanScore(results, prior.InstanceResult.Score)
	s := &singleShot{PSNRdB: mean.PSNRdB, SSIM: mean.SSIM, Instances: results}
	for _, r := range results {
		s.InputPSNRdB += r.InputPSNRdB / float64(len(results))
	}
	return s
}

// runPrior trains a prior on the instances in dir, and says how it went.
func (f *trainFlags) runPrior(cmd *cobra.Command, dir string) error {
	if err := f.check(cmd); err != nil {
		return err
	}
	r, err := f.OpenPrior(cmd, dir, prior.Options{Regularize: f.regularize, StartSize: int(f.startSize)})
	if err != nil {
		return err
	}
	meter := train.NewMeter(cmd.ErrOrStderr())
	r.Report, r.Progress = f.report, meter.Update
	r.Measuring = func(instances int) {
		meter.Close()
		fmt.Fprintf(cmd.ErrOrStderr(), "measuring %s\n", counted(instances, "instance"))
	}
	res, err := r.Do(cmd.Context())
	meter.Close()
	if err != nil {
		return orResume(err)
	}
	bytes, err := fileSize(f.Out)
	if err != nil {
		return err
	}
	test := newSingleShot(res.Test)
	if f.json {
		return cli.PrintJSON(cmd.OutOrStdout(), priorResult{f.Out, bytes, len(res.Prior.Instances), res.Steps, res.Seconds, res.RaysPerS, res.Train, test})
	}
	w := cmd.ErrOrStderr()
	fmt.Fprintf(w, "wrote %s, %s bytes, %d instances: %d steps in %.0f s, %s rays/s\n",
		f.Out, count(float64(bytes)), len(res.Prior.Instances), res.Steps, res.Seconds, count(res.RaysPerS))
	fmt.Fprintf(w, "views of training instances: %s\n", heldOut(res.Train.PSNRdB, res.Train.SSIM))
	if test != nil {
		fmt.Fprintf(w, "unseen instances, from one view: %s for the others, mean of %d\n", heldOut(test.PSNRdB, test.SSIM), len(test.Instances))
	}
	if f.report != "" {
		fmt.Fprintf(w, "report: %s\n", strings.TrimSuffix(f.report, "/")+"/report.html")
	}
	return nil
}
