package f32

// Of a grid some texels may be held: some rows in part, others not at all. Then starts has res² values, where the texel with
// x = 0 of row z·res+y is, or would be, in texels from the begin of the grid. With every start the whole row would lie in the
// grid: a texel that is not held is read as some other, and nothing beyond.

// FetchHeld is [Fetch] of a grid some of whose texels are held, in the order of starts, res² of them. What it reads at a
// position is defined where the 8 texels around that are held.
func FetchHeld(dst []float32, stride int, grid []float32, starts []int32, res int, x, y, z []float32) {
	n := len(x)
	checkHeld(starts, res)
	if len(y) < n || len(z) < n {
		panic("f32: FetchHeld: x, y and z differ in length")
	}
	if stride < 4 || (n > 0 && len(dst) < (n-1)*stride+4) {
		panic("f32: FetchHeld: stride < 4 or len(dst) < (n-1)*stride+4")
	}
	if n > 0 {
		fetchHeld(dst, stride, grid, starts, res, x, y[:n], z[:n])
	}
}

// ScatterHeld is [Scatter] for the gradient of a grid some of whose texels are held. touched has a byte for each 4 texels of
// it. Around each position the 8 texels have to be held.
func ScatterHeld(grad []float32, touched []uint8, starts []int32, res int, x, y, z, d []float32, stride int) {
	n := len(x)
	checkHeld(starts, res)
	if len(touched) < (len(grad)/4+lineTexels-1)/lineTexels {
		panic("f32: ScatterHeld: len(touched) < len(grad)/16")
	}
	if len(y) < n || len(z) < n {
		panic("f32: ScatterHeld: x, y and z differ in length")
	}
	if stride < 4 || (n > 0 && len(d) < (n-1)*stride+4) {
		panic("f32: ScatterHeld: stride < 4 or len(d) < (n-1)*stride+4")
	}
	if n > 0 {
		scatterHeld(grad, touched, starts, res, x, y[:n], z[:n], d, stride)
	}
}

func checkHeld(starts []int32, res int) {
	if res < 2 || res > maxRes {
		panic("f32: grid resolution is not in [2, 1024]")
	}
	if len(starts) < res*res {
		panic("f32: len(starts) < res*res")
	}
}
