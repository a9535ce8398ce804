package mesh

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
	"github.com/qmuntal/gltf"

	"lfnview/plucker"
)

func TestModes(t *testing.T) {
	for _, c := range []struct {
		mode  int
		order []uint16
		want  int
	}{
		{4, []uint16{0, 1, 2, 0, 2, 3}, 2},
		{5, []uint16{0, 1, 3, 2}, 2},
		{6, []uint16{0, 1, 2, 3}, 2},
		{4, []uint16{0, 1, 2, 0, 2}, 1},
		{5, []uint16{0, 0, 0, 1, 3, 2}, 2}, // with triangles of no area
	} {
		m := newMaker()
		m.primitive(object{"mode": c.mode, "attributes": object{"POSITION": m.vec3(0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0)},
			"indices": m.accessor("SCALAR", len(c.order), 5123, c.order)}, nil)
		s := m.scene(t)
		if len(s.triangles) != c.want {
			t.Errorf("mode %d of %v: %d triangles, want %d", c.mode, c.order, len(s.triangles), c.want)
		}
		if c.want == 2 && !(from(s, 0.2, 0.7).Solid && from(s, 0.7, 0.2).Solid) {
			t.Errorf("mode %d: a triangle is seen from behind", c.mode)
		}
	}
}

func TestNodes(t *testing.T) {
	m := newMaker()
	square := m.add("meshes", object{"primitives": list{m.square()}})
	half := math.Sqrt(0.5)
	m.doc["nodes"] = list{
		object{"children": list{1, 3}, "translation": list{10, 0, 0}},
		object{"children": list{2}, "rotation": list{0, 0, half, half}}, // 90° about z
		object{"mesh": square, "scale": list{2, 3, 1}},                  // to x in −3…0, y in 0…2
		object{"mesh": square, "matrix": list{-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 5, 0, 1}},
		object{"mesh": square, "translation": list{0, 100, 0}}, // of no scene
	}
	m.doc["scenes"] = list{object{"nodes": list{4}}, object{"nodes": list{0}}}
	m.doc["scene"] = 1
	s := m.scene(t)
	for _, c := range []struct {
		x, y float64
		want bool
	}{{7.1, 0.1, true}, {7.1, 1.9, true}, {9.9, 1.9, true}, {10.1, 1, false}, {6.9, 1, false}, {8, 2.1, false},
		{9.1, 5.1, true}, {9.9, 5.9, true}, {10.1, 5.5, false}, {0.5, 100.5, false}} {
		if h := from(s, c.x, c.y); h.Solid != c.want || c.want && (math.Abs(h.Distance-5) > 1e-9 || h.Normal.Sub(mgl64.Vec3{0, -1, 0}).Len() > 1e-9) {
			t.Errorf("at %v, %v: %+v, want %v", c.x, c.y, h, c.want)
		}
	}
	center, radius := s.Bounds()
	if want := (mgl64.Vec3{8.5, 0, 3}); center.Sub(want).Len() > 1e-9 || math.Abs(radius-math.Hypot(1.5, 3)) > 1e-9 {
		t.Errorf("bounds %v, %v", center, radius)
	}
}

func near(a, b [3]float64) bool {
	return math.Abs(a[0]-b[0])+math.Abs(a[1]-b[1])+math.Abs(a[2]-b[2]) < 0.01
}

