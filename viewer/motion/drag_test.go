package motion

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render"
)

const w, h = 640, 480

// elevation returns that of the eye above the target.
func elevation(v View, up mgl64.Vec3) float64 {
	l := levelOf(v, up)
	return l.elevation
}

func roll(v View, up mgl64.Vec3) float64 {
	l := levelOf(v, up)
	return math.Atan2(l.sinRoll, l.cosRoll)
}

// TestOrbitIsTheTurntable compares with the cameras of package render, which have azimuth and elevation.
func TestOrbitIsTheTurntable(t *testing.T) {
	for _, f := range frames {
		from := render.Orbit{AzDeg: 10, ElDeg: 20, Dist: 3}
		cam := from.Camera(f, w, h)
		v := FromCamera(&cam, f)
		to := from
		to.AzDeg -= 180 // the whole width, to the right: the camera goes to its left
		to.ElDeg += 180 * 100. / w
		cam = to.Camera(f, w, h)
		wantNear(t, Orbit(v, f.Up, w, 100, w, h), FromCamera(&cam, f), 1e-9)
	}
}

func TestOrbit(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, f := range frames {
		for range 300 {
			v := randomView(rng, f)
			dx, dy := 200*rng.NormFloat64(), 200*rng.NormFloat64()
			n := Orbit(v, f.Up, dx, dy, w, h)
			wantView(t, n)
			if d := n.Target().Sub(v.Target()).Len(); !(d < 1e-9*(f.Radius+f.Center.Len())) || n.Pivot != v.Pivot {
				t.Fatalf("the target moves by %v", d)
			}
			if d := n.Pose.Pos.Sub(v.Target()).Len() / v.Pivot; math.Abs(d-1) > 1e-9 {
				t.Fatalf("the distance to the target is multiplied by %v", d)
			}
			if was, is := elevation(v, f.Up), elevation(n, f.Up); math.Abs(is) > max(maxElevation, math.Abs(was))+1e-9 {
				t.Fatalf("the elevation goes from %v to %v", was, is)
			}
			if was, is := roll(v, f.Up), roll(n, f.Up); math.Abs(math.Remainder(is-was, 2*math.Pi)) > 1e-7 {
				t.Fatalf("the roll goes from %v to %v", was, is)
			}
			if n = Orbit(v, f.Up, dx, 0, w, h); math.Abs(elevation(n, f.Up)) < maxElevation-1e-6 {
				wantNear(t, Orbit(n, f.Up, -dx, 0, w, h), v, 1e-6)
			}
		}
	}
}

// TestOrbitFollows drags by a little: the point of the ball before the target moves as the cursor does, rolled or
// not, but no faster than it can.
func TestOrbitFollows(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	f := frames[0]
	for range 300 {
		v := randomView(rng, f)
		if math.Abs(elevation(v, f.Up)) > 1 {
			continue
		}
		dx, dy := rng.NormFloat64(), rng.NormFloat64()
		n := Orbit(v, f.Up, dx, dy, w, h)
		front := v.Target().Sub(v.Pose.Forward().Mul(0.1))
		a, b := v.Camera(w, h), n.Camera(w, h)
		u0, v0, _, _ := a.Project(front)
		u1, v1, _, _ := b.Project(front)
		moved := mgl64.Vec2{u1 - u0, v1 - v0}
		if cos := moved.Normalize().Dot(mgl64.Vec2{dx, dy}.Normalize()); !(cos > 0.8) {
			t.Fatalf("a drag by %v %v moves the front by %v", dx, dy, moved)
		}
	}
}

func TestOrbitPoles(t *testing.T) {
	for _, f := range frames {
		v := Home(f, 1)
		for _, dy := range []float64{1e3, 1e9, 1e300, -1e3, -1e9, -1e300} {
			n := Orbit(v, f.Up, 0, dy, w, h)
			wantView(t, n)
			if e := elevation(n, f.Up); math.Abs(e-math.Copysign(maxElevation, dy)) > 1e-9 {
				t.Errorf("a drag of %v leads to an elevation of %v, want %v", dy, e, math.Copysign(maxElevation, dy))
			}
			if right := n.Pose.Right().Dot(v.Pose.Right()); !(right > 1-1e-9) {
				t.Errorf("a drag of %v turns the picture: right·right = %v", dy, right)
			}
			back := Orbit(n, f.Up, 0, -math.Copysign(100, dy), w, h)
			if e := elevation(back, f.Up); math.Abs(e-math.Copysign(maxElevation-math.Pi*100/w, dy)) > 1e-9 {
				t.Errorf("the way back leads to an elevation of %v", e)
			}
		}
	}
}

