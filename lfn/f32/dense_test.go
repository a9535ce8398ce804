package f32

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// guard is the value of the cells around a slice that no kernel may touch.
const guard = -12345.5

// guarded returns n values from rng with guard cells before and behind, and a check of those.
// shift moves the slice off its alignment.
func guarded(rng *rand.Rand, n, shift int) (x []float32, intact func() bool) {
	const pad = 40
	all := make([]float32, n+2*pad)
	for i := range all {
		all[i] = guard
	}
	lo := pad + shift%8
	x = all[lo : lo+n : lo+n]
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x, func() bool {
		for i, v := range all {
			if (i < lo || i >= lo+n) && v != guard {
				return false
			}
		}
		return true
	}
}

// eachImpl runs f with every implementation that this processor has.
func eachImpl(t *testing.T, f func(t *testing.T)) {
	before := Impl()
	defer func() { _ = SetImpl(before) }()
	for _, name := range []string{"go", "avx2", "avx512"} {
		t.Run("impl="+name, func(t *testing.T) {
			if err := SetImpl(name); err != nil {
				t.Skip(err)
			}
			f(t)
		})
	}
}

// bound is the textbook bound of a sum of k products, (k+1)·2⁻²³·Σ|xᵢwᵢ|, with a floor for zero sums.
func bound(k int, abs float64) float64 { return float64(k+1)*math.Exp2(-23)*abs + 1e-30 }

// sizes are the shapes of the twin tests: every small one along each axis, and real ones.
func sizes() (s [][3]int) { // n, in, out
	for i := 0; i <= 130; i++ {
		s = append(s, [3]int{i, 7, 19}, [3]int{9, max(i, 1), 5}, [3]int{5, 11, max(i, 1)},
			[3]int{32, 16, max(i, 1)}, [3]int{33, 16, max(i, 1)})
	}
	return append(s, [3]int{256, 256, 256}, [3]int{255, 256, 256}, [3]int{96, 6, 256}, [3]int{97, 256, 3}, [3]int{130, 13, 64})
}

func TestMatMul(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, sz := range sizes() {
			n, in, out := sz[0], sz[1], sz[2]
			w, _ := guarded(rng, in*out, 0)
			x, _ := guarded(rng, Rows(n)*Stride(in), n)
			b, _ := guarded(rng, Stride(out), 0)
			y, intact := guarded(rng, Rows(n)*Stride(out), n+3)
			if dense := in%16 == 0 && n%2 == 1; dense {
				scratch, kept := guarded(rng, DenseScratch(in, n), 1)
				MatMulDense(y, x, w, b, out, in, n, scratch)
				if !kept() {
					t.Fatalf("n=%d in=%d out=%d: wrote outside scratch", n, in, out)
				}
			} else {
				var p Panels
				p.Pack(w, out, in)
				MatMul(y, x, &p, b, n)
			}
			if !intact() {
				t.Fatalf("n=%d in=%d out=%d: wrote outside y", n, in, out)
			}
			for r := range n {
				for j := range out {
					want, abs := float64(b[j]), math.Abs(float64(b[j]))
					for k := range in {
						v := float64(x[r*Stride(in)+k]) * float64(w[j*in+k])
						want += v
						abs += math.Abs(v)
					}
					if got := float64(y[r*Stride(out)+j]); math.Abs(got-want) > bound(in+1, abs) {
						t.Fatalf("n=%d in=%d out=%d: y[%d][%d] = %v, want %v", n, in, out, r, j, got, want)
					}
				}
			}
		}
	})
}