func TestTextures(t *testing.T) {
	r, g, b, y := [3]float64{1, 0, 0}, [3]float64{0, 1, 0}, [3]float64{0, 0, 1}, [3]float64{188. / 255, 188. / 255, 188. / 255}
	nearest := object{"magFilter": 9728, "minFilter": 9728}
	sampler := func(s, t int) object {
		return object{"magFilter": 9728, "minFilter": 9728, "wrapS": s, "wrapT": t}
	}
	move := func(x object) object { return object{"extensions": object{"KHR_texture_transform": x}} }
	const edge, mirrored, again = 33071, 33648, 10497
	for _, c := range []struct {
		name          string
		sampler, info object
		at            [4][3]float64 // upper left, upper right, lower left, lower right
	}{
		{"as it is", nearest, object{}, [4][3]float64{r, g, b, y}},
		{"moved by half", nearest, move(object{"offset": list{0.5, 0}}), [4][3]float64{g, r, y, b}},
		{"turned", nearest, move(object{"rotation": math.Pi / 2, "offset": list{0, 1}}), [4][3]float64{b, r, y, g}},
		{"edge", sampler(edge, edge), move(object{"offset": list{-1, 2}}), [4][3]float64{b, b, b, b}},
		{"mirror", sampler(mirrored, again), move(object{"offset": list{1, 1}}), [4][3]float64{g, r, y, b}},
		{"again", sampler(again, again), move(object{"offset": list{3, -5}}), [4][3]float64{r, g, b, y}},
		{"twice", sampler(again, mirrored), move(object{"scale": list{0.5, 0.5}}), [4][3]float64{r, r, r, r}},
	} {
		s := textured(c.sampler, c.info, object{}).scene(t)
		for k, want := range c.at {
			if h := from(s, 0.25+0.5*float64(k%2), 0.75-0.5*float64(k/2)); !near(h.Color, want) || h.Alpha != 1 {
				t.Errorf("%s, corner %d: %v, want %v", c.name, k, h.Color, want)
			}
		}
	}
	// Between red and green there is the mean of their light, and far off the mean of everything.
	s := textured(object{"wrapS": edge, "wrapT": edge}, object{}, object{}).scene(t)
	if h := from(s, 0.5, 0.9); !near(h.Color, [3]float64{EncodeSRGB(0.5), EncodeSRGB(0.5), 0}) {
		t.Errorf("between two texels: %v", h.Color)
	}
	grey := EncodeSRGB(1.25 / 3.5)
	all := [3]float64{grey, grey, grey} // grey has half of the weight, and half of the light
	if h := s.Trace(plucker.Ray{Origin: mgl64.Vec3{0.3, -5, 0.3}, Dir: mgl64.Vec3{0, 1, 0}}, 1); !near(h.Color, all) {
		t.Errorf("from afar: %v, want %v", h.Color, all)
	}
}

func TestAlpha(t *testing.T) {
	nearest := func() object { return object{"magFilter": 9728, "minFilter": 9728} }
	for _, c := range []struct {
		material object
		alpha    float64
	}{
		{object{}, 1},
		{object{"alphaMode": "MASK"}, 1}, // 128/255 is above one half
		{object{"alphaMode": "MASK", "alphaCutoff": 0.6}, 0},
		{object{"alphaMode": "BLEND"}, 128. / 255},
	} {
		s := textured(nearest(), object{}, c.material).scene(t)
		if h := from(s, 0.75, 0.25); math.Abs(h.Alpha-c.alpha) > 1e-6 || h.Solid != (c.alpha >= 0.5) {
			t.Errorf("%v: %+v, want alpha %v", c.material, h, c.alpha)
		}
		if h := from(s, 0.25, 0.25); h.Alpha != 1 {
			t.Errorf("%v: opaque blue has %+v", c.material, h)
		}
	}
	// A blue pane before a red wall, whatever their order in the file, and the pane alone.
	for _, wallFirst := range []bool{false, true} {
		m := newMaker()
		pane, wall := m.square(), m.square()
		color := func(rgba ...any) object {
			return object{"pbrMetallicRoughness": object{"baseColorFactor": rgba}, "alphaMode": "BLEND", "extensions": object{"KHR_materials_unlit": object{}}}
		}
		pane["material"] = m.add("materials", color(0, 0, 1, 0.25))
		wall["material"] = m.add("materials", color(1, 0, 0, 1))
		place := func(p object, z float64) { m.primitive(p, object{"translation": list{0, 0, z}}) }
		if wallFirst {
			place(wall, -1)
		}
		place(pane, 0)
		if !wallFirst {
			place(wall, -1)
		}
		h := from(m.scene(t), 0.5, 0.5)
		if want := [3]float64{EncodeSRGB(0.75), 0, EncodeSRGB(0.25)}; !near(h.Color, want) || math.Abs(h.Alpha-1) > 1e-6 || math.Abs(h.Distance-6) > 1e-9 {
			t.Errorf("through a pane: %+v, want %v at 6", h, want)
		}
	}
}

