package shaders

import (
	"encoding/binary"
	"math"
	"testing"

	"lfnview/lfn"
)

// TestTexturesHeld: the texture of a grid that a network holds in part has all its texels, those that are not held empty.
func TestTexturesHeld(t *testing.T) {
	if testing.Short() {
		t.Skip("large grids")
	}
	c := lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 9, Grids: []int{3, lfn.DenseSide}}, Norm: lfn.NormNone, Activation: lfn.ReLU}
	n, err := lfn.New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	cells := make([]uint64, len(n.Occupancies()[0].Cells()))
	cells[1000], cells[2049] = 1<<7|1<<33, 1
	const side = 132
	fine := c
	fine.Encoding.Grids = []int{3, side}
	n = n.Finer(fine, lfn.SpansOf(fine, cells))
	ts, err := NewTextures(n)
	if err != nil {
		t.Fatal(err)
	}
	g := ts.Grids[1]
	if g.Res != side || g.Slices != side || len(g.Data) != 8*side*side*side {
		t.Fatalf("texture of %d×%d×%d texels in %d bytes", g.Res, g.Res, g.Slices, len(g.Data))
	}
	row := make([]float32, 4*side)
	held := 0
	for k := range side * side {
		n.Row(row, 1, k%side, k/side)
		for i, v := range row {
			if got := binary.LittleEndian.Uint16(g.Data[2*(4*side*k+i):]); got != toHalf(v) {
				t.Fatalf("value %d of row %d is %#x, want %#x of %v", i, k, got, toHalf(v), v)
			}
			if i%4 == 1 && v != 0 {
				held++
			}
		}
	}
	if held == 0 || held > side*side*side/10 {
		t.Errorf("%d texels are not empty", held)
	}
	n.Grids[1][len(n.Grids[1])/2] = float32(math.NaN())
	if _, err := NewTextures(n); err == nil {
		t.Error("a number that is not finite was taken")
	}
}