// TestOrbitFromAbove begins exactly on the axis, and so near it that azimuth is noise.
func TestOrbitFromAbove(t *testing.T) {
	f := frames[0]
	for _, tilt := range []float64{0, 1e-12, 1e-9, 1e-5, 9e-4} {
		for _, azimuth := range []float64{0, 1, 2, 4} {
			eye := rotation(mgl64.Vec3{math.Cos(azimuth), math.Sin(azimuth)}, tilt).Mul3x1(mgl64.Vec3{0, 0, 3})
			v := View{Pose: plucker.LookAt(eye, mgl64.Vec3{}, mgl64.Vec3{0.6, 0.8, 0}), Pivot: 3, FovDeg: 40}
			n := v
			for range 20 {
				n = Orbit(n, f.Up, 0, -4, w, h)
				wantView(t, n)
			}
			if right := n.Pose.Right().Dot(v.Pose.Right()); !(right > 1-1e-3) {
				t.Errorf("tilt %v: coming down turns the picture: right·right = %v", tilt, right)
			}
			if e := elevation(n, f.Up); math.Abs(e-(math.Pi/2-math.Pi*80/w)) > 2e-3 {
				t.Errorf("tilt %v: the elevation is %v", tilt, e)
			}
			small := Orbit(v, f.Up, 0.01, 0.01, w, h)
			wantNear(t, small, v, 1e-3)
		}
	}
}

func TestLook(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, f := range frames {
		for range 300 {
			v := randomView(rng, f)
			n := Look(v, f.Up, 300*rng.NormFloat64(), 300*rng.NormFloat64(), w, h)
			wantView(t, n)
			if n.Pose.Pos != v.Pose.Pos || n.Pivot != v.Pivot || n.FovDeg != v.FovDeg {
				t.Fatalf("Look moves the eye: %v to %v", v, n)
			}
		}
		cam := render.Orbit{AzDeg: 70, Dist: 3}.Camera(f, w, h)
		v := FromCamera(&cam, f)
		p := cam.Unproject(0, h/2, f.Radius)
		n := Look(v, f.Up, w, 0, w, h)
		cam = n.Camera(w, h)
		if x, y, _, _ := cam.Project(p); math.Abs(x-w) > 1e-6 || math.Abs(y-h/2) > 1e-6 {
			t.Errorf("what was at the left edge comes to %v %v, want %v %v", x, y, w, h/2)
		}
		n = Look(v, f.Up, 0, 10, w, h)
		cam = n.Camera(w, h)
		if _, y, _, _ := cam.Project(v.Target()); !(y > h/2+9 && y < h/2+11) {
			t.Errorf("a drag down by 10 moves the target to %v, want %v", y, h/2+10)
		}
	}
}

// TestLookFollowsAnywhere looks up and down: the middle of the picture follows a small drag.
func TestLookFollowsAnywhere(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	f := frames[0]
	for range 300 {
		v := randomView(rng, f)
		v.FovDeg = 30
		if math.Abs(elevation(v, f.Up)) > 1.3 {
			continue
		}
		n := Look(v, f.Up, 3, -2, w, h)
		cam := n.Camera(w, h)
		x, y, _, _ := cam.Project(v.Target())
		if d := math.Hypot(x-w/2-3, y-h/2+2); !(d < 0.2) {
			t.Fatalf("at elevation %v, the middle moves by %v %v, want 3 −2", elevation(v, f.Up), x-w/2, y-h/2)
		}
	}
}

