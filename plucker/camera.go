package plucker

import (
	"fmt"
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// Intrinsics are the focal lengths and the principal point of a camera, in pixels.
type Intrinsics struct {
	Fx float64 `json:"fx"`
	Fy float64 `json:"fy"`
	Cx float64 `json:"cx"`
	Cy float64 `json:"cy"`
}

// A Camera is a pose, intrinsics, a lens and an image size in pixels.
type Camera struct {
	Pose       Pose       `json:"pose"`
	Intrinsics Intrinsics `json:"intrinsics"`
	Distortion Distortion `json:"distortion,omitzero"`
	Width      int        `json:"width"`
	Height     int        `json:"height"`
}

// The largest image a camera may have: neither a side nor the whole may be beyond what is a picture.
const (
	MaxSide   = 1 << 16 // pixels
	MaxPixels = 1 << 28
)

// maxLens bounds the numbers of a lens, and the points of its image plane at depth 1: float32, which GPUs compute in, holds
// their squares, and what is beyond is no lens.
const maxLens = 1e12

// Pinhole returns a camera with square pixels, its principal point in the middle, and a horizontal field of
// view of fovX radians.
func Pinhole(pose Pose, w, h int, fovX float64) Camera {
	f := float64(w) / 2 / math.Tan(fovX/2)
	return Camera{
		Pose:       pose,
		Intrinsics: Intrinsics{Fx: f, Fy: f, Cx: float64(w) / 2, Cy: float64(h) / 2},
		Width:      w,
		Height:     h,
	}
}

// Ray returns the ray through the image point (u, v), in pixels, from the camera's centre.
func (c *Camera) Ray(u, v float64) Ray {
	return Ray{Origin: c.Pose.Pos, Dir: c.direction(u, v)}
}

// Project returns the image point at which the camera sees the world point p, and its depth, the distance
// along the viewing axis. ok says that p is in front of the camera, at depth above 0; it may still be outside
// the image.
func (c *Camera) Project(p mgl64.Vec3) (u, v, depth float64, ok bool) {
	q := c.Pose.Rot.Transpose().Mul3x1(p.Sub(c.Pose.Pos))
	depth = -q[2]
	if !(depth > 0) {
		return 0, 0, depth, false
	}
	var x, y float64
	if c.Distortion.Fisheye {
		x, y = c.Distortion.fisheye(q[0], -q[1], depth)
	} else {
		x, y = c.Distortion.Distort(q[0]/depth, -q[1]/depth)
	}
	return c.Intrinsics.Fx*x + c.Intrinsics.Cx, c.Intrinsics.Fy*y + c.Intrinsics.Cy, depth, true
}

// Unproject returns the world point which the camera sees at (u, v) at that depth along the viewing axis.
func (c *Camera) Unproject(u, v, depth float64) mgl64.Vec3 {
	x, y := c.plane(u, v)
	return c.Pose.Rot.Mul3x1(mgl64.Vec3{x * depth, -y * depth, -depth}).Add(c.Pose.Pos)
}

// Scaled returns the same camera with an image of w×h pixels: the same view, resampled.
func (c *Camera) Scaled(w, h int) Camera {
	s := *c
	sx, sy := float64(w)/float64(c.Width), float64(h)/float64(c.Height)
	s.Intrinsics.Fx *= sx
	s.Intrinsics.Cx *= sx
	s.Intrinsics.Fy *= sy
	s.Intrinsics.Cy *= sy
	s.Width, s.Height = w, h
	return s
}

// Validate returns an error which names the first thing that is wrong with the camera.
func (c *Camera) Validate() error {
	if err := CheckSize(c.Width, c.Height); err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	k := c.Intrinsics
	for _, n := range []struct {
		name  string
		value float64
	}{
		{"fx", k.Fx}, {"fy", k.Fy}, {"cx", k.Cx}, {"cy", k.Cy},
		{"position x", c.Pose.Pos[0]}, {"position y", c.Pose.Pos[1]}, {"position z", c.Pose.Pos[2]},
	} {
		if math.IsNaN(n.value) || math.IsInf(n.value, 0) {
			return fmt.Errorf("camera: %s is %v, want a finite number", n.name, n.value)
		}
	}
	if err := c.Distortion.validate(); err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	if k.Fx <= 0 || k.Fy <= 0 {
		return fmt.Errorf("camera: focal length is %v×%v pixels, want both above 0", k.Fx, k.Fy)
	}
	w, h := float64(c.Width), float64(c.Height)
	if x := math.Hypot(max(math.Abs(k.Cx), math.Abs(w-k.Cx))/k.Fx, max(math.Abs(k.Cy), math.Abs(h-k.Cy))/k.Fy); x > maxLens {
		return fmt.Errorf("camera: a corner of the image is %.3g focal lengths from the optical axis, want at most %v", x, maxLens)
	}
	if e := rigidError(c.Pose.Rot); e > rigidLimit {
		return fmt.Errorf("camera: pose is not rigid: |RᵀR−I| is %.3g, want at most %v", e, rigidLimit)
	}
	if c.Pose.Rot.Det() < 0 {
		return fmt.Errorf("camera: pose is a mirror image: det R is −1, want 1")
	}
	return nil
}

// CheckSize returns an error unless w×h pixels is the size of a picture: both sides from 1 to [MaxSide], and
// at most [MaxPixels] in all.
func CheckSize(w, h int) error {
	if w < 1 || h < 1 || w > MaxSide || h > MaxSide || int64(w)*int64(h) > MaxPixels {
		return fmt.Errorf("size is %d×%d pixels, want sides from 1 to %d and at most %d pixels in all", w, h, MaxSide, MaxPixels)
	}
	return nil
}

// Coords returns the Plücker coordinates, in the scene frame f, of the ray through (u, v). It does not allocate.
func (c *Camera) Coords(f Frame, u, v float64) Coords {
	return coords(f.toScene(c.Pose.Pos), c.direction(u, v))
}

// Rows writes the coordinates of the pixel centres of rows y0 to y1−1, row-major, to dst, which must hold
// (y1−y0)·Width of them. It does not allocate.
func (c *Camera) Rows(dst []Coords, f Frame, y0, y1 int) {
	if y1 < y0 || len(dst) < (y1-y0)*c.Width {
		panic("plucker: len(dst) < rows*width")
	}
	o := f.toScene(c.Pose.Pos)
	for y := y0; y < y1; y++ {
		row := dst[(y-y0)*c.Width:][:c.Width]
		for x := range row {
			row[x] = coords(o, c.direction(float64(x)+0.5, float64(y)+0.5))
		}
	}
}

// plane returns the undistorted point of the image plane at depth 1, x right and y down, seen at (u, v).
func (c *Camera) plane(u, v float64) (x, y float64) {
	x = (u - c.Intrinsics.Cx) / c.Intrinsics.Fx
	y = (v - c.Intrinsics.Cy) / c.Intrinsics.Fy
	if c.Distortion != (Distortion{}) {
		x, y, _ = c.Distortion.Undistort(x, y)
	}
	return x, y
}

// direction returns the direction, in the world, that the camera sees at (u, v).
func (c *Camera) direction(u, v float64) mgl64.Vec3 {
	var x, y, z float64
	if c.Distortion.Fisheye {
		// Of its own, as a fisheye may see what is beside and behind it, which no plane in front has.
		x, y, z = c.Distortion.towardFisheye((u-c.Intrinsics.Cx)/c.Intrinsics.Fx, (v-c.Intrinsics.Cy)/c.Intrinsics.Fy)
	} else {
		x, y = c.plane(u, v)
		z = 1
	}
	rot := &c.Pose.Rot
	s := 1 / math.Sqrt(x*x+y*y+z*z)
	return mgl64.Vec3{
		(rot[0]*x - rot[3]*y - rot[6]*z) * s,
		(rot[1]*x - rot[4]*y - rot[7]*z) * s,
		(rot[2]*x - rot[5]*y - rot[8]*z) * s,
	}
}

// coords returns (d, o × d) in float32.
func coords(o, d mgl64.Vec3) Coords {
	return Coords{
		float32(d[0]), float32(d[1]), float32(d[2]),
		float32(o[1]*d[2] - o[2]*d[1]),
		float32(o[2]*d[0] - o[0]*d[2]),
		float32(o[0]*d[1] - o[1]*d[0]),
	}
}
