package dataset

import (
	"bytes"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// someRay passes through the unit ball from outside.
func someRay(rng *rand.Rand) plucker.Ray {
	unit := func() mgl64.Vec3 {
		for {
			v := mgl64.Vec3{2*rng.Float64() - 1, 2*rng.Float64() - 1, 2*rng.Float64() - 1}
			if l := v.Len(); l < 1 && l > 0.1 {
				return v.Mul(1 / l)
			}
		}
	}
	o, p := unit().Mul(1.5+3*rng.Float64()), unit().Mul(rng.Float64())
	return plucker.Ray{Origin: o, Dir: p.Sub(o).Normalize()}
}

// solid reports whether p is inside a thing of the scene by more than eps.
func (s *Scene) solid(p mgl64.Vec3, eps float64) bool {
	for i := range s.balls {
		if p.Sub(s.balls[i].center).Len() < s.balls[i].radius-eps {
			return true
		}
	}
	for i := range s.boxes {
		b := &s.boxes[i]
		q := b.turn(p.Sub(b.center), -b.sin)
		if math.Abs(q[0]) < b.half[0]-eps && math.Abs(q[1]) < b.half[1]-eps && math.Abs(q[2]) < b.half[2]-eps {
			return true
		}
	}
	f := &s.floor
	return math.Hypot(p[0], p[1]) < f.radius-eps && p[2] < f.z-eps && p[2] > f.z-f.thick+eps
}

// TestTraceDepth: along a ray there is nothing before the depth, and something right behind it.
func TestTraceDepth(t *testing.T) {
	s, rng := DefaultScene(), rand.New(rand.NewPCG(1, 2))
	hits := 0
	for range 3000 {
		r := someRay(rng)
		c, depth, hit := s.Trace(r)
		for _, x := range c {
			if !(x >= 0 && x <= 1) {
				t.Fatalf("Trace(%v) has colour %v", r, c)
			}
		}
		end := depth
		if hit {
			hits++
			p := r.At(depth)
			if p.Len() >= 1 {
				t.Fatalf("%v hits at %v, outside the unit ball", r, p)
			}
			// On the surface: not inside, but within 1e-9 of being so, in one of the ways to go inwards.
			if s.solid(p, 1e-9) {
				t.Fatalf("%v hits at %v, which is inside", r, p)
			}
			if !s.solid(p, -1e-9) {
				t.Fatalf("%v hits at %v, where there is nothing", r, p)
			}
		} else if end = 8; !math.IsInf(depth, 1) || c != [3]float64{1, 1, 1} {
			t.Fatalf("%v misses with %v at %v, want white at +Inf", r, c, depth)
		}
		for k := range 200 {
			if p := r.At(end * float64(k) / 200); s.solid(p, 1e-9) {
				t.Fatalf("%v has depth %v, but %v is inside something", r, depth, p)
			}
		}
	}
	if hits < 300 {
		t.Errorf("only %d rays hit: the scene is too small for this test", hits)
	}
}

// TestTraceIsALightField: where the origin slides along a free ray, the colour stays and the depth follows.
func TestTraceIsALightField(t *testing.T) {
	s, rng := DefaultScene(), rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		r := someRay(rng)
		back := plucker.Ray{Origin: r.At(-2), Dir: r.Dir}
		c, d, hit := s.Trace(r)
		c2, d2, hit2 := s.Trace(back)
		if hit != hit2 || hit && math.Abs(d2-d-2) > 1e-9 {
			t.Fatalf("depth %v becomes %v two units back from %v", d, d2, r)
		}
		for k := range c {
			// 1e-7 above the surface the shadow's edge has a width; nothing else may jump.
			if math.Abs(c[k]-c2[k]) > 1e-6 {
				t.Fatalf("colour %v becomes %v two units back from %v", c, c2, r)
			}
		}
	}
}

