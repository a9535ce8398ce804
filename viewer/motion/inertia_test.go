package motion

import (
	"math"
	"testing"
)

// coast returns the sum of the motions after a release, and the time until Done, in steps of dt.
func coast(t *testing.T, in Inertia, dt float64) (x, y, seconds float64) {
	t.Helper()
	for !in.Done() {
		dx, dy := in.Step(dt)
		x, y, seconds = x+dx, y+dy, seconds+dt
		if seconds > 10 {
			t.Fatal("inertia does not stop")
		}
	}
	if dx, dy := in.Step(dt); dx != 0 || dy != 0 {
		t.Fatalf("after Done, a step moves by %v %v", dx, dy)
	}
	return x, y, seconds
}

func drag(vx, vy, dt, seconds float64) Inertia {
	var in Inertia
	in.Press()
	for s := 0.; s < seconds-dt/2; s += dt {
		in.Drag(vx*dt, vy*dt, dt)
	}
	in.Release(0)
	return in
}

func TestInertiaFrameRate(t *testing.T) {
	x0, y0, s0 := coast(t, drag(600, -200, 1./1000, 0.2), 1./1000)
	if want := 600 * inertiaDecay; math.Abs(x0/want-1) > 0.02 || math.Abs(y0/x0+1./3) > 1e-9 {
		t.Errorf("it runs on by %v %v, want %v %v", x0, y0, want, -want/3)
	}
	for _, dt := range []float64{1. / 240, 1. / 60, 1. / 30, 1. / 10} {
		x, y, s := coast(t, drag(600, -200, dt, 0.2), dt)
		if math.Abs(x/x0-1) > 0.01 || math.Abs(y/y0-1) > 0.01 || math.Abs(s-s0) > dt+1e-9 {
			t.Errorf("dt = %v: it runs on by %v %v for %v s, want %v %v for %v s", dt, x, y, s, x0, y0, s0)
		}
	}
}

func TestInertiaSlows(t *testing.T) {
	in := drag(1000, 0, 0.01, 0.1)
	last := 10.
	for !in.Done() {
		dx, dy := in.Step(0.01)
		if !(dx > 0 && dx < last) || dy != 0 {
			t.Fatalf("a step moves by %v %v after one by %v", dx, dy, last)
		}
		last = dx
	}
	if last > 0.2 {
		t.Errorf("the last step still moves by %v", last)
	}
}

func TestInertiaRests(t *testing.T) {
	for name, end := range map[string]func(*Inertia){
		"held still":           func(in *Inertia) { in.Release(0.1) },
		"held still in frames": func(in *Inertia) { in.Drag(0, 0, 0.06); in.Drag(0, 0, 0.06); in.Release(0) },
		"slow":                 func(in *Inertia) { in.Press(); in.Drag(0.01, 0, 0.1); in.Release(0) },
		"pressed again":        func(in *Inertia) { in.Release(0); in.Press() },
		"stopped":              func(in *Inertia) { in.Release(0); in.Stop() },
		"never moved":          func(in *Inertia) { in.Press(); in.Release(0) },
		"NaN":                  func(in *Inertia) { in.Press(); in.Drag(math.NaN(), 1, 0.1); in.Drag(1, 1, math.Inf(1)); in.Release(0) },
		"time stands still":    func(in *Inertia) { in.Press(); in.Drag(5, 5, 0); in.Release(0) },
		"time runs backwards":  func(in *Inertia) { in.Press(); in.Drag(5, 5, -1); in.Release(-1) },
	} {
		var in Inertia
		in.Press()
		for range 10 {
			in.Drag(10, 0, 0.01)
		}
		end(&in)
		if dx, dy := in.Step(0.01); !in.Done() || dx != 0 || dy != 0 {
			t.Errorf("%s: it runs on by %v %v", name, dx, dy)
		}
	}
}

// TestInertiaAfterPause flicks after the button was held for long: the pause does not count.
func TestInertiaAfterPause(t *testing.T) {
	var in Inertia
	in.Press()
	in.Drag(0, 0, 5)
	for range 20 {
		in.Drag(10, 0, 0.01)
	}
	in.Release(0.01)
	if x, _, _ := coast(t, in, 0.01); !(x > 700*inertiaDecay && x < 1000*inertiaDecay) {
		t.Errorf("it runs on by %v, want a bit less than %v", x, 1000*inertiaDecay)
	}
}

func TestInertiaIsBounded(t *testing.T) {
	for _, dx := range []float64{1e9, 1e308} {
		var in Inertia
		in.Drag(dx, dx, 1e-9)
		in.Release(0)
		if x, _, _ := coast(t, in, 0.01); !(x <= inertiaMost*inertiaDecay) {
			t.Errorf("it runs on by %v pixels", x)
		}
	}
}
