//go:build cgo && linux

package gpu

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/assets"
	"lfnview/lfn"
	"lfnview/render"
	"lfnview/shaders"
)

// TestExport calls an exported shader as its README.md says, with nothing but OpenGL, and gets the same picture.
func TestExport(t *testing.T) {
	c := device(t)
	m, err := assets.Scene()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("scene", func(t *testing.T) { testExport(t, c, m) })
	t.Run("sparse", func(t *testing.T) {
		if testing.Short() {
			t.Skip("large grids")
		}
		testExport(t, c, sparseModel(t, false))
	})
}

func testExport(t *testing.T, c *session, m *lfn.Model) {
	v, err := shaders.Portable(m.Network.Config, false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := shaders.New(m.Network, v)
	if err != nil {
		t.Fatal(err)
	}
	ts, err := shaders.NewTextures(m.Network)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := s.Export(folder, ts, m.Scene); err != nil {
		t.Fatal(err)
	}
	cam := render.Orbit{AzDeg: 60, ElDeg: 25}.Camera(m.Scene, 50, 37)
	var want render.Image
	if err := render.NewCPU(m.Network.Pack(), m.Scene).Render(bg, &want, &cam, render.Options{}); err != nil {
		t.Fatal(err)
	}

	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var has struct {
		Shader   string
		Tile     [2]uint32
		Weights  struct{ File string }
		Textures []struct {
			File, Format string
			Unit         uint32
			Side, Slices int32
		}
		Uniforms []struct {
			Name     string
			Location int32
		}
		Scene struct {
			Center [3]float32
			Radius float32
		}
	}
	if err := json.Unmarshal(read("shader.json"), &has); err != nil {
		t.Fatal(err)
	}
	at := map[string]int32{}
	for _, u := range has.Uniforms {
		at[u.Name] = u.Location
	}
	text := string(read("README.md"))
	for _, name := range []string{"size", "corner", "intrinsics", "rotation", "origin", "lens0", "lens1", "point", "blend", "fisheye", "shift"} {
		if _, ok := at[name]; !ok || !strings.Contains(text, " "+name+"`") {
			t.Errorf("uniform %s is not in shader.json and README.md", name)
		}
	}

	shader, weights := string(read(has.Shader)), read(has.Weights.File)
	files := map[string][]byte{}
	for _, x := range has.Textures {
		files[x.File] = read(x.File)
	}
	got := render.NewImage(50, 37)
	err = c.call(func() error {
		id := gl.CreateShader(gl.COMPUTE_SHADER)
		source, free := gl.Strs(shader + "\x00")
		defer free()
		gl.ShaderSource(id, 1, source, nil)
		gl.CompileShader(id)
		program := gl.CreateProgram()
		gl.AttachShader(program, id)
		gl.LinkProgram(program)
		var ok int32
		if gl.GetProgramiv(program, gl.LINK_STATUS, &ok); ok == 0 {
			return fmt.Errorf("%s does not link", has.Shader)
		}
		gl.UseProgram(program)
		var buffer, image uint32
		gl.GenBuffers(1, &buffer)
		gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, 0, buffer)
		gl.BufferData(gl.SHADER_STORAGE_BUFFER, len(weights), gl.Ptr(weights), gl.STATIC_DRAW)
		gl.PixelStorei(gl.UNPACK_ALIGNMENT, 1)
		for _, x := range has.Textures {
			var texture uint32
			gl.GenTextures(1, &texture)
			gl.ActiveTexture(gl.TEXTURE0 + x.Unit)
			gl.BindTexture(gl.TEXTURE_3D, texture)
			gl.TexParameteri(gl.TEXTURE_3D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
			gl.TexParameteri(gl.TEXTURE_3D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
			internal, format, kind := int32(gl.RGBA16F), uint32(gl.RGBA), uint32(gl.HALF_FLOAT)
			switch x.Format {
			case "R8UI":
				internal, format, kind = gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE
			case "RGBA8UI":
				internal, format, kind = gl.RGBA8UI, gl.RGBA_INTEGER, gl.UNSIGNED_BYTE
			}
			gl.TexImage3D(gl.TEXTURE_3D, 0, internal, x.Side, x.Side, x.Slices, 0, format, kind, gl.Ptr(files[x.File]))
		}
		gl.GenTextures(1, &image)
		gl.ActiveTexture(gl.TEXTURE8)
		gl.BindTexture(gl.TEXTURE_2D, image)
		gl.TexStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32F, 50, 37)
		gl.BindImageTexture(0, image, 0, false, 0, gl.READ_WRITE, gl.RGBA32F)

		gl.Uniform2i(at["size"], 50, 37)
		gl.Uniform2i(at["corner"], 0, 0)
		k := cam.Intrinsics
		gl.Uniform4f(at["intrinsics"], float32(k.Fx), float32(k.Fy), float32(k.Cx), float32(k.Cy))
		var axes [9]float32
		for i, v := range cam.Pose.Rot {
			axes[i] = float32(v)
		}
		gl.UniformMatrix3fv(at["rotation"], 1, false, &axes[0])
		var o [3]float32
		for i := range o {
			o[i] = (float32(cam.Pose.Pos[i]) - has.Scene.Center[i]) / has.Scene.Radius
		}
		gl.Uniform3f(at["origin"], o[0], o[1], o[2])
		gl.Uniform4f(at["lens0"], 0, 0, 0, 0)
		gl.Uniform4f(at["lens1"], 0, 0, 0, 0)
		gl.Uniform1i(at["fisheye"], 0)
		gl.Uniform2f(at["point"], 0.5, 0.5)
		gl.Uniform2f(at["blend"], 0, 1)
		gl.DispatchCompute((50+has.Tile[0]-1)/has.Tile[0], (37+has.Tile[1]-1)/has.Tile[1], 1)
		gl.MemoryBarrier(gl.TEXTURE_UPDATE_BARRIER_BIT)
		gl.PixelStorei(gl.PACK_ALIGNMENT, 1)
		gl.GetTexImage(gl.TEXTURE_2D, 0, gl.RGB, gl.FLOAT, gl.Ptr(got.Pix))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if most, _ := difference(got, &want); !(most <= fullMost) {
		t.Errorf("the picture differs by %v/255", most)
	}
}
