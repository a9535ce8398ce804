package plucker

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// Coords are the Plücker coordinates (d, m) of an oriented line in the scene frame: unit direction first,
// then the moment m = o × d.
type Coords [6]float32

// Dir returns the direction d.
func (c Coords) Dir() mgl64.Vec3 {
	return mgl64.Vec3{float64(c[0]), float64(c[1]), float64(c[2])}
}

// Moment returns the moment m.
func (c Coords) Moment() mgl64.Vec3 {
	return mgl64.Vec3{float64(c[3]), float64(c[4]), float64(c[5])}
}

// ClosestToOrigin returns the point of the line nearest to the origin of the scene frame, d × m / |d|².
func (c Coords) ClosestToOrigin() mgl64.Vec3 {
	d := c.Dir()
	return d.Cross(c.Moment()).Mul(1 / d.LenSqr())
}

// Ray returns the line as a ray of the scene frame which starts at [Coords.ClosestToOrigin].
func (c Coords) Ray() Ray { return Ray{c.ClosestToOrigin(), c.Dir().Normalize()} }

// Reciprocal returns the reciprocal product d₁·m₂ + d₂·m₁. It is zero exactly when the two lines meet or are
// parallel; its sign says on which side of each other the lines pass.
func Reciprocal(a, b Coords) float64 {
	return a.Dir().Dot(b.Moment()) + b.Dir().Dot(a.Moment())
}

// parallelSin is the sine of the angle below which Distance takes two lines as parallel; float32
// coordinates cannot tell their crossing point from rounding there.
const parallelSin = 1e-5

// Distance returns the least distance between two lines, in scene units:
// |d₁·m₂ + d₂·m₁| / |d₁ × d₂|, and |d₁ × (m₁ ∓ m₂)| for parallel ones.
func Distance(a, b Coords) float64 {
	da, db := a.Dir(), b.Dir()
	if sin := da.Cross(db).Len(); sin > parallelSin {
		return math.Abs(Reciprocal(a, b)) / sin
	}
	same := math.Copysign(1, da.Dot(db))
	return da.Cross(a.Moment().Sub(b.Moment().Mul(same))).Len()
}
