package lfn

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lfnview/plucker"
)

// cellOf is the place of p among the cells along one axis, and whether rounding may decide about it.
func (o *Occupancy) cellOf(p float64) (i int, unsure bool) {
	u := (p + 1) / 2 * float64(o.res)
	return min(max(int(math.Floor(u)), 0), o.res-1), math.Abs(u-math.Round(u)) < 1e-4
}

// occupiedAt reports whether the cell of a point is occupied, and whether rounding may decide about it.
func (o *Occupancy) occupiedAt(p [3]float64) (occupied, unsure bool) {
	x, ux := o.cellOf(p[0])
	y, uy := o.cellOf(p[1])
	z, uz := o.cellOf(p[2])
	return o.occupied((z*o.res+y)*o.res + x), ux || uy || uz
}

// TestMarch: a ray meets exactly its samples in occupied cells, in order, up to 16 at a time.
func TestMarch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, res := range []int{1, 3, 8, 33} {
		for _, share := range []float64{0, 0.1, 0.5, 1} {
			o := &Occupancy{res: res, bits: make([]uint64, (res*res*res+63)/64)}
			for cell := range res * res * res {
				if rng.Float64() < share {
					o.bits[cell>>6] |= 1 << (cell & 63)
				}
			}
			const points = 100
			sure := 0
			for _, ray := range testRays(200) {
				track := (&tracer{points: points}).of(&ray)
				if track.spacing == 0 {
					continue
				}
				var s samples
				s.reset(1, points, 0)
				for k := 0; k < points; {
					next, n := o.march(&s, &track, k, points)
					if n-s.n > group || n-s.n < group && next != points || next <= k {
						t.Fatalf("res=%d: from %d to %d it gives %d samples", res, k, next, n-s.n)
					}
					k, s.n = next, n
				}
				i := 0
				for k := range points {
					p := track.at(k)
					occupied, unsure := o.occupiedAt([3]float64{float64(p[0]), float64(p[1]), float64(p[2])})
					given := i < s.n && [3]float32{s.x[i], s.y[i], s.z[i]} == p
					if given {
						i++
					}
					if given != occupied && !unsure {
						t.Fatalf("res=%d: sample %d of %v at %v was given: %v, want %v", res, k, ray, p, given, occupied)
					}
					if !unsure {
						sure++
					}
				}
				if i != s.n {
					t.Fatalf("res=%d: %d samples, want %d", res, s.n, i)
				}
			}
			if sure < 10000 {
				t.Fatalf("res=%d: only %d samples are away from the cells' faces", res, sure)
			}
		}
	}
}

// blobNetwork is a network whose grids have the density `empty` but for a ball, where the density is
// around `full`; features are anywhere.
func blobNetwork(t *testing.T, c Config, empty, full float32) *Network {
	n := newTest(t, c)
	rng := rand.New(rand.NewPCG(1, 2))
	for g, r := range c.Encoding.Grids {
		for i := range r * r * r {
			x, y, z := coordinate(i%r, r)-0.2, coordinate(i/r%r, r), coordinate(i/r/r, r)+0.1
			if n.Grids[g][4*i] = empty; x*x+y*y+z*z < 0.4*0.4 {
				n.Grids[g][4*i] = full * (0.5 + rng.Float32())
			}
		}
	}
	return n
}

