package motion

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// stepFactor is what the distance to the pivot is multiplied by for one step of the wheel.
const stepFactor = 0.9

// Orbit turns the view about its target, as on a turntable whose axis is up. A drag across the width of the
// picture is half a turn, and one up or down is as much a pixel, up to ±maxElevation; a view beyond that, such as
// one from straight above, stays where it is or comes back.
//
// A view with roll keeps it: the front of the scene follows the cursor across the tilted picture.
func Orbit(v View, up mgl64.Vec3, dx, dy float64, w, h int) View {
	w, _ = size(w, h)
	l := levelOf(v, up)
	dx, dy = l.drag(dx, dy)
	k := math.Pi / float64(w)
	return orbit(v, &l, -k*dx, k*dy)
}

// orbit turns the view about its target.
func orbit(v View, l *level, yaw, rise float64) View {
	n := v
	n.Pose.Rot = l.turn(v.Pose.Rot, yaw, rise)
	n.Pose.Pos = v.Target().Sub(n.Pose.Forward().Mul(v.Pivot))
	return settle(v, n)
}

// Look turns the view in place. The scene follows the cursor: a drag across the width of the picture turns the
// view by its field of view, so that what was at one edge comes to the other. Elevation and roll are kept as by
// Orbit. Far above and below the horizon it takes more turn about up to move the middle of the picture as far;
// Look gives it, up to five times as much.
func Look(v View, up mgl64.Vec3, dx, dy float64, w, h int) View {
	w, _ = size(w, h)
	l := levelOf(v, up)
	dx, dy = l.drag(dx, dy)
	k := rad(v.FovDeg) / float64(w)
	n := v
	n.Pose.Rot = l.turn(v.Pose.Rot, k*dx/max(math.Cos(l.elevation), 0.2), -k*dy)
	return settle(v, n)
}

// TurnTo turns the view in place until the point p of the world is in the middle of the picture, and makes it the
// target. Elevation and roll are kept as by Orbit; a p at the eye leaves the view as it is.
func TurnTo(v View, up, p mgl64.Vec3) View {
	l := levelOf(v, up)
	d := p.Sub(v.Pose.Pos)
	d = d.Mul(1 / d.Len())
	side, ahead, above := d.Dot(l.right), d.Dot(l.up.Cross(l.right)), d.Dot(l.up)
	n := v
	n.Pose.Rot = l.turn(v.Pose.Rot, -math.Atan2(side, ahead), -math.Atan2(above, math.Hypot(side, ahead))-l.elevation)
	n.Pivot = p.Sub(v.Pose.Pos).Dot(n.Pose.Forward())
	return settle(v, n)
}

// Pan moves the eye and the target sideways, so that whatever is as deep in the picture as the pivot stays under
// the cursor.
func Pan(v View, dx, dy float64, w, h int) View {
	w, _ = size(w, h)
	k := v.Pivot / v.focal(w)
	n := v
	n.Pose.Pos = v.Pose.Pos.Sub(v.Pose.Right().Mul(k * dx)).Add(v.Pose.Up().Mul(k * dy))
	return settle(v, n)
}

// Zoom moves the eye towards the point under the cursor (x, y) that is as deep in the picture as the pivot, and
// away from it for steps below 0. The point stays under the cursor and its depth, the pivot, is multiplied by
// stepFactor^steps: it is never reached. The pivot stays between minPivot and maxPivot times radius, which is
// that of the scene.
func Zoom(v View, radius, steps, x, y float64, w, h int) View {
	w, h = size(w, h)
	n := v
	n.Pivot = within(v.Pivot*math.Pow(stepFactor, steps), minPivot*radius, maxPivot*radius, v.Pivot)
	k := 1 / v.focal(w)
	ray := mgl64.Vec3{(x - float64(w)/2) * k, (float64(h)/2 - y) * k, -1} // of depth 1
	n.Pose.Pos = v.Pose.Pos.Add(v.Pose.Rot.Mul3x1(ray).Mul(v.Pivot - n.Pivot))
	return settle(v, n)
}

// FovBy narrows the field of view, so that things in the middle of the picture become larger by 1/stepFactor for
// each step, and smaller for steps below 0. The eye stays. The field of view stays between MinFovDeg and MaxFovDeg.
func FovBy(v View, steps float64) View {
	n := v
	fov := deg(2 * math.Atan(math.Tan(rad(v.FovDeg)/2)*math.Pow(stepFactor, steps)))
	n.FovDeg = within(fov, MinFovDeg, MaxFovDeg, v.FovDeg)
	return settle(v, n)
}

// Fly moves the eye and the target by a distance in the direction dir, which is in camera axes (+X right, +Y up,
// +Z back) and may have any length; 0 is no motion.
func Fly(v View, dir mgl64.Vec3, distance float64) View {
	l := dir.Len()
	if l == 0 {
		return v
	}
	n := v
	n.Pose.Pos = v.Pose.Pos.Add(v.Pose.Rot.Mul3x1(dir.Mul(distance / l)))
	return settle(v, n)
}
