package plucker

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
)

// lens is a strong but invertible lens with every coefficient in use.
var lens = Distortion{K1: -0.28, K2: 0.11, K3: -0.01, K4: 0.05, K5: 0.02, K6: 0.003, P1: 0.002, P2: -0.0015}

func TestConventions(t *testing.T) {
	cam := Pinhole(Pose{Rot: mgl64.Ident3()}, 4, 2, math.Pi/2)
	if cam.Intrinsics != (Intrinsics{2, 2, 2, 1}) && math.Abs(cam.Intrinsics.Fx-2) > 1e-12 {
		t.Errorf("Intrinsics = %v, want {2 2 2 1}", cam.Intrinsics)
	}
	for _, tt := range []struct {
		u, v float64
		want mgl64.Vec3
	}{
		{2, 1, mgl64.Vec3{0, 0, -1}},   // the middle looks along −Z
		{4, 1, mgl64.Vec3{1, 0, -1}},   // right edge: +X
		{2, 0, mgl64.Vec3{0, 0.5, -1}}, // row 0 is the top: +Y
	} {
		if got := cam.Ray(tt.u, tt.v).Dir; !approx(got, tt.want.Normalize(), 1e-12) {
			t.Errorf("Ray(%v, %v).Dir = %v, want %v", tt.u, tt.v, got, tt.want.Normalize())
		}
	}
}

func TestProjectUnproject(t *testing.T) {
	r := newRand()
	for _, d := range []Distortion{{}, lens} {
		cam := Pinhole(randPose(r), 640, 480, 1)
		cam.Distortion = d
		for range 1000 {
			u, v, depth := r.Float64()*640, r.Float64()*480, 0.1+5*r.Float64()
			p := cam.Unproject(u, v, depth)
			gu, gv, gd, ok := cam.Project(p)
			if !ok || math.Abs(gu-u) > 1e-6 || math.Abs(gv-v) > 1e-6 || math.Abs(gd-depth) > 1e-9 {
				t.Fatalf("Project(Unproject(%v, %v, %v)) = %v, %v, %v, %v", u, v, depth, gu, gv, gd, ok)
			}
			ray := cam.Ray(u, v)
			if off := p.Sub(ray.Origin).Cross(ray.Dir).Len(); off > 1e-9 {
				t.Fatalf("Unproject(%v, %v, %v) is %v off its ray", u, v, depth, off)
			}
			if _, _, _, ok := cam.Project(ray.At(-1)); ok {
				t.Fatal("a point behind the camera is in front")
			}
		}
	}
}

func TestUndistort(t *testing.T) {
	for _, d := range []Distortion{lens, {K1: 0.3, K2: 0.2}, {P1: 0.01, P2: 0.02}, {K1: -0.3}, {K4: 0.4, K5: 0.1}} {
		for y := -0.8; y <= 0.8; y += 0.1 {
			for x := -0.6; x <= 0.6; x += 0.1 {
				xd, yd := d.Distort(x, y)
				gx, gy, ok := d.Undistort(xd, yd)
				if !ok || math.Hypot(gx-x, gy-y) > 1e-9 {
					t.Fatalf("%+v: Undistort(%v, %v) = %v, %v, %v, want %v, %v", d, xd, yd, gx, gy, ok, x, y)
				}
			}
		}
	}
}

// A barrel with k1 = −0.3 folds at r = 1/√0.9 = 1.054, whose image, at 0.703, is the furthest there is.
func TestUndistortBeyondTheFold(t *testing.T) {
	d := Distortion{K1: -0.3}
	for _, r := range []float64{0.71, 0.8, 1, 1.5, 10, 1e9, math.Inf(1), math.NaN()} {
		x, y, ok := d.Undistort(r*0.6, r*0.8)
		if ok || math.IsNaN(x) || math.IsNaN(y) {
			t.Errorf("Undistort at radius %v = %v, %v, %v, want a finite point and false", r, x, y, ok)
		}
		if got := math.Hypot(x, y); r < 1.6 && math.Abs(got-1/math.Sqrt(0.9)) > 1e-3 {
			t.Errorf("Undistort at radius %v gives radius %v, want the fold's, 1.054", r, got)
		}
	}
	if x, y, ok := d.Undistort(0.7*0.6, 0.7*0.8); !ok {
		t.Errorf("Undistort just before the fold = %v, %v, false", x, y)
	}
}

func TestJacobian(t *testing.T) {
	const h = 1e-6
	r := newRand()
	for range 200 {
		x, y := r.Float64()-0.5, r.Float64()-0.5
		_, _, xx, xy, yy := lens.jacobian(x, y)
		ax, ay := lens.Distort(x+h, y)
		bx, by := lens.Distort(x-h, y)
		cx, cy := lens.Distort(x, y+h)
		dx, dy := lens.Distort(x, y-h)
		for _, e := range []float64{(ax-bx)/(2*h) - xx, (ay-by)/(2*h) - xy, (cx-dx)/(2*h) - xy, (cy-dy)/(2*h) - yy} {
			if math.Abs(e) > 1e-8 {
				t.Fatalf("at (%v, %v) the Jacobian %v %v %v is off by %v", x, y, xx, xy, yy, e)
			}
		}
	}
}

