package dataset

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
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

// TestGrids: with what is known of the world, the cameras are those that took the photographs; without, they still see
// blocks where they are, content is in the unit ball, and no camera is.
func TestGrids(t *testing.T) {
	const rows, cols = 3, 5
	fov := 2 * math.Atan(float64(world.w)/2/world.f) * 180 / math.Pi
	known := GridOptions{Baseline: world.step, Focus: world.focus, FovDeg: fov}
	places := func(down float64) func(row, col int) string {
		return func(row, col int) string {
			return fmt.Sprintf("out_%02d_%02d_%f_%f_.png", row, col, -381.909271+down*float64(row)*100*world.step, 1103.376221+float64(col)*100*world.step)
		}
	}
	withCfg := func(name func(row, col int) string) map[string][]byte {
		return with(world.views(rows, cols, name), "parameters.cfg", world.cfg(rows, cols))
	}
	for _, tt := range []struct {
		name, format, middle string
		files                map[string][]byte
		known                GridOptions
	}{
		{"HCI", "hci", "input_Cam007.png", withCfg(hciName(cols)), GridOptions{}},
		{"Lytro", "lytro", lytroName(rows)(1, 2), world.views(rows, cols, lytroName(rows)), known},
		{"Stanford without places", "stanford", "out_01_02.png", world.views(rows, cols, stanfordName), known},
		{"Stanford, places that grow downwards", "stanford", places(1)(1, 2), world.views(rows, cols, places(1)), known},
		{"Stanford, places that grow upwards", "stanford", places(-1)(1, 2), world.views(rows, cols, places(-1)), known},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t, tt.files)
			for _, o := range []GridOptions{tt.known, {}} {
				s, err := Open(context.Background(), dir, Options{Grid: o})
				if err != nil {
					t.Fatal(err)
				}
				if s.Format != tt.format || len(s.Views) != rows*cols || len(s.Warnings) > 0 || fmt.Sprint(s.Split(Test)) != "[0 8]" {
					t.Errorf("format %s, %d views, warnings %q, test views %v", s.Format, len(s.Views), s.Warnings, s.Split(Test))
				}
				middle := slices.IndexFunc(s.Views, func(v View) bool { return v.Name == tt.middle })
				depth := func(u, v float64) float64 { return world.depth(0, 0, u, v) }
				if o == (GridOptions{}) && tt.format != "hci" {
					depth = depthsBy(t, s, middle)
				}
				n := checkDisparities(t, s, middle, depth)
				t.Logf("%+v: %d blocks, frame %+v", o, n, s.Frame)
				if n < 80 {
					t.Errorf("%+v: only %d blocks were found", o, n)
				}
				checkGridFrame(t, s, middle, depth)
			}
		})
	}
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

func TestGridUnusual(t *testing.T) {
	const rows, cols = 5, 6
	name := lytroName(rows)
	files := world.views(rows, cols, name)
	open := func(t *testing.T, files map[string][]byte, want ...string) *Set {
		t.Helper()
		s, err := Open(context.Background(), folder(t, files), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Warnings, want) {
			t.Errorf("warnings %q,\nwant     %q", s.Warnings, want)
		}
		return s
	}
	t.Run("dark corners", func(t *testing.T) {
		dark := maps.Clone(files)
		dark[name(0, 0)] = world.photograph(0, 0, 0.01)
		dark[name(4, 0)] = world.photograph(0, 0, 0.01)
		dark[name(0, 5)] = world.photograph(0, 0, 0.2)
		s := open(t, dark,
			"2 of 30 views are black, such as IMG_0007_001_01_01.png: they are left out",
			"1 of 30 views are nearly black, such as IMG_0007_030_06_01.png: they look through the rim of the lens, take them out")
		if len(s.Views) != 28 {
			t.Errorf("%d views", len(s.Views))
		}
	})
	t.Run("holes", func(t *testing.T) {
		holes := maps.Clone(files)
		delete(holes, name(1, 2))
		delete(holes, name(4, 4))
		s := open(t, with(holes, "cover.png", string(pngOf(8, 8))),
			"1 of 29 images have no name like *_SS_TT.png, such as cover.png: they are left out",
			"2 of the 6×5 images of the grid are missing, such as that of row 2, column 3: their views are skipped")
		if len(s.Views) != 28 {
			t.Errorf("%d views", len(s.Views))
		}
	})
	t.Run("part of a grid", func(t *testing.T) {
		part := map[string][]byte{}
		for n, data := range files {
			if !strings.HasSuffix(n, "_01.png") && !strings.Contains(n, "_01_") {
				part[n] = data
			}
		}
		if s := open(t, part); len(s.Views) != 20 {
			t.Errorf("%d views", len(s.Views))
		}
	})
	t.Run("nothing to see", func(t *testing.T) {
		flat := map[string][]byte{}
		for n := range files {
			flat[n] = encoded(image.NewGray16(image.Rect(0, 0, world.w, world.h)), png.Encode)
		}
		s := open(t, flat, "too little in the photographs is found in those beside them to say how far it is: see the options of grids")
		if err := s.Frame.Validate(); err != nil {
			t.Error(err)
		}
	})
	t.Run("HCI", func(t *testing.T) {
		h := with(world.views(3, 3, hciName(3)), hciFile, strings.Replace(world.cfg(3, 3), "offset = 3", "offset = 4", 1))
		delete(h, "input_Cam005.png")
		delete(h, "input_Cam000.png")
		s := open(t, h, "2 of the 3×3 images of the grid are missing, such as that of row 0, column 0: their views are skipped",
			"parameters.cfg: offset is 4 pixels a step, and baseline, focal length and focus distance make it 3: which is taken")
		checkDisparities(t, s, 3, func(u, v float64) float64 { return world.depth(0, 0, u, v) })
	})
}

