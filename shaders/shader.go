package shaders

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"strings"
	"text/template"

	"lfnview/lfn"
)

//go:embed glsl
var glsl embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"seq":  upTo,
	"add":  func(a, b int) int { return a + b },
	"mul":  func(a, b int) int { return a * b },
	"div":  func(a, b int) int { return a / b },
	"xyzw": func(i int) string { return "xyzw"[i%4 : i%4+1] },
	"pair": func(i int) string { return [2]string{"xx", "yy"}[i%2] },
}).ParseFS(glsl, "glsl/*.glsl"))

// A Shader is a compute shader for one network, with what it reads.
type Shader struct {
	Variant Variant
	Pieces  []Piece // of the text, in order
	Weights []byte  // the shader storage block at binding 0
	Tile    [2]int  // pixels of a workgroup, width and height
	Block   [2]int  // pixels, across and down, that share what one of them meets, where the variant has geometry
	Loops   int     // bound on the loop iterations of an invocation
}

// Piece is a named part of the text. Lines in messages of a compiler count within it: #line numbers them from 10,000 times the index on.
type Piece struct{ Name, Text string }

// New writes the shader of a network, which writes the image at unit 0, and reads the textures of
// [NewTextures].
func New(n *lfn.Network, v Variant) (*Shader, error) { return Of(n.Config, v, Weights(n, v)) }

// Of writes the shader of a network of shape c, of which weights are the [Weights].
func Of(c lfn.Config, v Variant, weights []byte) (*Shader, error) {
	p := newPlan(c, v)
	pieces, err := p.pieces()
	if err != nil {
		return nil, err
	}
	return &Shader{v, pieces, weights, p.tile(), p.block(), p.loops()}, nil
}

// Weights are those of [Shader.Weights] alone. The text depends on the network's configuration and not on its tensors,
// so a shader takes the weights of any network of the configuration that it was written for. v must be valid for it.
func Weights(n *lfn.Network, v Variant) []byte { return newPlan(n.Config, v).weights(n) }

// pieces writes the text.
func (p *plan) pieces() ([]Piece, error) {
	names := []string{"camera"}
	if p.Derived() {
		names = append(names, "moves")
	}
	e := p.config.Encoding
	if e.Points > 0 {
		names = append(names, "chord")
	}
	if e.Kind == lfn.Frequency || e.Kind == lfn.Points {
		names = append(names, "wave")
	}
	if len(e.Grids) > 0 {
		names = append(names, "fetch")
	}
	names = append(names, "tile")
	if p.local() {
		names = append(names, "sync_subgroup")
	} else {
		names = append(names, "sync_group")
	}
	if p.Half {
		names = append(names, "dense_half")
	} else {
		names = append(names, "dense_float")
	}
	if p.Geometry {
		names = append(names, "code_of", "geometry")
	}
	if p.Derived() {
		names = append(names, "derived")
	}
	switch e.Kind {
	case lfn.Coordinates:
		names = append(names, "six", "coordinates")
	case lfn.Points:
		names = append(names, "at_points", "six", "points")
	case lfn.Grid:
		names = append(names, "at_grid", "six", "points")
	default:
		names = append(names, e.Kind)
	}
	if p.Norm() && p.Subgroup {
		names = append(names, "sum_subgroup")
	} else if p.Norm() {
		names = append(names, "sum_shared")
	}
	names = append(names, "layer", "main")

	pieces := []Piece{{"head", p.head()}}
	for _, name := range names {
		var text strings.Builder
		if err := templates.ExecuteTemplate(&text, name+".glsl", p); err != nil {
			return nil, fmt.Errorf("shaders: %w", err)
		}
		pieces = append(pieces, Piece{name + ".glsl", text.String()})
	}
	return pieces, nil
}

// halfExtension asks for arithmetic in half precision, of whichever kind there is.
const halfExtension = `#ifdef GL_NV_gpu_shader5
#extension GL_NV_gpu_shader5 : require
#else
#extension GL_AMD_gpu_shader_half_float : require
#endif
`

// head is what comes first: version, extensions and constants.
func (p *plan) head() string {
	var b strings.Builder
	b.WriteString("#version 430\n")
	if p.Half {
		b.WriteString(halfExtension)
	}
	if p.Subgroup {
		b.WriteString("#extension GL_KHR_shader_subgroup_basic : require\n#extension GL_KHR_shader_subgroup_clustered : require\n")
	}
	fmt.Fprintf(&b, "\nlayout(local_size_x = %d) in;\n\n", p.Threads)
	for _, c := range p.constants() {
		fmt.Fprintln(&b, c)
	}
	return b.String()
}

// lineStride is between the numbers of the first lines of two pieces. The number of a source string, which #line also
// takes, is one that Mesa does not repeat in its messages.
const lineStride = 10_000

// Version names the text of all shaders that this package writes.
func Version() string {
	h := sha256.New()
	files, err := glsl.ReadDir("glsl")
	for _, f := range files {
		var text []byte
		if text, err = glsl.ReadFile("glsl/" + f.Name()); err != nil {
			break
		}
		h.Write(text)
	}
	if err != nil {
		panic("shaders: " + err.Error()) // they are embedded
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Source is the whole text.
func (s *Shader) Source() string {
	var b strings.Builder
	for i, p := range s.Pieces {
		if i > 0 {
			fmt.Fprintf(&b, "\n// %s\n#line %d\n", p.Name, i*lineStride+1)
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// loops bounds the iterations of all loops of an invocation together.
func (p *plan) loops() int {
	n := 100 // of the lens
	passes := p.passes + p.layers - 1
	n += passes
	n += p.passes * (p.inputs/unroll + p.inputs/chunk + 1)
	n += (p.layers - 1) * (p.width/unroll + p.width/chunk + 1)
	n += p.passes * (2*p.inputs*p.Pairs()/p.TX + 4*p.inputs)
	n += p.layers * (p.TX + p.Parts())
	n += p.width/p.Parts() + 1 + 3 + 4*p.Parts()
	if p.config.Encoding.Kind == lfn.Volume {
		n += p.config.Encoding.Points
	}
	if p.Geometry {
		n += 10
	}
	if p.Derived() {
		n += p.passes * (p.inputs + 4) // of the moves
	}
	return n
}
