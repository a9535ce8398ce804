package lfn

import (
	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// Constants of [Volume].
const (
	// OpticalDepth is that of a density of 1 over the radius of the ball.
	OpticalDepth = 25
	// FeatureGain multiplies composited features before the MLP: grids start small.
	FeatureGain = 3
	// Opaque is the transmittance under which the rest of a ray is not looked at.
	Opaque = 1e-3
	// group is how many samples are fetched and composited together.
	group = 16
)

// volumeEncoder composites the features of all samples front to back by a density from the same
// grids, and gives the MLP the sum, the transmittance that is left, and the coordinates.
//
//	σₖ = softplus(10·Σ first channels − 1)     aₖ = 1 − exp(−σₖ·25·Δt)
//	F = 3·Σ Tₖ aₖ fₖ     Tₖ₊₁ = Tₖ (1 − aₖ), T₀ = 1
//
// Samples in empty space and behind T < 0.001 are skipped.
type volumeEncoder struct {
	stride int
	tracer tracer
	grids  []texelGrid // of the ball, and of what is outside
	res    []int
	occ    []*Occupancy // of the ball, and of what is outside
}

func (e volumeEncoder) encode(x []float32, rays []plucker.Coords, s *samples) {
	width := 4 * len(e.res)
	s.reset(len(rays), e.tracer.points, width)
	for i := range rays {
		track := e.tracer.of(&rays[i])
		density := OpticalDepth * track.spacing
		var acc [4 * maxGrids]float32
		trans := float32(1)
		if track.spacing > 0 {
			for k := 0; k < e.tracer.points && trans >= Opaque; {
				first := s.n
				k, s.n = e.march(s, &track, k)
				last := s.n
				if first == last {
					continue
				}
				grids := e.grids[:len(e.res)]
				if s.outside[first] {
					grids = e.grids[len(e.res):]
				}
				px, py, pz := s.x[first:last], s.y[first:last], s.z[first:last]
				f := s.f[first*width : last*width]
				for g := range grids {
					grids[g].fetch(f[4*g:], width, px, py, pz)
				}
				trans = f32.Composite(acc[:width], f, len(e.res), last-first, density, trans, s.alpha[first:last], s.trans[first:last])
			}
		}
		s.first[i+1], s.end[i], s.density[i] = int32(s.n), trans, density
		row := x[i*e.stride:]
		for g := range e.res {
			for c := range 3 {
				row[3*g+c] = FeatureGain * acc[4*g+1+c]
			}
		}
		row[3*len(e.res)] = trans
		copy(row[3*len(e.res)+1:], rays[i][:])
	}
}

// march looks for the next samples in occupied cells, from sample k on: up to [group] of them, of the ball or of what is
// outside. It puts them behind the s.n samples of s, and returns where to go on and the new number of samples.
func (e *volumeEncoder) march(s *samples, t *track, k int) (next, n int) {
	switch {
	case k < t.in:
		return e.occ[1].marchOutside(s, t, k, t.in)
	case k < t.out:
		return e.occ[0].march(s, t, k, t.out)
	}
	return e.occ[1].marchOutside(s, t, k, e.tracer.points)
}

func (e volumeEncoder) backward(dx []float32, rays []plucker.Coords, s *samples) {
	for i := range rays {
		lo, hi := int(s.first[i]), int(s.first[i+1])
		if lo == hi {
			continue
		}
		row := dx[i*e.stride:]
		var dacc [4 * maxGrids]float32
		for g := range e.res {
			for c := range 3 {
				dacc[4*g+1+c] = FeatureGain * row[3*g+c]
			}
		}
		f32.CompositeBackward(s.d[lo*s.width:hi*s.width], s.f[lo*s.width:hi*s.width], len(e.res), hi-lo, s.density[i],
			s.alpha[lo:hi], s.trans[lo:hi], dacc[:s.width], row[3*len(e.res)], s.end[i])
	}
}
