package dataset

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lfnview/plucker"
)

// TestHCIReal: the ground truth's depth of the middle view leads to the same colours in the others, and it does not
// with the signs of any convention changed.
func TestHCIReal(t *testing.T) {
	dir := sharedData(t, "lf_hci_new_shot_01")
	s, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Views) != 81 || s.Format != "hci" || len(s.Warnings) > 0 {
		t.Fatalf("%d views, format %s, warnings %q", len(s.Views), s.Format, s.Warnings)
	}
	depth := readPFM(t, filepath.Join(dir, "gt_depth_lowres_Cam040.pfm"))
	middle := s.Views[40]
	w, h := middle.Camera.Width, middle.Camera.Height
	m := lumaOf(&middle)
	error := func(change func(c *plucker.Camera)) float64 {
		var errs []float64
		for _, i := range []int{36, 44, 4, 76, 0, 80, 31, 39} {
			v := s.Views[i]
			change(&v.Camera)
			other := lumaOf(&v)
			for y := 2; y < h-2; y++ {
				for x := 2; x < w-2; x++ {
					z := depth[(h-1-y)*w+x] // rows from the bottom up, as PFM has them
					edge := math.Abs(m.pix[y*w+x+2]-m.pix[y*w+x-2]) + math.Abs(m.pix[(y+2)*w+x]-m.pix[(y-2)*w+x])
					if z > 100 || edge < 10 {
						continue // the background, and what has one colour
					}
					u2, v2, _, ok := v.Camera.Project(middle.Camera.Unproject(float64(x)+0.5, float64(y)+0.5, z))
					x2, y2 := int(math.Floor(u2)), int(math.Floor(v2))
					if ok && x2 >= 0 && x2 < w && y2 >= 0 && y2 < h {
						errs = append(errs, math.Abs(other.pix[y2*w+x2]-m.pix[y*w+x]))
					}
				}
			}
		}
		if len(errs) < 10000 {
			t.Fatalf("only %d pixels", len(errs))
		}
		return quantile(errs, 0.5)
	}
	right := error(func(*plucker.Camera) {})
	t.Logf("median difference %.2f of 255", right)
	if right > 2 {
		t.Errorf("the median difference to the warped views is %.2f of 255", right)
	}
	c0 := middle.Camera
	for _, tt := range []struct {
		name   string
		change func(c *plucker.Camera)
	}{
		{"columns to the left", func(c *plucker.Camera) {
			r := c0.Pose.Right()
			x := c.Pose.Pos.Sub(c0.Pose.Pos).Dot(r)
			c.Pose.Pos = c.Pose.Pos.Sub(r.Mul(2 * x))
			c.Intrinsics.Cx = 2*c0.Intrinsics.Cx - c.Intrinsics.Cx
		}},
		{"rows upwards", func(c *plucker.Camera) {
			up := c0.Pose.Up()
			y := c.Pose.Pos.Sub(c0.Pose.Pos).Dot(up)
			c.Pose.Pos = c.Pose.Pos.Sub(up.Mul(2 * y))
			c.Intrinsics.Cy = 2*c0.Intrinsics.Cy - c.Intrinsics.Cy
		}},
		{"no shift", func(c *plucker.Camera) { c.Intrinsics.Cx, c.Intrinsics.Cy = c0.Intrinsics.Cx, c0.Intrinsics.Cy }},
		{"shift the other way", func(c *plucker.Camera) {
			c.Intrinsics.Cx, c.Intrinsics.Cy = 2*c0.Intrinsics.Cx-c.Intrinsics.Cx, 2*c0.Intrinsics.Cy-c.Intrinsics.Cy
		}},
		{"baseline 10 % more", func(c *plucker.Camera) {
			c.Pose.Pos = c0.Pose.Pos.Add(c.Pose.Pos.Sub(c0.Pose.Pos).Mul(1.1))
		}},
	} {
		wrong := error(tt.change)
		t.Logf("%s: %.2f", tt.name, wrong)
		if wrong < 4*right {
			t.Errorf("with cameras that are wrong (%s) the difference is %.2f, with right ones %.2f", tt.name, wrong, right)
		}
	}
	checkGridFrame(t, s, 40, func(u, v float64) float64 {
		z := depth[(h-1-int(v))*w+int(u)]
		if z > 100 {
			return 9 // background of one colour, at infinity
		}
		return z
	})
	if up := s.Frame.Up; up[2] < 0.999 {
		t.Errorf("up is %v, want +Z, as in Blender", up)
	}
}

