package mesh

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

type object = map[string]any

type list = []any

// maker makes glTF files.
type maker struct {
	doc object
	bin bytes.Buffer
}

func newMaker() *maker {
	return &maker{doc: object{"asset": object{"version": "2.0"}}}
}

// add appends to a list of the document, and returns the index.
func (m *maker) add(name string, x any) int {
	l, _ := m.doc[name].(list)
	m.doc[name] = append(l, x)
	return len(l)
}

// view appends data as a buffer view.
func (m *maker) view(data any) int {
	for m.bin.Len()%4 != 0 {
		m.bin.WriteByte(0)
	}
	at := m.bin.Len()
	if err := binary.Write(&m.bin, binary.LittleEndian, data); err != nil {
		panic(err)
	}
	return m.add("bufferViews", object{"buffer": 0, "byteOffset": at, "byteLength": m.bin.Len() - at})
}

// accessor appends numbers as an accessor.
func (m *maker) accessor(kind string, count, component int, data any, more ...any) int {
	a := object{"bufferView": m.view(data), "componentType": component, "count": count, "type": kind}
	for i := 0; i < len(more); i += 2 {
		a[more[i].(string)] = more[i+1]
	}
	return m.add("accessors", a)
}

func (m *maker) vec3(x ...float32) int { return m.accessor("VEC3", len(x)/3, 5126, x) }

func (m *maker) vec2(x ...float32) int { return m.accessor("VEC2", len(x)/2, 5126, x) }

// primitive appends a mesh of one primitive, and a node with it.
func (m *maker) primitive(p, node object) {
	if node == nil {
		node = object{}
	}
	node["mesh"] = m.add("meshes", object{"primitives": list{p}})
	m.add("nodes", node)
}

// square is the unit square of the plane z = 0 of the file, seen from +z, as two triangles; it is seen from −y in the scene.
func (m *maker) square() object {
	return object{
		"attributes": object{"POSITION": m.vec3(0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0), "TEXCOORD_0": m.vec2(0, 1, 1, 1, 1, 0, 0, 0)},
		"indices":    m.accessor("SCALAR", 6, 5123, []uint16{0, 1, 2, 0, 2, 3}),
	}
}

func (m *maker) gltf() []byte {
	if m.bin.Len() > 0 {
		m.doc["buffers"] = list{object{"byteLength": m.bin.Len(), "uri": "data:application/octet-stream;base64," + base64.StdEncoding.EncodeToString(m.bin.Bytes())}}
	}
	data, err := json.Marshal(m.doc)
	if err != nil {
		panic(err)
	}
	return data
}

func (m *maker) glb() []byte {
	m.doc["buffers"] = list{object{"byteLength": m.bin.Len()}}
	text, err := json.Marshal(m.doc)
	if err != nil {
		panic(err)
	}
	for len(text)%4 != 0 {
		text = append(text, ' ')
	}
	for m.bin.Len()%4 != 0 {
		m.bin.WriteByte(0)
	}
	var out bytes.Buffer
	word := func(x ...uint32) { binary.Write(&out, binary.LittleEndian, x) }
	out.WriteString("glTF")
	word(2, uint32(12+8+len(text)+8+m.bin.Len()), uint32(len(text)), 0x4e4f534a)
	out.Write(text)
	word(uint32(m.bin.Len()), 0x004e4942)
	out.Write(m.bin.Bytes())
	return out.Bytes()
}

func (m *maker) scene(t *testing.T) *Scene {
	t.Helper()
	s, err := parse(m.gltf(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// from looks along the file's −z at the point (x, y) of the file's plane z = 0, from z = 5.
func from(s *Scene, x, y float64) Hit {
	return s.Trace(plucker.Ray{Origin: mgl64.Vec3{x, -5, y}, Dir: mgl64.Vec3{0, 1, 0}}, 0)
}

// picture is a PNG of one pixel or more in a data URI.
func picture(w int, pix ...color.NRGBA) string {
	im := image.NewNRGBA(image.Rect(0, 0, w, len(pix)/w))
	for i, c := range pix {
		im.SetNRGBA(i%w, i/w, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		panic(err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

var (
	red, green = color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}
	blue, grey = color.NRGBA{0, 0, 255, 255}, color.NRGBA{188, 188, 188, 128}
)

// textured is an unlit square with a texture of 2×2 texels: red, green / blue, grey.
func textured(sampler, info, material object) *maker {
	m := newMaker()
	p := m.square()
	p["material"] = 0
	m.add("images", object{"uri": picture(2, red, green, blue, grey)})
	m.add("samplers", sampler)
	m.add("textures", object{"source": 0, "sampler": 0})
	info["index"] = 0
	material["pbrMetallicRoughness"] = object{"baseColorTexture": info}
	material["extensions"] = object{"KHR_materials_unlit": object{}}
	m.add("materials", material)
	m.primitive(p, nil)
	return m
}