func TestSides(t *testing.T) {
	behind := plucker.Ray{Origin: mgl64.Vec3{0.5, 5, 0.5}, Dir: mgl64.Vec3{0, -1, 0}}
	for _, both := range []bool{false, true} {
		m := newMaker()
		p := m.square()
		p["material"] = m.add("materials", object{"doubleSided": both})
		m.primitive(p, nil)
		s := m.scene(t)
		h := s.Trace(behind, 0)
		if h.Solid != both || both && h.Normal.Sub(mgl64.Vec3{0, 1, 0}).Len() > 1e-9 {
			t.Errorf("double-sided %v, from behind: %+v", both, h)
		}
		if h := from(s, 0.5, 0.5); !h.Solid || h.Normal.Sub(mgl64.Vec3{0, -1, 0}).Len() > 1e-9 {
			t.Errorf("double-sided %v, from before: %+v", both, h)
		}
	}
}

// Colours of vertices in bytes, a light of its own, and no light on it where it is unlit.
func TestColors(t *testing.T) {
	m := newMaker()
	p := m.square()
	p["attributes"].(object)["COLOR_0"] = m.accessor("VEC4", 4, 5121, bytes.Repeat([]byte{255, 128, 0, 255}, 4), "normalized", true)
	p["material"] = m.add("materials", object{"extensions": object{"KHR_materials_unlit": object{}}})
	m.primitive(p, nil)
	if h := from(m.scene(t), 0.3, 0.6); !near(h.Color, [3]float64{1, EncodeSRGB(128. / 255), 0}) {
		t.Errorf("colours of vertices: %v", h.Color)
	}
	m = newMaker()
	p = m.square()
	p["material"] = m.add("materials", object{"pbrMetallicRoughness": object{"baseColorFactor": list{0, 0, 0, 1}}, "emissiveFactor": list{0, 0.5, 0}})
	m.primitive(p, nil)
	if h := from(m.scene(t), 0.3, 0.6); !near(h.Color, [3]float64{0, EncodeSRGB(0.5), 0}) {
		t.Errorf("light of its own: %v", h.Color)
	}
	m = newMaker()
	m.primitive(m.square(), nil)
	bright := groundLight + (skyLight-groundLight)/2 + lampLight*mgl64.Vec3{0, -1, 0}.Dot(lamp)
	if h := from(m.scene(t), 0.3, 0.6); !near(h.Color, [3]float64{EncodeSRGB(bright), EncodeSRGB(bright), EncodeSRGB(bright)}) || bright >= 1 {
		t.Errorf("white: %v, want %v", h.Color, EncodeSRGB(bright))
	}
}

