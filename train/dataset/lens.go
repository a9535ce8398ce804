package dataset

import (
	"fmt"
	"math"
	"strings"

	"lfnview/plucker"
)

// lens holds the keys that may stand at the top or in a frame. A nil number is one that the file does not have.
type lens struct {
	AngleX *float64 `json:"camera_angle_x,omitempty"` // field of view in radians
	AngleY *float64 `json:"camera_angle_y,omitempty"`
	Fx     *float64 `json:"fl_x,omitempty"` // pixels
	Fy     *float64 `json:"fl_y,omitempty"`
	Cx     *float64 `json:"cx,omitempty"`
	Cy     *float64 `json:"cy,omitempty"`
	W      *float64 `json:"w,omitempty"` // pixels; some programs write 800.0
	H      *float64 `json:"h,omitempty"`
	K1     *float64 `json:"k1,omitempty"`
	K2     *float64 `json:"k2,omitempty"`
	K3     *float64 `json:"k3,omitempty"`
	K4     *float64 `json:"k4,omitempty"`
	K5     *float64 `json:"k5,omitempty"`
	K6     *float64 `json:"k6,omitempty"`
	P1     *float64 `json:"p1,omitempty"`
	P2     *float64 `json:"p2,omitempty"`

	Model   string `json:"camera_model,omitempty"`
	Fisheye bool   `json:"is_fisheye,omitempty"`
}

// check returns the first key whose value no image could make right, and what is wrong with it.
func (l *lens) check() (key, msg string) {
	for _, n := range []struct {
		key     string
		x       *float64
		lo, hi  float64 // open interval
		want    string
		integer bool
	}{
		{"w", l.W, 0, plucker.MaxSide + 1, fmt.Sprintf("a whole number of pixels from 1 to %d", plucker.MaxSide), true},
		{"h", l.H, 0, plucker.MaxSide + 1, fmt.Sprintf("a whole number of pixels from 1 to %d", plucker.MaxSide), true},
		{"fl_x", l.Fx, 1e-3, 1e12, "a focal length in pixels, above 0", false},
		{"fl_y", l.Fy, 1e-3, 1e12, "a focal length in pixels, above 0", false},
		{"camera_angle_x", l.AngleX, 1e-6, 3.1, "a field of view in radians, between 0 and 3.1", false},
		{"camera_angle_y", l.AngleY, 1e-6, 3.1, "a field of view in radians, between 0 and 3.1", false},
	} {
		if n.x == nil {
			continue
		}
		if x := *n.x; !(x > n.lo && x < n.hi) || n.integer && x != math.Trunc(x) {
			return n.key, fmt.Sprintf("is %v, want %s", x, n.want)
		}
	}
	switch {
	case l.W != nil && l.H == nil:
		return "h", "is missing, and w is there: want both or none"
	case l.H != nil && l.W == nil:
		return "w", "is missing, and h is there: want both or none"
	case l.W != nil:
		if err := plucker.CheckSize(int(*l.W), int(*l.H)); err != nil {
			return "w, h", err.Error()
		}
	}
	switch m := strings.ToUpper(l.Model); m {
	case "", "OPENCV", "FULL_OPENCV", "PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "PERSPECTIVE":
	case "OPENCV_FISHEYE", "SIMPLE_RADIAL_FISHEYE", "RADIAL_FISHEYE":
	default:
		return "camera_model", fmt.Sprintf("is %.40q, want OPENCV, OPENCV_FISHEYE or PINHOLE: undistort the photographs first", l.Model)
	}
	return "", ""
}

// fisheye says whether the lens is OpenCV's fisheye.
func (l *lens) fisheye() bool {
	return l.Fisheye || strings.HasSuffix(strings.ToUpper(l.Model), "FISHEYE")
}

