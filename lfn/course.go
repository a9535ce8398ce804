package lfn

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// A course says where along its ray, in the scene frame, a place on a track is: at
//
//	t(v) = (a + b·u)/(c + d·u)
//
// from the point that is closest to the centre. u = v, but where the track is contracted and |v| > 1, u = ±1/(2 − |v|).
// In a window the fraction is what the inverse of its map makes of a line; elsewhere it is u.
type course struct {
	a, b, c, d float64
	contracted bool
}

// course returns that of the track of a ray.
func (p *tracer) course(t *track, ray *plucker.Coords) course {
	if p.window == nil {
		return course{b: 1, c: 1, contracted: p.clear > 0}
	}
	mid := p.toScene.Mul4x1(mgl64.Vec4{float64(t.mid[0]), float64(t.mid[1]), float64(t.mid[2]), 1})
	dir := p.toScene.Mul4x1(mgl64.Vec4{float64(t.dir[0]), float64(t.dir[1]), float64(t.dir[2]), 0})
	d := ray.Dir()
	return course{a: d.Dot(mid.Vec3()), b: d.Dot(dir.Vec3()), c: mid[3], d: dir[3]}
}

// at returns t(v) and |t′(v)|.
func (c *course) at(v float64) (t, slope float64) {
	slope = 1
	if far := math.Abs(v); c.contracted && far > 1 {
		far = 1 / (2 - far)
		v, slope = math.Copysign(far, v), far*far
	}
	w := c.c + c.d*v
	return (c.a + c.b*v) / w, slope * math.Abs((c.b*c.c-c.a*c.d)/(w*w))
}

// place returns where in the grids a point of the scene frame is, and the derivative of that by the point. outside says that
// it is in the grids of what is outside of the ball, see [track.outside]; the grids of a window are flat.
func (p *tracer) place(x mgl64.Vec3, outside bool) (at mgl64.Vec3, jacobian mgl64.Mat3) {
	switch {
	case p.window != nil:
		h := p.toCube.Mul4x1(x.Vec4(1))
		var rows [3]mgl64.Vec3
		for i := range rows {
			at[i] = h[i] / h[3]
			rows[i] = p.toCube.Row(i).Vec3().Sub(p.toCube.Row(3).Vec3().Mul(at[i])).Mul(1 / h[3])
		}
		at[2] = (at[2]+1)/Flat - 1
		return at, mgl64.Mat3FromRows(rows[0], rows[1], rows[2].Mul(1./Flat))
	case outside:
		inv := 1 / x.Len()
		e := x.Mul(inv)
		scale := inv * (1 - 0.5*inv) // along e it is the derivative of 1 − 1/2r, across that of the direction
		radial := e.OuterProd3(e)
		return x.Mul(scale), mgl64.Ident3().Sub(radial).Mul(scale).Add(radial.Mul(0.5 * inv * inv))
	}
	return x, mgl64.Ident3()
}
