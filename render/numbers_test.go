package render

import (
	"context"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/render/raster"
)

// solidGeometry is what a camera sees of the ball.
func solidGeometry(t *testing.T) (*Geometry, []float32) {
	t.Helper()
	cam := Orbit{AzDeg: 30, ElDeg: 20}.Camera(moved, 64, 48)
	g := new(Geometry)
	if err := NewCPU(solid{}, moved).Geometry(context.Background(), g, &cam); err != nil {
		t.Fatal(err)
	}
	depths := g.Depths(nil, &cam)
	for i, d := range depths {
		p, known := g.Point(&cam, i%64, i/64)
		_, _, want, _ := cam.Project(p)
		if !known {
			want = 0
		}
		if math.Abs(float64(d)-want) > 1e-5 {
			t.Fatalf("depth of pixel %d is %v, want %v", i, d, want)
		}
	}
	return g, depths
}

func TestSaveNumbers(t *testing.T) {
	g, depths := solidGeometry(t)
	dir := t.TempDir()
	for _, ending := range []string{raster.NPY, raster.PFM} {
		for name, n := range map[string]*Numbers{"depth": DepthNumbers(depths, 64, 48, 0), "normals": g.NormalNumbers(), "confidence": g.ConfidenceNumbers()} {
			path := filepath.Join(dir, name+ending)
			if err := SaveNumbers(path, n); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := raster.Decode(data, ending)
			if err != nil || m.Width != 64 || m.Height != 48 {
				t.Fatalf("%s: %v", path, err)
			}
			for i, v := range m.Pix {
				if v != n.Pix[i] {
					t.Fatalf("%s: number %d is %v, want %v", path, i, v, n.Pix[i])
				}
			}
		}
	}
	for _, bad := range []string{"depth", "depth.jpg", "depth.npz"} {
		if err := SaveNumbers(filepath.Join(dir, bad), g.ConfidenceNumbers()); err == nil || !strings.Contains(err.Error(), ".npy, .pfm or .png") {
			t.Errorf("%s: error is %v", bad, err)
		}
	}
	depths[77] = float32(math.NaN())
	for _, ending := range []string{raster.NPY, raster.PFM, raster.PNG} {
		path := filepath.Join(dir, "nan"+ending)
		if err := SaveNumbers(path, DepthNumbers(depths, 64, 48, 1)); err == nil || !strings.Contains(err.Error(), "pixel (13, 1) is NaN") {
			t.Errorf("NaN: error is %v", err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s was written", path)
		}
	}
}

// TestSaveNumbersPNG reads the numbers back as the file says that they are to be read.
func TestSaveNumbersPNG(t *testing.T) {
	g, depths := solidGeometry(t)
	path := filepath.Join(t.TempDir(), "x.png")
	open := func(n *Numbers) image.Image {
		if err := SaveNumbers(path, n); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"tEXtTitle\x00", "tEXtDescription\x00", "tEXtScale\x00", "tEXtZero\x00"} {
			if !strings.Contains(string(data), want) {
				t.Errorf("%s: no text %q", n.Title, want)
			}
		}
		m, err := png.Decode(strings.NewReader(string(data)))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	depth := DepthNumbers(depths, 64, 48, 0)
	m := open(depth).(*image.Gray16)
	for i, d := range depths {
		if got := float64(m.Gray16At(i%64, i/64).Y) * depth.Code.Scale; math.Abs(got-float64(d)) > depth.Code.Scale || (d == 0) != (got == 0) {
			t.Fatalf("depth of pixel %d is %v, want %v", i, got, d)
		}
	}
	rgb := open(g.NormalNumbers())
	for i, c := range g.Confidence {
		r, gr, b, _ := rgb.At(i%64, i/64).RGBA()
		for k, v := range [3]uint32{r, gr, b} {
			if got := float64(v)*2/65535 - 1; math.Abs(got-float64(g.Normal[3*i+k])) > 4e-5 {
				t.Fatalf("normal of pixel %d, confidence %v, is %v, want %v", i, c, got, g.Normal[3*i+k])
			}
		}
	}
}

func TestDepthScale(t *testing.T) {
	for _, tt := range []struct {
		far  float32
		want float64
	}{{0, 1e-3}, {3, 1e-4}, {4, 2e-4}, {32.7, 1e-3}, {1e6, 50}} {
		got := DepthScale([]float32{0, tt.far, tt.far / 2})
		if math.Abs(got-tt.want) > 1e-9*tt.want {
			t.Errorf("scale for depths up to %v is %v, want %v", tt.far, got, tt.want)
		}
	}
}

func TestNearFar(t *testing.T) {
	_, depths := solidGeometry(t)
	if near, far, ok := NearFar(depths); !ok || !(near > 0 && near < far) {
		t.Fatalf("near and far are %v and %v", near, far)
	}
	if _, _, ok := NearFar(make([]float32, 9)); ok {
		t.Error("of nothing there is near and far")
	}
	if near, far, _ := NearFar([]float32{2, 2, 2}); !(near < 2 && far > 2) {
		t.Errorf("a wall at 2 is from %v to %v", near, far)
	}
}

// TestFill has a slope of which the rim is known and a wall of another colour beside it: the slope is filled, and
// nothing beyond its rim.
func TestFill(t *testing.T) {
	const w, h = 40, 20
	var g Geometry
	g.Resize(w, h)
	for _, s := range [][]float32{g.Color.Pix, g.Distance, g.Confidence} {
		clear(s)
	}
	slope := func(x int) float32 { return 2 + float32(x)/10 }
	for i := range g.Distance {
		x, y := i%w, i/w
		if x >= 25 {
			copy(g.Color.Pix[3*i:], []float32{0.9, 0.8, 0.7})
		}
		if x >= 5 && x < 25 && y >= 3 && y < 15 {
			g.Distance[i], g.Confidence[i] = slope(x), 1
			if x >= 8 && x < 22 && y >= 5 && y < 12 {
				g.Distance[i], g.Confidence[i] = 9, 0.4
			}
		}
	}
	g.Fill()
	for i, v := range g.Distance {
		x, y := i%w, i/w
		want, sure := float32(0), false
		if x >= 5 && x < 25 && y >= 3 && y < 15 {
			want, sure = slope(x), true
		}
		if math.Abs(float64(v-want)) > 1e-3 || sure != (g.Confidence[i] >= lfn.Confident) {
			t.Fatalf("pixel (%d, %d) is %v, %v sure, want %v", x, y, v, g.Confidence[i], want)
		}
	}
}

func TestDrawBar(t *testing.T) {
	turbo, _ := FindColorMap("turbo")
	got := NewImage(256, 128)
	for i := range got.Pix {
		got.Pix[i] = 0.6
	}
	Scale{turbo, 1.25, 4.75}.DrawBar(got, "depth")
	path := filepath.Join("testdata", "golden", "bar.png")
	if *update {
		if err := got.SavePNG(path); err != nil {
			t.Fatal(err)
		}
	}
	cam := Orbit{}.Camera(moved, 256, 128)
	compareGolden(t, got.ToNRGBA(), path, &cam)
	small := NewImage(60, 40)
	if (Scale{turbo, 0, 1}).DrawBar(small, "depth"); small.Pix[3*(35*60+10)] != 0 {
		t.Error("a small picture has a bar")
	}
}
