package motion

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// maxElevation is how far above or below the horizon Orbit and Look turn: just short of the poles.
const maxElevation = 89.9 * math.Pi / 180

// nearPole is the cosine of the elevation above which a view counts as one along the up axis. It lies beyond
// maxElevation, whose cosine is 1.7e-3.
const nearPole = 1e-3

// SnapUp returns the one of ±X, ±Y, ±Z that is nearest to the camera's own up.
func SnapUp(v View) mgl64.Vec3 {
	up := v.Pose.Up()
	best := 0
	for i := range up {
		if math.Abs(up[i]) > math.Abs(up[best]) {
			best = i
		}
	}
	var axis mgl64.Vec3
	axis[best] = math.Copysign(1, up[best])
	return axis
}

// Level returns the view from the same eye in the same direction without roll: up is towards the top of the
// picture. A view along up has no roll and stays as it is.
func Level(v View, up mgl64.Vec3) View {
	l := levelOf(v, up)
	back := v.Pose.Rot.Col(2)
	n := v
	n.Pose.Rot = orthonormal(mgl64.Mat3FromCols(l.right, back.Cross(l.right), back))
	return settle(v, n)
}

// level says how a view stands with respect to the horizon. The view without roll has the axes right, back×right
// and back; its roll is the angle against the clock, as seen in the picture's plane, from right to the camera's
// own right.
type level struct {
	up, right        mgl64.Vec3
	elevation        float64 // of the eye above the pivot; looking down is positive
	sinRoll, cosRoll float64
}

func levelOf(v View, up mgl64.Vec3) level {
	l := level{up: up.Mul(1 / up.Len())}
	if !(l.up.Len() > 0.5) { // no direction
		l.up = v.Pose.Up()
	}
	own, back := v.Pose.Right(), v.Pose.Rot.Col(2)
	s := back.Dot(l.up)
	l.right = l.up.Cross(back)
	flat := l.right.Len()
	if flat < nearPole {
		l.right = own.Sub(l.up.Mul(own.Dot(l.up)))
	}
	l.right = l.right.Normalize()
	l.elevation = math.Atan2(s, flat)
	l.cosRoll, l.sinRoll = own.Dot(l.right), own.Dot(back.Cross(l.right))
	return l
}

// drag turns a motion of the picture into one of the picture without roll.
func (l *level) drag(dx, dy float64) (float64, float64) {
	return dx*l.cosRoll + dy*l.sinRoll, dy*l.cosRoll - dx*l.sinRoll
}

// turn returns rot after a turn about up, by yaw against the clock as seen from above, and a change of the
// elevation, which stops at ±maxElevation. Roll stays as it is.
func (l *level) turn(rot mgl64.Mat3, yaw, rise float64) mgl64.Mat3 {
	to := within(l.elevation+rise, -maxElevation, maxElevation, l.elevation)
	// Right is perpendicular to back and up, so that a turn about it by an angle lowers back by that angle.
	rot = rotation(l.right, l.elevation-to).Mul3(rot)
	return orthonormal(rotation(l.up, yaw).Mul3(rot))
}

// rotation returns the turn by an angle about a unit vector.
func rotation(axis mgl64.Vec3, angle float64) mgl64.Mat3 {
	return mgl64.HomogRotate3D(angle, axis).Mat3()
}

// orthonormal returns the rotation with the same back axis, and right as near as it can be, so that rounding does
// not add up over many small turns.
func orthonormal(r mgl64.Mat3) mgl64.Mat3 {
	back := r.Col(2).Normalize()
	right := r.Col(1).Cross(back).Normalize()
	return mgl64.Mat3FromCols(right, back.Cross(right), back)
}
