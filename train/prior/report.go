package prior

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strings"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/train"
)

// reportPictures are the instances that a report shows.
type reportPictures struct {
	known, unseen []InstanceResult // with views and renders
}

// writeReport writes the page of a run.
func (r *Run) writeReport(ctx context.Context, t *Trainer, res *Result, history []train.Metric, pictures *reportPictures) error {
	d := train.ReportData{Title: r.Class.Path, Settings: t.settings(res), History: history, Of: "instance"}
	for _, x := range res.Test {
		d.Views = append(d.Views, train.ViewResult{Name: x.Name, PSNRdB: x.PSNRdB, SSIM: x.SSIM})
	}
	for _, x := range []struct {
		title, file string
		instances   []InstanceResult
	}{
		{"Training instances", "training.png", pictures.known},
		{"Unseen instances, each from the first view", "unseen.png", pictures.unseen},
	} {
		if len(x.instances) == 0 {
			continue
		}
		data, err := InstancesPNG(x.instances)
		if err != nil {
			return fmt.Errorf("prior: report: %s: %w", x.file, err)
		}
		d.Plates = append(d.Plates, train.Plate{Title: x.title, File: x.file, PNG: data})
	}
	data, err := latentsPNG(ctx, res.Prior)
	if err != nil {
		return fmt.Errorf("prior: report: latents.png: %w", err)
	}
	d.Plates = append(d.Plates, train.Plate{Title: "Latents, along their first two principal components", File: "latents.png", PNG: data})
	return train.WriteReport(r.Report, d)
}

func (t *Trainer) settings(r *Result) []train.Setting {
	o := t.options
	return []train.Setting{
		{Key: "preset", Value: o.Preset},
		{Key: "conditioning", Value: o.Config.Conditioning},
		{Key: "encoding", Value: o.Config.Network.Encoding.String()},
		{Key: "hidden layers", Value: fmt.Sprint(o.Config.Network.Hidden)},
		{Key: "latent", Value: fmt.Sprint(o.Config.Latent)},
		{Key: "parameters", Value: fmt.Sprintf("%d, of a decoded network %d", o.Config.Params(), o.Config.Network.Params())},
		{Key: "training instances", Value: fmt.Sprintf("%d, %.2f dB PSNR, %.4f SSIM", len(t.instances), r.Train.PSNRdB, r.Train.SSIM)},
		{Key: "batch", Value: fmt.Sprintf("%d instances of %d rays", o.Scenes, o.Rays)},
		{Key: "learning rates", Value: fmt.Sprintf("%g, of latents %g", o.LR, o.LatentLR)},
		{Key: "weight of latents", Value: fmt.Sprint(o.Regularize)},
		{Key: "seed", Value: fmt.Sprint(o.Seed)},
		{Key: "steps", Value: fmt.Sprint(r.Steps)},
		{Key: "time", Value: fmt.Sprintf("%.1f s", r.Seconds)},
	}
}

// shownViews are the views of an instance in a picture.
const shownViews = 4

// InstancesPNG lays out some views of instances that were just measured, see EvaluateOptions.Each, photograph above render.
// The view that one was reconstructed from comes first, and is said to be it.
func InstancesPNG(instances []InstanceResult) ([]byte, error) {
	const least = 128
	var rows [][]train.Picture
	for _, x := range instances {
		var shown []int
		if x.InputView >= 0 {
			shown = append(shown, x.InputView)
		}
		for i := range x.Views {
			if i != x.InputView && len(shown) < shownViews {
				shown = append(shown, i)
			}
		}
		photos, renders := make([]train.Picture, len(shown)), make([]train.Picture, len(shown))
		for k, i := range shown {
			photo := photoOf(&x.Views[i], [3]float32{1, 1, 1})
			photos[k] = train.Picture{Title: fmt.Sprintf("view %d", i), Image: photo}
			if i == x.InputView {
				photos[k].Title = "input"
			}
			renders[k] = train.Picture{Title: fmt.Sprintf("%.1f dB", render.PSNR(photo, x.Renders[i])), Image: x.Renders[i]}
		}
		photos[0].Title = strings.TrimSpace(x.Name + " " + photos[0].Title)
		rows = append(rows, photos, renders)
	}
	return train.SheetPNG(rows, least)
}

const (
	mapSide   = 1200 // pixels
	mapRange  = 2.6  // standard deviations from the middle to the edge
	mapThumb  = 64   // pixels
	mapThumbs = 150  // at most
	mapDot    = 3    // pixels, half of its side
)

