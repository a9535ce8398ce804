package main

import (
	"context"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/render/look"
	"lfnview/render/raster"
)

// geometryFlags say what is to be written of geometry.
type geometryFlags struct {
	show                       cli.Word
	colors                     cli.Word
	interval                   cli.Interval
	fill                       bool
	depth, normals, confidence string // files
	depthScale                 float64
}

func (f *geometryFlags) flags(cmd *cobra.Command) {
	f.show = cli.Word{Value: look.Colors.String(), Of: look.Modes[:]}
	f.show.Flag(cmd, "show", "what the picture shows")
	for _, m := range render.ColorMaps {
		f.colors.Of = append(f.colors.Of, m.Name)
	}
	f.colors.Value = f.colors.Of[0]
	f.colors.Flag(cmd, "colormap", "of pictures of depth and confidence")
	fl := cmd.Flags()
	fl.Var(&f.interval, "range", "from which depth to which the colours go; from that of most of the first picture if not given; FROM may be the farther")
	fl.BoolVar(&f.fill, "fill", false, "with --show depth: close holes in surfaces of one colour; made up, for the eye")
	fl.StringVar(&f.depth, "depth", "", "write depth to `FILE`: .npy, .pfm or .png")
	fl.StringVar(&f.normals, "normals", "", "write normals to `FILE`: .npy, .pfm or .png")
	fl.StringVar(&f.confidence, "confidence", "", "write how sure depth is to `FILE`: .npy, .pfm or .png")
	fl.Float64Var(&f.depthScale, "depth-scale", 0, "what 1 in a 16-bit PNG of depth is, in `UNITS` of the scene; chosen for the first picture if 0")
}

// files are those that are to have numbers.
func (f *geometryFlags) files() []string {
	var files []string
	for _, file := range []string{f.depth, f.normals, f.confidence} {
		if file != "" {
			files = append(files, file)
		}
	}
	return files
}

// needed says whether more is to be written than colours.
func (f *geometryFlags) needed() bool {
	return f.show.Value != look.Colors.String() || len(f.files()) > 0
}

func (f *geometryFlags) check(cmd *cobra.Command, out string) error {
	for _, file := range f.files() {
		if err := render.CheckNumbers(file); err != nil {
			return cli.Usagef("%w", err)
		}
	}
	for _, need := range []struct {
		flag string
		show []string
	}{{"range", []string{"depth"}}, {"fill", []string{"depth"}}, {"colormap", []string{"depth", "confidence"}}} {
		if cmd.Flags().Changed(need.flag) && !slices.Contains(need.show, f.show.Value) {
			return cli.Usagef("--%s is for --show %s", need.flag, strings.Join(need.show, " or "))
		}
	}
	if f.show.Value != look.Colors.String() && out == "" {
		return cli.Usagef("--show %s: say which picture, as -o out.png", f.show.Value)
	}
	if cmd.Flags().Changed("samples") && (out == "" || f.show.Value != look.Colors.String()) {
		return cli.Usagef("--samples is for colours, and geometry has one ray a pixel")
	}
	if cmd.Flags().Changed("depth-scale") && strings.ToLower(filepath.Ext(f.depth)) != raster.PNG {
		return cli.Usagef("--depth-scale is for --depth FILE.png")
	}
	if f.depthScale != 0 && !(f.depthScale >= 1e-12 && f.depthScale <= 1e12) {
		return cli.Usagef("--depth-scale %v: want units of the scene, as 0.001", f.depthScale)
	}
	return nil
}

// frames renders camera after camera, and writes the numbers of each.
type frames struct {
	flags    *geometryFlags
	renderer render.GeometryRenderer
	cams     []plucker.Camera
	options  render.Options
	picture  bool     // is wanted, too
	first    *float64 // when the first was there, in milliseconds from the start of the program

	files  []string // with numbers, so far
	known  bool     // something is
	broken bool     // some colours are not numbers
	g      render.Geometry
	image  render.Image
	depths []float32
	scale  render.Scale // of pictures of depth, once one has some; From and To are the same before
	unit   float64      // of PNGs of depth, likewise
}

