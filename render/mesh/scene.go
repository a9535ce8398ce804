package mesh

import (
	"math"
	"slices"

	"github.com/go-gl/mathgl/mgl64"
)

// A Scene is a set of triangles with materials, ready to be looked at. Its methods may be called concurrently.
type Scene struct {
	Warnings []string // what a user should be told of its file, one line each

	vertices  []vertex
	triangles []triangle // in the order of the tree's leaves
	materials []material
	nodes     []node

	center mgl64.Vec3
	radius float64
}

// vertex is a corner of triangles. Where surfaces meet in an edge, there are two.
type vertex struct {
	pos, normal mgl64.Vec3
	uv          [textureUses][2]float32
	color       [4]float32 // linear
}

// What a material takes textures for.
const (
	baseTexture = iota
	emissiveTexture
	textureUses
)

type triangle struct {
	v        [3]uint32 // counter-clockwise from outside
	material uint32
}

// material is how a surface looks. Colours are linear.
type material struct {
	base        [4]float32
	emissive    [3]float32
	textures    [textureUses]*texture // nil for none
	alpha       alphaMode
	cutoff      float32 // of masked alpha
	doubleSided bool
	unlit       bool
}

type alphaMode int

const (
	opaque alphaMode = iota
	masked           // there or not
	blended
)

// Bounds is a ball around everything: the middle of the box around the scene, and the distance of the farthest vertex.
func (s *Scene) Bounds() (center mgl64.Vec3, radius float64) { return s.center, s.radius }

// Varied is the scene with other proportions and colours: along X, Y and Z it is size times as large, which is above 0, and its
// surfaces have color times the light, linear.
func (s *Scene) Varied(size mgl64.Vec3, color [3]float32) *Scene {
	v := &Scene{Warnings: s.Warnings, vertices: slices.Clone(s.vertices), triangles: slices.Clone(s.triangles), materials: slices.Clone(s.materials)}
	for i := range v.vertices {
		vertex := &v.vertices[i]
		for k := range 3 {
			vertex.pos[k] *= size[k]
			vertex.normal[k] /= size[k]
		}
		if length := vertex.normal.Len(); length > 0 {
			vertex.normal = vertex.normal.Mul(1 / length)
		}
	}
	for i := range v.materials {
		m := &v.materials[i]
		for k := range 3 {
			m.base[k] *= color[k]
			m.emissive[k] *= color[k]
		}
	}
	v.finish()
	return v
}

// finish makes what is derived from vertices and triangles.
func (s *Scene) finish() {
	box := emptyBox()
	for _, t := range s.triangles {
		for _, v := range t.v {
			box.add(s.vertices[v].pos)
		}
	}
	s.center = box.lo.Add(box.hi).Mul(0.5)
	for _, t := range s.triangles {
		for _, v := range t.v {
			s.radius = math.Max(s.radius, s.vertices[v].pos.Sub(s.center).Len())
		}
	}
	s.grow()
}

// corners are the positions of a triangle's vertices.
func (s *Scene) corners(t *triangle) (a, b, c mgl64.Vec3) {
	return s.vertices[t.v[0]].pos, s.vertices[t.v[1]].pos, s.vertices[t.v[2]].pos
}