func TestTraceKnownRays(t *testing.T) {
	s := DefaultScene()
	red := s.balls[0]
	for _, tt := range []struct {
		name  string
		ray   plucker.Ray
		depth float64
	}{
		{"on the floor from above", plucker.Ray{Origin: mgl64.Vec3{0.1, 0.6, 2}, Dir: mgl64.Vec3{0, 0, -1}}, 2 - floorZ},
		{"on the floor from below", plucker.Ray{Origin: mgl64.Vec3{0, 0, -2}, Dir: mgl64.Vec3{0, 0, 1}}, 2 + floorZ - s.floor.thick},
		{"the rim", plucker.Ray{Origin: mgl64.Vec3{-2, 0, floorZ - 0.02}, Dir: mgl64.Vec3{1, 0, 0}}, 2 - s.floor.radius},
		{"the red ball's pole", plucker.Ray{Origin: red.center.Add(mgl64.Vec3{0, 0, 3}), Dir: mgl64.Vec3{0, 0, -1}}, 3 - red.radius},
		{"from inside the red ball", plucker.Ray{Origin: red.center, Dir: mgl64.Vec3{1, 0, 0}}, red.radius},
		{"a crate's lid", plucker.Ray{Origin: mgl64.Vec3{-0.1, -0.16, 2}, Dir: mgl64.Vec3{0, 0, -1}}, 2 - floorZ - 0.4},
		{"over everything", plucker.Ray{Origin: mgl64.Vec3{-2, 0, 0.5}, Dir: mgl64.Vec3{1, 0, 0}}, math.Inf(1)},
		{"away from it", plucker.Ray{Origin: mgl64.Vec3{-2, 0, 0}, Dir: mgl64.Vec3{-1, 0, 0}}, math.Inf(1)},
	} {
		if _, d, hit := s.Trace(tt.ray); !(math.Abs(d-tt.depth) < 1e-12 || d == tt.depth) || hit == math.IsInf(tt.depth, 1) {
			t.Errorf("%s: depth %v, hit %v, want %v", tt.name, d, hit, tt.depth)
		}
	}
}

func TestProcedural(t *testing.T) {
	o := RenderOptions{Views: 5, TestViews: 3, Size: 24, Samples: 2, Seed: 7}
	s := Procedural(o)
	if len(s.Split(Train)) != 5 || len(s.Split(Test)) != 3 || s.Frame != plucker.UnitFrame() {
		t.Fatalf("%d training and %d test views in frame %v", len(s.Split(Train)), len(s.Split(Test)), s.Frame)
	}
	scene := DefaultScene()
	for _, v := range s.Views {
		if err := v.Camera.Validate(); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
		if eye := v.Camera.Pose.Pos; math.Abs(eye.Len()-viewDistance) > 1e-9 || eye[2] <= 0 {
			t.Errorf("%s: camera at %v, want it %v above the horizon", v.Name, eye, viewDistance)
		}
		covered := 0
		for i := 3; i < len(v.Pix); i += 4 {
			if v.Pix[i] > 0 {
				covered++
			}
			x, y := i/4%24, i/4/24
			if edge := x == 0 || y == 0 || x == 23 || y == 23; edge && v.Pix[i] > 0 {
				t.Errorf("%s: the scene reaches the edge of the image at (%d, %d)", v.Name, x, y)
			}
		}
		if covered < 24*24/8 {
			t.Errorf("%s: only %d of %d pixels see the scene", v.Name, covered, 24*24)
		}
		// A pixel with the same colour in all of its samples has that colour.
		for i := 0; i < len(v.Pix); i += 4 {
			x, y := float64(i/4%24), float64(i/4/24)
			c, _, hit := scene.Trace(v.Camera.Ray(x+0.25, y+0.25))
			for _, d := range [][2]float64{{0.75, 0.25}, {0.25, 0.75}, {0.75, 0.75}} {
				c2, _, hit2 := scene.Trace(v.Camera.Ray(x+d[0], y+d[1]))
				if c2 != c || hit2 != hit {
					hit = false
				}
			}
			if want := byte(c[0]*255 + 0.5); hit && (v.Pix[i] != want || v.Pix[i+3] != 255) {
				t.Errorf("%s: pixel %d = %v, want red %d", v.Name, i/4, v.Pix[i:i+4], want)
			}
		}
	}

	// The same bytes whatever GOMAXPROCS, other cameras for another seed.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	again := Procedural(o)
	o.Seed++
	other := Procedural(o)
	for i := range s.Views {
		if !bytes.Equal(s.Views[i].Pix, again.Views[i].Pix) {
			t.Errorf("view %d differs with GOMAXPROCS 1", i)
		}
		if bytes.Equal(s.Views[i].Pix, other.Views[i].Pix) {
			t.Errorf("view %d is the same with another seed", i)
		}
	}
	for i, v := range s.Views {
		for _, w := range s.Views[:i] {
			if v.Camera.Pose.Pos.Sub(w.Camera.Pose.Pos).Len() < 0.05 {
				t.Errorf("%s and %s are taken from the same place", v.Name, w.Name)
			}
		}
	}
}

func BenchmarkTrace(b *testing.B) {
	s := Procedural(RenderOptions{Views: 1, TestViews: -1, Size: 8})
	scene, cam := DefaultScene(), s.Views[0].Camera.Scaled(128, 128)
	n := 0
	for b.Loop() {
		scene.Trace(cam.Ray(float64(n%128), float64(n/128%128)))
		n++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rays/s")
}
