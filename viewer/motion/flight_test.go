package motion

import (
	"math"
	"math/rand/v2"
	"testing"

	"lfnview/render"
)

func TestFlight(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for _, f := range frames {
		for range 30 {
			a, b := randomView(rng, f), randomView(rng, f)
			fly := NewFlight(a, b, 2)
			for _, tt := range []struct {
				t    float64
				want View
				done bool
			}{{-1, a, false}, {0, a, false}, {2, b, true}, {3, b, true}, {math.Inf(1), b, true}} {
				if got, done := fly.At(tt.t); got != tt.want || done != tt.done {
					t.Fatalf("At(%v) = %v, %v, want %v, %v", tt.t, got, done, tt.want, tt.done)
				}
			}
			const n = 1000
			last, way := a, 0.
			for i := 1; i <= n; i++ {
				v, _ := fly.At(2 * float64(i) / n)
				wantView(t, v)
				step := apart(last, v)
				if way += step; step > 20./n {
					t.Fatalf("between steps %d and %d of %d, the view jumps by %v", i-1, i, n, step)
				}
				if i <= n/100 && step > 0.05/n*20 {
					t.Fatalf("the flight starts with a step of %v", step)
				}
				last = v
				s := ease(float64(i) / n)
				want := a.Target().Mul(1 - s).Add(b.Target().Mul(s))
				if d := v.Target().Sub(want).Len(); !(d < 1e-9*(f.Radius+f.Center.Len())) {
					t.Fatalf("the target is %v beside the line", d)
				}
			}
			if last != b {
				t.Fatalf("the flight ends at %v, want %v", last, b)
			}
		}
	}
}

// TestFlightAround flies to the other side of the scene: on the turntable, not through the middle.
func TestFlightAround(t *testing.T) {
	f := frames[1]
	a, b := render.Orbit{ElDeg: 30, Dist: 3}.Camera(f, w, h), render.Orbit{AzDeg: 170, ElDeg: 30, Dist: 3}.Camera(f, w, h)
	fly := NewFlight(FromCamera(&a, f), FromCamera(&b, f), 1)
	for i := range 100 {
		v, _ := fly.At(float64(i) / 100)
		if d := v.Pose.Pos.Sub(f.Center).Len() / f.Radius; math.Abs(d-3) > 1e-9 {
			t.Fatalf("on the way, the eye is %v radii from the middle, want 3", d)
		}
		if r := roll(v, f.Up); math.Abs(r) > 1e-7 {
			t.Fatalf("on the way, the picture is rolled by %v", r)
		}
	}
}

func TestFlightWithoutTime(t *testing.T) {
	a := Home(frames[0], 1)
	b := Pan(a, 10, 10, w, h)
	for _, seconds := range []float64{0, -1, math.NaN()} {
		fly := NewFlight(a, b, seconds)
		if v, done := fly.At(0); v != b || !done {
			t.Errorf("a flight of %v s is at %v, want at its end", seconds, v)
		}
	}
}
