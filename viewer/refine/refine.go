// Package refine makes pictures on the processors, coarse to fine, beside whoever shows them.
//
//	p := refine.New(notify)
//	p.SetRenderer(render.NewCPU(m.Network.Pack(), m.Scene))
//	p.Begin(&cam, render.Options{Samples: 4}, false)
//	… // once notify was called
//	if p.Take(&picture) {
//		show(picture)
//	}
package refine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"lfnview/plucker"
	"lfnview/render"
)

// Picture is a picture as far as it is made.
type Picture struct {
	Pix           []byte    // 8-bit RGBA, opaque, row-major, row 0 the top
	Geometry      []float32 // the texels of a picture with geometry, see [Texels]; empty without
	Width, Height int
	Camera        plucker.Camera // as it was begun; a coarse picture has fewer pixels
	Passes, Of    int            // rays a pixel so far, and when it is whole; 0 for a coarse picture
	Took          time.Duration  // of the newest pass
}

// A Renderer makes the passes of pictures.
type Renderer interface {
	Pass(ctx context.Context, dst *render.Image, cam *plucker.Camera, o render.Options, at [2]float64) error
	Geometry(ctx context.Context, dst *render.Geometry, cam *plucker.Camera) error
}

var _ Renderer = (*render.CPU)(nil)

// Painter makes one picture at a time, the newest that was begun, in a goroutine of its own. Its methods may be called
// from any goroutine.
type Painter struct {
	notify func()

	mu       sync.Mutex // of what follows
	wake     *sync.Cond
	renderer Renderer
	job      job
	idle     bool // the newest job is done
	closed   bool
	raysPerS speeds
	made     Picture // by the goroutine, not yet taken
	fresh    bool

	stop stopFlag // of the job being rendered
}

type job struct {
	number   int
	cam      plucker.Camera
	options  render.Options
	geometry bool
}

// speeds are of passes without geometry, and with it.
type speeds struct{ colors, geometry float64 }

func (s *speeds) of(j *job) *float64 {
	if j.geometry {
		return &s.geometry
	}
	return &s.colors
}

// stopFlag is a context that can only be cancelled, and that takes no memory of its own for each picture.
type stopFlag struct {
	context.Context
	stopped atomic.Bool
}

func (s *stopFlag) Err() error {
	if s.stopped.Load() {
		return context.Canceled
	}
	return nil
}

// New makes a painter. notify is called from its goroutine after each pass.
func New(notify func()) *Painter {
	p := &Painter{notify: notify, idle: true}
	p.stop.Context = context.Background()
	p.wake = sync.NewCond(&p.mu)
	go p.run()
	return p
}

// SetRenderer takes the renderer of the pictures that are begun from now on.
func (p *Painter) SetRenderer(r Renderer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.renderer = r
	p.wake.Signal()
}

// Begin begins a picture of what cam sees, with the lens and the rays a pixel of o, of which Samples is above 0, and drops
// what was in the making. Where a pass would take long, and it is one of several, coarser pictures go before it; and before
// the first of all, of which nobody knows how long it takes.
//
// A picture with geometry has one pass, of one ray through the centre of each pixel and without the lens.
func (p *Painter) Begin(cam *plucker.Camera, o render.Options, geometry bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if geometry {
		o = render.Options{Samples: 1}
	}
	p.job = job{p.job.number + 1, *cam, o, geometry}
	p.stop.stopped.Store(true)
	p.idle = false
	p.wake.Signal()
}

// Busy says whether the picture begun is not yet whole.
func (p *Painter) Busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.idle
}

// Take exchanges the newest picture for dst, whose memory is used again, and says whether there was one.
func (p *Painter) Take(dst *Picture) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.fresh {
		return false
	}
	p.made, *dst = *dst, p.made
	p.fresh = false
	return true
}

// RaysPerS is how many rays a second the newest pass had of those that are as the picture begun: with geometry, or without.
// It is 0 before the first.
func (p *Painter) RaysPerS() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return *p.raysPerS.of(&p.job)
}

// Close ends the goroutine.
func (p *Painter) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.stop.stopped.Store(true)
	p.wake.Signal()
}

