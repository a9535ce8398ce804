package refine

import (
	"math"
	"slices"

	"lfnview/render"
)

// Texels writes a geometry to dst, whose memory is used again, as a texture of RGBA in float32, row-major: of each pixel the
// distance, its spread, the confidence, and the code of the normal, as the shaders of package shaders write them.
func Texels(dst []float32, g *render.Geometry) []float32 {
	n := len(g.Distance)
	dst = slices.Grow(dst[:0], 4*n)[:4*n]
	for i := range n {
		to := dst[4*i:][:4]
		to[0], to[1], to[2], to[3] = g.Distance[i], g.Spread[i], g.Confidence[i], code([3]float32(g.Normal[3*i:]))
	}
	return dst
}

// code is the point at which a vector meets the octahedron |x| + |y| + |z| = 1, which is unfolded to a square of 4095×4095
// steps; 0 where the vector is 0. It is an integer below 2²⁴, which a float32 holds.
func code(n [3]float32) float32 {
	x, y, z := float64(n[0]), float64(n[1]), float64(n[2])
	sum := math.Abs(x) + math.Abs(y) + math.Abs(z)
	if !(sum > 0) {
		return 0
	}
	u, v := x/sum, y/sum
	if z < 0 {
		u, v = math.Copysign(1-math.Abs(y/sum), x), math.Copysign(1-math.Abs(x/sum), y)
	}
	step := func(e float64) float64 { return math.Round(2047*e) + 2048 }
	return float32(step(u) + 4096*step(v))
}
