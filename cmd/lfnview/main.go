// Lfnview is the desktop viewer of light field networks.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lfnview/assets"
	"lfnview/cmd/internal/cli"
	"lfnview/render"
	"lfnview/render/gpu"
	"lfnview/render/look"
	"lfnview/train"
	"lfnview/train/dataset"
	"lfnview/viewer"
)

// Windows belong to the thread on which a program begins.
func init() { runtime.LockOSThread() }

func main() { newProgram().Main() }

const maxFrames = 100_000 // of --frames

// flags are those of lfnview.
type flags struct {
	data       string
	train      string
	training   cli.Training
	size       cli.Size
	on         cli.RenderDevice
	camera     string
	path       string
	mask       string
	fullscreen bool
	noUI       bool
	show       cli.Word
	frames     cli.Natural
	events     bool
}

func newProgram() *cli.Program {
	f := &flags{training: cli.NewTraining("small")}
	root := &cobra.Command{
		Use:   "lfnview [MODEL|PRIOR [PHOTOGRAPH]]",
		Short: "Look at light field networks, in a window",
		Long: `lfnview opens a window on a model, or on the default scene. Left drag turns the scene, the wheel zooms, W A S D fly,
2 shows depth, and ? lists all keys. A model, a prior, the folder of a data set or a camera path can be dropped on
the window.

With a prior, as lfn train --prior makes it, the panel Prior has its instances, blends of two, and sliders along the
principal directions. What a photograph shows that is named after the prior, dropped on the window, or opened by Ctrl+O
is reconstructed while you watch; --background and --mask say what in it is background, as for lfn reconstruct. Ctrl+S saves
what is shown as a model.

With --train DATA it trains a network while you watch, and saves it once a minute and when the window is closed: to the file
that -o names, or to one named after DATA.`,
		Example: `  lfnview scene.lfn
  lfnview scene.lfn --data data/lego --camera test:0
  lfnview figures.prior
  lfnview figures.prior photo.png --background '#3c8c50'
  lfnview --train data/lego --scale 4 --time 10m -o lego.lfn`,
		Args:    cli.Args(0, 2, "a model, a prior, a prior and a photograph, or none"),
		Version: cli.Version(),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n") // as of lfn version
	fl := root.Flags()
	fl.StringVar(&f.data, "data", "", "`DATA` set with the photographs; the one that the model remembers where this is not given")
	fl.StringVar(&f.train, "train", "", "train on the photographs of `DATA` while the window shows it")
	f.training.Flags(root)
	f.training.PhotographFlags(root)
	fl.Var(&f.size, "size", "of the window, as 1280x800; as it was last time where this is not given")
	fl.Lookup("size").DefValue = ""
	f.on.Flags(root)
	fl.StringVar(&f.camera, "camera", "", "begin at the camera of a photograph: `DATA:SPLIT:INDEX`, or SPLIT:INDEX for one of the model's")
	fl.StringVar(&f.path, "path", "", "a camera path in a JSON `FILE`, as lfn render --path reads it")
	fl.StringVar(&f.mask, "mask", "", "a picture that is white where the photograph after the prior shows the object: `FILE`")
	fl.Lookup("background").Usage = "with --train: behind transparent pixels; else what photographs have around the object: white, black or #rrggbb"
	fl.BoolVar(&f.fullscreen, "fullscreen", false, "begin with the whole screen")
	f.show = cli.Word{Value: look.Modes[look.Colors], Of: look.Modes[:]}
	f.show.Flag(root, "show", "what of the scene, at first")
	fl.BoolVar(&f.noUI, "no-ui", false, "show nothing but the scene")
	fl.Var(&f.frames, "frames", "show `N` frames along --path, or around the scene, as fast as can be; print what they took, and exit")
	fl.BoolVar(&f.events, "events", false, "print what happens on stdout, one JSON object a line")
	return cli.NewProgram(root)
}

func (f *flags) run(cmd *cobra.Command, args []string) error {
	o := viewer.Options{
		Data: f.data, OpenData: f.openData, Device: f.on.Device.Value, Precision: gpu.Precision(f.on.Precision.Value),
		Size: [2]int{f.size.W, f.size.H}, Fullscreen: f.fullscreen, Show: look.Mode(slices.Index(look.Modes[:], f.show.Value)), NoUI: f.noUI, Frames: int(f.frames), Started: cli.Started,
	}
	if f.train != "" && len(args) > 0 {
		return cli.Usagef("--train makes a model, and %s is one: want one of them", args[0])
	}
	if f.train != "" {
		for _, name := range []string{"data", "camera", "path"} {
			if cmd.Flags().Changed(name) {
				return cli.Usagef("--%s and --train do not go together", name)
			}
		}
	}
	if strings.HasPrefix(f.on.Device.Value, "gpu:") {
		return cli.Usagef("--device %s: the window has the GPU of its display: want auto, cpu or gpu", f.on.Device.Value)
	}
	if f.on.Device.Value == "cpu" && f.on.Precision.Value == "fp16" {
		return cli.Usagef("--precision fp16: the CPU computes in fp32; use --precision fp32")
	}
	if f.frames > maxFrames {
		return cli.Usagef("--frames %d: want at most %d", f.frames, maxFrames)
	}
	if f.train != "" && f.frames > 0 {
		return cli.Usagef("--frames times a model, and --train has none yet: want one of them")
	}
	if f.train == "" {
		if name := f.training.Given(cmd, "background"); name != "" {
			return cli.Usagef("--%s is for --train DATA", name)
		}
		if f.training.Format().Value != "" && f.data == "" && f.camera == "" {
			return cli.Usagef("--format is for --data, --train or --camera DATA:SPLIT:INDEX")
		}
	}
	if err := f.checkPhotograph(cmd, args); err != nil {
		return err
	}
	o.Cutout.Mask = f.mask
	if cmd.Flags().Changed("background") {
		o.Cutout.Color = new([3]float32)
		*o.Cutout.Color = f.training.Background()
	}
	if f.events {
		o.Events = cmd.OutOrStdout()
	}
	if f.frames == 0 {
		if folder, err := os.UserConfigDir(); err == nil {
			o.Config = filepath.Join(folder, "lfnview")
		}
	}
	o.Warn = func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), "lfnview: "+text) }
	o.DisplayLost = func(err error) {
		text := "the display is gone"
		var stopped *train.StoppedError
		if errors.As(err, &stopped) {
			text += fmt.Sprintf("; %s has the model of step %d, and lfn train --resume goes on", stopped.Out, stopped.Step)
		} else if err != nil {
			text += "; " + err.Error()
		}
		fmt.Fprintln(cmd.ErrOrStderr(), "lfnview: "+text)
	}
	o.Timing = func(t viewer.Timing) { _ = cli.PrintJSON(cmd.OutOrStdout(), t) }
	if f.train != "" {
		if f.training.Out == "" {
			f.training.Out = modelName(f.train)
		}
		run, err := f.training.Open(cmd, f.train)
		if err != nil {
			return err
		}
		o.Train = run
	} else if err := f.open(&o, args); err != nil {
		return err
	}
	err := viewer.Run(cmd.Context(), o)
	var stopped *train.StoppedError
	if errors.As(err, &stopped) && cmd.Context().Err() == nil { // by closing the window, which is as it should be
		fmt.Fprintf(cmd.ErrOrStderr(), "%s has the model of step %d; lfn train --resume goes on\n", stopped.Out, stopped.Step)
		return nil
	}
	return err
}

