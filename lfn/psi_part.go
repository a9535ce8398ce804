package lfn

import "lfnview/lfn/f32"

// psiPart is some of what the last layer of an MLP of Ψ answers: all that it answers may be as much as a grid holds, and
// several goroutines share it out. Rows of the buffers are f32.Stride apart.
type psiPart struct {
	Layer     // the rows of the last layer that are in this part
	first     int
	w, wt     f32.Panels // of weights that stay as they are, and so pay for packing
	bias      []float32
	scratch   []float32 // where they do not
	x, dx     []float32 // what the layer gets, and this part's share of the derivative by it
	out, dout []float32
	dw, db    []float32 // nil without gradients
}

// partAnswers is how many answers a part has at most: a multiple of 16.
const partAnswers = 1 << 13

// newPsiParts makes the parts of a layer that gets x, for up to n latents. dw and db are where its gradients go, or nil.
func newPsiParts(l Layer, x, dw, db []float32, n int) (parts []psiPart) {
	rows := f32.Rows(n)
	for lo := 0; lo < l.Out; lo += partAnswers {
		hi := min(lo+partAnswers, l.Out)
		stride := f32.Stride(hi - lo)
		p := psiPart{Layer: Layer{In: l.In, Out: hi - lo, Weight: l.Weight[lo*l.In : hi*l.In], Bias: l.Bias[lo:hi]}, first: lo,
			bias: make([]float32, stride), x: x, dx: make([]float32, rows*f32.Stride(l.In)),
			out: make([]float32, rows*stride), dout: make([]float32, rows*stride)}
		if dw != nil {
			p.dw, p.db = dw[lo*l.In:], db[lo:][:stride]
			p.scratch = make([]float32, f32.DenseScratch(l.In, n))
		}
		parts = append(parts, p)
	}
	return parts
}

// pack takes over the weights, which stay as they are.
func (p *psiPart) pack() {
	p.w.Pack(p.Weight, p.Out, p.In)
	p.wt.PackTransposed(p.Weight, p.Out, p.In)
	copy(p.bias, p.Bias)
}

// forward computes out for n latents.
func (p *psiPart) forward(n int) {
	if p.dw == nil {
		f32.MatMul(p.out, p.x, &p.w, p.bias, n)
	} else {
		f32.MatMulDense(p.out, p.x, p.Weight, p.Bias, p.Out, p.In, n, p.scratch)
	}
}

// backward computes dw, db and dx from dout.
func (p *psiPart) backward(n int) {
	if p.dw == nil {
		f32.MatMul(p.dx, p.dout, &p.wt, nil, n)
		return
	}
	f32.Outer(p.dw, p.dout, p.x, p.Out, p.In, n)
	clear(p.db)
	f32.SumRows(p.db, p.dout, p.Out, n)
	f32.MatMulDenseTransposed(p.dx, p.dout, p.Weight, p.Out, p.In, n)
}

// row copies what was answered for latent i to out, which is of all parts.
func (p *psiPart) row(i int, out []float32) {
	copy(out[p.first:][:p.Out], p.out[i*f32.Stride(p.Out):])
}

// setRow takes over the derivative by that.
func (p *psiPart) setRow(i int, dout []float32) {
	copy(p.dout[i*f32.Stride(p.Out):], dout[p.first:][:p.Out])
}
