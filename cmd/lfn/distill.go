package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/train"
	"lfnview/train/dataset"
)

func newDistill() *cobra.Command {
	f := trainFlags{Training: cli.NewTraining("pure")}
	var data string
	cmd := &cobra.Command{
		Use:   "distill MODEL",
		Short: "Train a network on the answers of another",
		Long: `distill trains a network, the student, on rays that a trained model answers, from ever new cameras that stand and look
as those of its photographs did, and a little beyond them. So a network without a loop along the ray, of --preset pure
or paper, learns what a hundred photographs do not tell it. Held-out views are those of the photographs of --data, which
--scale brings to the size that the model was trained at, or else what the model makes of its own held-out cameras.

Ctrl-C saves the model and a checkpoint beside it; --resume goes on from there.`,
		Example: `  lfn distill scene.lfn -o pure.lfn --time 10s --data procedural
  lfn distill data/lego.lfn -o paper.lfn --preset paper --time 15m --data data/lego --scale 4`,
		Args: cli.Args(1, 1, "a trained model"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range []string{"format", "scale", "max-size", "holdout", "baseline", "focus", "grid-fov"} {
				if data == "" && cmd.Flags().Changed(name) {
					return cli.Usagef("--%s: says how to read --data, which is not given", name)
				}
			}
			return f.run(cmd, func() (*train.Run, error) {
				var background [3]float32
				r, err := f.OpenOn(cmd, args[0], func() (set *dataset.Set, err error) {
					set, background, err = f.lessons(cmd, args[0], data)
					return set, err
				})
				if err != nil {
					return nil, err
				}
				r.Background = background
				return r, nil
			})
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&data, "data", "", "`DATA` set whose held-out views measure")
	return cmd
}

// lessons opens the model to learn from, and says what is behind its scene.
func (f *trainFlags) lessons(cmd *cobra.Command, path, data string) (set *dataset.Set, background [3]float32, err error) {
	m, err := lfn.Open(path)
	if err != nil {
		return nil, background, err
	}
	var photographs *dataset.Set
	if data != "" {
		if photographs, err = f.OpenData(cmd, data); err != nil {
			return nil, background, err
		}
		if note := recall(m, photographs); note != "" {
			fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", note)
		}
		if len(photographs.Split(dataset.Test)) == 0 {
			return nil, background, fmt.Errorf("%s has no held-out view", data)
		}
	}
	set, err = train.Distill(cmd.Context(), m, photographs)
	if err != nil {
		return nil, background, fmt.Errorf("%s: %w", path, err)
	}
	set.Path = m.Training.Data
	fmt.Fprintf(cmd.ErrOrStderr(), "%s answers, %d views are held out\n", path, len(set.Split(dataset.Test)))
	return set, m.Background, nil
}
