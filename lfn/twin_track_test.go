package lfn

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

func (x num) add(y num) num { return num{x.v + y.v, x.err + y.err}.rounded(1, math.Abs(x.v+y.v)) }

func (x num) neg() num { return num{-x.v, x.err} }

func (x num) mul(y num) num {
	return num{x.v * y.v, math.Abs(x.v)*y.err + x.err*y.high()}.rounded(1, math.Abs(x.v*y.v))
}

func (x num) div(y num) num {
	low := math.Abs(y.v) - y.err
	if !(low > 0) {
		return num{x.v / y.v, math.Inf(1)}
	}
	q := x.v / y.v
	return num{q, (x.err + math.Abs(q)*y.err) / low}.rounded(1, math.Abs(q))
}

func (x num) sqrt() num {
	root := math.Sqrt(max(x.v, 0))
	err := math.Sqrt(max(x.v+x.err, 0)) - root
	if x.v > x.err {
		err = max(err, root-math.Sqrt(x.v-x.err))
	} else {
		err = max(err, root)
	}
	return num{root, err}.rounded(1, root)
}

// near reports whether rounding decides which of two numbers is larger.
func (x num) near(y num) bool { return !(math.Abs(x.v-y.v) > x.err+y.err) }

func dot(x, y [3]num) num { return x[0].mul(y[0]).add(x[1].mul(y[1])).add(x[2].mul(y[2])) }

func crossOf(x, y [3]num) (z [3]num) {
	for i := range 3 {
		j, k := (i+1)%3, (i+2)%3
		z[i] = x[j].mul(y[k]).add(x[k].mul(y[j]).neg())
	}
	return z
}

// twinWindow is seen through from a place that is not on an axis, along no axis.
func twinWindow() *plucker.Window {
	return &plucker.Window{Eye: mgl64.Vec3{0.2, -0.3, 2.6}, Axes: mgl64.Rotate3DY(0.1).Mul3(mgl64.Rotate3DX(-0.15)), Tan: mgl64.Vec2{0.5, 0.4}, Near: 1.4}
}

// twinTrack are the samples of a ray.
func twinTrack(e Encoding, ray line, a *answer) twinPoints {
	switch {
	case e.Window != nil:
		return twinInWindow(e, ray, a)
	case e.Clear > 0:
		return twinOutwards(e, ray, a)
	}
	return twinChord(ray, e.Points)
}

// twinInWindow maps the line as [plucker.Window.Lines] says, which has a test of its own, and cuts the part of it that is
// in the cube into equal parts. The grids hold the first third of the cube along z, in which all of it is.
func twinInWindow(e Encoding, ray line, a *answer) twinPoints {
	var line [6]num
	for r, row := range e.Window.Lines() {
		for c, v := range row {
			line[r] = line[r].add(num{v, ulp * math.Abs(v)}.mul(exact(ray[c])))
		}
	}
	d := [3]num(line[:3])
	length := dot(d, d).sqrt()
	for i := range line {
		line[i] = line[i].div(length)
	}
	d = [3]num(line[:3])
	mid := crossOf(d, [3]num(line[3:]))
	lo, hi := exact(-4), exact(4)
	for i := range 3 {
		begin, end := exact(-1).add(mid[i].neg()).div(d[i]), exact(1).add(mid[i].neg()).div(d[i])
		if begin.v > end.v {
			begin, end = end, begin
		}
		if begin.v+begin.err >= lo.v-lo.err {
			lo = num{max(lo.v, begin.v), max(lo.err, begin.err)}
		}
		if end.v-end.err <= hi.v+hi.err {
			hi = num{min(hi.v, end.v), max(hi.err, end.err)}
		}
	}
	a.unsure = a.unsure || lo.near(hi)
	if !(lo.v < hi.v) {
		lo, hi = exact(0), exact(0)
	}
	n := exact(float64(e.Points))
	c := twinPoints{length: hi.add(lo.neg()).div(n)}
	for k := range e.Points {
		t := lo.add(hi.add(lo.neg()).mul(exact((float64(k) + 0.5) / n.v)))
		var p [3]num
		for i := range p {
			p[i] = mid[i].add(t.mul(d[i])).rounded(2, math.Abs(t.v*d[i].v))
		}
		p[2] = p[2].add(exact(1)).mul(exact(1. / 3)).add(exact(-1))
		p[2].v = min(p[2].v, Deepest)
		c.points = append(c.points, p)
	}
	return c
}

// twinOutwards goes from where a ray enters the clear ball, or else from its middle, to infinity, in equal steps of the
// distance from the middle contracted as 2 − 1/t, and contracts the points beyond the unit ball to half of 2 − 1/r.
func twinOutwards(e Encoding, ray line, a *answer) twinPoints {
	var d, m [3]num
	for i := range 3 {
		d[i], m[i] = exact(ray[i]), exact(ray[3+i])
	}
	mid := crossOf(d, m)
	mid2 := dot(mid, mid)
	root := func(r float64) (num, bool) {
		h2 := exact(r*r).rounded(2, r*r).add(mid2.neg())
		a.unsure = a.unsure || h2.near(exact(0))
		return h2.sqrt(), h2.v > 0
	}
	lo := exact(0)
	if h, ok := root(e.Clear); ok {
		if lo = h.neg(); h.v > 1 {
			lo = exact(1).div(h).add(exact(-2))
		}
	}
	half, inside := root(1)
	spacing := exact(2).add(lo.neg()).div(exact(float64(e.Points)))
	c := twinPoints{length: spacing}
	for k := range e.Points {
		v := lo.add(spacing.mul(exact(float64(k)+0.5))).rounded(2, 2)
		outside := !inside || math.Abs(v.v) > half.v
		a.unsure = a.unsure || inside && (v.near(half) || v.near(half.neg()))
		t := v
		if v.v > 1 {
			t = exact(1).div(exact(2).add(v.neg()))
		} else if v.v < -1 {
			t = exact(-1).div(exact(2).add(v))
		}
		var p [3]num
		for i := range p {
			p[i] = mid[i].add(t.mul(d[i])).rounded(2, math.Abs(t.v*d[i].v))
		}
		if outside {
			inv := exact(1).div(mid2.add(t.mul(t)).sqrt())
			scale := inv.mul(exact(1).add(inv.mul(exact(0.5)).neg()))
			for i := range p {
				p[i] = p[i].mul(scale)
			}
		}
		c.points, c.outside = append(c.points, p), append(c.outside, outside)
	}
	return c
}
