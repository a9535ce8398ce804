package plucker

import (
	"math"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
)

func TestWindowLines(t *testing.T) {
	w := Window{Eye: mgl64.Vec3{0.3, -0.2, 1.4}, Axes: mgl64.Rotate3DY(0.3).Mul3(mgl64.Rotate3DX(-0.2)), Tan: mgl64.Vec2{0.8, 0.5}, Near: 0.4}
	if err := w.Validate(); err != nil {
		t.Fatal(err)
	}
	h := w.matrix()
	apply := func(p mgl64.Vec3) mgl64.Vec3 { return mgl64.TransformCoordinate(p, h) }
	l := w.Lines()
	for i := range 50 {
		a := mgl64.Vec3{0.3 + 0.01*float64(i%7), -0.25 + 0.02*float64(i%5), 1.3}
		d := w.Axes.Mul3x1(mgl64.Vec3{0.1 * float64(i%9-4), 0.1 * float64(i%4-2), -1}).Normalize()
		m := a.Cross(d)
		c := [6]float64{d[0], d[1], d[2], m[0], m[1], m[2]}
		var got [6]float64
		for r := range 6 {
			for k := range 6 {
				got[r] += l[r][k] * c[k]
			}
		}
		p, q := apply(a.Add(d.Mul(1))), apply(a.Add(d.Mul(3)))
		want := q.Sub(p).Normalize()
		gd := mgl64.Vec3{got[0], got[1], got[2]}
		scale := 1 / gd.Len()
		gd = gd.Mul(scale)
		gm := mgl64.Vec3{got[3], got[4], got[5]}.Mul(scale)
		if gd.Sub(want).Len() > 1e-9 || gm.Sub(p.Cross(want)).Len() > 1e-9*(1+gm.Len()) || math.IsNaN(scale) {
			t.Fatalf("%d: %v %v, want %v %v", i, gd, gm, want, p.Cross(want))
		}
	}
	// The plane at near, seen straight, is at −1; infinity at 1.
	f := w.Axes.Mul3x1(mgl64.Vec3{0, 0, -1})
	if z := apply(w.Eye.Add(f.Mul(w.Near)))[2]; math.Abs(z+1) > 1e-9 {
		t.Error(z)
	}
	if z := apply(w.Eye.Add(f.Mul(1e9)))[2]; math.Abs(z-1) > 1e-6 {
		t.Error(z)
	}
}
