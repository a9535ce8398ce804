package plucker

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
)

func TestWindowLines(t *testing.T) {
	w := Window{Eye: mgl64.Vec3{0.3, -0.2, 1.4}, Axes: mgl64.Rotate3DY(0.3).Mul3(mgl64.Rotate3DX(-0.2)), Tan: mgl64.Vec2{0.8, 0.5}, Near: 0.4}
	if err := w.Validate(); err != nil {
		t.Fatal(err)
	}
	h := w.Points()
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

// TestWindowOf: what a camera sees between the two distances is in the cube, and the cube is not much larger.
func TestWindowOf(t *testing.T) {
	f := Frame{Center: mgl64.Vec3{1, 2, -4}, Radius: 3, Up: mgl64.Vec3{0, 1, 0}}
	var cams []Camera
	for i := range 9 {
		eye := mgl64.Vec3{0.1 * float64(i%3), 0.1 * float64(i/3), 0.7 * float64(i%2)}
		cams = append(cams, Pinhole(LookAt(eye, mgl64.Vec3{0.1, 0, -8}, mgl64.Vec3{0, 1, 0}), 40, 30, 0.9))
	}
	for _, far := range []float64{5, math.Inf(1)} {
		w := WindowOf(cams, f, 1.5, far)
		if w == nil {
			t.Fatal("no window")
		}
		h := w.Points()
		var most mgl64.Vec3
		low, high := 1., -1.
		for i := range cams {
			for _, u := range []float64{0, 13, 40} {
				for _, v := range []float64{0, 30} {
					for _, depth := range []float64{1.55, 3, 4.8, min(far-0.1, 1e7)} {
						p := mgl64.TransformCoordinate(f.toScene(cams[i].Unproject(u, v, depth)), h)
						for k := range 2 {
							most[k] = max(most[k], math.Abs(p[k]))
						}
						low, high = min(low, p[2]), max(high, p[2])
					}
				}
			}
		}
		if most[0] > 1 || most[1] > 1 || low < -1 || high > 1 {
			t.Errorf("far %v: points from %v to %v, up to ±%v, want them in the cube", far, low, high, most)
		}
		if most[0] < 0.9 || most[1] < 0.9 || low > -0.6 || high < 0.8 {
			t.Errorf("far %v: points from %v to %v, up to ±%v: the cube is too large", far, low, high, most)
		}
	}
	if w := WindowOf(cams, f, 0, 5); w != nil {
		t.Errorf("a window without a distance: %+v", w)
	}
	turned := append(append([]Camera{}, cams...), Pinhole(LookAt(mgl64.Vec3{}, mgl64.Vec3{8, 0, 1}, mgl64.Vec3{0, 1, 0}), 40, 30, 0.9))
	if w := WindowOf(turned, f, 1.5, 5); w != nil {
		t.Errorf("a window for a camera that looks elsewhere: %+v", w)
	}
	for _, bad := range []Window{{Axes: mgl64.Ident3(), Tan: mgl64.Vec2{1, 1}}, {Tan: mgl64.Vec2{1, 1}, Near: 1}, {Axes: mgl64.Ident3(), Tan: mgl64.Vec2{1, math.NaN()}, Near: 1},
		{Axes: mgl64.Ident3(), Tan: mgl64.Vec2{1, 1}, Near: 1, Far: 0.5}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
}

func TestWindowJSON(t *testing.T) {
	want := Window{Eye: mgl64.Vec3{1, 2, 3}, Axes: mgl64.Ident3(), Tan: mgl64.Vec2{0.5, 0.25}, Near: 2, Far: 9}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Window
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("%s is %+v, %v, want %+v", text, got, err, want)
	}
	for _, bad := range []string{`{}`, `{"eye":[1],"axes":[1,0,0,0,1,0,0,0,1],"tan":[1,1],"near":1}`, `{"eye":[1,2,3,4],"axes":[1,0,0,0,1,0,0,0,1],"tan":[1,1],"near":1}`, `[]`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s is a window", bad)
		}
	}
}
