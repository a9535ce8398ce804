package plucker

import (
	"math"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
)

// ring returns n cameras at distance dist and the given heights around center, all looking at it.
func ring(center, up mgl64.Vec3, n int, dist float64, elevations ...float64) []Camera {
	x := up.Cross(mgl64.Vec3{0.3, 0.5, 0.2}).Normalize()
	y := up.Cross(x)
	var cams []Camera
	for i := range n {
		az := 2 * math.Pi * float64(i) / float64(n)
		el := elevations[i%len(elevations)]
		eye := x.Mul(math.Cos(az) * math.Cos(el)).Add(y.Mul(math.Sin(az) * math.Cos(el))).Add(up.Mul(math.Sin(el)))
		cams = append(cams, Pinhole(LookAt(center.Add(eye.Mul(dist)), center, up), 80, 60, 0.7))
	}
	return cams
}

func TestFrameOf(t *testing.T) {
	center, up := mgl64.Vec3{1, 2, 3}, mgl64.Vec3{1, 2, 2}.Normalize()
	f := FrameOf(ring(center, up, 12, 4, 0.3, 0.9))
	if !approx(f.Center, center, 1e-9) {
		t.Errorf("Center = %v, want %v", f.Center, center)
	}
	if want := 4 * math.Tan(0.35) * 1.05; math.Abs(f.Radius-want) > 1e-9 {
		t.Errorf("Radius = %v, want %v", f.Radius, want)
	}
	if !approx(f.Up, up, 1e-6) {
		t.Errorf("Up = %v, want %v", f.Up, up)
	}
	// A quarter of the ring leans the mean of the cameras' +Y, not the answer.
	if f := FrameOf(ring(center, up, 40, 4, 0.6)[:10]); !approx(f.Up, up, 1e-6) || !approx(f.Center, center, 1e-9) {
		t.Errorf("FrameOf(a quarter of the ring) = %v, want Center %v, Up %v", f, center, up)
	}
}

func TestFrameOfDegenerate(t *testing.T) {
	pose := Pose{Rot: mgl64.Ident3(), Pos: mgl64.Vec3{1, 2, 3}}
	one := Pinhole(pose, 80, 60, 0.7)
	beside := one
	beside.Pose.Pos = mgl64.Vec3{3, 2, 3}
	down := Pinhole(LookAt(mgl64.Vec3{0, 0, 3}, mgl64.Vec3{}, mgl64.Vec3{0, 1, 0}), 80, 60, 0.7)
	turned := Pinhole(LookAt(mgl64.Vec3{0, 0, 3}, mgl64.Vec3{}, mgl64.Vec3{0, -1, 0}), 80, 60, 0.7)
	for _, tt := range []struct {
		name   string
		cams   []Camera
		center mgl64.Vec3
		up     mgl64.Vec3
	}{
		{"none", nil, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}},
		{"one", []Camera{one}, mgl64.Vec3{1, 2, 3}, mgl64.Vec3{0, 1, 0}},
		{"side by side", []Camera{one, beside}, mgl64.Vec3{2, 2, 3}, mgl64.Vec3{0, 1, 0}},
		{"opposite tops", []Camera{down, turned}, mgl64.Vec3{0, 0, 3}, mgl64.Vec3{0, 0, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := FrameOf(tt.cams)
			if err := f.Validate(); err != nil {
				t.Fatal(err)
			}
			if !approx(f.Center, tt.center, 1e-9) || !approx(f.Up, tt.up, 1e-6) {
				t.Errorf("FrameOf = %v, want Center %v, Up %v", f, tt.center, tt.up)
			}
		})
	}
}

func TestFrameValidate(t *testing.T) {
	for _, f := range []Frame{{}, {Radius: -1, Up: mgl64.Vec3{0, 0, 1}}, {Radius: math.NaN(), Up: mgl64.Vec3{0, 0, 1}},
		{Radius: 1}, {Radius: 1, Up: mgl64.Vec3{0, 0, 2}}, {Center: mgl64.Vec3{math.Inf(1)}, Radius: 1, Up: mgl64.Vec3{0, 0, 1}}} {
		if err := f.Validate(); err == nil {
			t.Errorf("%v is valid, want an error", f)
		}
	}
}
