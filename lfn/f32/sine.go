package f32

import "math"

// Sine sets y = sin(ω·x) for len(y) values: the activation of SIREN. y may be x.
func Sine(y, x []float32, omega float32) {
	for i, v := range x[:len(y)] {
		s, _ := sincos(omega * v)
		y[i] = s
	}
}

// SineBackward multiplies d by the derivative of [Sine] at x, ω·cos(ω·x).
func SineBackward(d, x []float32, omega float32) {
	for i, v := range x[:len(d)] {
		_, c := sincos(omega * v)
		d[i] *= omega * c
	}
}

// sincos computes sine and cosine in float64 from a short reduced polynomial: exact to a few units
// in the last place of a float32 for |x| < 10⁵. What is larger goes to package math; NaN for NaN and ±Inf.
//
// x = n·π/2 + r with |r| ≤ π/4; sin r and cos r by their Taylor series to r¹¹ and r¹⁰.
func sincos(x float32) (sin, cos float32) {
	if !(-1e5 < x && x < 1e5) {
		s, c := math.Sincos(float64(x))
		return float32(s), float32(c)
	}
	n := math.Floor(float64(x)*(2/math.Pi) + 0.5)
	r := float64(x) - n*(math.Pi/2)
	q := r * r
	s := r * (1 + q*(-1./6+q*(1./120+q*(-1./5040+q*(1./362880-q/39916800)))))
	c := 1 + q*(-1./2+q*(1./24+q*(-1./720+q*(1./40320-q/3628800))))
	switch int64(n) & 3 {
	case 1:
		s, c = c, -s
	case 2:
		s, c = -s, -c
	case 3:
		s, c = -c, s
	}
	return float32(s), float32(c)
}
