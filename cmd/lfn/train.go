package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/train"
	"lfnview/train/prior"
)

// trainFlags are the flags of lfn train.
type trainFlags struct {
	cli.Training
	device cli.Device
	report string
	json   bool

	prior      bool
	regularize float64
	startSize  cli.Natural
}

func newTrain() *cobra.Command {
	f := trainFlags{Training: cli.NewTraining("small", lfn.HyperPresets()...)}
	cmd := &cobra.Command{
		Use:   "train DATA",
		Short: "Train a network on photographs with cameras",
		Long: `train fits a network to the photographs of DATA, a folder in one of the layouts of --format, a 3D model in a .glb or .gltf
file, or "procedural", the built-in scene ("procedural:64": at 64×64 pixels). It ends after --time (three minutes unless
said otherwise) or after --steps.

Ctrl-C saves the model and a checkpoint beside it; --resume goes on from there. Without --time, the same --steps
and --seed give the same file, stopped in between or not.

With --prior, DATA is a folder of many scenes of one class, or of several, such as lfn dataset generate makes. What they have
in common is learned, and then one photograph of another is enough: see lfn reconstruct. The presets are film (unless said
otherwise), volume, which composites samples from a grid along each ray and learns faster, lowrank, and paper, which is the
authors', of 104 million parameters.`,
		Example: `  lfn train procedural -o scene.lfn --time 1m
  lfn train data/lego -o lego.lfn --scale 4 --time 3m --report report
  lfn train data/lego -o lego.lfn --scale 4 --time 3m --report report --resume
  lfn train --prior figures -o figures.prior --time 10m --report report`,
		Args: cli.Args(1, 1, "the folder of a data set"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.prior {
				return f.runPrior(cmd, args[0])
			}
			for _, name := range []string{"regularize", "start-size"} {
				if cmd.Flags().Changed(name) {
					return cli.Usagef("--%s: is for --prior", name)
				}
			}
			return f.run(cmd, func() (*train.Run, error) { return f.Open(cmd, args[0]) })
		},
	}
	f.flags(cmd)
	f.PhotographFlags(cmd)
	cmd.Flags().BoolVar(&f.prior, "prior", false, "learn what the scenes in a folder of many have in common")
	cmd.Flags().Float64Var(&f.regularize, "regularize", prior.DefaultRegularize, "with --prior: weight of the mean square of latents; negative: none")
	cmd.Flags().Var(&f.startSize, "start-size", "with --prior: bring the longer side of the photographs down to `N` pixels in the first quarter (default no limit)")
	return cmd
}

func (f *trainFlags) flags(cmd *cobra.Command) {
	f.Flags(cmd)
	f.device.Flag(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.report, "report", "", "write curves, pictures and a page to `FOLDER`")
	fl.BoolVar(&f.json, "json", false, "print one JSON object on stdout")
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

// run does the run that open makes, and says how it went.
func (f *trainFlags) run(cmd *cobra.Command, open func() (*train.Run, error)) error {
	if err := f.check(cmd); err != nil {
		return err
	}
	res, err := f.train(cmd, open)
	if err != nil {
		return orResume(err)
	}
	return f.tell(cmd, res)
}

// check finds what is wrong with the flags that are not of the run itself.
func (f *trainFlags) check(cmd *cobra.Command) error {
	if f.report != "" && filepath.Clean(f.report) == filepath.Clean(f.Out) {
		return cli.Usagef("--report %s: is the model's name too, want another", f.report)
	}
	if strings.HasPrefix(f.device.Value, "gpu") && cmd.Flags().Changed("device") { // LFN_DEVICE is for rendering
		return errors.New("device gpu: networks are trained on the CPU; use --device cpu")
	}
	return nil
}

// orResume adds to the error of a run that was stopped what to do.
func orResume(err error) error {
	var stopped *train.StoppedError
	if errors.As(err, &stopped) {
		return fmt.Errorf("%w; go on with --resume", err)
	}
	return err
}

// train does the work.
func (f *trainFlags) train(cmd *cobra.Command, open func() (*train.Run, error)) (*train.Result, error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	meter := train.NewMeter(cmd.ErrOrStderr())
	defer meter.Close()
	r.Report, r.Progress = f.report, meter.Update
	return r.Do(cmd.Context())
}

func (f *trainFlags) tell(cmd *cobra.Command, r *train.Result) error {
	bytes, err := fileSize(f.Out)
	if err != nil {
		return err
	}
	if f.json {
		return cli.PrintJSON(cmd.OutOrStdout(), trainResult{f.Out, bytes, r.Steps, r.Seconds, r.RaysPerS, r.Test})
	}
	w := cmd.ErrOrStderr()
	fmt.Fprintf(w, "wrote %s, %s bytes: %d steps in %.0f s, %s rays/s\n", f.Out, count(float64(bytes)), r.Steps, r.Seconds, count(r.RaysPerS))
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
	return fmt.Sprintf("%s, mean of %d", heldOut(q.PSNRdB, q.SSIM), len(q.Views))
}

// heldOut is the quality of held-out views; a model may tell no SSIM, 0.
func heldOut(psnr, ssim float64) string {
	text := fmt.Sprintf("%.2f dB PSNR", psnr)
	if ssim != 0 {
		text += fmt.Sprintf(", %.4f SSIM", ssim)
	}
	return text
}

// fileSize is the size of the file at path in bytes.
func fileSize(path string) (int64, error) {
	st, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}
