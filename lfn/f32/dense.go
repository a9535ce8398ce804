package f32

//go:generate go -C _asm run ./dense -out ../dense_amd64.s -stubs ../dense_stubs_amd64.go -pkg f32

// Rows of matrices lie Stride(width) apart, the columns from width on are zero, and buffers hold
// Rows(n) rows, of which those from n on may hold anything: so tiles need no ragged edges.

// Stride is the distance between rows of a matrix with width columns: width rounded up to 16.
func Stride(width int) int { return (width + 15) &^ 15 }

// Rows is the number of rows that a buffer for n rows needs: n rounded up to 4.
func Rows(n int) int { return (n + 3) &^ 3 }

// Panels is the second factor of a product, packed for the tiles: panels of 32 columns (the last may
// have 16), each k rows of 32 (16) values, one after the other.
type Panels struct {
	k, cols int
	data    []float32
}

// panelWidth is the width of the panel that starts at column j of cols (a multiple of 16).
func panelWidth(j, cols int) int { return min(32, cols-j) }

// reshape makes room for k×cols values, zero where no caller writes.
func (p *Panels) reshape(k, cols int) {
	cols = Stride(cols)
	if p.k == k && p.cols == cols {
		return
	}
	*p = Panels{k, cols, make([]float32, k*cols)}
}

// Pack packs w, Out×In and dense, for y = x·wᵀ.
func (p *Panels) Pack(w []float32, out, in int) {
	if len(w) != out*in {
		panic("f32: len(w) != out*in")
	}
	p.reshape(in, out)
	for j := 0; j < p.cols; j += 32 {
		pw := panelWidth(j, p.cols)
		panel := p.data[j*in:][: in*pw : in*pw]
		for c := 0; c < pw && j+c < out; c++ {
			for k, v := range w[(j+c)*in:][:in] {
				panel[k*pw+c] = v
			}
		}
	}
}

// PackTransposed packs w, Out×In and dense, for dx = dz·w.
func (p *Panels) PackTransposed(w []float32, out, in int) {
	if len(w) != out*in {
		panic("f32: len(w) != out*in")
	}
	p.reshape(out, in)
	for j := 0; j < p.cols; j += 32 {
		pw := panelWidth(j, p.cols)
		panel := p.data[j*out:]
		for k := range out {
			copy(panel[k*pw:][:min(pw, in-j)], w[k*in+j:])
		}
	}
}

var zeros [32]float32

// MatMul computes y = x·p + bias for n rows. x has Rows(n) rows of Stride(k) values, y the same of
// Stride(cols); bias has Stride(cols) values, or is nil for none. y may not overlap x.
func MatMul(y, x []float32, p *Panels, bias []float32, n int) {
	m, ars, cs := Rows(n), Stride(p.k), p.cols
	if n == 0 {
		return
	}
	if len(x) < m*ars || len(y) < m*cs {
		panic("f32: MatMul: buffer holds fewer than Rows(n) rows")
	}
	if bias != nil && len(bias) < cs {
		panic("f32: MatMul: len(bias) < Stride(cols)")
	}
	for j := 0; j < cs; j += 32 {
		pw := panelWidth(j, cs)
		init := zeros[:]
		if bias != nil {
			init = bias[j:]
		}
		gemm(pw, m, p.k, x, ars, 1, p.data[j*p.k:], pw, init, 0, y[j:], cs)
	}
}

// Outer computes dw = dzᵀ·x over n rows: the gradient of a layer's weights. dz has n rows of Stride(out) values, x
// of Stride(in); dw has Rows(out) rows of Stride(in).
func Outer(dw, dz, x []float32, out, in, n int) { outer(dw, dz, x, out, in, n, zeros[:], 0, 0) }

// AddOuter computes dw += dzᵀ·x, as Outer does.
func AddOuter(dw, dz, x []float32, out, in, n int) {
	outer(dw, dz, x, out, in, n, dw, 1, Stride(in))
}

// outer starts from init, at column j from init[j·step] on, its rows is apart.
func outer(dw, dz, x []float32, out, in, n int, init []float32, step, is int) {
	ds, xs := Stride(out), Stride(in)
	if len(dz) < n*ds || len(x) < n*xs {
		panic("f32: Outer: buffer holds fewer than n rows")
	}
	if len(dw) < Rows(out)*xs {
		panic("f32: Outer: len(dw) < Rows(out)*Stride(in)")
	}
	if n == 0 {
		if step == 0 {
			clear(dw[:Rows(out)*xs])
		}
		return
	}
	for j := 0; j < xs; j += 32 {
		gemm(panelWidth(j, xs), Rows(out), n, dz, 1, ds, x[j:], xs, init[j*step:], is, dw[j:], xs)
	}
}

// SumRows adds n rows of x, Stride(width) apart, to sum: the gradient of a bias.
func SumRows(sum, x []float32, width, n int) {
	s := Stride(width)
	if len(x) < n*s || len(sum) < s {
		panic("f32: SumRows: buffer is too short")
	}
	if n == 0 {
		return
	}
	sumRows(sum, x, s, n)
}
