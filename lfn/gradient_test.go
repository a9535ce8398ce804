package lfn

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lfnview/plucker"
)

// smoothRays are n rays at which the network has a derivative, by the twin: no unit is near the kink of its
// ReLU, and no ray near the transmittance at which it ends.
func smoothRays(t *testing.T, slow *twin, n int) []plucker.Coords {
	t.Helper()
	var rays []plucker.Coords
	for _, ray := range testRays(20 * n) {
		if l := math.Hypot(float64(ray[3]), math.Hypot(float64(ray[4]), float64(ray[5]))); l > 10 {
			continue // its huge moment would drown the other rays
		}
		if slow.color(ray).kink > 1e-3 {
			if rays = append(rays, ray); len(rays) == n {
				return rays
			}
		}
	}
	t.Fatalf("found %d rays away from kinks, want %d", len(rays), n)
	return nil
}

// loss is that of squares.
func (r *twin) loss(rays []plucker.Coords, target []float32) float64 {
	sum := 0.
	for i, ray := range rays {
		for c, v := range r.color(ray).rgb {
			d := v - float64(target[3*i+c])
			sum += d * d / float64(3*len(rays))
		}
	}
	return sum
}

// slope is the derivative of f at 0 by central differences.
func slope(f func(x float64) float64) float64 {
	const h = 1e-6
	return (f(h) - f(-h)) / (2 * h)
}

// probes are the indices of a gradient to look at: its largest values, one that is 0, and some others.
func probes(rng *rand.Rand, d []float32) []int {
	order := make([]int, len(d))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(math.Abs(float64(d[b])), math.Abs(float64(d[a])))
	})
	is := slices.Clone(order[:min(3, len(d))])
	is = append(is, order[len(d)-1])
	zeros := slices.IndexFunc(order, func(i int) bool { return d[i] == 0 })
	if zeros <= 0 {
		zeros = len(d)
	}
	for range 3 {
		is = append(is, order[rng.IntN(zeros)])
	}
	return is
}

// TestGradients compares with central differences of the twin, in float64: single values of each tensor, and
// all of a tensor at once along a random direction. The differences are good to 1e-9, so the tolerance is for the
// rounding of the float32 code: 1e-5 of the tensor's largest value, and 1e-4 where LayerNorm blows up the rounding
// of sines.
func TestGradients(t *testing.T) {
	for _, c := range twinConfigs() {
		t.Run(configName(c), func(t *testing.T) {
			n := newTest(t, c)
			slow := newTwin(n)
			count := 16
			if testing.Short() {
				count = 10
			}
			rays := smoothRays(t, slow, count)
			tol := 1e-5
			if c.Activation == Sine && c.Norm == NormLayer {
				tol = 1e-4
			}
			target := randomColors(len(rays))
			loss := func() float64 { return slow.loss(rays, target) }

			type probe struct {
				tensor, index int
				want          float64
			}
			var table []probe
			var along [][]float64
			var wantAlong []float64
			eachImpl(t, func(t *testing.T) {
				l := n.NewLearner(len(rays))
				defer l.Close()
				got := l.Batch(len(rays), give(rays), squares(target, len(rays)))
				if want := loss(); !(math.Abs(got-want) <= 1e-5*want) {
					t.Errorf("loss = %v, want %v", got, want)
				}
				grads := l.Grads()
				if table == nil {
					rng := rand.New(rand.NewPCG(1, 2))
					for i, g := range grads {
						x := slow.tensors[i]
						for _, j := range probes(rng, g.D) {
							at := x[j]
							table = append(table, probe{i, j, slope(func(h float64) float64 { x[j] = at + h; return loss() })})
							x[j] = at
						}
						at, dir := slices.Clone(x), make([]float64, len(x))
						for j := range dir {
							dir[j] = float64(2*rng.IntN(2) - 1)
						}
						along = append(along, dir)
						wantAlong = append(wantAlong, slope(func(h float64) float64 {
							for j, d := range dir {
								x[j] = at[j] + h*d
							}
							return loss()
						}))
						copy(x, at)
					}
				}
				var errs []string
				worst, nonzero := 0., 0
				check := func(name string, got, want, scale float64) {
					err := math.Abs(got-want) / scale
					if worst = max(worst, err); !(err <= tol) {
						errs = append(errs, fmt.Sprintf("%s = %v, want %v, off by %.3g of the largest", name, got, want, err))
					}
					if want != 0 {
						nonzero++
					}
				}
				scales := make([]float64, len(grads))
				for i, g := range grads {
					scales[i] = 1e-6 // all of a gradient may be 0: before a norm, that of a bias of one unit
					for _, v := range g.D {
						scales[i] = max(scales[i], math.Abs(float64(v)))
					}
				}
				for _, p := range table {
					g := grads[p.tensor]
					check(fmt.Sprintf("%s[%d]", g.Name, p.index), float64(g.D[p.index]), p.want, scales[p.tensor])
				}
				for i, g := range grads {
					sum, abs := 0., 0.
					for j, v := range g.D {
						sum += along[i][j] * float64(v)
						abs += math.Abs(float64(v))
					}
					check(g.Name+" along a random direction", sum, wantAlong[i], max(scales[i], math.Sqrt(scales[i]*abs)))
				}
				if nonzero < len(grads) {
					t.Errorf("only %d derivatives are not 0", nonzero)
				}
				for _, e := range errs {
					t.Error(e)
				}
				t.Logf("%d derivatives, worst %.3g of its tensor's largest", len(table)+len(along), worst)
			})
		})
	}
}