// write writes everything, the picture to out where that is not empty.
func (f *frames) write(ctx context.Context, out string, fps float64) (files []string, err error) {
	if out == "" {
		for _, err := range f.all(ctx) {
			if err != nil {
				return nil, err
			}
		}
		return f.files, nil
	}
	var texts []raster.Text
	if f.flags.show.Value != look.Colors.String() {
		texts = append(texts, raster.Text{Key: "Title", Value: f.flags.show.Value})
	}
	if f.flags.fill {
		texts = append(texts, raster.Text{Key: "Comment", Value: "holes in surfaces of one colour are closed, which is made up: for the eye, not for measuring"})
	}
	files, err = render.WriteFrames(ctx, out, len(f.cams), f.all(ctx), fps, texts...)
	return append(files, f.files...), err
}

// all makes a picture for each camera; it is nil where none is wanted.
func (f *frames) all(ctx context.Context) iter.Seq2[*render.Image, error] {
	return func(yield func(*render.Image, error) bool) {
		for i := range f.cams {
			m, err := f.frame(ctx, i)
			if *f.first == 0 {
				*f.first = time.Since(cli.Started).Seconds() * 1e3
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

func (f *frames) frame(ctx context.Context, i int) (*render.Image, error) {
	cam := &f.cams[i]
	if f.flags.needed() {
		if err := f.renderer.Geometry(ctx, &f.g, cam); err != nil {
			return nil, err
		}
		f.depths = f.g.Depths(f.depths, cam)
		if err := f.numbers(i); err != nil {
			return nil, err
		}
	}
	if !f.picture {
		return nil, nil
	}
	if f.flags.show.Value != look.Colors.String() {
		f.paint(cam)
		return &f.image, nil
	}
	if err := f.renderer.Render(ctx, &f.image, cam, f.options); err != nil {
		return nil, err
	}
	f.broken = f.broken || !f.image.Finite()
	return &f.image, nil
}

// numbers writes what is wanted of frame i.
func (f *frames) numbers(i int) error {
	cam := &f.cams[i]
	if i == 0 {
		if f.unit = f.flags.depthScale; f.unit == 0 {
			f.unit = render.DepthScale(f.depths)
		}
	}
	for _, d := range f.depths {
		f.known = f.known || d > 0
	}
	for _, file := range []struct {
		path    string
		numbers func() *render.Numbers
	}{
		{f.flags.depth, func() *render.Numbers { return render.DepthNumbers(f.depths, cam.Width, cam.Height, f.unit) }},
		{f.flags.normals, f.g.NormalNumbers},
		{f.flags.confidence, f.g.ConfidenceNumbers},
	} {
		if file.path == "" {
			continue
		}
		name := render.Numbered(file.path, len(f.cams))[i]
		if err := render.SaveNumbers(name, file.numbers()); err != nil {
			return err
		}
		f.files = append(f.files, name)
	}
	return nil
}

// paint makes the picture of what is to be shown.
func (f *frames) paint(cam *plucker.Camera) {
	colors, _ := render.FindColorMap(f.flags.colors.Value)
	l := look.Look{Scale: render.Scale{Map: colors, To: 1}, Faint: true}
	switch f.flags.show.Value {
	case "normals":
		l.Mode = look.Normals
	case "confidence":
		l.Mode = look.Confidence
	case "depth":
		if f.scale.From == f.scale.To {
			f.scale = render.Scale{Map: colors, From: f.flags.interval.From, To: f.flags.interval.To}
		}
		if f.scale.From == f.scale.To {
			f.scale.From, f.scale.To, _ = render.NearFar(f.depths)
		}
		if f.flags.fill {
			f.g.Fill()
		}
		l.Mode, l.Scale = look.Depth, f.scale
	}
	l.Paint(&f.image, &f.g, cam)
	l.DrawBar(&f.image)
}
