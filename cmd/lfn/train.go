package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/train"
	"lfnview/train/dataset"
)

// trainFlags are the flags of lfn train.
type trainFlags struct {
	out        string
	preset     cli.Word
	device     cli.Device
	time       time.Duration
	steps      cli.Natural
	scale      cli.Scale
	holdout    int
	batch      cli.Natural
	lr         float64
	ema        float64
	seed       uint64
	background cli.Background
	resume     bool
	report     string
	json       bool
}

func newTrain() *cobra.Command {
	f := trainFlags{batch: train.DefaultBatch, background: cli.Background{1, 1, 1}}
	cmd := &cobra.Command{
		Use:   "train DATA",
		Short: "Train a network on photographs with cameras",
		Long: `train fits a network to the photographs of DATA, a folder with transforms.json or transforms_train.json, or
"procedural", the built-in scene ("procedural:64": at 64×64 pixels). It ends after --time (three minutes unless said
otherwise) or after --steps.

Ctrl-C saves the model and a checkpoint beside it; --resume goes on from there. Without --time, the same --steps
and --seed give the same file, stopped in between or not.`,
		Example: `  lfn train procedural -o scene.lfn --time 1m
  lfn train data/lego -o lego.lfn --scale 4 --time 3m --report report
  lfn train data/lego -o lego.lfn --scale 4 --time 3m --report report --resume`,
		Args: cli.Args(1, 1, "the folder of a data set"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.out, "out", "o", "", "`FILE` to write, such as scene.lfn")
	f.preset = cli.Word{Value: "small", Of: lfn.Presets()}
	f.preset.Flag(cmd, "preset", "shape of the network")
	f.device.Flag(cmd)
	fl.DurationVar(&f.time, "time", 0, "train that long, as 90s or 10m (default 3m, none with --steps)")
	fl.Var(&f.steps, "steps", "train that many updates (default none)")
	f.scale.Flags(cmd)
	fl.IntVar(&f.holdout, "holdout", 8, "hold every `N`th view out where the data set has no split of its own; 0: none")
	fl.Var(&f.batch, "batch", "rays of an update")
	fl.Float64Var(&f.lr, "lr", 0, "highest learning rate of the layers; that of the grids is larger (default: the preset's)")
	fl.Float64Var(&f.ema, "ema", 0, "average the weights with this decay a step, such as 0.999; 0: do not")
	fl.Uint64Var(&f.seed, "seed", 1, "of everything that is left to chance")
	fl.Var(&f.background, "background", "behind transparent pixels: white, black or #rrggbb")
	fl.BoolVar(&f.resume, "resume", false, "go on from the checkpoint of a run that was stopped")
	fl.StringVar(&f.report, "report", "", "write curves, pictures and a page to `FOLDER`")
	fl.BoolVar(&f.json, "json", false, "print one JSON object on stdout")
	return cmd
}

// trainResult is what lfn train prints.
type trainResult struct {
	Model    string        `json:"model"`
	Bytes    int64         `json:"bytes"`
	Steps    int           `json:"steps"`
	Seconds  float64       `json:"seconds"`
	RaysPerS float64       `json:"rays_per_s"`
	Test     train.Quality `json:"test,omitzero"` // where there are held-out views
}

func (f *trainFlags) run(cmd *cobra.Command, data string) error {
	if f.out == "" {
		return cli.Usagef("say what to write, as -o scene.lfn")
	}
	if strings.EqualFold(filepath.Ext(f.out), ".json") {
		return cli.Usagef("-o %s: want another ending, such as .lfn: what ends in .json is a data set", f.out)
	}
	if f.report != "" && filepath.Clean(f.report) == filepath.Clean(f.out) {
		return cli.Usagef("--report %s: is the model's name too, want another", f.report)
	}
	given := cmd.Flags().Changed
	if f.time < 0 || f.time == 0 && given("time") {
		return cli.Usagef("--time %v: want more than 0", f.time)
	}
	if f.lr == 0 && given("lr") {
		return cli.Usagef("--lr 0: want more than 0")
	}
	if f.holdout < 0 || f.holdout == 1 {
		return cli.Usagef("--holdout %d: want 2 or more, or 0 to hold none out", f.holdout)
	}
	if strings.HasPrefix(f.device.Value, "gpu") && given("device") { // LFN_DEVICE is for rendering
		return errors.New("device gpu: networks are trained on the CPU; use --device cpu")
	}
	if f.time == 0 && f.steps == 0 {
		f.time = 3 * time.Minute
	}
	res, err := f.train(cmd, data)
	var stopped *train.StoppedError
	if errors.As(err, &stopped) {
		return fmt.Errorf("%w; go on with --resume", err)
	}
	if err != nil {
		return err
	}
	return f.tell(cmd, res)
}

// train does the work.
func (f *trainFlags) train(cmd *cobra.Command, data string) (*train.Result, error) {
	config, err := lfn.Preset(f.preset.Value)
	if err != nil {
		return nil, err
	}
	meter := train.NewMeter(cmd.ErrOrStderr())
	defer meter.Close()
	r := train.Run{
		Options: train.Options{Preset: f.preset.Value, Config: config, Steps: int(f.steps), Time: f.time, Batch: int(f.batch),
			LR: f.lr, EMA: f.ema, Seed: f.seed, Background: f.background},
		Out: f.out, Report: f.report, Resume: f.resume, Progress: meter.Update,
	}
	if err := r.Validate(); err != nil {
		return nil, &cli.UsageError{Err: err}
	}
	for _, file := range []string{r.Out, r.Checkpoint()} {
		if err := cli.CheckWritable(file); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(r.Checkpoint()); err == nil && !f.resume {
		return nil, fmt.Errorf("%s is of a run that was stopped: go on with --resume, or remove it to begin anew", r.Checkpoint())
	}
	if r.Set, err = f.open(cmd, data); err != nil {
		return nil, err
	}
	res, err := r.Do(cmd.Context())
	meter.Close()
	return res, err
}

// open opens the data set and says what is in it.
func (f *trainFlags) open(cmd *cobra.Command, data string) (*dataset.Set, error) {
	o := f.scale.Options()
	if o.Holdout = f.holdout; f.holdout == 0 {
		o.Holdout = -1
	}
	set, err := cli.OpenData(cmd.Context(), data, o)
	if err != nil {
		return nil, err
	}
	w := cmd.ErrOrStderr()
	for _, warning := range set.Warnings {
		fmt.Fprintf(w, "warning: %s\n", warning)
	}
	trained, held := set.Split(dataset.Train), set.Split(dataset.Test)
	if len(trained) > 0 {
		c := &set.Views[trained[0]].Camera
		fmt.Fprintf(w, "%s: %d training views, %d held out, %d×%d pixels\n", data, len(trained), len(held), c.Width, c.Height)
	}
	return set, nil
}

func (f *trainFlags) tell(cmd *cobra.Command, r *train.Result) error {
	bytes, err := fileSize(f.out)
	if err != nil {
		return err
	}
	if f.json {
		return cli.PrintJSON(cmd.OutOrStdout(), trainResult{f.out, bytes, r.Steps, r.Seconds, r.RaysPerS, r.Test})
	}
	w := cmd.ErrOrStderr()
	fmt.Fprintf(w, "wrote %s, %s bytes: %d steps in %.0f s, %s rays/s\n", f.out, count(float64(bytes)), r.Steps, r.Seconds, count(r.RaysPerS))
	if len(r.Test.Views) > 0 {
		fmt.Fprintf(w, "held-out views: %s\n", summary(r.Test))
	}
	if f.report != "" {
		fmt.Fprintf(w, "report: %s\n", strings.TrimSuffix(f.report, "/")+"/report.html")
	}
	return nil
}

// summary is the mean quality on one line.
func summary(q train.Quality) string {
	return fmt.Sprintf("%.2f dB PSNR, %.4f SSIM, mean of %d", q.PSNRdB, q.SSIM, len(q.Views))
}

// fileSize is the size of the file at path in bytes.
func fileSize(path string) (int64, error) {
	st, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}
