//go:build cgo && linux

package gpu

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

// program is a shader on the device, with its weights. Its methods run on the context's
// thread.
type program struct {
	shader    *shaders.Shader
	textures  *textures // not its own
	id        uint32
	normals   uint32 // of a shader with geometry: the program that [shaders.Normals] writes
	weights   uint32
	query     uint32
	wallClock bool // see session

	image    image      // that draw writes
	geometry image      // likewise, where the shader has geometry
	texels   []float32  // room to read that
	rotation [9]float32 // room for look, which runs in every frame

	raysPerS float64 // as measured; 0 before the first dispatch
}

// start begins to compile a shader; drivers that can do it beside others, in threads of their own, do.
func start(s *shaders.Shader, ts *textures, wallClock bool) *program {
	p := &program{shader: s, textures: ts, wallClock: wallClock, id: compile(s.Source())}
	if s.Variant.Geometry {
		p.normals = compile(shaders.Normals())
	}
	return p
}

// finish waits for the compiler, and sends the weights to the device. A program that fails is deleted.
func (p *program) finish() error {
	log := linkLog(p.id)
	if log != "" {
		p.delete()
		return fmt.Errorf("gpu: shader %s: %s", p.shader.Variant, p.shader.Explain(log))
	}
	if p.shader.Variant.Geometry {
		if log := linkLog(p.normals); log != "" {
			p.delete()
			return fmt.Errorf("gpu: shader of normals: %s", log)
		}
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

// withGeometry builds the program that tells geometry, too, of a variant like v, with the same textures. weights are the
// [shaders.GeometryWeights] of v.
func (p *program) withGeometry(d *driver, c lfn.Config, v shaders.Variant, weights []byte) (*program, error) {
	v, err := v.WithGeometry(c, d.limits)
	if err != nil {
		return nil, err
	}
	s, err := shaders.Of(c, v, weights)
	if err != nil {
		return nil, err
	}
	return build(s, p.textures, p.wallClock)
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
	gl.DeleteProgram(p.normals)
	gl.DeleteBuffers(1, &p.weights)
	gl.DeleteQueries(1, &p.query)
	p.image.delete()
	p.geometry.delete()
}

// dispatchTime is how long the device is kept busy at a stretch: a driver's watchdog waits for seconds, a person
// who stops a frame, or looks at another window, does not.
const dispatchTime = 20 * time.Millisecond

// firstRays is how many rays go into the first dispatch, whose speed is not known.
const firstRays = 1 << 12

// draw renders what cam sees into the program's image, with o.Samples a side of a pixel, or 1 where that is 0, and returns
// how long the device took.
func (p *program) draw(ctx context.Context, cam *plucker.Camera, frame plucker.Frame, o render.Options) (time.Duration, error) {
	n := max(o.Samples, 1)
	if err := p.begin(cam); err != nil {
		return 0, err
	}
	var spent time.Duration
	step := 1 / float64(n)
	for i := range n * n {
		p.sample(cam, frame, &o, [2]float64{(float64(i%n) + 0.5) * step, (float64(i/n) + 0.5) * step})
		gl.Uniform2f(locationBlend, min(float32(i), 1), float32(step*step))
		block := p.shader.Block
		for base := range block[0] * block[1] { // one after another is the pixel that is looked into
			p.base(base)
			t, err := p.dispatch(ctx, cam.Width, cam.Height)
			spent += t
			if err != nil {
				return spent, err
			}
		}
	}
	if p.shader.Variant.Geometry {
		spent += timed(p.query, p.wallClock, func() { p.fillNormals(&p.geometry, cam, [2]int{1, 1}) })
	}
	return spent, nil
}

// begin makes the program one that renders what cam sees into its own images.
func (p *program) begin(cam *plucker.Camera) error {
	if p.image.width != cam.Width || p.image.height != cam.Height {
		if err := p.image.resize(cam.Width, cam.Height, p.format()); err != nil {
			return err
		}
		if p.shader.Variant.Geometry {
			if err := p.geometry.resize(cam.Width, cam.Height, gl.RGBA32F); err != nil {
				return err
			}
		}
	}
	p.use()
	p.target(&p.image, &p.geometry)
	p.look(cam)
	return nil
}

// beforeDispatch is a hook of tests.
var beforeDispatch = func() {}

// dispatch runs the workgroups of w×h pixels, in as many steps as [dispatchTime] asks for.
func (p *program) dispatch(ctx context.Context, w, h int) (time.Duration, error) {
	var spent time.Duration
	columns, rows := p.workgroups(w, h)
	perRow := float64(columns * p.shader.Tile[0] * p.shader.Tile[1])
	for row := 0; row < rows; {
		beforeDispatch()
		if err := ctx.Err(); err != nil {
			return spent, err
		}
		n := min(max(int(p.atATime()/perRow), 1), rows-row)
		t := timed(p.query, p.wallClock, func() { p.run(columns, row, n) })
		if t > 0 {
			p.raysPerS = perRow * float64(n) / t.Seconds()
		}
		spent += t
		row += n
	}
	return spent, nil
}

// atATime is how many rays go into one dispatch.
func (p *program) atATime() float64 {
	if p.raysPerS > 0 {
		return p.raysPerS * dispatchTime.Seconds()
	}
	return firstRays
}

// workgroups is how many of them, across and down, w×h pixels take.
func (p *program) workgroups(w, h int) (columns, rows int) {
	tile := p.shader.Tile
	return (w + tile[0] - 1) / tile[0], (h + tile[1] - 1) / tile[1]
}

// run starts n rows of workgroups. What comes after it in the context sees the pixels, however it reads them.
func (p *program) run(columns, row, n int) {
	gl.Uniform2i(locationCorner, 0, int32(row))
	gl.DispatchCompute(uint32(columns), uint32(n), 1)
	gl.MemoryBarrier(imageBarriers)
}

// imageBarriers has all ways to read an image wait for what shaders write.
const imageBarriers = gl.SHADER_IMAGE_ACCESS_BARRIER_BIT | gl.TEXTURE_UPDATE_BARRIER_BIT | gl.TEXTURE_FETCH_BARRIER_BIT | gl.FRAMEBUFFER_BARRIER_BIT

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
	locationFisheye
	locationShift
	locationRadius // see glsl/geometry.glsl
	locationBase   // see glsl/moves.glsl
	locationApart  // see glsl/normals.glsl
)

// use makes the program that which runs.
func (p *program) use() {
	gl.UseProgram(p.id)
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, 0, p.weights)
	p.textures.bind()
}

