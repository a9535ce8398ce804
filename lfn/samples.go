package lfn

import (
	"math"

	"lfnview/plucker"
)

// chord is the part of a ray inside the unit ball, cut into equal parts with a sample in the middle of each.
type chord struct{ points int }

// of returns the first sample of the ray's chord, the step to the next, and the length of the step;
// all samples fall on one point for a ray which misses the ball, and the length is 0.
//
// The chord follows from the coordinates alone: its middle is the point closest to the origin,
// d × m, and half its length is √(1 − |d × m|²).
func (c chord) of(ray *plucker.Coords) (start, step [3]float32, length float32) {
	d, m := ray[:3:3], ray[3:6:6]
	mid := [3]float32{d[1]*m[2] - d[2]*m[1], d[2]*m[0] - d[0]*m[2], d[0]*m[1] - d[1]*m[0]}
	h2 := 1 - (mid[0]*mid[0] + mid[1]*mid[1] + mid[2]*mid[2])
	if !(h2 > 0) {
		return mid, step, 0
	}
	h := float32(math.Sqrt(float64(h2)))
	length = 2 * h / float32(c.points)
	for i := range 3 {
		step[i] = d[i] * length
		start[i] = mid[i] - d[i]*h + 0.5*step[i]
	}
	return start, step, length
}

// at returns sample k.
func at(start, step [3]float32, k int) [3]float32 {
	t := float32(k)
	return [3]float32{start[0] + t*step[0], start[1] + t*step[1], start[2] + t*step[2]}
}

// samples are the points at which a strip of rays reads the grids, in the order of the rays and
// along each ray, and what the backward needs of each.
type samples struct {
	n            int       // how many there are
	width        int       // values of a row of f and d: 4 for each grid
	first        []int32   // ray i has the samples first[i] … first[i+1]−1
	x, y, z      []float32 // positions in the scene frame
	f, d         []float32 // features, and the derivative of the loss by them
	alpha, trans []float32 // opacity, and transmittance before the sample
	end, density []float32 // of each ray: transmittance behind the last sample, optical depth of a sample of density 1
}

// reset empties s and makes room for that many rays and points on each.
func (s *samples) reset(rays, points, width int) {
	s.n, s.width = 0, width
	if n := rays * points; len(s.x) < n || len(s.f) < n*width {
		s.x, s.y, s.z = make([]float32, n), make([]float32, n), make([]float32, n)
		s.alpha, s.trans = make([]float32, n), make([]float32, n)
		s.f, s.d = make([]float32, n*width), make([]float32, n*width)
	}
	if len(s.end) < rays {
		s.first = make([]int32, rays+1)
		s.end, s.density = make([]float32, rays), make([]float32, rays)
	}
}

func (s *samples) put(i int, p [3]float32) { s.x[i], s.y[i], s.z[i] = p[0], p[1], p[2] }
