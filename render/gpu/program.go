//go:build cgo && linux

package gpu

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

// program is a shader on the device, with its weights and the image that it writes. Its methods run on the context's
// thread.
type program struct {
	shader    *shaders.Shader
	textures  *textures // not its own
	id        uint32
	weights   uint32
	query     uint32
	wallClock bool // see session

	image         uint32
	width, height int

	raysPerS float64 // as measured; 0 before the first dispatch
}

// start begins to compile a shader; drivers that can do it beside others, in threads of their own, do.
func start(s *shaders.Shader, ts *textures, wallClock bool) *program {
	return &program{shader: s, textures: ts, wallClock: wallClock, id: compile(s.Source())}
}

// finish waits for the compiler, and sends the weights to the device. A program that fails is deleted.
func (p *program) finish() error {
	log := linkLog(p.id)
	if log != "" {
		p.delete()
		return fmt.Errorf("gpu: shader %s: %s", p.shader.Variant, p.shader.Explain(log))
	}
	gl.GenBuffers(1, &p.weights)
	gl.GenQueries(1, &p.query)
	gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, p.weights)
	gl.BufferData(gl.SHADER_STORAGE_BUFFER, len(p.shader.Weights), gl.Ptr(p.shader.Weights), gl.STATIC_DRAW)
	if err := sent("weights", len(p.shader.Weights)); err != nil {
		p.delete()
		return err
	}
	return nil
}

// build is start and finish.
func build(s *shaders.Shader, ts *textures, wallClock bool) (*program, error) {
	p := start(s, ts, wallClock)
	return p, p.finish()
}

// sent says whether there was no room for what was just sent to the device.
func sent(what string, bytes int) error {
	switch e := gl.GetError(); e {
	case gl.NO_ERROR:
		return nil
	case gl.OUT_OF_MEMORY:
		return fmt.Errorf("gpu: out of GPU memory: no room for %d bytes of %s", bytes, what)
	default:
		return fmt.Errorf("gpu: sending %d bytes of %s to the device: OpenGL error 0x%x", bytes, what, e)
	}
}

// compile begins to make a program of a compute shader.
func compile(source string) uint32 {
	id := gl.CreateShader(gl.COMPUTE_SHADER)
	defer gl.DeleteShader(id) // once the program goes
	text, free := gl.Strs(source + "\x00")
	defer free()
	gl.ShaderSource(id, 1, text, nil)
	gl.CompileShader(id)
	program := gl.CreateProgram()
	gl.AttachShader(program, id)
	gl.LinkProgram(program)
	return program
}

// linkLog waits for a program, and returns "" where it is ready, else what compiler and linker said.
func linkLog(program uint32) string {
	var ok int32
	if gl.GetProgramiv(program, gl.LINK_STATUS, &ok); ok != gl.FALSE {
		return ""
	}
	var id uint32
	var n int32
	gl.GetAttachedShaders(program, 1, &n, &id)
	if gl.GetShaderiv(id, gl.COMPILE_STATUS, &ok); ok == gl.FALSE {
		return "does not compile: " + infoLog(id, gl.GetShaderiv, gl.GetShaderInfoLog)
	}
	return "does not link: " + infoLog(program, gl.GetProgramiv, gl.GetProgramInfoLog)
}

// infoLog is what the compiler or linker said.
func infoLog(id uint32, get func(uint32, uint32, *int32), log func(uint32, int32, *int32, *uint8)) string {
	var n int32
	get(id, gl.INFO_LOG_LENGTH, &n)
	if n == 0 {
		return ""
	}
	text := make([]byte, n)
	log(id, n, nil, &text[0])
	return strings.TrimRight(string(text), "\x00\n ")
}

// delete gives everything back to the device.
func (p *program) delete() {
	gl.DeleteProgram(p.id)
	gl.DeleteBuffers(1, &p.weights)
	gl.DeleteQueries(1, &p.query)
	gl.DeleteTextures(1, &p.image)
}

// textures are a network's grids on the device and, behind them, its occupancy.
type textures struct{ ids []uint32 }