// target sets the image that it writes, and that of geometry.
func (p *program) target(m, geometry *image) {
	gl.BindImageTexture(0, m.id, 0, false, 0, gl.READ_WRITE, p.format())
	if p.shader.Variant.Geometry {
		gl.BindImageTexture(1, geometry.id, 0, false, 0, gl.WRITE_ONLY, gl.RGBA32F)
	}
}

// sample sets the point of a pixel, in [0, 1]², that rays go through, and where on the lens of o they come from.
//
// What is at the distance o.Focus along the viewing axis stays where it is: a ray that comes from (right, up) on the lens
// goes through (x − right/Focus, y − up/Focus) in the plane at distance 1, from there, where that from the pinhole goes
// through (x, y).
func (p *program) sample(cam *plucker.Camera, frame plucker.Frame, o *render.Options, point [2]float64) {
	gl.Uniform2f(locationPoint, float32(point[0]), float32(point[1]))
	if p.shader.Variant.Geometry {
		gl.Uniform1f(locationRadius, float32(frame.Radius))
	}
	right, up := o.Lens(point[0], point[1])
	at := cam.Pose.Pos.Add(cam.Pose.Right().Mul(right)).Add(cam.Pose.Up().Mul(up))
	at = at.Sub(frame.Center).Mul(1 / frame.Radius)
	gl.Uniform3f(locationOrigin, float32(at[0]), float32(at[1]), float32(at[2]))
	if o.Aperture == 0 {
		gl.Uniform2f(locationShift, 0, 0)
	} else {
		gl.Uniform2f(locationShift, float32(-right/o.Focus), float32(up/o.Focus)) // down
	}
}

// fillNormals gives normals to those pixels of a picture's geometry that want one, from neighbours so many pixels away.
func (p *program) fillNormals(geometry *image, cam *plucker.Camera, apart [2]int) {
	gl.UseProgram(p.normals)
	gl.BindImageTexture(1, geometry.id, 0, false, 0, gl.READ_WRITE, gl.RGBA32F)
	p.look(cam)
	gl.Uniform2f(locationPoint, 0.5, 0.5)
	gl.Uniform2i(locationApart, int32(apart[0]), int32(apart[1]))
	gl.DispatchCompute(uint32(cam.Width+7)/8, uint32(cam.Height+7)/8, 1)
	gl.MemoryBarrier(imageBarriers)
}

// base sets which pixel of a block is looked into where only one is; −1 is any, for all of them.
func (p *program) base(pixel int) {
	if p.shader.Block != [2]int{1, 1} {
		gl.Uniform1i(locationBase, int32(pixel))
	}
}

// look sets the uniforms of a camera that are the same for all rays of a pixel, in float32 what is float64 here.
func (p *program) look(cam *plucker.Camera) {
	gl.Uniform2i(locationSize, int32(cam.Width), int32(cam.Height))
	k, d := cam.Intrinsics, cam.Distortion
	vec4 := func(location int32, a, b, c, d float64) {
		gl.Uniform4f(location, float32(a), float32(b), float32(c), float32(d))
	}
	vec4(locationIntrinsics, k.Fx, k.Fy, k.Cx, k.Cy)
	vec4(locationLens0, d.K1, d.K2, d.P1, d.P2)
	vec4(locationLens1, d.K3, d.K4, d.K5, d.K6)
	fisheye := int32(0)
	if d.Fisheye {
		fisheye = 1
	}
	gl.Uniform1i(locationFisheye, fisheye)
	for i, v := range cam.Pose.Rot {
		p.rotation[i] = float32(v)
	}
	gl.UniformMatrix3fv(locationRotation, 1, false, &p.rotation[0])
}

// format is that of the image.
func (p *program) format() uint32 {
	if p.shader.Variant.Format() == "rgba8" {
		return gl.RGBA8
	}
	return gl.RGBA32F
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
