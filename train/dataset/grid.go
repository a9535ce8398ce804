package dataset

import (
	"fmt"
	"math"

	"lfnview/plucker"
)

// GridOptions say what is not known, or known better, of views from a regular grid of places, as plenoptic cameras
// and gantries take them. Zero means what the files say, or a default where they say nothing.
type GridOptions struct {
	Baseline float64 // distance between neighbours in a row, in units of the world
	Focus    float64 // distance of the plane that all views have at the same pixels, in units of the world
	FovDeg   float64 // field of view from the left to the right edge, degrees
}

func (o *GridOptions) check() error {
	for _, n := range []struct {
		name  string
		x, hi float64
	}{{"baseline", o.Baseline, maxDistance}, {"focus", o.Focus, maxDistance}, {"field of view", o.FovDeg, maxGridFovDeg}} {
		if n.x != 0 && !(n.x > 0 && n.x <= n.hi) {
			return fmt.Errorf("%s of the grid is %v, want above 0 and at most %g", n.name, n.x, n.hi)
		}
	}
	return nil
}

const (
	gridMargin = 0.15 // of the distances of the nearest and the farthest, what may be nearer or farther

	maxGridSide    = 1 << 10 // cells in a row or column
	maxGridFovDeg  = 170
	defaultGridFov = 40 // degrees
)

// A grid is where views stand that are taken side by side: cameras in one plane with parallel axes, each with its
// image shifted so that a plane at the distance focus, parallel to theirs, is at the same pixels in all:
//
//	u = cx + f·(X − x)/Z + f·x/focus
//
// for a point at X, Z before a camera that is x to the right of the middle. So a step b to the right moves what
// is at the distance Z by −f·b/Z + f·b/focus pixels: nothing in the plane, the far to the right, the near to the left.
type grid struct {
	middle plucker.Pose // of a camera in the middle of the grid
	focus  float64      // +Inf for images that are not shifted
	lens   pinhole      // of that camera
}

// at returns the pose and lens of the camera that is x to the right of the middle and y above it.
func (g *grid) at(x, y float64) (plucker.Pose, pinhole) {
	pose, lens := g.middle, g.lens
	pose.Pos = pose.Pos.Add(pose.Right().Mul(x)).Add(pose.Up().Mul(y))
	lens.cx += lens.fx * x / g.focus
	lens.cy -= lens.fy * y / g.focus
	return pose, lens
}

// shot returns that of an image whose camera is at (x, y).
func (g *grid) shot(dir, name string, x, y float64) shot {
	pose, lens := g.at(x, y)
	return shot{dir: dir, name: name, camera: func(w, h int) (plucker.Camera, error) { return lens.camera(pose, w, h) }}
}

// frame returns the ball around what the camera in the middle sees between the distances near and far; if need be, it
// is smaller, so that no camera is in it.
func (g *grid) frame(near, far float64) plucker.Frame {
	// Of the corners of the nearest and farthest plane that it sees, both as far from the centre, unless that were
	// beyond the farthest: (z − near)² + t²·near² = (far − z)² + t²·far².
	t := math.Hypot(float64(g.lens.w)/2/g.lens.fx, float64(g.lens.h)/2/g.lens.fy)
	z := min((near+far)*(1+t*t)/2, far)
	f := plucker.Frame{
		Center: g.middle.Pos.Add(g.middle.Forward().Mul(z)),
		Radius: max(math.Hypot(z-near, t*near), math.Hypot(far-z, t*far)),
		Up:     g.middle.Up(),
	}
	const clear = 0.95
	f.Radius = min(f.Radius, clear*z) // the cameras are in a plane at the distance z
	return f
}

// fovFocal is the focal length in pixels of a view that is w pixels wide.
func fovFocal(w int, fovDeg float64) float64 {
	return float64(w) / 2 / math.Tan(fovDeg*math.Pi/360)
}
