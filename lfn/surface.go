package lfn

import (
	"math"

	"lfnview/plucker"
)

// Surface is what a ray meets, as far as a network tells. It is zero where the network tells nothing.
type Surface struct {
	// Along is where it is: Along·d from the point of the ray that is closest to the origin of the scene frame, where d is
	// the ray's direction. See [plucker.Coords.Ray].
	Along      float32
	Spread     float32    // the standard deviation of Along, in the scene frame
	Confidence float32    // from 0, nothing is known, to 1; from [Confident] on the surface counts as seen
	Normal     [3]float32 // of length 1, to the side that the ray comes from; zero where it is not known
}

// Confident is the confidence from which a surface counts as seen.
const Confident = 0.5

// SurfaceField is a light field that tells what its rays meet.
type SurfaceField interface {
	LightField
	// Surfaces computes what Colors does, and what each ray meets: len(rays) surfaces. It runs on the caller's goroutine,
	// and may be called by several at once.
	Surfaces(rgb []float32, surfaces []Surface, rays []plucker.Coords)
}

var _ SurfaceField = (*Packed)(nil)

// Surfaces implements [SurfaceField].
func (p *Packed) Surfaces(rgb []float32, surfaces []Surface, rays []plucker.Coords) {
	s := p.scratch.Get().(*strip)
	defer p.scratch.Put(s)
	for len(rays) > 0 {
		n := min(len(rays), stripRays)
		p.encoder.encode(s.in(), rays[:n], &s.samples)
		p.mlp.forward(s, n)
		s.colors(rgb[:3*n], p.signed)
		for i, v := range rgb[:3*n] {
			rgb[i] = min(max(v, 0), 1)
		}
		for i := range n {
			surfaces[i] = Surface{}
			if p.mlp.config.Encoding.Kind == Volume {
				surfaces[i] = s.samples.surface(i, &rays[i])
			}
		}
		rgb, surfaces, rays = rgb[3*n:], surfaces[n:], rays[n:]
	}
}

// surface is where half of the light of ray i is from before it.
func (s *samples) surface(i int, ray *plucker.Coords) Surface {
	var sum, sum1, sum2 float64
	along, found := 0., false
	for k := int(s.first[i]); k < int(s.first[i+1]); k++ {
		t := float64(s.x[k])*float64(ray[0]) + float64(s.y[k])*float64(ray[1]) + float64(s.z[k])*float64(ray[2])
		w := float64(s.trans[k] * s.alpha[k])
		sum, sum1, sum2 = sum+w, sum1+w*t, sum2+w*t*t
		if !found && s.trans[k]*(1-s.alpha[k]) < 0.5 {
			along, found = t, true
		}
	}
	if !found {
		return Surface{}
	}
	mean := sum1 / sum
	spread := math.Sqrt(max(sum2/sum-mean*mean, 0))
	return Surface{Along: float32(along), Spread: float32(spread), Confidence: float32((1 - float64(s.end[i])) * math.Exp(-spread/0.1))}
}