func TestScaled(t *testing.T) {
	r := newRand()
	cam := Pinhole(randPose(r), 640, 480, 1)
	cam.Distortion = lens
	half := cam.Scaled(320, 240)
	for range 100 {
		u, v := r.Float64()*320, r.Float64()*240
		if a, b := cam.Ray(2*u, 2*v), half.Ray(u, v); !approx(a.Dir, b.Dir, 1e-9) {
			t.Fatalf("Ray(%v, %v) = %v, want %v", u, v, b, a)
		}
	}
}

func TestRows(t *testing.T) {
	r := newRand()
	f := Frame{Center: mgl64.Vec3{0.1, 0.2, 0.3}, Radius: 1.5, Up: mgl64.Vec3{0, 0, 1}}
	for _, d := range []Distortion{{}, lens, fisheyes[1]} {
		cam := Pinhole(randPose(r), 17, 9, 1)
		cam.Distortion = d
		dst := make([]Coords, 17*4+1)
		dst[17*4] = Coords{7}
		cam.Rows(dst, f, 3, 7)
		for i := range 17 * 4 {
			u, v := float64(i%17)+0.5, float64(3+i/17)+0.5
			if want := cam.Coords(f, u, v); dst[i] != want {
				t.Fatalf("Rows at (%v, %v) = %v, want %v", u, v, dst[i], want)
			}
			want := f.Coords(cam.Ray(u, v))
			for k := range want {
				if math.Abs(float64(dst[i][k]-want[k])) > 1e-6 {
					t.Fatalf("Rows at (%v, %v) = %v, want %v", u, v, dst[i], want)
				}
			}
		}
		if dst[17*4] != (Coords{7}) {
			t.Error("Rows wrote behind its rows")
		}
		var sink Coords
		if n := testing.AllocsPerRun(10, func() {
			cam.Rows(dst, f, 0, 4)
			sink = cam.Coords(f, 3, 4)
		}); n != 0 {
			t.Errorf("Rows and Coords allocate %v times, want 0", n)
		}
		_ = sink
	}
}

func TestValidate(t *testing.T) {
	good := Pinhole(LookAt(mgl64.Vec3{3, 0, 0}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 64, 48, 1)
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		edit func(c *Camera)
		want string
	}{
		{"zero", func(c *Camera) { *c = Camera{} }, "size is 0×0"},
		{"no width", func(c *Camera) { c.Width = 0 }, "size is 0×48"},
		{"enormous", func(c *Camera) { c.Width, c.Height = 100000, 100000 }, "size is 100000×100000"},
		{"too many pixels", func(c *Camera) { c.Width, c.Height = 60000, 60000 }, "size is 60000×60000"},
		{"no focal length", func(c *Camera) { c.Intrinsics.Fy = 0 }, "focal length"},
		{"NaN in the lens", func(c *Camera) { c.Distortion.K3 = math.NaN() }, "k3 is NaN"},
		{"no lens", func(c *Camera) { c.Distortion.P2 = -1e13 }, "p2 is -1e+13, want a number from -1e+12 to 1e+12"},
		{"hardly any focal length", func(c *Camera) { c.Intrinsics.Fx = 1e-20 }, "a corner of the image is 3.2e+21 focal lengths"},
		{"far off the axis", func(c *Camera) { c.Intrinsics.Cy = -1e25 }, "focal lengths from the optical axis"},
		{"infinitely far", func(c *Camera) { c.Pose.Pos[1] = math.Inf(1) }, "position y is +Inf"},
		{"no pose", func(c *Camera) { c.Pose = Pose{} }, "not rigid"},
		{"NaN pose", func(c *Camera) { c.Pose.Rot[3] = math.NaN() }, "not rigid"},
		{"mirrored", func(c *Camera) { c.Pose.Rot[0], c.Pose.Rot[1], c.Pose.Rot[2] = 0, -1, 0 }, "mirror image"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := good
			tt.edit(&c)
			if err := c.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Validate = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func BenchmarkCoords(b *testing.B) {
	for _, d := range []struct {
		name string
		lens Distortion
	}{{"none", Distortion{}}, {"rational", lens}, {"fisheye", fisheyes[1]}} {
		b.Run(fmt.Sprintf("lens=%s", d.name), func(b *testing.B) {
			cam := Pinhole(LookAt(mgl64.Vec3{3, 0, 0}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 400, 400, 0.7)
			cam.Distortion = d.lens
			f := UnitFrame()
			var sum float32
			u := 0.5
			for b.Loop() {
				sum += cam.Coords(f, u, 100.5)[3]
				if u++; u > 400 {
					u = 0.5
				}
			}
			_ = sum
		})
	}
}
