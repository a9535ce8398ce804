package train

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// psnr trains on set and measures the held-out views.
func psnr(t *testing.T, set *dataset.Set, o Options) float64 {
	t.Helper()
	tr := newTrainer(t, set, o)
	if err := tr.Run(context.Background(), nothing); err != nil {
		t.Fatal(err)
	}
	return heldOut(t, tr)
}

// sideBySide is the built-in scene from near by, by cameras that look the same way, in the front half of a large ball.
func sideBySide() (*dataset.Set, []plucker.Camera) {
	const size = 40
	s := &dataset.Set{Space: dataset.Space{Frame: plucker.Frame{Center: mgl64.Vec3{-1.7, 0, 0}, Radius: 3, Up: mgl64.Vec3{0, 0, 1}}}}
	scene := dataset.DefaultScene()
	var cams []plucker.Camera
	for i := range 16 {
		at := mgl64.Vec3{1.7, 0.05*float64(i%4) - 0.1, 0.4 + 0.05*float64(i/4)}
		v := dataset.View{Camera: plucker.Pinhole(plucker.LookAt(at, at.Sub(mgl64.Vec3{1, 0, 0.3}), mgl64.Vec3{0, 0, 1}), size, size, 1)}
		if i%5 == 3 {
			v.Split = dataset.Test
		}
		for p := range size * size {
			c, _, hit := scene.Trace(v.Camera.Ray(float64(p%size)+0.5, float64(p/size)+0.5))
			if !hit {
				c = [3]float64{1, 1, 1}
			}
			for _, x := range c {
				v.Pix = append(v.Pix, byte(255*x+0.5))
			}
			v.Pix = append(v.Pix, 255)
		}
		s.Views = append(s.Views, v)
		cams = append(cams, v.Camera)
	}
	return s, cams
}

// What is outside of the ball is learned where the set says that there is something, and what cameras see that look the
// same way better in their perspective.
func TestSpaces(t *testing.T) {
	steps := 250
	if testing.Short() {
		steps = 60
	}
	small := testSet(t)
	small.Frame.Radius *= 0.4

	front, cams := sideBySide()
	for _, tt := range []struct {
		name  string
		set   *dataset.Set
		space func(s *dataset.Set)
		grids []int
		more  float64 // dB, after all steps
	}{
		{"outside", small, func(s *dataset.Set) { s.Clear = 0.95 * 3 / s.Frame.Radius }, []int{12, 24}, 1.5},
		{"window", front, func(s *dataset.Set) { s.Window = plucker.WindowOf(cams, s.Frame, 0.6, math.Inf(1)) }, []int{12, 24}, 0.5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := testOptions(steps)
			o.Config.Encoding.Grids = tt.grids
			before := psnr(t, tt.set, o)
			tt.space(tt.set)
			got := psnr(t, tt.set, o)
			t.Logf("%.2f dB in the ball, %.2f dB", before, got)
			if testing.Short() {
				tt.more = 0
			}
			if !(got > before+tt.more) {
				t.Errorf("held-out views have %.2f dB, and %.2f dB in the ball alone: want %v dB more", got, before, tt.more)
			}
		})
	}
}

// Grids are as fine as the photographs are, within limits.
func TestFinest(t *testing.T) {
	for _, tt := range []struct{ pixels, want int }{{8, 128}, {100, 128}, {150, 128}, {200, 192}, {400, 256}, {4000, 256}} {
		c, err := lfn.Preset("large")
		if err != nil {
			t.Fatal(err)
		}
		s := &dataset.Set{Space: dataset.Space{Frame: plucker.UnitFrame()}}
		pose := plucker.LookAt(mgl64.Vec3{4, 0, 0}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1})
		s.Views = []dataset.View{{Camera: plucker.Pinhole(pose, tt.pixels, tt.pixels, 2*math.Atan(0.25))}}
		e := fitted(c, s).Encoding
		if got := slices.Max(e.Grids); got != tt.want || e.Points*slices.Max(c.Encoding.Grids) != c.Encoding.Points*got {
			t.Errorf("%d pixels across the ball: %d texels, %d points, want %d texels and points as dense", tt.pixels, got, e.Points, tt.want)
		}
		s.Fresh = func([]uint64, []plucker.Ray, [][4]float32) {}
		if got := fitted(c, s).Encoding.Grids; !slices.Equal(got, c.Encoding.Grids) {
			t.Errorf("fresh rays: %v, want %v", got, c.Encoding.Grids)
		}
	}
}

// A network has the space of its set, where it can have it, and so has one that learns from it.
func TestFitted(t *testing.T) {
	set := testSet(t)
	set.Clear = 3
	for kind, want := range map[string]float64{"paper": 0, "pure": 0, "tiny": 3} {
		c, err := lfn.Preset(kind)
		if err != nil {
			t.Fatal(err)
		}
		e := fitted(c, set).Encoding
		if e.Clear != want || (e.Points > c.Encoding.Points) != (want > 0) {
			t.Errorf("%s: clear is %v, %d points, want %v and more points than %d", kind, e.Clear, e.Points, want, c.Encoding.Points)
		}
	}
	large, err := lfn.Preset("large")
	if err != nil {
		t.Fatal(err)
	}
	if e := fitted(large, set).Encoding; slices.Max(e.Grids) != enough || e.Points != 2*large.Encoding.Points*enough/slices.Max(large.Encoding.Grids) {
		t.Errorf("outside of the ball: grids %v, %d points, want %d texels and points as dense", e.Grids, e.Points, enough)
	}
	m := newTrainer(t, set, testOptions(1)).Model("")
	student, err := Distill(context.Background(), m, set)
	if err != nil {
		t.Fatal(err)
	}
	if student.Clear != 3 || student.Window != nil {
		t.Errorf("the student's set has %+v, want clear 3", student.Space)
	}
}
