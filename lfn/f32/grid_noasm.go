//go:build noasm || !amd64

package f32

func fetch(dst []float32, stride int, grid []float32, res int, x, y, z []float32) {
	fetchGo(dst, stride, grid, res, x, y, z)
}

func fetchHeld(dst []float32, stride int, grid []float32, starts []int32, res int, x, y, z []float32) {
	fetchHeldGo(dst, stride, grid, starts, res, x, y, z)
}

func scatterHeld(grad []float32, touched []uint8, starts []int32, res int, x, y, z, d []float32, stride int) {
	scatterHeldGo(grad, touched, starts, res, x, y, z, d, stride)
}

func addSlopes(sums, grid []float32, res int, x, y, z, d0, d1 []float32, stride int) {
	addSlopesGo(sums, grid, res, x, y, z, d0, d1, stride)
}

func scatter(grad []float32, touched []uint8, res int, x, y, z, d []float32, stride int) {
	scatterGo(grad, touched, res, x, y, z, d, stride)
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
