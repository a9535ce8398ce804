package f32

import "math"

// normEps is PyTorch's default ε of LayerNorm, which the authors' networks use.
const normEps = 1e-5

// Norm computes, for n rows of width values, Stride(width) apart,
//
//	x ← (x − mean(x)) / √(var(x) + 1e-5),   y = max(x, lo)
//
// LayerNorm without learned scale, and ReLU for lo = 0 (none for lo = −Inf). x is normalised in
// place, rstd[r] gets 1/√(var + 1e-5) of row r; both serve [NormBackward]. y may be x.
func Norm(y, x, rstd []float32, lo float32, width, n int) {
	checkNorm(y, x, rstd, width, n)
	if n == 0 {
		return
	}
	norm(y, x, rstd, lo, width, n)
}

// NormBackward turns d, the derivative of the loss by the y of [Norm], into that by its x before the
// norm, in place. x and rstd are as Norm left them, x not overwritten by y. With t = d where x > lo, else 0:
//
//	d ← rstd·(t − mean(t) − x·mean(t·x))
func NormBackward(d, x, rstd []float32, lo float32, width, n int) {
	checkNorm(d, x, rstd, width, n)
	if n == 0 {
		return
	}
	normBackward(d, x, rstd, lo, width, n)
}

func checkNorm(y, x, rstd []float32, width, n int) {
	s := Stride(width)
	if len(x) < n*s || len(y) < n*s {
		panic("f32: Norm: buffer holds fewer than n rows")
	}
	if len(rstd) < n {
		panic("f32: Norm: len(rstd) < n")
	}
}

func normGo(y, x, rstd []float32, lo float32, width, n int) {
	s := Stride(width)
	for r := range n {
		row, out := x[r*s:][:width], y[r*s:][:width]
		var sum float32
		for _, v := range row {
			sum += v
		}
		mean := sum / float32(width)
		var sq float32
		for _, v := range row {
			sq += (v - mean) * (v - mean)
		}
		scale := float32(1 / math.Sqrt(float64(sq/float32(width)+normEps)))
		rstd[r] = scale
		for j, v := range row {
			row[j] = (v - mean) * scale
			out[j] = max(row[j], lo)
		}
	}
}

func normBackwardGo(d, x, rstd []float32, lo float32, width, n int) {
	s := Stride(width)
	for r := range n {
		row, dr := x[r*s:][:width], d[r*s:][:width]
		var m1, m2 float32
		for j, v := range row {
			if v > lo {
				m1 += dr[j]
				m2 += dr[j] * v
			}
		}
		m1 /= float32(width)
		m2 /= float32(width)
		for j, v := range row {
			var t float32
			if v > lo {
				t = dr[j]
			}
			dr[j] = rstd[r] * (t - m1 - v*m2)
		}
	}
}

// Rectify sets y = max(x, 0) for len(y) values: ReLU without a norm.
func Rectify(y, x []float32) {
	for i, v := range x[:len(y)] {
		y[i] = max(v, 0)
	}
}

// RectifyBackward zeroes d where x, before [Rectify], was not positive.
func RectifyBackward(d, x []float32) {
	for i, v := range x[:len(d)] {
		if !(v > 0) {
			d[i] = 0
		}
	}
}
