package mesh

import (
	"errors"
	"fmt"

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
