package lfn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Layer is an affine map, Weight Out×In and Bias Out, row-major.
// What follows it (norm, activation) is the same for all hidden layers and stands in the [Config].
type Layer struct {
	In, Out int
	Weight  []float32
	Bias    []float32
}

// Network is φ: the tensors that answer one scene. The order of a hidden layer is affine, norm,
// activation, that of FCLayer in the authors' code; the last layer is affine.
type Network struct {
	Config Config
	Layers []Layer
	Grids  [][]float32 // of the encoding: [z][y][x][4] for each of Config.Encoding.Sides, with its Slices
	Spans  []*Spans    // which texels of each grid there are; nil, of one or of all: the whole grid

	occ []*Occupancy // of the ball or cube, and of what is outside where there is something
}

// Tensor is one named array of a network.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32 // row-major; aliases the network's
}

// newZero makes a network of shape c with all tensors zero.
func newZero(c Config) (*Network, error) { return newZeroOf(c, nil) }

// newZeroOf is newZero, of whose grids the network holds what spans say, all of it empty.
func newZeroOf(c Config, spans []*Spans) (*Network, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	n := &Network{Config: c, Spans: spans}
	in := c.InputWidth()
	for _, out := range append(slices.Clone(c.Hidden), 3) {
		n.Layers = append(n.Layers, Layer{In: in, Out: out, Weight: make([]float32, in*out), Bias: make([]float32, out)})
		in = out
	}
	for i, r := range c.Encoding.Sides() {
		if s := n.spansOf(i); s != nil {
			n.Grids = append(n.Grids, s.newTexels())
		} else {
			n.Grids = append(n.Grids, make([]float32, 4*r*r*c.Encoding.Slices(r)))
		}
	}
	n.occ = newOccupancies(c)
	n.occ[0].confine(spans)
	return n, nil
}

// New makes a network of shape c with random weights, the same for the same seed.
//
// ReLU layers start as in the authors' code (init_weights_normal, Kaiming normal, fan in, a = 0), with
// PyTorch's default uniform bias; sine layers as in SIREN (Sitzmann et al. 2020, section 3.2 and
// supplement 1.5): weights uniform within ±1/In for the first, ±√(6/In)/ω for the others.
func New(c Config, seed uint64) (*Network, error) {
	n, err := newZero(c)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, 0x6c666e))
	uniform := func(x []float32, bound float64) {
		for i := range x {
			x[i] = float32((2*rng.Float64() - 1) * bound)
		}
	}
	for i, l := range n.Layers {
		fanIn := float64(l.In)
		switch {
		case c.Activation == Sine && i == 0:
			uniform(l.Weight, 1/fanIn)
		case c.Activation == Sine:
			uniform(l.Weight, math.Sqrt(6/fanIn)/c.Omega)
		default:
			for j := range l.Weight {
				l.Weight[j] = float32(rng.NormFloat64() * math.Sqrt(2/fanIn))
			}
		}
		uniform(l.Bias, 1/math.Sqrt(fanIn))
	}
	if n.gridded() {
		// Start from a grey picture rather than from noise: the last layer's colours are small around ½.
		last := n.Layers[len(n.Layers)-1]
		for j := range last.Weight {
			last.Weight[j] *= 0.3
		}
		for j := range last.Bias {
			last.Bias[j] = 0.5
		}
		first := firstDensity(c.Encoding)
		for _, g := range n.Grids {
			uniform(g, 0.1)
			for j := 0; first != 0 && j < len(g); j += 4 {
				g[j] = first + 0.1*g[j]
			}
		}
	}
	return n, nil
}

// firstDensity is the density, in each grid, that training begins with. Fine grids in the ball begin so transparent that a
// ray sees all of it, as most of their texels have to become empty: bench/quality.md. They are not empty, though.
func firstDensity(e Encoding) float32 {
	if e.Kind == Volume && e.Window == nil && e.Clear == 0 && slices.Max(e.Grids) > fineGrid {
		return max(-0.15, (densityBound(e)+0.02)/float32(len(e.Grids)))
	}
	return 0
}

// fineGrid is how many texels along its side a grid has at most that is not fine.
const fineGrid = 64

// gridded reports whether the encoding has grids.
func (n *Network) gridded() bool { return len(n.Grids) > 0 }

// spansOf are those of grid i, nil where it is whole.
func (n *Network) spansOf(i int) *Spans {
	if n.Spans == nil {
		return nil
	}
	return n.Spans[i]
}