func TestTurnTo(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for _, f := range frames {
		for range 300 {
			v := randomView(rng, f)
			to := mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
			p := v.Pose.Pos.Add(to.Mul(f.Radius))
			n := TurnTo(v, f.Up, p)
			wantView(t, n)
			if n.Pose.Pos != v.Pose.Pos {
				t.Fatalf("the eye moves from %v to %v", v.Pose.Pos, n.Pose.Pos)
			}
			if d := n.Target().Sub(p).Len() / f.Radius; !(d < 1e-7) {
				t.Fatalf("the target is %v radii from the point", d)
			}
			if was, is := roll(v, f.Up), roll(n, f.Up); math.Abs(math.Remainder(is-was, 2*math.Pi)) > 1e-6 {
				t.Fatalf("the roll goes from %v to %v", was, is)
			}
		}
	}
}

// TestUnderTheCursor projects a point at the depth of the pivot before and after Pan and Zoom.
func TestUnderTheCursor(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for _, f := range frames {
		for range 300 {
			v := randomView(rng, f)
			x, y := w*rng.Float64(), h*rng.Float64()
			cam := v.Camera(w, h)
			p := cam.Unproject(x, y, v.Pivot)

			dx, dy := 300*rng.NormFloat64(), 300*rng.NormFloat64()
			n := Pan(v, dx, dy, w, h)
			wantView(t, n)
			cam = n.Camera(w, h)
			if x1, y1, depth, _ := cam.Project(p); math.Abs(x1-x-dx) > 1e-6 || math.Abs(y1-y-dy) > 1e-6 ||
				math.Abs(depth/v.Pivot-1) > 1e-9 {
				t.Fatalf("Pan by %v %v moves the point by %v %v", dx, dy, x1-x, y1-y)
			}

			steps := 15 * (rng.Float64() - 0.5)
			n = Zoom(v, f.Radius, steps, x, y, w, h)
			wantView(t, n)
			cam = n.Camera(w, h)
			x1, y1, depth, ok := cam.Project(p)
			if !ok || math.Abs(x1-x) > 1e-6 || math.Abs(y1-y) > 1e-6 || math.Abs(depth/n.Pivot-1) > 1e-9 {
				t.Fatalf("Zoom by %v moves the point from %v %v to %v %v, depth %v", steps, x, y, x1, y1, depth)
			}
			if k := n.Pivot / v.Pivot; math.Abs(k/math.Pow(stepFactor, steps)-1) > 1e-9 {
				t.Fatalf("Zoom by %v multiplies the pivot by %v", steps, k)
			}
			d := dolly(v, f.Radius, steps)
			if e := d.Target().Sub(v.Target()).Len(); !(e < 1e-9*(f.Radius+f.Center.Len())) || d.Pivot != n.Pivot {
				t.Fatalf("Dolly moves the target by %v", e)
			}
		}
	}
}

func TestZoomLimits(t *testing.T) {
	for _, f := range frames {
		v := Home(f, 1)
		for range 300 {
			v = Zoom(v, f.Radius, 3, 100, 50, w, h)
			wantView(t, v)
		}
		if got, want := v.Pivot, minPivot*f.Radius; math.Abs(got/want-1) > 1e-9 {
			t.Errorf("the least pivot is %v, want %v", got, want)
		}
		v = Zoom(v, f.Radius, -1e9, 0, 0, w, h)
		if got, want := v.Pivot, maxPivot*f.Radius; math.Abs(got/want-1) > 1e-9 {
			t.Errorf("the largest pivot is %v, want %v", got, want)
		}
		v.Pivot *= 2
		if n := Zoom(v, f.Radius, -1, 5, 5, w, h); n != v {
			t.Errorf("beyond the largest pivot, a step out leads from %v to %v", v, n)
		}
		if n := Zoom(v, f.Radius, 1, 5, 5, w, h); math.Abs(n.Pivot/v.Pivot-stepFactor) > 1e-9 {
			t.Errorf("beyond the largest pivot, a step in leads from %v to %v", v.Pivot, n.Pivot)
		}
	}
}

