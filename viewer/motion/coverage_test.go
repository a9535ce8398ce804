package motion

import (
	"fmt"
	"math"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render"
)

// A capture is a way in which people take photographs.
type capture struct {
	name string
	cams []plucker.Camera
	f    plucker.Frame
}

// hemisphere returns n cameras spread evenly over the upper half of a sphere of radius 4, as in NeRF's data.
func hemisphere(n int) capture {
	c := capture{name: fmt.Sprintf("hemisphere of %d", n)}
	for i := range n {
		z := (float64(i) + 0.5) / float64(n)
		sin, cos := math.Sincos(float64(i) * math.Pi * (3 - math.Sqrt(5)))
		r := math.Sqrt(1 - z*z)
		eye := mgl64.Vec3{cos * r, sin * r, z}.Mul(4)
		c.cams = append(c.cams, plucker.Pinhole(plucker.LookAt(eye, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 400, 400, 0.69))
	}
	c.f = plucker.FrameOf(c.cams)
	return c
}

// cluster returns 5×5 cameras that look the same way from a small window, as in LLFF's data.
func cluster() capture {
	c := capture{name: "cluster"}
	for i := range 25 {
		eye := mgl64.Vec3{5 + float64(i%5-2)*0.2, float64(i/5-2) * 0.15, 4}
		c.cams = append(c.cams, plucker.Pinhole(plucker.LookAt(eye, mgl64.Vec3{5, 0, 0}, mgl64.Vec3{0, 1, 0}), 640, 480, 0.9))
	}
	c.f = plucker.FrameOf(c.cams)
	return c
}

// ring returns n cameras around the scene at the same height, far from the world's origin.
func ring(n int) capture {
	f := plucker.Frame{Center: mgl64.Vec3{100, -50, 7}, Radius: 12, Up: mgl64.Vec3{0, 1, 0}}
	return capture{fmt.Sprintf("ring of %d", n), render.Orbit{ElDeg: 15}.Turntable(f, n, 320, 240), f}
}

func captures() []capture {
	return []capture{hemisphere(100), hemisphere(20), hemisphere(300), cluster(), ring(24), ring(2)}
}

func TestPhotographsAreInside(t *testing.T) {
	for _, cp := range captures() {
		c := NewCoverage(cp.cams, cp.f)
		for i := range cp.cams {
			cam := &cp.cams[i]
			v := FromCamera(cam, cp.f)
			if m := c.Of(v, cam.Width, cam.Height); m != 0 {
				t.Errorf("%s: camera %d is %v outside", cp.name, i, m)
			}
			// Straight back is along the ray in the middle of the picture; from very far back, those at the sides of
			// a wide picture come in from elsewhere.
			for steps, most := range map[float64]float64{1: 0, -3: 0, -10: 0, -20: 0.4} {
				n := dolly(v, cp.f.Radius, steps)
				if m := c.Of(n, cam.Width, cam.Height); m > most {
					t.Errorf("%s: camera %d, %v steps nearer, is %v outside", cp.name, i, steps, m)
				}
			}
			if m := c.Of(FovBy(v, 3), cam.Width, cam.Height); m != 0 {
				t.Errorf("%s: camera %d with a longer lens is %v outside", cp.name, i, m)
			}
			if m := c.Of(rolled(v, 0.5), 100, 100); m != 0 {
				t.Errorf("%s: camera %d rolled is %v outside", cp.name, i, m)
			}
		}
	}
}

func TestOutside(t *testing.T) {
	orbit := func(cp capture, az, el float64) View {
		cam := render.Orbit{AzDeg: az, ElDeg: el}.Camera(cp.f, w, h)
		return FromCamera(&cam, cp.f)
	}
	for _, tt := range []struct {
		cp      capture
		az, el  float64
		outside bool
	}{
		{hemisphere(100), 33, 40, false},
		{hemisphere(100), 200, 5, false},
		{hemisphere(100), 200, 89, false},
		{hemisphere(100), 33, -60, true},
		{hemisphere(100), 200, -89, true},
		{ring(24), 7, 15, false},
		{ring(24), 100, 10, false},
		{ring(24), 100, 80, true},
		{ring(24), 100, -60, true},
		{ring(2), 0, 15, false},
		{ring(2), 90, 15, true},
		{ring(2), 0, -80, true},
		{cluster(), 0, 0, false},
		{cluster(), 3, -3, false},
		{cluster(), 40, 0, true},
		{cluster(), 180, 0, true},
		{cluster(), 0, -60, true},
	} {
		c := NewCoverage(tt.cp.cams, tt.cp.f)
		v := orbit(tt.cp, tt.az, tt.el)
		if tt.cp.name == "cluster" { // whose up is found from the cameras, and so is not exactly +Y
			v = FromCamera(&tt.cp.cams[12], tt.cp.f)
			v = Orbit(v, tt.cp.f.Up, -tt.az/180*w, tt.el/180*w, w, h)
		}
		m := c.Of(v, w, h)
		if tt.outside && !(m >= 1) || !tt.outside && m != 0 {
			t.Errorf("%s: azimuth %v, elevation %v is %v outside", tt.cp.name, tt.az, tt.el, m)
		}
	}
}

// TestMeasureGrows lowers a view below the hemisphere: the measure is 0, then grows without falling back.
func TestMeasureGrows(t *testing.T) {
	cp := hemisphere(100)
	c := NewCoverage(cp.cams, cp.f)
	last := 0.
	for el := 10.; el > -90; el-- {
		cam := render.Orbit{AzDeg: 20, ElDeg: el}.Camera(cp.f, w, h)
		m := c.Of(FromCamera(&cam, cp.f), w, h)
		if m < last-0.02 || m > last+0.2 || el >= 0 && m != 0 {
			t.Errorf("at elevation %v the measure is %v, after %v", el, m, last)
		}
		last = m
	}
}

func TestInTheBall(t *testing.T) {
	cp := hemisphere(100)
	c := NewCoverage(cp.cams, cp.f)
	v := FromCamera(&cp.cams[50], cp.f)
	v.Pose.Pos = cp.f.Center.Sub(v.Pose.Forward().Mul(0.3 * cp.f.Radius))
	if m := c.Of(v, w, h); !(m >= 1) {
		t.Errorf("0.3 radii from the middle, a view is %v outside", m)
	}
	// A camera of the photographs may stand there.
	cam := v.Camera(w, h)
	if m := NewCoverage(append(cp.cams, cam), cp.f).Of(v, w, h); m != 0 {
		t.Errorf("where a photograph was taken, a view is %v outside", m)
	}
}

func TestLooksAway(t *testing.T) {
	cp := hemisphere(100)
	c := NewCoverage(cp.cams, cp.f)
	v := FromCamera(&cp.cams[50], cp.f)
	last := 0.
	for range 7 {
		v = Look(v, cp.f.Up, w/2, 0, w, h)
		m := c.Of(v, w, h)
		if m < last {
			t.Errorf("looking further away, the measure falls from %v to %v", last, m)
		}
		last = m
	}
	if !(last > 1.5) {
		t.Errorf("a view of nothing is %v outside", last)
	}
}

// TestRoom has photographs that were taken in the middle and look outwards, in a frame of the cameras and in one of
// the room.
func TestRoom(t *testing.T) {
	var cams []plucker.Camera
	for i := range 24 {
		sin, cos := math.Sincos(float64(i) * 2 * math.Pi / 24)
		out := mgl64.Vec3{cos, sin}
		cams = append(cams, plucker.Pinhole(plucker.LookAt(out.Mul(0.3), out.Mul(3), mgl64.Vec3{0, 0, 1}), 300, 200, 1))
	}
	for _, f := range []plucker.Frame{plucker.FrameOf(cams), {Radius: 4, Up: mgl64.Vec3{0, 0, 1}}} {
		c := NewCoverage(cams, f)
		for i := range cams {
			v := FromCamera(&cams[i], f)
			if m := c.Of(v, 300, 200); m != 0 {
				t.Errorf("radius %v: camera %d is %v outside", f.Radius, i, m)
			}
			if n := Look(v, f.Up, 30, 0, 300, 200); c.Of(n, 300, 200) != 0 {
				t.Errorf("radius %v: beside camera %d, a view is %v outside", f.Radius, i, c.Of(n, 300, 200))
			}
			v.Pose = plucker.LookAt(mgl64.Vec3{0, 0, 0.3}, mgl64.Vec3{0, 0, 5}, mgl64.Vec3{1, 0, 0})
			if m := c.Of(v, 300, 200); !(m >= 1) {
				t.Errorf("radius %v: a view of the ceiling is %v outside", f.Radius, m)
			}
		}
	}
}

func TestNoPhotographs(t *testing.T) {
	f := frames[0]
	c := NewCoverage(nil, f)
	v := Home(f, 1)
	to := Orbit(v, f.Up, 0, -1e5, w, h)
	if m := c.Of(to, w, h); m != 0 {
		t.Errorf("without photographs, a view is %v outside", m)
	}
	if n := c.Clamp(v, to, w, h); n != to {
		t.Errorf("without photographs, Clamp changes %v to %v", to, n)
	}
}

func TestLoneCamera(t *testing.T) {
	f := frames[1]
	cam := render.Orbit{ElDeg: 20}.Camera(f, 100, 100)
	c := NewCoverage([]plucker.Camera{cam}, f)
	v := FromCamera(&cam, f)
	for angle, outside := range map[float64]bool{0: false, 8: false, 45: true, 170: true} {
		if m := c.Of(Orbit(v, f.Up, angle/180*w, 0, w, h), w, h); (m >= 1) != outside || !outside && m != 0 {
			t.Errorf("%v° beside the only camera, a view is %v outside", angle, m)
		}
	}
}

// TestClampSlides drags down and to the right, over and over: the view stops at the border below and goes on
// around the scene.
func TestClampSlides(t *testing.T) {
	for _, cp := range []capture{hemisphere(100), ring(24)} {
		c := NewCoverage(cp.cams, cp.f)
		from := FromCamera(&cp.cams[0], cp.f)
		v, turned := from, 0.
		for range 150 {
			to := Orbit(v, cp.f.Up, -4, -4, w, h)
			n := c.Clamp(v, to, w, h)
			wantView(t, n)
			if m := c.Of(n, w, h); m != 0 {
				t.Fatalf("%s: Clamp leads %v outside", cp.name, m)
			}
			if apart(v, n) > 1.5*apart(v, to)+1e-9 {
				t.Fatalf("%s: Clamp jumps by %v, the hand by %v", cp.name, apart(v, n), apart(v, to))
			}
			if r := roll(n, cp.f.Up); math.Abs(r) > 1e-6 {
				t.Fatalf("%s: Clamp rolls the picture by %v", cp.name, r)
			}
			if d := n.Target().Sub(from.Target()).Len(); d > 1e-6*cp.f.Radius || math.Abs(n.Pivot-from.Pivot) > 1e-9*cp.f.Radius {
				t.Fatalf("%s: Clamp moves the target by %v", cp.name, d)
			}
			a, b := levelOf(v, cp.f.Up), levelOf(n, cp.f.Up)
			turned += azimuth(&a, a.right, b.right)
			v = n
		}
		if full := 150 * 4 * math.Pi / w; !(turned > 0.7*full) {
			t.Errorf("%s: along the border, the view turned by %v, want about %v", cp.name, turned, full)
		}
		if e := deg(elevation(v, cp.f.Up)); !(e < 0 && e > -60) {
			t.Errorf("%s: the border is at elevation %v°", cp.name, e)
		}
	}
}

// TestClampOfEveryMotion pushes against the border with each motion; Clamp never leads out.
func TestClampOfEveryMotion(t *testing.T) {
	for _, cp := range []capture{hemisphere(50), cluster(), ring(12)} {
		c := NewCoverage(cp.cams, cp.f)
		for name, move := range map[string]func(View) View{
			"orbit":   func(v View) View { return Orbit(v, cp.f.Up, 9, -5, w, h) },
			"look":    func(v View) View { return Look(v, cp.f.Up, 9, 5, w, h) },
			"pan":     func(v View) View { return Pan(v, 12, -7, w, h) },
			"zoom":    func(v View) View { return Zoom(v, cp.f.Radius, 0.5, 10, 10, w, h) },
			"out":     func(v View) View { return Zoom(v, cp.f.Radius, -0.5, 10, 10, w, h) },
			"forward": func(v View) View { return Fly(v, mgl64.Vec3{0.2, 0, -1}, 0.05*cp.f.Radius) },
			"side":    func(v View) View { return Fly(v, mgl64.Vec3{1, 0.1, 0}, 0.05*cp.f.Radius) },
			"fov":     func(v View) View { return FovBy(v, -0.3) },
			"home":    func(v View) View { return mix(v, Home(cp.f, 1), 0.05) },
		} {
			v := FromCamera(&cp.cams[0], cp.f)
			start := v
			for range 60 {
				to := move(v)
				n := c.Clamp(v, to, w, h)
				wantView(t, n)
				if m, was := c.Of(n, w, h), c.Of(v, w, h); m > was {
					t.Fatalf("%s, %s: Clamp leads from %v to %v outside", cp.name, name, was, m)
				}
				if name != "orbit" && name != "look" && name != "home" && n.Pose.Rot != v.Pose.Rot {
					t.Fatalf("%s, %s: Clamp turns the view", cp.name, name)
				}
				if name == "look" && n.Pose.Pos != v.Pose.Pos {
					t.Fatalf("%s, %s: Clamp moves the eye", cp.name, name)
				}
				v = n
			}
			if v == start {
				t.Errorf("%s, %s: nothing moves", cp.name, name)
			}
		}
	}
}

// TestClampFromOutside comes back from below the ground, but goes no further.
func TestClampFromOutside(t *testing.T) {
	cp := hemisphere(100)
	c := NewCoverage(cp.cams, cp.f)
	cam := render.Orbit{ElDeg: -45}.Camera(cp.f, w, h)
	v := FromCamera(&cam, cp.f)
	up := Orbit(v, cp.f.Up, 0, 10, w, h)
	if n := c.Clamp(v, up, w, h); n != up {
		t.Errorf("a motion back leads from %v to %v, want %v", v, n, up)
	}
	down := c.Clamp(v, Orbit(v, cp.f.Up, 0, -10, w, h), w, h)
	if e := deg(elevation(down, cp.f.Up)); e < -45.1 {
		t.Errorf("a motion further out leads to elevation %v°", e)
	}
}

func BenchmarkCoverage(b *testing.B) {
	for _, n := range []int{100, 300, 1000} {
		cp := hemisphere(n)
		c := NewCoverage(cp.cams, cp.f)
		inside := FromCamera(&cp.cams[n/2], cp.f)
		cam := render.Orbit{ElDeg: -45}.Camera(cp.f, w, h)
		for name, v := range map[string]View{"inside": inside, "outside": FromCamera(&cam, cp.f)} {
			b.Run(fmt.Sprintf("cameras=%d/view=%s", n, name), func(b *testing.B) {
				for b.Loop() {
					c.Of(v, w, h)
				}
			})
		}
	}
	cp := hemisphere(300)
	c := NewCoverage(cp.cams, cp.f)
	v := FromCamera(&cp.cams[0], cp.f)
	for range 100 {
		v = c.Clamp(v, Orbit(v, cp.f.Up, -4, -4, w, h), w, h)
	}
	to := Orbit(v, cp.f.Up, -4, -4, w, h)
	b.Run("cameras=300/clamp", func(b *testing.B) {
		for b.Loop() {
			c.Clamp(v, to, w, h)
		}
	})
}

// A fisheye that sees what is beside and behind it sees what is in front.
func TestWideFisheye(t *testing.T) {
	f := plucker.UnitFrame()
	cam := Home(f, 1).Camera(100, 100)
	cam.Distortion.Fisheye = true
	for _, fov := range []float64{170, 180, 220} {
		cam.Intrinsics.Fx = 50 / (fov / 2 * math.Pi / 180)
		cam.Intrinsics.Fy = cam.Intrinsics.Fx
		s := newShot(&cam, f)
		for _, p := range []mgl64.Vec3{{}, {0.5, 0, 0}, {0, -0.5, 0.5}} {
			if !s.sees(p) {
				t.Errorf("a fisheye of %v° does not see %v: %+v", fov, p, s)
			}
		}
	}
}
