package mesh

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// soup is a scene of random triangles.
func soup(n int, rng *rand.Rand) *Scene {
	point := func(size float64) mgl64.Vec3 {
		return mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}.Mul(size)
	}
	s := &Scene{materials: []material{{base: [4]float32{1, 1, 1, 1}}, {base: [4]float32{1, 1, 1, 1}, doubleSided: true}}}
	for range n {
		at := point(1)
		t := triangle{material: uint32(rng.IntN(2))}
		for k := range t.v {
			t.v[k] = uint32(len(s.vertices))
			s.vertices = append(s.vertices, vertex{pos: at.Add(point(0.2)), color: [4]float32{1, 1, 1, 1}})
		}
		s.triangles = append(s.triangles, t)
	}
	s.finish()
	return s
}

// nearest is the slow twin of cast: the plane of every triangle, and on which side of its edges the point lies.
func nearest(s *Scene, r plucker.Ray) (best float64, at int) {
	best, at = math.Inf(1), -1
	for i := range s.triangles {
		a, b, c := s.corners(&s.triangles[i])
		n := b.Sub(a).Cross(c.Sub(a)).Normalize()
		facing := r.Dir.Dot(n)
		if facing == 0 || facing > 0 && !s.materials[s.triangles[i].material].doubleSided {
			continue
		}
		t := a.Sub(r.Origin).Dot(n) / facing
		p := r.Origin.Add(r.Dir.Mul(t))
		inside := b.Sub(a).Cross(p.Sub(a)).Dot(n) >= 0 && c.Sub(b).Cross(p.Sub(b)).Dot(n) >= 0 && a.Sub(c).Cross(p.Sub(c)).Dot(n) >= 0
		if inside && t > 0 && t < best {
			best, at = t, i
		}
	}
	return best, at
}

func TestTraceIsItsTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	hits := 0
	for _, n := range []int{1, 4, 5, 60, 800} {
		s := soup(n, rng)
		for range 2000 {
			r := plucker.Ray{Origin: mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}.Mul(2)}
			r.Dir = mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}.Mul(0.3).Sub(r.Origin).Normalize()
			if rng.IntN(8) == 0 {
				r.Dir = mgl64.Vec3{0, 0, 1 - 2*float64(rng.IntN(2))} // along an axis
			}
			want, at := nearest(s, r)
			h := s.Trace(r, 0)
			if h.Solid != (at >= 0) || h.Solid && math.Abs(h.Distance-want) > 1e-9 {
				t.Fatalf("%d triangles, ray %v: %+v, want triangle %d at %v", n, r, h, at, want)
			}
			if h.Solid {
				hits++
				if h.Alpha != 1 || h.Normal.Dot(r.Dir) >= 0 || math.Abs(h.Normal.Len()-1) > 1e-12 {
					t.Fatalf("hit %+v of ray %v", h, r)
				}
			}
		}
	}
	if hits < 2000 {
		t.Errorf("%d of 10,000 rays hit something", hits)
	}
}

// A photograph's rays go through the tree together; they see what they see alone.
func TestPhotographIsItsTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	s := soup(300, rng)
	lens := plucker.Pinhole(plucker.LookAt(mgl64.Vec3{2, -3, 1}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 37, 29, 0.9)
	lens.Distortion = plucker.Distortion{K1: -0.1, P1: 0.01}
	inside := plucker.Pinhole(plucker.LookAt(mgl64.Vec3{}, mgl64.Vec3{1, 1, 0.2}, mgl64.Vec3{0, 0, 1}), 31, 33, 2)
	for _, cam := range []plucker.Camera{lens, inside} {
		p, err := s.Photograph(context.Background(), &cam, 2)
		if err != nil {
			t.Fatal(err)
		}
		covered := 0
		for y := range cam.Height {
			for x := range cam.Width {
				i := y*cam.Width + x
				var rgb [3]float64
				alpha := 0.0
				for k := range 4 {
					h := s.Trace(cam.Ray(float64(x)+0.25+0.5*float64(k%2), float64(y)+0.25+0.5*float64(k/2)), 0)
					for c := range rgb {
						rgb[c] += h.Alpha * float64(DecodeSRGB(h.Color[c]))
					}
					alpha += h.Alpha
				}
				want := [4]float64{1, 1, 1, alpha / 4}
				for c := range rgb {
					if alpha > 0 {
						want[c] = EncodeSRGB(rgb[c] / alpha)
					}
				}
				for c, v := range want {
					if got := p.Pix[4*i+c]; math.Abs(float64(got)-255*v) > 0.51 {
						t.Fatalf("pixel %d, %d: %v, want %v·255", x, y, p.Pix[4*i:][:4], want)
					}
				}
				if alpha > 0 {
					covered++
				}
				middle := cam.Ray(float64(x)+0.5, float64(y)+0.5)
				depth := 0.0
				if d, at := nearest(s, middle); at >= 0 {
					_, _, depth, _ = cam.Project(middle.Origin.Add(middle.Dir.Mul(d)))
				}
				if math.Abs(float64(p.Depth[i])-depth) > 1e-6*(1+depth) {
					t.Fatalf("pixel %d, %d: depth %v, want %v", x, y, p.Depth[i], depth)
				}
			}
		}
		if n := cam.Width * cam.Height; covered < n/5 || covered == n {
			t.Errorf("%d of %d pixels are covered", covered, n)
		}
	}
}

func TestPhotographIsTheSame(t *testing.T) {
	s := soup(200, rand.New(rand.NewPCG(5, 6)))
	cam := plucker.Pinhole(plucker.LookAt(mgl64.Vec3{3, 2, 1}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 64, 48, 0.8)
	var first *Photo
	for _, threads := range []int{1, 3, 8} {
		before := runtime.GOMAXPROCS(threads)
		p, err := s.Photograph(context.Background(), &cam, 3)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = p
		}
		if !bytes.Equal(p.Pix, first.Pix) || !slices.Equal(p.Depth, first.Depth) {
			t.Errorf("%d threads make another picture", threads)
		}
	}
}

func TestPhotographRefuses(t *testing.T) {
	s := soup(10, rand.New(rand.NewPCG(7, 8)))
	cam := plucker.Pinhole(plucker.LookAt(mgl64.Vec3{3, 2, 1}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 8, 8, 0.8)
	for _, n := range []int{-1, 0, MaxSamples + 1} {
		if _, err := s.Photograph(context.Background(), &cam, n); err == nil {
			t.Errorf("%d samples are taken", n)
		}
	}
	bad := cam
	bad.Intrinsics.Fx = math.NaN()
	if _, err := s.Photograph(context.Background(), &bad, 1); err == nil {
		t.Error("a camera without a focal length is taken")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Photograph(ctx, &cam, 1); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}
