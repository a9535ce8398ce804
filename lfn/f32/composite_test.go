package f32

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// ray is the input of Composite in a test; its slices have guard cells.
type ray struct {
	grids, n                     int
	c, T                         float32
	f, acc, alpha, trans         []float32
	d, dacc                      []float32
	dT                           float32
	accOK, alphaOK, transOK, dOK func() bool
}

func newRay(rng *rand.Rand, grids, n int) *ray {
	r := &ray{grids: grids, n: n, c: float32(rng.Float64()), T: float32(rng.Float64() + .5), dT: float32(rng.NormFloat64())}
	r.f, _ = guarded(rng, 4*grids*n, n)
	r.acc, r.accOK = guarded(rng, 4*grids, n)
	r.alpha, r.alphaOK = guarded(rng, n, n+1)
	r.trans, r.transOK = guarded(rng, n, n+2)
	r.d, r.dOK = guarded(rng, 4*grids*n, n+3)
	r.dacc, _ = guarded(rng, 4*grids, n)
	for i := 0; i < len(r.f); i += 4 {
		// s between −6 and 4, and in every fourth ray far more.
		r.f[i] = float32((rng.Float64() - .5) * []float64{1, 1, 1, 40}[n%4] / float64(grids))
	}
	return r
}

func (r *ray) composite() float32 {
	return Composite(r.acc, r.f, r.grids, r.n, r.c, r.T, r.alpha, r.trans)
}

func (r *ray) backward(T float32) {
	CompositeBackward(r.d, r.f, r.grids, r.n, r.c, r.alpha, r.trans, r.dacc, r.dT, T)
}

func (r *ray) intact() bool { return r.accOK() && r.alphaOK() && r.transOK() && r.dOK() }

func (r *ray) row(k int) []float32 { return r.f[4*r.grids*k:][:4*r.grids] }

// s and its uncertainty in float32: half a unit of each of its terms.
func (r *ray) s(k int) (s, err float64) {
	sum := 0.
	for j := 0; j < 4*r.grids; j += 4 {
		v := float64(r.row(k)[j])
		sum += v
		err += 10 * math.Abs(v)
	}
	return 10*sum - 1, (err + 1) * math.Exp2(-22)
}

func TestComposite(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := range 131 {
			for grids := 1; grids <= 3; grids++ {
				r := newRay(rng, grids, n)
				want, abs := make([]float64, 4*grids), make([]float64, 4*grids)
				for j, v := range r.acc {
					want[j], abs[j] = float64(v), math.Abs(float64(v))
				}
				got := r.composite()
				T, errT := float64(r.T), 0. // errT bounds the error of T
				for k := range n {
					s, errS := r.s(k)
					a := -math.Expm1(-softplus(s) * float64(r.c))
					// d(ln softplus)/ds ≤ 1 and d(ln a)/d(ln x) ≤ 1, so errS is also the relative error of a.
					errA := a*(errS+math.Exp2(-20)) + math.Exp2(-125)
					if e := math.Abs(float64(r.alpha[k]) - a); !(e <= errA) {
						t.Fatalf("grids=%d n=%d: alpha[%d] = %v, want %v, off by %v of %v", grids, n, k, r.alpha[k], a, e, errA)
					}
					if e := math.Abs(float64(r.trans[k]) - T); !(e <= errT+math.Exp2(-125)) {
						t.Fatalf("grids=%d n=%d: trans[%d] = %v, want %v", grids, n, k, r.trans[k], T)
					}
					for j, v := range r.row(k) {
						want[j] += T * a * float64(v)
						// Beside the sum's own rounding, each term is as wrong as its T and its a.
						abs[j] += math.Abs(float64(v)) * (T*a + (errT+T*errA)*math.Exp2(23))
					}
					errT = errT*(1-a) + T*(errA+math.Exp2(-22))
					T *= 1 - a
				}
				if e := math.Abs(float64(got) - T); !(e <= errT+math.Exp2(-125)) {
					t.Fatalf("grids=%d n=%d: T = %v, want %v", grids, n, got, T)
				}
				for j, w := range want {
					if e := math.Abs(float64(r.acc[j]) - w); !(e <= bound(n+2, abs[j])) {
						t.Fatalf("grids=%d n=%d: acc[%d] = %v, want %v", grids, n, j, r.acc[j], w)
					}
				}
				if !r.intact() {
					t.Fatalf("grids=%d n=%d: wrote outside", grids, n)
				}
			}
		}
	})
}

