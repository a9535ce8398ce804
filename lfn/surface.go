package lfn

import (
	"github.com/go-gl/mathgl/mgl64"

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

const (
	// SureSpread is the spread of an opaque surface whose confidence is ½: of the radius, or of the distance of what is
	// farther than that from the centre, or in a window from the eye. It was found on a scene whose true depth is known.
	SureSpread = 0.023
	// Farthest is that distance from which on a surface is not known.
	Farthest = 1e4
)

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
	if e, ok := p.encoder.(volumeEncoder); ok {
		s := p.scratch.Get().(*strip)
		defer p.scratch.Put(s)
		for len(rays) > 0 {
			n := min(len(rays), stripRays)
			p.strip(s, rgb[:3*n], rays[:n])
			e.surfaces(surfaces[:n], rays[:n], &s.samples)
			rgb, surfaces, rays = rgb[3*n:], surfaces[n:], rays[n:]
		}
		return
	}
	q := p.probes.Get().(*probe)
	defer p.probes.Put(q)
	for len(rays) > 0 {
		n := min(len(rays), tangentRays)
		p.strip(q.strip, rgb[:3*n], rays[:n])
		p.probe(q, surfaces[:n], rays[:n])
		rgb, surfaces, rays = rgb[3*n:], surfaces[n:], rays[n:]
	}
}

// surfaceAt is the surface, without its normal, that a ray meets at along, in the point x of the scene frame, and that gives so
// much of its light, 0 to 1. With r = |x − eye|, where eye is that of the window, else the centre,
//
//	Confidence = light / (1 + (spread / (SureSpread·max(1, r)))²)
//
// It is zero where any of this is not a number, or r or spread is Farthest or more.
func surfaceAt(ray *plucker.Coords, eye mgl64.Vec3, along, spread, light float64) (s Surface, x mgl64.Vec3) {
	x = ray.ClosestToOrigin().Add(ray.Dir().Mul(along))
	r := x.Sub(eye).Len()
	unsure := spread / (SureSpread * max(1, r))
	confidence := light / (1 + unsure*unsure)
	if !(r < Farthest && spread < Farthest && confidence >= 0) { // or is not a number
		return Surface{}, x
	}
	return Surface{Along: float32(along), Spread: float32(spread), Confidence: float32(confidence)}, x
}
