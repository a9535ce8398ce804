package motion

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// A Flight leads from one view to another in a given time, starting and ending gently.
type Flight struct {
	from, to View
	seconds  float64
}

// NewFlight returns the flight. Where seconds is not above 0, it has ended when it begins.
func NewFlight(from, to View, seconds float64) Flight {
	return Flight{from: from, to: to, seconds: seconds}
}

// At returns the view t seconds after the start, and whether the flight has ended. At 0 and before it is exactly
// the first view, at the end and after it exactly the last.
func (f *Flight) At(t float64) (v View, done bool) {
	switch {
	case t >= f.seconds || !(f.seconds > 0):
		return f.to, true
	case !(t > 0):
		return f.from, false
	}
	return mix(f.from, f.to, ease(t/f.seconds)), false
}

// mix returns the view a share s of the way from a to b, from 0 to 1. The target goes along a straight line and
// stays in the middle of the picture, while the eye turns about it by the shortest rotation; the distance between
// the two, and the tangent of half the field of view, change by even factors.
func mix(a, b View, s float64) View {
	if s <= 0 {
		return a
	}
	if s >= 1 {
		return b
	}
	n := View{
		Pivot:  a.Pivot * math.Pow(b.Pivot/a.Pivot, s),
		FovDeg: a.FovDeg,
	}
	if a.FovDeg != b.FovDeg {
		ta, tb := math.Tan(rad(a.FovDeg)/2), math.Tan(rad(b.FovDeg)/2)
		n.FovDeg = deg(2 * math.Atan(ta*math.Pow(tb/ta, s)))
	}
	q := mgl64.QuatSlerp(mgl64.Mat4ToQuat(a.Pose.Rot.Mat4()), mgl64.Mat4ToQuat(b.Pose.Rot.Mat4()), s)
	n.Pose = plucker.Pose{Rot: orthonormal(q.Normalize().Mat4().Mat3())}
	target := a.Target().Mul(1 - s).Add(b.Target().Mul(s))
	n.Pose.Pos = target.Sub(n.Pose.Forward().Mul(n.Pivot))
	return settle(a, n)
}

// ease maps 0…1 to 0…1 with no speed and no acceleration at either end: 6t⁵ − 15t⁴ + 10t³.
func ease(t float64) float64 { return t * t * t * (t*(t*6-15) + 10) }
