package lfn

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"lfnview/lfn/f32"
)

// trainBits trains a copy of n for a few steps with that many goroutines and returns losses, gradients, marks and
// weights of all of them, to compare bit by bit.
func trainBits(t *testing.T, n *Network, procs int, batches []int) (bits []uint64) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	n = n.Clone()
	most := slices.Max(batches)
	rays, target := testRays(most), randomColors(most)
	l := n.NewLearner(most)
	defer l.Close()
	m, v := copyGrads(l.Grads()), copyGrads(l.Grads())
	for s, count := range batches {
		bits = append(bits, math.Float64bits(l.Batch(count, give(rays), squares(target, count))))
		c1, c2 := float32(1-math.Pow(0.9, float64(s+1))), float32(1-math.Pow(0.99, float64(s+1)))
		for i, g := range l.Grads() {
			for _, d := range g.D {
				bits = append(bits, uint64(math.Float32bits(d)))
			}
			if g.Touched == nil {
				f32.Adam(g.Data, g.D, m[i], v[i], 1e-2, 0.9, 0.99, 1e-8, c1, c2)
				continue
			}
			for _, mark := range g.Touched {
				bits = append(bits, uint64(mark))
			}
			f32.AdamTouched(g.Data, g.D, m[i], v[i], g.Touched, 1e-2, 0.9, 0.99, 1e-8, c1, c2)
		}
		l.FindEmptySpace()
	}
	for _, x := range n.Tensors() {
		for _, w := range x.Data {
			bits = append(bits, uint64(math.Float32bits(w)))
		}
	}
	for _, o := range n.occ {
		bits = append(bits, o.bits...)
	}
	return bits
}

// TestDeterminism: the same bits for any number of goroutines, over several steps with batches that fill no strip,
// with fewer chunks than lanes and with more.
func TestDeterminism(t *testing.T) {
	for _, e := range []Encoding{
		{Kind: Coordinates},
		{Kind: Frequency, Frequencies: 2},
		{Kind: Points, Points: 3, Frequencies: 1},
		{Kind: Grid, Points: 6, Grids: []int{9, 24}},
		{Kind: Volume, Points: 24, Grids: []int{9, 24}},
		{Kind: Volume, Points: 24, Grids: []int{15}},
		{Kind: Volume, Points: 24, Grids: []int{9, 24}, Clear: 2},
	} {
		t.Run(fmt.Sprint(e.Kind, e.Grids), func(t *testing.T) {
			n := newTest(t, Config{Encoding: e, Hidden: []int{16, 10}, Norm: NormLayer, Activation: ReLU})
			for _, batches := range [][]int{{600, 1, 257, 600}, {stripRays*(lanes+1) + 5, 1000, stripRays*lanes - 1}} {
				want := trainBits(t, n, 1, batches)
				for _, procs := range []int{2, 3, 8} {
					got := trainBits(t, n, procs, batches)
					if len(got) != len(want) {
						t.Fatalf("%d goroutines: %d numbers, want %d", procs, len(got), len(want))
					}
					for i, w := range want {
						if got[i] != w {
							t.Fatalf("%d goroutines, batches %v: number %d of %d is %#x, want %#x", procs, batches, i, len(want), got[i], w)
						}
					}
				}
			}
		})
	}
}

// TestSlabs: of the slabs that are scattered at the same time, no two have a sample beside the same texel, nor
// beside the same line of marks, whatever the rounding at their edges.
func TestSlabs(t *testing.T) {
	sizes := []int{2, 3, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 19, 21, 24, 25, 27, 29, 31, 33, 48, 64, 65}
	var all [][]int
	for i, a := range sizes {
		all = append(all, []int{a})
		for _, b := range sizes[i+1:] {
			if b <= 21 || a >= 24 && !testing.Short() {
				all = append(all, []int{b, a})
			}
		}
	}
	all = append(all, []int{2, 64}, []int{8, 64}, []int{16, 33, 12, 15})
	for _, preset := range Presets() {
		c, err := Preset(preset)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Encoding.Grids) > 0 && slices.Max(c.Encoding.Grids) <= 64 {
			all = append(all, c.Encoding.Grids)
		}
	}
	for _, grids := range all {
		checkSlabs(t, grids)
	}
}

