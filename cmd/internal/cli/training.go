package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lfnview/lfn"
	"lfnview/train"
	"lfnview/train/dataset"
)

// Training is a training run as flags say it.
type Training struct {
	Out  string
	Time time.Duration

	preset     preset
	steps      Natural
	data       DataOptions
	holdout    Holdout
	batch      Natural
	lr         float64
	ema        float64
	seed       uint64
	exposure   bool
	refine     bool
	refineLens bool
	robust     bool
	background Background
	resume     bool
}

// NewTraining is the run of a command line without flags, of a network of the preset of that name; ofPriors are those of priors, where the
// command trains these too.
func NewTraining(name string, ofPriors ...string) Training {
	of := lfn.Presets()
	for _, name := range ofPriors {
		if !slices.Contains(of, name) {
			of = append(of, name)
		}
	}
	return Training{preset: preset{Word{Value: name, Of: of}, ofPriors}, batch: train.DefaultBatch, seed: 1, background: Background{1, 1, 1}}
}

// preset is the name of one: of a network, or of a prior where the command trains these too.
type preset struct {
	Word
	ofPriors []string
}

func (p *preset) Set(text string) error {
	err := p.Word.Set(text)
	if err != nil && len(p.ofPriors) > 0 {
		return fmt.Errorf("want %s, or with --prior %s", strings.Join(lfn.Presets(), ", "), strings.Join(p.ofPriors, ", "))
	}
	return err
}

// Flag adds the preset to the flags of a command.
func (p *preset) Flag(cmd *cobra.Command) {
	p.Word.Flag(cmd, "preset", "shape of the network")
	if f := cmd.Flags().Lookup("preset"); len(p.ofPriors) > 0 {
		f.Value, f.DefValue = p, ""
		f.Usage += fmt.Sprintf(" (default %s; %s with --prior)", p.Value, p.ofPriors[0])
	}
}

// Flags adds the flags to those of a command, but for [Training.PhotographFlags].
func (f *Training) Flags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVarP(&f.Out, "out", "o", "", "`FILE` to write, such as scene.lfn")
	f.preset.Flag(cmd)
	fl.DurationVar(&f.Time, "time", 0, "train that long, as 90s or 10m (default 3m, none with --steps)")
	fl.Var(&f.steps, "steps", "train that many updates (default none)")
	f.data.Flags(cmd)
	f.holdout.Flag(cmd)
	fl.Var(&f.batch, "batch", "rays of an update")
	fl.Float64Var(&f.lr, "lr", 0, "highest learning rate of the layers; that of the grids is larger (default: the preset's)")
	fl.Float64Var(&f.ema, "ema", 0, "average the weights with this decay a step, such as 0.999; 0: do not")
	fl.Uint64Var(&f.seed, "seed", f.seed, "of everything that is left to chance")
	fl.BoolVar(&f.resume, "resume", false, "go on from the checkpoint of a run that was stopped")
}

// PhotographFlags adds the flags that say how photographs are to be learned from.
func (f *Training) PhotographFlags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.BoolVar(&f.robust, "robust", false, "let rays whose colour is far off count less, as of what moves between photographs")
	fl.BoolVar(&f.exposure, "same-exposure", false, "take photographs for ones of the same exposure and white balance")
	fl.BoolVar(&f.refine, "refine-cameras", false, "correct the cameras' poses while training, where they are a pixel or more off")
	fl.BoolVar(&f.refineLens, "refine-lens", false, "correct the focal length of all cameras while training, where it is half a per cent or more off")
	fl.Var(&f.background, "background", "behind transparent pixels: white, black or #rrggbb")
}

// Background is the colour that --background names.
func (f *Training) Background() [3]float32 { return f.background }

// Given names one of the flags that the command line has, but for some; "" where it has none of them.
func (f *Training) Given(cmd *cobra.Command, but ...string) string {
	for _, name := range []string{"out", "preset", "time", "steps", "scale", "max-size", "baseline", "focus", "grid-fov", "holdout", "batch", "lr", "ema", "seed", "robust", "same-exposure", "refine-cameras", "refine-lens", "background", "resume"} {
		if cmd.Flags().Changed(name) && !slices.Contains(but, name) {
			return name
		}
	}
	return ""
}

