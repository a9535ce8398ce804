package mesh

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// A Hit is what a ray sees.
type Hit struct {
	Color [3]float64 // sRGB, of what covers the ray; 0 where nothing does
	Alpha float64    // how much of the ray is covered

	// Of the first surface whose own alpha is one half or more.
	Solid    bool       // there is one
	Distance float64    // along the ray, in world units
	Normal   mgl64.Vec3 // unit vector, towards the ray's origin
}

// Trace returns what a ray sees. It stands for a cone around it with an angle of so many radians, which textures are
// filtered for; 0 takes them as fine as they are.
func (s *Scene) Trace(r plucker.Ray, cone float64) Hit {
	var dirs [1]mgl64.Vec3
	var hits [1]hit
	dirs[0] = r.Dir
	b := beam{origin: r.Origin, dirs: dirs[:], hits: hits[:]}
	b.aim(0)
	s.cast(&b)
	l := s.look(&b, 0, cone)
	h := Hit{Alpha: float64(l.alpha), Solid: l.solid, Distance: l.distance, Normal: l.normal}
	if l.alpha > 0 {
		for k := range 3 {
			h.Color[k] = EncodeSRGB(float64(l.rgb[k] / l.alpha))
		}
	}
	return h
}

// light is what comes back along a ray: linear, and as much as alpha says.
type light struct {
	rgb      [3]float32
	alpha    float32
	solid    bool
	distance float64
	normal   mgl64.Vec3
}

// maxLayers bounds the transparent surfaces that a ray goes through.
const maxLayers = 64

// look takes what ray i of a beam has met, and goes on behind what is transparent.
func (s *Scene) look(b *beam, i int, cone float64) light {
	var l light
	var dirs [1]mgl64.Vec3
	var hits [1]hit
	h := b.hits[i]
	for range maxLayers {
		if h.triangle < 0 {
			break
		}
		m := &s.materials[s.triangles[h.triangle].material]
		c, normal := s.shade(&h, b.dirs[i], cone)
		switch {
		case m.alpha == opaque, m.alpha == masked && c[3] >= m.cutoff:
			c[3] = 1
		case m.alpha == masked:
			c[3] = 0
		}
		if c[3] >= 0.5 && !l.solid {
			l.solid, l.distance, l.normal = true, h.t, normal
		}
		left := (1 - l.alpha) * c[3]
		for k := range 3 {
			l.rgb[k] += left * c[k]
		}
		l.alpha += left
		if l.alpha > 0.999 {
			break
		}
		dirs[0] = b.dirs[i]
		one := beam{origin: b.origin, dirs: dirs[:], hits: hits[:]}
		one.aim(h.t)
		s.cast(&one)
		h = hits[0]
	}
	return l
}

// The light: from the sky, from the ground, and from a lamp. White that faces the lamp is hardly less than white.
const (
	skyLight    = 0.58
	groundLight = 0.32
	lampLight   = 0.42
)

var lamp = mgl64.Vec3{0.4, -0.5, 0.9}.Normalize() // towards it

// shade is the colour of a surface, linear and with straight alpha, and its normal, towards the ray's origin.
func (s *Scene) shade(h *hit, dir mgl64.Vec3, cone float64) (rgba [4]float32, normal mgl64.Vec3) {
	t := &s.triangles[h.triangle]
	m := &s.materials[t.material]
	a, b, c := &s.vertices[t.v[0]], &s.vertices[t.v[1]], &s.vertices[t.v[2]]
	w := [3]float64{1 - h.u - h.v, h.u, h.v}
	flat := b.pos.Sub(a.pos).Cross(c.pos.Sub(a.pos))
	normal = a.normal.Mul(w[0]).Add(b.normal.Mul(w[1])).Add(c.normal.Mul(w[2]))
	if length := normal.Len(); length > 1e-12 {
		normal = normal.Mul(1 / length)
	} else {
		normal = flat.Normalize()
	}
	if flat.Dot(dir) > 0 { // the back of a surface that has two sides
		normal = normal.Mul(-1)
	}

	rgba = m.base
	for k := range rgba {
		rgba[k] *= float32(w[0])*a.color[k] + float32(w[1])*b.color[k] + float32(w[2])*c.color[k]
	}
	var texels [textureUses][4]float32
	for use, tex := range m.textures {
		if tex == nil {
			continue
		}
		var at [2]float64
		for k := range 2 {
			at[k] = w[0]*float64(a.uv[use][k]) + w[1]*float64(b.uv[use][k]) + w[2]*float64(c.uv[use][k])
		}
		texels[use] = tex.at(at, footprint(a, b, c, use, flat, dir, cone*h.t))
	}
	if m.textures[baseTexture] != nil {
		for k := range rgba {
			rgba[k] *= texels[baseTexture][k]
		}
	}
	if !m.unlit {
		up := float32(normal[2])
		bright := groundLight + (skyLight-groundLight)*(1+up)/2 + lampLight*float32(max(normal.Dot(lamp), 0))
		for k := range 3 {
			glow := m.emissive[k]
			if m.textures[emissiveTexture] != nil {
				glow *= texels[emissiveTexture][k]
			}
			rgba[k] = rgba[k]*bright + glow
		}
	}
	return rgba, normal
}

// footprint is how large a ray of that width is on the triangle, as a share of the whole texture's side: the square root
// of the area.
func footprint(a, b, c *vertex, use int, flat, dir mgl64.Vec3, width float64) float64 {
	area := flat.Len()
	if width == 0 || area == 0 {
		return 0
	}
	u1, v1 := float64(b.uv[use][0]-a.uv[use][0]), float64(b.uv[use][1]-a.uv[use][1])
	u2, v2 := float64(c.uv[use][0]-a.uv[use][0]), float64(c.uv[use][1]-a.uv[use][1])
	slant := max(math.Abs(flat.Dot(dir))/area, 0.05)
	return width * math.Sqrt(math.Abs(u1*v2-u2*v1)/area/slant)
}
