package f32

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// someHeld holds some texels of each row of a whole grid, or none: starts of the rows, where each texel of the whole grid is
// among those that are held, or −1, and how many places there are.
func someHeld(rng *rand.Rand, res int) (starts []int32, at []int, size int) {
	starts, at = make([]int32, res*res), slices.Repeat([]int{-1}, res*res*res)
	size = (res + 3) &^ 3 // room for rows of which nothing is held
	for row := range starts {
		lo, hi := rng.IntN(res)&^3, res-rng.IntN(res)
		if lo >= hi || rng.IntN(6) == 0 {
			continue
		}
		starts[row] = int32(size - lo)
		for x := lo; x < hi; x++ {
			at[row*res+x] = int(starts[row]) + x
		}
		size += (hi - lo + 3) &^ 3
	}
	return starts, at, size + res
}

// heldPositions are up to n around which all texels are held.
func heldPositions(rng *rand.Rand, n, res int, at []int) (xyz [3][]float32) {
	var ok []func() bool
	all := [3][]float32{positions(rng, 40*n, 0, &ok), positions(rng, 40*n, 1, &ok), positions(rng, 40*n, 2, &ok)}
	for i := range 40 * n {
		held := len(xyz[0]) < n
		trilinear(res, all[0][i], all[1][i], all[2][i], func(texel int, _ float64) { held = held && at[texel] >= 0 })
		for a := range xyz {
			if held {
				xyz[a] = append(xyz[a], all[a][i])
			}
		}
	}
	return xyz
}

// TestHeld: a grid of which some texels are held is read and added to as a whole one, to the last bit.
func TestHeld(t *testing.T) {
	eachImpl(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		some := 0
		for n := range 131 {
			res, stride := []int{2, 3, 4, 7, 16, 33}[n%6], []int{4, 8, 5}[n%3]
			starts, at, size := someHeld(rng, res)
			p := heldPositions(rng, n, res, at)
			n := len(p[0])
			some += n
			whole, _ := guarded(rng, res*res*res*4, n)
			held, intact := guarded(rng, size*4, n+1)
			for i, k := range at {
				if k >= 0 {
					copy(held[4*k:4*k+4], whole[4*i:])
				}
			}
			before := slices.Clone(held)
			want, _ := guarded(rng, max(0, (n-1)*stride+4), n)
			got, ok := guarded(rng, len(want), n+2)
			copy(got, want)
			Fetch(want, stride, whole, res, p[0], p[1], p[2])
			FetchHeld(got, stride, held, starts, res, p[0], p[1], p[2])
			if !slices.Equal(got, want) {
				t.Fatalf("n=%d res=%d: reads %v, want %v", n, res, got, want)
			}
			d, _ := guarded(rng, len(want), 0)
			marks, heldMarks := make([]uint8, (res*res*res+3)/4), make([]uint8, (size+3)/4)
			Scatter(whole, marks, res, p[0], p[1], p[2], d, stride)
			ScatterHeld(held, heldMarks, starts, res, p[0], p[1], p[2], d, stride)
			lines := make([]uint8, len(heldMarks))
			for i, k := range at {
				if k >= 0 && !slices.Equal(held[4*k:4*k+4], whole[4*i:4*i+4]) {
					t.Fatalf("n=%d res=%d: texel %d is %v, want %v", n, res, i, held[4*k:4*k+4], whole[4*i:4*i+4])
				}
				if k >= 0 {
					copy(before[4*k:4*k+4], whole[4*i:])
				}
			}
			if !slices.Equal(before, held) {
				t.Fatalf("n=%d res=%d: wrote where no texel is", n, res)
			}
			for i := range p[0] {
				trilinear(res, p[0][i], p[1][i], p[2][i], func(texel int, _ float64) { lines[at[texel]/4] = 1 })
			}
			if !slices.Equal(heldMarks, lines) {
				t.Fatalf("n=%d res=%d: marks %v, want %v", n, res, heldMarks, lines)
			}
			if !ok() || !intact() {
				t.Fatalf("n=%d res=%d: wrote outside", n, res)
			}
		}
		if some < 1000 {
			t.Errorf("%d positions in all, want 1000", some)
		}
	})
}

func TestHeldContracts(t *testing.T) {
	f := func(n int) []float32 { return make([]float32, n) }
	starts := make([]int32, 4)
	for name, call := range map[string]func(){
		"resolution":     func() { FetchHeld(f(4), 4, f(32), starts, 1, f(1), f(1), f(1)) },
		"starts":         func() { FetchHeld(f(4), 4, f(108), starts, 3, f(1), f(1), f(1)) },
		"dst":            func() { FetchHeld(f(7), 4, f(32), starts, 2, f(2), f(2), f(2)) },
		"y":              func() { FetchHeld(f(8), 4, f(32), starts, 2, f(2), f(1), f(2)) },
		"touched":        func() { ScatterHeld(f(48), make([]uint8, 2), starts, 2, f(1), f(1), f(1), f(4), 4) },
		"d":              func() { ScatterHeld(f(32), make([]uint8, 2), starts, 2, f(2), f(2), f(2), f(7), 4) },
		"scatter starts": func() { ScatterHeld(f(32), make([]uint8, 2), starts[:3], 2, f(1), f(1), f(1), f(4), 4) },
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

func BenchmarkHeld(b *testing.B) {
	x, y, z := rays(rand.New(rand.NewPCG(1, 2)), 1024, 64)
	dst := make([]float32, len(x)*8)
	for _, res := range []int{64, 128} {
		starts := make([]int32, res*res)
		for row := range starts {
			starts[row] = int32(row * res)
		}
		grid, touched := make([]float32, res*res*res*4), make([]uint8, res*res*res/4)
		i := 0
		next := func() { i = (i + 1024) % len(x) }
		benchImpls(b, fmt.Sprintf("op=fetch/res=%d", res), 1024, func() {
			FetchHeld(dst[i*8:], 8, grid, starts, res, x[i:i+1024], y[i:i+1024], z[i:i+1024])
			next()
		})
		benchImpls(b, fmt.Sprintf("op=scatter/res=%d", res), 1024, func() {
			ScatterHeld(grid, touched, starts, res, x[i:i+1024], y[i:i+1024], z[i:i+1024], dst[i*8:], 8)
			next()
		})
	}
}
