package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"lfnview/lfn"
	"lfnview/train/dataset"
	"lfnview/train/prior"
)

// ofOneScene are flags that say nothing of a prior.
var ofOneScene = []string{"format", "baseline", "focus", "grid-fov", "ema", "robust", "same-exposure", "refine-cameras", "refine-lens"}

// OpenPrior makes the run of a prior, on the instances below the folder dir, and says on stderr what is in it. o has what is of
// priors only.
func (f *Training) OpenPrior(cmd *cobra.Command, dir string, o prior.Options) (*prior.Run, error) {
	if err := f.check(cmd, dir, "class.prior"); err != nil {
		return nil, err
	}
	for _, name := range ofOneScene {
		if cmd.Flags().Changed(name) {
			return nil, Usagef("--%s: is for the photographs of one scene, not for --prior", name)
		}
	}
	preset := f.preset.Value
	if !cmd.Flags().Changed("preset") {
		preset = lfn.HyperPresets()[0]
	}
	config, err := lfn.HyperPreset(preset)
	if err != nil {
		return nil, &UsageError{err}
	}
	scenes := min(int(f.batch), prior.DefaultScenes)
	o.Preset, o.Config, o.Steps, o.Time, o.Scenes, o.Rays = preset, config, int(f.steps), f.Time, scenes, int(f.batch)/scenes
	o.LR, o.Seed, o.Background, o.View = f.lr, f.seed, f.background, f.data.Options()
	r := &prior.Run{Options: o, Out: f.Out, Resume: f.resume}
	if err := r.Validate(); err != nil {
		return nil, &UsageError{err}
	}
	if err := f.checkFiles(r.Checkpoint()); err != nil {
		return nil, err
	}
	if r.Class, err = OpenClass(cmd, dir, f.holdout); err != nil {
		return nil, err
	}
	f.noteReplaced(cmd)
	return r, nil
}

// OpenClass opens a folder of instances, and says on stderr what is in it.
func OpenClass(cmd *cobra.Command, dir string, holdout Holdout) (*dataset.Class, error) {
	var o dataset.Options
	holdout.In(&o)
	class, err := dataset.OpenClass(dir, o.Holdout)
	if err != nil {
		return nil, err
	}
	w := cmd.ErrOrStderr()
	for _, warning := range class.Warnings {
		fmt.Fprintf(w, "warning: %s\n", Line(warning))
	}
	fmt.Fprintf(w, "%s: %d instances to train on, %d held out\n", dir, len(class.Split(dataset.Train)), len(class.Split(dataset.Test)))
	return class, nil
}