// slowPass is how long a first pass may take before coarser ones go before it.
const slowPass = 250 * time.Millisecond

// run renders the newest job until the painter is closed.
func (p *Painter) run() {
	var s scratch
	var order render.SampleOrder
	done := 0
	for {
		p.mu.Lock()
		for !p.closed && (done == p.job.number || p.renderer == nil) {
			p.wake.Wait()
		}
		if p.closed {
			p.mu.Unlock()
			return
		}
		j, r := p.job, p.renderer
		p.stop.stopped.Store(false)
		p.mu.Unlock()

		done = j.number
		side := j.options.Samples
		coarse := side > 1 || p.RaysPerS() == 0 && !j.geometry
		for shrink := 8; shrink > 1 && coarse; shrink /= 2 {
			if raysPerS := p.RaysPerS(); raysPerS > 0 && float64(j.cam.Width*j.cam.Height)/raysPerS < slowPass.Seconds() {
				break
			}
			s.cam = j.cam.Scaled(max(j.cam.Width/shrink, 1), max(j.cam.Height/shrink, 1))
			if !p.pass(&s, &j, r, [2]float64{0.5, 0.5}, -1, side*side) {
				break
			}
		}
		order.Set(side)
		s.cam = j.cam
		for i := range order.N {
			if !p.pass(&s, &j, r, order.At[i], i, order.N) {
				break
			}
		}
		p.mu.Lock()
		p.idle = done == p.job.number // also where there is no such picture
		p.mu.Unlock()
	}
}

// scratch is the goroutine's memory.
type scratch struct {
	cam      plucker.Camera
	img      render.Image
	sum      []float32 // of all passes so far
	geometry render.Geometry
}

// pass renders one ray a pixel, through the point at of each, and hands on the mean of all so far; −1 is a coarse picture.
// It says whether the job goes on.
func (p *Painter) pass(s *scratch, j *job, r Renderer, at [2]float64, i, of int) bool {
	start := time.Now()
	img := &s.img
	var err error
	if j.geometry {
		img = &s.geometry.Color
		err = r.Geometry(&p.stop, &s.geometry, &s.cam)
	} else {
		err = r.Pass(&p.stop, img, &s.cam, j.options, at)
	}
	if err != nil {
		return false
	}
	took := time.Since(start)
	pix, scale := img.Pix, float32(1)
	switch {
	case of == 1 || i < 0:
	case i == 0:
		s.sum = append(s.sum[:0], pix...)
	default:
		for k, v := range pix {
			s.sum[k] += v
		}
		pix, scale = s.sum, 1/float32(i+1)
	}

	p.mu.Lock()
	// What nobody has taken is made over, and nobody else touches made while it is not fresh.
	p.fresh = false
	out := &p.made
	p.mu.Unlock()
	out.Width, out.Height, out.Camera, out.Took, out.Of, out.Passes = s.cam.Width, s.cam.Height, j.cam, took, of, max(i+1, 0)
	out.Pix = bytes(out.Pix, pix, scale)
	if out.Geometry = out.Geometry[:0]; j.geometry {
		out.Geometry = Texels(out.Geometry, &s.geometry)
	}

	p.mu.Lock()
	p.fresh = true
	if took > 0 {
		*p.raysPerS.of(j) = float64(out.Width*out.Height) / took.Seconds()
	}
	more := !p.stop.stopped.Load()
	if more && i+1 == of {
		p.idle = true // before anybody is told of the picture
	}
	p.mu.Unlock()
	p.notify()
	return more
}

// bytes are colours times scale as 8-bit RGBA, in dst's memory where that is enough.
func bytes(dst []byte, rgb []float32, scale float32) []byte {
	n := len(rgb) / 3
	if cap(dst) < 4*n {
		dst = make([]byte, 4*n)
	}
	dst = dst[:4*n]
	for j := range n {
		for k := range 3 {
			dst[4*j+k] = byte(min(max(rgb[3*j+k]*scale, 0), 1)*255 + 0.5)
		}
		dst[4*j+3] = 255
	}
	return dst
}
