package plucker

import "math"

// fisheye maps a direction, x right, y down and z forward, of any length, to where the lens puts it.
func (d *Distortion) fisheye(x, y, z float64) (xd, yd float64) {
	r := math.Hypot(x, y)
	if r == 0 {
		return x, y
	}
	f, _ := d.radial(math.Atan2(r, z))
	return x / r * f, y / r * f
}

// radial returns the distance θ' from the middle at which the lens puts the angle θ, and its derivative.
func (d *Distortion) radial(theta float64) (f, df float64) {
	t2 := theta * theta
	f = theta * (1 + t2*(d.K1+t2*(d.K2+t2*(d.K3+t2*d.K4))))
	df = 1 + t2*(3*d.K1+t2*(5*d.K2+t2*(7*d.K3+t2*9*d.K4)))
	return f, df
}

// towardFisheye returns the direction, of length 1, that the lens puts at (xd, yd): x right, y down, z forward.
// A point beyond all that the lens shows gets the direction of which the image is nearest.
func (d *Distortion) towardFisheye(xd, yd float64) (x, y, z float64) {
	r := math.Hypot(xd, yd)
	if r == 0 {
		return 0, 0, 1
	}
	theta, _ := d.angle(r)
	sin, cos := math.Sincos(theta)
	return xd / r * sin, yd / r * sin, cos
}

// maxPlaneAngle is where a fisheye's view ends as points of the plane at depth 1: the tangent is a million.
const maxPlaneAngle = math.Pi/2 - 1e-6

func (d *Distortion) undistortFisheye(xd, yd float64) (x, y float64, ok bool) {
	r := math.Hypot(xd, yd)
	if r == 0 {
		return 0, 0, true
	}
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return 0, 0, false
	}
	theta, ok := d.angle(r)
	if theta > maxPlaneAngle {
		theta, ok = maxPlaneAngle, false
	}
	tan := math.Tan(theta)
	return xd / r * tan, yd / r * tan, ok
}

// angle inverts radial on the angles from 0 to where it folds, at most π. For a distance beyond, ok is false
// and θ is that end.
func (d *Distortion) angle(r float64) (theta float64, ok bool) {
	// The angle lies in the first of these steps which ends beyond it, or beyond the fold.
	const steps = 16
	var lo, hi, flo, fhi float64
	for i := 1; ; i++ {
		var slope float64
		hi = math.Pi / steps * float64(i)
		if fhi, slope = d.radial(hi); fhi >= r {
			break
		}
		if slope <= 0 {
			if hi = d.fold(lo, hi); hi == lo {
				return lo, false
			}
			if fhi, _ = d.radial(hi); fhi < r {
				return hi, false
			}
			break
		}
		if i == steps {
			return hi, false
		}
		lo, flo = hi, fhi
	}
	// Newton's method between lo and hi, and bisection where it leads out of them.
	theta = lo + (hi-lo)*(r-flo)/(fhi-flo)
	for range undistortSteps {
		f, slope := d.radial(theta)
		switch {
		case f == r:
			return theta, true
		case f < r:
			lo = theta
		default:
			hi = theta
		}
		next := theta + (r-f)/slope
		if !(next >= lo && next <= hi) {
			next = lo + (hi-lo)/2
		}
		if math.Abs(next-theta) <= 1e-16 {
			return next, true
		}
		theta = next
	}
	return theta, true
}

// fold returns the angle between lo and hi at which radial ceases to grow.
func (d *Distortion) fold(lo, hi float64) float64 {
	for range undistortSteps {
		mid := lo + (hi-lo)/2
		if _, slope := d.radial(mid); slope > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}
