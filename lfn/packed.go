package lfn

import (
	"math"
	"sync"

	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// LightField is a function from oriented lines to the colours that they see.
type LightField interface {
	// Colors computes the colour of each ray, sRGB in [0, 1]: rgb has 3·len(rays) values.
	// It runs on the caller's goroutine, and may be called by several at once.
	Colors(rgb []float32, rays []plucker.Coords)
}

// Packed is a network made ready for inference: its weights are packed for the kernels once.
// It does not see later changes of the dense layers of the network it was made from. Grids and empty space are the
// network's own: nothing may write to them during Colors.
type Packed struct {
	mlp     mlp
	encoder encoder
	signed  bool
	scratch sync.Pool // of *strip
	probes  sync.Pool // of *probe
}

// Pack makes a network ready for inference.
func (n *Network) Pack() *Packed {
	p := &Packed{mlp: newMLP(n.Config), signed: n.Config.Output == OutputSigned}
	for i := range n.Layers {
		p.mlp.pack(n, i)
	}
	p.encoder = newEncoder(n)
	p.scratch.New = func() any { return newStrip(n.Config, stripRays, keepAnswer) }
	if n.Config.Encoding.Kind != Volume { // whose surfaces want no derivatives
		for i := range n.Layers {
			p.mlp.packTransposed(n, i)
		}
		p.probes.New = func() any { return newProbe(n.Config) }
	}
	return p
}

// Colors implements [LightField].
func (p *Packed) Colors(rgb []float32, rays []plucker.Coords) {
	s := p.scratch.Get().(*strip)
	defer p.scratch.Put(s)
	for len(rays) > 0 {
		n := min(len(rays), stripRays)
		p.strip(s, rgb[:3*n], rays[:n])
		rgb, rays = rgb[3*n:], rays[n:]
	}
}

// strip is Colors for as many rays as a strip holds.
func (p *Packed) strip(s *strip, rgb []float32, rays []plucker.Coords) {
	p.encoder.encode(s.in(), rays, &s.samples)
	p.mlp.forward(s, len(rays))
	s.colors(rgb, p.signed)
	for i, v := range rgb {
		rgb[i] = min(max(v, 0), 1)
	}
}

// mlp is the dense part of a network, packed: from what the encoder gives to three numbers.
type mlp struct {
	config Config
	shape  []Layer      // without weights
	w, wt  []f32.Panels // for forward and, where a backward is wanted, for that
	bias   [][]float32  // Stride(out) values
}

func newMLP(c Config) mlp {
	m := mlp{config: c}
	in := c.InputWidth()
	for i := range len(c.Hidden) + 1 {
		out := 3
		if i < len(c.Hidden) {
			out = c.Hidden[i]
		}
		m.shape = append(m.shape, Layer{In: in, Out: out})
		m.bias = append(m.bias, make([]float32, f32.Stride(out)))
		in = out
	}
	m.w, m.wt = make([]f32.Panels, len(m.shape)), make([]f32.Panels, len(m.shape))
	return m
}

// pack takes over the weights of layer i.
func (m *mlp) pack(n *Network, i int) {
	l := &n.Layers[i]
	m.w[i].Pack(l.Weight, l.Out, l.In)
	copy(m.bias[i], l.Bias)
}

// packTransposed takes over the weights of layer i for the backward.
func (m *mlp) packTransposed(n *Network, i int) {
	l := &n.Layers[i]
	m.wt[i].PackTransposed(l.Weight, l.Out, l.In)
}

// lo is the threshold of the activation after a norm: that of ReLU, or none.
func (m *mlp) lo() float32 {
	if m.config.Activation == ReLU {
		return 0
	}
	return float32(math.Inf(-1))
}

// forward runs the layers for n rays, from s.in() to s.act's last.
func (m *mlp) forward(s *strip, n int) {
	last := len(m.shape) - 1
	for i, l := range m.shape {
		pre, act := s.pre[i], s.act[i+1]
		if i == last {
			f32.MatMul(act, s.act[i], &m.w[i], m.bias[i], n)
			return
		}
		f32.MatMul(pre, s.act[i], &m.w[i], m.bias[i], n)
		size := n * f32.Stride(l.Out)
		if m.config.Norm == NormLayer {
			f32.Norm(act, pre, s.rstd[i], m.lo(), l.Out, n)
		} else if m.config.Activation == ReLU {
			f32.Rectify(act[:size], pre)
		}
		if m.config.Activation == Sine {
			f32.Sine(act[:size], pre, float32(m.config.Omega))
		}
	}
}

// strip holds what one goroutine needs to run up to stripRays rays through a network.
type strip struct {
	samples samples
	act     [][]float32 // act[0] the input, act[i+1] what layer i answers
	pre     [][]float32 // of layer i before the activation, after the norm
	rstd    [][]float32
	dact    [2][]float32 // derivatives, in turn; nil for inference alone
}

// What a strip keeps of a forward.
type keep int

const (
	keepAnswer keep = iota
	keepSlopes      // what the derivatives by the input need: s.pre and s.rstd
	keepAll         // what those by the weights need: s.act as well
)

// newStrip makes a strip for that many rays.
func newStrip(c Config, rays int, keeps keep) *strip {
	s := &strip{}
	shape := newMLP(c).shape
	rows := f32.Rows(rays)
	s.act = append(s.act, make([]float32, rows*f32.Stride(c.InputWidth())))
	widest := f32.Stride(c.InputWidth())
	for i, l := range shape {
		size := rows * f32.Stride(l.Out)
		widest = max(widest, f32.Stride(l.Out))
		var act []float32
		if keeps < keepAll && i >= 2 && len(s.act[i-1]) == size {
			act = s.act[i-1] // what layer i−2 answered is read no more
		} else {
			act = make([]float32, size)
		}
		pre, rstd := act, make([]float32, rows)
		if keeps > keepAnswer {
			pre = make([]float32, size)
		}
		s.act, s.pre, s.rstd = append(s.act, act), append(s.pre, pre), append(s.rstd, rstd)
	}
	if keeps > keepAnswer {
		s.dact = [2][]float32{make([]float32, rows*widest), make([]float32, rows*widest)}
	}
	return s
}

// in is the input of the first layer.
func (s *strip) in() []float32 { return s.act[0] }

// colors copies what the last layer answered, brought to [0, 1] where it is signed.
func (s *strip) colors(rgb []float32, signed bool) {
	out := s.act[len(s.act)-1]
	stride := f32.Stride(3)
	for i := range len(rgb) / 3 {
		copy(rgb[3*i:3*i+3], out[i*stride:])
	}
	if signed {
		for i, v := range rgb {
			rgb[i] = 0.5*v + 0.5
		}
	}
}
