package dataset

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render/mesh"
)

// A Scene is a small world for an analytic ray tracer: balls, boxes and a checkered disc under one distant
// lamp. All of it is inside the unit ball, Z up, and around it there is white. Use [DefaultScene].
type Scene struct {
	balls []ball
	boxes []box
	floor disc
	lamp  mgl64.Vec3 // unit vector towards the lamp
}

// rgb is linear light while shading, and sRGB once encoded.
type rgb = mgl64.Vec3

type ball struct {
	center mgl64.Vec3
	radius float64
	color  rgb
	mirror float64 // share of the light that is reflected, 0 to 1
}

// A box stands on its base and is turned about Z by the angle whose cosine and sine are kept.
type box struct {
	center, half mgl64.Vec3
	cos, sin     float64
	color        rgb
}

// A disc is round and flat, its top at height z and its rim thick.
type disc struct {
	z, radius, thick float64
	square           float64 // side of a square of the checker
	colors           [2]rgb
	rim              rgb
}

// A surface is where a ray meets the scene.
type surface struct {
	t      float64 // along the ray
	normal mgl64.Vec3
	color  rgb
	gloss  float64
	mirror float64
}

const (
	floorZ    = -0.24
	lampLight = 0.85 // against ambient light of at most 0.5
	shine     = 60   // exponent of the highlight
	rayEps    = 1e-7 // rays leave a surface from this far above it
)

// DefaultScene returns the built-in scene: five balls, one of them a mirror, and two boxes on a checkered disc.
func DefaultScene() Scene {
	on := func(x, y, r float64) mgl64.Vec3 { return mgl64.Vec3{x, y, floorZ + r} }
	crate := func(x, y, z, hx, hy, hz, deg float64, c rgb) box {
		s, cos := math.Sincos(deg * math.Pi / 180)
		return box{center: mgl64.Vec3{x, y, z + hz}, half: mgl64.Vec3{hx, hy, hz}, cos: cos, sin: s, color: c}
	}
	return Scene{
		balls: []ball{
			{center: on(-0.30, 0.22, 0.27), radius: 0.27, color: srgb(0xd9, 0x4f, 0x3d)},
			{center: on(0.18, -0.45, 0.18), radius: 0.18, color: srgb(0x1f, 0x9a, 0x8f)},
			{center: on(-0.42, -0.36, 0.14), radius: 0.14, color: srgb(0xf2, 0xb1, 0x34)},
			{center: mgl64.Vec3{0.50, -0.08, floorZ + 0.24 + 0.11}, radius: 0.11, color: srgb(0x7b, 0x5e, 0xa7)},
			{center: on(0.30, 0.42, 0.20), radius: 0.20, color: srgb(0xf4, 0xf4, 0xf6), mirror: 0.9},
		},
		boxes: []box{
			crate(0.50, -0.08, floorZ, 0.14, 0.14, 0.12, 20, srgb(0x2f, 0x6d, 0xb5)),
			crate(-0.10, -0.16, floorZ, 0.09, 0.09, 0.20, -28, srgb(0xe8, 0xdc, 0xc4)),
		},
		floor: disc{
			z: floorZ, radius: 0.86, thick: 0.05, square: 0.215,
			colors: [2]rgb{srgb(0xee, 0xe9, 0xdf), srgb(0x6b, 0x7c, 0x8c)},
			rim:    srgb(0x8a, 0x5a, 0x3c),
		},
		lamp: mgl64.Vec3{0.45, -0.55, 1.0}.Normalize(),
	}
}

// Trace returns what the ray sees: its colour, sRGB in [0, 1], and the distance along the ray to what it
// hits. A ray that misses is white, and its depth is +Inf.
func (s *Scene) Trace(r plucker.Ray) (color [3]float64, depth float64, hit bool) {
	if _, far, ok := r.SphereHit(mgl64.Vec3{}, 1); !ok || far <= 0 {
		return [3]float64{1, 1, 1}, math.Inf(1), false
	}
	h, ok := s.hit(&r)
	if !ok {
		return [3]float64{1, 1, 1}, math.Inf(1), false
	}
	c := s.shade(&r, &h)
	if h.mirror > 0 {
		out := plucker.Ray{Origin: above(&r, &h), Dir: reflected(r.Dir, h.normal)}
		seen := sky(out.Dir)
		if far, ok := s.hit(&out); ok {
			seen = s.shade(&out, &far)
		}
		c = c.Mul(1 - h.mirror).Add(seen.Mul(h.mirror))
	}
	for k := range c {
		color[k] = mesh.EncodeSRGB(c[k])
	}
	return color, h.t, true
}