// readPFM reads the one channel of a PFM file, row by row from the bottom.
func readPFM(t *testing.T, file string) []float64 {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Skip(err)
	}
	var w, h int
	var scale float64
	if _, err := fmt.Sscanf(string(data[:64]), "Pf\n%d %d\n%g", &w, &h, &scale); err != nil || scale >= 0 {
		t.Fatalf("%s: %v, scale %v", file, err, scale)
	}
	data = data[len(data)-4*w*h:]
	x := make([]float64, w*h)
	for i := range x {
		x[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))
	}
	return x
}

// TestLytroReal: blocks of a real photograph move along rows as they do along columns, by what the cameras say, and the
// flowers are before the grass.
func TestLytroReal(t *testing.T) {
	dir := sharedData(t, "lf_lytro_0001")
	s, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Views) != 100 || s.Format != "lytro" || len(s.Warnings) > 0 {
		t.Fatalf("%d views, format %s, warnings %q", len(s.Views), s.Format, s.Warnings)
	}
	view := func(ss, tt int) *View {
		i := slices.IndexFunc(s.Views, func(v View) bool { return strings.HasSuffix(v.Name, fmt.Sprintf("_%02d_%02d.png", ss, tt)) })
		return &s.Views[i]
	}
	a, right, below := view(5, 5), view(8, 5), view(5, 8)
	if d := right.Camera.Pose.Pos.Sub(a.Camera.Pose.Pos); d.Sub(a.Camera.Pose.Right().Mul(3)).Len() > 1e-9 {
		t.Errorf("the camera of SS + 3 is %v away, want three units to the right", d)
	}
	if d := below.Camera.Pose.Pos.Sub(a.Camera.Pose.Pos); d.Sub(a.Camera.Pose.Up().Mul(-3)).Len() > 1e-9 {
		t.Errorf("the camera of TT + 3 is %v away, want three units down", d)
	}
	la, lr, lb := lumaOf(a), lumaOf(right), lumaOf(below)
	var flower, grass, miss, other []float64
	for y := 16; y < 240; y += 8 {
		for x := 16; x < 240; x += 8 {
			du, ok1 := along(la, lr, x, y, 1, 0)
			dv, ok2 := along(la, lb, x, y, 0, 1)
			if !ok1 || !ok2 {
				continue
			}
			u, v := float64(x)+0.5, float64(y)+0.5
			z := triangulate(&a.Camera, &right.Camera, u, v, du)
			_, v2, _, _ := below.Camera.Project(a.Camera.Unproject(u, v, z))
			miss = append(miss, math.Abs(v2-v-dv))
			other = append(other, math.Abs(v2-v+dv))
			switch p := a.Pix[4*(y*256+x):]; { // of its colours
			case int(p[0]) > int(p[1])+60 && int(p[2]) > int(p[1])+30:
				flower = append(flower, z)
			case p[1] > p[0] && p[1] > p[2] && y < 60:
				grass = append(grass, z)
			}
		}
	}
	t.Logf("%d blocks; median miss %.3f pixels, upside down %.3f; flowers at %.0f (%d), grass at %.0f (%d); frame %+v", len(miss),
		quantile(miss, 0.5), quantile(other, 0.5), quantile(flower, 0.5), len(flower), quantile(grass, 0.5), len(grass), s.Frame)
	if m := quantile(miss, 0.5); m > 0.1 || quantile(other, 0.5) < 10*m {
		t.Errorf("blocks are %.2f pixels from where the cameras see them", m)
	}
	if f, g := quantile(flower, 0.9), quantile(grass, 0.1); !(0 < f && f < g) {
		t.Errorf("flowers are at %.0f, and grass at %.0f, want it behind", f, g)
	}
	z := quantile(slices.Concat(flower, grass), 0.5)
	checkGridFrame(t, s, slices.IndexFunc(s.Views, func(v View) bool { return v.Name == a.Name }), func(u, v float64) float64 { return z })
}
