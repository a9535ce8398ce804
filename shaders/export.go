package shaders

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/template"

	"lfnview/lfn"
	"lfnview/plucker"
)

// least is what every device of OpenGL 4.3 has.
var least = Limits{Threads: 1024, SharedBytes: 32 << 10, BufferBytes: 1 << 24, TextureSide: 2048}

// Portable is the variant of a network of shape c that the least devices of OpenGL 4.3 run.
func Portable(c lfn.Config, half bool) (Variant, error) {
	limits := least
	limits.Half = half
	vs, err := Variants(c, limits)
	for _, v := range vs {
		if v.Half == half {
			return v, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("shaders: a network of this shape has no shader in half precision")
	}
	return Variant{}, err
}

//go:embed export.md
var exportText string

var exportReadme = template.Must(template.New("").Parse(exportText))

// manifest is shader.json: what a program has to know to call the shader.
type manifest struct {
	Shader     string        `json:"shader"`
	Variant    string        `json:"variant"`
	Tile       [2]int        `json:"tile"` // pixels of a workgroup: dispatch ⌈width/tile⌉ × ⌈height/tile⌉ × 1
	Weights    file          `json:"weights"`
	Textures   []textureFile `json:"textures"`
	Image      binding       `json:"image"`
	Uniforms   []uniform     `json:"uniforms"`
	Scene      plucker.Frame `json:"scene"`
	Extensions [][]string    `json:"extensions"` // that it needs: one of each list
}

type file struct {
	File    string `json:"file"`
	Bytes   int    `json:"bytes"`
	Binding int    `json:"binding"`
}

type textureFile struct {
	File   string `json:"file"`
	Unit   int    `json:"unit"`
	Side   int    `json:"side"` // texels along x and y
	Slices int    `json:"slices"`
	Format string `json:"format"` // internal format, as in GL_RGBA16F
	Filter string `json:"filter"`
}

type binding struct {
	Unit   int    `json:"unit"`
	Format string `json:"format"`
}

type uniform struct {
	Location int    `json:"location"`
	Type     string `json:"type"`
	Name     string `json:"name"`
	Holds    string `json:"holds"`
}

// Export writes the shader, what it reads, a README.md and, last, a manifest into a folder.
func (s *Shader) Export(folder string, ts *Textures, scene plucker.Frame) error {
	m := manifest{
		Shader: "shader.comp", Variant: s.Variant.String(), Tile: s.Tile, Scene: scene,
		Weights:  file{"weights.bin", len(s.Weights), 0},
		Textures: []textureFile{},
		Image:    binding{0, s.Variant.Format()},
		Uniforms: uniforms(), Extensions: [][]string{},
	}
	if s.Variant.Half {
		m.Extensions = append(m.Extensions, []string{"GL_NV_gpu_shader5", "GL_AMD_gpu_shader_half_float"})
	}
	if s.Variant.Subgroup {
		m.Extensions = append(m.Extensions, []string{"GL_KHR_shader_subgroup"})
	}
	type content struct {
		name string
		data []byte
	}
	files := []content{{m.Shader, []byte(s.Source())}, {m.Weights.File, s.Weights}}
	for i, g := range ts.Grids {
		t := textureFile{fmt.Sprintf("grid%d.bin", i), i, g.Res, g.Slices, "RGBA16F", "nearest"}
		m.Textures, files = append(m.Textures, t), append(files, content{t.File, g.Data})
	}
	for i, cells := range ts.Cells {
		t := textureFile{fmt.Sprintf("occupancy%d.bin", i), len(ts.Grids) + i, cells.Res, cells.Slices, "R8UI", "nearest"}
		m.Textures, files = append(m.Textures, t), append(files, content{t.File, cells.Data})
	}
	for i, pages := range ts.Pages {
		t := textureFile{fmt.Sprintf("pages%d.bin", i), len(ts.Grids) + len(ts.Cells) + i, pages.Res, pages.Slices, "RGBA8UI", "nearest"}
		m.Textures, files = append(m.Textures, t), append(files, content{t.File, pages.Data})
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("shaders: %w", err)
	}
	var readme strings.Builder
	if err := exportReadme.Execute(&readme, m); err != nil {
		return fmt.Errorf("shaders: %w", err)
	}
	files = append(files, content{"README.md", []byte(readme.String())}, content{"shader.json", append(text, '\n')})
	for _, f := range files {
		err := lfn.WriteFile(filepath.Join(folder, f.name), func(w io.Writer) error {
			_, err := w.Write(f.data)
			return err
		})
		if err != nil {
			return fmt.Errorf("shaders: %w", err)
		}
	}
	return nil
}

// uniforms lists those that the shader declares, from its own text.
func uniforms() []uniform {
	text, err := glsl.ReadFile("glsl/camera.glsl")
	if err != nil {
		panic("shaders: " + err.Error()) // it is embedded
	}
	var us []uniform
	for line := range strings.Lines(string(text)) {
		declaration, holds, _ := strings.Cut(strings.TrimSpace(line), "//")
		u := uniform{Holds: strings.TrimSpace(holds)}
		if n, _ := fmt.Sscanf(declaration, "layout(location = %d) uniform %s %s", &u.Location, &u.Type, &u.Name); n == 3 {
			u.Name = strings.TrimSuffix(u.Name, ";")
			us = append(us, u)
		}
	}
	return us
}
