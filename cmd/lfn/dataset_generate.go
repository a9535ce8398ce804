package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/train/dataset"
)

// generateFlags are what lfn dataset generate takes.
type generateFlags struct {
	out                             string
	instances, views, size, samples cli.Natural
	seed                            uint64
	holdout                         cli.Holdout
}

func newDatasetGenerate() *cobra.Command {
	f := generateFlags{instances: 100, views: 50, size: 64, samples: 4, holdout: 8}
	kinds := dataset.GenerateKinds()
	cmd := &cobra.Command{
		Use:   "generate KIND -o DIR",
		Short: "Make a set of scenes of one class, for learning what they have in common",
		Long: `generate makes scenes of a class, and writes photographs of each into a folder of its own, in the layout of Scene
Representation Networks: DIR/train/000001 and so on, and DIR/test/000000 and so on to try what was learned. KIND is

  shepard-metzler  figures of seven coloured cubes, as in experiments on mental rotation; cameras all around
  rooms            square rooms with one to three objects; cameras in the room

The same seed makes the same scenes, and more instances only add to them. After Ctrl-C the instances so far stay.`,
		Example: `  lfn dataset generate shepard-metzler -o figures --instances 3 --views 4
  lfn dataset generate rooms -o /tmp/rooms --instances 3 --views 4 --seed 7`,
		Args:      cli.Args(1, 1, "a kind: "+strings.Join(kinds, " or ")),
		ValidArgs: kinds,
		RunE:      func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.out, "out", "o", "", "new or empty `FOLDER` to write")
	fl.Var(&f.instances, "instances", "`N` scenes")
	fl.Var(&f.views, "views", "`N` photographs of each scene")
	fl.Var(&f.size, "size", "width and height of the photographs, `N` pixels")
	fl.Var(&f.samples, "samples", "`N`×N rays a pixel")
	fl.Uint64Var(&f.seed, "seed", 0, "`N` chooses the scenes, and where the cameras stand")
	fl.Var(&f.holdout, "holdout", "put every `N`th scene, from the first, into test; 0: none")
	return cmd
}

func (f *generateFlags) run(cmd *cobra.Command, kind string) error {
	if kinds := dataset.GenerateKinds(); !slices.Contains(kinds, kind) {
		return cli.Usagef("there is no kind %q, want %s", kind, strings.Join(kinds, " or "))
	}
	if f.out == "" {
		return cli.Usagef("say what to write, as -o %s", kind)
	}
	made := 0
	tell := everyFewSeconds(cmd.ErrOrStderr())
	o := dataset.GenerateOptions{
		Instances: int(f.instances), Views: int(f.views), Size: int(f.size), Samples: int(f.samples),
		Seed: f.seed, Holdout: int(f.holdout),
		Progress: func(done int) {
			made = done
			tell("%s: %d of %d instances\n", f.out, done, f.instances)
		},
	}
	if f.holdout == 0 {
		o.Holdout = -1
	}
	if err := o.Validate(); err != nil {
		return cli.Usagef("%w", err)
	}
	if err := checkNewFolder(f.out); err != nil {
		return err
	}
	err := dataset.Generate(cmd.Context(), f.out, kind, o)
	switch {
	case err == nil:
		fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s, %d instances of %d photographs\n", f.out, made, f.views)
	case made > 0:
		fmt.Fprintf(cmd.ErrOrStderr(), "%s has %d of %d instances\n", f.out, made, f.instances)
	}
	return err
}

// everyFewSeconds prints the first line, and then one after 2 seconds, and in long work every 30.
func everyFewSeconds(w io.Writer) func(format string, args ...any) {
	start, next := time.Now(), time.Duration(0)
	return func(format string, args ...any) {
		if elapsed := time.Since(start); elapsed >= next {
			next = elapsed + min(max(elapsed/4, 2*time.Second), 30*time.Second)
			fmt.Fprintf(w, format, args...)
		}
	}
}
