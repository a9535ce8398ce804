package mesh

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

var white = [3]float64{1, 1, 1}

// solids are all that close a volume, with that of the true solid.
var solids = []struct {
	name   string
	add    func(b *Builder, at mgl64.Mat4, color [3]float64)
	volume float64
}{
	{"box", (*Builder).Box, 1},
	{"sphere", (*Builder).Sphere, math.Pi / 6},
	{"cylinder", (*Builder).Cylinder, math.Pi / 4},
	{"cone", (*Builder).Cone, math.Pi / 12},
}

// somewhere is a transform that turns, moves and stretches; with mirror it makes a mirror image.
func somewhere(rng *rand.Rand, mirror bool) mgl64.Mat4 {
	at := mgl64.Translate3D(rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()).
		Mul4(mgl64.HomogRotate3D(6*rng.Float64(), mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}.Normalize())).
		Mul4(mgl64.Scale3D(0.5+rng.Float64(), 0.5+rng.Float64(), 0.5+rng.Float64()))
	if mirror {
		return at.Mul4(mgl64.Scale3D(1, -1, 1))
	}
	return at
}

// rayAt is a ray from outside to somewhere in or near the unit cube.
func rayAt(rng *rand.Rand) plucker.Ray {
	eye := mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}.Normalize().Mul(3)
	to := mgl64.Vec3{rng.Float64() - 0.5, rng.Float64() - 0.5, rng.Float64() - 0.5}.Mul(1.2)
	return plucker.Ray{Origin: eye, Dir: to.Sub(eye).Normalize()}
}

// Every edge of a solid is met once in each direction, so that it is closed and all of its faces look to one side; by
// the sign of its volume (the divergence theorem) that is the outside.
func TestSolidsAreClosed(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, tt := range solids {
		for _, mirror := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/mirror=%v", tt.name, mirror), func(t *testing.T) {
				var b Builder
				at := somewhere(rng, mirror)
				tt.add(&b, at, white)
				s := b.Scene()
				edges := map[[2]mgl64.Vec3]int{}
				volume := 0.0
				for i := range s.triangles {
					p, q, r := s.corners(&s.triangles[i])
					volume += p.Sub(s.center).Dot(q.Sub(s.center).Cross(r.Sub(s.center))) / 6
					for _, e := range [][2]mgl64.Vec3{{p, q}, {q, r}, {r, p}} {
						edges[e]++
					}
					for _, v := range s.triangles[i].v {
						if n := s.vertices[v].normal; q.Sub(p).Cross(r.Sub(p)).Dot(n) <= 0 {
							t.Fatalf("triangle %d has the normal %v on its back", i, n)
						}
					}
				}
				for e, n := range edges {
					if back := edges[[2]mgl64.Vec3{e[1], e[0]}]; n != 1 || back != 1 {
						t.Fatalf("edge %v is there %d times, and %d times back", e, n, back)
					}
				}
				want := tt.volume * math.Abs(at.Mat3().Det())
				if !(volume <= want*(1+1e-9) && volume > 0.99*want) {
					t.Errorf("volume %v, want %v or hardly less", volume, want)
				}
			})
		}
	}
}

