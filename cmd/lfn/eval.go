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
		scale  cli.DataOptions
		images string
		asJSON bool
		simple bool
		on     cli.RenderDevice
	)
	cmd := &cobra.Command{
		Use:   "eval MODEL DATA",
		Short: "Compare a model with photographs: PSNR and SSIM",
		Long: `eval renders the model from the camera of every view of a split, and compares the picture with the photograph
over the model's background. Where the data set has no split of its own, test views are those that were held out
in training. With --baselines it says beside this how well the training photographs tell the view without a model: the
nearest one as it is, and the average of the nearest four.`,
		Example: `  lfn eval lego.lfn data/lego --scale 4
  lfn eval lego.lfn data/lego --scale 4 --split train --images pictures --json
  lfn eval lego.lfn data/lego --scale 4 --baselines`,
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
			var results, nearest, average []train.ViewResult
			r, err := on.Open(m, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer r.Close()
			err = train.Evaluate(cmd.Context(), r, set, views, m.Background, func(v train.ViewResult) error {
				if math.IsNaN(v.PSNRdB) || math.IsInf(v.PSNRdB, 0) {
					return fmt.Errorf("eval %s: its colours in view %s are not finite: train it anew", args[0], v.Name)
				}
				results = append(results, withoutPictures(v))
				columns := fmt.Sprintf("%s\t%s", v.Name, quality(v.PSNRdB, v.SSIM))
				if simple {
					n, a, err := train.Baselines(set, views[len(results)-1], m.Background)
					if err != nil {
						return fmt.Errorf("eval %s: %w", args[1], err)
					}
					nearest, average = append(nearest, withoutPictures(n)), append(average, withoutPictures(a))
					columns += baselineColumns(n.PSNRdB, n.SSIM, a.PSNRdB, a.SSIM)
				}
				if !asJSON {
					fmt.Fprintln(w, columns)
				}
				if images == "" {
					return nil
				}
				return v.Render.SavePNG(filepath.Join(images, pictureName(v.Name)))
			})
			if err != nil {
				return err
			}
			q := evalResult{Quality: train.NewQuality(results)}
			columns := fmt.Sprintf("mean of %d\t%s", len(results), quality(q.PSNRdB, q.SSIM))
			if simple {
				b := &baselines{train.NewQuality(nearest), train.NewQuality(average)}
				q.Baselines = b
				columns += baselineColumns(b.Nearest.PSNRdB, b.Nearest.SSIM, b.Average.PSNRdB, b.Average.SSIM)
			}
			if asJSON {
				return cli.PrintJSON(cmd.OutOrStdout(), q)
			}
			fmt.Fprintln(w, columns)
			return w.Flush()
		},
	}
	split.Flag(cmd, "split", "which views")
	scale.Flags(cmd)
	on.Flags(cmd)
	cmd.Flags().StringVar(&images, "images", "", "write the pictures to `FOLDER`")
	cmd.Flags().BoolVar(&simple, "baselines", false, "compare with the nearest training photographs too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object on stdout")
	return cmd
}

// evalResult is what lfn eval prints.
type evalResult struct {
	train.Quality
	Baselines *baselines `json:"baselines,omitempty"` // with --baselines
}

// baselines are how well the training photographs tell the views, see [train.Baselines].
type baselines struct {
	Nearest train.Quality `json:"nearest"`
	Average train.Quality `json:"average"`
}

func withoutPictures(v train.ViewResult) train.ViewResult {
	return train.ViewResult{Name: v.Name, PSNRdB: v.PSNRdB, SSIM: v.SSIM}
}

func quality(psnrDB, ssim float64) string { return fmt.Sprintf("%.2f dB\t%.4f", psnrDB, ssim) }

func baselineColumns(nearPSNRdB, nearSSIM, meanPSNRdB, meanSSIM float64) string {
	return fmt.Sprintf("\tnearest %s\taverage %s", quality(nearPSNRdB, nearSSIM), quality(meanPSNRdB, meanSSIM))
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
