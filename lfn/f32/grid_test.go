package f32

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// positions returns n coordinates in and a little outside [−1, 1], with what is awkward among them.
func positions(rng *rand.Rand, n, shift int, intact *[]func() bool) []float32 {
	odd := []float64{-1, 1, 0, math.Copysign(0, -1), 1e-40, -1e30, 1e30, math.Inf(1), math.Inf(-1), math.NaN(), 1 - 1e-7, 1. / 3}
	x, ok := guarded(rng, n, shift)
	for i := range x {
		x[i] = float32(rng.Float64()*2.2 - 1.1)
		if rng.IntN(4) == 0 {
			x[i] = float32(odd[rng.IntN(len(odd))])
		}
	}
	*intact = append(*intact, ok)
	return x
}

// trilinear calls f with the 8 texels around a position and their weights, in float64 from the cell on.
func trilinear(res int, x, y, z float32, f func(texel int, w float64)) {
	half := float32(res-1) / 2
	ix, fx := cell(x, half, res)
	iy, fy := cell(y, half, res)
	iz, fz := cell(z, half, res)
	axis := func(f float32, bit int) float64 {
		if bit == 0 {
			return 1 - float64(f)
		}
		return float64(f)
	}
	for k := range 8 {
		dx, dy, dz := k&1, k>>1&1, k>>2
		f(((iz+dz)*res+iy+dy)*res+ix+dx, axis(fx, dx)*axis(fy, dy)*axis(fz, dz))
	}
}

func TestCell(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, tt := range []struct {
		p     float32
		res   int
		wantI int
		wantF float32
	}{
		{-1, 5, 0, 0}, {1, 5, 3, 1}, {0, 5, 2, 0}, {-0.75, 5, 0, 0.5}, {0.75, 5, 3, 0.5}, {0, 2, 0, 0.5},
		{2, 5, 3, 1}, {-2, 5, 0, 0}, {inf, 5, 3, 1}, {-inf, 5, 0, 0}, {float32(math.NaN()), 5, 0, 0}, {1, 1024, 1022, 1},
	} {
		if i, f := cell(tt.p, float32(tt.res-1)/2, tt.res); i != tt.wantI || f != tt.wantF {
			t.Errorf("cell(%v, res %d) = %d, %v, want %d, %v", tt.p, tt.res, i, f, tt.wantI, tt.wantF)
		}
	}
}

func TestFetch(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := range 131 {
			res, stride := []int{2, 3, 4, 7, 16}[n%5], []int{4, 8, 5}[n%3]
			var ok []func() bool
			x, y, z := positions(rng, n, n, &ok), positions(rng, n, n+1, &ok), positions(rng, n, 2*n, &ok)
			grid, _ := guarded(rng, res*res*res*4, n)
			dst, _ := guarded(rng, max(0, (n-1)*stride+4), n+3)
			for i := range dst {
				dst[i] = guard
			}
			Fetch(dst, stride, grid, res, x, y, z)
			for i := range n {
				for j := range 4 {
					var want, abs float64
					trilinear(res, x[i], y[i], z[i], func(texel int, w float64) {
						v := float64(grid[texel*4+j])
						want, abs = want+w*v, abs+math.Abs(v)
					})
					// The weights are products of rounded numbers near 1, so the sum is over |v|, not |w·v|.
					if got := float64(dst[i*stride+j]); !(math.Abs(got-want) <= bound(8, abs)) {
						t.Fatalf("n=%d res=%d: value %d of point %d (%v, %v, %v) = %v, want %v", n, res, j, i, x[i], y[i], z[i], got, want)
					}
				}
				for j := 4; j < stride && i < n-1; j++ {
					if dst[i*stride+j] != guard {
						t.Fatalf("n=%d: wrote between the values", n)
					}
				}
			}
			for _, intact := range ok {
				if !intact() {
					t.Fatalf("n=%d: wrote outside", n)
				}
			}
		}
	})
}