func TestMorphAndSkin(t *testing.T) {
	m := newMaker()
	p := m.square()
	p["targets"] = list{object{"POSITION": m.vec3(8, 0, 0, 8, 0, 0, 8, 0, 0, 8, 0, 0)}, object{"POSITION": m.vec3(0, 4, 0, 0, 4, 0, 0, 4, 0, 0, 4, 0)}}
	mesh := m.add("meshes", object{"primitives": list{p}, "weights": list{0.5, 0}})
	m.doc["nodes"] = list{object{"mesh": mesh}, object{"mesh": mesh, "weights": list{0, 0.5}}}
	s := m.scene(t)
	if !from(s, 4.5, 0.5).Solid || !from(s, 0.5, 2.5).Solid || from(s, 0.5, 0.5).Solid {
		t.Error("morph targets are not where their weights put them")
	}

	m = newMaker()
	p = m.square()
	at := p["attributes"].(object)
	at["JOINTS_0"] = m.accessor("VEC4", 4, 5121, bytes.Repeat([]byte{0, 1, 0, 0}, 4))
	at["WEIGHTS_0"] = m.accessor("VEC4", 4, 5126, []float32{.5, .5, 0, 0, .5, .5, 0, 0, .5, .5, 0, 0, .5, .5, 0, 0})
	bind := mgl64.Translate3D(0, 7, 0)
	var two []float32
	for range 2 {
		for _, x := range bind {
			two = append(two, float32(x))
		}
	}
	mesh = m.add("meshes", object{"primitives": list{p}})
	m.doc["skins"] = list{object{"joints": list{1, 2}, "inverseBindMatrices": m.accessor("MAT4", 2, 5126, two)}}
	m.doc["nodes"] = list{object{"mesh": mesh, "skin": 0, "translation": list{50, 50, 50}},
		object{"translation": list{2, 0, 0}}, object{"translation": list{4, 0, 0}}}
	if s := m.scene(t); !from(s, 3.5, 7.5).Solid || len(s.triangles) != 2 {
		t.Error("a skin is not between its joints, where its bind matrices put it")
	}
}

