//go:build !noasm

package f32

func fetch(dst []float32, stride int, grid []float32, res int, x, y, z []float32) {
	if !useAVX2 {
		fetchGo(dst, stride, grid, res, x, y, z)
		return
	}
	fetchAVX2(&dst[0], 4*stride, &grid[0], 16*res, 16*res*res, float32(res-1)/2, &x[0], &y[0], &z[0], len(x))
}

func scatter(grad []float32, touched []uint8, res int, x, y, z, d []float32, stride int) {
	if !useAVX2 {
		scatterGo(grad, touched, res, x, y, z, d, stride)
		return
	}
	scatterAVX2(&grad[0], &touched[0], 16*res, 16*res*res, float32(res-1)/2, &x[0], &y[0], &z[0], &d[0], 4*stride, len(x))
}

func composite(acc, f []float32, grids, n int, c, T float32, alpha, trans []float32) float32 {
	return compositeGo(acc, f, grids, n, c, T, alpha, trans)
}

func compositeBackward(d, f []float32, grids, n int, c float32, alpha, trans, dacc []float32, dT, T float32) {
	compositeBackwardGo(d, f, grids, n, c, alpha, trans, dacc, dT, T)
}

func adam(p, g, m, v []float32, f *adamFactors) { adamGo(p, g, m, v, f) }

func adamTouched(p, g, m, v []float32, touched []uint8, f *adamFactors) {
	adamTouchedGo(p, g, m, v, touched, f)
}
