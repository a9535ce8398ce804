package mesh

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// A Builder makes a [Scene] of simple solids, each of one matt colour, and checkered planes. The zero value has none yet.
//
// Every solid just fits into the cube of side 1 around the origin, and at takes it from there to its place, with +Z up.
// Colours are sRGB, 0 to 1, as those of a [Hit]. Faces are seen from outside only. What is round has facets, at most
// 0.25 % of its radius inside of the true surface, and is shaded as if it had none. Coordinates have to be finite.
type Builder struct {
	vertices  []vertex
	triangles []triangle
}

// roundFacets are those around what is round. Those of a ball are inside by 1 − √(1 − 2·sin²(π/64)) of its radius.
const roundFacets = 64

// Scene is what has been built, ready to be looked at; the builder is empty then. It panics where there is nothing.
func (b *Builder) Scene() *Scene {
	if len(b.triangles) == 0 {
		panic("mesh: a scene is built of nothing")
	}
	s := &Scene{vertices: b.vertices, triangles: b.triangles, materials: []material{{base: [4]float32{1, 1, 1, 1}}}}
	*b = Builder{}
	s.finish()
	return s
}

// Box adds a cube.
func (b *Builder) Box(at mgl64.Mat4, color [3]float64) {
	for axis := range 3 {
		for _, side := range []float64{-0.5, 0.5} {
			var normal, right, up mgl64.Vec3
			normal[axis], right[(axis+1)%3] = 2*side, 1
			up = normal.Cross(right)
			b.square(at, normal.Mul(0.5), right, up, color)
		}
	}
}

// Checker adds a square in the plane z = 0, which is seen from above: n×n smaller ones, whose colours take turns.
func (b *Builder) Checker(at mgl64.Mat4, n int, even, odd [3]float64) {
	colors := [2][3]float64{even, odd}
	side := 1 / float64(n)
	for y := range n {
		for x := range n {
			middle := mgl64.Vec3{(float64(x)+0.5)*side - 0.5, (float64(y)+0.5)*side - 0.5, 0}
			b.square(at, middle, mgl64.Vec3{side, 0, 0}, mgl64.Vec3{0, side, 0}, colors[(x+y)%2])
		}
	}
}

// Sphere adds a ball of diameter 1.
func (b *Builder) Sphere(at mgl64.Mat4, color [3]float64) {
	const n = roundFacets / 2
	profile := []rim{{0, -0.5, 0, -1}}
	for i := 1; i < n; i++ {
		sin, cos := math.Sincos(math.Pi * float64(i) / n)
		profile = append(profile, rim{0.5 * sin, -0.5 * cos, sin, -cos})
	}
	b.turned(at, append(profile, rim{0, 0.5, 0, 1}), color)
}

// Cylinder adds a cylinder of diameter 1 and height 1 that stands upright.
func (b *Builder) Cylinder(at mgl64.Mat4, color [3]float64) {
	b.turned(at, []rim{{0, -0.5, 0, -1}, {0.5, -0.5, 0, -1}}, color)
	b.turned(at, []rim{{0.5, -0.5, 1, 0}, {0.5, 0.5, 1, 0}}, color)
	b.turned(at, []rim{{0.5, 0.5, 0, 1}, {0, 0.5, 0, 1}}, color)
}

// Cone adds a cone of diameter 1 and height 1 with its tip up.
func (b *Builder) Cone(at mgl64.Mat4, color [3]float64) {
	b.turned(at, []rim{{0, -0.5, 0, -1}, {0.5, -0.5, 0, -1}}, color)
	slope := 1 / math.Sqrt(5)
	b.turned(at, []rim{{0.5, -0.5, 2 * slope, slope}, {0, 0.5, 2 * slope, slope}}, color)
}

// square adds a parallelogram around its middle; right × up points out.
func (b *Builder) square(at mgl64.Mat4, middle, right, up mgl64.Vec3, color [3]float64) {
	first, normal := len(b.vertices), right.Cross(up)
	for _, c := range [][2]float64{{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}} {
		b.vertex(at, middle.Add(right.Mul(c[0])).Add(up.Mul(c[1])), normal, color)
	}
	b.triangle(at, first, first+1, first+2)
	b.triangle(at, first, first+2, first+3)
}

// rim is a point of a profile that is turned about the Z axis, and the normal there.
type rim struct{ r, z, normalR, normalZ float64 }

// turned adds the surface that a profile makes when it is turned; seen with Z up, what is to the right of its way is
// outside.
func (b *Builder) turned(at mgl64.Mat4, profile []rim, color [3]float64) {
	const n = roundFacets
	first := len(b.vertices)
	for _, p := range profile {
		for i := range n {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / n)
			b.vertex(at, mgl64.Vec3{p.r * cos, p.r * sin, p.z}, mgl64.Vec3{p.normalR * cos, p.normalR * sin, p.normalZ}, color)
		}
	}
	for k := range len(profile) - 1 {
		below, above := first+k*n, first+(k+1)*n
		for i := range n {
			j := (i + 1) % n
			if profile[k].r > 0 {
				b.triangle(at, below+i, below+j, above+j)
			}
			if profile[k+1].r > 0 {
				b.triangle(at, below+i, above+j, above+i)
			}
		}
	}
}

func (b *Builder) vertex(at mgl64.Mat4, pos, normal mgl64.Vec3, color [3]float64) {
	v := vertex{pos: mgl64.TransformCoordinate(pos, at), normal: cofactors(at.Mat3()).Mul3x1(normal)}
	for k := range 3 {
		if !(math.Abs(v.pos[k]) < farthest) {
			panic("mesh: a vertex is not at a finite place")
		}
		v.color[k] = DecodeSRGB(color[k])
	}
	v.color[3] = 1
	if mirrors(at) {
		v.normal = v.normal.Mul(-1)
	}
	if length := v.normal.Len(); length > 0 {
		v.normal = v.normal.Mul(1 / length)
	}
	b.vertices = append(b.vertices, v)
}

// triangle joins three vertices, counter-clockwise from outside before at has moved them.
func (b *Builder) triangle(at mgl64.Mat4, i, j, k int) {
	if mirrors(at) {
		j, k = k, j
	}
	b.triangles = append(b.triangles, triangle{v: [3]uint32{uint32(i), uint32(j), uint32(k)}})
}

func mirrors(at mgl64.Mat4) bool { return at.Mat3().Det() < 0 }