func TestSparse(t *testing.T) {
	m := newMaker()
	at := m.view([]uint16{2, 3})
	values := m.view([]float32{1, 2, 0, 0, 2, 0})
	pos := m.accessor("VEC3", 4, 5126, []float32{0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0},
		"sparse", object{"count": 2, "indices": object{"bufferView": at, "componentType": 5123}, "values": object{"bufferView": values}})
	m.primitive(object{"attributes": object{"POSITION": pos}, "mode": 6}, nil)
	if s := m.scene(t); !from(s, 0.5, 1.9).Solid || from(s, 0.5, 2.1).Solid {
		t.Error("sparse values are not there")
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	m := newMaker()
	m.primitive(m.square(), nil)
	if s, err := Open(write("a.glb", m.glb())); err != nil || !from(s, 0.5, 0.5).Solid {
		t.Errorf("GLB: %v, %v", s, err)
	}

	// Buffers and images beside the file, with a space in the name; an image that is not there is white.
	m = textured(object{}, object{}, object{})
	m.doc["buffers"] = list{object{"byteLength": m.bin.Len(), "uri": "sub/the%20data.bin"}}
	write("sub/the data.bin", append(m.bin.Bytes(), 0, 0, 0))
	m.doc["images"] = list{object{"uri": "none.png"}}
	data, err := json.Marshal(m.doc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(write("b.gltf", data))
	if err != nil {
		t.Fatal(err)
	}
	if h := from(s, 0.25, 0.75); !near(h.Color, [3]float64{1, 1, 1}) {
		t.Errorf("without its image: %v", h.Color)
	}
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "none.png") {
		t.Errorf("warnings %q", s.Warnings)
	}
}

func TestBadFiles(t *testing.T) {
	good := func() *maker {
		m := newMaker()
		p := m.square()
		p["material"] = m.add("materials", object{})
		m.primitive(p, nil)
		return m
	}
	set := func(path string, x any) func(m *maker) []byte {
		return func(m *maker) []byte {
			var doc any
			json.Unmarshal(m.gltf(), &doc)
			at := doc
			keys := strings.Split(path, ".")
			for i, key := range keys {
				last := i == len(keys)-1
				var n int
				if _, err := fmt.Sscan(key, &n); err == nil {
					if l := at.(list); last {
						l[n] = x
					} else {
						at = l[n]
					}
				} else if o := at.(object); last {
					o[key] = x
				} else {
					at = o[key]
				}
			}
			data, _ := json.Marshal(doc)
			return data
		}
	}
	for _, c := range []struct {
		name string
		make func(m *maker) []byte
		want string // in the error
	}{
		{"nothing", func(*maker) []byte { return nil }, "is no glTF"},
		{"a picture", func(*maker) []byte { return []byte("\x89PNG\r\n\x1a\n") }, "is no glTF"},
		{"half of a GLB", func(m *maker) []byte { b := m.glb(); return b[:len(b)/2] }, "is cut off"},
		{"a hostile GLB", func(*maker) []byte {
			return []byte("glTF\x02\x00\x00\x00\x18\x00\x00\x00\xf0\xff\xff\xffJSON{}  ")
		}, "chunk 0"},
		{"version 1", set("asset.version", "1.0"), "asset.version"},
		{"compressed", set("extensionsRequired", list{"KHR_draco_mesh_compression"}), "KHR_draco_mesh_compression"},
		{"a buffer that lies", set("buffers.0.byteLength", 1<<40), "buffers[0]"},
		{"a buffer of less than nothing", set("buffers.0.byteLength", -1), "buffers[0]"},
		{"a buffer elsewhere", set("buffers.0.uri", "../../../etc/passwd"), "buffers[0]"},
		{"a buffer that is not there", set("buffers.0.uri", "none.bin"), "none.bin"},
		{"a view that lies", set("bufferViews.0.byteLength", 1<<50), "bufferViews[0]"},
		{"a view before the buffer", set("bufferViews.0.byteOffset", -8), "bufferViews[0]"},
		{"an accessor that lies", set("accessors.0.count", 1<<40), "accessors[0]"},
		{"a huge offset", set("accessors.0.byteOffset", math.MaxInt64), "accessors[0]"},
		{"indices that lie", set("accessors.2.count", 1<<40), "accessors[2]"},
		{"no view", set("meshes.0.primitives.0.attributes.POSITION", 99), "accessors[99]"},
		{"a wrong type", set("meshes.0.primitives.0.attributes.POSITION", 1), "POSITION"},
		{"no such material", set("meshes.0.primitives.0.material", 7), "materials[7]"},
		{"no such mesh", set("nodes.0.mesh", 3), "meshes[3]"},
		{"a ring of nodes", set("nodes.0.children", list{0}), "ancestor"},
		{"no such node", set("nodes.0.children", list{-1}), "nodes[-1]"},
		{"no such scene", set("scene", 2), "scenes[2]"},
		{"a node at infinity", set("nodes.0.translation", list{1e300, 0, 0}), "vertex 0"},
		{"nothing to see", set("meshes.0.primitives.0.mode", 1), "no triangles"},
		{"null", set("nodes.0", nil), "nodes[0]"},
		{"a lot of objects", func(*maker) []byte { return []byte(`{"nodes": [{}` + strings.Repeat(",{}", maxObjects) + "]}") }, "2097154 objects"},
		{"text in its JSON", func(*maker) []byte { return []byte(`{"asset": x}`) }, "at byte 11 of 12"},
		{"what is scaled by 0", set("nodes.0.scale", list{0, 0, 0}), "no triangles"},
		{"many instances of nothing", func(m *maker) []byte {
			m.doc["accessors"] = list{object{"componentType": 5126, "count": maxZeros, "type": "VEC3"}}
			m.doc["meshes"] = list{object{"primitives": list{object{"attributes": object{"POSITION": 0}}}}}
			for range 8 {
				m.add("nodes", object{"mesh": 0})
			}
			return m.gltf()
		}, "too many vertices"},
		{"many targets of nothing", func(m *maker) []byte {
			m.doc["accessors"] = list{object{"componentType": 5126, "count": maxZeros, "type": "VEC3"}}
			targets, weights := list{}, list{}
			for range 9 {
				targets, weights = append(targets, object{"POSITION": 0}), append(weights, 1)
			}
			m.doc["meshes"] = list{object{"primitives": list{object{"attributes": object{"POSITION": 0}, "targets": targets}}, "weights": weights}}
			return m.gltf()
		}, "targets[8]: has too many vertices"},
		{"a lot of nothing", set("accessors.0", object{"componentType": 5126, "count": 1 << 40, "type": "VEC3"}), "accessors[0]"},
	} {
		s, err := parse(c.make(good()), t.TempDir())
		if err == nil {
			t.Errorf("%s: is taken: %+v", c.name, s)
		} else if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, want %q in it", c.name, err, c.want)
		}
	}
	m := newMaker()
	m.primitive(object{"attributes": object{"POSITION": m.vec3(0, 0, 0, 1, 0, 0, float32(math.NaN()), 1, 0)}}, nil)
	if _, err := parse(m.gltf(), ""); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("NaN: %v", err)
	}
	m = newMaker()
	m.primitive(object{"attributes": object{"POSITION": m.vec3(0, 0, 0, 1, 0, 0, 1, 1, 0)}, "indices": m.accessor("SCALAR", 3, 5123, []uint16{0, 1, 3})}, nil)
	if _, err := parse(m.gltf(), ""); err == nil || !strings.Contains(err.Error(), "index 3") {
		t.Errorf("an index too large: %v", err)
	}
}

