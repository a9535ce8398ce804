package lfn

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// across returns two unit vectors at right angles to each other and to d, a unit vector (Duff et al., Building an
// Orthonormal Basis, Revisited, JCGT 6(1), 2017).
func across(d mgl64.Vec3) (e1, e2 mgl64.Vec3) {
	sign := math.Copysign(1, d[2])
	a := -1 / (sign + d[2])
	b := d[0] * d[1] * a
	return mgl64.Vec3{1 + sign*d[0]*d[0]*a, sign * b, -sign * d[0]}, mgl64.Vec3{b, sign + d[1]*d[1]*a, -d[1]}
}

// moves returns two directions of the coordinates of a ray: that of its translation along a unit vector e ⟂ d, and of its
// rotation about its point x closest to the origin, towards e:
//
//	(0, e × d)     (e, x × e)
func moves(ray *plucker.Coords, e mgl64.Vec3) (shift, turn plucker.Coords) {
	shifted, turned := e.Cross(ray.Dir()), ray.ClosestToOrigin().Cross(e)
	for i := range 3 {
		shift[3+i] = float32(shifted[i])
		turn[i], turn[3+i] = float32(e[i]), float32(turned[i])
	}
	return shift, turn
}