// TestTouched: a gradient is 0 wherever no mark is, and a few rays leave most of a grid without.
func TestTouched(t *testing.T) {
	for _, kind := range []string{Grid, Volume} {
		t.Run(kind, func(t *testing.T) {
			n := newTest(t, Config{Encoding: Encoding{Kind: kind, Points: 30, Grids: []int{17, 32}}, Hidden: []int{8}, Norm: NormLayer, Activation: ReLU})
			rays := testRays(3)
			l := n.NewLearner(len(rays))
			defer l.Close()
			l.Batch(len(rays), give(rays), squares(randomColors(len(rays)), len(rays)))
			for _, g := range l.Grads() {
				if g.Touched == nil {
					continue
				}
				marks := 0
				for line, mark := range g.Touched {
					if mark != 0 {
						marks++
					} else if d := g.D[16*line : min(16*line+16, len(g.D))]; slices.ContainsFunc(d, func(v float32) bool { return v != 0 }) {
						t.Errorf("%s: line %d is not marked, but its gradient is %v", g.Name, line, d)
					}
				}
				if marks < 20 || marks > len(g.Touched)/4 {
					t.Errorf("%s: %d of %d lines are marked by 3 rays", g.Name, marks, len(g.Touched))
				}
			}
		})
	}
}

// TestGradientsAdd: the gradients of a batch are the sum of those of its parts, over several chunks and more
// chunks than lanes; a smaller batch after a larger one has nothing left of that.
func TestGradientsAdd(t *testing.T) {
	for _, c := range twinConfigs() {
		if c.Norm != NormLayer || c.Activation != ReLU {
			continue
		}
		t.Run(configName(c), func(t *testing.T) {
			const total = stripRays*(lanes+3) + 77
			c.Hidden = []int{16}
			c.Encoding.Points = min(c.Encoding.Points, 6)
			n := newTest(t, c)
			rays, target := testRays(total), randomColors(total)
			rays[6] = rays[0] // its huge moment would drown the other rays
			loss := squares(target, total)
			whole := n.NewLearner(total)
			defer whole.Close()
			lossWhole := whole.Batch(total, give(rays), loss)
			want := make([][]float64, len(whole.Grads()))
			lossParts := 0.
			for i, g := range whole.Grads() {
				want[i] = make([]float64, len(g.D))
			}
			part := n.NewLearner(700)
			defer part.Close()
			for first := 0; first < total; {
				k := min(700-first/16, total-first)
				lossParts += part.Batch(k,
					func(at int, dst []plucker.Coords) { copy(dst, rays[first+at:]) },
					func(at int, rgb, drgb []float32) float64 { return loss(first+at, rgb, drgb) })
				for i, g := range part.Grads() {
					for j, v := range g.D {
						want[i][j] += float64(v)
					}
				}
				clearGrids(part.Grads())
				first += k
			}
			if !(math.Abs(lossWhole-lossParts) <= 1e-12*lossParts) {
				t.Errorf("loss = %v, want %v", lossWhole, lossParts)
			}
			for i, g := range whole.Grads() {
				largest := 0.
				for _, w := range want[i] {
					largest = max(largest, math.Abs(w))
				}
				for j, w := range want[i] {
					if err := math.Abs(float64(g.D[j]) - w); !(err <= 1e-5*largest) {
						t.Fatalf("%s[%d] = %v, want %v; the largest is %v", g.Name, j, g.D[j], w, largest)
					}
				}
			}
		})
	}
}
