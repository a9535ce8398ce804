package main

import (
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/train"
	"lfnview/train/dataset"
)

func newEval() *cobra.Command {
	var (
		split  = cli.Word{Value: "test", Of: []string{"test", "train"}}
		scale  cli.Scale
		images string
		asJSON bool
		on     cli.RenderDevice
	)
	cmd := &cobra.Command{
		Use:   "eval MODEL DATA",
		Short: "Compare a model with photographs: PSNR and SSIM",
		Long: `eval renders the model from the camera of every view of a split, and compares the picture with the photograph
over the model's background. Where the data set has no split of its own, test views are those that were held out
in training.`,
		Example: `  lfn eval lego.lfn data/lego --scale 4
  lfn eval lego.lfn data/lego --scale 4 --split train --images pictures --json`,
		Args: cli.Args(2, 2, "a model and a data set"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := lfn.Open(args[0])
			if err != nil {
				return err
			}
			set, err := cli.OpenData(cmd.Context(), args[1], scale.Options())
			if err != nil {
				return err
			}
			for _, warning := range set.Warnings {
				fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s\n", warning)
			}
			if note := recall(m, set); note != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", note)
			}
			sp := dataset.Test
			if split.Value == dataset.Train.String() {
				sp = dataset.Train
			}
			views := set.Split(sp)
			if len(views) == 0 {
				return fmt.Errorf("eval %s: there is no %s view: try the other --split", args[1], sp)
			}
			if images != "" {
				if err := os.MkdirAll(images, 0o777); err != nil {
					return fmt.Errorf("eval: %w", err)
				}
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			var results []train.ViewResult
			r, err := on.Open(m, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer r.Close()
			err = train.Evaluate(cmd.Context(), r, set, views, m.Background, func(v train.ViewResult) error {
				if math.IsNaN(v.PSNRdB) || math.IsInf(v.PSNRdB, 0) {
					return fmt.Errorf("eval %s: its colours in view %s are not finite: train it anew", args[0], v.Name)
				}
				results = append(results, train.ViewResult{Name: v.Name, PSNRdB: v.PSNRdB, SSIM: v.SSIM})
				if !asJSON {
					fmt.Fprintf(w, "%s\t%.2f dB\t%.4f\n", v.Name, v.PSNRdB, v.SSIM)
				}
				if images == "" {
					return nil
				}
				return v.Render.SavePNG(filepath.Join(images, pictureName(v.Name)))
			})
			if err != nil {
				return err
			}
			q := train.NewQuality(results)
			if asJSON {
				return cli.PrintJSON(cmd.OutOrStdout(), q)
			}
			fmt.Fprintf(w, "mean of %d\t%.2f dB\t%.4f\n", len(results), q.PSNRdB, q.SSIM)
			return w.Flush()
		},
	}
	split.Flag(cmd, "split", "which views")
	scale.Flags(cmd)
	on.Flags(cmd)
	cmd.Flags().StringVar(&images, "images", "", "write the pictures to `FOLDER`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object on stdout")
	return cmd
}

// recall gives those views of set that the model was trained with the split that they had then. note says when they
// had another size.
func recall(m *lfn.Model, set *dataset.Set) (note string) {
	was := map[string]*lfn.View{}
	for i := range m.Cameras {
		was[m.Cameras[i].Name] = &m.Cameras[i]
	}
	for i := range set.Views {
		v := &set.Views[i]
		c := was[v.Name]
		if c == nil || c.Pose != v.Camera.Pose {
			continue
		}
		if w, h := v.Camera.Width, v.Camera.Height; note == "" && (c.Width != w || c.Height != h) {
			note = fmt.Sprintf("the model was trained on views of %d×%d pixels, these have %d×%d: see --scale", c.Width, c.Height, w, h)
		}
		v.Split = dataset.Train
		if c.Split == dataset.Test.String() {
			v.Split = dataset.Test
		}
	}
	return note
}

// pictureName makes one file name of a view's path: test/r_0.jpg becomes test-r_0.png.
func pictureName(view string) string {
	name := strings.TrimSuffix(view, path.Ext(view))
	return strings.NewReplacer("/", "-", "\\", "-", ":", "-").Replace(name) + ".png"
}
