package lfn

import (
	"math"
	"slices"
	"testing"

	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// rayCounts are numbers of rays: none, fewer than a tile's rows, and around the length of a strip.
func rayCounts() []int {
	if testing.Short() {
		return []int{0, 1, 3, 127, 257}
	}
	return []int{0, 1, 2, 3, 5, 127, 255, 256, 257, 600}
}

// answers are what the twin says of rays. Where it is unsure of more than one in a hundred, or in 25 where lines are
// mapped, the test is bad.
func answers(t *testing.T, n *Network, rays []plucker.Coords) []answer {
	t.Helper()
	slow := newTwin(n)
	as := make([]answer, len(rays))
	unsure := 0
	for i, ray := range rays {
		if as[i] = slow.color(ray); as[i].unsure {
			unsure++
		}
	}
	most := 100
	if e := n.Config.Encoding; e.Window != nil || e.Clear > 0 {
		most = 25
	}
	if unsure > len(rays)/most {
		t.Fatalf("rounding decides about %d of %d rays, want at most 1 in %d", unsure, len(rays), most)
	}
	return as
}

// colorTol is how far colours may be from the twin's: some hundred units in the last place of a float32, which
// rounding makes where LayerNorm and sines follow each other. A wrong formula makes far more.
const colorTol = 1e-4

// checkColors compares the colours of rays with the twin's, clamped or not.
func checkColors(t *testing.T, rays []plucker.Coords, rgb []float32, want []answer, lo, hi float64) {
	t.Helper()
	for i, v := range rgb {
		if a := want[i/3]; !a.unsure {
			w := min(max(a.rgb[i%3], lo), hi)
			if !(math.Abs(float64(v)-w) <= colorTol) {
				t.Fatalf("%d rays: channel %d of ray %d, %v, is %v, want %v", len(rays), i%3, i/3, rays[i/3], v, w)
			}
		}
	}
}

// TestEncode compares what the MLP gets with the twin's, within the bound that the twin gives.
func TestEncode(t *testing.T) {
	for _, c := range twinConfigs() {
		if c.Activation != ReLU || c.Norm != NormNone {
			continue
		}
		t.Run(configName(c), func(t *testing.T) {
			n := newTest(t, c)
			slow := newTwin(n)
			rays := testRays(slices.Max(rayCounts()))
			width, stride := c.InputWidth(), f32.Stride(c.InputWidth())
			eachImpl(t, func(t *testing.T) {
				e := newEncoder(n)
				var s samples
				x := make([]float32, stride*len(rays))
				e.encode(x, rays, &s)
				var bounds []float64
				share := 0.
				for i, ray := range rays {
					var a answer
					want := slow.encode(lineOf(ray), &a)
					if a.unsure {
						continue
					}
					if len(want) != width {
						t.Fatalf("twin has %d values, want %d", len(want), width)
					}
					row := x[i*stride:][:stride]
					for j, w := range want {
						err := math.Abs(float64(row[j]) - w.v)
						if !(err <= w.err) {
							t.Fatalf("value %d of ray %d, %v, is %v, want %v: off by %.3g of %.3g", j, i, ray, row[j], w.v, err, w.err)
						}
						if bounds = append(bounds, w.err); err > 0 {
							share = max(share, err/w.err)
						}
					}
					for j, v := range row[width:] {
						if v != 0 {
							t.Fatalf("ray %d: value %d, behind the row, is %v, want 0", i, width+j, v)
						}
					}
				}
				// A ray that all but misses the ball has a large bound; most have a small one.
				slices.Sort(bounds)
				median := bounds[len(bounds)/2]
				t.Logf("median bound %.3g, largest error %.3g of its bound", median, share)
				if median > 5e-4 {
					t.Errorf("half of the bounds are %v or more: they say little", median)
				}
			})
		})
	}
}

func TestColors(t *testing.T) {
	for _, c := range twinConfigs() {
		t.Run(configName(c), func(t *testing.T) {
			n := newTest(t, c)
			rays := testRays(slices.Max(rayCounts()))
			want := answers(t, n, rays)
			eachImpl(t, func(t *testing.T) {
				p := n.Pack()
				for _, count := range rayCounts() {
					const guard = -12345.5
					rgb := slices.Repeat([]float32{guard}, 3*count+3)
					p.Colors(rgb[:3*count], rays[:count])
					if !slices.Equal(rgb[3*count:], []float32{guard, guard, guard}) {
						t.Fatalf("%d rays: wrote behind rgb", count)
					}
					checkColors(t, rays[:count], rgb[:3*count], want, 0, 1)
				}
			})
		})
	}
}

// TestLearnerForward compares the colours that a learner hands to the loss, which are not clamped.
func TestLearnerForward(t *testing.T) {
	outside := map[string]int{}
	for _, c := range twinConfigs() {
		t.Run(configName(c), func(t *testing.T) {
			n := newTest(t, c)
			rays := testRays(slices.Max(rayCounts()))
			want := answers(t, n, rays)
			eachImpl(t, func(t *testing.T) {
				l := n.NewLearner(len(rays))
				defer l.Close()
				for _, count := range rayCounts() {
					rgb := make([]float32, 3*count)
					seen := make([]int32, count)
					total := l.Batch(count, give(rays), func(first int, got, drgb []float32) float64 {
						copy(rgb[3*first:], got)
						clear(drgb)
						for i := range len(got) / 3 {
							seen[first+i]++
						}
						return float64(len(got))
					})
					if total != float64(3*count) {
						t.Fatalf("%d rays: loss %v, want %v", count, total, 3*count)
					}
					for i, k := range seen {
						if k != 1 {
							t.Fatalf("%d rays: ray %d was evaluated %d times", count, i, k)
						}
					}
					checkColors(t, rays[:count], rgb, want, math.Inf(-1), math.Inf(1))
					for _, v := range rgb {
						if v < 0 || v > 1 {
							outside[c.Output]++
						}
					}
				}
			})
		})
	}
	for _, output := range []string{OutputUnit, OutputSigned} {
		if outside[output] == 0 {
			t.Errorf("output %q: no colour is outside [0, 1], so clamping would not be seen", output)
		}
	}
}

// TestColorsTogether has several goroutines use one Packed.
func TestColorsTogether(t *testing.T) {
	n := newTest(t, Config{Encoding: Encoding{Kind: Volume, Points: 20, Grids: []int{5, 9}}, Hidden: []int{16}, Norm: NormLayer, Activation: ReLU})
	rays := testRays(600)
	p := n.Pack()
	want := make([]float32, 3*len(rays))
	p.Colors(want, rays)
	const parts = 4
	got := make([][]float32, parts)
	pool := newPool()
	defer pool.close()
	pool.run(parts, func(i int) {
		got[i] = make([]float32, len(want))
		for range 5 {
			p.Colors(got[i], rays)
		}
	})
	for i, rgb := range got {
		if !slices.Equal(rgb, want) {
			t.Errorf("goroutine %d has other colours than one alone", i)
		}
	}
}

// TestColorsKeepWeights: a Packed does not see later changes of the dense layers.
func TestColorsKeepWeights(t *testing.T) {
	n := newTest(t, twinConfigs()[0])
	rays := testRays(20)
	p := n.Pack()
	want, got := make([]float32, 60), make([]float32, 60)
	p.Colors(want, rays)
	for _, l := range n.Layers {
		clear(l.Weight)
		clear(l.Bias)
	}
	p.Colors(got, rays)
	if !slices.Equal(got, want) {
		t.Error("colours changed with the network's weights")
	}
}

func TestNoGarbage(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector a sync.Pool drops what is put into it, at random")
	}
	for _, c := range twinConfigs() {
		t.Run(configName(c), func(t *testing.T) {
			n := newTest(t, c)
			rays := testRays(600)
			rgb := make([]float32, 3*len(rays))
			p := n.Pack()
			if got := testing.AllocsPerRun(5, func() { p.Colors(rgb, rays) }); got != 0 {
				t.Errorf("Colors allocates %v times", got)
			}
			surfaces := make([]Surface, len(rays))
			if got := testing.AllocsPerRun(5, func() { p.Surfaces(rgb, surfaces, rays) }); got != 0 {
				t.Errorf("Surfaces allocates %v times", got)
			}
			l := n.NewLearner(len(rays))
			defer l.Close()
			rayOf, loss := give(rays), squares(randomColors(len(rays)), len(rays))
			if got := testing.AllocsPerRun(5, func() { l.Batch(len(rays), rayOf, loss) }); got != 0 {
				t.Errorf("Batch allocates %v times", got)
			}
		})
	}
}