// latentsPNG is a map of the latents along their first two principal components: a dot for each instance, in the colour of
// its class, and what some of them look like.
func latentsPNG(ctx context.Context, p *lfn.Prior) ([]byte, error) {
	c := NewComponents(p, 2)
	sheet := image.NewNRGBA(image.Rect(0, 0, mapSide, mapSide))
	draw.Draw(sheet, sheet.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	colors := classColors(p)
	at := make([]image.Point, len(p.Instances))
	for i := range p.Instances {
		x := c.At(p.Latent(i))
		at[i] = image.Pt(mapPixel(x[0]), mapPixel(-x[1]))
		dot := image.Rectangle{at[i], at[i]}.Inset(-mapDot)
		draw.Draw(sheet, dot, image.NewUniform(colors[p.Instances[i].Class]), image.Point{}, draw.Src)
	}
	var taken []image.Rectangle
	for i := range p.Instances {
		frame := image.Rectangle{at[i], at[i]}.Inset(-mapThumb/2 - mapDot)
		if len(taken) == mapThumbs || !frame.In(sheet.Bounds()) || overlapsAny(frame, taken) {
			continue
		}
		taken = append(taken, frame)
		img, err := Thumbnail(ctx, p, p.Latent(i), p.ClassOf(i), mapThumb)
		if err != nil {
			return nil, err
		}
		draw.Draw(sheet, frame, image.NewUniform(colors[p.Instances[i].Class]), image.Point{}, draw.Src)
		draw.Draw(sheet, frame.Inset(mapDot), img.ToNRGBA(), image.Point{}, draw.Src)
	}
	var buf strings.Builder
	if err := png.Encode(&buf, sheet); err != nil {
		return nil, err
	}
	return []byte(buf.String()), nil
}

func mapPixel(std float64) int {
	return int(math.Round((min(max(std/mapRange, -1), 1) + 1) / 2 * (mapSide - 1)))
}

func overlapsAny(r image.Rectangle, others []image.Rectangle) bool {
	for _, o := range others {
		if r.Overlaps(o) {
			return true
		}
	}
	return false
}

// classColors are colours of the classes, around a circle of hues.
func classColors(p *lfn.Prior) map[string]color.Color {
	var classes []string
	colors := map[string]color.Color{}
	for _, i := range p.Instances {
		if _, ok := colors[i.Class]; !ok {
			colors[i.Class] = nil
			classes = append(classes, i.Class)
		}
	}
	for k, class := range classes {
		var rgb [3]uint8
		for i := range rgb {
			turn := 2 * math.Pi * (float64(k)/float64(len(classes)) + 0.6 - float64(i)/3)
			rgb[i] = uint8(120 + 90*math.Cos(turn))
		}
		colors[class] = color.NRGBA{rgb[0], rgb[1], rgb[2], 0xff}
	}
	return colors
}

// Thumbnail renders a latent of a class from [Lookout], side pixels wide and high.
func Thumbnail(ctx context.Context, p *lfn.Prior, z lfn.Latent, class, side int) (*render.Image, error) {
	c := &p.Classes[class]
	camera := Lookout(c).Camera(c.Scene, side, side)
	return renderView(ctx, render.NewCPU(p.Hyper.Decode(z).Pack(), c.Scene), &camera)
}

// Lookout is from where instances of a class are looked at unless something else is said: as far off as its photographs,
// with their lens, from a little above.
func Lookout(class *lfn.Class) render.Orbit {
	o := render.Orbit{AzDeg: 30, ElDeg: 20}
	for i := range class.Cameras {
		c := &class.Cameras[i].Camera
		n := float64(len(class.Cameras))
		o.Dist += render.OrbitAt(class.Scene, c.Pose.Pos).Dist / n
		o.FovDeg += 360 / math.Pi * math.Atan(float64(c.Width)/2/c.Intrinsics.Fx) / n
	}
	return o
}

// LookoutFor is [Lookout] with a lens by which pictures of w×h pixels show at least what the photographs show, and, where they
// have another aspect, more on two sides.
func LookoutFor(class *lfn.Class, w, h int) render.Orbit {
	o := Lookout(class)
	aspect := 1.
	if lens := Lens(class); lens != nil {
		aspect = float64(lens.Width) / float64(lens.Height)
	}
	wider := max(1, float64(w)/float64(h)/aspect)
	o.FovDeg = 360 / math.Pi * math.Atan(wider*math.Tan(o.FovDeg*math.Pi/360))
	return o
}
