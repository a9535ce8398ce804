package shaders

import (
	"bytes"
	"math"
	"testing"

	"lfnview/lfn"
)

// fineConfig has a whole grid and a sparse one.
func fineConfig(side int) lfn.Config {
	return lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 9, Grids: []int{3, side}}, Norm: lfn.NormNone, Activation: lfn.ReLU}
}

// heldInPart is a network that holds a part of its second grid.
func heldInPart(t *testing.T, side int) *lfn.Network {
	n := network(t, fineConfig(lfn.DenseSide))
	cells := make([]uint64, len(n.Occupancies()[0].Cells()))
	cells[1000], cells[2049], cells[len(cells)-1] = 1<<7|1<<33, 1, 1<<63 // the last is in a corner
	c := fineConfig(side)
	return n.Finer(c, lfn.SpansOf(c, cells))
}

// TestBricks: the texels around every point are, where pages say, those of the network, and no brick but the first is empty.
func TestBricks(t *testing.T) {
	if testing.Short() {
		t.Skip("large grids")
	}
	for _, tt := range []struct {
		name string
		n    *lfn.Network
	}{
		{"in part, 132", heldInPart(t, 132)},
		{"in part, 137", heldInPart(t, 137)}, // bricks that are full to the end
		{"whole", network(t, fineConfig(130))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ts, err := NewTextures(tt.n)
			if err != nil {
				t.Fatal(err)
			}
			side := tt.n.Config.Encoding.Grids[1]
			want := make([]byte, 8*side*side*side)
			row := make([]float32, 4*side)
			for k := range side * side {
				if tt.n.Spans == nil {
					row = tt.n.Grids[1][4*side*k:][:4*side]
				} else {
					tt.n.Spans[1].Read(row, tt.n.Grids[1], k, 0)
				}
				putHalf(want[8*side*k:], row)
			}
			g, pages := ts.Grids[1], ts.Pages[0]
			if len(ts.Pages) != 1 || len(g.Data) != 8*g.Res*g.Res*g.Slices || len(pages.Data) != 4*pages.Res*pages.Res*pages.Slices {
				t.Fatalf("%d pages; bricks of %d×%d×%d texels in %d bytes, pages of %d×%d×%d in %d", len(ts.Pages),
					g.Res, g.Res, g.Slices, len(g.Data), pages.Res, pages.Res, pages.Slices, len(pages.Data))
			}
			at := func(data []byte, res, x, y, z int) []byte { return data[8*((z*res+y)*res+x):][:8] }
			across := g.Res / brickTexels
			var used, filled [1 << 16]bool // bricks, by number
			empty := make([]byte, 8)
			putHalf(empty, []float32{lfn.EmptyDensity, 0, 0, 0})
			last := side - 1
			for i := range last * last * last {
				x, y, z := i%last, i/last%last, i/(last*last)
				page := pages.Data[4*((z/brickCells*pages.Res+y/brickCells)*pages.Res+x/brickCells):]
				brick := [3]int{int(page[0]), int(page[1]), int(page[2])}
				number := (brick[2]*across+brick[1])*across + brick[0]
				used[number] = true
				for k := range 8 {
					u, v, w := k%2, k/2%2, k/4
					got := at(g.Data, g.Res, brick[0]*brickTexels+x%brickCells+u, brick[1]*brickTexels+y%brickCells+v, brick[2]*brickTexels+z%brickCells+w)
					if want := at(want, side, x+u, y+v, z+w); !bytes.Equal(got, want) {
						t.Fatalf("texel %d,%d,%d of cell %d,%d,%d is %x, want %x", x+u, y+v, z+w, x, y, z, got, want)
					}
					if !bytes.Equal(got, empty) {
						filled[number] = true
					}
				}
			}
			used[0] = false
			if used != filled || !filled[1] {
				t.Errorf("bricks other than the first are empty, or that is not")
			}
			if tt.n.Spans != nil && len(g.Data) > len(want)/10 {
				t.Errorf("bricks take %d bytes, the whole grid %d", len(g.Data), len(want))
			}
		})
	}
}

// TestBricksNotFinite: what is held in part has to be finite, too.
func TestBricksNotFinite(t *testing.T) {
	n := heldInPart(t, 132)
	n.Grids[1][len(n.Grids[1])/2] = float32(math.NaN())
	if _, err := NewTextures(n); err == nil {
		t.Error("a number that is not finite was taken")
	}
}
