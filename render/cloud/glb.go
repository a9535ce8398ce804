package cloud

import (
	"io"
	"math"

	"github.com/go-gl/mathgl/mgl64"
	"github.com/qmuntal/gltf"
	"github.com/qmuntal/gltf/ext/unlit"
	"github.com/qmuntal/gltf/modeler"

	"lfnview/render/mesh"
)

// SaveGLB writes points with their colours, as binary glTF 2.0, to the file at path. In glTF +Y is up: the points are those of
// the world, in a node that turns its direction up to there.
func SaveGLB(path string, points []Point, up mgl64.Vec3) error {
	return save(path, points, func(w io.Writer, points []Point) error { return encodeGLB(w, points, up) })
}

func encodeGLB(w io.Writer, points []Point, up mgl64.Vec3) error {
	positions, colors := make([][3]float32, len(points)), make([][4]uint16, len(points))
	for i := range points {
		positions[i] = points[i].Pos
		for k, v := range points[i].Color {
			colors[i][k] = linear[v]
		}
		colors[i][3] = math.MaxUint16
	}
	turn := mgl64.QuatBetweenVectors(up, mgl64.Vec3{0, 1, 0})
	doc := gltf.NewDocument()
	doc.Asset.Generator = "lfn"
	doc.ExtensionsUsed = []string{unlit.ExtensionName}
	doc.Materials = []*gltf.Material{{Name: "as seen", Extensions: gltf.Extensions{unlit.ExtensionName: unlit.Unlit{}}}}
	doc.Meshes = []*gltf.Mesh{{Name: "points", Primitives: []*gltf.Primitive{{
		Mode:       gltf.PrimitivePoints,
		Material:   gltf.Index(0),
		Attributes: gltf.PrimitiveAttributes{gltf.POSITION: modeler.WritePosition(doc, positions), gltf.COLOR_0: modeler.WriteColor(doc, colors)},
	}}}}
	doc.Nodes = []*gltf.Node{{Name: "world", Mesh: gltf.Index(0), Rotation: [4]float64{turn.V[0], turn.V[1], turn.V[2], turn.W}}}
	doc.Scenes[0].Nodes = []int{0}
	return gltf.NewEncoder(w).Encode(doc)
}

// linear are the values of sRGB bytes as glTF has the colours of vertices: linear light.
var linear = func() (t [256]uint16) {
	for i := range t {
		t[i] = uint16(math.Round(float64(mesh.DecodeSRGB(float64(i)/255)) * math.MaxUint16))
	}
	return t
}()
