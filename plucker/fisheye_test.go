package plucker

import (
	"math"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
)

// fisheyes are lenses which grow up to 180° from the axis.
var fisheyes = []Distortion{
	{Fisheye: true},
	{Fisheye: true, K1: 0.02, K2: -0.004, K3: 0.0006, K4: -0.00001},
	{Fisheye: true, K1: 0.0578},
	{Fisheye: true, K1: -0.01, K2: -0.0004},
}

// TestFisheyeRay: a ray leaves at the angle of which the model, in its plain form, gives the image point.
func TestFisheyeRay(t *testing.T) {
	r := newRand()
	for _, d := range fisheyes {
		cam := Pinhole(randPose(r), 640, 480, 1)
		cam.Distortion = d
		k := cam.Intrinsics
		for _, deg := range []float64{0, 1e-9, 1e-3, 0.5, 10, 45, 60, 80, 89, 89.9, 89.999, 90, 95, 120, 170} {
			for range 10 {
				theta, phi := deg*math.Pi/180, 2*math.Pi*r.Float64()
				f := theta * (1 + d.K1*math.Pow(theta, 2) + d.K2*math.Pow(theta, 4) + d.K3*math.Pow(theta, 6) + d.K4*math.Pow(theta, 8))
				u, v := k.Cx+k.Fx*f*math.Cos(phi), k.Cy+k.Fy*f*math.Sin(phi)
				want := cam.Pose.Rot.Mul3x1(mgl64.Vec3{math.Sin(theta) * math.Cos(phi), -math.Sin(theta) * math.Sin(phi), -math.Cos(theta)})
				ray := cam.Ray(u, v)
				if !approx(ray.Dir, want, 1e-10) {
					t.Fatalf("%+v: Ray(%v, %v).Dir at %v° = %v, want %v", d, u, v, deg, ray.Dir, want)
				}
				gu, gv, _, ok := cam.Project(cam.Pose.Pos.Add(want.Mul(3)))
				if ok != (deg < 90) && deg != 90 || ok && math.Hypot(gu-u, gv-v) > 1e-7 {
					t.Fatalf("%+v: Project at %v° = %v, %v, %v, want %v, %v", d, deg, gu, gv, ok, u, v)
				}
			}
		}
	}
}

func TestFisheyeUndistort(t *testing.T) {
	r := newRand()
	for _, d := range append(fisheyes, Distortion{Fisheye: true, K1: -0.1, K2: -0.01}) {
		for _, r := range []float64{1e-12, 0.01, 0.3, 1, 1.5} {
			for phi := 0.1; phi < 6; phi += 0.3 {
				x, y := r*math.Cos(phi), r*math.Sin(phi)
				gx, gy, ok := d.Undistort(d.Distort(x, y))
				if !ok || math.Hypot(gx-x, gy-y) > 1e-9 {
					t.Fatalf("%+v: Undistort(Distort(%v, %v)) = %v, %v, %v", d, x, y, gx, gy, ok)
				}
			}
		}
		cam := Pinhole(randPose(r), 640, 480, 1)
		cam.Distortion = d
		for range 200 {
			u, v, depth := r.Float64()*640, r.Float64()*480, 0.1+5*r.Float64()
			gu, gv, gd, ok := cam.Project(cam.Unproject(u, v, depth))
			if !ok || math.Abs(gu-u) > 1e-6 || math.Abs(gv-v) > 1e-6 || math.Abs(gd-depth) > 1e-9 {
				t.Fatalf("Project(Unproject(%v, %v, %v)) = %v, %v, %v, %v", u, v, depth, gu, gv, gd, ok)
			}
		}
	}
}

// With k1 = −0.3 alone a fisheye folds at θ = 1/√0.9 = 1.054, whose image, at 0.703, is the furthest there is.
func TestFisheyeBeyondTheFold(t *testing.T) {
	fold := 1 / math.Sqrt(0.9)
	d := Distortion{Fisheye: true, K1: -0.3}
	for _, r := range []float64{0.71, 0.8, 1, 10, 1e9} {
		if theta, ok := d.angle(r); ok || math.Abs(theta-fold) > 1e-9 {
			t.Errorf("angle(%v) = %v, %v, want the fold's, %v, and false", r, theta, ok, fold)
		}
		if x, y, ok := d.Undistort(r*0.6, r*0.8); ok || math.Abs(math.Hypot(x, y)-math.Tan(fold)) > 1e-6 {
			t.Errorf("Undistort at radius %v = %v, %v, %v, want the fold's and false", r, x, y, ok)
		}
	}
	edge, _ := d.radial(fold)
	if theta, ok := d.angle(edge * (1 - 1e-12)); !ok || math.Abs(theta-fold) > 1e-5 {
		t.Errorf("angle just before the fold = %v, %v, want %v", theta, ok, fold)
	}
	for _, d := range []Distortion{d, {Fisheye: true}, {Fisheye: true, K1: math.NaN()}, {Fisheye: true, K4: -1e300}, {Fisheye: true, K4: 1e300}} {
		for _, r := range []float64{0, 1, math.MaxFloat64, math.Inf(1), math.NaN()} {
			x, y, ok := d.Undistort(r, r)
			if math.IsNaN(x) || math.IsNaN(y) || ok && !(r < 2) {
				t.Errorf("%+v: Undistort(%v, %v) = %v, %v, %v, want a finite point", d, r, r, x, y, ok)
			}
		}
	}
}

// TestFisheyeAngle: the inverse of any lens at all is at the place asked for, and on the near side of the fold.
func TestFisheyeAngle(t *testing.T) {
	r := newRand()
	for range 5000 {
		n := func() float64 { return r.NormFloat64() * math.Pow(10, -3*r.Float64()) }
		d := Distortion{Fisheye: true, K1: n(), K2: n(), K3: n(), K4: n()}
		want := r.Float64() * math.Pi
		f, slope := d.radial(want)
		theta, ok := d.angle(f)
		got, gotSlope := d.radial(theta)
		switch {
		case f < 0: // far beyond the fold
		case ok && math.Abs(got-f) > 1e-12*(1+math.Abs(f)*math.Abs(gotSlope)):
			t.Fatalf("%+v: radial(angle(%v)) = %v", d, f, got)
		case !ok && slope > 0 && want < math.Pi/16:
			t.Fatalf("%+v: angle(%v) = %v, false, want %v", d, f, theta, want)
		case theta < 0 || theta > math.Pi:
			t.Fatalf("%+v: angle(%v) = %v, want 0 to π", d, f, theta)
		}
	}
}

func TestFisheyeValidate(t *testing.T) {
	c := Pinhole(LookAt(mgl64.Vec3{3, 0, 0}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 64, 48, 1)
	c.Distortion = fisheyes[1]
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	c.Distortion.P1 = 0.1
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "fisheye lens has k5 0, k6 0, p1 0.1") {
		t.Errorf("Validate = %v, want an error about p1", err)
	}
}
