package lfn

import (
	"math"
	"slices"
	"testing"

	"lfnview/plucker"
)

// counts are numbers of rays: none, fewer than a tile's rows, and around the length of a strip.
var counts = []int{0, 1, 2, 3, 5, 127, 255, 256, 257, 600}

// answers are what the twin says of rays. Where it is unsure of more than one in a hundred, the test is bad.
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
	if unsure > len(rays)/100 {
		t.Fatalf("rounding decides about %d of %d rays, want at most 1 in 100", unsure, len(rays))
	}
	return as
}

// closeness compares colours with the twin, and keeps the largest error and its share of the bound.
type closeness struct{ share, err, bound float64 }

func (c *closeness) check(t *testing.T, name string, ray plucker.Coords, got float32, want num) {
	t.Helper()
	err := math.Abs(float64(got) - want.v)
	if !(err <= want.err) {
		t.Fatalf("%s of %v = %v, want %v, off by %.3g of %.3g", name, ray, got, want.v, err, want.err)
	}
	c.err, c.bound = max(c.err, err), max(c.bound, want.err)
	if err > 0 {
		c.share = max(c.share, err/want.err)
	}
}

func TestColors(t *testing.T) {
	for _, c := range twinConfigs() {
		t.Run(configName(c), func(t *testing.T) {
			n := newTest(t, c)
			rays := testRays(slices.Max(counts))
			want := answers(t, n, rays)
			eachImpl(t, func(t *testing.T) {
				p := n.Pack()
				var near closeness
				for _, count := range counts {
					const guard = -12345.5
					rgb := slices.Repeat([]float32{guard}, 3*count+3)
					p.Colors(rgb[:3*count], rays[:count])
					if !slices.Equal(rgb[3*count:], []float32{guard, guard, guard}) {
						t.Fatalf("%d rays: wrote behind rgb", count)
					}
					for i, v := range rgb[:3*count] {
						w := want[i/3]
						if !w.unsure {
							x := w.rgb[i%3]
							near.check(t, "colour", rays[i/3], v, num{min(max(x.v, 0), 1), x.err})
						}
					}
				}
				t.Logf("largest error %.3g, largest bound %.3g, largest share %.3g", near.err, near.bound, near.share)
				if near.bound > 0.02 {
					t.Errorf("the bound is as large as %v: it says nothing", near.bound)
				}
			})
		})
	}
}

// TestLearnerForward compares the colours that a learner hands to the loss, which are not clamped.
func TestLearnerForward(t *testing.T) {
	for _, c := range twinConfigs() {
		t.Run(configName(c), func(t *testing.T) {
			n := newTest(t, c)
			rays := testRays(slices.Max(counts))
			want := answers(t, n, rays)
			outside := 0
			eachImpl(t, func(t *testing.T) {
				l := n.NewLearner(len(rays))
				defer l.Close()
				for _, count := range counts {
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
					var near closeness
					for i, v := range rgb {
						if w := want[i/3]; !w.unsure {
							near.check(t, "colour", rays[i/3], v, w.rgb[i%3])
						}
						if v < 0 || v > 1 {
							outside++
						}
					}
				}
			})
			if outside == 0 {
				t.Error("no colour is outside [0, 1]: clamping would not be seen")
			}
		})
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
			l := n.NewLearner(len(rays))
			defer l.Close()
			rayOf, loss := give(rays), squares(randomColors(len(rays)), len(rays))
			if got := testing.AllocsPerRun(5, func() { l.Batch(len(rays), rayOf, loss) }); got != 0 {
				t.Errorf("Batch allocates %v times", got)
			}
		})
	}
}
