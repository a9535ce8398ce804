package plucker

import (
	"fmt"
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// A Frame is the scene's own frame: a point p of the world is (p − Center)/Radius there, which puts the
// content into the unit ball. Directions stay as they are. Up is the unit vector about which orbits and
// turntables turn. The zero value is not a frame; see [UnitFrame].
type Frame struct {
	Center mgl64.Vec3 `json:"center"`
	Radius float64    `json:"radius"`
	Up     mgl64.Vec3 `json:"up"`
}

// UnitFrame returns the frame that is the world itself, with +Z up as in NeRF's data.
func UnitFrame() Frame { return Frame{Radius: 1, Up: mgl64.Vec3{0, 0, 1}} }

// Coords returns the Plücker coordinates, in the scene frame, of a ray of the world.
func (f Frame) Coords(r Ray) Coords { return coords(f.toScene(r.Origin), r.Dir) }

// Validate returns an error which names the first thing that is wrong with the frame.
func (f Frame) Validate() error {
	for _, v := range []mgl64.Vec3{f.Center, f.Up, {f.Radius}} {
		for _, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("frame: has a %v, want finite numbers", x)
			}
		}
	}
	if f.Radius <= 0 {
		return fmt.Errorf("frame: radius is %v, want above 0", f.Radius)
	}
	if l := f.Up.Len(); math.Abs(l-1) > 1e-3 {
		return fmt.Errorf("frame: up has length %.3g, want 1", l)
	}
	return nil
}

func (f Frame) toScene(p mgl64.Vec3) mgl64.Vec3 {
	s := 1 / f.Radius
	return mgl64.Vec3{(p[0] - f.Center[0]) * s, (p[1] - f.Center[1]) * s, (p[2] - f.Center[2]) * s}
}

// parallelAxes bounds the mean squared sine of the angle between optical axes below which they are taken as
// parallel, so that the point where they meet says nothing; it is about two degrees.
const parallelAxes = 1e-3

// FrameOf guesses the scene's frame from the cameras that look at it.
//
// Center is the point nearest to all optical axes in the least-squares sense, or the mean camera position
// where the axes are nearly parallel. Radius is the mean over cameras of what they see of it, the distance
// times the tangent of half the larger field of view, and 5 % more. Up is the direction to which the cameras'
// right axes are perpendicular, which is exact for photographs taken without roll, or the mean of the
// cameras' own +Y where there is no such direction. Without cameras it returns [UnitFrame].
func FrameOf(cams []Camera) Frame {
	f := UnitFrame()
	if len(cams) == 0 {
		return f
	}
	n := 1 / float64(len(cams))
	var a mgl64.Mat3 // Σ (I − d·dᵀ)/n, singular when all d are parallel
	var b, mean mgl64.Vec3
	for i := range cams {
		d, o := cams[i].Pose.Forward(), cams[i].Pose.Pos
		p := mgl64.Ident3().Sub(d.OuterProd3(d)).Mul(n)
		a = a.Add(p)
		b = b.Add(p.Mul3x1(o))
		mean = mean.Add(o.Mul(n))
	}
	f.Center = mean
	if a.Det() > parallelAxes {
		f.Center = a.Inv().Mul3x1(b)
	}
	f.Radius = 0
	spread := 0.0
	for i := range cams {
		c := &cams[i]
		dist := c.Pose.Pos.Sub(f.Center).Len()
		tan := max(float64(c.Width)/c.Intrinsics.Fx, float64(c.Height)/c.Intrinsics.Fy) / 2
		f.Radius += 1.05 * n * dist * tan
		spread = max(spread, dist)
	}
	if !(f.Radius > 1e-6*spread) || math.IsInf(f.Radius, 0) {
		f.Radius = 1
	}
	f.Up = meanUp(cams)
	return f
}

// maxRoll is the root mean square of right·up above which cameras are taken as rolled.
const maxRoll = 0.1

// meanUp returns the unit vector u that makes Σ (right·u)² least, on the side of the cameras' +Y, or the mean
// of +Y where that sum stays large.
func meanUp(cams []Camera) mgl64.Vec3 {
	a := mgl64.Ident3().Mul(1e-9) // keeps a invertible when all right axes are perpendicular to one vector
	var mean mgl64.Vec3
	n := 1 / float64(len(cams))
	for i := range cams {
		x := cams[i].Pose.Right()
		a = a.Add(x.OuterProd3(x).Mul(n))
		mean = mean.Add(cams[i].Pose.Up().Mul(n))
	}
	if mean.Len() < 1e-3 {
		return mgl64.Vec3{0, 0, 1}
	}
	mean = mean.Normalize()
	// Inverse iteration towards the least eigenvector of a, starting at the mean: where a has several, as for
	// cameras side by side, it stays next to the mean.
	u, inv := mean, a.Inv()
	for range 8 {
		u = inv.Mul3x1(u).Normalize()
	}
	if roll2 := u.Dot(a.Mul3x1(u)); roll2 > maxRoll*maxRoll || u.Dot(mean) <= 0 {
		return mean
	}
	return u
}
