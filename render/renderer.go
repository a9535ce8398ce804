package render

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"lfnview/plucker"
)

// Options of a rendered image. The zero value is one ray through the centre of each pixel.
type Options struct {
	Samples int     // n: each pixel is the mean of n×n rays in a regular grid, at most 16×16; 0 is as many as Detail asks for, with a lens at least 8
	Detail  float64 // how wide a ray sees, in the world, see [Detail]; 0 asks for one ray a pixel

	// Aperture is the radius of a round lens, in the world; 0 is a pinhole. Focus is the distance along the viewing axis,
	// above 0, of what is sharp. Each of a pixel's rays comes from another point of the lens: see [Options.Lens].
	Aperture, Focus float64
}

// Lens is the point of the lens, to the right of and above the pinhole, that the ray through a point of a pixel comes
// from: (x, y) in the pixel, 0 to 1, is brought to the disk by the concentric map of Shirley and Chiu (1997).
func (o Options) Lens(x, y float64) (right, up float64) {
	if o.Aperture == 0 {
		return 0, 0
	}
	a, b := 2*x-1, 1-2*y
	r, phi := a, math.Pi/4*b/a
	if math.Abs(b) >= math.Abs(a) {
		if r, phi = b, math.Pi/2-math.Pi/4*a/b; b == 0 {
			return 0, 0
		}
	}
	sin, cos := math.Sincos(phi)
	return o.Aperture * r * cos, o.Aperture * r * sin
}

// lensRay is the ray that the point (u, v), 0 to 1, in pixel (x, y) gets through the lens: where the pinhole's ray is at
// the distance Focus, so is this one. Directions are those to the plane at distance 1, so that they are exact however near
// or far that is.
func (o Options) lensRay(cam *plucker.Camera, x, y int, u, v float64) plucker.Ray {
	right, up := o.Lens(u, v)
	aside := cam.Pose.Right().Mul(right).Add(cam.Pose.Up().Mul(up))
	ray := cam.Ray(float64(x)+u, float64(y)+v)
	way := ray.Dir.Mul(1 / ray.Dir.Dot(cam.Pose.Forward()))
	return plucker.Ray{Origin: ray.Origin.Add(aside), Dir: way.Sub(aside.Mul(1 / o.Focus)).Normalize()}
}

// A lens is no wider than maxLens and no nearer to what is sharp than minFocus, which is no farther than maxLens.
const (
	maxLens  = 1e12
	minFocus = 1e-12
)

// checkLens says what is wrong with Aperture or Focus, of which cam has no more than a pinhole's.
func (o Options) checkLens(cam *plucker.Camera) error {
	switch {
	case o.Aperture == 0:
		return nil
	case !(o.Aperture > 0 && o.Aperture <= maxLens):
		return fmt.Errorf("render: aperture is %v, want the radius of a lens, 0 to %v", o.Aperture, maxLens)
	case !(o.Focus >= minFocus && o.Focus <= maxLens):
		return fmt.Errorf("render: focus is at %v, want a distance in front of the camera, %v to %v", o.Focus, minFocus, maxLens)
	case cam.Distortion.Fisheye:
		return errors.New("render: a fisheye camera has no aperture here: take another camera, or aperture 0")
	}
	return nil
}

// A Renderer makes images of one scene.
type Renderer interface {
	// Render writes what cam sees to dst, which takes the camera's size, and keeps its memory where that is
	// enough. It returns ctx.Err() when cancelled, and an error for a camera or options that make no picture;
	// dst is then undefined. It may be called concurrently, with different dst.
	Render(ctx context.Context, dst *Image, cam *plucker.Camera, o Options) error
}

// Frames renders one camera after another. Every frame is the same Image, which its taker may not keep.
// It ends after the first error.
func Frames(ctx context.Context, r Renderer, cams []plucker.Camera, o Options) iter.Seq2[*Image, error] {
	return func(yield func(*Image, error) bool) {
		var m Image
		for i := range cams {
			err := r.Render(ctx, &m, &cams[i], o)
			if !yield(&m, err) || err != nil {
				return
			}
		}
	}
}
