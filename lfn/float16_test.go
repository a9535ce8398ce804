package lfn

import (
	"math"
	"math/rand/v2"
	"testing"
)

// float16Value computes the value of a binary16 by its definition, in float64.
func float16Value(h uint16) float64 {
	sign := 1 - 2*float64(h>>15)
	exp, frac := int(h>>10&0x1f), float64(h&0x3ff)
	switch {
	case exp == 0:
		return sign * math.Ldexp(frac, -24)
	case exp == 0x1f && frac == 0:
		return sign * math.Inf(1)
	case exp == 0x1f:
		return math.NaN()
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

func TestFloat16All(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		got, want := FromFloat16Bits(h), float16Value(h)
		if math.IsNaN(want) {
			if !math.IsNaN(float64(got)) {
				t.Errorf("FromFloat16Bits(%#04x) = %v, want NaN", h, got)
			}
			if back := Float16Bits(got); back != h|0x200 {
				t.Errorf("Float16Bits(FromFloat16Bits(%#04x)) = %#04x, want the same NaN, quiet", h, back)
			}
			continue
		}
		if float64(got) != want || math.Signbit(float64(got)) != (h>>15 == 1) {
			t.Errorf("FromFloat16Bits(%#04x) = %v, want %v", h, got, want)
		}
		if back := Float16Bits(got); back != h {
			t.Errorf("Float16Bits(%v) = %#04x, want %#04x", got, back, h)
		}
	}
}

// TestFloat16Round goes to the middle between each pair of neighbours, where ties go to even, and to the
// float32 on either side of it.
func TestFloat16Round(t *testing.T) {
	for h := range uint16(0x7c00) { // h and h+1; the last pair is 65504 and infinity
		next := float16Value(h + 1)
		if h == 0x7bff {
			next = 65536
		}
		mid := float32((float16Value(h) + next) / 2)
		even := h + h&1
		for _, sign := range []uint16{0, 0x8000} {
			x := mid
			if sign != 0 {
				x = -mid
			}
			up := math.Nextafter32(x, x*2)
			down := math.Nextafter32(x, 0)
			for _, tt := range []struct {
				x    float32
				want uint16
			}{{down, h}, {x, even}, {up, h + 1}} {
				if got := Float16Bits(tt.x); got != tt.want|sign {
					t.Errorf("Float16Bits(%v) = %#04x, want %#04x", tt.x, got, tt.want|sign)
				}
			}
		}
	}
	if got := Float16Bits(maxFloat16); got != 0x7c00 {
		t.Errorf("Float16Bits(maxFloat16) = %#04x, want infinity", got)
	}
}

// TestFloat16Nearest holds random values of all sizes against their neighbours.
func TestFloat16Nearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1 << 17 {
		x := math.Float32frombits(rng.Uint32())
		h := Float16Bits(x)
		if a := math.Abs(float64(x)); !(a < maxFloat16) {
			if h&0x7c00 != 0x7c00 {
				t.Errorf("Float16Bits(%v) = %#04x, want infinity or NaN", x, h)
			}
			continue
		}
		err := math.Abs(float16Value(h) - float64(x))
		for _, near := range []uint16{h - 1, h + 1} {
			if v := float16Value(near); math.Abs(v-float64(x)) < err {
				t.Errorf("Float16Bits(%v) = %#04x, but %#04x is nearer", x, h, near)
			}
		}
	}
}
