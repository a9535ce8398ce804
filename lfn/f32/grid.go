package f32

//go:generate go -C _asm run ./grid -out ../grid_amd64.s -stubs ../grid_stubs_amd64.go -pkg f32

// A grid is a cube of res×res×res texels of 4 channels, [z][y][x][channel], over the cube [−1, 1]³.
// The centres of the outermost texels lie on its faces, so that along each axis
//
//	u = (p+1)/2·(res−1), i = min(⌊u⌋, res−2), f = u − i
//
// turn a position p into a cell and the place in it. Positions outside count as the nearest face,
// NaN as −1. A grid may lack its last slices along z, as many as its length says, but for two; no cell may then be
// among those.

// maxRes bounds the resolution of a grid so that an index fits 32 bits.
const maxRes = 1024

// lineTexels is how many texels of a grid share one mark in Scatter and AdamTouched:
// 16 floats, 64 bytes, one cache line.
const lineTexels = 4

// Fetch reads a grid at n = len(x) positions by trilinear interpolation.
//
// dst[i·stride : i·stride+4] becomes the sum of (1−fx or fx)·(1−fy or fy)·(1−fz or fz)·texel over the
// 8 texels around position i. grid has slices·res²·4 values, 2 ≤ slices ≤ res ≤ 1024; y and z have at least n; stride ≥ 4.
// dst may not overlap the rest. The values of dst between the texels are left alone.
func Fetch(dst []float32, stride int, grid []float32, res int, x, y, z []float32) {
	n := len(x)
	slices := checkGrid(grid, res)
	if len(y) < n || len(z) < n {
		panic("f32: Fetch: x, y and z differ in length")
	}
	if stride < 4 || (n > 0 && len(dst) < (n-1)*stride+4) {
		panic("f32: Fetch: stride < 4 or len(dst) < (n-1)*stride+4")
	}
	if n > 0 {
		checkSlices(z[:n], slices, res)
		fetch(dst, stride, grid, res, x, y[:n], z[:n])
	}
}

// SlopeSums is how many sums AddSlopes adds to.
const SlopeSums = 2 * 3 * 2 * 4

// AddSlopes takes derivatives by what Fetch reads at n = len(x) positions back to the positions. For each position i, axis a,
// channel c, and k = 0 and 1 of two such derivatives, with v = dₖ[i·stride+c]·∂/∂a of channel c of what Fetch reads, in the
// cell that Fetch finds, and v = 0 on an axis along which the position is outside of the cube,
//
//	sums[8a + 4k + c] += v     sums[24 + 8a + 4k + c] += i·v
//
// which is all there is to know where positions change by i times one vector and another one. The shapes are those of
// Fetch; d0 and d1 are as dst there, and sums has SlopeSums values.
func AddSlopes(sums, grid []float32, res int, x, y, z, d0, d1 []float32, stride int) {
	n := len(x)
	slices := checkGrid(grid, res)
	if len(y) < n || len(z) < n {
		panic("f32: AddSlopes: x, y and z differ in length")
	}
	if stride < 4 || (n > 0 && min(len(d0), len(d1)) < (n-1)*stride+4) {
		panic("f32: AddSlopes: stride < 4 or len(d0) or len(d1) < (n-1)*stride+4")
	}
	if len(sums) < SlopeSums {
		panic("f32: AddSlopes: len(sums) < SlopeSums")
	}
	if n > 0 {
		checkSlices(z[:n], slices, res)
		addSlopes(sums, grid, res, x, y[:n], z[:n], d0, d1, stride)
	}
}

// Scatter is the adjoint of Fetch: it adds d[i·stride : i·stride+4] to the 8 texels of grad around
// position i, with the weights of Fetch, position after position, so that the sum has one order.
//
// touched[t/4] becomes 1 for every texel t = (z·res+y)·res + x that was added to; it has ⌈slices·res²/4⌉ bytes.
// The shapes of grad, x, y, z and d are those of grid, x, y, z and dst in Fetch.
func Scatter(grad []float32, touched []uint8, res int, x, y, z, d []float32, stride int) {
	n := len(x)
	slices := checkGrid(grad, res)
	if len(touched) < (slices*res*res+lineTexels-1)/lineTexels {
		panic("f32: Scatter: len(touched) < slices*res*res/4")
	}
	if len(y) < n || len(z) < n {
		panic("f32: Scatter: x, y and z differ in length")
	}
	if stride < 4 || (n > 0 && len(d) < (n-1)*stride+4) {
		panic("f32: Scatter: stride < 4 or len(d) < (n-1)*stride+4")
	}
	if n > 0 {
		checkSlices(z[:n], slices, res)
		scatter(grad, touched, res, x, y[:n], z[:n], d, stride)
	}
}

// checkGrid returns the number of slices along z.
func checkGrid(grid []float32, res int) int {
	if res < 2 || res > maxRes {
		panic("f32: grid resolution is not in [2, 1024]")
	}
	slices := min(len(grid)/(res*res*4), res)
	if slices < 2 {
		panic("f32: len(grid) < 2*res*res*4")
	}
	return slices
}

func checkSlices(z []float32, slices, res int) {
	if slices == res {
		return
	}
	half, end := float32(res-1)/2, float32(slices-1)
	for _, p := range z {
		if float32(p*half)+half >= end {
			panic("f32: z is behind the last slice of the grid")
		}
	}
}