// TestSkipping: what is skipped changes no colour by more than what its opacity can do.
//
// Leaving out samples of opacities aₖ raises the transmittance at any later sample and at the end by at most
// the share A = Σ aₖ, and takes away at most A·F of a feature, |f| ≤ F; the rest of it changes by at most A·F
// as well. A ray that ends at T < 0.001 may end elsewhere, which hides at most that much, of each of the two. The
// layers carry these bounds on by the magnitudes of their weights, ReLU not enlarging them.
func TestSkipping(t *testing.T) {
	for _, tt := range []struct {
		name        string
		empty, full float32
		most        float64 // that half of the bounds may reach: many faint samples add up, in haze
	}{
		{"thin", -1, 0.02, 1e-4},
		{"dense", -1, 1, 0.02},
		{"hazy", -0.23, 0.02, 5},
	} {
		for _, hidden := range [][]int{nil, {12}} {
			t.Run(fmt.Sprint(tt.name, hidden), func(t *testing.T) {
				c := Config{Encoding: Encoding{Kind: Volume, Points: 64, Grids: []int{12, 24}}, Hidden: hidden, Norm: NormNone, Activation: ReLU}
				n := blobNetwork(t, c, tt.empty, tt.full)
				rays := testRays(400)
				whole, skipping := make([]float32, 3*len(rays)), make([]float32, 3*len(rays))
				open := n.NewLearner(len(rays)) // gives colours that are not clamped
				defer open.Close()
				colors := func(rgb []float32) {
					open.Batch(len(rays), give(rays), func(first int, got, drgb []float32) float64 {
						copy(rgb[3*first:], got)
						clear(drgb)
						return 0
					})
				}
				colors(whole)
				n.FindEmptySpace()
				if f := n.occ[0].Fraction(); f < 0.02 || f > 0.3 {
					t.Fatalf("%v of the cells are occupied, want the few of the blob", f)
				}
				colors(skipping)

				slow := newTwin(n)
				largest := 0. // F
				for _, g := range n.Grids {
					for i, v := range g {
						if i%4 != 0 {
							largest = max(largest, math.Abs(float64(v)))
						}
					}
				}
				var bounds []float64
				skipped := 0
				for i, ray := range rays {
					chord := twinChord(lineOf(ray), c.Encoding.Points)
					faint, trans := 0., 1.
					for _, p := range chord.points {
						sigma := slow.fetch(0, p)[0].v + slow.fetch(1, p)[0].v
						alpha, _ := twinOpacity(sigma, chord.length.v)
						trans *= 1 - alpha
						if alpha <= emptyAlpha*1.001 {
							faint += alpha
							skipped++
						}
					}
					ends := 0.
					if trans < Opaque*1.01 {
						ends = 2 * Opaque
					}
					x := make([]float64, c.InputWidth())
					for j := range 3 * len(c.Encoding.Grids) {
						x[j] = 3 * largest * (2*faint + ends)
					}
					x[3*len(c.Encoding.Grids)] = faint + ends
					for _, l := range n.Layers {
						y := make([]float64, l.Out)
						for r := range y {
							for k, v := range x {
								y[r] += math.Abs(float64(l.Weight[r*l.In+k])) * v
							}
						}
						x = y
					}
					for ch := range 3 {
						a, b := float64(whole[3*i+ch]), float64(skipping[3*i+ch])
						bound := x[ch] + 1e-5*(1+math.Abs(a)) // rounding
						bounds = append(bounds, bound)
						if !(math.Abs(a-b) <= bound) {
							t.Fatalf("channel %d of ray %d, %v, is %v without skipping and %v with: want at most %.3g between them", ch, i, ray, a, b, bound)
						}
					}
				}
				slices.Sort(bounds)
				if median := bounds[len(bounds)/2]; median > tt.most {
					t.Errorf("half of the bounds are %v or more, want less than %v", median, tt.most)
				}
				if skipped < len(rays)*20 {
					t.Errorf("only %d samples of %d rays are faint", skipped, len(rays))
				}
			})
		}
	}
}

// TestSkippingLearner: the learner skips what Packed skips, and its gradients are, within rounding, those without
// skipping where there is something to see.
func TestSkippingLearner(t *testing.T) {
	c := Config{Encoding: Encoding{Kind: Volume, Points: 64, Grids: []int{12, 24}}, Hidden: []int{16}, Norm: NormLayer, Activation: ReLU}
	n := blobNetwork(t, c, -1, 0.02)
	rays, target := testRays(300), randomColors(300)
	rays[6] = rays[0] // its huge moment would drown the other rays
	l := n.NewLearner(len(rays))
	defer l.Close()
	rgb := make([]float32, 3*len(rays))
	loss := squares(target, len(rays))
	batch := func() [][]float32 {
		clearGrids(l.Grads())
		l.Batch(len(rays), give(rays), func(first int, got, drgb []float32) float64 {
			copy(rgb[3*first:], got)
			return loss(first, got, drgb)
		})
		return copyGrads(l.Grads())
	}
	want := batch()
	l.FindEmptySpace()
	got := batch()
	packed := make([]float32, len(rgb))
	n.Pack().Colors(packed, rays)
	for i, v := range packed {
		if w := min(max(rgb[i], 0), 1); v != w {
			t.Fatalf("value %d is %v for Packed, %v for the learner", i, v, w)
		}
	}
	skipped := 0
	for i, g := range l.Grads() {
		largest := 0.
		for _, v := range want[i] {
			largest = max(largest, math.Abs(float64(v)))
		}
		for j, w := range want[i] {
			if w != 0 && got[i][j] == 0 {
				skipped++
			}
			if err := math.Abs(float64(got[i][j]) - float64(w)); !(err <= 1e-5*largest) {
				t.Fatalf("%s[%d] = %v, want %v; the largest is %v", g.Name, j, got[i][j], w, largest)
			}
		}
	}
	if skipped == 0 {
		t.Error("no gradient became 0: nothing was skipped")
	}
}

