package shaders

import (
	"encoding/binary"
	"fmt"

	"lfnview/lfn"
)

// Texture is a cubic 3D texture with one texel read at a time, x fastest, little endian.
type Texture struct {
	Res  int
	Data []byte
}

// Textures are what every shader of a network reads.
type Textures struct {
	Grids []Texture // at units 0, 1, …: RGBA, 16-bit float
	Cells *Texture  // of volume: occupancy, 8-bit unsigned integers, at the unit behind the grids
}

// NewTextures returns the textures of a network. The error says which tensor of it holds a number that is not finite.
func NewTextures(n *lfn.Network) (*Textures, error) {
	for _, t := range n.Tensors() {
		for i, v := range t.Data {
			if v-v != 0 { // NaN and infinity
				return nil, fmt.Errorf("shaders: %s[%d] is %v, want a finite number: train the network anew", t.Name, i, v)
			}
		}
	}
	ts := &Textures{}
	for i, g := range n.Grids {
		t := Texture{n.Config.Encoding.Grids[i], make([]byte, 0, 2*len(g))}
		for _, v := range g {
			t.Data = binary.LittleEndian.AppendUint16(t.Data, half(v))
		}
		ts.Grids = append(ts.Grids, t)
	}
	if n.Config.Encoding.Kind == lfn.Volume {
		ts.Cells = cells(n.Occupancy())
	}
	return ts, nil
}

// cells says for each cell of the occupancy how far off the next occupied cell is, along the axis where it is
// farthest: 0 is an occupied cell, at most 255.
func cells(o *lfn.Occupancy) *Texture {
	res := o.Res()
	t := &Texture{res, make([]byte, res*res*res)}
	for i := range t.Data {
		if !o.Occupied(i%res, i/res%res, i/res/res) {
			t.Data[i] = 255
		}
	}
	// Distance in this norm is a minimum along one axis after the other, of the larger of distance along it and
	// what was found before.
	for _, stride := range []int{1, res, res * res} {
		line := make([]byte, res)
		for i := range t.Data {
			if i/stride%res != 0 {
				continue
			}
			for j := range res {
				line[j] = t.Data[i+j*stride]
			}
			for j := range res {
				least := line[j]
				for d := 1; d < int(least) && d < res; d++ {
					if j-d >= 0 {
						least = min(least, max(line[j-d], byte(d)))
					}
					if j+d < res {
						least = min(least, max(line[j+d], byte(d)))
					}
				}
				t.Data[i+j*stride] = least
			}
		}
	}
	return t
}
