package lfn

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"lfnview/plucker"
)

// twoBalls is a network with something in two small balls and nothing else, whose finer grid has that many texels along its
// side, whole; and the spans of what is not empty.
func twoBalls(t testing.TB, side int) (*Network, []*Spans) {
	t.Helper()
	c := Config{Encoding: Encoding{Kind: Volume, Points: 100, Grids: []int{8, side}}, Hidden: []int{8}, Norm: NormLayer, Activation: ReLU}
	n, err := New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range n.grids() {
		wide := 1.5 / float64(g.side)
		for i := range len(g.texels) / 4 {
			at := func(i int) float64 { return 2*float64(i%g.side)/float64(g.side-1) - 1 }
			x, y, z := at(i), at(i/g.side), at(i/g.side/g.side)
			if far := math.Hypot(math.Abs(x)-0.5, math.Hypot(y-0.2, z+0.1)); far < 0.15+wide {
				g.texels[4*i] += 0.4
			} else {
				copy(g.texels[4*i:], emptyTexel[:])
			}
		}
	}
	n.FindEmptySpace()
	return n, []*Spans{nil, n.occ[0].spans(side)}
}

// wholeRow copies row y of slice z of a grid, with what is not held.
func wholeRow(dst []float32, n *Network, grid, y, z int) {
	fillEmpty(dst)
	held, lo := n.Held(grid, y, z)
	copy(dst[4*lo:], held)
}

// heldPart is n, of which it holds what spans say.
func heldPart(t testing.TB, n *Network, spans []*Spans) *Network {
	t.Helper()
	m, err := newZeroOf(n.Config, spans)
	if err != nil {
		t.Fatal(err)
	}
	m.Layers = n.Layers
	row := make([]float32, 4*slices.Max(n.Config.Encoding.Grids))
	for i, g := range m.grids() {
		for k := range g.side * g.side {
			wholeRow(row, n, i, k%g.side, k/g.side)
			if spans[i] == nil {
				copy(g.texels[4*k*g.side:][:4*g.side], row)
			} else {
				spans[i].write(g.texels, row[:4*g.side], k, 0)
			}
		}
	}
	m.FindEmptySpace()
	return m
}

// TestSpans: a network that holds a part of a grid is that with the whole grid: colours and gradients to the last bit.
func TestSpans(t *testing.T) {
	whole, spans := twoBalls(t, 41)
	held := heldPart(t, whole, spans)
	if got, most := len(held.Grids[1]), len(whole.Grids[1])/3; got > most {
		t.Errorf("it holds %d values, want at most %d", got, most)
	}
	if held.Params() >= whole.Params() {
		t.Errorf("it has %d parameters, the whole %d", held.Params(), whole.Params())
	}
	if f := whole.Occupied(); !slices.Equal(held.occ[0].bits, whole.occ[0].bits) || f < 0.01 || f > 0.3 {
		t.Errorf("other cells are occupied: %v of them, want %v", held.Occupied(), f)
	}
	row, want := make([]float32, 4*41), make([]float32, 4*41)
	for i := range 41 * 41 {
		wholeRow(want, whole, 1, i%41, i/41)
		if wholeRow(row, held, 1, i%41, i/41); !slices.Equal(row, want) {
			t.Fatalf("row %d is %v, want %v", i, row, want)
		}
	}

	rays := testRays(500)
	colors, wantColors := make([]float32, 3*len(rays)), make([]float32, 3*len(rays))
	surfaces, wantSurfaces := make([]Surface, len(rays)), make([]Surface, len(rays))
	held.Clone().Pack().Surfaces(colors, surfaces, rays)
	whole.Pack().Surfaces(wantColors, wantSurfaces, rays)
	if !slices.Equal(colors, wantColors) {
		t.Error("colours differ")
	}
	met := 0
	for i, s := range surfaces {
		for a := range s.Normal {
			if math.Abs(float64(s.Normal[a]-wantSurfaces[i].Normal[a])) > 1e-3 {
				t.Fatalf("ray %d: normal %v, want %v", i, s.Normal, wantSurfaces[i].Normal)
			}
		}
		s.Normal = wantSurfaces[i].Normal
		if s != wantSurfaces[i] {
			t.Fatalf("ray %d: surface %v, want %v", i, s, wantSurfaces[i])
		}
		if s != (Surface{}) {
			met++
		}
	}
	if met < 20 {
		t.Errorf("%d rays meet something, want more", met)
	}

	d := func(n *Network) []Grad {
		l := n.NewLearner(len(rays))
		defer l.Close()
		l.Batch(len(rays), func(first int, dst []plucker.Coords) { copy(dst, rays[first:]) }, func(first int, rgb, drgb []float32) float64 {
			copy(drgb, rgb)
			return 0
		})
		return l.Grads()
	}
	got, wantGrads := d(held), d(whole)
	last := len(got) - 1
	for i := range last {
		if !slices.Equal(got[i].D, wantGrads[i].D) {
			t.Errorf("%s: gradients differ", got[i].Name)
		}
	}
	sum := float32(0)
	for i := range 41 * 41 {
		spans[1].Read(row, got[last].D, i, 0)
		texels, lo := spans[1].Row(got[last].D, 41, i)
		copy(want, wantGrads[last].D[4*i*41:][:4*41])
		for j, v := range want {
			sum += v * v
			if in := j >= 4*lo && j < 4*lo+len(texels); in && v != row[j] || !in && v != 0 {
				t.Fatalf("gradient %d of row %d is %v, want %v", j, i, row[j], v)
			}
		}
	}
	if sum == 0 {
		t.Error("no gradient")
	}
	for i, v := range got[last].D {
		if v != 0 && got[last].Touched[i/16] == 0 {
			t.Fatalf("value %d has a gradient and no mark", i)
		}
	}
}

