//go:build cgo && linux

package gpu

import (
	"context"
	"errors"
	"time"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

// Canvas renders a model into a texture of a context that its owner, such as a window, made and has current. Its
// methods run on that context's thread. Only Load and Read wait for the device.
//
// A picture is made in passes of one ray a pixel. [Canvas.Begin] begins it and [Canvas.Advance], once a frame, goes on
// with it; after the first pass it is shown, and each further one makes it finer.
//
// In the owner's context the program, the texture units, samplers, image unit 0 and storage buffer 0 are used and not
// put back; unit 0 is the active one afterwards. Buffers for pixels must not be bound, pixel storage be as it is by
// default, and no query of elapsed time be running, while methods run. What the owner itself did wrong in OpenGL may
// come out as an error of a method.
type Canvas struct {
	driver driver

	// The model.
	config         lfn.Config
	scene          plucker.Frame
	textures       *textures
	program        *program // nil before the first
	tuned          bool
	surfaces       *program // that tells geometry, too; nil before the first picture with geometry
	surfaceWeights []byte   // for that

	// The picture in the making.
	cam      plucker.Camera
	options  render.Options
	geometry bool
	wrong    error // with what Begin was asked for
	points   render.SampleOrder
	before   int // 1 where the pass for geometry comes before those at the points, else 0
	done     int // passes that are whole
	row      int // of workgroups, the next of the pass
	number   int // of the picture

	shown        picture // the newest that has had its first pass
	next         picture // takes the first pass
	widest, tall int     // of the pictures so far
	timer        timer
}

// picture is one in the first w×h texels of textures.
type picture struct {
	color, geometry image
	w, h            int
	tells           bool // what is in the geometry
}

// NewCanvas makes a canvas in the context that is current. proc finds functions of OpenGL. The error says why there is
// none, such as a context that is older than OpenGL 4.3.
func NewCanvas(proc func(name string) unsafe.Pointer) (*Canvas, error) {
	c := &Canvas{driver: driver{Device: Device{Index: -1}}}
	if err := c.driver.init(proc); err != nil {
		return nil, err
	}
	c.timer.init(c.driver.wallClock)
	return c, c.driver.check()
}

// Device is what the context runs on.
func (c *Canvas) Device() Device { return c.driver.Device }

// Load makes the program of a model: of the variant which tuning left in the cache, else of the first that compiles.
// Either must give, for some hundred rays, what the CPU does. It waits for compiler and device, some tens to hundreds of
// milliseconds. Where it fails, the former model stays.
//
// The device is that of the context, whatever the options say. What is shown stays until a picture is begun and has had
// its first pass.
func (c *Canvas) Load(m *lfn.Model, o Options) error {
	ts, err := shaders.NewTextures(m.Network)
	if err != nil {
		return err
	}
	if c.driver.check() == ErrLost { // what else went wrong before is not the model's
		return ErrLost
	}
	textures, err := newTextures(ts)
	if err != nil {
		return err
	}
	p := cacheFile(o.Cache, c.driver.Device, m.Network.Config, o.Precision).program(context.Background(), &c.driver, m, textures)
	tuned := p != nil
	if !tuned {
		p, err = firstRight(&c.driver, m, textures, o.Precision)
	}
	if glErr := c.driver.check(); err == nil || glErr == ErrLost {
		err = glErr
	}
	if err != nil {
		textures.delete()
		if p != nil {
			p.delete()
		}
		return err
	}
	p.image.delete()
	c.unload()
	c.program, c.textures, c.tuned = p, textures, tuned
	c.surfaceWeights = shaders.GeometryWeights(m.Network, p.shader.Variant)
	c.config, c.scene = m.Network.Config, m.Scene
	c.timer.forget(p.raysPerS)
	c.cam, c.wrong = plucker.Camera{}, nil
	c.restart()
	return nil
}

func (c *Canvas) unload() {
	if c.surfaces != nil {
		c.surfaces.delete()
		c.surfaces = nil
	}
	if c.program != nil {
		c.program.delete()
		c.textures.delete()
		c.program = nil
	}
}

// Tuned says whether the variant is the one that tuning found. Where it is not, [NewIn] with another context like this
// one, in another goroutine, and then Load again, make the canvas faster.
func (c *Canvas) Tuned() bool { return c.tuned }

// Variant is how the shader computes.
func (c *Canvas) Variant() shaders.Variant {
	if c.program == nil {
		return shaders.Variant{}
	}
	return c.program.shader.Variant
}

// Begin begins a picture of what cam sees. What was in the making is dropped, and what is shown stays until the first pass
// is whole. What is wrong with the camera or the options, [Canvas.Advance] says.
//
// A picture with geometry has [Canvas.GeometryTexture], too, of one ray through the centre of each pixel, from the pinhole:
// its first pass, which takes up to three times as long as one without, and which is one more where none of the options'
// rays is that. Where the network has no volume, blocks of 2×2 pixels share what the ray of one of them meets. The first such
// picture of a model waits for a compiler.
func (c *Canvas) Begin(cam *plucker.Camera, o render.Options, geometry bool) {
	c.cam, c.options, c.geometry = *cam, o, geometry
	c.restart()
	var side int
	if side, c.wrong = o.Side(cam, c.scene); c.wrong == nil && geometry && c.program != nil {
		_, c.wrong = c.Variant().WithGeometry(c.config, c.driver.limits)
	}
	if c.wrong != nil {
		return
	}
	c.points.Set(side)
	c.before = 0
	if geometry && c.points.At[0] != center {
		c.before = 1
	}
}

// center is that of a pixel, which is seen through the centre of the lens.
var center = [2]float64{0.5, 0.5}

// restart begins the picture once more.
func (c *Canvas) restart() {
	c.done, c.row = 0, 0
	c.number++
}

// Passes says how many rays each pixel of the picture begun has had, and how many it will have; both are 0 where there
// is none. While the first is 0, the texture holds the picture before.
func (c *Canvas) Passes() (done, of int) {
	if c.program == nil || c.cam.Width == 0 || c.wrong != nil {
		return 0, 0
	}
	return c.done, c.before + c.points.N
}

// busy says whether there is something to do.
func (c *Canvas) busy() bool {
	done, of := c.Passes()
	return done < of
}

// Texture is the newest picture that has had its first pass: its texture, of RGBA in float32, how many texels of it,
// from the first on, are the picture, and how many it has. The first row is the top. The texture is 0 before the first
// picture, and another with each.
func (c *Canvas) Texture() (id uint32, w, h, textureW, textureH int) {
	m := &c.shown
	return m.color.id, m.w, m.h, m.color.width, m.color.height
}

// GeometryTexture is the texture that goes with [Canvas.Texture], of the same size, or 0 where that picture was begun
// without geometry. It holds, in float32 and without a filter: the distance from the camera along the ray, in the world; its
// standard deviation; the confidence, from 0 to 1, see [lfn.Confident]; and the normal in the world, towards the camera, as
// a code that normalOf reads, see [shaders.NormalOf]. Where nothing is known, all four are 0.
func (c *Canvas) GeometryTexture() uint32 {
	if !c.shown.tells {
		return 0
	}
	return c.shown.geometry.id
}

// FrameTime is how long the device took for the newest pass that has been measured; 0 before the first.
func (c *Canvas) FrameTime() time.Duration { return c.timer.pass }

// RaysPerS is how many rays the device evaluates in a second, as measured of late; 0 before that.
func (c *Canvas) RaysPerS() float64 { return c.timer.raysPerS }

// Advance goes on with the picture that was begun: it hands the device work for about budget of its time, by the speed
// that has been measured, at least one row of workgroups. It does not wait, but on devices without a clock; while what
// it handed over in the last three calls is not done, it does nothing. The error is [ErrLost], or says what is wrong with
// what was begun or what the driver reported since the last call.
func (c *Canvas) Advance(budget time.Duration) error {
	c.timer.collect()
	if c.wrong != nil {
		return c.wrong
	}
	if c.busy() {
		if err := c.advance(budget); err != nil {
			return err
		}
	}
	return c.driver.check()
}

func (c *Canvas) advance(budget time.Duration) error {
	if c.done == 0 && c.row == 0 {
		if err := c.makeRoom(); err != nil {
			return err
		}
	}
	if !c.timer.begin() {
		return nil
	}
	w, h := c.cam.Width, c.cam.Height
	left := float64(firstRays)
	if c.timer.raysPerS > 0 {
		left = c.timer.raysPerS * budget.Seconds()
	}
	// The owner may still be drawing with the texture that is written now.
	gl.MemoryBarrier(gl.SHADER_IMAGE_ACCESS_BARRIER_BIT | gl.TEXTURE_FETCH_BARRIER_BIT)
	rays := 0
	var used *program
	for c.busy() {
		p := c.ofPass()
		if p != used {
			p.raysPerS = c.timer.raysPerS
			p.use()
			p.look(&c.cam)
			used = p
		}
		columns, rows := p.workgroups(w, h)
		height := p.shader.Tile[1]
		n := int(min(left, p.atATime()) / float64(w*height))
		if n < 1 {
			if rays > 0 {
				break
			}
			n = 1
		}
		n = min(n, rows-c.row)
		c.sample(p)
		p.run(columns, c.row, n)
		took := w * (min((c.row+n)*height, h) - c.row*height)
		rays += took
		left -= float64(took)
		if c.row += n; c.row == rows {
			if p == c.surfaces {
				p.fillNormals(&c.next.geometry, &c.cam, p.shader.Block)
				used = nil
			}
			c.passed()
		}
	}
	c.timer.end(c.number, rays, w*h)
	return nil
}

// ofPass is the program that makes the pass.
func (c *Canvas) ofPass() *program {
	if c.geometry && c.done == 0 {
		return c.surfaces
	}
	return c.program
}

// sample has the program make the pass: what comes before the passes at the points is not in their mean.
func (c *Canvas) sample(p *program) {
	takes := &c.shown
	if c.done == 0 {
		takes = &c.next
	}
	p.target(&takes.color, &takes.geometry)
	at, i := center, float32(0)
	if c.done >= c.before {
		at, i = c.points.At[c.done-c.before], float32(c.done-c.before)
	}
	p.sample(&c.cam, c.scene, &c.options, at)
	p.base(-1)
	gl.Uniform2f(locationBlend, i/(i+1), 1/(i+1))
}

// passed ends a pass.
func (c *Canvas) passed() {
	if c.done == 0 {
		c.shown, c.next = c.next, c.shown
		c.shown.w, c.shown.h, c.shown.tells = c.cam.Width, c.cam.Height, c.geometry
	}
	c.row = 0
	c.done++
}

// roomStep is what sides of textures are multiples of, so that a window which grows needs few new ones.
const roomStep = 256

// makeRoom gives the next picture textures that are as large as any picture so far, and a program for its geometry.
func (c *Canvas) makeRoom() error {
	if c.geometry && c.surfaces == nil {
		var err error
		if c.surfaces, err = c.program.withGeometry(&c.driver, c.config, c.Variant(), c.surfaceWeights); err != nil {
			return err
		}
	}
	color, geometry := &c.next.color, &c.next.geometry
	c.widest, c.tall = max(c.widest, c.cam.Width), max(c.tall, c.cam.Height)
	if color.width < c.widest || color.height < c.tall {
		side := int(integer(gl.MAX_TEXTURE_SIZE))
		up := func(n int) int { return max(min((n+roomStep-1)/roomStep*roomStep, side), n) }
		if color.resize(up(c.widest), up(c.tall), c.program.format()) != nil {
			c.widest, c.tall = c.cam.Width, c.cam.Height // which may be less, and have room
			if err := color.resize(c.widest, c.tall, c.program.format()); err != nil {
				return err
			}
		}
		filter(gl.LINEAR)
	}
	if c.geometry && (geometry.width != color.width || geometry.height != color.height) {
		if err := geometry.resize(color.width, color.height, gl.RGBA32F); err != nil {
			return err
		}
		filter(gl.NEAREST)
	}
	return nil
}

// filter says how the texture that was just made is read.
func filter(how int32) {
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, how)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, how)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
}

