package f32

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// moments returns parameters, gradients and moments for a test of Adam, and a check of their guards.
func moments(rng *rand.Rand, n int) (p, g, m, v []float32, intact func() bool) {
	p, ok1 := guarded(rng, n, n)
	g, ok2 := guarded(rng, n, n+1)
	m, ok3 := guarded(rng, n, n+2)
	v, ok4 := guarded(rng, n, n+3)
	for i := range v {
		v[i] *= v[i]
		if rng.IntN(5) == 0 {
			g[i], m[i], v[i] = 0, 0, 0
		}
	}
	return p, g, m, v, func() bool { return ok1() && ok2() && ok3() && ok4() }
}

const lr, beta1, beta2, eps = 0.01, 0.9, 0.99, 1e-8

func TestAdam(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := range 131 {
			p, g, m, v, intact := moments(rng, n)
			wantP, wantM, wantV := make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range p {
				gi := float64(g[i])
				wantM[i] = beta1*float64(m[i]) + (1-beta1)*gi
				wantV[i] = beta2*float64(v[i]) + (1-beta2)*gi*gi
				wantP[i] = float64(p[i]) - lr*(wantM[i]/.271)/(math.Sqrt(wantV[i]/.0297)+eps)
			}
			size := func(x float32) float64 { return 1 + math.Abs(float64(x)) }
			before := append([]float32(nil), p...)
			Adam(p, g, m, v, lr, beta1, beta2, eps, .271, .0297)
			for i := range p {
				// 1−β₁ and 1−β₂ come from rounded betas: 2⁻²⁴/0.01 in the worst case.
				tol := 8e-6
				if e := math.Abs(float64(m[i]) - wantM[i]); !(e <= tol*(size(g[i])+size(m[i]))) {
					t.Fatalf("n=%d: m[%d] = %v, want %v", n, i, m[i], wantM[i])
				}
				if e := math.Abs(float64(v[i]) - wantV[i]); !(e <= tol*(size(g[i])*size(g[i])+size(v[i]))) {
					t.Fatalf("n=%d: v[%d] = %v, want %v", n, i, v[i], wantV[i])
				}
				if e := math.Abs(float64(p[i]) - wantP[i]); !(e <= 1e-6*size(before[i])+tol*math.Abs(wantP[i]-float64(before[i]))) {
					t.Fatalf("n=%d: p[%d] = %v, want %v", n, i, p[i], wantP[i])
				}
			}
			if !intact() {
				t.Fatalf("n=%d: wrote outside", n)
			}
		}
	})
}

// same tells whether two slices agree to the last bit, all NaN being one.
func same(a, b []float32) error {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) && !(a[i] != a[i] && b[i] != b[i]) {
			return fmt.Errorf("value %d = %v, want %v", i, a[i], b[i])
		}
	}
	return nil
}

// TestAdamTwin: every implementation gives the bits of the reference, for numbers that are not finite too.
func TestAdamTwin(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		odd := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.Copysign(0, -1)), 1e30, 1e-15}
		for n := range 131 {
			p, g, m, v, _ := moments(rng, n)
			for i := range p {
				if rng.IntN(4) == 0 {
					[][]float32{p, g, m, v}[rng.IntN(4)][i] = odd[rng.IntN(len(odd))]
				}
			}
			q := [3][]float32{}
			for i, x := range [][]float32{p, m, v} {
				q[i] = append([]float32(nil), x...)
			}
			adamGo(q[0], g, q[1], q[2], newAdamFactors(lr, beta1, beta2, eps, .5, .25))
			Adam(p, g, m, v, lr, beta1, beta2, eps, .5, .25)
			for i, x := range [][]float32{p, m, v} {
				if err := same(x, q[i]); err != nil {
					t.Fatalf("n=%d: %s: %v", n, []string{"p", "m", "v"}[i], err)
				}
			}
		}
	})
}

// TestAdamSubnormal: numbers below 2⁻¹²⁶ may become zero, and change nothing that can be seen.
func TestAdamSubnormal(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		p, g, m, v := []float32{1}, []float32{1e-22}, []float32{1e-42}, []float32{1e-44}
		Adam(p, g, m, v, lr, beta1, beta2, eps, .5, .25)
		if p[0] != 1 || !(math.Abs(float64(m[0])-1e-23) < 1e-28) || !(v[0] >= 0 && v[0] < 2e-44) {
			t.Errorf("p, m, v = %v, %v, %v", p[0], m[0], v[0])
		}
	})
}