// Format is the layout of the data set as --format has it.
func (f *Training) Format() *Format { return &f.data.format }

// Open makes the run, on the photographs of data, and says on stderr what is in them.
func (f *Training) Open(cmd *cobra.Command, data string) (*train.Run, error) {
	return f.OpenOn(cmd, data, func() (*dataset.Set, error) {
		set, err := f.OpenData(cmd, data)
		if err != nil {
			return nil, err
		}
		for _, name := range []string{"refine-cameras", "refine-lens"} {
			if set.Fresh != nil && cmd.Flags().Changed(name) {
				return nil, Usagef("--%s: is for photographs, and the cameras of %s are exact", name, data)
			}
		}
		if n := len(set.Split(dataset.Train)); n > 0 && n < fewViews && set.Fresh == nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "warning: few photographs to learn from, %d: what the scene looks like from elsewhere is made up; take 20 or more\n", n)
		}
		return set, nil
	})
}

// OpenData opens the photographs of data as the flags say, and says on stderr what is in them.
func (f *Training) OpenData(cmd *cobra.Command, data string) (*dataset.Set, error) {
	o := f.data.Options()
	f.holdout.In(&o)
	o.Endless = true
	return OpenAndTell(cmd, data, o)
}

// fewer than fewViews are too few to learn from what a scene looks like from elsewhere.
const fewViews = 5

// OpenOn makes the run, on the data set that open opens from a file or folder, once the flags are known to be right.
func (f *Training) OpenOn(cmd *cobra.Command, from string, open func() (*dataset.Set, error)) (*train.Run, error) {
	if err := f.check(cmd, from, "scene.lfn"); err != nil {
		return nil, err
	}
	config, err := lfn.Preset(f.preset.Value)
	if err != nil && slices.Contains(f.preset.ofPriors, f.preset.Value) {
		return nil, Usagef("--preset %s: is of a prior: add --prior", f.preset.Value)
	}
	if err != nil {
		return nil, &UsageError{err}
	}
	r := &train.Run{
		Options: train.Options{Preset: f.preset.Value, Config: config, Steps: int(f.steps), Time: f.Time, Batch: int(f.batch),
			LR: f.lr, EMA: f.ema, Seed: f.seed, Robust: f.robust, SameExposure: f.exposure, RefineCameras: f.refine, RefineLens: f.refineLens, Background: f.background},
		Out: f.Out, Resume: f.resume,
	}
	if err := r.Validate(); err != nil {
		return nil, &UsageError{err}
	}
	if err := f.checkFiles(r.Checkpoint()); err != nil {
		return nil, err
	}
	if r.Set, err = open(); err != nil {
		return nil, err
	}
	f.noteReplaced(cmd)
	return r, nil
}

// check finds what is wrong with the flags, which name a file such as example, and sets how long the run takes.
func (f *Training) check(cmd *cobra.Command, from, example string) error {
	if f.Out == "" {
		return Usagef("say what to write, as -o %s", example)
	}
	if err := CheckEnding(f.Out, filepath.Ext(example)); err != nil {
		return err
	}
	if SameFile(f.Out, from) {
		return Usagef("-o %s: is what is read, want another file", f.Out)
	}
	given := cmd.Flags().Changed
	if f.Time < 0 || f.Time == 0 && given("time") {
		return Usagef("--time %v: want more than 0", f.Time)
	}
	if f.lr == 0 && given("lr") {
		return Usagef("--lr 0: want more than 0")
	}
	if f.Time == 0 && f.steps == 0 {
		f.Time = 3 * time.Minute
	}
	return nil
}

// checkFiles finds out whether the files of the run can be made, and whether one is there that belongs to another.
func (f *Training) checkFiles(checkpoint string) error {
	for _, file := range []string{f.Out, checkpoint} {
		if err := CheckWritable(file); err != nil {
			return err
		}
	}
	if _, err := os.Stat(checkpoint); err == nil && !f.resume {
		return fmt.Errorf("%s is of a run that was stopped: go on with --resume, or remove it to begin anew", checkpoint)
	}
	return nil
}

// noteReplaced says what the run will replace.
func (f *Training) noteReplaced(cmd *cobra.Command) {
	if _, err := os.Stat(f.Out); err == nil && !f.resume {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %s exists, and will be replaced\n", f.Out)
	}
}
