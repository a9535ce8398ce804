package mesh

import (
	"errors"
	"fmt"
	"math"

	"github.com/go-gl/mathgl/mgl64"
	"github.com/qmuntal/gltf"
)

// instance is how a mesh stands in the world.
type instance struct {
	world   mgl64.Mat4
	joints  []mgl64.Mat4 // nil without a skin, else in the place of world
	weights []float64    // of morph targets
}

// farthest is how large coordinates may be, so that squares and volumes stay finite.
const farthest = 1e30

var errTooMany = errors.New("has too many vertices, with all instances before it: take some out")

// shape is a primitive as the file has it: corners of triangles, and what its vertices have.
type shape struct {
	material    uint32
	count       int        // of vertices
	pos, normal *attribute // no normal: each triangle is flat
	color       *attribute // nil for none
	uv          [textureUses]func(i int) [2]float32
	skin        func(i int) mgl64.Mat4 // nil for none
	corners     [][3]uint32
}

// primitive appends the triangles of a primitive.
func (f *file) primitive(p *gltf.Primitive, in *instance) error {
	s, err := f.shape(p, in)
	if err != nil || s == nil {
		return err
	}
	made := len(s.corners)
	if s.normal == nil {
		made = 3 * len(s.corners)
	}
	if f.vertices -= max(made, s.count); f.vertices < 0 || len(f.scene.triangles)+len(s.corners) > maxTriangles {
		return errTooMany
	}
	return f.scene.append(s, in)
}

// shape reads a primitive; nil where it has no surface.
func (f *file) shape(p *gltf.Primitive, in *instance) (s *shape, err error) {
	switch p.Mode {
	case gltf.PrimitivePoints, gltf.PrimitiveLines, gltf.PrimitiveLineLoop, gltf.PrimitiveLineStrip:
		return nil, nil
	}
	s = &shape{material: uint32(len(f.scene.materials) - 1)}
	if s.pos, err = f.attribute(p.Attributes, gltf.POSITION, 0, gltf.AccessorVec3); err != nil || s.pos == nil {
		return nil, err // none: as when an extension has them
	}
	s.count = len(s.pos.numbers) / 3
	if s.normal, err = f.attribute(p.Attributes, gltf.NORMAL, s.count, gltf.AccessorVec3); err != nil {
		return nil, err
	}
	if err := f.morph(p, in, s.pos, s.normal); err != nil {
		return nil, err
	}
	if s.skin, err = f.skin(p, in, s.count); err != nil {
		return nil, err
	}
	if s.color, err = f.attribute(p.Attributes, gltf.COLOR_0, s.count, gltf.AccessorVec3, gltf.AccessorVec4); err != nil {
		return nil, err
	}
	if p.Material != nil {
		if *p.Material < 0 || *p.Material >= len(f.Materials) {
			return nil, fmt.Errorf("there is no materials[%d]", *p.Material)
		}
		s.material = uint32(*p.Material)
	}
	for use, info := range f.textureInfos(int(s.material)) {
		if s.uv[use], err = f.coordinates(p, info, s.count); err != nil {
			return nil, err
		}
	}
	s.corners, err = f.corners(p, s.count)
	return s, err
}

// append puts a shape into the world.
func (s *Scene) append(sh *shape, in *instance) error {
	mirrored := false
	vertices := make([]vertex, sh.count)
	for i := range vertices {
		at := in.world
		if sh.skin != nil {
			at = sh.skin(i)
		}
		if i == 0 {
			mirrored = at.Mat3().Det() < 0
		}
		v := &vertices[i]
		*v = sh.vertex(i, at, mirrored)
		for k := range 3 {
			if !(math.Abs(v.pos[k]) < farthest) {
				return fmt.Errorf("vertex %d is at %v", i, v.pos)
			}
		}
	}
	first := uint32(len(s.vertices))
	if sh.normal != nil {
		s.vertices = append(s.vertices, vertices...)
	}
	for _, c := range sh.corners {
		if mirrored {
			c[1], c[2] = c[2], c[1]
		}
		t := triangle{[3]uint32{first + c[0], first + c[1], first + c[2]}, sh.material}
		a := vertices[c[0]].pos
		flat := vertices[c[1]].pos.Sub(a).Cross(vertices[c[2]].pos.Sub(a))
		if flat.Len() == 0 {
			continue // nothing is seen of it
		}
		if sh.normal == nil { // corners of its own
			for k, v := range c {
				own := vertices[v]
				own.normal = flat.Normalize()
				t.v[k] = uint32(len(s.vertices))
				s.vertices = append(s.vertices, own)
			}
		}
		s.triangles = append(s.triangles, t)
	}
	return nil
}

