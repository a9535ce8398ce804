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
}

// Latent z names a scene: the numbers that make one network of many.
type Latent []float32

// Hyper is Ψ, a hypernetwork: it maps a latent to a [Network] φ. It has one MLP for each tensor of φ, or with [HyperFilm]
// for each layer, and where the conditioning is not [HyperFull] tensors of φ that all scenes share.
//
// With film a layer's affine map W·x + b becomes diag(s)·(W·x + b) + t, before the norm: so it is an affine map of a plain
// network, W' = diag(s)·W and b' = s∘b + t, and what is decoded is an .lfn like any other. A scale behind the norm would
// not be, as the layers have none there.
type Hyper struct {
	Config HyperConfig
	Base   *Network // what all scenes share; nil for HyperFull
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
// parameters; "film" is small.
func HyperPreset(name string) (HyperConfig, error) {
	for _, p := range hyperPresets {
		if p.name == name {
			c := p.config
			c.Network.Hidden = slices.Clone(c.Network.Hidden)
			return c, nil
		}
	}
	return HyperConfig{}, fmt.Errorf("preset %q of a prior is not known, want one of %v", name, HyperPresets())
}

// Limits of a configuration.
const (
	maxLatent    = 4096
	maxHyperRank = 256
)

// Validate says what is wrong with c, naming the key.
func (c HyperConfig) Validate() error {
	if err := c.Network.Validate(); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	if e := c.Network.Encoding; len(e.Grids) > 0 {
		return fmt.Errorf("network: encoding.kind is %s, whose grids belong to one scene: want coordinates, frequency or points", e.Kind)
	} else if e.Window != nil {
		return fmt.Errorf("network: encoding.window is there, which is that of one scene: want none")
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

// answers is how many numbers each MLP of Ψ answers.
func (c HyperConfig) answers() []int {
	var ns []int
	in := c.Network.InputWidth()
	for _, out := range append(slices.Clone(c.Network.Hidden), 3) {
		switch c.Conditioning {
		case HyperFull:
			ns = append(ns, out*in, out)
		case HyperLowRank:
			ns = append(ns, (out+in)*c.Rank, out)
		case HyperFilm:
			ns = append(ns, 2*out)
		}
		in = out
	}
	return ns
}

// Params counts the trainable numbers of a hypernetwork of this shape, without latents.
func (c HyperConfig) Params() int {
	n := 0
	for _, answers := range c.answers() {
		n += (c.Latent+1)*c.Width + (c.Width+1)*c.Width + (c.Width+1)*answers
		if c.Conditioning == HyperFull {
			n += 4 * c.Width // of the norms
		}
	}
	if c.Conditioning != HyperFull {
		n += c.Network.Params()
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
		h.Base, _ = newZero(c.Network)
	}
	for _, answers := range c.answers() {
		h.nets = append(h.nets, newPsi(c, answers, true))
	}
	return h, nil
}

// NewHyper makes a hypernetwork of shape c with random weights, the same for the same seed. They start as in the authors'
// hyperlayers.py: Kaiming normal, the last layer of each MLP a tenth of that, its bias as PyTorch has it for hyper; for
// lowrank 0 for biases and 1/√rank for weights, so that the matrix of low rank is near 1. For film it is 0, so that scales
// are near 1 and shifts near 0.
func NewHyper(c HyperConfig, seed uint64) (*Hyper, error) {
	h, err := newZeroHyper(c)
	if err != nil {
		return nil, err
	}
	if h.Base != nil {
		if h.Base, err = New(c.Network, seed); err != nil {
			return nil, err
		}
	}
	rng := rand.New(rand.NewPCG(seed, 0x707369))
	for i := range h.nets {
		p := &h.nets[i]
		p.init(rng)
		last := p.layers[len(p.layers)-1].Bias
		switch c.Conditioning {
		case HyperFilm:
			clear(last)
		case HyperLowRank:
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
	if h.Base == nil {
		return nil
	}
	ts := h.Base.Tensors()
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
	return phi
}
