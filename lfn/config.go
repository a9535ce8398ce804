package lfn

import (
	"fmt"
	"slices"

	"lfnview/plucker"
)

// Kinds of encodings: what is made of a ray's Plücker coordinates before the MLP.
const (
	Coordinates = "coordinates" // the six numbers: the paper
	Frequency   = "frequency"   // their sines and cosines beside them
	Points      = "points"      // points of the ray where it is in the unit ball, their sines and cosines
	Grid        = "grid"        // features fetched at those points, side by side
	Volume      = "volume"      // features composited along the ray by a density from the same grids
)

// Names of normalisations, activations and outputs in a [Config].
const (
	NormLayer = "layer" // LayerNorm without learned scale
	NormNone  = "none"

	ReLU = "relu"
	Sine = "sine" // sin(ω·x)

	OutputUnit   = ""       // the last layer answers colours in [0, 1]
	OutputSigned = "signed" // the last layer answers colours in [−1, 1], as the authors' networks do
)

// Encoding says what the MLP gets of a ray.
type Encoding struct {
	Kind        string `json:"kind"`
	Points      int    `json:"points,omitempty"`      // samples of a ray: points, grid, volume
	Grids       []int  `json:"grids,omitempty"`       // texels along each axis of each grid: grid, volume
	Frequencies int    `json:"frequencies,omitempty"` // octaves π, 2π, 4π, …: frequency, points

	// Window, where it is not nil, is the perspective in whose cube the points are, instead of the unit ball: points, grid,
	// volume. Its grids are flat: they have a third of the slices, see [Encoding.Slices].
	Window *plucker.Window `json:"window,omitempty"`

	// Clear, where it is not 0, says that there is something to see outside of the unit ball as well: volume. It is the
	// radius of a ball about the same centre that no camera is in. Points are on the part of the ray from where it
	// enters that, or from its middle where it does not, to infinity, those outside of the unit ball in inverse
	// distance and in grids of their own.
	Clear float64 `json:"clear,omitempty"`
}

// Sides are the texels along each axis of each grid of the network: those of the unit ball, or of the window's cube, then
// as many of what is outside of the ball, where something is.
func (e Encoding) Sides() []int {
	if e.Clear > 0 {
		return slices.Concat(e.Grids, e.Grids)
	}
	return e.Grids
}

// String describes e in a few words.
func (e Encoding) String() string {
	text := e.Kind
	if e.Points > 0 {
		text += fmt.Sprintf(", %d points", e.Points)
	}
	for i, res := range e.Grids {
		if i == 0 {
			text += ", grids"
		}
		if e.Window != nil {
			text += fmt.Sprintf(" %d×%d×%d", res, res, e.Slices(res))
		} else {
			text += fmt.Sprintf(" %d³", res)
		}
	}
	if e.Window != nil {
		text += ", in a window"
	}
	if e.Clear > 0 {
		text += ", and as many outside"
	}
	if e.Frequencies > 0 {
		text += fmt.Sprintf(", %d frequencies", e.Frequencies)
	}
	return text
}

// Config is the shape of a network, all that is needed to make one with random weights.
type Config struct {
	Encoding   Encoding `json:"encoding"`
	Hidden     []int    `json:"hidden"` // widths of the hidden layers
	Norm       string   `json:"norm"`
	Activation string   `json:"activation"`
	Omega      float64  `json:"omega,omitempty"` // of Sine
	Output     string   `json:"output,omitempty"`
}

var presets = []struct {
	name   string
	config Config
}{
	{"tiny", Config{Encoding: Encoding{Kind: Volume, Points: 64, Grids: []int{24, 48}}, Hidden: []int{32, 32}, Norm: NormLayer, Activation: ReLU}},
	{"small", Config{Encoding: Encoding{Kind: Volume, Points: 64, Grids: []int{32, 64}}, Hidden: []int{64, 64}, Norm: NormLayer, Activation: ReLU}},
	{"large", Config{Encoding: Encoding{Kind: Volume, Points: 320, Grids: []int{64, 256}}, Hidden: []int{64, 64}, Norm: NormLayer, Activation: ReLU}},
	{"pure", Config{Encoding: Encoding{Kind: Grid, Points: 24, Grids: []int{32, 63}}, Hidden: []int{64, 64, 64}, Norm: NormLayer, Activation: ReLU}},
	{"paper", Config{Encoding: Encoding{Kind: Coordinates}, Hidden: []int{256, 256, 256, 256, 256, 256, 256}, Norm: NormLayer, Activation: ReLU}},
}

// Presets lists the names that [Preset] knows.
func Presets() []string {
	names := make([]string, len(presets))
	for i, p := range presets {
		names[i] = p.name
	}
	return names
}

// Preset returns the configuration of that name: "paper" is the authors' network exactly,
// the others are described in the README.
func Preset(name string) (Config, error) {
	for _, p := range presets {
		if p.name == name {
			c := p.config
			c.Encoding.Grids = slices.Clone(c.Encoding.Grids)
			c.Hidden = slices.Clone(c.Hidden)
			return c, nil
		}
	}
	return Config{}, fmt.Errorf("preset %q is not known, want one of %v", name, Presets())
}