// TestGridScale: a world that is twice as large looks the same, and options win over parameters.cfg.
func TestGridScale(t *testing.T) {
	dir := folder(t, with(world.views(3, 5, hciName(5)), hciFile, world.cfg(3, 5)))
	fov := 2 * math.Atan(float64(world.w)/2/world.f) * 180 / math.Pi
	s, err := Open(context.Background(), dir, Options{Grid: GridOptions{Baseline: 2 * world.step, Focus: 2 * world.focus, FovDeg: fov}})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Warnings) > 0 {
		t.Errorf("warnings %q", s.Warnings)
	}
	depth := func(u, v float64) float64 { return 2 * world.depth(0, 0, u, v) }
	if n := checkDisparities(t, s, 7, depth); n < 80 {
		t.Errorf("only %d blocks were found", n)
	}
	checkGridFrame(t, s, 7, depth)
}

func TestGridBadInput(t *testing.T) {
	const n = 2
	lytro, stanford := world.views(n, n, lytroName(n)), world.views(n, n, stanfordName)
	im := string(pngOf(8, 6))
	for _, tt := range []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"a cell twice", with(lytro, "IMG_0008_001_01_02.png", im), "IMG_0008_001_01_02.png: has row 2, column 1 of the grid, and so has IMG_0007_002_01_02.png: take one of them out"},
		{"another size", with(lytro, "IMG_0007_003_02_02.png", im), "IMG_0007_003_02_02.png: is 8×6 pixels, and IMG_0007_001_01_01.png is 96×80: want images of one size"},
		{"no image", with(lytro, "IMG_0007_003_02_02.png", "text"), "IMG_0007_003_02_02.png: is no image that can be read"},
		{"Stanford, a cell twice", with(stanford, "out_01_01_0.5_2.png", im), "out_01_01_0.5_2.png: has row 1, column 1 of the grid, and so has out_01_01.png: take one of them out"},
		{"Stanford, some with places", with(stanford, "out_01_02_0.5_2.png", string(stanford["out_01_01.png"])), "out_00_00.png: has no place of its camera in its name, and others have: want it in all or none"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantError(t, tt.files, tt.want) })
	}
	for _, o := range []GridOptions{{Baseline: -1}, {Focus: math.NaN()}, {FovDeg: 180}, {Baseline: math.Inf(1)}} {
		if _, err := Open(context.Background(), folder(t, lytro), Options{Grid: o}); err == nil || !strings.Contains(err.Error(), "of the grid is") {
			t.Errorf("%+v: error %v", o, err)
		}
	}
}

func TestHCIBadInput(t *testing.T) {
	files := world.views(2, 2, hciName(2))
	cfg := world.cfg(2, 2)
	change := func(old, new string) string {
		if !strings.Contains(cfg, old) {
			t.Fatalf("no %q in the file", old)
		}
		return strings.Replace(cfg, old, new, 1)
	}
	for _, tt := range []struct{ name, cfg, want string }{
		{"empty", "", "is empty: copy it again"},
		{"blank", "\n\n", "num_cams_x: is missing"},
		{"no value", change("num_cams_x = 2", "num_cams_x"), `line 9: is "num_cams_x", want a key, =, and its value`},
		{"a word", change("num_cams_x = 2", "num_cams_x = two"), `line 9, num_cams_x: is "two", want a number`},
		{"half a camera", change("num_cams_x = 2", "num_cams_x = 2.5"), "line 9, num_cams_x: is 2.5, want a whole number from 1 to 1024"},
		{"a million", change("num_cams_x = 2", "num_cams_x = 1000000"), "line 9, num_cams_x: is 1000000, want a whole number from 1 to 1024"},
		{"no cameras", change("num_cams_y = 2", "num_cams_y = 0"), "line 10, num_cams_y: is 0, want a whole number from 1 to 1024"},
		{"NaN", change("focus_distance_m = 4", "focus_distance_m = nan"), "line 12, focus_distance_m: is nan, want a number from 1e-06 to"},
		{"Inf", change("baseline_mm = 100", "baseline_mm = 1e999"), "line 11, baseline_mm: is 1e999, want a number from 1e-06 to"},
		{"baseline 0", change("baseline_mm = 100", "baseline_mm = 0"), "line 11, baseline_mm: is 0, want a number from 1e-06 to"},
		{"twice", cfg + "num_cams_x = 2\n", "line 25, num_cams_x: is there twice"},
		{"missing", change("sensor_size_mm = 36.0\n", ""), "sensor_size_mm: is missing"},
		{"fewer cameras than images", change("num_cams_y = 2", "num_cams_y = 1"), "num_cams_x, num_cams_y: are 2 and 1, and there is input_Cam002.png: want the size of the grid"},
		{"another aspect", change("image_resolution_y_px = 80", "image_resolution_y_px = 96"), "focal_length_mm: is for 96×96 pixels, an aspect that is not the image's: use the original images (image input_Cam000.png is 96×80)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantError(t, with(files, hciFile, tt.cfg), hciFile+": "+tt.want)
		})
	}
	t.Run("no images", func(t *testing.T) {
		wantError(t, map[string][]byte{hciFile: []byte(cfg)}, "no image has a name like input_Cam000")
	})
	t.Run("the same image twice", func(t *testing.T) {
		wantError(t, with(with(files, hciFile, cfg), "input_Cam3.png", string(pngOf(96, 80))), "input_Cam3.png: has row 1, column 1 of the grid, and so has input_Cam003.png: take one of them out")
	})
}

