package render

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"lfnview/lfn"
	"lfnview/plucker"
)

// A tile is tileW×tileH rays: enough to amortise a call of Colors, few enough that rays, colours and a
// network's activations stay in the L2 cache, and near each other, so that they fetch the same grid cells.
const (
	tileW = 64
	tileH = 32
)

// CPU renders any light field on all processors that Go may use.
type CPU struct {
	field    lfn.LightField
	surfaces lfn.SurfaceField // field, or nil where it tells no surfaces
	frame    plucker.Frame

	mu   sync.Mutex
	idle []*job // kept for their scratch memory
}

var _ GeometryRenderer = (*CPU)(nil)

// NewCPU returns a renderer of field, which is defined on the scene frame.
func NewCPU(field lfn.LightField, frame plucker.Frame) *CPU {
	surfaces, _ := field.(lfn.SurfaceField)
	return &CPU{field: field, surfaces: surfaces, frame: frame}
}

// Render implements [Renderer]. The picture is the same for any GOMAXPROCS. It does not allocate once dst and
// as many calls as run at once have had their first frame.
func (c *CPU) Render(ctx context.Context, dst *Image, cam *plucker.Camera, o Options) error {
	n, err := o.Side(cam, c.frame)
	if err != nil {
		return err
	}
	return c.render(ctx, dst, cam, o, n, [2]float64{0.5, 0.5})
}

// Pass renders one of the rays that Render gives each pixel: that through the point at of it, in [0, 1]², and through the
// lens of o. The mean over all points of a [SampleOrder] is what Render makes.
func (c *CPU) Pass(ctx context.Context, dst *Image, cam *plucker.Camera, o Options, at [2]float64) error {
	o.Samples = 1
	if _, err := o.Side(cam, c.frame); err != nil {
		return err
	}
	return c.render(ctx, dst, cam, o, 1, at)
}

// render gives each pixel n×n rays, each of them through the point at of its part of the pixel.
func (c *CPU) render(ctx context.Context, dst *Image, cam *plucker.Camera, o Options, n int, at [2]float64) error {
	dst.Resize(cam.Width, cam.Height)

	j := c.take()
	defer c.give(j)
	j.dst, j.cam, j.samples, j.at, j.options = dst, *cam, n, at, o
	c.run(ctx, j, tileW/n, tileH/n, (*worker).colors)
	return ctx.Err()
}

// Geometry implements [GeometryRenderer], as Render does its work.
func (c *CPU) Geometry(ctx context.Context, dst *Geometry, cam *plucker.Camera) error {
	if c.surfaces == nil {
		return errNoGeometry
	}
	if err := cam.Validate(); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	dst.Resize(cam.Width, cam.Height)

	j := c.take()
	defer c.give(j)
	j.geometry, j.cam = dst, *cam
	c.run(ctx, j, tileW, tileH, (*worker).surfaces)
	c.run(ctx, j, tileW, tileH, (*worker).normals)
	return ctx.Err()
}

// run cuts the picture of j into tiles of w×h pixels, and has workers do what tile does with all of them.
func (c *CPU) run(ctx context.Context, j *job, w, h int, tile func(w *worker, x0, y0, x1, y1 int)) {
	j.ctx, j.tile, j.w, j.h = ctx, tile, w, h
	j.across = (j.cam.Width + w - 1) / w
	j.tiles = int64(j.across) * int64((j.cam.Height+h-1)/h)
	j.next.Store(0)
	procs := int(min(int64(runtime.GOMAXPROCS(0)), j.tiles))
	for len(j.workers) < procs {
		j.workers = append(j.workers, newWorker(c, j))
	}
	j.running.Add(procs - 1)
	for _, w := range j.workers[1:procs] {
		go w.start() // a stored func value: the go statement then allocates nothing
	}
	j.workers[0].tiles()
	j.running.Wait()
}

func (c *CPU) take() *job {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.idle); n > 0 {
		j := c.idle[n-1]
		c.idle = c.idle[:n-1]
		return j
	}
	return new(job)
}

func (c *CPU) give(j *job) {
	j.ctx, j.dst, j.geometry = nil, nil, nil
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, j)
}

// A job is one image in the making.
type job struct {
	ctx      context.Context
	dst      *Image    // of Render
	geometry *Geometry // of Geometry
	cam      plucker.Camera
	options  Options
	samples  int                                 // a side
	at       [2]float64                          // the point of a sample's part of the pixel
	tile     func(w *worker, x0, y0, x1, y1 int) // what is to be done
	w, h     int                                 // of a tile, in pixels
	across   int                                 // tiles in a row of tiles
	tiles    int64
	next     atomic.Int64 // the first tile that nobody has taken
	running  sync.WaitGroup
	workers  []*worker
}

// A worker renders tiles of its job, one after another.
type worker struct {
	cpu   *CPU
	job   *job
	start func()
	rays  []plucker.Coords // samples² for each pixel, pixels row-major
	rgb   []float32
	meets []lfn.Surface // made by the first Geometry
}

func newWorker(c *CPU, j *job) *worker {
	w := &worker{cpu: c, job: j, rays: make([]plucker.Coords, tileW*tileH), rgb: make([]float32, 3*tileW*tileH)}
	w.start = func() {
		defer j.running.Done()
		w.tiles()
	}
	return w
}

func (w *worker) tiles() {
	j := w.job
	for j.ctx.Err() == nil {
		t := j.next.Add(1) - 1
		if t >= j.tiles {
			return
		}
		x0, y0 := int(t)%j.across*j.w, int(t)/j.across*j.h
		j.tile(w, x0, y0, min(x0+j.w, j.cam.Width), min(y0+j.h, j.cam.Height))
	}
}

// colors renders the pixels of the tile from (x0, y0) to before (x1, y1).
func (w *worker) colors(x0, y0, x1, y1 int) {
	j := w.job
	step := 1 / float64(j.samples)
	n := 0
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			for sy := range j.samples {
				for sx := range j.samples {
					u, v := (float64(sx)+j.at[0])*step, (float64(sy)+j.at[1])*step
					if j.options.Aperture > 0 {
						w.rays[n] = w.cpu.frame.Coords(j.options.lensRay(&j.cam, x, y, u, v))
					} else {
						w.rays[n] = j.cam.Coords(w.cpu.frame, float64(x)+u, float64(y)+v)
					}
					n++
				}
			}
		}
	}
	w.cpu.field.Colors(w.rgb[:3*n], w.rays[:n])

	per := j.samples * j.samples
	scale := 1 / float32(per)
	in := w.rgb[:3*n]
	for y := y0; y < y1; y++ {
		out := j.dst.Pix[3*(y*j.dst.Width+x0):][:3*(x1-x0)]
		for ; len(out) > 0; out = out[3:] {
			var r, g, b float32
			for i := 0; i < 3*per; i += 3 {
				r, g, b = r+in[i], g+in[i+1], b+in[i+2]
			}
			out[0], out[1], out[2] = r*scale, g*scale, b*scale
			in = in[3*per:]
		}
	}
}