// checkPhotograph finds a photograph without a prior before it, and what comes after a prior and is none.
func (f *flags) checkPhotograph(cmd *cobra.Command, args []string) error {
	background := cmd.Flags().Changed("background")
	switch {
	case f.mask != "" && len(args) < 2:
		return cli.Usagef("--mask %s: is for a photograph after the prior", f.mask)
	case f.mask != "" && background:
		return cli.Usagef("--mask and --background do not go together")
	}
	if len(args) > 0 && dataset.IsPhotograph(args[0]) {
		return cli.Usagef("%s: is a photograph: name a prior before it, and what it shows is reconstructed", args[0])
	}
	if len(args) < 2 {
		return nil
	}
	if f.frames > 0 {
		return cli.Usagef("--frames times a model, and %s is to be reconstructed: want one of them", args[1])
	}
	if !dataset.IsPhotograph(args[1]) {
		return cli.Usagef("%s: want a photograph after the prior", args[1])
	}
	if _, err := os.Stat(args[1]); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "stat "))
	}
	return nil
}

// open opens the model and what is shown of it. A model that cannot be opened is a message in the window, which then
// shows the default scene.
func (f *flags) open(o *viewer.Options, args []string) (err error) {
	if len(args) > 0 {
		o.Name = args[0]
		o.Model, o.Prior, err = viewer.Open(args[0])
	} else {
		o.Model, o.Name, err = cli.OpenModel(nil)
	}
	if err != nil {
		if f.frames > 0 || len(args) > 1 || errors.Is(err, fs.ErrNotExist) {
			return err
		}
		o.Warnings = append(o.Warnings, err.Error())
		if o.Model, err = assets.Scene(); err != nil {
			return err
		}
		o.Name = "the default scene"
	}
	if len(args) > 1 {
		if o.Prior == nil {
			return cli.Usagef("%s: is no prior, which a photograph asks for", args[0])
		}
		o.Photograph = args[1]
	}
	if o.Prior == nil && o.Cutout.Color != nil {
		return cli.Usagef("--background: is for --train, or for photographs with a prior")
	}
	if o.Prior != nil && f.data != "" {
		return cli.Usagef("--data is for a model: %s is a prior over many scenes", args[0])
	}
	if f.camera != "" {
		cam, err := cli.PickCamera(o.Model, f.camera, f.training.Format().Value)
		if err != nil {
			return err
		}
		o.Camera = &cam.Camera
	}
	if f.path != "" {
		if o.Path, err = render.LoadPath(f.path, o.Model.Scene); err != nil {
			return err
		}
		o.PathFile = f.path
	}
	return nil
}

// openData opens the data set that DATA names. The built-in scene has the size that its name says, and 3D models are
// photographed quickly.
func (f *flags) openData(ctx context.Context, data string, o dataset.Options) (*dataset.Set, error) {
	if cli.IsBuiltIn(data) {
		o.MaxSize = 0
	}
	if data == f.data || data == f.train {
		o.Format = f.training.Format().Value
	}
	o.Render.Samples = 2
	return cli.OpenData(ctx, data, o)
}

// modelName is the name of a model of data in the current folder that nothing there has.
func modelName(data string) string {
	if path, err := filepath.Abs(data); err == nil {
		data = path // "." and ".." have names
	}
	base, _, _ := strings.Cut(filepath.Base(data), ":")
	base = strings.TrimLeft(base, `./\`)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	if base == "" {
		base = "scene"
	}
	return viewer.FreeName(base + ".lfn")
}
