package mesh

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-gl/mathgl/mgl64"
	"github.com/qmuntal/gltf"
	"github.com/qmuntal/gltf/ext/texturetransform"
	"github.com/qmuntal/gltf/ext/unlit"
)

// known are the extensions that a file may require.
var known = []string{texturetransform.ExtensionName, unlit.ExtensionName, "KHR_mesh_quantization"}

const (
	maxFile      = 1 << 30 // bytes, of a glTF file, and of all that it refers to
	maxObjects   = 1 << 21 // in its JSON, as each takes some hundred bytes of memory
	maxTriangles = 1 << 24

	// Instances cost nothing in the file: so many vertices may there be, and one more for each so many bytes of buffers.
	maxVertices = 1 << 23
	vertexBytes = 4
)

// Open reads a glTF 2.0 file, .gltf or .glb, and the buffers and images that it refers to: the file's scene, with
// morph targets and skins as they are at rest. The error names the part of the file that is wrong.
func Open(path string) (*Scene, error) {
	data, err := readFile(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("mesh: open %s: %w", path, err)
	}
	s, err := parse(data, filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("mesh: open %s: %w", path, err)
	}
	return s, nil
}

// readFile reads a file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, reason(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("is no file")
	case info.Size() > limit && limit < maxFile:
		return nil, fmt.Errorf("has %d bytes, and of a scene's files at most %d are read in all", info.Size(), maxFile)
	case info.Size() > limit:
		return nil, fmt.Errorf("has %d bytes, at most %d are read", info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	return data, reason(err)
}

