package render

import (
	"fmt"
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// An Orbit says where a camera stands that looks at the middle of the scene; doc.go has the axes. The zero
// value is a level view from the front, from where the scene's unit ball just fits in the picture.
type Orbit struct {
	AzDeg, ElDeg float64
	Dist         float64 // from Frame.Center, in scene radii; 0 is where the ball fits
	FovDeg       float64 // horizontal; 0 is 40
}

const defaultFovDeg = 40

// Validate returns an error which names the first value that gives no view.
func (o Orbit) Validate() error {
	for _, n := range []struct {
		name  string
		value float64
	}{{"azimuth", o.AzDeg}, {"elevation", o.ElDeg}} {
		if !(math.Abs(n.value) <= 1e6) {
			return fmt.Errorf("render: orbit: %s is %v°, want a finite angle", n.name, n.value)
		}
	}
	if o.Dist != 0 && !(o.Dist >= 1e-3 && o.Dist <= 1e6) {
		return fmt.Errorf("render: orbit: distance is %v scene radii, want 0.001 to 1000000, or 0 to fit", o.Dist)
	}
	if o.FovDeg != 0 {
		if err := checkFov(o.FovDeg); err != nil {
			return fmt.Errorf("render: orbit: %w", err)
		}
	}
	return nil
}

func checkFov(deg float64) error {
	if !(deg >= 0.1 && deg <= 175) {
		return fmt.Errorf("field of view is %v°, want 0.1 to 175", deg)
	}
	return nil
}

// Camera returns the camera of a picture of w×h pixels. The orbit, the size and f must be valid.
func (o Orbit) Camera(f plucker.Frame, w, h int) plucker.Camera {
	fov := o.FovDeg
	if fov == 0 {
		fov = defaultFovDeg
	}
	dist := o.Dist
	if dist == 0 {
		// The ball touches the nearer edge of the picture: sin of half that angle is 1/dist.
		half := math.Atan(math.Tan(rad(fov)/2) * min(1, float64(h)/float64(w)))
		dist = 1 / math.Sin(half)
	}
	right0, back0 := horizon(f.Up)
	sinAz, cosAz := math.Sincos(rad(o.AzDeg))
	sinEl, cosEl := math.Sincos(rad(o.ElDeg))
	// Built from the angles and not by LookAt, so that it is also defined, and smooth, straight above.
	right := right0.Mul(cosAz).Sub(back0.Mul(sinAz))
	back := back0.Mul(cosAz).Add(right0.Mul(sinAz)).Mul(cosEl).Add(f.Up.Normalize().Mul(sinEl))
	pose := plucker.Pose{
		Rot: mgl64.Mat3FromCols(right, back.Cross(right), back),
		Pos: f.Center.Add(back.Mul(dist * f.Radius)),
	}
	return plucker.Pinhole(pose, w, h, rad(fov))
}

// OrbitAt returns the orbit of a camera that stands at eye and looks at the middle of the scene.
func OrbitAt(f plucker.Frame, eye mgl64.Vec3) Orbit {
	rel := eye.Sub(f.Center)
	back := rel.Normalize()
	right0, back0 := horizon(f.Up)
	deg := 180 / math.Pi
	return Orbit{
		AzDeg: math.Atan2(back.Dot(right0), back.Dot(back0)) * deg,
		ElDeg: math.Asin(min(max(back.Dot(f.Up.Normalize()), -1), 1)) * deg,
		Dist:  rel.Len() / f.Radius,
	}
}

// Turntable returns n cameras that go once around the scene at even steps, from o on. The one after the last
// would be the first.
func (o Orbit) Turntable(f plucker.Frame, n, w, h int) []plucker.Camera {
	cams := make([]plucker.Camera, n)
	for i := range cams {
		p := o
		p.AzDeg += 360 * float64(i) / float64(n)
		cams[i] = p.Camera(f, w, h)
	}
	return cams
}

// Spiral returns n cameras that wind turns times around the scene, from o's elevation up or down to toElDeg.
// They stand at even steps of height on the sphere.
func (o Orbit) Spiral(f plucker.Frame, n int, turns, toElDeg float64, w, h int) []plucker.Camera {
	cams := make([]plucker.Camera, n)
	from, to := math.Sin(rad(o.ElDeg)), math.Sin(rad(toElDeg))
	for i := range cams {
		t := float64(i) / float64(max(n-1, 1))
		p := o
		p.AzDeg += 360 * turns * t
		p.ElDeg = math.Asin(from+(to-from)*t) * 180 / math.Pi
		cams[i] = p.Camera(f, w, h)
	}
	return cams
}

// horizon returns where right and back point at azimuth 0: the world's +X, made perpendicular to up, and what
// completes a right-handed right, up, back.
func horizon(up mgl64.Vec3) (right, back mgl64.Vec3) {
	up = up.Normalize()
	x := mgl64.Vec3{1, 0, 0}
	if math.Abs(up[0]) > 0.999 {
		x = mgl64.Vec3{0, 1, 0}
	}
	right = x.Sub(up.Mul(x.Dot(up))).Normalize()
	return right, right.Cross(up)
}

func rad(deg float64) float64 { return deg * math.Pi / 180 }
