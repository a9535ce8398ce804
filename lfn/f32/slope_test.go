package f32

import (
	"math"
	"math/rand/v2"
	"testing"
)

// slopes calls f with the 8 texels around a position and the derivative of their weights along an axis, in float64 from the
// cell on.
func slopes(res int, p [3]float32, axis int, f func(texel int, w float64)) {
	half := float32(res-1) / 2
	u := float32(p[axis]*half) + half
	if !(u >= 0 && u <= 2*half) {
		return
	}
	_, at := cell(p[axis], half, res)
	trilinear(res, p[0], p[1], p[2], func(texel int, w float64) {
		// The weight along the axis is at or 1 − at: in its place comes half or −half.
		i, _ := cell(p[axis], half, res)
		step := []int{1, res, res * res}[axis]
		if texel/step%res == i {
			if at == 1 { // w is 0: what the others are is that of the other texel
				return
			}
			f(texel, -float64(half)*w/(1-float64(at)))
			f(texel+step, float64(half)*w/(1-float64(at)))
		} else if at == 1 {
			f(texel-step, -float64(half)*w)
			f(texel, float64(half)*w)
		}
	})
}

func TestAddSlopes(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := range 131 {
			res, stride := []int{2, 3, 4, 7, 16}[n%5], []int{4, 8, 5}[n%3]
			var ok []func() bool
			x, y, z := positions(rng, n, n, &ok), positions(rng, n, n+1, &ok), positions(rng, n, 2*n, &ok)
			grid, _ := guarded(rng, res*res*res*4, n)
			d0, _ := guarded(rng, max(0, (n-1)*stride+4), n+3)
			d1, _ := guarded(rng, max(0, (n-1)*stride+4), n+5)
			sums, intact := guarded(rng, SlopeSums, n)
			var want, abs [SlopeSums]float64
			for i, v := range sums {
				want[i], abs[i] = float64(v), math.Abs(float64(v))
			}
			AddSlopes(sums, grid, res, x, y, z, d0, d1, stride)
			for i := range n {
				for axis := range 3 {
					slopes(res, [3]float32{x[i], y[i], z[i]}, axis, func(texel int, w float64) {
						for k, d := range [2][]float32{d0, d1} {
							for c := range 4 {
								v := float64(d[i*stride+c]) * float64(grid[texel*4+c])
								to := 8*axis + 4*k + c
								want[to], abs[to] = want[to]+w*v, abs[to]+math.Abs(v)*float64(res)
								want[24+to], abs[24+to] = want[24+to]+float64(i)*w*v, abs[24+to]+float64(i)*math.Abs(v)*float64(res)
							}
						}
					})
				}
			}
			for i, v := range sums {
				if !(math.Abs(float64(v)-want[i]) <= bound(n+16, abs[i])) {
					t.Fatalf("n=%d res=%d: sum %d = %v, want %v", n, res, i, v, want[i])
				}
			}
			if !intact() {
				t.Fatalf("n=%d: wrote outside", n)
			}
		}
	})
}

// TestAddSlopesNotFinite: what is not finite shows in its own channel and derivative.
func TestAddSlopesNotFinite(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			grid, d0, d1 := make([]float32, 8*8*8*4), make([]float32, 4*11), make([]float32, 4*11)
			x := make([]float32, 11)
			for i := range x {
				x[i] = 0.1
			}
			for i := range grid {
				grid[i] = float32(i % 7)
			}
			d1[4*9+2] = float32(bad)
			var sums [SlopeSums]float32
			AddSlopes(sums[:], grid, 8, x, x, x, d0, d1, 4)
			for i, v := range sums {
				if finite := v-v == 0; finite == (i%8 == 6) {
					t.Errorf("%v: sum %d = %v", bad, i, v)
				}
			}
		}
	})
}

func BenchmarkAddSlopes(b *testing.B) {
	x, y, z := rays(rand.New(rand.NewPCG(1, 2)), 1024, 64)
	d := make([]float32, len(x)*8)
	const res = 64
	grid := make([]float32, res*res*res*4)
	for i := range grid {
		grid[i] = float32(i & 255)
	}
	var sums [SlopeSums]float32
	i := 0
	benchImpls(b, "res=64", 1024, func() {
		AddSlopes(sums[:], grid, res, x[i:i+1024], y[i:i+1024], z[i:i+1024], d[i*8:], d[i*8:], 8)
		i = (i + 1024) % len(x)
	})
}
