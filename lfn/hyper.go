package lfn

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Kinds of conditioning: how a latent changes the network φ.
const (
	HyperFull    = "hyper"   // one MLP for each tensor of φ answers all of it: the paper
	HyperLowRank = "lowrank" // φ has weights of its own, and the latent scales each by an entry of a matrix of low rank
	HyperFilm    = "film"    // φ has weights of its own, and the latent scales and shifts what each unit gets
)

// HyperConfig is the shape of a hypernetwork, all that is needed to make one with random weights.
type HyperConfig struct {
	Network      Config `json:"network"` // of φ
	Conditioning string `json:"conditioning"`
	Latent       int    `json:"latent"`         // numbers of a latent, a multiple of 16
	Width        int    `json:"width"`          // of the hidden layers of Ψ, a multiple of 16
	Rank         int    `json:"rank,omitempty"` // of lowrank

	// Basis is, for each grid of φ, how many grids all scenes share, of which that of a scene is a sum: a multiple of 16.
	Basis []int `json:"basis,omitempty"`
}

// Latent z names a scene: the numbers that make one network of many.
type Latent []float32

// Hyper is Ψ, a hypernetwork: it maps a latent to a [Network] φ. It has one MLP for each tensor of φ, or with [HyperFilm]
// for each layer and each grid, and where the conditioning is not [HyperFull] layers of φ that all scenes share.
//
// The MLP of a grid answers all of it, whatever the conditioning: the last layer has in its bias a grid, and in its weight
// K more, in the columns, of which the K units before say how much there is in the scene:
//
//	G(z) = G₀ + Σₖ aₖ(z)·Gₖ
//
// With film a layer's affine map W·x + b becomes diag(s)·(W·x + b) + t, before the norm: so it is an affine map of a plain
// network, W' = diag(s)·W and b' = s∘b + t, and what is decoded is an .lfn like any other. A scale behind the norm would
// not be, as the layers have none there.
type Hyper struct {
	Config HyperConfig
	Base   []Layer // that all scenes share; nil for HyperFull
	nets   []psi
}

// hyperPresets are the shapes that [HyperPreset] knows.
var hyperPresets = []struct {
	name   string
	config HyperConfig
}{
	{"film", HyperConfig{Conditioning: HyperFilm, Latent: 128, Width: 128,
		Network: Config{Encoding: Encoding{Kind: Points, Points: 16, Frequencies: 3},
			Hidden: []int{128, 128, 128, 128}, Norm: NormLayer, Activation: ReLU, Output: OutputSigned}}},
	{"volume", HyperConfig{Conditioning: HyperFilm, Latent: 64, Width: 64, Basis: []int{128},
		Network: Config{Encoding: Encoding{Kind: Volume, Points: 48, Grids: []int{16}},
			Hidden: []int{32, 32}, Norm: NormLayer, Activation: ReLU}}},
	{"lowrank", HyperConfig{Conditioning: HyperLowRank, Latent: 128, Width: 128, Rank: 10,
		Network: Config{Encoding: Encoding{Kind: Points, Points: 16, Frequencies: 3},
			Hidden: []int{128, 128, 128, 128}, Norm: NormLayer, Activation: ReLU, Output: OutputSigned}}},
	{"paper", HyperConfig{Conditioning: HyperFull, Latent: 256, Width: 256,
		Network: Config{Encoding: Encoding{Kind: Coordinates},
			Hidden: []int{256, 256, 256, 256, 256, 256, 256}, Norm: NormLayer, Activation: ReLU, Output: OutputSigned}}},
}

// HyperPresets lists the names that [HyperPreset] knows.
func HyperPresets() []string {
	names := make([]string, len(hyperPresets))
	for i, p := range hyperPresets {
		names[i] = p.name
	}
	return names
}

// HyperPreset returns the configuration of that name: "paper" is the authors' hypernetwork exactly, of 104 million
// parameters; "film" is small, and of "volume" scenes have grids.
func HyperPreset(name string) (HyperConfig, error) {
	for _, p := range hyperPresets {
		if p.name == name {
			c := p.config
			c.Network.Hidden = slices.Clone(c.Network.Hidden)
			c.Network.Encoding.Grids, c.Basis = slices.Clone(c.Network.Encoding.Grids), slices.Clone(c.Basis)
			return c, nil
		}
	}
	return HyperConfig{}, fmt.Errorf("preset %q of a prior is not known, want one of %v", name, HyperPresets())
}

// Limits of a configuration.
const (
	maxLatent    = 4096
	maxHyperRank = 256
	maxBasis     = 512
	maxBasisRes  = 64 // texels along each axis of a grid
)