// TestFetchGuard places the outputs among guard cells: exactly 4 values a point are written.
func TestFetchGuard(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := range 20 {
			var ok []func() bool
			x := positions(rng, n, n, &ok)
			grid, gridOK := guarded(rng, 3*3*3*4, n)
			dst, dstOK := guarded(rng, n*4, n)
			Fetch(dst, 4, grid, 3, x, x, x)
			if !gridOK() || !dstOK() {
				t.Fatalf("n=%d: wrote outside dst", n)
			}
		}
	})
}

// TestFetchNotFinite: a texel that is not finite shows in the points around it and only there.
func TestFetchNotFinite(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			grid := make([]float32, 8*8*8*4)
			grid[((3*8+3)*8+3)*4+1] = float32(bad)
			at := []float32{-0.15, 0.9, -0.1, -0.95, -0.2, 0.5, -0.15, -0.6, -0.12, 0.3}
			dst := make([]float32, 4*len(at))
			Fetch(dst, 4, grid, 8, at, at, at)
			for i := range at {
				for j := range 4 {
					want := j == 1 && i%2 == 0
					if v := float64(dst[4*i+j]); (math.IsNaN(v) || math.IsInf(v, 0)) != want {
						t.Errorf("bad texel %v: channel %d at %v = %v", bad, j, at[i], v)
					}
				}
			}
		}
	})
}

func TestScatter(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := range 131 {
			res, stride := []int{2, 3, 4, 7, 16}[n%5], []int{4, 8, 5}[n%3]
			var ok []func() bool
			x, y, z := positions(rng, n, n, &ok), positions(rng, n, n+1, &ok), positions(rng, n, 2*n, &ok)
			d, _ := guarded(rng, max(0, (n-1)*stride+4), n)
			grad, gradOK := guarded(rng, res*res*res*4, n)
			ok = append(ok, gradOK)
			want, abs, terms := make([]float64, len(grad)), make([]float64, len(grad)), make([]int, len(grad))
			marks := make([]uint8, (res*res*res+3)/4)
			for i, v := range grad {
				want[i], abs[i] = float64(v), math.Abs(float64(v))
			}
			for i := range n {
				trilinear(res, x[i], y[i], z[i], func(texel int, w float64) {
					marks[texel/4] = 1
					for j := range 4 {
						v := float64(d[i*stride+j])
						want[texel*4+j] += w * v
						abs[texel*4+j] += math.Abs(v)
						terms[texel*4+j]++
					}
				})
			}
			all := make([]uint8, len(marks)+64)
			for i := range all {
				all[i] = 7
			}
			touched := all[32 : 32+len(marks)]
			clear(touched)
			Scatter(grad, touched, res, x, y, z, d, stride)
			for i := range grad {
				if !(math.Abs(float64(grad[i])-want[i]) <= bound(terms[i]+3, abs[i])) {
					t.Fatalf("n=%d res=%d: grad[%d] = %v, want %v", n, res, i, grad[i], want[i])
				}
			}
			for i, v := range all {
				w := uint8(7)
				if i >= 32 && i < 32+len(marks) {
					w = marks[i-32]
				}
				if v != w {
					t.Fatalf("n=%d res=%d: touched[%d] = %d, want %d", n, res, i-32, v, w)
				}
			}
			for _, intact := range ok {
				if !intact() {
					t.Fatalf("n=%d: wrote outside", n)
				}
			}
		}
	})
}

