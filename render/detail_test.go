package render

import (
	"math"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/plucker"
)

// A picture that is n times as coarse as the photographs, by its size or from farther away, has n×n rays a pixel.
func TestDetail(t *testing.T) {
	f := plucker.Frame{Center: [3]float64{1, 2, 3}, Radius: 2, Up: [3]float64{0, 0, 1}}
	orbit := func(dist float64, size int) plucker.Camera {
		return Orbit{ElDeg: 20, Dist: dist, FovDeg: 40}.Camera(f, size, size)
	}
	m := &lfn.Model{Scene: f}
	for i := range 9 {
		m.Cameras = append(m.Cameras, lfn.View{Split: "train", Camera: orbit(3, 96+i)}, lfn.View{Split: "test", Camera: orbit(3, 10)})
	}
	photograph := orbit(3, 100)
	inside := photograph
	inside.Pose.Pos = f.Center
	detail := Detail(m)
	for _, tt := range []struct {
		name    string
		samples int
		detail  float64
		cam     plucker.Camera
		want    int
	}{
		{"of a photograph", 0, detail, photograph, 1},
		{"a little smaller", 0, detail, orbit(3, 94), 1},
		{"finer", 0, detail, orbit(3, 800), 1},
		{"80 %", 0, detail, orbit(3, 80), 2},
		{"half", 0, detail, orbit(3, 50), 2},
		{"a quarter", 0, detail, orbit(3, 25), 4},
		{"twice as far", 0, detail, orbit(6, 100), 2},
		{"nearer", 0, detail, orbit(1.5, 50), 1},
		{"so small that it is at the limit", 0, detail, orbit(3, 1), 16},
		{"inside, where all is a radius away", 0, detail, inside, 1},
		{"as given", 3, detail, orbit(3, 25), 3},
		{"as given, finer", 3, detail, orbit(3, 800), 3},
		{"of unknown photographs", 0, 0, orbit(3, 25), 1},
		{"not a number", 0, math.NaN(), orbit(3, 25), 1},
	} {
		if got, err := (Options{Samples: tt.samples, Detail: tt.detail}).Side(&tt.cam, f); got != tt.want || err != nil {
			t.Errorf("%s: %d, %v, want %d", tt.name, got, err, tt.want)
		}
	}
	if got := Detail(&lfn.Model{Scene: f}); got != 0 {
		t.Errorf("without photographs: %v, want 0", got)
	}
	broken := photograph
	broken.Intrinsics.Fx = math.NaN()
	if _, err := (Options{Detail: detail}).Side(&broken, f); err == nil || !strings.Contains(err.Error(), "fx is NaN") {
		t.Errorf("a broken camera: %v", err)
	}
}

// A board of squares that are as small as a pixel of the photographs is grey from afar, and not a pattern of its own.
func TestDetailAgainstAliasing(t *testing.T) {
	const size = 64
	cam := Orbit{ElDeg: 90, Dist: 3, FovDeg: 40}.Camera(plucker.UnitFrame(), size, size)
	m := &lfn.Model{Scene: plucker.UnitFrame(), Cameras: []lfn.View{{Split: "train", Camera: cam}}}
	square := 2 * Detail(m)
	far := cam.Scaled(size/8, size/8)
	contrast := func(o Options) float64 {
		low, high := float32(1), float32(0)
		for _, v := range shoot(t, board(square), far, o).Pix {
			low, high = min(low, v), max(high, v)
		}
		return float64(high - low)
	}
	one, auto := contrast(Options{}), contrast(Options{Detail: Detail(m)})
	if one < 0.9 || auto > 0.3 {
		t.Errorf("contrast %.2f with one ray a pixel, want a pattern; %.2f with as many as needed, want none", one, auto)
	}
}

// board is the plane z = 0 with black and white squares of that side.
type board float64

func (b board) Colors(rgb []float32, rays []plucker.Coords) {
	for i, c := range rays {
		d, p := c.Dir(), c.ClosestToOrigin()
		p = p.Sub(d.Mul(p[2] / d[2]))
		v := float32((int(math.Floor(p[0]/float64(b))) + int(math.Floor(p[1]/float64(b)))) & 1)
		rgb[3*i], rgb[3*i+1], rgb[3*i+2] = v, v, v
	}
}
