package mesh

import (
	"errors"
	"fmt"
	"math"

	"github.com/go-gl/mathgl/mgl64"
	"github.com/qmuntal/gltf"
)

// place puts the meshes of the file's scene into the world.
func (f *file) place() error {
	global, order, err := f.globals()
	if err != nil {
		return err
	}
	for _, i := range order {
		n := f.Nodes[i]
		if n.Mesh == nil {
			continue
		}
		if *n.Mesh < 0 || *n.Mesh >= len(f.Meshes) || f.Meshes[*n.Mesh] == nil {
			return fmt.Errorf("nodes[%d]: there is no meshes[%d]", i, *n.Mesh)
		}
		mesh := f.Meshes[*n.Mesh]
		in := instance{world: global[i], weights: mesh.Weights}
		if len(n.Weights) > 0 {
			in.weights = n.Weights
		}
		if n.Skin != nil {
			if in.joints, err = f.jointsOf(*n.Skin, global); err != nil {
				return fmt.Errorf("nodes[%d]: skins[%d]: %w", i, *n.Skin, err)
			}
		}
		for k, p := range mesh.Primitives {
			if p == nil {
				continue
			}
			if err := f.primitive(p, &in); err != nil {
				return fmt.Errorf("meshes[%d].primitives[%d]: %w", *n.Mesh, k, err)
			}
		}
	}
	return nil
}

// toZUp turns the axes of files, +Y up, into those of scenes.
var toZUp = mgl64.Mat4{1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1}

// globals are the transforms of all nodes to the world, and the nodes of the scene in the order of the tree.
func (f *file) globals() (global []mgl64.Mat4, order []int, err error) {
	global = make([]mgl64.Mat4, len(f.Nodes))
	parent := make([]int, len(f.Nodes))
	for i := range parent {
		parent[i] = -1
		if f.Nodes[i] == nil {
			return nil, nil, fmt.Errorf("nodes[%d] is null", i)
		}
	}
	for i, n := range f.Nodes {
		for _, c := range n.Children {
			switch {
			case c < 0 || c >= len(f.Nodes):
				return nil, nil, fmt.Errorf("nodes[%d]: there is no nodes[%d]", i, c)
			case parent[c] >= 0:
				return nil, nil, fmt.Errorf("nodes[%d] is a child of both nodes[%d] and nodes[%d]", c, parent[c], i)
			}
			parent[c] = i
		}
	}
	done := make([]bool, len(f.Nodes))
	// Every node has one parent at most, so a walk from a root meets none twice, and rings have no root.
	walk := func(root int) []int {
		var met []int
		for todo := []int{root}; len(todo) > 0; {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			at := toZUp
			if p := parent[i]; p >= 0 {
				at = global[p]
			}
			global[i] = at.Mul4(local(f.Nodes[i]))
			done[i] = true
			met = append(met, i)
			for k := len(f.Nodes[i].Children) - 1; k >= 0; k-- {
				todo = append(todo, f.Nodes[i].Children[k])
			}
		}
		return met
	}
	var roots []int
	for i := range f.Nodes {
		if parent[i] < 0 {
			roots = append(roots, i)
		}
	}
	below := map[int][]int{}
	for _, r := range roots {
		below[r] = walk(r)
	}
	for i, ok := range done {
		if !ok {
			return nil, nil, fmt.Errorf("nodes[%d] is its own ancestor", i)
		}
	}
	chosen := roots
	if s, err := f.chosenScene(); err != nil {
		return nil, nil, err
	} else if s != nil {
		chosen = s.Nodes
	}
	seen := map[int]bool{}
	for _, r := range chosen {
		nodes, ok := below[r]
		if !ok {
			return nil, nil, fmt.Errorf("scenes: nodes[%d] is no root", r)
		}
		if !seen[r] {
			order = append(order, nodes...)
		}
		seen[r] = true
	}
	return global, order, nil
}

// chosenScene is the one that the file names, or else the first; nil where there is none.
func (f *file) chosenScene() (*gltf.Scene, error) {
	i := 0
	if f.Scene != nil {
		i = *f.Scene
	} else if len(f.Scenes) == 0 {
		return nil, nil
	}
	if i < 0 || i >= len(f.Scenes) || f.Scenes[i] == nil {
		return nil, fmt.Errorf("there is no scenes[%d]", i)
	}
	return f.Scenes[i], nil
}

// local is the transform of a node to its parent.
func local(n *gltf.Node) mgl64.Mat4 {
	// Where the file says nothing, these are the defaults; what is scaled by 0 is hidden.
	if m := mgl64.Mat4(n.Matrix); m != mgl64.Ident4() {
		return m
	}
	t, r, s := n.Translation, n.Rotation, n.Scale
	turn := mgl64.Quat{W: r[3], V: mgl64.Vec3{r[0], r[1], r[2]}}
	if turn.Len() == 0 {
		turn = mgl64.QuatIdent()
	}
	return mgl64.Translate3D(t[0], t[1], t[2]).Mul4(turn.Normalize().Mat4()).Mul4(mgl64.Scale3D(s[0], s[1], s[2]))
}

