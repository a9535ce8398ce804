package motion

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// Clamp returns where a motion between two views leads that may not leave the photographs: to, if that is inside by
// Coverage.Of, and else the nearest view that is found. From a view that is outside already, it may not lead
// further out.
//
// Two ways are tried, each by bisection: the one that came from from, which stops at the border, and one from to
// back to the photographs, which slides along it. The way back is a motion of the same kind: an orbit turns about
// the target towards the nearest camera, a look in place towards the scene, a pan or a flight goes sideways
// towards the middle of the scene.
func (c *Coverage) Clamp(from, to View, w, h int) View {
	most := c.Of(from, w, h)
	if c.Of(to, w, h) <= most {
		return to
	}
	came, back := c.ways(from, to)
	stop := came.along(c.border(&came, 0, most, w, h))
	step := apart(from, to)
	if c.Of(back.along(1), w, h) > most {
		return stop
	}
	slide := back.along(c.border(&back, 1, most, w, h))
	if apart(to, slide) < apart(to, stop) && apart(from, slide) <= 1.5*step {
		return slide
	}
	return stop
}

// border returns the share of a way nearest to its other end that is still allowed; good is the end that is.
func (c *Coverage) border(way *way, good, most float64, w, h int) float64 {
	bad := 1 - good
	for range 12 {
		if s := (good + bad) / 2; c.Of(way.along(s), w, h) <= most {
			good = s
		} else {
			bad = s
		}
	}
	return good
}

// ways returns the way from one view to another, and the one from there back to the photographs.
func (c *Coverage) ways(from, to View) (came, back way) {
	rotated := from.Pose.Rot.Sub(to.Pose.Rot)
	moved := from.Pose.Pos.Sub(to.Pose.Pos).Len() > 1e-9*to.Pivot
	if norm(rotated) < 1e-12 {
		goal := to
		goal.Pose.Pos = c.frame.Center.Sub(to.Pose.Forward().Mul(to.Pivot))
		return way{from: from, to: to}, way{from: to, to: goal}
	}
	a, b := levelOf(from, c.Up), levelOf(to, c.Up)
	came = way{from: from, to: to, turns: true, inPlace: !moved, level: a}
	came.yaw, came.rise = azimuth(&a, a.right, b.right), b.elevation-a.elevation
	back = way{from: to, to: to, turns: true, inPlace: !moved, level: b}
	// The back axis is to point from the target to a camera, or from the scene to the eye.
	toward := to.Pose.Pos.Sub(c.frame.Center)
	if moved {
		p := to.Target().Sub(c.frame.Center).Mul(1 / c.frame.Radius)
		i, _ := c.best(p, to.Pose.Forward(), 2, 0)
		toward = c.shots[i].eye.Sub(p)
	}
	if l := toward.Len(); l > 0 {
		toward = toward.Mul(1 / l)
		up := toward.Dot(b.up)
		flat := b.up.Cross(toward)
		back.rise = math.Atan2(up, flat.Len()) - b.elevation
		if flat.Len() > nearPole {
			back.yaw = azimuth(&b, b.right, flat)
		}
	}
	return came, back
}

// A way leads from one view to another. One that turns does so about the target or in place.
type way struct {
	from, to       View
	turns, inPlace bool
	level          level // of from
	yaw, rise      float64
}

// along returns the view a share s of the way.
func (w *way) along(s float64) View {
	if s == 0 {
		return w.from
	}
	n := w.from
	n.Pivot += (w.to.Pivot - n.Pivot) * s
	n.FovDeg += (w.to.FovDeg - n.FovDeg) * s
	if w.turns {
		n.Pose.Rot = w.level.turn(n.Pose.Rot, s*w.yaw, s*w.rise)
	}
	if !w.inPlace {
		target := w.from.Target().Mul(1 - s).Add(w.to.Target().Mul(s))
		n.Pose.Pos = target.Sub(n.Pose.Forward().Mul(n.Pivot))
	}
	return settle(w.from, n)
}

// azimuth returns the angle from a to b, both level, about up and against the clock as seen from above.
func azimuth(l *level, a, b mgl64.Vec3) float64 {
	return math.Atan2(a.Cross(b).Dot(l.up), a.Dot(b))
}

// apart returns how much two views differ: the way between the eyes in pivots, the angle, and the change of the
// pivot and the focal length.
func apart(a, b View) float64 {
	return a.Pose.Pos.Sub(b.Pose.Pos).Len()/b.Pivot + norm(a.Pose.Rot.Sub(b.Pose.Rot))/math.Sqrt2 +
		math.Abs(math.Log(a.Pivot/b.Pivot)) + math.Abs(math.Log(a.FovDeg/b.FovDeg))
}

// norm returns the root of the sum of squares.
func norm(m mgl64.Mat3) float64 {
	sum := 0.0
	for _, x := range m {
		sum += x * x
	}
	return math.Sqrt(sum)
}