// TestSpansFile: what a file has of a fine grid is what is in memory, and the rest is empty.
func TestSpansFile(t *testing.T) {
	if testing.Short() {
		t.Skip("large grids")
	}
	const side = 140
	whole, _ := twoBalls(t, side)
	spans := SpansOf(whole.Config, whole.occ[0].Cells())
	if spans[0] != nil || spans[1] == nil {
		t.Fatalf("spans %v, want those of the finer grid", spans)
	}
	encode := func(n *Network) []byte {
		var b bytes.Buffer
		if err := (&Model{Network: n, Scene: plucker.UnitFrame()}).Encode(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	file := encode(whole)
	if most := 8 * side * side * side / keepOneIn; len(file) > most {
		t.Errorf("the file has %d bytes, want less than %d", len(file), most)
	}
	if !bytes.Equal(encode(heldPart(t, whole, spans)), file) {
		t.Error("the file of a network that holds a part is another one")
	}
	m, err := decodeBytes(file)
	if err != nil {
		t.Fatal(err)
	}
	n := m.Network
	if n.Spans == nil || n.Spans[1] == nil || len(n.Grids[1]) > len(whole.Grids[1])/4 {
		t.Fatalf("it holds %d values", len(n.Grids[1]))
	}
	if !bytes.Equal(encode(n), file) {
		t.Error("written again, it is another file")
	}
	row, want := make([]float32, 4*side), make([]float32, 4*side)
	for k := range side * side {
		wholeRow(row, n, 1, k%side, k/side)
		wholeRow(want, whole, 1, k%side, k/side)
		for i := range want {
			if v := FromFloat16Bits(Float16Bits(want[i])); row[i] != v {
				t.Fatalf("value %d of row %d is %v, want %v", i, k, row[i], v)
			}
		}
	}
	if !slices.Equal(n.occ[0].bits, whole.occ[0].bits) {
		t.Errorf("%v of the cells are occupied, want %v", n.Occupied(), whole.Occupied())
	}
	// Two blocks of each row, far apart, would make a reader hold all of it.
	far := make([]bool, 18*18*18)
	for i := range far {
		far[i] = i%18 > 0 && i%18 < 17
	}
	p := part{"grids.1", "F16", []int{side, side, side, 4}, whole.Grids[1], nil}
	if got := blockParts(p, nil, far, true)[0].shape[0]; got != (18*18*18+keepOneIn-1)/keepOneIn {
		t.Errorf("%d blocks are stored, want one in %d", got, keepOneIn)
	}
	nothing := slices.Repeat([]bool{true}, 18*18*18)
	if got := blockParts(p, nil, nothing, true)[0].shape[0]; got != 1 {
		t.Errorf("%d blocks of an empty grid are stored, want 1", got)
	}
}

// TestFarBlocks: blocks that are few for how far apart they are are refused.
func TestFarBlocks(t *testing.T) {
	if testing.Short() {
		t.Skip("large grids")
	}
	c := Config{Encoding: Encoding{Kind: Volume, Points: 1, Grids: []int{140}}, Norm: NormNone, Activation: ReLU}
	n, err := New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	empty := make([]bool, 18*18*18)
	for i := range empty {
		empty[i] = i != 3 && i != 4
	}
	var b bytes.Buffer
	if err := (&Model{Network: n, Scene: plucker.UnitFrame()}).encodeBlocks(&b, func(int) []bool { return empty }); err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()
	m, err := decodeBytes(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for i, hi := range m.Network.Spans[0].hi {
		if lo := m.Network.Spans[0].lo[i]; hi > 0 {
			rows++
			if lo != 20 || hi != 44 { // a texel around 24 … 39, at multiples of four
				t.Errorf("row %d holds texels %d to %d, want 20 to 44", i, lo, hi)
			}
		}
	}
	if rows != 81 {
		t.Errorf("%d rows are held, want 81", rows)
	}
	index := file[lenSize+binary.LittleEndian.Uint64(file):] // is the first tensor, as its values are the widest
	for i, place := range map[int]int32{3: -1, 4: -1, 0: 0, 17: 1} {
		binary.LittleEndian.PutUint32(index[4*i:], uint32(place))
	}
	_, err = decodeBytes(file)
	checkRefused(t, err, "grids.0.blocks has 2 blocks, want 3 or more where they are as far apart")
}

// TestFiner: a finer grid shows what the coarser did, and the network is the same.
func TestFiner(t *testing.T) {
	n, _ := twoBalls(t, 31)
	c := n.Config
	c.Encoding.Grids = []int{8, 61}
	spans := []*Spans{nil, n.occ[0].spans(61)}
	m := n.Finer(c, spans)
	if len(m.Grids[1]) >= 4*61*61*61/2 {
		t.Errorf("it holds %d values", len(m.Grids[1]))
	}
	rays := testRays(400)
	got, want := make([]float32, 3*len(rays)), make([]float32, 3*len(rays))
	m.Pack().Colors(got, rays)
	n.Pack().Colors(want, rays)
	for i := range want {
		// The texels of 61³ are those of 31³ and the middles between: the same function of space, but that other samples
		// are skipped that are all but transparent.
		if math.Abs(float64(got[i]-want[i])) > emptyAlpha {
			t.Fatalf("colour %d is %v, want %v", i, got[i], want[i])
		}
	}
}