// vertex is vertex i, moved to where at puts it; mirrored says that at swaps left and right.
func (s *shape) vertex(i int, at mgl64.Mat4, mirrored bool) vertex {
	v := vertex{pos: mgl64.TransformCoordinate(s.pos.vec3(i), at), color: [4]float32{1, 1, 1, 1}}
	if s.normal != nil {
		n := cofactors(at.Mat3()).Mul3x1(s.normal.vec3(i))
		if mirrored {
			n = n.Mul(-1)
		}
		if length := n.Len(); length > 0 && !math.IsInf(length, 0) {
			v.normal = n.Mul(1 / length)
		}
	}
	if s.color != nil {
		copy(v.color[:], s.color.numbers[i*s.color.n:][:s.color.n])
	}
	for use, get := range s.uv {
		if get != nil {
			v.uv[use] = get(i)
		}
	}
	return v
}

// cofactors is what normals are turned by where m turns positions: the transposed inverse times the determinant.
func cofactors(m mgl64.Mat3) mgl64.Mat3 {
	a, b, c := m.Col(0), m.Col(1), m.Col(2)
	return mgl64.Mat3FromCols(b.Cross(c), c.Cross(a), a.Cross(b))
}

// attribute is what vertices have: n numbers each.
type attribute struct {
	numbers []float32
	n       int
}

func (a *attribute) vec3(i int) mgl64.Vec3 {
	return mgl64.Vec3{float64(a.numbers[3*i]), float64(a.numbers[3*i+1]), float64(a.numbers[3*i+2])}
}

// attribute reads one of a primitive, of count vertices, or as many as there are where count is 0; nil where there is
// none of that name.
func (f *file) attribute(all gltf.PrimitiveAttributes, name string, count int, types ...gltf.AccessorType) (*attribute, error) {
	i, ok := all[name]
	if !ok {
		return nil, nil
	}
	numbers, n, err := f.accessor(i, types...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if count > 0 && len(numbers) != count*n {
		return nil, fmt.Errorf("%s: %d elements for %d vertices", name, len(numbers)/n, count)
	}
	return &attribute{numbers, n}, nil
}

// morph adds the morph targets, by their weights.
func (f *file) morph(p *gltf.Primitive, in *instance, pos, normal *attribute) error {
	for i, target := range p.Targets {
		if i >= len(in.weights) || in.weights[i] == 0 {
			continue
		}
		if f.vertices -= len(pos.numbers) / 3; f.vertices < 0 {
			return fmt.Errorf("targets[%d]: %w", i, errTooMany)
		}
		w := float32(in.weights[i])
		for name, to := range map[string]*attribute{gltf.POSITION: pos, gltf.NORMAL: normal} {
			if to == nil {
				continue
			}
			d, err := f.attribute(target, name, len(to.numbers)/3, gltf.AccessorVec3)
			if err != nil {
				return fmt.Errorf("targets[%d]: %w", i, err)
			}
			if d != nil {
				for k := range to.numbers {
					to.numbers[k] += w * d.numbers[k]
				}
			}
		}
	}
	return nil
}

// skin is the transform of each vertex that its joints make; nil without.
func (f *file) skin(p *gltf.Primitive, in *instance, count int) (func(i int) mgl64.Mat4, error) {
	if in.joints == nil {
		return nil, nil
	}
	joints, err := f.attribute(p.Attributes, gltf.JOINTS_0, count, gltf.AccessorVec4)
	if err != nil {
		return nil, err
	}
	weights, err := f.attribute(p.Attributes, gltf.WEIGHTS_0, count, gltf.AccessorVec4)
	if err != nil || joints == nil || weights == nil {
		return nil, err
	}
	for i, j := range joints.numbers {
		if weights.numbers[i] != 0 && !(j >= 0 && int(j) < len(in.joints)) {
			return nil, fmt.Errorf("%s: joint %v, and the skin has %d", gltf.JOINTS_0, j, len(in.joints))
		}
	}
	return func(i int) mgl64.Mat4 {
		var sum mgl64.Mat4
		total := 0.0
		for k := range 4 {
			w := float64(weights.numbers[4*i+k])
			if w == 0 {
				continue
			}
			sum = sum.Add(in.joints[int(joints.numbers[4*i+k])].Mul(w))
			total += w
		}
		if !(total > 0) {
			return in.world
		}
		return sum.Mul(1 / total)
	}, nil
}

// corners are the vertices of a primitive's triangles.
func (f *file) corners(p *gltf.Primitive, count int) ([][3]uint32, error) {
	var order []uint32
	if p.Indices != nil {
		var err error
		if order, err = f.indices(*p.Indices, count); err != nil {
			return nil, fmt.Errorf("indices: %w", err)
		}
	} else {
		order = make([]uint32, count)
		for i := range order {
			order[i] = uint32(i)
		}
	}
	var out [][3]uint32
	switch p.Mode {
	case gltf.PrimitiveTriangles:
		for ; len(order) >= 3; order = order[3:] {
			out = append(out, [3]uint32(order))
		}
	case gltf.PrimitiveTriangleStrip:
		for i := 0; i+2 < len(order); i++ {
			out = append(out, [3]uint32{order[i], order[i+1+i%2], order[i+2-i%2]})
		}
	case gltf.PrimitiveTriangleFan:
		for i := 1; i+1 < len(order); i++ {
			out = append(out, [3]uint32{order[i], order[i+1], order[0]})
		}
	default:
		return nil, fmt.Errorf("mode is %d", p.Mode)
	}
	return out, nil
}
