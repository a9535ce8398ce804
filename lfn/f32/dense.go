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
		transpose(panel, pw, w[j*in:], in, min(pw, out-j), in)
	}
}

// transpose writes rows×cols values of src to dst, whose rows are its columns. Rows are ss and ds apart.
func transpose(dst []float32, ds int, src []float32, ss, rows, cols int) {
	for c := 0; c < cols; c += 4 {
		if cols-c < 4 {
			for ; c < cols; c++ {
				for r := range rows {
					dst[c*ds+r] = src[r*ss+c]
				}
			}
			return
		}
		d0 := dst[c*ds:][:rows]
		d1, d2, d3 := dst[(c+1)*ds:][:len(d0)], dst[(c+2)*ds:][:len(d0)], dst[(c+3)*ds:][:len(d0)]
		for r := range d0 {
			q := src[r*ss+c:][:4:4]
			d0[r], d1[r], d2[r], d3[r] = q[0], q[1], q[2], q[3]
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

// denseRows is how many rows of w MatMulDense does at a time, and backRows MatMulDenseTransposed: what it reads then stays
// in the second cache.
const denseRows, backRows = 64, 256

// DenseScratch is how many values MatMulDense needs to work with.
func DenseScratch(in, n int) int { return 4*in + (in+denseRows)*Stride(n) }

// MatMulDense computes y = x·wᵀ + bias for n rows, as MatMul does with w packed. It reads w, Out×In and dense, once and as
// it is: which is faster where rows are so few, and w so large, that packing takes longer than the product. In is a
// multiple of 16.
func MatMulDense(y, x, w, bias []float32, out, in, n int, scratch []float32) {
	xs, ys, cs := Stride(in), Stride(out), Stride(n)
	switch {
	case in%16 != 0 || len(w) != out*in:
		panic("f32: MatMulDense: w is not Out×In, In a multiple of 16")
	case len(x) < n*xs || len(y) < n*ys || len(bias) < out || len(scratch) < DenseScratch(in, n):
		panic("f32: MatMulDense: buffer is too short")
	}
	last, xt, c := scratch[:4*in], scratch[4*in:][:in*cs], scratch[(4+cs)*in:]
	transpose(xt, cs, x, xs, n, in)
	for lo, rows := 0, 0; lo < out; lo += rows {
		if rows = min(denseRows, out-lo); rows > 4 {
			rows &^= 3
		}
		a, m := w[lo*in:][:rows*in], Rows(rows)
		if rows < m {
			copy(last, a)
			a = last
		}
		for r, b := range bias[lo:][:rows] {
			row := c[r*cs:][:cs]
			for i := range row {
				row[i] = b
			}
		}
		for j := 0; j < cs; j += 32 {
			gemm(panelWidth(j, cs), m, in, a, in, 1, xt[j:], cs, c[j:], cs, c[j:], cs)
		}
		transpose(y[lo:], ys, c, cs, rows, n)
	}
}

// MatMulDenseTransposed computes dx = dz·w for n rows, for w as MatMulDense has it. dz has Rows(n) rows of Stride(out)
// values, dx the same of In.
func MatMulDenseTransposed(dx, dz, w []float32, out, in, n int) {
	ds, m := Stride(out), Rows(n)
	switch {
	case in%16 != 0 || len(w) != out*in:
		panic("f32: MatMulDenseTransposed: w is not Out×In, In a multiple of 16")
	case len(dz) < m*ds || len(dx) < m*in:
		panic("f32: MatMulDenseTransposed: buffer holds fewer than Rows(n) rows")
	}
	if n == 0 {
		return
	}
	clear(dx[:m*in])
	for lo := 0; lo < out; lo += backRows {
		rows := min(backRows, out-lo)
		for j := 0; j < in; j += 32 {
			gemm(panelWidth(j, in), m, rows, dz[lo:], ds, 1, w[lo*in+j:], in, dx[j:], in, dx[j:], in)
		}
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
