package f32

// The density of a sample is softplus(gain·σ + bias), σ the sum of the first channels of its grids.
const (
	DensityGain = 10
	DensityBias = -1
)

// Composite blends n samples along a ray from front to back and returns the transmittance behind them.
//
// f holds n rows of 4·grids values: for each grid a density channel and three features. For sample
// k = 0 … n−1 in order, with T the transmittance before it,
//
//	s = 10·Σ f[k][0, 4, 8 …] − 1
//	a = 1 − exp(−softplus(s)·c)
//	trans[k], alpha[k] = T, a
//	acc += T·a·f[k]
//	T = T·(1 − a)
//
// c ≥ 0 is the spacing of the samples times the gain of the density. acc has 4·grids values and is
// added to. +Inf in s counts as the largest number, so that c = 0 always gives a = 0; NaN goes through.
// In the fast forms the relative error of a is at most 2⁻²⁰ + (10·Σ|σ| + 1)·2⁻²², the second term being
// that of s, and what is smaller than 2⁻¹²⁶ may become zero.
func Composite(acc, f []float32, grids, n int, c, T float32, alpha, trans []float32) float32 {
	if grids < 1 || n < 0 {
		panic("f32: Composite: grids < 1 or n < 0")
	}
	if len(acc) < 4*grids || len(f) < 4*grids*n {
		panic("f32: Composite: len(acc) < 4*grids or len(f) < 4*grids*n")
	}
	if len(alpha) < n || len(trans) < n {
		panic("f32: Composite: len(alpha) < n or len(trans) < n")
	}
	if n == 0 {
		return T
	}
	return composite(acc, f, grids, n, c, T, alpha, trans)
}

// CompositeBackward computes d, the gradient of f in Composite (n rows of 4·grids values, overwritten).
//
// dacc is the gradient of acc, dT that of the transmittance T which Composite returned; alpha and trans
// are what it stored. With w = trans·alpha and v[k] = Σⱼ dacc[j]·f[k][j],
//
//	d[k][j] = w[k]·dacc[j]
//	d[k][0, 4, 8 …] += (trans[k]·(1 − alpha[k])·v[k] − dT·T − Σ_{m>k} w[m]·v[m])·c·10·sigmoid(s[k])
//
// d may not overlap f.
func CompositeBackward(d, f []float32, grids, n int, c float32, alpha, trans, dacc []float32, dT, T float32) {
	if grids < 1 || n < 0 {
		panic("f32: CompositeBackward: grids < 1 or n < 0")
	}
	if len(dacc) < 4*grids || len(f) < 4*grids*n || len(d) < 4*grids*n {
		panic("f32: CompositeBackward: len(dacc) < 4*grids or len(f), len(d) < 4*grids*n")
	}
	if len(alpha) < n || len(trans) < n {
		panic("f32: CompositeBackward: len(alpha) < n or len(trans) < n")
	}
	if n > 0 {
		compositeBackward(d, f, grids, n, c, alpha, trans, dacc, dT, T)
	}
}