// The slab test in the cube's own space (Kay and Kajiya, Ray tracing complex scenes, 1986).
func TestBoxIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	hits := 0
	for range 20 {
		at := somewhere(rng, false)
		var b Builder
		b.Box(at, white)
		s := b.Scene()
		for range 200 {
			local := rayAt(rng)
			from, to := mgl64.TransformCoordinate(local.Origin, at), mgl64.TransformCoordinate(local.At(1), at)
			stretch := to.Sub(from).Len()
			near, far, axis := math.Inf(-1), math.Inf(1), 0
			for k := range 3 {
				t0, t1 := (-0.5-local.Origin[k])/local.Dir[k], (0.5-local.Origin[k])/local.Dir[k]
				if t0 > t1 {
					t0, t1 = t1, t0
				}
				if t0 > near {
					near, axis = t0, k
				}
				far = min(far, t1)
			}
			h := s.Trace(plucker.Ray{Origin: from, Dir: to.Sub(from).Mul(1 / stretch)}, 0)
			if h.Solid != (near < far) {
				t.Fatalf("ray %v: hit %v, from %v to %v", local, h.Solid, near, far)
			}
			if !h.Solid {
				continue
			}
			hits++
			var out mgl64.Vec3
			out[axis] = -math.Copysign(1, local.Dir[axis])
			out = at.Mat3().Inv().Transpose().Mul3x1(out).Normalize()
			if math.Abs(h.Distance-near*stretch) > 1e-9 || h.Normal.Sub(out).Len() > 1e-9 {
				t.Fatalf("ray %v: distance %v, normal %v, want %v, %v", local, h.Distance, h.Normal, near*stretch, out)
			}
		}
	}
	if hits < 1000 {
		t.Errorf("%d of 4000 rays hit", hits)
	}
}

// What is seen of round solids lies on their surface or at most as far inside as facets do, with a normal that turns
// from facet to facet by less than their angle.
func TestRoundSolids(t *testing.T) {
	const turn = 2 * math.Pi / roundFacets
	ball := math.Sqrt(1 - 2*math.Pow(math.Sin(turn/2), 2))
	circle := math.Cos(turn / 2)
	for _, tt := range []struct {
		name  string
		add   func(b *Builder, at mgl64.Mat4, color [3]float64)
		least float64
		// size is how much larger than the solid the one through p is, and normal its normal there.
		size func(p mgl64.Vec3) (size float64, normal mgl64.Vec3)
	}{
		{"sphere", (*Builder).Sphere, ball, func(p mgl64.Vec3) (float64, mgl64.Vec3) { return 2 * p.Len(), p.Normalize() }},
		{"cylinder", (*Builder).Cylinder, circle, func(p mgl64.Vec3) (float64, mgl64.Vec3) {
			r := math.Hypot(p[0], p[1])
			if caps := 2 * math.Abs(p[2]); caps > 1-1e-9 {
				return caps, mgl64.Vec3{0, 0, math.Copysign(1, p[2])}
			}
			return 2 * r, mgl64.Vec3{p[0] / r, p[1] / r, 0}
		}},
		{"cone", (*Builder).Cone, circle, func(p mgl64.Vec3) (float64, mgl64.Vec3) {
			if p[2] < -0.5+1e-9 {
				return -2 * p[2], mgl64.Vec3{0, 0, -1}
			}
			r := math.Hypot(p[0], p[1])
			return 2 * r / (0.5 - p[2]), mgl64.Vec3{2 * p[0] / r, 2 * p[1] / r, 1}.Normalize()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(5, 6))
			var b Builder
			tt.add(&b, mgl64.Ident4(), white)
			s := b.Scene()
			hits := 0
			for range 4000 {
				r := rayAt(rng)
				h := s.Trace(r, 0)
				if tt.name == "sphere" {
					nearest := 2 * r.Origin.Cross(r.Dir).Len() // of the line to the centre, in radii
					if h.Solid && nearest > 1+1e-9 || !h.Solid && nearest < ball {
						t.Fatalf("ray %v passes at %v radii: hit %v", r, nearest, h.Solid)
					}
				}
				if !h.Solid {
					continue
				}
				hits++
				p := r.At(h.Distance)
				if got, normal := tt.size(p); !(got > tt.least-1e-9 && got < 1+1e-9) || math.Acos(min(h.Normal.Dot(normal), 1)) > turn {
					t.Fatalf("ray %v hits %v with normal %v: size %v, want %v to 1, normal %v", r, p, h.Normal, got, tt.least, normal)
				}
			}
			if hits < 500 {
				t.Errorf("%d of 4000 rays hit", hits)
			}
		})
	}
}

