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
or paper, learns what a hundred photographs do not tell it. Held-out views are those of the photographs of --data, at
the size that the model was trained at, or else what the model makes of its own held-out cameras.

Ctrl-C saves the model and a checkpoint beside it; --resume goes on from there.`,
		Example: `  lfn distill scene.lfn -o pure.lfn --time 10s --data procedural
  lfn distill data/lego.lfn -o paper.lfn --preset paper --time 15m --data data/lego --scale 4`,
		Args: cli.Args(1, 1, "a trained model"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, func() (*train.Run, error) {
				return f.OpenOn(cmd, args[0], func() (*dataset.Set, error) { return f.lessons(cmd, args[0], data) })
			})
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&data, "data", "", "`DATA` set whose held-out views measure")
	return cmd
}

// lessons opens the model to learn from.
func (f *trainFlags) lessons(cmd *cobra.Command, path, data string) (*dataset.Set, error) {
	m, err := lfn.Open(path)
	if err != nil {
		return nil, err
	}
	var photographs *dataset.Set
	if data != "" {
		if photographs, err = f.OpenData(cmd, data); err != nil {
			return nil, err
		}
		if note := recall(m, photographs); note != "" {
			fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", note)
		}
		if len(photographs.Split(dataset.Test)) == 0 {
			return nil, fmt.Errorf("%s has no held-out view", data)
		}
	}
	set, err := train.Distill(cmd.Context(), m, photographs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	set.Path = m.Training.Data
	fmt.Fprintf(cmd.ErrOrStderr(), "%s answers, %d views are held out\n", path, len(set.Split(dataset.Test)))
	return set, nil
}
