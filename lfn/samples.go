package lfn

// samples are the points at which a strip of rays reads the grids, in the order of the rays and
// along each ray, and what the backward needs of each.
type samples struct {
	n            int       // how many there are
	width        int       // values of a row of f and d: 4 for each grid
	first        []int32   // ray i has the samples first[i] … first[i+1]−1
	k            []int32   // which sample of its track each is: tracks skip empty space
	x, y, z      []float32 // positions in the cube [−1, 1]³ of the grids
	f, d         []float32 // features, and the derivative of the loss by them
	alpha, trans []float32 // opacity, and transmittance before the sample
	outside      []bool    // of the unit ball: which grids are read
	end, density []float32 // of each ray: transmittance behind the last sample, optical depth of a sample of density 1
}

// reset empties s and makes room for that many rays and points on each.
func (s *samples) reset(rays, points, width int) {
	s.n, s.width = 0, width
	if n := rays * points; len(s.x) < n || len(s.f) < n*width {
		s.x, s.y, s.z = make([]float32, n), make([]float32, n), make([]float32, n)
		s.alpha, s.trans = make([]float32, n), make([]float32, n)
		s.f, s.d = make([]float32, n*width), make([]float32, n*width)
		s.outside, s.k = make([]bool, n), make([]int32, n)
	}
	if len(s.end) < rays {
		s.first = make([]int32, rays+1)
		s.end, s.density = make([]float32, rays), make([]float32, rays)
	}
}

func (s *samples) put(i int, p [3]float32) { s.x[i], s.y[i], s.z[i] = p[0], p[1], p[2] }
