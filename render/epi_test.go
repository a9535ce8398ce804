package render

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"lfnview/plucker"
)

// TestEPI compares with that row of whole pictures.
func TestEPI(t *testing.T) {
	mid := Orbit{AzDeg: 30, ElDeg: 20}.Camera(moved, 70, 40)
	mid.Distortion = plucker.Distortion{K1: -0.1}
	cams := Track(mid, 5, 2)
	if cams[2] != mid {
		t.Errorf("the camera in the middle is %+v, want that which was given", cams[2])
	}
	if d := cams[4].Pose.Pos.Sub(cams[0].Pose.Pos); math.Abs(d.Dot(mid.Pose.Right())-2) > 1e-12 || math.Abs(d.Len()-2) > 1e-12 {
		t.Errorf("the track goes %v, want 2 to the right", d)
	}
	r := NewCPU(ball{}, moved)
	var epi, whole Image
	for _, o := range []Options{{}, {Samples: 3}} {
		if err := EPI(context.Background(), r, &epi, cams, 17, o); err != nil {
			t.Fatal(err)
		}
		if epi.Width != 70 || epi.Height != 5 {
			t.Fatalf("image is %d×%d, want 70×5", epi.Width, epi.Height)
		}
		for i := range cams {
			if err := r.Render(context.Background(), &whole, &cams[i], o); err != nil {
				t.Fatal(err)
			}
			for k, want := range whole.Pix[3*70*17 : 3*70*18] {
				// The checks of the ball have edges, where rounding decides.
				if got := epi.Pix[3*70*i+k]; math.Abs(float64(got-want)) > 1e-4 {
					t.Fatalf("samples %d: row %d, value %d is %v, want %v", o.Samples, i, k, got, want)
				}
			}
		}
	}
	small := slices.Clone(cams)
	small[3] = small[3].Scaled(35, 20)
	for _, tt := range []struct {
		cams []plucker.Camera
		row  int
		want string
	}{{nil, 0, "no frames"}, {cams, -1, "row -1"}, {cams, 40, "want 0 to 39"}, {small, 5, "camera 3 has 35×20"}} {
		if err := EPI(context.Background(), r, &epi, tt.cams, tt.row, Options{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("row %d: error is %v, want %q", tt.row, err, tt.want)
		}
	}
}
