package dataset

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"testing"

	"lfnview/plucker"
)

// twoPlanes is a world for grids of views: a textured plane, and before its left half another. Cameras look along −Z
// from the plane Z = 0.
type twoPlanes struct {
	w, h      int
	f         float64 // pixels
	step      float64 // between neighbours
	focus     float64
	near, far float64
}

// world has disparities of −2 and +2 pixels a step.
var world = twoPlanes{w: 96, h: 80, f: 120, step: 0.1, focus: 4, near: 12.0 / 5, far: 12}

// depth is how far what a camera x to the right and y above the middle sees at (u, v) is.
func (p *twoPlanes) depth(x, y, u, v float64) float64 {
	if p.point(x, y, u, v, p.near)[0] < 0 {
		return p.near
	}
	return p.far
}

// point is where the ray through (u, v) meets the plane at the distance z. It is written out: views of a grid are shifted
// such that a point of the plane at focus is at the same (u, v) in all.
func (p *twoPlanes) point(x, y, u, v, z float64) [2]float64 {
	inFocusX := (u - float64(p.w)/2) / p.f * p.focus
	inFocusY := -(v - float64(p.h)/2) / p.f * p.focus
	return [2]float64{x + (inFocusX-x)*z/p.focus, y + (inFocusY-y)*z/p.focus}
}

// photographs that were taken already.
var photographs = map[[3]float64][]byte{}

func (p *twoPlanes) photograph(x, y, brightness float64) []byte {
	key := [3]float64{x, y, brightness}
	if photographs[key] == nil {
		photographs[key] = p.takePhotograph(x, y, brightness)
	}
	return photographs[key]
}

func (p *twoPlanes) takePhotograph(x, y, brightness float64) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, p.w, p.h))
	const n = 3 // rays along each side of a pixel
	for j := range p.h {
		for i := range p.w {
			sum := [3]float64{}
			for k := range n * n {
				u, v := float64(i)+(float64(k%n)+0.5)/n, float64(j)+(float64(k/n)+0.5)/n
				z := p.depth(x, y, u, v)
				q := p.point(x, y, u, v, z)
				// Waves of 9 to 21 pixels, whatever the depth, of the two axes unlike.
				a, b := q[0]*p.f/z, q[1]*p.f/z
				for c := range sum {
					s := math.Sin(a*0.61+b*0.17+float64(c)+z) + math.Sin(a*0.23-b*0.53+2*z) + math.Sin(a*0.31+b*0.47+z*z)
					sum[c] += (0.5 + s/6.5) / (n * n)
				}
			}
			m.SetNRGBA(i, j, color.NRGBA{byte(255 * brightness * sum[0]), byte(255 * brightness * sum[1]), byte(255 * brightness * sum[2]), 255})
		}
	}
	return encoded(m, png.Encode)
}

// views returns the photographs of a grid with the names that name makes of rows from the top and columns from the left.
func (p *twoPlanes) views(rows, cols int, name func(row, col int) string) map[string][]byte {
	files := map[string][]byte{}
	for r := range rows {
		for c := range cols {
			x, y := (float64(c)-float64(cols-1)/2)*p.step, (float64(rows-1)/2-float64(r))*p.step
			files[name(r, c)] = p.photograph(x, y, 1)
		}
	}
	return files
}

func hciName(cols int) func(row, col int) string {
	return func(row, col int) string { return fmt.Sprintf("input_Cam%03d.png", row*cols+col) }
}

// lytroName counts in a serpentine, as Lytro's decoder does.
func lytroName(rows int) func(row, col int) string {
	return func(row, col int) string {
		n := col*rows + row + 1
		if col%2 == 1 {
			n = (col+1)*rows - row
		}
		return fmt.Sprintf("IMG_0007_%03d_%02d_%02d.png", n, col+1, row+1)
	}
}

func stanfordName(row, col int) string { return fmt.Sprintf("out_%02d_%02d.png", row, col) }

// cfg is the parameters.cfg of the world, in a grid of cols×rows.
func (p *twoPlanes) cfg(rows, cols int) string {
	return fmt.Sprintf(`[intrinsics]
focal_length_mm = %v
image_resolution_x_px = %d
image_resolution_y_px = %d
sensor_size_mm = 36.0
fstop = 100.0

[extrinsics]
num_cams_x = %d
num_cams_y = %d
baseline_mm = %v
focus_distance_m = %v
center_cam_x_m = 0.0
center_cam_y_m = 0.0
center_cam_z_m = 0.0
center_cam_rx_rad = 0.0
center_cam_ry_rad = 0.0
center_cam_rz_rad = 0.0
offset = %v

[meta]
scene = planes
disp_min = %v
disp_max = %v
`, p.f*36/float64(p.w), p.w, p.h, cols, rows, p.step*1e3, p.focus, p.f*p.step/p.focus,
		p.f*p.step/p.far-p.f*p.step/p.focus, p.f*p.step/p.near-p.f*p.step/p.focus)
}

func with(files map[string][]byte, name, data string) map[string][]byte {
	files = maps.Clone(files)
	files[name] = []byte(data)
	return files
}

