package lfn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"lfnview/lfn/f32"
)

// psiShape is that of one MLP of Ψ.
type psiShape struct {
	in     int
	outs   [3]int // of each layer
	normed bool
}

// psi is one MLP of Ψ: two hidden layers and an affine one. The order of a hidden layer is affine, norm, activation. For
// [HyperFull] the norm is LayerNorm with learned scale and shift and the activation ReLU, else there is no norm, and the
// activation is a leaky ReLU: as in the authors' HyperNetwork and LowRankHyperNetwork.
type psi struct {
	layers [3]Layer
	normed bool
	scale  [2][]float32 // of the norms, where there are some
	shift  [2][]float32
	leak   float32 // of the activation: its slope below 0
}

const lowRankLeak = 0.2

// newPsi makes the MLP, or with nothing but its shape, without memory for the weights.
func newPsi(s psiShape, memory bool) psi {
	p := psi{leak: lowRankLeak, normed: s.normed}
	if p.normed {
		p.leak = 0
	}
	in := s.in
	for i, out := range s.outs {
		l := &p.layers[i]
		l.In, l.Out = in, out
		if in = out; !memory {
			continue
		}
		l.Weight, l.Bias = make([]float32, l.Out*l.In), make([]float32, l.Out)
		if p.normed && i < len(p.scale) {
			p.scale[i], p.shift[i] = make([]float32, l.Out), make([]float32, l.Out)
		}
	}
	return p
}

// init gives p random weights: Kaiming normal, a tenth of that in the last layer, with PyTorch's default bias.
func (p *psi) init(rng *rand.Rand) {
	for i, l := range p.layers {
		std := math.Sqrt(2 / float64(l.In))
		if i == len(p.layers)-1 {
			std /= 10
		}
		for j := range l.Weight {
			l.Weight[j] = float32(rng.NormFloat64() * std)
		}
		for j := range l.Bias {
			l.Bias[j] = (2*rng.Float32() - 1) * rootInverse(l.In)
		}
	}
	for _, s := range p.scale {
		setAll(s, 1)
	}
}

// tensors lists those of p, each name with prefix.
func (p *psi) tensors(prefix string) []Tensor {
	var ts []Tensor
	for i, l := range p.layers {
		name := fmt.Sprintf("%slayers.%d.", prefix, i)
		ts = append(ts, Tensor{name + "weight", []int{l.Out, l.In}, l.Weight}, Tensor{name + "bias", []int{l.Out}, l.Bias})
		if p.normed && i < len(p.scale) {
			ts = append(ts, Tensor{name + "scale", []int{l.Out}, p.scale[i]}, Tensor{name + "shift", []int{l.Out}, p.shift[i]})
		}
	}
	return ts
}

// answer evaluates p for one latent: the slow twin of psiLearner.forward.
func (p *psi) answer(z Latent) []float32 {
	x := []float32(z)
	for i, l := range p.layers {
		y := make([]float32, f32.Stride(l.Out))[:l.Out]
		for r := range y {
			y[r] = l.Bias[r]
			for k, w := range l.Weight[r*l.In:][:l.In] {
				y[r] += w * x[k]
			}
		}
		if x = y; i == len(p.layers)-1 {
			break
		}
		if p.normed {
			f32.Norm(y[:cap(y)], y[:cap(y)], make([]float32, 1), float32(math.Inf(-1)), l.Out, 1)
			for r := range y {
				y[r] = p.scale[i][r]*y[r] + p.shift[i][r]
			}
		}
		for r, v := range y {
			y[r] = max(v, p.leak*v)
		}
	}
	return x
}

// psiLearner evaluates an MLP of Ψ for several latents at once, and computes its gradients. Rows of its buffers are
// f32.Stride apart.
type psiLearner struct {
	*psi
	w, wt [2]f32.Panels // of the hidden layers
	bias  [2][]float32
	act   [3][]float32 // act[0] the latents, act[i+1] what hidden layer i answers
	pre   [2][]float32 // of the hidden layers, behind the norm, before its scale and shift
	rstd  [2][]float32
	d     [2][]float32 // derivatives, in turn; the last to be written is by the latents
	parts []psiPart    // of the last layer
	grads [3]struct{ dw, db, dscale, dshift []float32 }
}