func TestChecker(t *testing.T) {
	red, blue := [3]float64{1, 0, 0}, [3]float64{0, 0, 1}
	var b Builder
	b.Checker(mgl64.Scale3D(3, 3, 1), 3, red, blue)
	s := b.Scene()
	for y := range 3 {
		for x := range 3 {
			down := plucker.Ray{Origin: mgl64.Vec3{float64(x) - 0.8, float64(y) - 1.3, 2}, Dir: mgl64.Vec3{0, 0, -1}}
			h := s.Trace(down, 0)
			if red := h.Color[0] > h.Color[2]; !h.Solid || h.Distance != 2 || red != ((x+y)%2 == 0) {
				t.Errorf("square %d, %d: %+v", x, y, h)
			}
			up := plucker.Ray{Origin: mgl64.Vec3{float64(x) - 0.8, float64(y) - 1.3, -2}, Dir: mgl64.Vec3{0, 0, 1}}
			if h := s.Trace(up, 0); h.Alpha != 0 {
				t.Errorf("square %d, %d is seen from below: %+v", x, y, h)
			}
		}
	}
}

// Colours are sRGB: what faces the lamp is hardly darker than said, and as grey.
func TestBuilderColor(t *testing.T) {
	var b Builder
	grey := [3]float64{0.5, 0.5, 0.5}
	b.Checker(mgl64.Ident4(), 1, grey, white)
	h := b.Scene().Trace(plucker.Ray{Origin: mgl64.Vec3{0.1, 0.2, 1}, Dir: mgl64.Vec3{0, 0, -1}}, 0)
	bright := skyLight + lampLight*float32(lamp[2])
	if want := EncodeSRGB(float64(DecodeSRGB(0.5) * bright)); h.Color[0] != h.Color[1] || math.Abs(h.Color[0]-want) > 1e-6 {
		t.Errorf("colour %v, want %v", h.Color, want)
	}
}

// A scene that is varied looks as one whose solids were built larger, in the colour that comes out.
func TestVaried(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	size, color := mgl64.Vec3{0.85, 1.15, 1.05}, [3]float32{0.55, 1, 0.8}
	build := func(first mgl64.Mat4, color [3]float32) *Scene {
		rng := rand.New(rand.NewPCG(3, 4))
		var b Builder
		for _, solid := range solids {
			var sRGB [3]float64
			for k := range sRGB {
				sRGB[k] = EncodeSRGB(rng.Float64() * float64(color[k]))
			}
			solid.add(&b, first.Mul4(somewhere(rng, false)), sRGB)
		}
		return b.Scene()
	}
	plain := build(mgl64.Ident4(), [3]float32{1, 1, 1})
	center, radius := plain.Bounds()
	got, want := plain.Varied(size, color), build(mgl64.Scale3D(size[0], size[1], size[2]), color)
	if c, r := plain.Bounds(); c != center || r != radius {
		t.Errorf("the scene itself is within %v of %v now, was %v of %v", r, c, radius, center)
	}
	met := 0
	for range 2000 {
		r := rayAt(rng)
		a, b := got.Trace(r, 0), want.Trace(r, 0)
		if a.Solid != b.Solid || math.Abs(a.Distance-b.Distance) > 1e-9 || a.Normal.Sub(b.Normal).Len() > 1e-9 {
			t.Fatalf("%v meets %+v, want %+v", r, a, b)
		}
		for k := range 3 {
			if math.Abs(a.Color[k]-b.Color[k]) > 1e-5 {
				t.Fatalf("%v shows %v, want %v", r, a.Color, b.Color)
			}
		}
		if a.Solid {
			met++
		}
	}
	if met < 500 {
		t.Errorf("only %d rays meet something", met)
	}
}

func TestBuilderPanics(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(b *Builder)
	}{
		{"nothing", func(b *Builder) { b.Scene() }},
		{"twice", func(b *Builder) { b.Box(mgl64.Ident4(), white); b.Scene(); b.Scene() }},
		{"nowhere", func(b *Builder) { b.Box(mgl64.Translate3D(math.NaN(), 0, 0), white) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it does not panic")
				}
			}()
			tt.do(new(Builder))
		})
	}
}