// Held is what the network holds of row y of slice z of grid i, 4 values a texel, and which texel is the first of that. The
// others are without features, and have [EmptyDensity].
func (n *Network) Held(i, y, z int) (texels []float32, lo int) {
	g := n.grid(i)
	return g.spans.Row(g.texels, g.side, z*g.side+y)
}

// grid is grid i.
func (n *Network) grid(i int) texelGrid {
	return texelGrid{n.Grids[i], n.Config.Encoding.Sides()[i], n.spansOf(i)}
}

// Tensors lists the network's tensors in the order of the file: layers.0.weight [out, in],
// layers.0.bias [out], …, grids.0 [z, y, x, 4], …; a grid that is held in part is [texels, 4].
func (n *Network) Tensors() []Tensor {
	ts := layerTensors(n.Layers)
	sides := n.Config.Encoding.Sides()
	for i, g := range n.Grids {
		r := sides[i]
		shape := []int{n.Config.Encoding.Slices(r), r, r, 4}
		if n.spansOf(i) != nil {
			shape = []int{len(g) / 4, 4}
		}
		ts = append(ts, Tensor{fmt.Sprintf("grids.%d", i), shape, g})
	}
	return ts
}

// layerTensors lists the tensors of layers, as [Network.Tensors] does.
func layerTensors(layers []Layer) (ts []Tensor) {
	for i, l := range layers {
		ts = append(ts,
			Tensor{fmt.Sprintf("layers.%d.weight", i), []int{l.Out, l.In}, l.Weight},
			Tensor{fmt.Sprintf("layers.%d.bias", i), []int{l.Out}, l.Bias})
	}
	return ts
}

// FLOPs is what the dense layers compute for one ray, a multiply-add as two.
func (n *Network) FLOPs() int {
	sum := 0
	for _, l := range n.Layers {
		sum += 2 * l.In * l.Out
	}
	return sum
}

// Params counts the trainable numbers that there are.
func (n *Network) Params() int {
	sum := 0
	for _, l := range n.Layers {
		sum += len(l.Weight) + len(l.Bias)
	}
	for _, g := range n.Grids {
		sum += len(g)
	}
	return sum
}

// Clone returns a copy that shares nothing with n.
func (n *Network) Clone() *Network {
	c := &Network{Config: n.Config, Spans: n.Spans} // which nobody changes
	for _, o := range n.occ {
		c.occ = append(c.occ, &Occupancy{o.res, slices.Clone(o.bits), o.live})
	}
	for _, l := range n.Layers {
		c.Layers = append(c.Layers, Layer{In: l.In, Out: l.Out, Weight: slices.Clone(l.Weight), Bias: slices.Clone(l.Bias)})
	}
	for _, g := range n.Grids {
		c.Grids = append(c.Grids, slices.Clone(g))
	}
	return c
}

// Occupancies are where the network's grids may hold anything, everywhere for a new network: in the ball or cube, and, with
// Encoding.Clear, outside of the ball.
func (n *Network) Occupancies() []*Occupancy { return n.occ }

// Occupied is the share of space where the grids may hold anything.
func (n *Network) Occupied() float64 {
	sum, total := 0.0, 0.0
	for _, o := range n.occ {
		sum += o.Fraction()
		total++
		if n.Config.Encoding.Window != nil { // cells behind flat grids are of no space
			total -= 1 - float64(min(o.res/Flat+1, o.res))/float64(o.res)
		}
	}
	return sum / total
}

// gridsOf are the grids of the ball or cube, 0, or those of what is outside, 1.
func (n *Network) gridsOf(space int) []texelGrid {
	each := len(n.Config.Encoding.Grids)
	return n.grids()[space*each:][:each]
}

// grids are all of them.
func (n *Network) grids() []texelGrid {
	all := make([]texelGrid, len(n.Grids))
	for i := range all {
		all[i] = n.grid(i)
	}
	return all
}

// FindEmptySpace computes [Network.Occupancies] from the grids as they are.
func (n *Network) FindEmptySpace() {
	n.findEmptySpace(func(k int, task func(i int)) {
		for i := range k {
			task(i)
		}
	})
}

func (n *Network) findEmptySpace(run func(n int, task func(i int))) {
	for space, o := range n.occ {
		o.refresh(n.Config, n.gridsOf(space), run)
	}
}