// checkSlabs scatters, slab by slab, samples in the corners of the planes at which a slab or a cell of one of the
// grids ends, a few float32 to either side.
func checkSlabs(t *testing.T, grids []int) {
	slabs := slabCount(grids)
	if slabs < 2 || slabs > 32 || slabs%2 != 0 {
		t.Fatalf("grids %v: %d slabs, want an even number from 2 to 32", grids, slabs)
	}
	samples := make([][]float32, slabs) // z of the samples of each slab
	add := func(z float32) {
		k := slab(z, slabs)
		samples[k] = append(samples[k], z)
	}
	around := func(parts int) {
		for i := range parts + 1 {
			const few = 3
			z := float32(2*float64(i)/float64(parts) - 1)
			for range few {
				z = math.Nextafter32(z, -2)
			}
			for range 2*few + 1 {
				add(z)
				z = math.Nextafter32(z, 2)
			}
		}
	}
	around(slabs)
	for _, r := range grids {
		around(r - 1)
	}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, z := range []float32{-2, 2, -1e6, 1e6, -1e30, 1e30, -inf, inf, nan} { // of rays which miss the ball
		add(z)
	}
	for _, r := range grids {
		texels := r * r * r
		texelOf := slices.Repeat([]int{-1}, texels) // by which slab each texel is written, then each line of marks
		lineOf := slices.Repeat([]int{-1}, (texels+3)/4)
		grad, touched := make([]float32, 4*texels), make([]uint8, len(lineOf))
		for parity := range 2 {
			fill(texelOf, -1)
			fill(lineOf, -1)
			for k := parity; k < slabs; k += 2 {
				clear(grad)
				clear(touched)
				scatterCorners(grad, touched, r, samples[k])
				for i := range texels {
					if grad[4*i] == 0 {
						continue
					}
					if was := texelOf[i]; was >= 0 {
						t.Fatalf("grids %v: slabs %d and %d of %d both write texel %d of the grid of %d", grids, was, k, slabs, i, r)
					}
					texelOf[i] = k
				}
				for i, mark := range touched {
					if mark == 0 {
						continue
					}
					if was := lineOf[i]; was >= 0 {
						t.Fatalf("grids %v: slabs %d and %d of %d both write mark %d of the grid of %d", grids, was, k, slabs, i, r)
					}
					lineOf[i] = k
				}
			}
		}
	}
}

// fill sets all of x to v.
func fill(x []int, v int) {
	for i := range x {
		x[i] = v
	}
}

// scatterCorners scatters samples at each z near the four corners of its plane, and in the middle.
func scatterCorners(grad []float32, touched []uint8, res int, zs []float32) {
	var x, y, z []float32
	for _, v := range zs {
		const near = 0.999 // so that all of the corner's texels get something
		x = append(x, -near, near, -near, near, 0.001)
		y = append(y, -near, -near, near, near, 0.001)
		z = append(z, v, v, v, v, v)
	}
	d := slices.Repeat([]float32{1, 0, 0, 0}, len(x))
	f32.Scatter(grad, touched, res, x, y, z, d, 4)
}

// TestSlabCount: enough slabs that as many goroutines as a small machine has find work.
func TestSlabCount(t *testing.T) {
	for _, tt := range []struct {
		grids []int
		want  int
	}{
		{[]int{24, 48}, 10},
		{[]int{32, 64}, 14},
		{[]int{64, 128}, 30},
		{[]int{2}, 2},
		{[]int{512}, 32},
	} {
		if got := slabCount(tt.grids); got < tt.want {
			t.Errorf("slabCount(%v) = %d, want at least %d", tt.grids, got, tt.want)
		}
	}
}

// TestSort: a strip's samples come into their slabs, none is lost, and each slab keeps their order.
func TestSort(t *testing.T) {
	n := newTest(t, Config{Encoding: Encoding{Kind: Grid, Points: 7, Grids: []int{33, 40}}, Hidden: []int{4}, Norm: NormNone, Activation: ReLU})
	slabs := slabCount(n.Config.Encoding.Grids)
	var c chunk
	var s samples
	x := make([]float32, stripRays*f32.Stride(n.Config.InputWidth()))
	for _, count := range []int{3, stripRays, 40} {
		newEncoder(n).encode(x, testRays(count), &s)
		for i := range s.d[:s.n*s.width] {
			s.d[i] = float32(i)
		}
		c.sort(&s, slabs, 1)
		j := 0
		for k := range slabs {
			if int(c.first[k]) != j {
				t.Fatalf("%d rays: slab %d begins at sample %d, want %d", count, k, c.first[k], j)
			}
			for i := range s.n {
				if slab(s.z[i], slabs) != k {
					continue
				}
				if c.x[j] != s.x[i] || c.y[j] != s.y[i] || c.z[j] != s.z[i] || !slices.Equal(c.d[j*s.width:(j+1)*s.width], s.d[i*s.width:(i+1)*s.width]) {
					t.Fatalf("%d rays: sample %d of slab %d is not sample %d of the strip", count, j, k, i)
				}
				j++
			}
		}
		if int(c.first[slabs]) != j || j != s.n {
			t.Fatalf("%d rays: slabs have %d samples and end at %d, want %d", count, j, c.first[slabs], s.n)
		}
	}
}

func TestBatchRefuses(t *testing.T) {
	n := newTest(t, twinConfigs()[0])
	l := n.NewLearner(10)
	defer l.Close()
	defer func() {
		if recover() == nil {
			t.Error("more rays than the learner was made for: no panic")
		}
	}()
	l.Batch(2*stripRays, give(testRays(2*stripRays)), squares(randomColors(2*stripRays), 2*stripRays))
}

// TestPool: each task runs once, whatever their number.
func TestPool(t *testing.T) {
	for _, procs := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(procs)
		p := newPool()
		runtime.GOMAXPROCS(before)
		for n := range 50 {
			done := make([]int, n)
			p.run(n, func(i int) { done[i]++ })
			for i, k := range done {
				if k != 1 {
					t.Fatalf("%d goroutines: task %d of %d ran %d times", procs, i, n, k)
				}
			}
		}
		p.close()
	}
}
