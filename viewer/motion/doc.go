// Package motion moves the camera of a viewer: drags, the wheel, flight, inertia, and the border of what the
// photographs cover.
//
// The smallest visible program turns a view once around the scene, as 36 drags do, and says where the eye is:
//
//	f := plucker.UnitFrame()
//	v := motion.Home(f, 640/480.)
//	for range 36 {
//		v = motion.Orbit(v, f.Up, 2*640/36.0, 0, 640, 480)
//		fmt.Println(v.Pose.Pos)
//	}
//
// # Conventions
//
// Everything is a function of its arguments: a [View] and a motion in, a View out. There is no clock in here;
// times are seconds and come from the caller. Nothing that is called for each frame allocates.
//
// Positions (x, y) and motions (dx, dy) are in pixels of a picture of w×h pixels, x to the right and y down. The
// scene follows the hand: a drag to the right moves what is under the cursor to the right, and so the camera to
// its left. Angles are radians, except for fields of view, which are horizontal and in degrees as everywhere on
// the command line. Camera axes are those of package plucker: +X right, +Y up, +Z back.
//
// A View that is given must be valid, as those of [Home] and [FromCamera] are (see [View.Validate]); then every
// View that is returned is valid, whatever the other arguments are. A motion that would lead to numbers which are
// not finite, or out of the range where float64 is exact enough, gives the View back as it was.
package motion