// over returns l with what it lacks taken from top. A frame that has a focal length or a field of view of its
// own takes none from the top, and one that has a size of its own takes no principal point.
func (l *lens) over(top *lens) lens {
	r := *l
	if r.AngleX == nil && r.AngleY == nil && r.Fx == nil && r.Fy == nil {
		r.AngleX, r.AngleY, r.Fx, r.Fy = top.AngleX, top.AngleY, top.Fx, top.Fy
	}
	if r.W == nil {
		r.W, r.H = top.W, top.H
		r.Cx, r.Cy = or(r.Cx, top.Cx), or(r.Cy, top.Cy)
	}
	r.K1, r.K2, r.K3 = or(r.K1, top.K1), or(r.K2, top.K2), or(r.K3, top.K3)
	r.K4, r.K5, r.K6 = or(r.K4, top.K4), or(r.K5, top.K5), or(r.K6, top.K6)
	r.P1, r.P2 = or(r.P1, top.P1), or(r.P2, top.P2)
	if r.Model == "" && !r.Fisheye {
		r.Model, r.Fisheye = top.Model, top.Fisheye
	}
	return r
}

func or(a, b *float64) *float64 {
	if a == nil {
		return b
	}
	return a
}

// camera returns the camera of the frame whose image has width×height pixels. The intrinsics are those of the
// file's w×h, scaled; the error is a *FormatError.
func (s *frame) camera(width, height int) (plucker.Camera, error) {
	l := &s.lens
	w, h := float64(width), float64(height)
	if l.W != nil {
		w, h = *l.W, *l.H
	}
	fail := func(key, format string, args ...any) (plucker.Camera, error) {
		return plucker.Camera{}, &FormatError{s.file, s.key + "." + key, fmt.Sprintf(format, args...)}
	}
	if !sameAspect(w, h, float64(width), float64(height)) {
		return fail("w, h", "are %v×%v, an aspect that is not the image's: the intrinsics do not fit it, use the original images", w, h)
	}
	c := plucker.Camera{
		Pose:       s.pose,
		Intrinsics: plucker.Intrinsics{Cx: w / 2, Cy: h / 2},
		Width:      int(w),
		Height:     int(h),
	}
	in, d := &c.Intrinsics, &c.Distortion
	d.Fisheye = l.fisheye()
	switch {
	case l.Fx != nil:
		in.Fx = *l.Fx
	case l.AngleX != nil:
		in.Fx = w / 2 / math.Tan(*l.AngleX/2)
	}
	switch {
	case l.Fy != nil:
		in.Fy = *l.Fy
	case l.AngleY != nil:
		in.Fy = h / 2 / math.Tan(*l.AngleY/2)
	default:
		in.Fy = in.Fx
	}
	if in.Fx == 0 {
		in.Fx = in.Fy
	}
	if in.Fx == 0 {
		return fail("fl_x", "is missing, and so are fl_y, camera_angle_x and camera_angle_y: one of them is needed, here or at the top")
	}
	if ratio := in.Fx / in.Fy; l.W == nil && !(ratio > 0.5 && ratio < 2) {
		return fail("fl_x, fl_y", "are %.6g and %.6g pixels, which the image's size contradicts: add the w and h that they are for", in.Fx, in.Fy)
	}
	for _, p := range []struct {
		key string
		x   *float64
		dst *float64
		n   int
	}{{"cx", l.Cx, &in.Cx, width}, {"cy", l.Cy, &in.Cy, height}} {
		if p.x == nil {
			continue
		}
		if l.W == nil && !(*p.x >= 0 && *p.x <= float64(p.n)) {
			return fail(p.key, "is %v, outside the image: add the w and h that it is for", *p.x)
		}
		*p.dst = *p.x
	}
	for _, k := range []struct {
		x   *float64
		dst *float64
	}{
		{l.K1, &d.K1}, {l.K2, &d.K2}, {l.K3, &d.K3}, {l.K4, &d.K4}, {l.K5, &d.K5}, {l.K6, &d.K6},
		{l.P1, &d.P1}, {l.P2, &d.P2},
	} {
		if k.x != nil {
			*k.dst = *k.x
		}
	}
	if c.Width != width || c.Height != height {
		c = c.Scaled(width, height)
	}
	if err := c.Validate(); err != nil {
		return fail("fl_x", "%v", err)
	}
	return c, nil
}

// sameAspect reports whether an image of w×h, scaled, could have become one of w2×h2, or the other way
// round, with both sides rounded to whole pixels in one direction or the other.
func sameAspect(w, h, w2, h2 float64) bool {
	if w2 > w || h2 > h {
		w, h, w2, h2 = w2, h2, w, h
	}
	const slack = 1.5 // pixels of the smaller image
	return math.Abs(h*w2/w-h2) <= slack || math.Abs(w*h2/h-w2) <= slack
}