// TestFlushEnds: outside the kernels, subnormal numbers are numbers again.
func TestFlushEnds(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		x := func() []float32 { return make([]float32, 64) }
		mark := func() []uint8 { return []uint8{1, 1, 1, 1} }
		for name, call := range map[string]func(){
			"Scatter":            func() { Scatter(x(), mark(), 2, x()[:9], x(), x(), x(), 4) },
			"Composite1":         func() { Composite(x(), x(), 1, 9, 1, 1, x(), x()) },
			"Composite2":         func() { Composite(x(), x(), 2, 7, 1, 1, x(), x()) },
			"CompositeBackward1": func() { CompositeBackward(x(), x(), 1, 9, 1, x(), x(), x(), 1, 1) },
			"CompositeBackward2": func() { CompositeBackward(x(), x(), 2, 7, 1, x(), x(), x(), 1, 1) },
			"Adam":               func() { Adam(x(), x(), x(), x(), lr, beta1, beta2, eps, .5, .25) },
			"AdamTouched":        func() { AdamTouched(x(), x(), x(), x(), mark(), lr, beta1, beta2, eps, .5, .25) },
		} {
			call()
			tiny := x()
			tiny[0] = math.SmallestNonzeroFloat32
			if tiny[0] *= 4; tiny[0] == 0 {
				t.Errorf("%s leaves the processor flushing subnormal numbers to zero", name)
			}
		}
	})
}

func TestAdamTouched(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		sizes := []int{16 * 500, 16*33 + 5, 16*64 - 1, 16 * 97}
		for n := range 131 {
			sizes = append(sizes, n)
		}
		for round, n := range sizes {
			p, g, m, v, intact := moments(rng, n)
			all := make([]uint8, (n+15)/16+64)
			touched := all[32 : len(all)-32]
			for i := range all {
				all[i] = 9
			}
			for i := range touched {
				touched[i] = 0
				if rng.IntN(1+round%7*3) == 0 {
					touched[i] = uint8(1 + rng.IntN(255))
				}
			}
			q := [4][]float32{}
			for i, x := range [][]float32{p, g, m, v} {
				q[i] = append([]float32(nil), x...)
			}
			for i, mark := range touched {
				if lo, hi := 16*i, min(16*i+16, n); mark != 0 {
					adamGo(q[0][lo:hi], q[1][lo:hi], q[2][lo:hi], q[3][lo:hi], newAdamFactors(lr, beta1, beta2, eps, .5, .25))
					clear(q[1][lo:hi])
				}
			}
			AdamTouched(p, g, m, v, touched, lr, beta1, beta2, eps, .5, .25)
			for i, x := range [][]float32{p, g, m, v} {
				if err := same(x, q[i]); err != nil {
					t.Fatalf("n=%d: %s: %v", n, []string{"p", "g", "m", "v"}[i], err)
				}
			}
			for i, b := range all {
				if in := i >= 32 && i < len(all)-32; in && b != 0 || !in && b != 9 {
					t.Fatalf("n=%d: mark %d = %d", n, i-32, b)
				}
			}
			if !intact() {
				t.Fatalf("n=%d: wrote outside", n)
			}
		}
	})
}

func BenchmarkAdam(b *testing.B) {
	for _, n := range []int{1 << 14, 1 << 20} {
		p, g, m, v, _ := moments(rand.New(rand.NewPCG(1, 2)), n)
		benchImpls(b, fmt.Sprintf("n=%d", n), n, func() { Adam(p, g, m, v, lr, beta1, beta2, eps, .5, .25) })
	}
}

func BenchmarkAdamTouched(b *testing.B) {
	const n = 64 * 64 * 64 * 4
	for _, every := range []int{1, 8, 64} {
		p, g, m, v, _ := moments(rand.New(rand.NewPCG(1, 2)), n)
		touched := make([]uint8, n/16)
		benchImpls(b, fmt.Sprintf("lines=1in%d", every), n/every, func() {
			for i := 0; i < len(touched); i += every {
				touched[i] = 1
			}
			// Betas of 1 keep the moments as they are; else they fade, the gradient being zero from the second call on.
			AdamTouched(p, g, m, v, touched, lr, 1, 1, eps, .5, .25)
		})
	}
}
