package f32

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// sineArguments are numbers of every size and sign, those around multiples of π/4, and those which are none.
func sineArguments() []float32 {
	inf := float32(math.Inf(1))
	x := []float32{0, float32(math.Copysign(0, -1)), inf, -inf, float32(math.NaN()),
		math.SmallestNonzeroFloat32, 1e-40, 1e-30, -1e-10,
		1e5, -1e5, 99999.99, 100000.01, 1e6, 1e9, -1e15, 1e16, 9.3e18, 1e20, -1e30, math.MaxFloat32, -math.MaxFloat32}
	for k := -50; k <= 50; k++ {
		v := float32(float64(k) * math.Pi / 4)
		x = append(x, v, math.Nextafter32(v, inf), math.Nextafter32(v, -inf))
	}
	for _, k := range []float64{1000, 12345, 63660} {
		v := float32(k * math.Pi / 2)
		x = append(x, v, -v)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		x = append(x, float32(rng.NormFloat64()*math.Exp(rng.Float64()*60-20)))
	}
	return x
}

// checkWave compares with want = sin(u) or cos(u) in float64, times factor: but for that many roundings to
// float32, all but the 2⁻³² which the reduction of a large argument loses is there.
func checkWave(t *testing.T, name string, u, got float32, want, factor float64, roundings int) {
	t.Helper()
	if math.IsNaN(want) {
		if got == got {
			t.Errorf("%s(%v) = %v, want NaN", name, u, got)
		}
		return
	}
	tol := (1.01*float64(roundings)*math.Exp2(-24)*math.Abs(want)+math.Exp2(-32))*math.Abs(factor) + math.SmallestNonzeroFloat32
	if !(math.Abs(float64(got)-want*factor) <= tol) {
		t.Errorf("%s(%v) = %v, want %v", name, u, got, want*factor)
	}
}

func TestSine(t *testing.T) {
	x := sineArguments()
	for _, omega := range []float32{1, 30, 0.5} {
		y := slices.Repeat([]float32{guard}, len(x)+1)
		Sine(y[:len(x)], x, omega)
		if y[len(x)] != guard {
			t.Fatal("wrote behind y")
		}
		for i, v := range x {
			u := omega * v
			checkWave(t, "sin", u, y[i], math.Sin(float64(u)), 1, 1)
			if y[i] > 1 || y[i] < -1 {
				t.Errorf("sin(%v) = %v, want −1 to 1", u, y[i])
			}
		}
		in := slices.Clone(x)
		Sine(in, in, omega)
		for i, v := range in {
			if math.Float32bits(v) != math.Float32bits(y[i]) {
				t.Fatalf("in place sin(%v·%v) = %v, want %v", omega, x[i], v, y[i])
			}
		}
	}
	Sine(nil, nil, 1)
}

func TestSineBackward(t *testing.T) {
	x := sineArguments()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, omega := range []float32{1, 30, 0.5} {
		d := make([]float32, len(x)+1)
		for i := range d {
			d[i] = float32(rng.NormFloat64())
		}
		d[0] = 0
		before := slices.Clone(d)
		SineBackward(d[:len(x)], x, omega)
		if d[len(x)] != before[len(x)] {
			t.Fatal("wrote behind d")
		}
		for i, v := range x {
			u := omega * v
			checkWave(t, "cos", u, d[i], math.Cos(float64(u)), float64(before[i])*float64(omega), 3)
		}
	}
	SineBackward(nil, nil, 1)
}

// TestSineGradient: SineBackward is the slope of Sine.
func TestSineGradient(t *testing.T) {
	const omega, h = 3, 1. / 256
	for i := range 200 {
		x := float32(i)/32 - 3
		y := make([]float32, 2)
		Sine(y, []float32{x - h, x + h}, omega)
		d := []float32{1}
		SineBackward(d, []float32{x}, omega)
		if slope := float64(y[1]-y[0]) / (2 * h); math.Abs(slope-float64(d[0])) > 1e-3 { // ω³·h²/6, and rounding
			t.Errorf("slope at %v = %v, want %v", x, d[0], slope)
		}
	}
}