// reason is err without the file's name, which the caller says.
func reason(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

// file is a glTF file on its way to a scene.
type file struct {
	gltf.Document
	dir      string
	bin      []byte // the binary chunk of a GLB
	buffers  [][]byte
	textures map[int]*texture
	pictures map[filtered]*texture
	images   map[int]error        // of those that were read
	joints   map[int][]mgl64.Mat4 // of each skin
	scene    *Scene
	white    []string // why textures are, that is

	read     map[string]bool // the other files
	left     int64           // bytes of them that may be read
	texels   int64           // that may be decoded
	vertices int             // that may be made
}

// parse makes the scene of a file in the folder dir.
func parse(data []byte, dir string) (*Scene, error) {
	f := &file{
		dir: dir, textures: map[int]*texture{}, pictures: map[filtered]*texture{}, images: map[int]error{}, joints: map[int][]mgl64.Mat4{},
		scene: &Scene{}, read: map[string]bool{}, left: maxFile, texels: maxTexels + byteTexels*int64(len(data)), vertices: maxVertices,
	}
	text, bin, err := chunks(data)
	if err != nil {
		return nil, err
	}
	f.bin = bin
	if n := bytes.Count(text, []byte("{")); n > maxObjects {
		return nil, fmt.Errorf("its JSON has %d objects, at most %d are read", n, maxObjects)
	}
	if err := json.Unmarshal(text, &f.Document); err != nil {
		if s := (*json.SyntaxError)(nil); errors.As(err, &s) {
			return nil, fmt.Errorf("is no glTF: its JSON: %w, at byte %d of %d", err, s.Offset, len(text))
		}
		return nil, fmt.Errorf("is no glTF: its JSON: %w", err)
	}
	if v := f.Asset.Version; !strings.HasPrefix(v, "2.") {
		return nil, fmt.Errorf("asset.version is %q, want 2.0", v)
	}
	for _, e := range f.ExtensionsRequired {
		if !slices.Contains(known, e) {
			return nil, fmt.Errorf("needs the extension %s, which is not known here: export it without", e)
		}
	}
	for i := range f.Buffers {
		b, err := f.buffer(i)
		if err != nil {
			return nil, fmt.Errorf("buffers[%d]: %w", i, err)
		}
		f.buffers = append(f.buffers, b)
		f.vertices += len(b) / vertexBytes
	}
	for i := range f.Materials {
		m, err := f.material(i)
		if err != nil {
			return nil, fmt.Errorf("materials[%d]: %w", i, err)
		}
		f.scene.materials = append(f.scene.materials, m)
	}
	f.scene.materials = append(f.scene.materials, material{base: [4]float32{1, 1, 1, 1}}) // where none is named
	switch n := len(f.white); {
	case n == 1:
		f.scene.Warnings = []string{f.white[0] + ": it is white"}
	case n > 1:
		f.scene.Warnings = []string{fmt.Sprintf("%d of %d textures are white, such as %s", n, len(f.Textures), f.white[0])}
	}
	if err := f.place(); err != nil {
		return nil, err
	}
	if len(f.scene.triangles) == 0 {
		return nil, errors.New("has no triangles")
	}
	f.scene.finish()
	return f.scene, nil
}

// chunks are the JSON and the binary part of a file: those of a GLB, or all of it and nothing.
func chunks(data []byte) (text, bin []byte, err error) {
	if len(data) < 4 || string(data[:4]) != "glTF" {
		return data, nil, nil
	}
	const header, chunk = 12, 8
	if len(data) < header+chunk {
		return nil, nil, fmt.Errorf("is cut off after %d bytes", len(data))
	}
	word := binary.LittleEndian.Uint32
	if v := word(data[4:]); v != 2 {
		return nil, nil, fmt.Errorf("is GLB version %d, want 2", v)
	}
	if n := int64(word(data[8:])); n > int64(len(data)) {
		return nil, nil, fmt.Errorf("is cut off: it has %d bytes of %d", len(data), n)
	}
	const jsonChunk, binChunk = 0x4e4f534a, 0x004e4942
	for rest, n := data[header:], 0; len(rest) >= chunk; n++ {
		length, kind := int64(word(rest)), word(rest[4:])
		if rest = rest[chunk:]; length > int64(len(rest)) {
			return nil, nil, fmt.Errorf("chunk %d has %d bytes of %d", n, len(rest), length)
		}
		part := rest[:length]
		rest = rest[min((length+3)/4*4, int64(len(rest))):]
		switch {
		case n == 0 && kind != jsonChunk:
			return nil, nil, errors.New("its first chunk is not JSON")
		case n == 0:
			text = part
		case n == 1 && kind == binChunk:
			bin = part
		}
	}
	return text, bin, nil
}

// buffer reads a buffer: the binary chunk, one in the JSON, or a file.
func (f *file) buffer(i int) ([]byte, error) {
	b := f.Buffers[i]
	if b == nil {
		return nil, errors.New("is null")
	}
	data, err := f.bin, error(nil)
	if b.URI != "" || i > 0 {
		data, err = f.resource(b.URI)
	}
	switch {
	case err != nil:
		return nil, err
	case b.ByteLength < 0 || b.ByteLength > len(data):
		return nil, fmt.Errorf("byteLength is %d, and there are %d bytes", b.ByteLength, len(data))
	}
	return data[:b.ByteLength], nil
}

// resource reads what a URI names: data in itself, or a file beside.
func (f *file) resource(uri string) ([]byte, error) {
	if rest, ok := strings.CutPrefix(uri, "data:"); ok {
		kind, text, ok := strings.Cut(rest, ",")
		if !ok || !strings.HasSuffix(kind, ";base64") {
			return nil, errors.New("its data URI is not in base64")
		}
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("its data URI: %w", err)
		}
		return data, nil
	}
	name, err := url.PathUnescape(uri)
	if err != nil {
		name = uri
	}
	name = strings.ReplaceAll(name, `\`, "/")
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("uri %q does not name a file in or below the folder", uri)
	}
	data, err := readFile(filepath.Join(f.dir, filepath.FromSlash(name)), f.left)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.left -= int64(len(data))
	if name = filepath.Clean(name); !f.read[name] {
		f.read[name] = true
		f.texels += byteTexels * int64(len(data))
	}
	return data, nil
}