// Read copies the newest picture that has had its first pass, as fine as it is by now. It waits for the device.
func (c *Canvas) Read(dst *render.Image) error {
	m := &c.shown
	if m.color.id == 0 {
		return errors.New("gpu: there is no picture yet")
	}
	dst.Resize(m.w, m.h)
	readTexture(&m.color, m.w, m.h, gl.RGB, dst.Pix)
	return c.driver.check()
}

// readTexture copies the first w×h texels, through a framebuffer.
func readTexture(m *image, w, h int, format uint32, dst []float32) {
	var before int32
	gl.GetIntegerv(gl.READ_FRAMEBUFFER_BINDING, &before)
	var id uint32
	gl.GenFramebuffers(1, &id)
	gl.BindFramebuffer(gl.READ_FRAMEBUFFER, id)
	gl.FramebufferTexture2D(gl.READ_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, m.id, 0)
	gl.PixelStorei(gl.PACK_ALIGNMENT, 1)
	gl.ReadPixels(0, 0, int32(w), int32(h), format, gl.FLOAT, unsafe.Pointer(unsafe.SliceData(dst)))
	gl.PixelStorei(gl.PACK_ALIGNMENT, 4)
	gl.BindFramebuffer(gl.READ_FRAMEBUFFER, uint32(before))
	gl.DeleteFramebuffers(1, &id)
}

// Close gives everything back to the device. The context must still be current, if there still is one.
func (c *Canvas) Close() {
	c.unload()
	for _, m := range []*picture{&c.shown, &c.next} {
		m.color.delete()
		m.geometry.delete()
	}
	c.timer.delete()
}
