package lfn

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// Constants of the surfaces of [Volume], found on a scene whose true depth is known.
const (
	// SurfaceLight is the transmittance at the surface. Half would be behind it: what a network makes of a surface that is
	// seen from all around is a layer in front of which there is nothing, and behind which nobody sees how far it goes on.
	SurfaceLight = 0.85
	// LeastSlope is the difference of densities two texels apart from which on there is a normal: less is rounding.
	LeastSlope = 1e-6
)

// surfaces finds what rays meet, from the samples that encode left in s.
//
// Sample k of a ray is at vₖ = from + k·spacing along its track, and stands for a piece of constant density as long as
// the spacing, in which the light falls from Tₖ to Tₖ(1 − aₖ), exponentially. The surface is where it falls to
// L = SurfaceLight, in the first sample with Tₖ(1 − aₖ) < L, if less than ½ is left behind the last; else there is none.
// With weights wₖ = Tₖaₖ and their sum W,
//
//	v = vₖ + (ln(Tₖ/L) / −ln(1 − aₖ) − ½)·spacing
//	spread² = Σ wⱼvⱼ²/W − (Σ wⱼvⱼ/W)² + spacing²/12
//	Along = t(v)     Spread = spread·|t′(v)|     see course
//
// and the light of [surfaceAt] is W. In a window v is the mean Σ wⱼvⱼ/W: where all cameras look the same way, there may be as
// much fog before a surface of one colour as behind it, and texture moves as its mean does.
//
// The normal is −Jᵀg, made unit and turned towards where the ray comes from: g is the gradient of the sum of the grids' first
// channels at the place p of the surface in the grids, by differences between p ± a texel of the finest grid along each axis,
// and J is the derivative of p by the surface's point, see [tracer.place].
// Samples with Tₖ < Opaque do not count.
func (e volumeEncoder) surfaces(dst []Surface, rays []plucker.Coords, s *samples) {
	clear(dst)
	for i := range rays {
		if !(s.end[i] < 0.5) {
			continue
		}
		track := e.tracer.of(&rays[i])
		var sum, sum1, sum2, at float64
		met := -1
		for j := int(s.first[i]); j < int(s.first[i+1]); j++ {
			v := float64(track.from + float32(s.k[j])*track.spacing)
			trans, alpha := float64(s.trans[j]), float64(s.alpha[j])
			if trans < Opaque {
				break // encode takes a whole group
			}
			if met < 0 && trans*(1-alpha) < SurfaceLight {
				met, at = j, v+(math.Log(trans/SurfaceLight)/-math.Log1p(-alpha)-0.5)*float64(track.spacing)
			}
			w := trans * alpha
			sum, sum1, sum2 = sum+w, sum1+w*v, sum2+w*v*v
		}
		if met < 0 {
			continue
		}
		mean := sum1 / sum
		if e.tracer.window != nil {
			at = mean
		}
		c := e.tracer.course(&track, &rays[i])
		along, slope := c.at(at)
		spread := slope * math.Sqrt(max(sum2/sum-mean*mean, 0)+float64(track.spacing*track.spacing)/12)
		surface, x := surfaceAt(&rays[i], e.tracer.eye, along, spread, sum)
		if surface != (Surface{}) {
			surface.Normal = e.normal(x, rays[i].Dir(), s.outside[met])
		}
		dst[i] = surface
	}
}

// normal is that of the density at x, for a ray along dir.
func (e volumeEncoder) normal(x, dir mgl64.Vec3, outside bool) [3]float32 {
	grids := e.grids[:len(e.res)]
	if outside {
		grids = e.grids[len(e.res):]
	}
	p, jacobian := e.tracer.place(x, outside)
	texel := 2 / float64(e.res[len(e.res)-1]-1)
	var px, py, pz [6]float32 // p ± a texel along each axis in turn
	for k := range 6 {
		q := p
		q[k/2] += texel * float64(1-k%2*2)
		if e.tracer.window != nil {
			q[2] = min(q[2], Deepest)
		}
		px[k], py[k], pz[k] = float32(q[0]), float32(q[1]), float32(q[2])
	}
	var g mgl64.Vec3
	var f [4 * 6]float32
	for k := range grids {
		grids[k].fetchAnywhere(f[:], px[:], py[:], pz[:])
		for a := range g {
			g[a] += float64(f[8*a] - f[8*a+4])
		}
	}
	n := jacobian.Transpose().Mul3x1(g)
	length := n.Len()
	if n.Dot(dir) > 0 {
		length = -length
	}
	n = n.Mul(1 / length)
	if !(g.Len() > LeastSlope && n.LenSqr() < 2) {
		return [3]float32{}
	}
	return [3]float32{float32(n[0]), float32(n[1]), float32(n[2])}
}