// checkDisparities compares how far blocks of the middle view have moved in the others with where the cameras see them.
// It returns how many.
func checkDisparities(t *testing.T, s *Set, middle int, depth func(u, v float64) float64) int {
	t.Helper()
	a := &s.Views[middle]
	la := lumaOf(a)
	n := 0
	for i := range s.Views {
		b := &s.Views[i]
		d := b.Camera.Pose.Pos.Sub(a.Camera.Pose.Pos)
		sideways := math.Abs(d.Dot(a.Camera.Pose.Right()))
		across := math.Abs(d.Dot(a.Camera.Pose.Up()))
		if i == middle || min(sideways, across) > 1e-6*max(sideways, across) {
			continue
		}
		dx, dy := 1, 0
		if across > sideways {
			dx, dy = 0, 1
		}
		lb := lumaOf(b)
		for y := 12; y < la.h-12; y += 8 {
			for x := 12; x < la.w-12; x += 8 {
				if x > la.w/2-14 && x < la.w/2+14 {
					continue // at the edge of the nearer plane
				}
				got, ok := along(la, lb, x, y, dx, dy)
				if !ok {
					continue
				}
				u, v := float64(x)+0.5, float64(y)+0.5
				u2, v2, _, ok := b.Camera.Project(a.Camera.Unproject(u, v, depth(u, v)))
				if want := (u2-u)*float64(dx) + (v2-v)*float64(dy); !ok || math.Abs(got-want) > 0.15 {
					t.Errorf("%s: what %s has at (%d, %d) moved by %.2f pixels, and the cameras say %.2f", b.Name, a.Name, x, y, got, want)
					return n
				}
				n++
			}
		}
	}
	return n
}

func lumaOf(v *View) *luma {
	m := &luma{v.Camera.Width, v.Camera.Height, make([]float64, v.Camera.Width*v.Camera.Height)}
	for i := range m.pix {
		p := v.Pix[4*i:]
		m.pix[i] = (77*float64(p[0]) + 150*float64(p[1]) + 29*float64(p[2])) / 256
	}
	return m
}

// depthsBy is the depths of the two planes in a set whose scale is not known, by one block of each and the views beside.
func depthsBy(t *testing.T, s *Set, middle int) func(u, v float64) float64 {
	t.Helper()
	a := &s.Views[middle].Camera
	best := -1
	for i := range s.Views {
		if d := s.Views[i].Camera.Pose.Pos.Sub(a.Pose.Pos); math.Abs(d[1]) < 1e-9 && d[0] > 0 && (best < 0 || d[0] < s.Views[best].Camera.Pose.Pos.Sub(a.Pose.Pos)[0]) {
			best = i
		}
	}
	depthAt := func(x int) float64 {
		b := &s.Views[best].Camera
		shift, ok := along(lumaOf(&s.Views[middle]), lumaOf(&s.Views[best]), x, 40, 1, 0)
		if !ok {
			t.Fatalf("no match at %d", x)
		}
		return triangulate(a, b, float64(x)+0.5, 40.5, shift)
	}
	near, far := depthAt(20), depthAt(76)
	t.Logf("planes at %.4g and %.4g", near, far)
	if !(0 < near && near < far) {
		t.Fatalf("the near plane is at %v, the far one at %v", near, far)
	}
	return func(u, _ float64) float64 {
		if u < float64(a.Width)/2 {
			return near
		}
		return far
	}
}

// triangulate returns the depth at which what a sees at (u, v) is shift pixels to the right in b, which is beside it.
func triangulate(a, b *plucker.Camera, u, v, shift float64) float64 {
	at := func(z float64) float64 {
		u2, _, _, _ := b.Project(a.Unproject(u, v, z))
		return u2 - u
	}
	// The shift is linear in 1/z.
	s1, s2 := at(1), at(2)
	slope := (s1 - s2) / (1 - 0.5)
	return slope / (shift - (s1 - slope))
}

// checkGridFrame: what the middle view sees is in the ball, nearly all of it, and the cameras are not.
func checkGridFrame(t *testing.T, s *Set, middle int, depth func(u, v float64) float64) {
	t.Helper()
	f := s.Frame
	if err := f.Validate(); err != nil {
		t.Fatal(err)
	}
	c := &s.Views[middle].Camera
	in, all := 0, 0
	for y := 0; y < c.Height; y += 4 {
		for x := 0; x < c.Width; x += 4 {
			u, v := float64(x), float64(y)
			if c.Unproject(u, v, depth(u, v)).Sub(f.Center).Len() < f.Radius {
				in++
			}
			all++
		}
	}
	if in < all*9/10 {
		t.Errorf("%d of %d points of the scene are in the ball %+v", in, all, f)
	}
	for i := range s.Views {
		if d := s.Views[i].Camera.Pose.Pos.Sub(f.Center).Len(); d <= f.Radius {
			t.Errorf("%s is %.3g radii from the centre of the ball", s.Views[i].Name, d/f.Radius)
		}
	}
}
