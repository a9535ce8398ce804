//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	_ "embed"
	"fmt"
	"unsafe"

	"github.com/go-gl/gl/v3.3-core/gl"
	"github.com/go-gl/mathgl/mgl32"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/render/look"
	"lfnview/shaders"
)

//go:embed glsl/present.vert
var presentVert string

//go:embed glsl/present.frag
var presentFrag string

//go:embed glsl/colors.frag
var colorsFrag string

//go:embed glsl/geometry.frag
var geometryFrag string

//go:embed glsl/overlay.vert
var overlayVert string

//go:embed glsl/overlay.frag
var overlayFrag string

// paint draws what lies under the panels: the picture, the photograph over it, and lines and cards in the scene.
type paint struct {
	vao     uint32     // of no vertices
	present [2]present // of pictures without geometry, and with it
	colors  uint32     // texture of the colour map
	colored string     // the colour map's name
	overlay struct {
		id, vao, vbo      uint32
		project, textured int32
		vertices          []vertex
		lines, cards      int // vertices of lines, then of cards
	}
}

// present is a program that fills an area with a picture, and its uniforms.
type present struct {
	id                                        uint32
	used, photo, wipe, mode, background, area int32
	shows, scale, faint, lens, fisheye        int32 // of geometry.frag
}

// vertex is a point of a line or card in the world.
type vertex struct {
	pos   [3]float32
	color [4]uint8
	uv    [2]float32 // in the texture of thumbnails
}

func newPaint() (*paint, error) {
	p := &paint{}
	var err error
	for i, shown := range [...]string{colorsFrag, geometryFrag + shaders.NormalOf} {
		if p.present[i], err = newPresent(shown); err != nil {
			return nil, err
		}
	}
	gl.GenVertexArrays(1, &p.vao)
	if p.overlay.id, err = link("overlay", overlayVert, overlayFrag); err != nil {
		return nil, err
	}
	o := &p.overlay
	o.project, o.textured = uniform(o.id, "project"), uniform(o.id, "textured")
	gl.GenVertexArrays(1, &o.vao)
	gl.GenBuffers(1, &o.vbo)
	gl.BindVertexArray(o.vao)
	gl.BindBuffer(gl.ARRAY_BUFFER, o.vbo)
	const stride = int32(unsafe.Sizeof(vertex{}))
	gl.VertexAttribPointerWithOffset(0, 3, gl.FLOAT, false, stride, unsafe.Offsetof(vertex{}.pos))
	gl.VertexAttribPointerWithOffset(1, 4, gl.UNSIGNED_BYTE, true, stride, unsafe.Offsetof(vertex{}.color))
	gl.VertexAttribPointerWithOffset(2, 2, gl.FLOAT, false, stride, unsafe.Offsetof(vertex{}.uv))
	for i := range uint32(3) {
		gl.EnableVertexAttribArray(i)
	}
	gl.BindVertexArray(0)
	return p, nil
}

// newPresent links a program with the shader's part that has the function shown.
func newPresent(shown string) (u present, err error) {
	if u.id, err = link("present", presentVert, presentFrag+shown); err != nil {
		return u, err
	}
	at := func(name string) int32 { return uniform(u.id, name) }
	u.used, u.photo, u.wipe, u.mode = at("used"), at("photo"), at("wipe"), at("mode")
	u.background, u.area = at("background"), at("area")
	u.shows, u.scale, u.faint, u.lens, u.fisheye = at("shows"), at("scale"), at("faint"), at("lens"), at("fisheye")
	gl.UseProgram(u.id)
	for i, name := range []string{"picture", "photograph", "geometry", "colors"} {
		gl.Uniform1i(at(name), int32(i)) // texture unit
	}
	gl.Uniform1f(at("confident"), lfn.Confident)
	return u, nil
}

// uniform is where a program has a uniform; -1 where it has none.
func uniform(id uint32, name string) int32 { return gl.GetUniformLocation(id, gl.Str(name+"\x00")) }

// link makes a program of a vertex and a fragment shader.
func link(name, vert, frag string) (uint32, error) {
	id := gl.CreateProgram()
	for kind, source := range map[uint32]string{gl.VERTEX_SHADER: vert, gl.FRAGMENT_SHADER: frag} {
		shader := gl.CreateShader(kind)
		text, free := gl.Strs(source + "\x00")
		gl.ShaderSource(shader, 1, text, nil)
		free()
		gl.CompileShader(shader)
		gl.AttachShader(id, shader)
		gl.DeleteShader(shader)
	}
	gl.LinkProgram(id)
	var ok int32
	if gl.GetProgramiv(id, gl.LINK_STATUS, &ok); ok == gl.FALSE {
		log := make([]byte, 2048)
		var n int32
		gl.GetProgramInfoLog(id, int32(len(log)), &n, &log[0])
		return 0, fmt.Errorf("viewer: shader %s: %s", name, log[:n])
	}
	return id, nil
}

// comparison is how photograph and picture share the window.
type comparison int32

