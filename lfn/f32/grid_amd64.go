//go:build !noasm

package f32

func fetch(dst []float32, stride int, grid []float32, res int, x, y, z []float32) {
	if !useAVX2 {
		fetchGo(dst, stride, grid, res, x, y, z)
		return
	}
	fetchAVX2(&dst[0], 4*stride, &grid[0], 16*res, 16*res*res, float32(res-1)/2, &x[0], &y[0], &z[0], len(x))
}

func fetchHeld(dst []float32, stride int, grid []float32, starts []int32, res int, x, y, z []float32) {
	if !useAVX2 {
		fetchHeldGo(dst, stride, grid, starts, res, x, y, z)
		return
	}
	fetchHeldAVX2(&dst[0], 4*stride, &grid[0], &starts[0], 4*res, float32(res-1)/2, &x[0], &y[0], &z[0], len(x))
}

func scatterHeld(grad []float32, touched []uint8, starts []int32, res int, x, y, z, d []float32, stride int) {
	if !useAVX2 {
		scatterHeldGo(grad, touched, starts, res, x, y, z, d, stride)
		return
	}
	scatterHeldAVX2(&grad[0], &touched[0], &starts[0], 4*res, float32(res-1)/2, &x[0], &y[0], &z[0], &d[0], 4*stride, len(x))
}

func addSlopes(sums, grid []float32, res int, x, y, z, d0, d1 []float32, stride int) {
	if !useAVX2 {
		addSlopesGo(sums, grid, res, x, y, z, d0, d1, stride)
		return
	}
	addSlopesAVX2(&sums[0], &grid[0], 16*res, 16*res*res, float32(res-1)/2, &x[0], &y[0], &z[0], &d0[0], &d1[0], 4*stride, len(x))
}

func scatter(grad []float32, touched []uint8, res int, x, y, z, d []float32, stride int) {
	if !useAVX2 {
		scatterGo(grad, touched, res, x, y, z, d, stride)
		return
	}
	scatterAVX2(&grad[0], &touched[0], 16*res, 16*res*res, float32(res-1)/2, &x[0], &y[0], &z[0], &d[0], 4*stride, len(x))
}

func composite(acc, f []float32, grids, n int, c, T float32, alpha, trans []float32) float32 {
	switch {
	case useAVX2 && grids == 1:
		return composite1AVX2(&acc[0], &f[0], n, c, T, &alpha[0], &trans[0])
	case useAVX2 && grids == 2:
		return composite2AVX2(&acc[0], &f[0], n, c, T, &alpha[0], &trans[0])
	}
	return compositeGo(acc, f, grids, n, c, T, alpha, trans)
}

func compositeBackward(d, f []float32, grids, n int, c float32, alpha, trans, dacc []float32, dT, T float32) {
	switch {
	case useAVX2 && grids == 1:
		compositeBackward1AVX2(&d[0], &f[0], n, c, &alpha[0], &trans[0], &dacc[0], dT*T)
	case useAVX2 && grids == 2:
		compositeBackward2AVX2(&d[0], &f[0], n, c, &alpha[0], &trans[0], &dacc[0], dT*T)
	default:
		compositeBackwardGo(d, f, grids, n, c, alpha, trans, dacc, dT, T)
	}
}

func adam(p, g, m, v []float32, f *adamFactors) {
	if useAVX2 {
		adamAVX2(&p[0], &g[0], &m[0], &v[0], len(p), &f.b1)
		return
	}
	adamGo(p, g, m, v, f)
}

func adamTouched(p, g, m, v []float32, touched []uint8, f *adamFactors) {
	if !useAVX2 {
		adamTouchedGo(p, g, m, v, touched, f)
		return
	}
	whole := len(p) / 16
	if whole > 0 {
		adamTouchedAVX2(&p[0], &g[0], &m[0], &v[0], whole, &touched[0], &f.b1)
	}
	if whole < len(touched) && touched[whole] != 0 {
		lo := whole * 16
		adam(p[lo:], g[lo:], m[lo:], v[lo:], f)
		clear(g[lo:])
		touched[whole] = 0
	}
}