// TestSlices: a grid without its last slices is read and added to as a whole one.
func TestSlices(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		const n, res, some = 200, 10, 5 // cells up to 3 begin before z = −1/9
		var ok []func() bool
		x, y := positions(rng, n, 0, &ok), positions(rng, n, 1, &ok)
		z := make([]float32, n)
		for i := range z {
			z[i] = float32(-1.1 + rng.Float64()*(1.1-1./9-1e-6))
		}
		z[0] = float32(math.NaN())
		whole, _ := guarded(rng, res*res*res*4, 0)
		d, _ := guarded(rng, n*4, 0)
		part, intact := guarded(rng, some*res*res*4, 0)
		copy(part, whole)
		want, got := make([]float32, 4*n), make([]float32, 4*n)
		Fetch(want, 4, whole, res, x, y, z)
		Fetch(got, 4, part, res, x, y, z)
		marks, partMarks := make([]uint8, res*res*res/4), make([]uint8, some*res*res/4)
		Scatter(whole, marks, res, x, y, z, d, 4)
		Scatter(part, partMarks, res, x, y, z, d, 4)
		if !slices.Equal(got, want) || !slices.Equal(part, whole[:len(part)]) || !slices.Equal(partMarks, marks[:len(partMarks)]) {
			t.Error("a grid without its last slices gives something else")
		}
		if !intact() {
			t.Error("wrote outside")
		}
	})
}

// TestScatterAdjoint: ⟨Fetch(g), d⟩ = ⟨g, Scatter(d)⟩ for all g and d.
func TestScatterAdjoint(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, res := range []int{2, 5, 24, 64} {
			const n = 300
			var ok []func() bool
			x, y, z := positions(rng, n, 0, &ok), positions(rng, n, 1, &ok), positions(rng, n, 2, &ok)
			g, _ := guarded(rng, res*res*res*4, 0)
			d, _ := guarded(rng, n*4, 0)
			y1, grad := make([]float32, n*4), make([]float32, len(g))
			Fetch(y1, 4, g, res, x, y, z)
			Scatter(grad, make([]uint8, (res*res*res+3)/4), res, x, y, z, d, 4)
			var left, right, abs float64
			for i := range d {
				left += float64(y1[i]) * float64(d[i])
				abs += math.Abs(float64(y1[i]) * float64(d[i]))
			}
			for i := range g {
				right += float64(g[i]) * float64(grad[i])
				abs += math.Abs(float64(g[i]) * float64(grad[i]))
			}
			if !(math.Abs(left-right) <= bound(n, abs)) {
				t.Errorf("res=%d: <Fetch(g), d> = %v, <g, Scatter(d)> = %v", res, left, right)
			}
		}
	})
}

// TestScatterOrder: the gradient does not depend on how the points are cut into calls.
func TestScatterOrder(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		const n, res = 200, 6
		var ok []func() bool
		x, y, z := positions(rng, n, 0, &ok), positions(rng, n, 1, &ok), positions(rng, n, 2, &ok)
		d, _ := guarded(rng, n*4, 0)
		marks := make([]uint8, res*res*res/4)
		whole, parts := make([]float32, res*res*res*4), make([]float32, res*res*res*4)
		Scatter(whole, marks, res, x, y, z, d, 4)
		for lo := 0; lo < n; {
			hi := min(n, lo+1+rng.IntN(20))
			Scatter(parts, marks, res, x[lo:hi], y[lo:hi], z[lo:hi], d[4*lo:], 4)
			lo = hi
		}
		for i := range whole {
			if whole[i] != parts[i] {
				t.Fatalf("grad[%d] = %v in one call, %v in many", i, whole[i], parts[i])
			}
		}
	})
}

