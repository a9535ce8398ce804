package train

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/train/dataset"
)

// greyViews are views of one colour each, side by side at x.
func greyViews(x []float64, grey []byte, test ...int) *dataset.Set {
	s := &dataset.Set{Space: dataset.Space{Frame: plucker.Frame{Radius: 2, Up: mgl64.Vec3{0, 1, 0}}}}
	for i := range x {
		v := dataset.View{Name: fmt.Sprint(i), Camera: plucker.Pinhole(plucker.Pose{Rot: mgl64.Ident3(), Pos: mgl64.Vec3{x[i], 0, 4}}, 16, 16, 1)}
		for range 16 * 16 {
			v.Pix = append(v.Pix, grey[i], grey[i], grey[i], 255)
		}
		s.Views = append(s.Views, v)
	}
	for _, i := range test {
		s.Views[i].Split = dataset.Test
	}
	return s
}

func TestBaselines(t *testing.T) {
	psnr := func(a, b float64) float64 { return -20 * math.Log10(math.Abs(a-b)/255) }
	for _, tt := range []struct {
		name             string
		x                []float64
		grey             []byte
		test             []int
		nearest, average float64 // grey
	}{
		{"the nearest four of six", []float64{0, 1, 2, -4, 9, -10, 4}, []byte{100, 130, 160, 190, 255, 0, 220}, []int{0},
			130, (130*1 + 160/2. + 190/4. + 220/4.) / (1 + 1/2. + 1/4. + 1/4.)},
		{"test views do not count", []float64{0, 1, 2}, []byte{100, 130, 160}, []int{0, 1}, 160, 160},
		{"nor does a training view itself", []float64{0, 1, 3}, []byte{100, 130, 160}, nil, 130, (130 + 160/3.) / (1 + 1/3.)},
		{"the same place", []float64{0, 0, 3}, []byte{100, 130, 160}, nil, 130, 130},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, a, err := Baselines(greyViews(tt.x, tt.grey, tt.test...), 0, [3]float32{})
			if err != nil {
				t.Fatal(err)
			}
			if want := psnr(100, tt.nearest); n.Name != "0" || math.Abs(n.PSNRdB-want) > 1e-3 {
				t.Errorf("nearest: %s has %v dB, want %v", n.Name, n.PSNRdB, want)
			}
			if want := psnr(100, tt.average); a.Name != "0" || math.Abs(a.PSNRdB-want) > 1e-3 {
				t.Errorf("average: %s has %v dB, want %v", a.Name, a.PSNRdB, want)
			}
		})
	}
	t.Run("directions", func(t *testing.T) {
		s := greyViews([]float64{0, 0.1, 0.5}, []byte{100, 130, 160}, 0)
		s.Views[1].Camera.Pose.Rot = mgl64.Rotate3DY(1)
		if n, _, err := Baselines(s, 0, [3]float32{}); err != nil || math.Abs(n.PSNRdB-psnr(100, 160)) > 1e-3 {
			t.Errorf("%v dB, %v, want that of the view that looks the same way", n.PSNRdB, err)
		}
	})
	t.Run("none", func(t *testing.T) {
		s := greyViews([]float64{0, 1}, []byte{100, 130}, 0)
		s.Views[1].Camera = s.Views[1].Camera.Scaled(8, 8)
		if _, _, err := Baselines(s, 0, [3]float32{}); err == nil || !strings.Contains(err.Error(), "no other view for training has its size, 16×16 pixels") {
			t.Errorf("error %v", err)
		}
	})
}
