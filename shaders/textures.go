package shaders

import (
	"encoding/binary"
	"fmt"
	"sync"

	"lfnview/lfn"
)

// Texture is a 3D texture of Res×Res×Slices texels, with one texel read at a time, x fastest, little endian.
type Texture struct {
	Res, Slices int
	Data        []byte
}

// Textures are what every shader of a network reads.
type Textures struct {
	Grids []Texture // at units 0, 1, …: RGBA, 16-bit float; of a sparse grid its bricks, see brickCells
	Cells []Texture // of volume: occupancies, 8-bit unsigned integers, at the units behind the grids
	Pages []Texture // of sparse grids: which brick is where, RGBA, 8-bit unsigned integers, at the units behind those
}

// NewTextures returns the textures of a network. The error says which tensor of it holds a number that is not finite.
func NewTextures(n *lfn.Network) (*Textures, error) {
	sides := n.Config.Encoding.Sides()
	sparse := sparseGrids(n.Config.Encoding)
	ts := &Textures{Grids: make([]Texture, len(sides)), Pages: make([]Texture, len(sparse))}
	var wg sync.WaitGroup
	for i, g := range sparse {
		wg.Go(func() { ts.Grids[g], ts.Pages[i] = bricks(n, g) })
	}
	var pieces []piece
	for i, t := range n.Tensors() {
		var half []byte
		if g := i - 2*len(n.Layers); g >= 0 && !n.Config.Encoding.Sparse(sides[g]) {
			slices := n.Config.Encoding.Slices(sides[g])
			half = make([]byte, 8*sides[g]*sides[g]*slices)
			ts.Grids[g] = Texture{sides[g], slices, half}
		}
		for lo := 0; lo < len(t.Data); lo += pieceSize {
			pieces = append(pieces, piece{t, half, lo, min(lo+pieceSize, len(t.Data))})
		}
	}
	bad := make([]int, len(pieces))
	if n.Config.Encoding.Kind == lfn.Volume {
		occ := n.Occupancies()
		ts.Cells = make([]Texture, len(occ))
		for i, o := range occ {
			wg.Go(func() { ts.Cells[i] = cells(o) })
		}
	}
	for i := range pieces {
		wg.Go(func() { bad[i] = pieces[i].convert() })
	}
	wg.Wait()
	for i, p := range pieces {
		if at := bad[i]; at >= 0 {
			return nil, fmt.Errorf("shaders: %s[%d] is %v, want a finite number: train the network anew", p.tensor.Name, at, p.tensor.Data[at])
		}
	}
	return ts, nil
}

// piece is what one goroutine converts: the numbers lo to hi of a tensor, to half, if that is not nil.
type piece struct {
	tensor lfn.Tensor
	half   []byte
	lo, hi int
}

const pieceSize = 1 << 18 // numbers

// convert returns the index of a number that is not finite, or −1.
func (p *piece) convert() int {
	half := p.half
	for i, v := range p.tensor.Data[p.lo:p.hi] {
		if v-v != 0 { // NaN and infinity
			return p.lo + i
		}
		if half != nil {
			binary.LittleEndian.PutUint16(half[2*(p.lo+i):], toHalf(v))
		}
	}
	return -1
}

// cells says for each cell of the occupancy how far off the next occupied cell is, along the axis where it is
// farthest: 0 is an occupied cell, at most 255.
func cells(o *lfn.Occupancy) Texture {
	res := o.Res()
	t := Texture{res, res, make([]byte, res*res*res)}
	for i := range t.Data {
		if !o.Occupied(i%res, i/res%res, i/res/res) {
			t.Data[i] = 255
		}
	}
	// Each cell is one step farther off than the nearest of its neighbours: first from those that come before it, then
	// from those behind.
	for _, sign := range []int{1, -1} {
		for k := range t.Data {
			i := k
			if sign < 0 {
				i = len(t.Data) - 1 - k
			}
			if t.Data[i] == 0 {
				continue
			}
			x, y, z := i%res, i/res%res, i/res/res
			for w := max(z-1, 0); w <= min(z+1, res-1); w++ {
				for v := max(y-1, 0); v <= min(y+1, res-1); v++ {
					for u := max(x-1, 0); u <= min(x+1, res-1); u++ {
						if d := t.Data[(w*res+v)*res+u]; d < t.Data[i]-1 {
							t.Data[i] = d + 1
						}
					}
				}
			}
		}
	}
	return t
}
