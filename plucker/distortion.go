package plucker

import (
	"fmt"
	"math"
)

// Distortion holds OpenCV's rational lens model. With r² = x² + y² of a point (x, y) of the image plane at
// depth 1, x right and y down,
//
//	s  = (1 + k1·r² + k2·r⁴ + k3·r⁶) / (1 + k4·r² + k5·r⁴ + k6·r⁶)
//	x' = x·s + 2·p1·x·y + p2·(r² + 2x²)
//	y' = y·s + p1·(r² + 2y²) + 2·p2·x·y
//
// (https://docs.opencv.org/4.x/d9/d0c/group__calib3d.html). The zero value is no distortion.
//
// Fisheye makes it OpenCV's fisheye model, of k1 to k4 alone: a point at the angle θ from the optical axis goes
// to distance θ' from the middle, in the direction in which it lies,
//
//	θ' = θ·(1 + k1·θ² + k2·θ⁴ + k3·θ⁶ + k4·θ⁸)
//
// (https://docs.opencv.org/4.x/db/d58/group__calib3d__fisheye.html).
type Distortion struct {
	K1 float64 `json:"k1,omitempty"`
	K2 float64 `json:"k2,omitempty"`
	K3 float64 `json:"k3,omitempty"`
	K4 float64 `json:"k4,omitempty"`
	K5 float64 `json:"k5,omitempty"`
	K6 float64 `json:"k6,omitempty"`
	P1 float64 `json:"p1,omitempty"`
	P2 float64 `json:"p2,omitempty"`

	Fisheye bool `json:"fisheye,omitempty"`
}

// validate returns an error which names the first number that no lens has.
func (d *Distortion) validate() error {
	for _, n := range []struct {
		name  string
		value float64
	}{{"k1", d.K1}, {"k2", d.K2}, {"k3", d.K3}, {"k4", d.K4}, {"k5", d.K5}, {"k6", d.K6}, {"p1", d.P1}, {"p2", d.P2}} {
		if !(math.Abs(n.value) <= maxLens) {
			return fmt.Errorf("%s is %v, want a number from %v to %v", n.name, n.value, -maxLens, maxLens)
		}
	}
	if d.Fisheye && (d.K5 != 0 || d.K6 != 0 || d.P1 != 0 || d.P2 != 0) {
		return fmt.Errorf("fisheye lens has k5 %v, k6 %v, p1 %v and p2 %v, want 0: it takes k1 to k4", d.K5, d.K6, d.P1, d.P2)
	}
	return nil
}

// Distort maps an undistorted point of the image plane at depth 1 to where the lens puts it.
func (d *Distortion) Distort(x, y float64) (xd, yd float64) {
	if d.Fisheye {
		return d.fisheye(x, y, 1)
	}
	r2 := x*x + y*y
	s := (1 + r2*(d.K1+r2*(d.K2+r2*d.K3))) / (1 + r2*(d.K4+r2*(d.K5+r2*d.K6)))
	xd = x*s + 2*d.P1*x*y + d.P2*(r2+2*x*x)
	yd = y*s + d.P1*(r2+2*y*y) + 2*d.P2*x*y
	return xd, yd
}

// jacobian returns Distort(x, y) of the rational model and its derivatives; the matrix is symmetric: ∂xd/∂y = ∂yd/∂x.
func (d *Distortion) jacobian(x, y float64) (xd, yd, xx, xy, yy float64) {
	r2 := x*x + y*y
	num := 1 + r2*(d.K1+r2*(d.K2+r2*d.K3))
	den := 1 + r2*(d.K4+r2*(d.K5+r2*d.K6))
	dnum := d.K1 + r2*(2*d.K2+r2*3*d.K3)
	dden := d.K4 + r2*(2*d.K5+r2*3*d.K6)
	s := num / den
	ds := 2 * (dnum - s*dden) / den // ∂s/∂x = ds·x
	xd = x*s + 2*d.P1*x*y + d.P2*(r2+2*x*x)
	yd = y*s + d.P1*(r2+2*y*y) + 2*d.P2*x*y
	xx = s + ds*x*x + 2*d.P1*y + 6*d.P2*x
	xy = ds*x*y + 2*d.P1*x + 2*d.P2*y
	yy = s + ds*y*y + 6*d.P1*y + 2*d.P2*x
	return xd, yd, xx, xy, yy
}

const (
	undistortTol   = 1e-10 // at depth 1; a last step smaller than this leaves 1e-9 and better
	undistortSteps = 50
)

// Undistort inverts Distort to 1e-9. A lens model is invertible only up to the radius at which it folds over;
// for a point beyond it, ok is false and (x, y) is the point found whose image is nearest.
//
// Of the rational model, it is Newton's method with the analytic Jacobian, kept where the determinant is positive: a step that leaves
// that region, or comes no nearer, is halved.
func (d *Distortion) Undistort(xd, yd float64) (x, y float64, ok bool) {
	if d.Fisheye {
		return d.undistortFisheye(xd, yd)
	}
	// The distorted point itself is the first guess; where it lies beyond the fold, one nearer the axis is.
	x, y = xd, yd
	fx, fy, xx, xy, yy := d.jacobian(x, y)
	for s := 0.7; !d.before(x, y, xx, xy, yy); s *= 0.7 {
		x, y = xd*s, yd*s
		if s < 1e-6 {
			x, y = 0, 0
		}
		fx, fy, xx, xy, yy = d.jacobian(x, y)
	}
	ex, ey := xd-fx, yd-fy
	err2 := ex*ex + ey*ey
	for range undistortSteps {
		if err2 <= undistortTol*undistortTol {
			return x, y, true
		}
		det := xx*yy - xy*xy
		sx, sy := (yy*ex-xy*ey)/det, (xx*ey-xy*ex)/det
		for halvings := 0; ; halvings++ {
			if halvings == undistortSteps {
				return x, y, false
			}
			nx, ny := x+sx, y+sy
			fx, fy, xx, xy, yy = d.jacobian(nx, ny)
			ex, ey = xd-fx, yd-fy
			if e := ex*ex + ey*ey; e < err2 && d.before(nx, ny, xx, xy, yy) {
				x, y, err2 = nx, ny, e
				break
			}
			sx, sy = sx/2, sy/2
		}
	}
	return x, y, false
}

// before says whether (x, y), with its Jacobian, is before the fold and before the model's poles. The origin is.
func (d *Distortion) before(x, y, xx, xy, yy float64) bool {
	r2 := x*x + y*y
	return 1+r2*(d.K4+r2*(d.K5+r2*d.K6)) > 0 && xx > 0 && xx*yy-xy*xy > 0
}