// Validate says what is wrong with c, naming the key.
func (c HyperConfig) Validate() error {
	if err := c.Network.Validate(); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	e := c.Network.Encoding
	if e.Window != nil {
		return fmt.Errorf("network: encoding.window is there, which is that of one scene: want none")
	}
	if e.Clear != 0 {
		return fmt.Errorf("network: encoding.clear is there, and scenes of a class have no surroundings: want none")
	}
	if len(c.Basis) != len(e.Grids) {
		return fmt.Errorf("basis has %d numbers, want one for each of %d grids", len(c.Basis), len(e.Grids))
	}
	for i, k := range c.Basis {
		if k < 16 || k > maxBasis || k%16 != 0 {
			return fmt.Errorf("basis[%d] is %d, want a multiple of 16 from 16 to %d", i, k, maxBasis)
		}
		if e.Grids[i] > maxBasisRes {
			return fmt.Errorf("network: encoding.grids[%d] is %d, want at most %d for many scenes", i, e.Grids[i], maxBasisRes)
		}
	}
	for _, x := range []struct {
		key   string
		value int
	}{{"latent", c.Latent}, {"width", c.Width}} {
		if x.value < 16 || x.value > maxLatent || x.value%16 != 0 {
			return fmt.Errorf("%s is %d, want a multiple of 16 from 16 to %d", x.key, x.value, maxLatent)
		}
	}
	switch c.Conditioning {
	case HyperLowRank:
		if c.Rank < 1 || c.Rank > maxHyperRank {
			return fmt.Errorf("rank is %d, want 1 to %d", c.Rank, maxHyperRank)
		}
		return nil
	case HyperFull, HyperFilm:
		if c.Rank != 0 {
			return fmt.Errorf("rank is %d, but %s has none", c.Rank, c.Conditioning)
		}
		return nil
	}
	return fmt.Errorf("conditioning is %q, want hyper, lowrank or film", c.Conditioning)
}

// psis lists the shapes of the MLPs of Ψ: those for the layers of φ, then those for its grids.
func (c HyperConfig) psis() []psiShape {
	var ps []psiShape
	add := func(last int, answers ...int) {
		for _, n := range answers {
			ps = append(ps, psiShape{c.Latent, [3]int{c.Width, last, n}, c.Conditioning == HyperFull})
		}
	}
	in := c.Network.InputWidth()
	for _, out := range append(slices.Clone(c.Network.Hidden), 3) {
		switch c.Conditioning {
		case HyperFull:
			add(c.Width, out*in, out)
		case HyperLowRank:
			add(c.Width, (out+in)*c.Rank, out)
		case HyperFilm:
			add(c.Width, 2*out)
		}
		in = out
	}
	for i, res := range c.Network.Encoding.Grids {
		add(c.Basis[i], 4*res*res*res)
	}
	return ps
}

// gridNet is the number of the first MLP of Ψ that is for a grid.
func (h *Hyper) gridNet() int { return len(h.nets) - len(h.Config.Basis) }

// Params counts the trainable numbers of a hypernetwork of this shape, without latents.
func (c HyperConfig) Params() int {
	n := 0
	for _, t := range c.tensors() {
		size := 1
		for _, d := range t.Shape {
			size *= d
		}
		n += size
	}
	return n
}

// newZeroHyper makes a hypernetwork of shape c with all tensors zero.
func newZeroHyper(c HyperConfig) (*Hyper, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	h := &Hyper{Config: c}
	if c.Conditioning != HyperFull {
		phi, _ := newZero(c.Network)
		h.Base = phi.Layers
	}
	for _, s := range c.psis() {
		h.nets = append(h.nets, newPsi(s, true))
	}
	return h, nil
}

// NewHyper makes a hypernetwork of shape c with random weights, the same for the same seed. They start as in the authors'
// hyperlayers.py: Kaiming normal, the last layer of each MLP a tenth of that, its bias as PyTorch has it for hyper; for
// lowrank 0 for biases and 1/√rank for weights, so that the matrix of low rank is near 1. For film it is 0, so that scales
// are near 1 and shifts near 0. For a grid it is that of a new network.
func NewHyper(c HyperConfig, seed uint64) (*Hyper, error) {
	h, err := newZeroHyper(c)
	if err != nil {
		return nil, err
	}
	phi, err := New(c.Network, seed)
	if err != nil {
		return nil, err
	}
	if h.Base != nil {
		h.Base = phi.Layers
	}
	rng := rand.New(rand.NewPCG(seed, 0x707369))
	for i := range h.nets {
		p := &h.nets[i]
		p.init(rng)
		last := p.layers[len(p.layers)-1].Bias
		switch grid := i - h.gridNet(); {
		case grid >= 0:
			copy(last, phi.Grids[grid])
		case c.Conditioning == HyperFilm:
			clear(last)
		case c.Conditioning == HyperLowRank:
			setAll(last, 0)
			if i%2 == 0 {
				setAll(last, rootInverse(c.Rank))
			}
		}
	}
	return h, nil
}

// Tensors lists the tensors of Ψ, then those of Base: hyper.0.layers.0.weight, …, base.layers.0.weight, ….
func (h *Hyper) Tensors() []Tensor {
	var ts []Tensor
	for i := range h.nets {
		ts = append(ts, h.nets[i].tensors(fmt.Sprintf("hyper.%d.", i))...)
	}
	return append(ts, h.baseTensors()...)
}

func (h *Hyper) baseTensors() []Tensor {
	ts := layerTensors(h.Base)
	for i := range ts {
		ts[i].Name = "base." + ts[i].Name
	}
	return ts
}

// Decode makes the network of a latent: a plain one, that shares nothing with h.
func (h *Hyper) Decode(z Latent) *Network {
	if len(z) != h.Config.Latent {
		panic("lfn: Decode: len(z) is not that of the latents")
	}
	phi, _ := newZero(h.Config.Network)
	out := make([][]float32, len(h.nets))
	for i := range h.nets {
		out[i] = h.nets[i].answer(z)
	}
	h.compose(phi, out)
	for i, g := range phi.Grids {
		copy(g, out[h.gridNet()+i])
	}
	phi.FindEmptySpace()
	return phi
}
