package cloud

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
	"github.com/qmuntal/gltf"
	"github.com/qmuntal/gltf/modeler"
)

var three = []Point{
	{[3]float32{1, 2, 3}, [3]float32{0, 0, 1}, [3]byte{255, 128, 0}},
	{[3]float32{-1, 0.5, 1e3}, [3]float32{}, [3]byte{1, 2, 3}},
	{[3]float32{0, 0, 0}, [3]float32{1, 0, 0}, [3]byte{9, 99, 199}},
}

func TestPLY(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ply")
	if err := SavePLY(path, three); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	header, body, ok := bytes.Cut(data, []byte("end_header\n"))
	if !ok || !strings.HasPrefix(string(header), "ply\nformat binary_little_endian 1.0\n") || !strings.Contains(string(header), "element vertex 3\n") {
		t.Fatalf("header is %q", header)
	}
	var properties []string
	for line := range strings.Lines(string(header)) {
		if p, ok := strings.CutPrefix(line, "property "); ok {
			properties = append(properties, strings.TrimSpace(p))
		}
	}
	if got, want := strings.Join(properties, ", "), "float x, float y, float z, float nx, float ny, float nz, uchar red, uchar green, uchar blue"; got != want {
		t.Errorf("properties are %s, want %s", got, want)
	}
	got := make([]Point, 3)
	if n, err := binary.Decode(body, binary.LittleEndian, got); err != nil || n != len(body) {
		t.Fatalf("%d bytes of %d: %v", n, len(body), err)
	}
	for i := range three {
		if got[i] != three[i] {
			t.Errorf("point %d is %v, want %v", i, got[i], three[i])
		}
	}
}

func TestGLB(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.glb")
	if err := SaveGLB(path, three, mgl64.Vec3{0, 0, 1}); err != nil {
		t.Fatal(err)
	}
	doc, err := gltf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	p := doc.Meshes[0].Primitives[0]
	if p.Mode != gltf.PrimitivePoints || len(doc.ExtensionsUsed) != 1 || doc.Materials[*p.Material].Extensions["KHR_materials_unlit"] == nil {
		t.Errorf("primitive has mode %v, material %+v", p.Mode, doc.Materials[*p.Material])
	}
	positions := doc.Accessors[p.Attributes[gltf.POSITION]]
	pos, err := modeler.ReadPosition(doc, positions, nil)
	if err != nil {
		t.Fatal(err)
	}
	// A viewer needs the bounds to know where to look from.
	if fmt.Sprint(positions.Min, positions.Max) != "[-1 0 0] [1 2 1000]" {
		t.Errorf("bounds are %v to %v", positions.Min, positions.Max)
	}
	colors, err := modeler.ReadColor64(doc, doc.Accessors[p.Attributes[gltf.COLOR_0]], nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range three {
		if pos[i] != three[i].Pos {
			t.Errorf("point %d is at %v, want %v", i, pos[i], three[i].Pos)
		}
		for k, c := range three[i].Color {
			v := float64(colors[i][k]) / math.MaxUint16
			if v <= 0.0031308 {
				v *= 12.92
			} else {
				v = 1.055*math.Pow(v, 1/2.4) - 0.055
			}
			if math.Abs(v*255-float64(c)) > 0.05 || colors[i][3] != math.MaxUint16 {
				t.Errorf("colour %d of point %d is %v in sRGB, alpha %d, want %d, opaque", k, i, v*255, colors[i][3], c)
			}
		}
	}
	// What is up in the world is +Y in glTF.
	r := doc.Nodes[doc.Scenes[0].Nodes[0]].Rotation
	up := mgl64.Quat{W: r[3], V: mgl64.Vec3{r[0], r[1], r[2]}}.Rotate(mgl64.Vec3{0, 0, 1})
	if up.Sub(mgl64.Vec3{0, 1, 0}).Len() > 1e-6 {
		t.Errorf("up becomes %v, want +Y", up)
	}
}