func TestMatMulTransposed(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, sz := range sizes() {
			n, in, out := sz[0], sz[1], sz[2]
			w, _ := guarded(rng, in*out, 0)
			d, _ := guarded(rng, Rows(n)*Stride(out), n)
			y, intact := guarded(rng, Rows(n)*Stride(in), n+3)
			if dense := in%16 == 0 && n%2 == 1; dense {
				MatMulDenseTransposed(y, d, w, out, in, n)
			} else {
				var p Panels
				p.PackTransposed(w, out, in)
				MatMul(y, d, &p, nil, n)
			}
			if !intact() {
				t.Fatalf("n=%d in=%d out=%d: wrote outside dx", n, in, out)
			}
			for r := range n {
				for k := range in {
					var want, abs float64
					for j := range out {
						v := float64(d[r*Stride(out)+j]) * float64(w[j*in+k])
						want += v
						abs += math.Abs(v)
					}
					if got := float64(y[r*Stride(in)+k]); math.Abs(got-want) > bound(out, abs) {
						t.Fatalf("n=%d in=%d out=%d: dx[%d][%d] = %v, want %v", n, in, out, r, k, got, want)
					}
				}
			}
		}
	})
}

func TestOuter(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, sz := range sizes() {
			n, in, out := sz[0], sz[1], sz[2]
			d, _ := guarded(rng, n*Stride(out), n)
			x, _ := guarded(rng, n*Stride(in), n+1)
			dw, intact := guarded(rng, Rows(out)*Stride(in), n+3)
			sum, sumIntact := guarded(rng, Stride(out), 1)
			before := append([]float32(nil), dw...)
			sumBefore := append([]float32(nil), sum...)
			if rng.IntN(2) == 0 {
				AddOuter(dw, d, x, out, in, n)
			} else {
				Outer(dw, d, x, out, in, n)
				clear(before)
			}
			SumRows(sum, d, out, n)
			if !intact() || !sumIntact() {
				t.Fatalf("n=%d in=%d out=%d: wrote outside dw or sum", n, in, out)
			}
			for j := range out {
				want, abs := float64(sumBefore[j]), math.Abs(float64(sumBefore[j]))
				for r := range n {
					want += float64(d[r*Stride(out)+j])
					abs += math.Abs(float64(d[r*Stride(out)+j]))
				}
				if got := float64(sum[j]); math.Abs(got-want) > bound(n+1, abs) {
					t.Fatalf("n=%d out=%d: sum[%d] = %v, want %v", n, out, j, got, want)
				}
				for k := range in {
					want := float64(before[j*Stride(in)+k])
					abs := math.Abs(want)
					for r := range n {
						v := float64(d[r*Stride(out)+j]) * float64(x[r*Stride(in)+k])
						want += v
						abs += math.Abs(v)
					}
					if got := float64(dw[j*Stride(in)+k]); math.Abs(got-want) > bound(n+1, abs) {
						t.Fatalf("n=%d in=%d out=%d: dw[%d][%d] = %v, want %v", n, in, out, j, k, got, want)
					}
				}
			}
		}
	})
}

func TestNorm(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for width := 1; width <= 130; width++ {
			for _, lo := range []float32{0, float32(math.Inf(-1))} {
				const n = 5
				s := Stride(width)
				x, intactX := guarded(rng, n*s, width)
				y, intactY := guarded(rng, n*s, width+1)
				d, intactD := guarded(rng, n*s, width+2)
				rstd, intactR := guarded(rng, n, width)
				x0 := append([]float32(nil), x...)
				d0 := append([]float32(nil), d...)
				Norm(y, x, rstd, lo, width, n)
				NormBackward(d, x, rstd, lo, width, n)
				if !intactX() || !intactY() || !intactD() || !intactR() {
					t.Fatalf("width=%d: wrote outside", width)
				}
				for r := range n {
					var mean, sq float64
					for _, v := range x0[r*s:][:width] {
						mean += float64(v) / float64(width)
					}
					for _, v := range x0[r*s:][:width] {
						sq += (float64(v) - mean) * (float64(v) - mean) / float64(width)
					}
					scale := 1 / math.Sqrt(sq+normEps)
					if math.Abs(float64(rstd[r])-scale) > 1e-4*scale {
						t.Fatalf("width=%d: rstd[%d] = %v, want %v", width, r, rstd[r], scale)
					}
					tol := 1e-6 * scale * float64(width+8)
					var m1, m2 float64
					for j := range width {
						want := (float64(x0[r*s+j]) - mean) * scale
						if math.Abs(float64(x[r*s+j])-want) > tol {
							t.Fatalf("width=%d: x[%d][%d] = %v, want %v", width, r, j, x[r*s+j], want)
						}
						if y[r*s+j] != max(x[r*s+j], lo) {
							t.Fatalf("width=%d: y[%d][%d] = %v, want max(%v, %v)", width, r, j, y[r*s+j], x[r*s+j], lo)
						}
						if x[r*s+j] > lo {
							m1 += float64(d0[r*s+j]) / float64(width)
							m2 += float64(d0[r*s+j]) * float64(x[r*s+j]) / float64(width)
						}
					}
					for j := range width {
						var g float64
						if x[r*s+j] > lo {
							g = float64(d0[r*s+j])
						}
						want := scale * (g - m1 - float64(x[r*s+j])*m2)
						if math.Abs(float64(d[r*s+j])-want) > 10*tol {
							t.Fatalf("width=%d: d[%d][%d] = %v, want %v", width, r, j, d[r*s+j], want)
						}
					}
				}
			}
		}
	})
}