const (
	onlyPicture comparison = iota
	onlyPhotograph
	wiped     // the photograph left of the wipe
	heatedMap // their difference
)

// area is the part of the window in which the scene is seen, in pixels.
type area struct{ x, y, w, h int }

// drawPicture fills an area of a window that is windowH pixels high with what a picture shows, and puts a photograph over
// the part of it that it covers.
func (p *paint) drawPicture(pic picture, show look.Look, photo overlaid, in area, windowH int) {
	p.setColors(show.Scale.Map)
	top := windowH - in.y
	gl.Viewport(int32(in.x), int32(top-in.h), int32(in.w), int32(in.h))
	gl.Disable(gl.BLEND)
	u := &p.present[0]
	if pic.geometry != 0 && show.Mode != look.Colors { // else colours, or begun before the mode was chosen
		u = &p.present[1]
	}
	gl.UseProgram(u.id)
	gl.BindVertexArray(p.vao)
	for i, texture := range [...]uint32{photo.texture, pic.geometry, p.colors} {
		gl.ActiveTexture(gl.TEXTURE1 + uint32(i))
		gl.BindTexture(gl.TEXTURE_2D, texture)
	}
	gl.ActiveTexture(gl.TEXTURE0)
	gl.BindTexture(gl.TEXTURE_2D, pic.texture)
	filter := int32(gl.LINEAR)
	if pic.w == in.w && pic.h == in.h {
		filter = gl.NEAREST
	}
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter)
	gl.Uniform4f(u.used, float32(pic.w), float32(pic.h), float32(pic.textureW), float32(pic.textureH))
	gl.Uniform4f(u.photo, photo.rect[0], photo.rect[1], photo.rect[2], photo.rect[3])
	gl.Uniform4f(u.area, float32(in.x), float32(top), float32(in.w), float32(in.h))
	gl.Uniform1f(u.wipe, photo.wipe)
	gl.Uniform1i(u.mode, int32(photo.mode))
	gl.Uniform1i(u.shows, int32(show.Mode))
	gl.Uniform2f(u.scale, float32(show.Scale.From), float32(show.Scale.To))
	gl.Uniform1i(u.faint, boolean(show.Faint))
	cam := pic.cam.Scaled(pic.w, pic.h)
	k := &cam.Intrinsics
	gl.Uniform4f(u.lens, float32(k.Fx), float32(k.Fy), float32(k.Cx), float32(k.Cy))
	gl.Uniform1i(u.fisheye, boolean(cam.Distortion.Fisheye))
	gl.Uniform3f(u.background, photo.background[0], photo.background[1], photo.background[2])
	gl.DrawArrays(gl.TRIANGLES, 0, 3)
	gl.BindVertexArray(0)
}

func boolean(b bool) int32 {
	if b {
		return gl.TRUE
	}
	return gl.FALSE
}

// setColors takes a colour map.
func (p *paint) setColors(m render.ColorMap) {
	if p.colored == m.Name {
		return
	}
	if p.colors == 0 {
		p.colors = newTexture(1, 1)
	}
	table := m.Table()
	setImage(p.colors, len(table)/4, 1, table[:])
	p.colored = m.Name
}

// overlaid is a photograph over the picture.
type overlaid struct {
	mode       comparison
	texture    uint32
	rect       [4]float32 // left, top, right, bottom in pixels of the area
	wipe       float32    // in pixels from the left
	background [3]float32 // behind transparent pixels
}

// setOverlay gives the lines and cards of the scene: cards are triangles, with the thumbnails' texture.
func (p *paint) setOverlay(lines, cards []vertex) {
	o := &p.overlay
	o.vertices = append(append(o.vertices[:0], lines...), cards...)
	o.lines, o.cards = len(lines), len(cards)
	if len(o.vertices) == 0 {
		return
	}
	gl.BindBuffer(gl.ARRAY_BUFFER, o.vbo)
	gl.BufferData(gl.ARRAY_BUFFER, len(o.vertices)*int(unsafe.Sizeof(vertex{})), gl.Ptr(o.vertices), gl.DYNAMIC_DRAW)
}

// drawOverlay draws them as a camera sees them; project is from the world to clip space.
func (p *paint) drawOverlay(project *mgl32.Mat4, thumbnails uint32) {
	o := &p.overlay
	if len(o.vertices) == 0 {
		return
	}
	gl.Enable(gl.BLEND)
	gl.BlendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA)
	gl.UseProgram(o.id)
	gl.BindVertexArray(o.vao)
	gl.ActiveTexture(gl.TEXTURE0)
	gl.BindTexture(gl.TEXTURE_2D, thumbnails)
	gl.UniformMatrix4fv(o.project, 1, false, &project[0])
	if o.cards > 0 && thumbnails != 0 {
		gl.Uniform1i(o.textured, 1)
		gl.DrawArrays(gl.TRIANGLES, int32(o.lines), int32(o.cards))
	}
	gl.Uniform1i(o.textured, 0)
	gl.DrawArrays(gl.LINES, 0, int32(o.lines))
	gl.BindVertexArray(0)
}