func TestRollAndLevel(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for _, f := range frames {
		for range 300 {
			v := randomView(rng, f)
			l := Level(v, f.Up)
			wantView(t, l)
			if math.Abs(l.Pose.Right().Dot(f.Up)) > 1e-12 || l.Pose.Up().Dot(f.Up) < 0 || l.Pose.Pos != v.Pose.Pos ||
				l.Pose.Forward().Dot(v.Pose.Forward()) < 1-1e-12 {
				t.Fatalf("Level turns %v into %v", v, l)
			}
			wantNear(t, Level(l, f.Up), l, 1e-12)
			r := rolled(l, 0.3)
			wantView(t, r)
			cam := r.Camera(w, h)
			// The picture turns with the clock: what was above the middle comes to its right.
			x, y, _, _ := cam.Project(l.Target().Add(l.Pose.Up().Mul(0.1 * l.Pivot)))
			if a := math.Atan2(x-w/2, h/2-y); math.Abs(a-0.3) > 1e-9 {
				t.Fatalf("Roll by 0.3 turns the picture by %v", a)
			}
			wantNear(t, rolled(r, -0.3), l, 1e-12)
		}
		above := Home(f, 1)
		above.Pose = plucker.LookAt(f.Center.Add(f.Up.Mul(3*f.Radius)), f.Center, mgl64.Vec3{0.1, 0.2, 0.3})
		wantNear(t, Level(above, f.Up), above, 1e-9)
	}
}

func TestSnapUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	for range 100 {
		v := randomView(rng, frames[0])
		up := SnapUp(v)
		if up.Len() != 1 || up.Dot(v.Pose.Up()) < 1/math.Sqrt(3)-1e-12 || max(math.Abs(up[0]), math.Abs(up[1]), math.Abs(up[2])) != 1 {
			t.Fatalf("SnapUp = %v for a camera whose up is %v", up, v.Pose.Up())
		}
	}
}

func TestFovBy(t *testing.T) {
	v := Home(frames[0], 1)
	n := FovBy(v, 1)
	if k := n.focal(w) / v.focal(w); math.Abs(k*stepFactor-1) > 1e-12 || n.Pose != v.Pose {
		t.Errorf("a step makes things larger by %v, want %v", k, 1/stepFactor)
	}
	wantNear(t, FovBy(n, -1), v, 1e-12)
	if n := FovBy(v, 1e9); n.FovDeg != MinFovDeg {
		t.Errorf("the least field of view is %v°, want %v", n.FovDeg, MinFovDeg)
	}
	if n := FovBy(v, -1e9); n.FovDeg != MaxFovDeg {
		t.Errorf("the largest field of view is %v°, want %v", n.FovDeg, MaxFovDeg)
	}
}

func TestFly(t *testing.T) {
	v := Home(frames[1], 1)
	for _, tt := range []struct{ dir, want mgl64.Vec3 }{
		{mgl64.Vec3{0, 0, -5}, v.Pose.Forward()},
		{mgl64.Vec3{0.1, 0, 0}, v.Pose.Right()},
		{mgl64.Vec3{0, 1, 0}, v.Pose.Up()},
		{mgl64.Vec3{1, 1, 0}, v.Pose.Right().Add(v.Pose.Up()).Normalize()},
		{mgl64.Vec3{}, mgl64.Vec3{}},
	} {
		n := Fly(v, tt.dir, 3)
		if d := n.Pose.Pos.Sub(v.Pose.Pos).Sub(tt.want.Mul(3)).Len(); !(d < 1e-12) || n.Pose.Rot != v.Pose.Rot {
			t.Errorf("Fly(%v) moves by %v, want %v", tt.dir, n.Pose.Pos.Sub(v.Pose.Pos), tt.want.Mul(3))
		}
	}
}

// TestManyMotions checks that rounding does not add up.
func TestManyMotions(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	f := frames[2]
	v := Home(f, 1)
	for i := range 100_000 {
		dx, dy := rng.NormFloat64(), rng.NormFloat64()
		switch i % 3 {
		case 0:
			v = Orbit(v, f.Up, dx, dy, w, h)
		case 1:
			v = Look(v, f.Up, dx, dy, w, h)
		case 2:
			v = rolled(v, 0.01*dx)
		}
	}
	wantView(t, v)
}

