package dataset

import (
	"fmt"
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// A pinhole is what the layouts that write matrices say of a lens: K, in pixels.
type pinhole struct {
	file, at       string // where it stands, for errors
	fx, fy, cx, cy float64
	w, h           int // the size that it is for; 0×0 is that of the image, whatever that is
}

// camera returns the camera at pose whose image has width×height pixels: that of w×h, scaled.
func (p *pinhole) camera(pose plucker.Pose, width, height int) (plucker.Camera, error) {
	fail := func(format string, args ...any) (plucker.Camera, error) {
		return plucker.Camera{}, &FormatError{p.file, p.at, fmt.Sprintf(format, args...)}
	}
	w, h := p.w, p.h
	switch ratio := p.fx / p.fy; {
	case w == 0:
		w, h = width, height
		if !(ratio > 0.5 && ratio < 2) {
			return fail("focal lengths are %.6g and %.6g pixels, want two that are alike", p.fx, p.fy)
		}
		if !(p.cx >= 0 && p.cx <= float64(w) && p.cy >= 0 && p.cy <= float64(h)) {
			return fail("principal point is (%.6g, %.6g), outside the image: use the original images", p.cx, p.cy)
		}
	case !sameAspect(float64(w), float64(h), float64(width), float64(height)):
		return fail("is for %d×%d pixels, an aspect that is not the image's: use the original images", w, h)
	}
	c := plucker.Camera{
		Pose:       pose,
		Intrinsics: plucker.Intrinsics{Fx: p.fx, Fy: p.fy, Cx: p.cx, Cy: p.cy},
		Width:      w,
		Height:     h,
	}
	if w != width || h != height {
		c = c.Scaled(width, height)
	}
	if err := c.Validate(); err != nil {
		return fail("%v", err)
	}
	return c, nil
}

// check says what of the intrinsics no image could make right.
func (p *pinhole) check() error {
	for _, x := range []float64{p.fx, p.fy} {
		if !(x > 1e-3 && x < 1e12) {
			return &FormatError{p.file, p.at, fmt.Sprintf("focal length is %.6g, want pixels, above 0", x)}
		}
	}
	for _, x := range []float64{p.cx, p.cy} {
		if !(math.Abs(x) < 1e12) {
			return &FormatError{p.file, p.at, fmt.Sprintf("principal point is at %.6g, want pixels", x)}
		}
	}
	if p.w != 0 || p.h != 0 {
		if err := plucker.CheckSize(p.w, p.h); err != nil {
			return &FormatError{p.file, p.at, err.Error()}
		}
	}
	return nil
}

// setK takes the intrinsics from the matrix K, whose nine numbers may have any scale. There is no camera here
// that has skew.
func (p *pinhole) setK(k mgl64.Mat3) error {
	const small = 1e-3 // of the focal length: a pixel at the edge of the image
	if !(math.Abs(k.At(2, 2)) > 1e-12) {
		return &FormatError{p.file, p.at, fmt.Sprintf("k33 is %.6g, want 1", k.At(2, 2))}
	}
	k = k.Mul(1 / k.At(2, 2))
	p.fx, p.fy, p.cx, p.cy = k.At(0, 0), k.At(1, 1), k.At(0, 2), k.At(1, 2)
	if err := p.check(); err != nil {
		return err
	}
	for _, e := range []struct {
		name  string
		x     float64
		limit float64
	}{{"k12, the skew,", k.At(0, 1), small * p.fx}, {"k21", k.At(1, 0), small * p.fx}, {"k31", k.At(2, 0), 1e-9}, {"k32", k.At(2, 1), 1e-9}} {
		if !(math.Abs(e.x) <= e.limit) {
			return &FormatError{p.file, p.at, fmt.Sprintf("%s is %.6g, want 0: rectify the images", e.name, e.x)}
		}
	}
	return nil
}

// poseOf reads a camera-to-world matrix with a camera's axes as OpenCV has them: +X right, +Y down, +Z forward.
func poseOf(file, at string, m mgl64.Mat4) (plucker.Pose, error) {
	for i := range 3 {
		m.Set(i, 1, -m.At(i, 1))
		m.Set(i, 2, -m.At(i, 2))
	}
	pose, err := plucker.PoseFromMat4(m)
	if err != nil {
		return pose, &FormatError{file, at, err.Error()}
	}
	for _, x := range pose.Pos {
		if math.Abs(x) > maxDistance {
			return pose, &FormatError{file, at, fmt.Sprintf("puts the camera at %.3g, want at most %g from the origin", x, maxDistance)}
		}
	}
	return pose, nil
}