func TestGridContracts(t *testing.T) {
	f := func(n int) []float32 { return make([]float32, n) }
	for name, call := range map[string]func(){
		"resolution": func() { Fetch(f(4), 4, f(4), 1, f(1), f(1), f(1)) },
		"grid":       func() { Fetch(f(4), 4, f(31), 2, f(1), f(1), f(1)) },
		"slices":     func() { Fetch(f(4), 4, f(2*4*4*4), 4, f(1), f(1), []float32{-0.3}) },
		"dst":        func() { Fetch(f(7), 4, f(32), 2, f(2), f(2), f(2)) },
		"stride":     func() { Fetch(f(8), 3, f(32), 2, f(2), f(2), f(2)) },
		"y":          func() { Fetch(f(8), 4, f(32), 2, f(2), f(1), f(2)) },
		"slopes":     func() { AddSlopes(f(48), f(32), 2, f(2), f(2), f(2), f(8), f(7), 4) },
		"sums":       func() { AddSlopes(f(47), f(32), 2, f(2), f(2), f(2), f(8), f(8), 4) },
		"touched":    func() { Scatter(f(108), make([]uint8, 6), 3, f(1), f(1), f(1), f(4), 4) },
		"d":          func() { Scatter(f(32), make([]uint8, 2), 2, f(2), f(2), f(2), f(7), 4) },
		"composite":  func() { Composite(f(8), f(15), 2, 2, 1, 1, f(2), f(2)) },
		"alpha":      func() { Composite(f(8), f(16), 2, 2, 1, 1, f(1), f(2)) },
		"backward":   func() { CompositeBackward(f(15), f(16), 2, 2, 1, f(2), f(2), f(8), 1, 1) },
		"adam":       func() { Adam(f(2), f(2), f(1), f(2), 1, 1, 1, 1, 1, 1) },
		"marks":      func() { AdamTouched(f(17), f(17), f(17), f(17), make([]uint8, 1), 1, 1, 1, 1, 1, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if _, ok := recover().(string); !ok {
					t.Errorf("no panic with a constant string")
				}
			}()
			call()
		})
	}
}

// rays returns k points on each of n random chords of the unit ball.
func rays(rng *rand.Rand, n, k int) (x, y, z []float32) {
	for range n {
		var d, c [3]float64
		var dd, cd float64
		for i := range d {
			d[i], c[i] = rng.NormFloat64(), rng.Float64()-.5
			dd, cd = dd+d[i]*d[i], cd+c[i]*d[i]
		}
		cc := 0.
		for i := range c {
			c[i] -= d[i] * cd / dd
			cc += c[i] * c[i]
		}
		h := math.Sqrt((1 - cc) / dd)
		for j := range k {
			t := h * (2*(float64(j)+.5)/float64(k) - 1)
			x, y, z = append(x, float32(c[0]+t*d[0])), append(y, float32(c[1]+t*d[1])), append(z, float32(c[2]+t*d[2]))
		}
	}
	return
}

// benchImpls runs a benchmark with every implementation and reports ns/point for n points a call.
func benchImpls(b *testing.B, name string, n int, f func()) {
	before := Impl()
	defer func() { _ = SetImpl(before) }()
	for _, impl := range []string{"go", "avx2"} {
		b.Run(fmt.Sprintf("%s/impl=%s", name, impl), func(b *testing.B) {
			if err := SetImpl(impl); err != nil {
				b.Skip(err)
			}
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/point")
		})
	}
}

func BenchmarkFetch(b *testing.B) {
	x, y, z := rays(rand.New(rand.NewPCG(1, 2)), 1024, 64)
	dst := make([]float32, len(x)*8)
	for _, res := range []int{32, 64, 128} {
		grid := make([]float32, res*res*res*4)
		for i := range grid {
			grid[i] = float32(i & 255)
		}
		i := 0
		benchImpls(b, fmt.Sprintf("res=%d", res), 1024, func() { // 16 rays a call
			Fetch(dst[i*8:], 8, grid, res, x[i:i+1024], y[i:i+1024], z[i:i+1024])
			i = (i + 1024) % len(x)
		})
	}
}

func BenchmarkScatter(b *testing.B) {
	x, y, z := rays(rand.New(rand.NewPCG(1, 2)), 1024, 64)
	d := make([]float32, len(x)*8)
	for i := range d {
		d[i] = float32(i&255) - 128
	}
	for _, res := range []int{32, 64, 128} {
		grad, touched := make([]float32, res*res*res*4), make([]uint8, res*res*res/4)
		i := 0
		benchImpls(b, fmt.Sprintf("res=%d", res), 1024, func() {
			Scatter(grad, touched, res, x[i:i+1024], y[i:i+1024], z[i:i+1024], d[i*8:], 8)
			i = (i + 1024) % len(x)
		})
	}
}