// newPsiLearner makes one for up to n latents, which are at z. Without weights there are no gradients but those by latents.
func newPsiLearner(p *psi, z []float32, n int, weights bool) psiLearner {
	l := psiLearner{psi: p}
	rows := f32.Rows(n)
	l.act[0] = z
	widest := p.layers[0].In
	for i, s := range p.layers {
		stride := f32.Stride(s.Out)
		if i < len(l.pre) {
			l.bias[i] = make([]float32, stride)
			l.act[i+1] = make([]float32, rows*stride)
			l.pre[i], l.rstd[i] = make([]float32, rows*stride), make([]float32, rows)
			widest = max(widest, stride)
		}
		if !weights {
			continue
		}
		g := &l.grads[i]
		g.dw, g.db = make([]float32, f32.Rows(s.Out)*s.In), make([]float32, stride)
		if p.normed && i < len(p.scale) {
			g.dscale, g.dshift = make([]float32, s.Out), make([]float32, s.Out)
		}
	}
	for i := range l.d {
		l.d[i] = make([]float32, rows*widest)
	}
	l.parts = newPsiParts(p.layers[2], l.act[2], l.grads[2].dw, l.grads[2].db, n)
	return l
}

// gradients are the derivatives by the tensors of p, in their order.
func (l *psiLearner) gradients() [][]float32 {
	var ds [][]float32
	for i, s := range l.layers {
		g := &l.grads[i]
		ds = append(ds, g.dw[:s.Out*s.In], g.db[:s.Out])
		if g.dscale != nil {
			ds = append(ds, g.dscale, g.dshift)
		}
	}
	return ds
}

// pack takes over the weights of the hidden layers.
func (l *psiLearner) pack() {
	for i := range l.w {
		s := &l.layers[i]
		l.w[i].Pack(s.Weight, s.Out, s.In)
		l.wt[i].PackTransposed(s.Weight, s.Out, s.In)
		copy(l.bias[i], s.Bias)
	}
}

// forward evaluates the hidden layers for n latents; the parts follow.
func (l *psiLearner) forward(n int) {
	for i := range l.pre {
		s := &l.layers[i]
		pre, act := l.pre[i], l.act[i+1]
		f32.MatMul(pre, l.act[i], &l.w[i], l.bias[i], n)
		if l.normed {
			f32.Norm(pre, pre, l.rstd[i], float32(math.Inf(-1)), s.Out, n)
		}
		for r := range n {
			row, out := pre[r*s.Out:][:s.Out], act[r*s.Out:][:s.Out]
			for k, v := range row {
				if l.normed {
					v = l.scale[i][k]*v + l.shift[i][k]
				}
				out[k] = max(v, l.leak*v)
			}
		}
	}
}

// backward computes the gradients of the hidden layers, once the parts have theirs, of the last n latents that forward
// evaluated, and returns the derivative by these.
func (l *psiLearner) backward(n int) []float32 {
	d, other := l.d[0], l.d[1]
	copy(d, l.parts[0].dx)
	for _, p := range l.parts[1:] {
		add(d, p.dx)
	}
	for i := len(l.pre) - 1; i >= 0; i-- {
		s, g := &l.layers[i], &l.grads[i]
		l.activationBackward(d, i, n)
		if g.dw != nil {
			f32.Outer(g.dw, d, l.act[i], s.Out, s.In, n)
			clear(g.db)
			f32.SumRows(g.db, d, s.Out, n)
		}
		f32.MatMul(other, d, &l.wt[i], nil, n)
		d, other = other, d
	}
	return d
}

// activationBackward turns d, the derivative by what hidden layer i answers, into that by its affine map.
func (l *psiLearner) activationBackward(d []float32, i, n int) {
	width, g := l.layers[i].Out, &l.grads[i]
	clear(g.dscale)
	clear(g.dshift)
	for r := range n {
		row, act, pre := d[r*width:][:width], l.act[i+1][r*width:][:width], l.pre[i][r*width:][:width]
		for k, a := range act {
			if !(a > 0) {
				row[k] *= l.leak
			}
			if !l.normed {
				continue
			}
			if g.dscale != nil {
				g.dscale[k] += row[k] * pre[k]
				g.dshift[k] += row[k]
			}
			row[k] *= l.scale[i][k]
		}
	}
	if l.normed {
		f32.NormBackward(d, l.pre[i], l.rstd[i], float32(math.Inf(-1)), width, n)
	}
}
