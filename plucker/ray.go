package plucker

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// A Ray is an oriented line in the world with a point on it. Dir has length 1.
type Ray struct{ Origin, Dir mgl64.Vec3 }

// At returns the point Origin + t·Dir.
func (r Ray) At(t float64) mgl64.Vec3 { return r.Origin.Add(r.Dir.Mul(t)) }

// SphereHit returns the parameters at which the line enters and leaves a sphere, near ≤ far; either may be
// negative, which is behind the origin. hit is false where the line misses the sphere, and for radius < 0.
func (r Ray) SphereHit(center mgl64.Vec3, radius float64) (near, far float64, hit bool) {
	oc := center.Sub(r.Origin)
	mid := oc.Dot(r.Dir)
	// The distance of the centre from the line comes from the perpendicular itself and not from
	// |oc|² − mid², which loses all digits when the origin is far away.
	perp := oc.Sub(r.Dir.Mul(mid))
	h2 := radius*radius - perp.LenSqr()
	if !(h2 >= 0) || radius < 0 {
		return 0, 0, false
	}
	h := math.Sqrt(h2)
	return mid - h, mid + h, true
}