// Flat is how much less deep than wide the grids of a window are: what cameras that look the same way see moves in
// their pictures by a part of their width only.
const Flat = 3

// Slices is how many texels a grid with that many along its side has along z.
func (e Encoding) Slices(side int) int {
	if e.Window == nil {
		return side
	}
	return (side-1)/Flat + 2 // z goes up to −1 + 2/Flat, and rounding may take it on a little
}

// MaxSide is how many texels along its side a grid has at most.
const MaxSide = 512

// Limits of a configuration: far above what is useful, far below what would exhaust a machine.
const (
	maxPoints      = 1024
	maxGrids       = 4
	maxFrequencies = 16
	minClear       = 0.01
	maxClear       = 100
	maxLayers      = 64
	maxWidth       = 8192
)

// Validate says what is wrong with c, naming the key.
func (c Config) Validate() error {
	e := c.Encoding
	usesPoints := e.Kind == Points || e.Kind == Grid || e.Kind == Volume
	usesGrids := e.Kind == Grid || e.Kind == Volume
	if !usesPoints && e.Kind != Coordinates && e.Kind != Frequency {
		return fmt.Errorf("encoding.kind is %q, want coordinates, frequency, points, grid or volume", e.Kind)
	}
	if usesPoints && (e.Points < 1 || e.Points > maxPoints) {
		return fmt.Errorf("encoding.points is %d, want 1 to %d", e.Points, maxPoints)
	}
	if usesGrids && (len(e.Grids) < 1 || len(e.Grids) > maxGrids) {
		return fmt.Errorf("encoding.grids has %d grids, want 1 to %d", len(e.Grids), maxGrids)
	}
	if !usesGrids && len(e.Grids) != 0 {
		return fmt.Errorf("encoding.grids has %d grids, but %s uses none", len(e.Grids), e.Kind)
	}
	for i, r := range e.Grids {
		if r < 2 || r > MaxSide {
			return fmt.Errorf("encoding.grids[%d] is %d, want 2 to %d", i, r, MaxSide)
		}
	}
	if e.Window != nil {
		if !usesPoints {
			return fmt.Errorf("encoding.window is there, but %s has no points to be in it", e.Kind)
		}
		if e.Clear != 0 {
			return fmt.Errorf("encoding.window and encoding.clear are both there, want one of them")
		}
		if err := e.Window.Validate(); err != nil {
			return fmt.Errorf("encoding.%w", err)
		}
	}
	if e.Clear != 0 && (e.Kind != Volume || !(e.Clear >= minClear && e.Clear <= maxClear)) {
		return fmt.Errorf("encoding.clear is %v for %s, want none, or for volume %v to %v", e.Clear, e.Kind, minClear, maxClear)
	}
	if e.Frequencies < 0 || e.Frequencies > maxFrequencies {
		return fmt.Errorf("encoding.frequencies is %d, want 0 to %d", e.Frequencies, maxFrequencies)
	}
	if len(c.Hidden) > maxLayers {
		return fmt.Errorf("hidden has %d layers, want at most %d", len(c.Hidden), maxLayers)
	}
	for i, w := range c.Hidden {
		if w < 1 || w > maxWidth {
			return fmt.Errorf("hidden[%d] is %d, want 1 to %d", i, w, maxWidth)
		}
	}
	if c.Norm != NormLayer && c.Norm != NormNone {
		return fmt.Errorf("norm is %q, want layer or none", c.Norm)
	}
	if c.Activation != ReLU && c.Activation != Sine {
		return fmt.Errorf("activation is %q, want relu or sine", c.Activation)
	}
	if c.Activation == Sine && !(c.Omega > 0 && c.Omega <= 1000) {
		return fmt.Errorf("omega is %v, want more than 0 and at most 1000 for sine", c.Omega)
	}
	if c.Output != OutputUnit && c.Output != OutputSigned {
		return fmt.Errorf("output is %q, want nothing or signed", c.Output)
	}
	return nil
}

// InputWidth is the number of values that the encoding gives the MLP for each ray.
func (c Config) InputWidth() int {
	e := c.Encoding
	switch e.Kind {
	case Frequency:
		return 6 + 12*e.Frequencies
	case Points:
		return 6 + 3*e.Points*(1+2*e.Frequencies)
	case Grid:
		return 4*len(e.Grids)*e.Points + 6
	case Volume:
		return 3*len(e.Grids) + 1 + 6
	}
	return 6
}

// Params counts the trainable numbers of a network of this shape.
func (c Config) Params() int {
	n, in := 0, c.InputWidth()
	for _, out := range append(slices.Clone(c.Hidden), 3) {
		n += (in + 1) * out
		in = out
	}
	for _, r := range c.Encoding.Sides() {
		n += 4 * r * r * c.Encoding.Slices(r)
	}
	return n
}