// jointsOf are the transforms of a skin's joints, from the mesh to the world.
func (f *file) jointsOf(i int, global []mgl64.Mat4) ([]mgl64.Mat4, error) {
	if joints, ok := f.joints[i]; ok {
		return joints, nil
	}
	if i < 0 || i >= len(f.Skins) || f.Skins[i] == nil {
		return nil, errors.New("is not there")
	}
	skin := f.Skins[i]
	var inverse []float32
	if skin.InverseBindMatrices != nil {
		var err error
		if inverse, _, err = f.accessor(*skin.InverseBindMatrices, gltf.AccessorMat4); err != nil {
			return nil, err
		}
		if len(inverse) < 16*len(skin.Joints) {
			return nil, fmt.Errorf("%d inverse bind matrices for %d joints", len(inverse)/16, len(skin.Joints))
		}
	}
	var joints []mgl64.Mat4
	for k, j := range skin.Joints {
		if j < 0 || j >= len(global) {
			return nil, fmt.Errorf("there is no nodes[%d]", j)
		}
		m := global[j]
		if inverse != nil {
			var bind mgl64.Mat4
			for c := range bind {
				bind[c] = float64(inverse[16*k+c])
			}
			m = m.Mul4(bind)
		}
		joints = append(joints, m)
	}
	f.joints[i] = joints
	return joints, nil
}

// instance is how a mesh stands in the world.
type instance struct {
	world   mgl64.Mat4
	joints  []mgl64.Mat4 // nil without a skin, else in the place of world
	weights []float64    // of morph targets
}

// farthest is how large coordinates may be, so that squares and volumes stay finite.
const farthest = 1e30

var errTooMany = errors.New("has too many vertices, with all instances before it: take some out")

// primitive appends the triangles of a primitive.
func (f *file) primitive(p *gltf.Primitive, in *instance) error {
	switch p.Mode {
	case gltf.PrimitivePoints, gltf.PrimitiveLines, gltf.PrimitiveLineLoop, gltf.PrimitiveLineStrip:
		return nil // have no surface
	}
	pos, err := f.attribute(p.Attributes, gltf.POSITION, 0, gltf.AccessorVec3)
	switch {
	case err != nil:
		return err
	case pos == nil:
		return nil // as when an extension has them
	}
	count := len(pos.numbers) / 3
	normal, err := f.attribute(p.Attributes, gltf.NORMAL, count, gltf.AccessorVec3)
	if err != nil {
		return err
	}
	if err := f.morph(p, in, pos, normal); err != nil {
		return err
	}
	skin, err := f.skin(p, in, count)
	if err != nil {
		return err
	}
	color, err := f.attribute(p.Attributes, gltf.COLOR_0, count, gltf.AccessorVec3, gltf.AccessorVec4)
	if err != nil {
		return err
	}
	which := len(f.scene.materials) - 1
	if p.Material != nil {
		if which = *p.Material; which < 0 || which >= len(f.Materials) {
			return fmt.Errorf("there is no materials[%d]", which)
		}
	}
	var uv [textureUses]func(i int) [2]float32
	for use, info := range f.textureInfos(which) {
		if uv[use], err = f.coordinates(p, info, count); err != nil {
			return err
		}
	}
	corners, err := f.corners(p, count)
	if err != nil {
		return err
	}
	made := len(corners)
	if normal == nil {
		made = 3 * len(corners)
	}
	if f.vertices -= max(made, count); f.vertices < 0 || len(f.scene.triangles)+len(corners) > maxTriangles {
		return errTooMany
	}

	mirrored := false
	vertices := make([]vertex, 0, count)
	for i := range count {
		at := in.world
		if skin != nil {
			at = skin(i)
		}
		if i == 0 {
			mirrored = at.Mat3().Det() < 0
		}
		v := vertex{pos: mgl64.TransformCoordinate(pos.vec3(i), at), color: [4]float32{1, 1, 1, 1}}
		for k := range 3 {
			if !(math.Abs(v.pos[k]) < farthest) {
				return fmt.Errorf("vertex %d is at %v", i, v.pos)
			}
		}
		if normal != nil {
			v.normal = cofactors(at.Mat3()).Mul3x1(normal.vec3(i))
			if mirrored {
				v.normal = v.normal.Mul(-1)
			}
			if length := v.normal.Len(); length > 0 && !math.IsInf(length, 0) {
				v.normal = v.normal.Mul(1 / length)
			} else {
				v.normal = mgl64.Vec3{}
			}
		}
		if color != nil {
			copy(v.color[:], color.numbers[i*color.n:][:color.n])
		}
		for use, get := range uv {
			if get != nil {
				v.uv[use] = get(i)
			}
		}
		vertices = append(vertices, v)
	}
	first := uint32(len(f.scene.vertices))
	if normal != nil {
		f.scene.vertices = append(f.scene.vertices, vertices...)
	}
	for _, c := range corners {
		if mirrored {
			c[1], c[2] = c[2], c[1]
		}
		t := triangle{[3]uint32{first + c[0], first + c[1], first + c[2]}, uint32(which)}
		a := vertices[c[0]].pos
		flat := vertices[c[1]].pos.Sub(a).Cross(vertices[c[2]].pos.Sub(a))
		if flat.Len() == 0 {
			continue // nothing is seen of it
		}
		if normal == nil { // each triangle is flat, with corners of its own
			for k, v := range c {
				own := vertices[v]
				own.normal = flat.Normalize()
				t.v[k] = uint32(len(f.scene.vertices))
				f.scene.vertices = append(f.scene.vertices, own)
			}
		}
		f.scene.triangles = append(f.scene.triangles, t)
	}
	return nil
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