// TestAlpha walks through the densities and spacings, the limits included.
func TestAlpha(t *testing.T) {
	inf := math.Inf(1)
	eachImpl(t, func(t *testing.T) {
		for _, c := range []float64{0, 1e-37, 1e-20, 1e-3, 0.1, 1, 30, 1e10, 1e38} {
			var sigma []float64
			for v := -12.; v <= 12; v += 1. / 64 {
				sigma = append(sigma, v)
			}
			sigma = append(sigma, 1e4, 1e20, 3e38, inf, -1e4, -1e20, -3e38, -inf, math.Copysign(0, -1), 1e-40)
			f := make([]float32, 4*len(sigma))
			for k, v := range sigma {
				f[4*k] = float32(v)
			}
			alpha, trans := make([]float32, len(sigma)), make([]float32, len(sigma))
			Composite(make([]float32, 4), f, 1, len(sigma), float32(c), 1, alpha, trans)
			for k := range sigma {
				s := min(10*float64(f[4*k])-1, math.MaxFloat32)
				want := -math.Expm1(-softplus(s) * float64(float32(c)))
				if e := math.Abs(float64(alpha[k]) - want); !(e <= want*math.Exp2(-22)*(4+2*min(math.Abs(s), 100))+math.Exp2(-125)*max(1, c)) {
					t.Errorf("σ=%v c=%v: a = %v, want %v, error %.3g", f[4*k], c, alpha[k], want, e/want)
				}
				if alpha[k] < 0 || alpha[k] > 1 || trans[k] < 0 || trans[k] > 1 {
					t.Errorf("σ=%v c=%v: a = %v, T = %v", f[4*k], c, alpha[k], trans[k])
				}
			}
		}
	})
}

// TestCompositeNaN: what lies before a NaN is not touched by it, all behind it is.
func TestCompositeNaN(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for bad := range 20 {
			r := newRay(rng, 2, 21)
			r.f[8*bad] = float32(math.NaN())
			T := r.composite()
			for k := range r.n {
				if got := r.alpha[k] != r.alpha[k]; got != (k == bad) {
					t.Errorf("NaN at %d: alpha[%d] = %v", bad, k, r.alpha[k])
				}
				if got := r.trans[k] != r.trans[k]; got != (k > bad) {
					t.Errorf("NaN at %d: trans[%d] = %v", bad, k, r.trans[k])
				}
			}
			if T == T || r.acc[1] == r.acc[1] {
				t.Errorf("NaN at %d: T = %v, acc = %v", bad, T, r.acc)
			}
		}
	})
}

func TestCompositeBackward(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := range 131 {
			for grids := 1; grids <= 3; grids++ {
				r := newRay(rng, grids, n)
				// alpha and trans by the reference, so that both sides start from the same numbers.
				T := compositeGo(make([]float32, 4*grids), r.f, grids, n, r.c, r.T, r.alpha, r.trans)
				r.backward(T)
				behind := float64(r.dT) * float64(T)
				absBehind := math.Abs(behind)
				for k := n - 1; k >= 0; k-- {
					a, Tk := float64(r.alpha[k]), float64(r.trans[k])
					var v, absV float64
					for j, g := range r.dacc {
						v += float64(g) * float64(r.row(k)[j])
						absV += math.Abs(float64(g) * float64(r.row(k)[j]))
					}
					s, errS := r.s(k)
					slope := float64(r.c) * 10 / (1 + math.Exp(-s))
					ds := (Tk*(1-a)*v - behind) * slope
					absDS := (Tk*(1-a)*absV + absBehind) * slope
					for j, g := range r.dacc {
						want, abs := Tk*a*float64(g), math.Abs(Tk*a*float64(g))
						if j%4 == 0 {
							// d(ln sigmoid)/ds ≤ 1; 2⁻²⁰ for the exponential.
							want, abs = want+ds, abs+absDS*(1+(errS+math.Exp2(-20))*math.Exp2(23)/float64(n+8))
						}
						if got := float64(r.d[k*4*grids+j]); !(math.Abs(got-want) <= bound(n+8, abs)+math.Exp2(-120)) {
							t.Fatalf("grids=%d n=%d: d[%d][%d] = %v, want %v", grids, n, k, j, got, want)
						}
					}
					behind += Tk * a * v
					absBehind += Tk * a * absV
				}
				if !r.intact() {
					t.Fatalf("grids=%d n=%d: wrote outside", grids, n)
				}
			}
		}
	})
}