// hit returns the first surface in front of the ray's origin.
func (s *Scene) hit(r *plucker.Ray) (surface, bool) {
	first := surface{t: math.Inf(1)}
	var nearest *ball
	for i := range s.balls {
		if t := s.balls[i].hit(r); t < first.t {
			first.t, nearest = t, &s.balls[i]
		}
	}
	if b := nearest; b != nil {
		n := r.At(first.t).Sub(b.center).Mul(1 / b.radius)
		first = surface{t: first.t, normal: n, color: b.color, gloss: 0.35, mirror: b.mirror}
	}
	for i := range s.boxes {
		b := &s.boxes[i]
		if t, n := b.hit(r); t < first.t {
			first = surface{t: t, normal: n, color: b.color}
		}
	}
	if t, n := s.floor.hit(r); t < first.t {
		first = surface{t: t, normal: n, color: s.floor.colorAt(r.At(t), n)}
	}
	return first, !math.IsInf(first.t, 1)
}

// hit returns the distance at which the ray enters or else leaves the ball, +Inf for neither. It is
// plucker.Ray.SphereHit, written out because half of the renderer's time is spent here.
func (b *ball) hit(r *plucker.Ray) float64 {
	x, y, z := b.center[0]-r.Origin[0], b.center[1]-r.Origin[1], b.center[2]-r.Origin[2]
	mid := x*r.Dir[0] + y*r.Dir[1] + z*r.Dir[2]
	x, y, z = x-mid*r.Dir[0], y-mid*r.Dir[1], z-mid*r.Dir[2]
	h2 := b.radius*b.radius - (x*x + y*y + z*z)
	if h2 < 0 || mid+b.radius < 0 {
		return math.Inf(1)
	}
	h := math.Sqrt(h2)
	switch {
	case mid-h > 0:
		return mid - h
	case mid+h > 0:
		return mid + h
	}
	return math.Inf(1)
}

// hit is the slab test in the box's own axes.
func (b *box) hit(r *plucker.Ray) (float64, mgl64.Vec3) {
	o, d := b.turn(r.Origin.Sub(b.center), -b.sin), b.turn(r.Dir, -b.sin)
	t0, t1 := math.Inf(-1), math.Inf(1)
	var n0, n1 mgl64.Vec3
	for k := range 3 {
		if d[k] == 0 {
			if math.Abs(o[k]) > b.half[k] {
				return math.Inf(1), n0
			}
			continue
		}
		side := math.Copysign(1, d[k])
		if t := (-side*b.half[k] - o[k]) / d[k]; t > t0 {
			t0, n0 = t, mgl64.Vec3{}
			n0[k] = -side
		}
		if t := (side*b.half[k] - o[k]) / d[k]; t < t1 {
			t1, n1 = t, mgl64.Vec3{}
			n1[k] = side
		}
	}
	switch {
	case t0 > t1 || t1 <= 0:
		return math.Inf(1), n0
	case t0 > 0:
		return t0, b.turn(n0, b.sin)
	}
	return t1, b.turn(n1, b.sin)
}

// turn rotates v about Z by the box's angle, or back for −b.sin.
func (b *box) turn(v mgl64.Vec3, sin float64) mgl64.Vec3 {
	return mgl64.Vec3{b.cos*v[0] - sin*v[1], sin*v[0] + b.cos*v[1], v[2]}
}

// hit meets the two flat sides, then the rim.
func (f *disc) hit(r *plucker.Ray) (float64, mgl64.Vec3) {
	best, n := math.Inf(1), mgl64.Vec3{}
	o, d := r.Origin, r.Dir
	for _, side := range [2]struct{ z, up float64 }{{f.z, 1}, {f.z - f.thick, -1}} {
		t := (side.z - o[2]) / d[2] // ±Inf or NaN for a level ray, which fails the test
		x, y := o[0]+t*d[0], o[1]+t*d[1]
		if t > 0 && t < best && x*x+y*y <= f.radius*f.radius {
			best, n = t, mgl64.Vec3{0, 0, side.up}
		}
	}
	// |o + t·d|² = radius² in x and y.
	a, b := d[0]*d[0]+d[1]*d[1], o[0]*d[0]+o[1]*d[1]
	disc := b*b - a*(o[0]*o[0]+o[1]*o[1]-f.radius*f.radius)
	if a == 0 || disc < 0 {
		return best, n
	}
	root := math.Sqrt(disc)
	for _, t := range [2]float64{(-b - root) / a, (-b + root) / a} {
		z := o[2] + t*d[2]
		if t > 0 && t < best && z <= f.z && z >= f.z-f.thick {
			best, n = t, mgl64.Vec3{(o[0] + t*d[0]) / f.radius, (o[1] + t*d[1]) / f.radius, 0}
		}
	}
	return best, n
}

