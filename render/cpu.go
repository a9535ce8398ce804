package render

import (
	"context"
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
	field lfn.LightField
	frame plucker.Frame

	mu   sync.Mutex
	idle []*job // kept for their scratch memory
}

var _ Renderer = (*CPU)(nil)

// NewCPU returns a renderer of field, which is defined on the scene frame.
func NewCPU(field lfn.LightField, frame plucker.Frame) *CPU {
	return &CPU{field: field, frame: frame}
}

// Render implements [Renderer]. The picture is the same for any GOMAXPROCS. It does not allocate once dst and
// as many calls as run at once have had their first frame.
func (c *CPU) Render(ctx context.Context, dst *Image, cam *plucker.Camera, o Options) error {
	n, err := o.Side(cam, c.frame)
	if err != nil {
		return err
	}
	dst.Resize(cam.Width, cam.Height)

	j := c.take()
	j.ctx, j.dst, j.cam, j.samples = ctx, dst, *cam, n
	j.w, j.h = tileW/n, tileH/n
	j.across = (cam.Width + j.w - 1) / j.w
	j.tiles = int64(j.across) * int64((cam.Height+j.h-1)/j.h)
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
	j.ctx, j.dst = nil, nil
	c.give(j)
	return ctx.Err()
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
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, j)
}

// A job is one image in the making.
type job struct {
	ctx     context.Context
	dst     *Image
	cam     plucker.Camera
	samples int // a side
	w, h    int // of a tile, in pixels
	across  int // tiles in a row of tiles
	tiles   int64
	next    atomic.Int64 // the first tile that nobody has taken
	running sync.WaitGroup
	workers []*worker
}

// A worker renders tiles of its job, one after another.
type worker struct {
	cpu   *CPU
	job   *job
	start func()
	rays  []plucker.Coords // samples² for each pixel, pixels row-major
	rgb   []float32
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
		w.tile(int(t)%j.across*j.w, int(t)/j.across*j.h)
	}
}

// tile renders the pixels from (x0, y0) on.
func (w *worker) tile(x0, y0 int) {
	j := w.job
	x1, y1 := min(x0+j.w, j.cam.Width), min(y0+j.h, j.cam.Height)
	step := 1 / float64(j.samples)
	n := 0
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			for sy := range j.samples {
				for sx := range j.samples {
					u := float64(x) + (float64(sx)+0.5)*step
					v := float64(y) + (float64(sy)+0.5)*step
					w.rays[n] = j.cam.Coords(w.cpu.frame, u, v)
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