// TestNotFinite holds that a NaN or an infinity in one row stays in that row, and is not lost there.
func TestNotFinite(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		const n, in, out = 24, 16, 32
		for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
			w, _ := guarded(rng, in*out, 0)
			x, _ := guarded(rng, n*in, 0)
			y := make([]float32, n*out)
			rstd := make([]float32, n)
			x[5*in+3] = bad
			var p Panels
			p.Pack(w, out, in)
			MatMul(y, x, &p, nil, n)
			act := make([]float32, n*out)
			Norm(act, y, rstd, 0, out, n)
			for r := range n {
				for _, v := range []float32{y[r*out], act[r*out]} {
					if math.IsNaN(float64(v)) != (r == 5) {
						t.Errorf("%v in row 5: row %d has %v before and %v behind the activation", bad, r, y[r*out], act[r*out])
						break
					}
				}
			}
		}
	})
}

func BenchmarkMatMul(b *testing.B) {
	peak := Peak(1, 100*time.Millisecond)
	for _, impl := range Impls() {
		for _, sz := range [][3]int{{256, 256, 256}, {256, 16, 64}, {256, 64, 64}, {256, 256, 3}} {
			n, in, out := sz[0], sz[1], sz[2]
			b.Run(fmt.Sprintf("rays=%d/in=%d/out=%d/impl=%s", n, in, out, impl), func(b *testing.B) {
				defer func(name string) { _ = SetImpl(name) }(Impl())
				_ = SetImpl(impl)
				var p Panels
				p.Pack(make([]float32, in*out), out, in)
				x, y := make([]float32, n*Stride(in)), make([]float32, n*Stride(out))
				for b.Loop() {
					MatMul(y, x, &p, nil, n)
				}
				flops := 2 * float64(n*in*out) * float64(b.N) / b.Elapsed().Seconds()
				b.ReportMetric(flops/1e9, "GFLOP/s")
				b.ReportMetric(100*flops/peak, "%peak")
			})
		}
	}
}

func BenchmarkAddOuter(b *testing.B) {
	peak := Peak(1, 100*time.Millisecond)
	for _, impl := range Impls() {
		for _, sz := range [][3]int{{256, 256, 256}, {256, 64, 64}} {
			n, in, out := sz[0], sz[1], sz[2]
			b.Run(fmt.Sprintf("rays=%d/in=%d/out=%d/impl=%s", n, in, out, impl), func(b *testing.B) {
				defer func(name string) { _ = SetImpl(name) }(Impl())
				_ = SetImpl(impl)
				x, d := make([]float32, n*Stride(in)), make([]float32, n*Stride(out))
				dw := make([]float32, Rows(out)*Stride(in))
				for b.Loop() {
					AddOuter(dw, d, x, out, in, n)
				}
				flops := 2 * float64(n*in*out) * float64(b.N) / b.Elapsed().Seconds()
				b.ReportMetric(flops/1e9, "GFLOP/s")
				b.ReportMetric(100*flops/peak, "%peak")
			})
		}
	}
}