// TestFindEmptySpace: no point of an empty cell is more than all but transparent, and a cell that is empty for sure
// is called so.
func TestFindEmptySpace(t *testing.T) {
	for _, grids := range [][]int{{2}, {9}, {24}, {7, 20}, {16, 33}, {3, 5, 18}} {
		t.Run(fmt.Sprint(grids), func(t *testing.T) {
			c := Config{Encoding: Encoding{Kind: Volume, Points: 40, Grids: grids}, Hidden: []int{4}, Norm: NormNone, Activation: ReLU}
			n := newTest(t, c)
			rng := rand.New(rand.NewPCG(1, 2))
			bound := float64(densityBound(c.Encoding))
			if a, _ := twinOpacity(bound, 2./40); math.Abs(a-emptyAlpha) > 1e-6 {
				t.Fatalf("density %v gives an opacity of %v, want %v", bound, a, emptyAlpha)
			}
			for g, r := range grids { // halves of space around the bound, one of them rough
				for i := range r * r * r {
					d := float32(bound) / float32(len(grids))
					if coordinate(i%r, r) < 0.1 {
						d -= 0.001 * rng.Float32()
					} else {
						d += 0.4*rng.Float32() - 0.2
					}
					n.Grids[g][4*i] = d
				}
			}
			n.FindEmptySpace()
			o := n.occ[0]
			slow := newTwin(n)
			empty, high := 0, 0
			for range 20000 {
				var p [3]num
				var at [3]float64
				for i := range p {
					at[i] = min(max(2.2*rng.Float64()-1.1, -1), 1) // with faces, edges and corners
					p[i] = exact(at[i])
				}
				var sigma float64
				for g := range grids {
					sigma += slow.fetch(g, p)[0].v
				}
				occupied, unsure := o.occupiedAt(at)
				if unsure {
					continue
				}
				if sigma > bound+1e-7 {
					if high++; !occupied {
						t.Fatalf("%v has the density %v and is in an empty cell, want at most %v there", at, sigma, bound)
					}
				}
				if !occupied {
					empty++
				}
			}
			if len(grids) > 1 || grids[0] > 2 {
				if empty < 1000 || high < 100 {
					t.Errorf("of 20000 points %d are in empty cells and %d are dense, want some", empty, high)
				}
			}
			// In the smooth half, two of the coarsest texels away from the other, all is empty.
			for x := 0; 2*float64(x+1)/float64(o.res)-1 < 0.1-2*2/float64(slices.Min(grids)-1); x++ {
				for cell := x; cell < o.res*o.res*o.res; cell += o.res {
					if o.occupied(cell) {
						t.Fatalf("cell %d counts as occupied, though all texels around it are under the bound", cell)
					}
				}
			}
		})
	}
}

// TestOccupancyNaN: what is not a number is looked at.
func TestOccupancyNaN(t *testing.T) {
	n := blobNetwork(t, Config{Encoding: Encoding{Kind: Volume, Points: 8, Grids: []int{16}}, Norm: NormNone, Activation: ReLU}, -1, -2)
	n.FindEmptySpace()
	if f := n.occ[0].Fraction(); f != 0 {
		t.Fatalf("%v of an empty network is occupied, want 0", f)
	}
	n.Grids[0][4*(16*16*16-1)] = float32(math.NaN())
	n.FindEmptySpace()
	if f, want := n.occ[0].Fraction(), 1./(8*8*8); f != want {
		t.Errorf("%v is occupied with a NaN in a corner, want %v", f, want)
	}
}

// TestEmptyBlocksPicture: a file without the empty blocks gives the picture that the network gives once its grids
// are rounded to float16.
func TestEmptyBlocksPicture(t *testing.T) {
	c := Config{Encoding: Encoding{Kind: Volume, Points: 64, Grids: []int{20, 40}}, Hidden: []int{16}, Norm: NormLayer, Activation: ReLU}
	n := blobNetwork(t, c, -1, 0.1)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, g := range n.Grids {
		for i := range g {
			if i%4 == 0 && g[i] < 0 {
				g[i] = -0.4 - rng.Float32() // what is left out must be able to matter
			}
			g[i] = FromFloat16Bits(Float16Bits(g[i]))
		}
	}
	for _, l := range n.Layers {
		for i, w := range l.Weight {
			l.Weight[i] = FromFloat16Bits(Float16Bits(w))
		}
		for i, b := range l.Bias {
			l.Bias[i] = FromFloat16Bits(Float16Bits(b))
		}
	}
	n.FindEmptySpace()
	var file bytes.Buffer
	if err := (&Model{Network: n, Scene: plucker.UnitFrame()}).Encode(&file); err != nil {
		t.Fatal(err)
	}
	m, err := decodeBytes(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	for g, grid := range m.Network.Grids {
		for i, v := range grid {
			if v != n.Grids[g][i] {
				changed++
			}
		}
	}
	if changed < 10000 {
		t.Fatalf("%d numbers were left out, want many", changed)
	}
	rays := testRays(600)
	want, got := make([]float32, 3*len(rays)), make([]float32, 3*len(rays))
	n.Pack().Colors(want, rays)
	m.Network.Pack().Colors(got, rays)
	for i, w := range want {
		if !(math.Abs(float64(got[i]-w)) <= 1e-6) {
			t.Fatalf("channel %d of ray %d, %v, is %v, want %v", i%3, i/3, rays[i/3], got[i], w)
		}
	}
}