// TestHostile feeds every motion with what no hand does.
func TestHostile(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	numbers := []float64{0, nan, inf, -inf, 1e308, -1e308, 1e-308, 1e5, -1e5}
	sizes := []int{0, -1, 1, math.MaxInt, math.MinInt}
	ups := []mgl64.Vec3{{}, {nan, 0, 1}, {inf, 0, 0}, {1e-300, 0, 0}, {1e300, 1e300, 0}, {0, 0, 1}}
	c := NewCoverage(render.Orbit{ElDeg: 20}.Turntable(frames[1], 8, w, h), frames[1])
	for _, a := range numbers {
		for _, b := range numbers {
			for i, w := range sizes {
				h := sizes[(i*3+1)%len(sizes)]
				v := Home(frames[1], 1)
				for _, up := range ups {
					wantView(t, Orbit(v, up, a, b, w, h))
					wantView(t, Look(v, up, a, b, w, h))
					wantView(t, Level(v, up))
					wantView(t, TurnTo(v, up, mgl64.Vec3{a, b, a}))
					wantView(t, TurnTo(v, up, v.Pose.Pos))
				}
				wantView(t, Pan(v, a, b, w, h))
				for _, radius := range numbers {
					wantView(t, Zoom(v, radius, a, b, a, w, h))
					wantView(t, Zoom(v, radius, 1, b, a, w, h))
				}
				wantView(t, rolled(v, a))
				wantView(t, FovBy(v, a))
				wantView(t, Fly(v, mgl64.Vec3{a, b, 1}, 1))
				wantView(t, Fly(v, mgl64.Vec3{0, 1, 0}, a))
				fly := NewFlight(v, Orbit(v, frames[1].Up, 100, 50, 640, 480), a)
				at, _ := fly.At(b)
				wantView(t, at)
				n := c.Clamp(v, Pan(v, a, b, w, h), w, h)
				wantView(t, n)
				if m := c.Of(n, w, h); !(m >= 0) {
					t.Fatalf("the measure is %v", m)
				}
			}
		}
	}
}

func TestNoGarbage(t *testing.T) {
	f := frames[0]
	v := Home(f, 1)
	to := Orbit(v, f.Up, 300, 100, w, h)
	fly := NewFlight(v, to, 1)
	c := NewCoverage(render.Orbit{ElDeg: 20}.Turntable(f, 8, w, h), f)
	outside := Orbit(v, f.Up, 0, -200, w, h)
	var in Inertia
	for name, f := range map[string]func(){
		"Orbit":   func() { v = Orbit(v, f.Up, 1, 2, w, h) },
		"Look":    func() { v = Look(v, f.Up, 1, 2, w, h) },
		"Pan":     func() { v = Pan(v, 1, 2, w, h) },
		"Zoom":    func() { v = Zoom(v, 1, 0.1, 2, 2, w, h) },
		"Level":   func() { v = Level(v, f.Up) },
		"Roll":    func() { v = rolled(v, 0.1) },
		"FovBy":   func() { v = FovBy(v, 0.1) },
		"Fly":     func() { v = Fly(v, mgl64.Vec3{0, 1, 0}, 0.01) },
		"Flight":  func() { v, _ = fly.At(0.3) },
		"Inertia": func() { in.Press(); in.Drag(3, 3, 0.01); in.Release(0); in.Step(0.01) },
		"Of":      func() { c.Of(v, w, h) },
		"Clamp":   func() { v = c.Clamp(to, outside, w, h) },
		"Camera":  func() { _ = v.Camera(w, h) },
	} {
		if n := testing.AllocsPerRun(20, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// dolly moves the eye towards the target as Zoom does with the cursor in the middle of the picture.
func dolly(v View, radius, steps float64) View { return Zoom(v, radius, steps, 0.5, 0.5, 1, 1) }

// rolled turns the view about its axis, so that the picture turns with the clock by an angle.
func rolled(v View, angle float64) View {
	n := v
	n.Pose.Rot = orthonormal(v.Pose.Rot.Mul3(rotation(mgl64.Vec3{0, 0, 1}, angle)))
	return settle(v, n)
}
