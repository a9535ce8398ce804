package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/render"
	"lfnview/train"
)

// What the demo makes; a test makes less.
var (
	demoSize    = 128                      // of the photographs, pixels
	demoPicture = cli.Size{W: 800, H: 600} // of the picture
	demoTurn    = 48                       // frames of the turntable
	demoFrame   = cli.Size{W: 256, H: 256} // of a frame
)

func newDemo() *cobra.Command {
	out, duration, asJSON := "out", time.Minute, false
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Train the built-in scene for a minute, render it, and say how good it is",
		Long: `demo photographs the built-in scene with its ray tracer, trains a network on the pictures, and renders it. It
writes demo.lfn, demo.png, a turntable demo.gif, and a report with curves and pictures.`,
		Example: `  lfn demo
  lfn demo --out /tmp/demo --time 20s`,
		Args: cli.Args(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if duration <= 0 || duration > time.Hour {
				return cli.Usagef("--time %v: want up to an hour", duration)
			}
			if err := os.MkdirAll(out, 0o777); err != nil {
				return fmt.Errorf("demo: %w", err)
			}
			file := func(name string) string { return filepath.Join(out, name) }
			f := trainFlags{Training: cli.NewTraining("small"), report: file("report"), json: asJSON}
			f.Out, f.Time = file("demo.lfn"), duration
			os.Remove((&train.Run{Out: f.Out}).Checkpoint()) // of a demo that was stopped: it begins anew
			data := fmt.Sprintf("%s:%d", cli.BuiltIn, demoSize)
			res, err := f.train(cmd, func() (*train.Run, error) { return f.Open(cmd, data) })
			var stopped *train.StoppedError
			if errors.As(err, &stopped) {
				return fmt.Errorf("%w; go on with lfn train %s -o %s --time %v --resume", err, data, f.Out, duration)
			}
			if err != nil {
				return err
			}
			if err := demoPictures(cmd, res.Model, file("demo.png"), file("demo.gif")); err != nil {
				return err
			}
			return f.tell(cmd, res)
		},
	}
	cmd.Flags().StringVar(&out, "out", out, "`FOLDER` to write to")
	cmd.Flags().DurationVar(&duration, "time", duration, "how long to train")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object on stdout")
	return cmd
}

// demoPictures renders a picture and a turntable.
func demoPictures(cmd *cobra.Command, m *lfn.Model, picture, turntable string) error {
	r := render.NewCPU(m.Network.Pack(), m.Scene)
	o := render.Orbit{AzDeg: 30, ElDeg: 25}
	var img render.Image
	cam := o.Camera(m.Scene, demoPicture.W, demoPicture.H)
	if err := r.Render(cmd.Context(), &img, &cam, render.Options{Samples: 2}); err != nil {
		return err
	}
	if err := img.SavePNG(picture); err != nil {
		return err
	}
	cams := o.Turntable(m.Scene, demoTurn, demoFrame.W, demoFrame.H)
	frames := render.Frames(cmd.Context(), r, cams, render.Options{Samples: 2})
	if err := render.WriteGIF(cmd.Context(), turntable, frames, 24); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s and %s\n", picture, turntable)
	return nil
}
