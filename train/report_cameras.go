package train

import (
	"fmt"
	"image"
	"image/color"
	imagedraw "image/draw"
	"image/png"
	"io"
	"math"

	"github.com/go-gl/mathgl/mgl64"
	xdraw "golang.org/x/image/draw"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train/dataset"
)

const (
	camerasDPI = 100
	camerasW   = 12 * camerasDPI // pixels
	camerasH   = 6 * camerasDPI
	contacts   = 24 // photographs on the contact sheet
	contactRow = 8
)

// WriteCameras writes a PNG of a data set: its cameras around the scene's ball, from above and from the side, each with
// the way it looks, and, where the set has pixels, a contact sheet of photographs spread over it.
func WriteCameras(path string, set *dataset.Set) error {
	views, err := camerasPicture(set)
	if err != nil {
		return err
	}
	sheet := contactSheet(set)
	img := image.NewNRGBA(image.Rect(0, 0, camerasW, camerasH+sheet.Bounds().Dy()))
	imagedraw.Draw(img, views.Bounds(), views, image.Point{}, imagedraw.Src)
	imagedraw.Draw(img, sheet.Bounds().Add(image.Pt(0, camerasH)), sheet, image.Point{}, imagedraw.Src)
	if err := lfn.WriteFile(path, func(w io.Writer) error { return png.Encode(w, img) }); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// camerasPicture draws the cameras from above and from the side, in scene radii.
func camerasPicture(set *dataset.Set) (image.Image, error) {
	f := set.Frame
	right, back := horizon(f.Up)
	theme := lightChart
	canvas := vgimg.NewWith(vgimg.UseWH(camerasW/camerasDPI*vg.Inch, camerasH/camerasDPI*vg.Inch), vgimg.UseDPI(camerasDPI), vgimg.UseBackgroundColor(theme.paper))
	tiles := draw.Tiles{Rows: 1, Cols: 2, PadX: vg.Millimeter * 6, PadTop: vg.Millimeter * 4, PadBottom: vg.Millimeter * 4,
		PadLeft: vg.Millimeter * 4, PadRight: vg.Millimeter * 6}
	c := draw.New(canvas)
	// Cameras that stand on one side of the scene are looked at from beside them, not from behind.
	beside, reach := right, 1.1
	var mean mgl64.Vec3
	for i := range set.Views {
		at := set.Views[i].Camera.Pose.Pos.Sub(f.Center).Mul(1 / f.Radius)
		mean = mean.Add(at.Mul(1 / float64(len(set.Views))))
		reach = max(reach, 1.1*at.Len())
	}
	if math.Abs(mean.Dot(back)) > math.Abs(mean.Dot(right)) {
		beside = back.Mul(-1)
	}
	for col, side := range []struct {
		title string
		x, y  mgl64.Vec3
	}{{"from above", right, back.Mul(-1)}, {"from the side", beside, f.Up.Normalize()}} {
		p := theme.plot("scene radii", side.title)
		at := func(v mgl64.Vec3) plotter.XY {
			v = v.Sub(f.Center).Mul(1 / f.Radius)
			return plotter.XY{X: v.Dot(side.x), Y: v.Dot(side.y)}
		}
		for _, split := range []dataset.Split{dataset.Train, dataset.Test} {
			ink := theme.train
			if split == dataset.Test {
				ink = theme.test
			}
			if err := looks(p, set, split, at, ink); err != nil {
				return nil, err
			}
		}
		if err := theme.line(p, "", theme.ink, circle(), false); err != nil {
			return nil, err
		}
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -reach, reach, -reach, reach
		p.Draw(square(tiles.At(c, col, 0)))
	}
	return canvas.Image(), nil
}

// looks draws the cameras of a split, each with a line of where it looks.
func looks(p *plot.Plot, set *dataset.Set, split dataset.Split, at func(mgl64.Vec3) plotter.XY, ink color.Color) error {
	var dots plotter.XYs
	for _, i := range set.Split(split) {
		pose := &set.Views[i].Camera.Pose
		dot := at(pose.Pos)
		line, err := plotter.NewLine(plotter.XYs{dot, at(pose.Pos.Add(pose.Forward().Mul(0.3 * set.Frame.Radius)))})
		if err != nil {
			return fmt.Errorf("train: view %s: %w", set.Views[i].Name, err)
		}
		line.Color = ink
		p.Add(line)
		dots = append(dots, dot)
	}
	if len(dots) == 0 {
		return nil
	}
	marks, err := plotter.NewScatter(dots)
	if err != nil {
		return fmt.Errorf("train: cameras: %w", err)
	}
	marks.Color, marks.Shape, marks.Radius = ink, draw.CircleGlyph{}, vg.Points(2.5)
	p.Add(marks)
	p.Legend.Add(split.String(), marks)
	return nil
}

// circle is the scene's ball.
func circle() plotter.XYs {
	var xys plotter.XYs
	for i := range 121 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 120)
		xys = append(xys, plotter.XY{X: cos, Y: sin})
	}
	return xys
}

// square is the largest square in c.
func square(c draw.Canvas) draw.Canvas {
	w, h := c.Max.X-c.Min.X, c.Max.Y-c.Min.Y
	if d := w - h; d > 0 {
		return draw.Crop(c, d/2, -d/2, 0, 0)
	}
	return draw.Crop(c, 0, 0, (h-w)/2, -(h-w)/2)
}

// horizon is right and back in a picture from above, as cameras of [render.Orbit] have them at azimuth 0.
func horizon(up mgl64.Vec3) (right, back mgl64.Vec3) {
	cam := render.Orbit{}.Camera(plucker.Frame{Radius: 1, Up: up}, 1, 1)
	return cam.Pose.Right(), cam.Pose.Rot.Col(2)
}

// contactSheet shows photographs spread over the set, as small pictures; it is empty where the set has no pixels.
func contactSheet(set *dataset.Set) *image.NRGBA {
	var all []int
	for i := range set.Views {
		if set.Views[i].Pix != nil {
			all = append(all, i)
		}
	}
	if len(all) == 0 {
		return image.NewNRGBA(image.Rectangle{})
	}
	shown := Spread(all, contacts)
	const cell, gap = camerasW / contactRow, 4
	rows := (len(shown) + contactRow - 1) / contactRow
	sheet := image.NewNRGBA(image.Rect(0, 0, camerasW, rows*cell))
	imagedraw.Draw(sheet, sheet.Bounds(), image.NewUniform(sheetPaper), image.Point{}, imagedraw.Src)
	for n, i := range shown {
		v := &set.Views[i]
		w, h := v.Camera.Width, v.Camera.Height
		src := &image.NRGBA{Pix: v.Pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
		s := float64(cell-2*gap) / float64(max(w, h))
		dw, dh := max(int(s*float64(w)), 1), max(int(s*float64(h)), 1)
		at := image.Pt(n%contactRow*cell+(cell-dw)/2, n/contactRow*cell+(cell-dh)/2)
		into := image.Rectangle{Min: at, Max: at.Add(image.Pt(dw, dh))}
		imagedraw.Draw(sheet, into, image.White, image.Point{}, imagedraw.Src)
		xdraw.ApproxBiLinear.Scale(sheet, into, src, src.Rect, xdraw.Over, nil)
	}
	return sheet
}