// newTextures sends textures to the device.
func newTextures(ts *shaders.Textures) (*textures, error) {
	t := &textures{}
	gl.PixelStorei(gl.UNPACK_ALIGNMENT, 1)
	send := func(from *shaders.Texture, internal int32, format, kind uint32) error {
		var id uint32
		gl.GenTextures(1, &id)
		t.ids = append(t.ids, id)
		gl.BindTexture(gl.TEXTURE_3D, id)
		gl.TexParameteri(gl.TEXTURE_3D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
		gl.TexParameteri(gl.TEXTURE_3D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
		res := int32(from.Res)
		gl.TexImage3D(gl.TEXTURE_3D, 0, internal, res, res, res, 0, format, kind, gl.Ptr(from.Data))
		return sent("textures", len(from.Data))
	}
	for i := range ts.Grids {
		if err := send(&ts.Grids[i], gl.RGBA16F, gl.RGBA, gl.HALF_FLOAT); err != nil {
			t.delete()
			return nil, err
		}
	}
	if ts.Cells != nil {
		if err := send(ts.Cells, gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE); err != nil {
			t.delete()
			return nil, err
		}
	}
	return t, nil
}

func (t *textures) bind() {
	for i, id := range t.ids {
		gl.ActiveTexture(gl.TEXTURE0 + uint32(i))
		gl.BindTexture(gl.TEXTURE_3D, id)
	}
}

func (t *textures) delete() {
	if len(t.ids) > 0 {
		gl.DeleteTextures(int32(len(t.ids)), &t.ids[0])
	}
}

// dispatchTime is how long the device is kept busy at a stretch: a driver's watchdog waits for seconds, a person
// who stops a frame, or looks at another window, does not.
const dispatchTime = 20 * time.Millisecond

// firstRays is how many rays go into the first dispatch, whose speed is not known.
const firstRays = 1 << 12

// draw renders what cam sees into the program's image, n×n rays a pixel, and returns how long the device took.
func (p *program) draw(ctx context.Context, cam *plucker.Camera, frame plucker.Frame, n int) (time.Duration, error) {
	if err := p.resize(cam.Width, cam.Height); err != nil {
		return 0, err
	}
	gl.UseProgram(p.id)
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, 0, p.weights)
	p.textures.bind()
	gl.BindImageTexture(0, p.image, 0, false, 0, gl.READ_WRITE, p.format())
	setCamera(cam, frame)

	var spent time.Duration
	step := 1 / float32(n)
	for i := range n * n {
		gl.Uniform2f(locationPoint, (float32(i%n)+0.5)*step, (float32(i/n)+0.5)*step)
		gl.Uniform2f(locationBlend, min(float32(i), 1), step*step)
		t, err := p.dispatch(ctx, (cam.Width+p.shader.Tile[0]-1)/p.shader.Tile[0], (cam.Height+p.shader.Tile[1]-1)/p.shader.Tile[1])
		spent += t
		if err != nil {
			return spent, err
		}
	}
	return spent, nil
}

// beforeDispatch is a hook of tests.
var beforeDispatch = func() {}

// dispatch runs columns×rows workgroups, in as many steps as [dispatchTime] asks for.
func (p *program) dispatch(ctx context.Context, columns, rows int) (time.Duration, error) {
	var spent time.Duration
	perRow := float64(columns * p.shader.Tile[0] * p.shader.Tile[1])
	for row := 0; row < rows; {
		beforeDispatch()
		if err := ctx.Err(); err != nil {
			return spent, err
		}
		rays := float64(firstRays)
		if p.raysPerS > 0 {
			rays = p.raysPerS * dispatchTime.Seconds()
		}
		n := min(max(int(rays/perRow), 1), rows-row)
		gl.Uniform2i(locationCorner, 0, int32(row))
		t := timed(p.query, p.wallClock, func() {
			gl.DispatchCompute(uint32(columns), uint32(n), 1)
			gl.MemoryBarrier(gl.SHADER_IMAGE_ACCESS_BARRIER_BIT | gl.TEXTURE_UPDATE_BARRIER_BIT | gl.TEXTURE_FETCH_BARRIER_BIT)
		})
		if t > 0 {
			p.raysPerS = perRow * float64(n) / t.Seconds()
		}
		spent += t
		row += n
	}
	return spent, nil
}

// timed waits for what f starts, and returns how long the device took.
func timed(query uint32, wallClock bool, f func()) time.Duration {
	if wallClock {
		start := time.Now()
		f()
		gl.Finish()
		return time.Since(start)
	}
	gl.BeginQuery(gl.TIME_ELAPSED, query)
	f()
	gl.EndQuery(gl.TIME_ELAPSED)
	var ns uint64
	gl.GetQueryObjectui64v(query, gl.QUERY_RESULT, &ns)
	return time.Duration(ns)
}

// Locations of the uniforms, see glsl/camera.glsl.
const (
	locationSize = iota
	locationCorner
	locationIntrinsics
	locationRotation
	locationOrigin
	locationLens0
	locationLens1
	locationPoint
	locationBlend
)

// setCamera sets the uniforms of a camera, in float32 what is float64 here.
func setCamera(cam *plucker.Camera, frame plucker.Frame) {
	gl.Uniform2i(locationSize, int32(cam.Width), int32(cam.Height))
	k, d := cam.Intrinsics, cam.Distortion
	vec4 := func(location int32, a, b, c, d float64) {
		gl.Uniform4f(location, float32(a), float32(b), float32(c), float32(d))
	}
	vec4(locationIntrinsics, k.Fx, k.Fy, k.Cx, k.Cy)
	vec4(locationLens0, d.K1, d.K2, d.P1, d.P2)
	vec4(locationLens1, d.K3, d.K4, d.K5, d.K6)
	var rotation [9]float32
	for i, v := range cam.Pose.Rot {
		rotation[i] = float32(v)
	}
	gl.UniformMatrix3fv(locationRotation, 1, false, &rotation[0])
	o := cam.Pose.Pos.Sub(frame.Center).Mul(1 / frame.Radius)
	gl.Uniform3f(locationOrigin, float32(o[0]), float32(o[1]), float32(o[2]))
}

// resize gives the program an image of that size.
func (p *program) resize(w, h int) error {
	if p.image != 0 && p.width == w && p.height == h {
		return nil
	}
	if side := int(integer(gl.MAX_TEXTURE_SIZE)); max(w, h) > side {
		return fmt.Errorf("gpu: image of %d×%d pixels, the device has at most %d a side", w, h, side)
	}
	gl.DeleteTextures(1, &p.image)
	gl.GenTextures(1, &p.image)
	p.width, p.height = w, h
	gl.BindTexture(gl.TEXTURE_2D, p.image)
	gl.TexStorage2D(gl.TEXTURE_2D, 1, p.format(), int32(w), int32(h))
	err := sent(fmt.Sprintf("image, %d×%d pixels", w, h), w*h*16)
	if err != nil {
		gl.DeleteTextures(1, &p.image)
		p.image = 0
	}
	return err
}

// format is that of the image.
func (p *program) format() uint32 {
	if p.shader.Variant.Format() == "rgba8" {
		return gl.RGBA8
	}
	return gl.RGBA32F
}

// read copies the image to dst.
func (p *program) read(dst *render.Image) {
	dst.Resize(p.width, p.height)
	gl.BindTexture(gl.TEXTURE_2D, p.image)
	gl.PixelStorei(gl.PACK_ALIGNMENT, 1)
	gl.GetTexImage(gl.TEXTURE_2D, 0, gl.RGB, gl.FLOAT, unsafe.Pointer(unsafe.SliceData(dst.Pix)))
}

// difference returns the largest and the mean difference of two pictures of one size, in steps of 1/255.
func difference(a, b *render.Image) (most, mean float64) {
	for i, v := range a.Pix {
		d := 255 * math.Abs(float64(v)-float64(b.Pix[i]))
		most = math.Max(most, d) // NaN where there is one
		mean += d / float64(len(a.Pix))
	}
	return most, mean
}
