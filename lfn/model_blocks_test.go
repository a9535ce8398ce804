package lfn

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"lfnview/plucker"
)

func TestBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, r := range []int{8, 9, 16, 17, 20, 31, -20, -31, -48} { // those below 0 are flat
		for _, share := range []float64{0, 0.3, 0.7, 0.98, 1} {
			t.Run(fmt.Sprintf("r=%d/empty=%v", r, share), func(t *testing.T) {
				c := Config{Encoding: Encoding{Kind: Volume, Points: 1, Grids: []int{r}}, Norm: NormNone, Activation: ReLU}
				if r < 0 {
					r = -r
					c.Encoding.Grids[0], c.Encoding.Window = r, twinWindow()
				}
				n, err := New(c, 1)
				if err != nil {
					t.Fatal(err)
				}
				side := blocksAlong(r)
				empty := make([]bool, blocksAlong(c.Encoding.Slices(r))*side*side)
				for b := range empty {
					empty[b] = rng.Float64() < share
				}
				m := &Model{Network: n, Scene: plucker.UnitFrame()}
				var sparse, dense bytes.Buffer
				if err := m.encodeBlocks(&sparse, func(int) []bool { return empty }); err != nil {
					t.Fatal(err)
				}
				if err := m.encodeBlocks(&dense, func(int) []bool { return nil }); err != nil {
					t.Fatal(err)
				}
				if sparse.Len() > dense.Len()+200 { // the header has one more name
					t.Errorf("file has %d bytes, want at most the %d of a dense one", sparse.Len(), dense.Len())
				}
				if limit := dense.Len()/keepOneIn + 3*blockFloats; share == 1 && r > 20 && c.Encoding.Window == nil && sparse.Len() > limit {
					t.Errorf("file of an empty grid has %d bytes, want at most %d", sparse.Len(), limit)
				}
				got, err := decodeBytes(sparse.Bytes())
				if err != nil {
					t.Fatal(err)
				}
				left := 0
				for i, want := range n.Grids[0] {
					x, y, z := i/4%r, i/4/r%r, i/4/r/r
					block := ((z/8)*side+y/8)*side + x/8
					have := got.Network.Grids[0][i]
					if have == FromFloat16Bits(Float16Bits(want)) {
						continue
					}
					left++
					if !empty[block] || have != emptyTexel[i%4] {
						t.Fatalf("texel (%d %d %d) channel %d = %v, want %v; empty: %v", x, y, z, i%4, have, want, empty[block])
					}
				}
				if share > 0.5 && r > 20 && left == 0 && len(empty) > 8 {
					t.Error("no block was left out")
				}
			})
		}
	}
}

// TestEmptyBlocks fills a ball of a volume with density: the file is smaller, and nothing that a ray sees changes.
func TestEmptyBlocks(t *testing.T) {
	c := Config{Encoding: Encoding{Kind: Volume, Points: 64, Grids: []int{20, 40}}, Hidden: []int{8}, Norm: NormLayer, Activation: ReLU}
	n, err := New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for g, r := range c.Encoding.Grids {
		for i := range r * r * r {
			x, y, z := coordinate(i%r, r), coordinate(i/r%r, r), coordinate(i/r/r, r)
			switch density := &n.Grids[g][4*i]; {
			case x*x+y*y+z*z < 0.3*0.3:
			case x < 0.5:
				*density = -0.5 - rng.Float32()
			case g == 0: // empty only because this grid outweighs the other
				*density = -3
			default:
				*density = 4*rng.Float32() - 3
			}
		}
	}
	n.FindEmptySpace()
	m := &Model{Network: n, Scene: plucker.UnitFrame()}
	var dense, sparse bytes.Buffer
	if err := m.encodeBlocks(&dense, func(int) []bool { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := m.Encode(&sparse); err != nil {
		t.Fatal(err)
	}
	if sparse.Len() > dense.Len()*3/4 {
		t.Errorf("file has %d bytes, want at most 3/4 of %d", sparse.Len(), dense.Len())
	}
	whole, err := decodeBytes(dense.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	part, err := decodeBytes(sparse.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	o, p := whole.Network.occ[0], part.Network.occ[0]
	if o.Fraction() > 0.5 || o.Fraction() == 0 {
		t.Errorf("%v of the cells are occupied, want some, but fewer than half", o.Fraction())
	}
	for cell := range o.res * o.res * o.res {
		if o.occupied(cell) != p.occupied(cell) {
			t.Fatalf("cell %d is occupied: %v in the sparse file, %v in the dense one", cell, p.occupied(cell), o.occupied(cell))
		}
		if !o.occupied(cell) {
			continue
		}
		for g, r := range c.Encoding.Grids {
			x0, x1 := o.texels(cell%o.res, r)
			y0, y1 := o.texels(cell/o.res%o.res, r)
			z0, z1 := o.texels(cell/o.res/o.res, r)
			for z := z0; z <= z1; z++ {
				for y := y0; y <= y1; y++ {
					i, j := 4*((z*r+y)*r+x0), 4*((z*r+y)*r+x1)+4
					if a, b := whole.Network.Grids[g][i:j], part.Network.Grids[g][i:j]; !slices.Equal(a, b) {
						t.Fatalf("grid %d, row %d, %d, which an occupied cell reads, is %v, want %v", g, y, z, b, a)
					}
				}
			}
		}
	}
}

// coordinate is where texel i of r is in [−1, 1].
func coordinate(i, r int) float32 { return 2*float32(i)/float32(r-1) - 1 }
