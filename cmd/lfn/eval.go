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

// evalFlags are what lfn eval takes.
type evalFlags struct {
	split     cli.Word
	data      cli.DataOptions
	images    string
	baselines bool
	depth     bool
	samples   cli.Samples
	json      bool
	on        cli.RenderDevice

	input     inputView // of priors
	instances cli.Natural
}

func newEval() *cobra.Command {
	f := evalFlags{split: cli.Word{Value: "test", Of: []string{"test", "train"}}}
	cmd := &cobra.Command{
		Use:   "eval MODEL DATA",
		Short: "Compare a model with photographs: PSNR and SSIM",
		Long: `eval renders the model from the camera of every view of a split, and compares the picture with the photograph
over the model's background. Where a pixel is coarser than those that the model was trained on, it is the mean of several
rays; --samples 1 takes one. Where the data set has no split of its own, test views are those that were held out
in training. With --baselines it says beside this how well the training photographs tell the view without a model: the
nearest one as it is, and the average of the nearest four.

With --depth it compares the depth of the model with the true one, of those views that have it, in the units of the scene:
over the pixels that show something, the mean absolute error of those whose depth is known, what 95 % of them are
within, and their share; and the share of other pixels that have depth all the same. What is left out counts in
error/coverage. --baselines then has a plane sweep through the training photographs beside it.

For a prior, DATA is the folder of its instances. Each of the split is reconstructed from one view, --input-view, and all of
its others are compared; beside this stand the training instance that is most like that view, and the mean photograph.
Of several classes there are the means of each, and the mean of these.

--input-view FILE has a line for each instance: the folder that it is in, its own, and the number of its view, such as
  02958343 1a0bc9ab92c915167ae33d942430658c 7
With the data of the paper, which does not come with this program, the last three examples are its single-shot protocol. NMR
are the renderings of 13 classes as Niemeyer et al. packed them, split by their softras_*.lst, and src_dvr.txt is pixelNeRF's
list; the paper has 24.95 dB, 0.870. In cars and chairs are SRN's cars_train, cars_test and so on: 22.42 dB, 0.89, and
22.26 dB, 0.90.`,
		Example: `  lfn eval lego.lfn data/lego --scale 4
  lfn eval lego.lfn data/lego --scale 4 --split train --images pictures --json
  lfn eval lego.lfn data/lego --scale 4 --baselines
  lfn eval boxes.lfn data/boxes --depth --baselines
  lfn eval figures.prior figures --input-view 0
  lfn eval nmr.prior data/NMR_Dataset --input-view src_dvr.txt
  lfn eval cars.prior data/cars --input-view 64
  lfn eval chairs.prior data/chairs --input-view 64`,
		Args: cli.Args(2, 2, "a model and a data set"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lfn.IsPrior(args[0]) {
				return f.runPrior(cmd, args[0], args[1])
			}
			for _, name := range ofPriors {
				if cmd.Flags().Changed(name) {
					return cli.Usagef("--%s: is for a prior, and %s is none", name, args[0])
				}
			}
			return f.run(cmd, args[0], args[1])
		},
	}
	f.split.Flag(cmd, "split", "which views")
	f.data.Flags(cmd)
	f.samples.Flag(cmd)
	f.on.Flags(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.images, "images", "", "write the pictures to `FOLDER`")
	fl.BoolVar(&f.baselines, "baselines", false, "compare with the nearest training photographs too")
	fl.BoolVar(&f.depth, "depth", false, "compare depth with the true one, not colours with photographs")
	fl.Var(&f.input, "input-view", "of a prior: reconstruct from the view with this number, or from those that a file says: `NUMBER|FILE`")
	fl.Var(&f.instances, "instances", "of a prior: only `N` of them, evenly chosen (default all)")
	fl.BoolVar(&f.json, "json", false, "print one JSON object on stdout")
	return cmd
}

func (f *evalFlags) run(cmd *cobra.Command, model, data string) error {
	m, err := lfn.Open(model)
	if err != nil {
		return err
	}
	if f.depth && f.images != "" {
		return cli.Usagef("--depth and --images do not go together: see lfn render --show depth")
	}
	if f.depth && cmd.Flags().Changed("samples") {
		return cli.Usagef("--samples is for colours, and --depth has one ray a pixel")
	}
	o := f.data.Options()
	o.Depth = f.depth
	set, err := cli.OpenData(cmd.Context(), data, o)
	if err != nil {
		return err
	}
	for _, warning := range set.Warnings {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s\n", cli.Line(warning))
	}
	if note := recall(m, set); note != "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", note)
	}
	set = train.Refocused(set, m)
	split := dataset.Test
	if f.split.Value == dataset.Train.String() {
		split = dataset.Train
	}
	views := set.Split(split)
	if len(views) == 0 {
		return fmt.Errorf("eval %s: there is no %s view: try the other --split", data, split)
	}
	if f.images != "" {
		if err := os.MkdirAll(f.images, 0o777); err != nil {
			return fmt.Errorf("eval: %w", err)
		}
	}
	r, err := f.on.Open(m, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer r.Close()
	if f.depth {
		return f.evalDepth(cmd, m, r, set, views)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	var results, nearest, average []train.ViewResult
	err = train.Evaluate(cmd.Context(), r, set, views, f.samples.Options(m), m.Background, func(v train.ViewResult) error {
		if math.IsNaN(v.PSNRdB) || math.IsInf(v.PSNRdB, 0) {
			return fmt.Errorf("eval %s: its colours in view %s are not finite: train it anew", model, v.Name)
		}
		results = append(results, withoutPictures(v))
		columns := fmt.Sprintf("%s\t%s", v.Name, quality(v.PSNRdB, v.SSIM))
		if f.baselines {
			n, a, err := train.Baselines(set, views[len(results)-1], m.Background)
			if err != nil {
				return fmt.Errorf("eval %s: %w", data, err)
			}
			nearest, average = append(nearest, withoutPictures(n)), append(average, withoutPictures(a))
			columns += baselineColumns(n.PSNRdB, n.SSIM, a.PSNRdB, a.SSIM)
		}
		if !f.json {
			fmt.Fprintln(w, columns)
		}
		if f.images == "" {
			return nil
		}
		return v.Render.SavePNG(filepath.Join(f.images, pictureName(v.Name)))
	})
	if err != nil {
		return err
	}
	q := evalResult{Quality: train.NewQuality(results)}
	columns := fmt.Sprintf("mean of %d\t%s", len(results), quality(q.PSNRdB, q.SSIM))
	if f.baselines {
		b := &baselines{train.NewQuality(nearest), train.NewQuality(average)}
		q.Baselines = b
		columns += baselineColumns(b.Nearest.PSNRdB, b.Nearest.SSIM, b.Average.PSNRdB, b.Average.SSIM)
	}
	if f.json {
		return cli.PrintJSON(cmd.OutOrStdout(), q)
	}
	fmt.Fprintln(w, columns)
	return w.Flush()
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