// FuzzGridConfig: what is accepted makes valid cameras and a frame that none of them is in, and costs little.
func FuzzGridConfig(f *testing.F) {
	cfg := world.cfg(3, 3)
	f.Add([]byte(cfg))
	f.Add([]byte(strings.ReplaceAll(cfg, "\n", "\r\n")))
	f.Add([]byte(strings.ReplaceAll(cfg, "disp_min", "# disp_min")))
	f.Add([]byte(strings.ReplaceAll(cfg, "num_cams_x = 3", "num_cams_x = 1e3")))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseHCI(data)
		if err != nil {
			wantFormatError(t, err)
			return
		}
		found, err := findCells([]string{"input_Cam000.png", "input_Cam001.png", "input_Cam8.png", "input_Cam999999999999.png"}, hciPrefix, c.cell)
		if err != nil {
			wantFormatError(t, err)
			return
		}
		src, err := c.source("", found)
		if err != nil {
			wantFormatError(t, err)
			return
		}
		checkSource(t, src, c.w, c.h)
	})
}

// TestGridConfigMemory: files that repeat the shortest thing which could grow cost a small multiple of their size.
func TestGridConfigMemory(t *testing.T) {
	for _, unit := range []string{"a=\n", "offset\n", "\n", "#\n", "=", "num_cams_x = 1000\nnum_cams_y = 1000\n"} {
		data := []byte(strings.Repeat(unit, (1<<18)/len(unit)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := parseHCI(data)
		runtime.ReadMemStats(&after)
		if got := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(data)); err == nil || got > 16 {
			t.Errorf("%q: allocated %.0f times the size of the file in all (%v)", unit, got, err)
		}
	}
}

func checkSource(t *testing.T, src *source, w, h int) {
	t.Helper()
	if err := src.frame.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, sh := range src.shots {
		c, err := sh.camera(w, h)
		if err != nil {
			wantFormatError(t, err)
			continue
		}
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		if c.Pose.Pos.Sub(src.frame.Center).Len() < src.frame.Radius {
			t.Fatalf("%s is in the ball: %v, %+v", sh.name, c.Pose.Pos, src.frame)
		}
	}
}

// FuzzGridNames: what names say is in the grid, or refused in one line.
func FuzzGridNames(f *testing.F) {
	f.Add("IMG_0001_001_01_01.png\nIMG_0001_002_01_02.png\nIMG_0001_003_02_01.png\nx.png")
	f.Add("out_00_00_-381.909271_1103.376221.png\nout_00_01_-381.9_1017.387878_.png\nout_1_0_1e9_-0.png")
	f.Add("out_00_00.png\nout_0001_1023.png\nout_00_00.jpg")
	f.Fuzz(func(t *testing.T, text string) {
		names := slices.DeleteFunc(strings.Split(text, "\n"), func(n string) bool { return n == "" })
		for what, parse := range map[string]func(string) (cell, bool){lytroNames: lytroCell, stanfordNames: stanfordCell} {
			g, err := findCells(names, what, parse)
			if err != nil {
				continue
			}
			g.trim()
			g.warnMissing()
			if len(g.all) > len(names) || len(g.warnings) > 2 {
				t.Fatalf("%d cells and %q of %d names", len(g.all), g.warnings, len(names))
			}
			if err := g.setPlaces(2); err != nil {
				wantFormatError(t, err)
				continue
			}
			for _, c := range g.all {
				if c.row < 0 || c.row >= g.rows || c.col < 0 || c.col >= g.cols || math.IsNaN(c.u+c.v) || math.IsInf(c.u+c.v, 0) {
					t.Fatalf("%+v in a grid of %d×%d", c, g.cols, g.rows)
				}
			}
			g.middle()
		}
	})
}