// colorAt is the checker on top and the rim's colour elsewhere.
func (f *disc) colorAt(p, n mgl64.Vec3) rgb {
	const border = 0.93 // of the radius; beyond it the top has the rim's colour
	if n[2] <= 0 || math.Hypot(p[0], p[1]) > border*f.radius {
		return f.rim
	}
	i := int(math.Floor(p[0]/f.square)) + int(math.Floor(p[1]/f.square))
	return f.colors[i&1]
}

// shade returns the light, linear, which h sends back along r: ambient from the sky, dimmed by the balls
// near by, and the lamp's diffuse light and highlight where it is not in shadow.
func (s *Scene) shade(r *plucker.Ray, h *surface) rgb {
	p := above(r, h)
	ambient := 0.36 + 0.14*h.normal[2]
	for i := range s.balls {
		// A ball of radius R at distance D hides R²/D² of the light that comes along the normal's cosine
		// (its form factor, where it is wholly above the surface).
		to := s.balls[i].center.Sub(p)
		dist2, radius := to.Dot(to), s.balls[i].radius
		if cos := h.normal.Dot(to) / math.Sqrt(dist2); cos > 0 {
			ambient *= 1 - 0.8*cos*min(radius*radius/dist2, 1)
		}
	}
	c := h.color.Mul(ambient)
	toLamp := h.normal.Dot(s.lamp)
	if toLamp <= 0 {
		return c
	}
	if s.dark(&plucker.Ray{Origin: p, Dir: s.lamp}) {
		return c
	}
	c = c.Add(h.color.Mul(lampLight * toLamp))
	if h.gloss > 0 {
		half := s.lamp.Sub(r.Dir).Normalize()
		spot := h.gloss * math.Pow(max(0, half.Dot(h.normal)), shine)
		c = c.Add(rgb{spot, spot, spot})
	}
	return c
}

// dark reports whether something is between the ray's origin and the lamp. The disc never is: what is below
// it faces away.
func (s *Scene) dark(r *plucker.Ray) bool {
	for i := range s.balls {
		if !math.IsInf(s.balls[i].hit(r), 1) {
			return true
		}
	}
	for i := range s.boxes {
		if t, _ := s.boxes[i].hit(r); !math.IsInf(t, 1) {
			return true
		}
	}
	return false
}

// above is the point of the hit, lifted off the surface on the side the ray came from.
func above(r *plucker.Ray, h *surface) mgl64.Vec3 {
	n := h.normal
	if n.Dot(r.Dir) > 0 {
		n = n.Mul(-1)
	}
	return r.At(h.t).Add(n.Mul(rayEps))
}

func reflected(d, n mgl64.Vec3) mgl64.Vec3 { return d.Sub(n.Mul(2 * d.Dot(n))) }

// sky is what the mirror sees where there is nothing, so that it stands out from the white around the scene:
// pale at the horizon, blue above, grey below.
func sky(d mgl64.Vec3) rgb {
	horizon, zenith, ground := rgb{0.80, 0.86, 0.92}, rgb{0.16, 0.32, 0.62}, rgb{0.35, 0.34, 0.33}
	if d[2] < 0 {
		return mix(horizon, ground, min(1, -4*d[2]))
	}
	return mix(horizon, zenith, math.Sqrt(d[2]))
}

func mix(a, b rgb, t float64) rgb { return a.Mul(1 - t).Add(b.Mul(t)) }

// srgb is the linear light of an sRGB colour given in bytes.
func srgb(r, g, b byte) rgb {
	var c rgb
	for k, x := range [3]byte{r, g, b} {
		c[k] = math.Pow((float64(x)/255+0.055)/1.055, 2.4) // all of ours are above the linear toe
	}
	return c
}
