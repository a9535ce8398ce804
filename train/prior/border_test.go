package prior

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train/dataset"
)

// squareFile writes a picture of one colour with a square of another in its middle.
func squareFile(t *testing.T, w, h int, around, inside color.Color) string {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, m.Rect, image.NewUniform(around), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(w/4, h/4, 3*w/4, 3*h/4), image.NewUniform(inside), image.Point{}, draw.Src)
	file := filepath.Join(t.TempDir(), "square.png")
	if err := render.FromRGBA(m.Pix, w, h, [3]float32{}).SavePNG(file); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestForeignBorder: of a border that is not the background it is told where the prior's own scenes have background there.
func TestForeignBorder(t *testing.T) {
	gray, green := color.Gray{128}, color.NRGBA{0, 200, 0, 255}
	middle := [3]float32{0.5, 0.5, 0.5}
	free, _, _ := painted(t, small(), 4)
	for _, x := range free.Hyper.Tensors() {
		if strings.HasPrefix(x.Name, "base.layers.2") || strings.HasPrefix(x.Name, "hyper.") && strings.Contains(x.Name, "layers.2") {
			clear(x.Data) // all scenes are gray
		}
	}
	free.Background = middle
	white := *free
	white.Background = [3]float32{1, 1, 1}
	unknown := *free
	unknown.Classes = []lfn.Class{{Scene: free.Classes[0].Scene}}
	rich, _, _ := painted(t, small(), 4)
	rich.Background = middle
	for _, tt := range []struct {
		name  string
		prior *lfn.Prior
		photo string
		told  bool
	}{
		{"another colour", free, squareFile(t, 20, 20, green, gray), true},
		{"the background", free, squareFile(t, 20, 20, gray, green), false},
		{"scenes that are not on their background", &white, squareFile(t, 20, 20, green, gray), false},
		{"scenes of many colours", rich, squareFile(t, 20, 20, green, gray), false},
		{"no cameras", &unknown, squareFile(t, 20, 20, green, gray), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			photo, err := OpenPhotograph(tt.prior, 0, tt.photo, dataset.Cutout{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if tt.told {
				want = []string{"it is #00c800 along its edges, and what the prior has learned from is #808080 there: say --background '#00c800', or --mask"}
			}
			if strings.Join(photo.Notes, "\n") != strings.Join(want, "\n") {
				t.Errorf("notes %q, want %q", photo.Notes, want)
			}
		})
	}
}

// TestPhotographLike: a photograph has the aspect of those of the camera that it is like, or its own.
func TestPhotographLike(t *testing.T) {
	p, _, _ := painted(t, small(), 1)
	file := squareFile(t, 40, 20, color.Gray{255}, color.Gray{10})
	wide := render.Orbit{}.Camera(plucker.UnitFrame(), 30, 20)
	for _, tt := range []struct {
		like *plucker.Camera
		w, h int
	}{{nil, 20, 10}, {Lens(&p.Classes[0]), 20, 20}, {&wide, 20, 13}} {
		photo, err := OpenPhotograph(p, 0, file, dataset.Cutout{}, tt.like)
		if err != nil {
			t.Fatal(err)
		}
		if c := &photo.Camera; c.Width != tt.w || c.Height != tt.h || len(photo.Pix) != 4*tt.w*tt.h {
			t.Errorf("like %v: %d×%d pixels, want %d×%d", tt.like, c.Width, c.Height, tt.w, tt.h)
		}
	}
}

// TestLookoutFor: what is in the middle of the prior's photographs is as large in the picture, whichever of its sides is longer.
func TestLookoutFor(t *testing.T) {
	p, _, _ := painted(t, small(), 1)
	square := &p.Classes[0]
	wide := *square
	wide.Cameras = []lfn.View{{Camera: render.Orbit{}.Camera(square.Scene, 30, 20)}}
	for _, tt := range []struct {
		class *lfn.Class
		w, h  int
		half  float64 // of the picture's width, at distance 1
	}{
		{square, 64, 64, 1}, {square, 128, 64, 2}, {square, 64, 128, 1}, {&wide, 60, 40, 1}, {&wide, 60, 60, 1}, {&wide, 60, 20, 2},
	} {
		half := func(o render.Orbit) float64 { return math.Tan(o.FovDeg * math.Pi / 360) }
		if got, want := half(LookoutFor(tt.class, tt.w, tt.h)), tt.half*half(Lookout(tt.class)); math.Abs(got-want) > 1e-9 {
			t.Errorf("%d×%d pixels: half the width is %v, want %v", tt.w, tt.h, got, want)
		}
	}
}