// Images are decoded once, and only some of those that are huge in a small file.
func TestManyTextures(t *testing.T) {
	// The PNG's header says 8192×8192 pixels, and it ends there.
	huge := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x20\x00\x00\x00\x20\x00\x08\x06\x00\x00\x00")
	huge = binary.BigEndian.AppendUint32(huge, crc32.ChecksumIEEE(huge[12:]))
	uri := "data:image/png;base64," + base64.StdEncoding.EncodeToString(huge)
	m := textured(object{}, object{}, object{})
	m.doc["images"] = list{object{"uri": picture(1, red)}, object{"uri": uri}, object{"uri": uri}}
	m.doc["textures"] = list{object{"source": 0}, object{"source": 0}, object{"source": 0, "sampler": 0}, object{"source": 1}, object{"source": 1}, object{"source": 2}}
	for i := 1; i < 6; i++ {
		m.add("materials", object{"emissiveTexture": object{"index": i}})
	}
	s := m.scene(t)
	if a, b := s.materials[0].textures[baseTexture], s.materials[1].textures[emissiveTexture]; a == nil || a != b {
		t.Errorf("the same texture twice: %p and %p", a, b)
	}
	if len(s.Warnings) != 1 || !strings.HasPrefix(s.Warnings[0], "3 of 6 textures are white, such as textures[3]: images[1]: is cut off") {
		t.Errorf("warnings %q", s.Warnings)
	}
	f := &file{texels: maxTexels}
	f.Images = []*gltf.Image{{URI: uri}, {URI: uri}}
	for i, want := range []string{"is cut off", "8192×8192 pixels, and of the scene's"} {
		if _, err := f.image(i); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("images[%d]: %v, want %q", i, err, want)
		}
	}
}

// FuzzParse feeds files that are nearly right.
func FuzzParse(f *testing.F) {
	m := textured(object{"wrapS": 33648}, object{"texCoord": 0}, object{"alphaMode": "MASK"})
	f.Add(m.gltf())
	f.Add(m.glb())
	m = newMaker()
	p := m.square()
	p["targets"] = list{object{"POSITION": m.vec3(8, 0, 0, 8, 0, 0, 8, 0, 0, 8, 0, 0)}}
	m.add("meshes", object{"primitives": list{p}, "weights": list{0.5}})
	m.doc["nodes"] = list{object{"mesh": 0, "children": list{1}}, object{"mesh": 0, "skin": 0}}
	m.doc["skins"] = list{object{"joints": list{0, 1}}}
	f.Add(m.gltf())
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parse(data, dir)
		if err != nil {
			return
		}
		h := from(s, 0.4, 0.4)
		if center, radius := s.Bounds(); math.IsNaN(center.Len()) || !(radius >= 0) || math.IsNaN(h.Distance) {
			t.Errorf("centre %v, radius %v, %+v", center, radius, h)
		}
	})
}
