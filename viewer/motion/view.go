package motion

import (
	"fmt"
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render"
)

// A View is a camera before it is known how many pixels it has. The zero value is not a view.
type View struct {
	Pose plucker.Pose `json:"pose"`
	// Pivot is the distance from the eye, along the viewing direction, of the point about which Orbit turns and
	// by which Pan and Zoom measure.
	Pivot  float64 `json:"pivot"`
	FovDeg float64 `json:"fov_deg"` // horizontal, as in render.Orbit: a taller picture shows more above and below
}

// Limits of what a motion leads to. A view beyond one of them, such as that of a photograph taken with a long
// lens, may stay where it is and come back.
const (
	minPivot  = 0.02 // scene radii
	maxPivot  = 50.0 // scene radii
	MinFovDeg = 5.0
	MaxFovDeg = 120.0
)

const (
	farthest = 1e12 // positions and distances beyond it are refused; float64 still resolves 1e-4 there
	nearest  = 1e-12
	leastFov = 0.1 // degrees; package render takes no other either
	mostFov  = 175
)

// Home returns the first view of a scene, render.Orbit's at azimuth 30° and elevation 20°: the scene's unit ball
// just fits into a picture whose width is aspect times its height.
func Home(f plucker.Frame, aspect float64) View {
	v := View{FovDeg: 40}
	dist := 1 / math.Sin(v.halfAngle(aspect))
	v.Pose = render.Orbit{AzDeg: 30, ElDeg: 20, Dist: dist}.Camera(f, 1, 1).Pose
	v.Pivot = dist * f.Radius
	return v
}

// FromCamera returns the view of a photograph's camera: its pose and its focal length. The pivot is the point of
// its axis nearest to the middle of the scene. Where that lies behind the camera, the pivot is as far away as
// the middle.
func FromCamera(cam *plucker.Camera, f plucker.Frame) View {
	v := View{Pose: cam.Pose}
	v.FovDeg = deg(2 * math.Atan(float64(cam.Width)/2/cam.Intrinsics.Fx))
	v.FovDeg = min(max(v.FovDeg, leastFov), mostFov)
	to := f.Center.Sub(cam.Pose.Pos)
	v.Pivot = to.Dot(cam.Pose.Forward())
	if least := minPivot * f.Radius; v.Pivot < least {
		v.Pivot = max(to.Len(), least)
	}
	return v
}

// FrameScene returns the view in the same direction from where the scene's unit ball just fits into a picture
// whose width is aspect times its height, with the pivot in the middle of the scene.
func FrameScene(v View, f plucker.Frame, aspect float64) View {
	n := v
	n.Pivot = f.Radius / math.Sin(v.halfAngle(aspect))
	n.Pose.Pos = f.Center.Sub(v.Pose.Forward().Mul(n.Pivot))
	return settle(v, n)
}

// Camera returns the camera of a picture of w×h pixels.
func (v View) Camera(w, h int) plucker.Camera {
	w, h = size(w, h)
	return plucker.Pinhole(v.Pose, w, h, rad(v.FovDeg))
}

// Target returns the pivot in the world.
func (v View) Target() mgl64.Vec3 { return v.Pose.Pos.Add(v.Pose.Forward().Mul(v.Pivot)) }

// Carry returns the view which is to a scene with the frame to as v is to one with the frame from.
func Carry(v View, from, to plucker.Frame) View {
	n, scale := v, to.Radius/from.Radius
	turn := mgl64.QuatBetweenVectors(from.Up, to.Up).Mat4().Mat3()
	n.Pose.Rot = turn.Mul3(v.Pose.Rot)
	n.Pose.Pos = to.Center.Add(turn.Mul3x1(v.Pose.Pos.Sub(from.Center)).Mul(scale))
	n.Pivot *= scale
	return settle(v, n)
}

// Validate returns an error which names the first thing that is wrong with the view.
func (v View) Validate() error {
	if !(v.FovDeg >= leastFov && v.FovDeg <= mostFov) {
		return fmt.Errorf("view: field of view is %v°, want %v to %v", v.FovDeg, leastFov, mostFov)
	}
	if !(v.Pivot >= nearest && v.Pivot <= farthest) {
		return fmt.Errorf("view: pivot is %v, want %v to %v", v.Pivot, nearest, farthest)
	}
	for _, x := range v.Pose.Pos {
		if math.Abs(x) > farthest {
			return fmt.Errorf("view: position is %v, want at most %v", x, farthest)
		}
	}
	cam := v.Camera(1, 1)
	if err := cam.Validate(); err != nil {
		return fmt.Errorf("view: %w", err)
	}
	return nil
}

// focal returns the focal length in pixels of a picture that is w pixels wide.
func (v View) focal(w int) float64 { return float64(w) / 2 / math.Tan(rad(v.FovDeg)/2) }

// halfAngle returns half of the field of view along the picture's shorter side. An aspect that no picture has
// counts as the nearest that one has, or as 1.
func (v View) halfAngle(aspect float64) float64 {
	if math.IsNaN(aspect) {
		aspect = 1
	}
	aspect = min(max(aspect, 1./plucker.MaxSide), plucker.MaxSide)
	return math.Atan(math.Tan(rad(v.FovDeg)/2) * min(1, 1/aspect))
}

// settle returns n if it is a view, and else v.
func settle(v, n View) View {
	ok := n.Pivot >= nearest && n.Pivot <= farthest && n.FovDeg >= leastFov && n.FovDeg <= mostFov
	for _, x := range n.Pose.Pos {
		ok = ok && math.Abs(x) <= farthest
	}
	for _, x := range n.Pose.Rot {
		ok = ok && math.Abs(x) <= 2 // false for NaN
	}
	if !ok {
		return v
	}
	return n
}

// size returns a size that a picture can have.
func size(w, h int) (int, int) {
	return min(max(w, 1), plucker.MaxSide), min(max(h, 1), plucker.MaxSide)
}

// within returns x kept between lo and hi, or between them and was, where that is outside.
func within(x, lo, hi, was float64) float64 { return min(max(x, min(lo, was)), max(hi, was)) }

func rad(deg float64) float64 { return deg * math.Pi / 180 }
func deg(rad float64) float64 { return rad * 180 / math.Pi }