// TestCompositeBackwardNotFinite: a NaN or Inf in the gradient of acc does not leak from the lanes behind the end.
func TestCompositeBackwardNotFinite(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := 1; n < 20; n++ {
			r := newRay(rng, 2, n)
			for i := 0; i < len(r.f); i += 4 {
				r.f[i] = rng.Float32() / 8 // no alpha is 0, so that no 0·Inf arises
			}
			T := r.composite()
			r.dacc[3] = float32(math.Inf(1))
			for k := range n {
				r.f[8*k+3] = 1
			}
			r.backward(T)
			for k := range n {
				for j, v := range r.d[8*k : 8*k+8] {
					if v := float64(v); j == 3 && !math.IsInf(v, 1) || j != 3 && j%4 != 0 && (math.IsNaN(v) || math.IsInf(v, 0)) {
						t.Fatalf("n=%d: d[%d][%d] = %v", n, k, j, v)
					}
				}
				if last := n - 1; k == last && !math.IsInf(float64(r.d[8*last]), 0) {
					t.Fatalf("n=%d: gradient of the last density = %v, want ±Inf", n, r.d[8*last])
				}
			}
		}
	})
}

// TestCompositeGradient compares CompositeBackward with central differences of the formula in float64.
func TestCompositeGradient(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for grids := 1; grids <= 3; grids++ {
			r := newRay(rng, grids, 13)
			f := make([]float64, len(r.f))
			for i, v := range r.f {
				f[i] = float64(v)
			}
			loss := func() (l float64) {
				T := float64(r.T)
				for k := range r.n {
					row := f[4*grids*k:][:4*grids]
					s := 0.
					for j := 0; j < len(row); j += 4 {
						s += row[j]
					}
					a := -math.Expm1(-softplus(10*s-1) * float64(r.c))
					for j, v := range row {
						l += float64(r.dacc[j]) * T * a * v
					}
					T *= 1 - a
				}
				return l + float64(r.dT)*T
			}
			r.backward(r.composite())
			for i := range f {
				const h = 1e-5
				f0 := f[i]
				f[i] = f0 + h
				up := loss()
				f[i] = f0 - h
				down := loss()
				f[i] = f0
				if want := (up - down) / (2 * h); !(math.Abs(float64(r.d[i])-want) <= 1e-4*(1+math.Abs(want))) {
					t.Errorf("grids=%d: d[%d] = %v, want %v", grids, i, r.d[i], want)
				}
			}
		}
	})
}

func BenchmarkComposite(b *testing.B) {
	for _, n := range []int{12, 64} {
		const rays = 64
		rng := rand.New(rand.NewPCG(1, 2))
		r := newRay(rng, 2, rays*n)
		for i := 0; i < len(r.f); i += 4 {
			r.f[i] -= .3
		}
		benchImpls(b, fmt.Sprintf("n=%d", n), rays*n, func() {
			for k := 0; k < r.n; k += n {
				clear(r.acc)
				Composite(r.acc, r.f[8*k:], 2, n, .8, 1, r.alpha[k:], r.trans[k:])
			}
		})
	}
}

func BenchmarkCompositeBackward(b *testing.B) {
	for _, n := range []int{12, 64} {
		const rays = 64
		rng := rand.New(rand.NewPCG(1, 2))
		r := newRay(rng, 2, rays*n)
		for k := 0; k < r.n; k += n {
			Composite(r.acc, r.f[8*k:], 2, n, .8, 1, r.alpha[k:], r.trans[k:])
		}
		benchImpls(b, fmt.Sprintf("n=%d", n), rays*n, func() {
			for k := 0; k < r.n; k += n {
				CompositeBackward(r.d[8*k:], r.f[8*k:], 2, n, .8, r.alpha[k:], r.trans[k:], r.dacc, 1, .1)
			}
		})
	}
}
