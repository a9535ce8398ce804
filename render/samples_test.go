package render

import (
	"math"
	"testing"
)

// TestSampleOrder: every point is there once, the first is at the centre or next to it, and the first four are one in
// each quarter.
func TestSampleOrder(t *testing.T) {
	var o SampleOrder
	for side := 1; side <= 16; side++ {
		o.Set(side)
		seen := map[[2]int]bool{}
		for _, p := range o.At[:o.N] {
			seen[[2]int{int(p[0] * float64(side)), int(p[1] * float64(side))}] = true
		}
		if o.N != side*side || len(seen) != o.N {
			t.Errorf("side %d: %d points, %d different, want %d", side, o.N, len(seen), side*side)
		}
		for _, x := range o.At[0] {
			if d := math.Abs(x - 0.5); d > 0.5/float64(side)+1e-6 {
				t.Errorf("side %d: the first point is at %v", side, o.At[0])
			}
		}
		if side&(side-1) == 0 && side > 1 {
			quarters := map[[2]int]bool{}
			for _, p := range o.At[:4] {
				quarters[[2]int{int(2 * p[0]), int(2 * p[1])}] = true
			}
			if len(quarters) != 4 {
				t.Errorf("side %d: the first four points are %v", side, o.At[:4])
			}
		}
	}
}
