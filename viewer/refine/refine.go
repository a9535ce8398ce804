// Package refine makes pictures on the processors, coarse to fine, beside whoever shows them.
//
//	p := refine.New(notify)
//	p.SetRenderer(render.NewCPU(m.Network.Pack(), m.Scene))
//	p.Begin(&cam, 4)
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
	Pix           []byte // 8-bit RGBA, opaque, row-major, row 0 the top
	Width, Height int
	Camera        plucker.Camera // as it was begun; a coarse picture has fewer pixels
	Passes, Of    int            // rays a pixel so far, and when it is whole; 0 for a coarse picture
	Took          time.Duration  // of the newest pass
}

// Painter makes one picture at a time, the newest that was begun, in a goroutine of its own. Its methods may be called
// from any goroutine.
type Painter struct {
	notify func()

	mu       sync.Mutex // of what follows
	wake     *sync.Cond
	renderer render.Renderer
	job      job
	idle     bool // the newest job is done
	closed   bool
	raysPerS float64
	made     Picture // by the goroutine, not yet taken
	fresh    bool

	stop stopFlag // of the job being rendered
}

type job struct {
	number int
	cam    plucker.Camera
	side   int
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
func (p *Painter) SetRenderer(r render.Renderer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.renderer = r
	p.wake.Signal()
}

// Begin begins a picture of what cam sees, with side×side rays a pixel as [render.Options.Samples] has them, and drops
// what was in the making. Where a pass would take long, and side is not 1, coarser pictures go before it.
func (p *Painter) Begin(cam *plucker.Camera, side int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.job = job{p.job.number + 1, *cam, side}
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

// RaysPerS is how many rays the newest pass had a second; 0 before the first.
func (p *Painter) RaysPerS() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.raysPerS
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
		for shrink := 8; shrink > 1 && j.side > 1; shrink /= 2 {
			if raysPerS := p.RaysPerS(); raysPerS > 0 && float64(j.cam.Width*j.cam.Height)/raysPerS < slowPass.Seconds() {
				break
			}
			s.cam = j.cam.Scaled(max(j.cam.Width/shrink, 1), max(j.cam.Height/shrink, 1))
			if !p.pass(&s, &j, r, -1, j.side*j.side) {
				break
			}
		}
		order.Set(j.side)
		for i := range order.N {
			at := &order.At[i]
			s.cam = j.cam
			s.cam.Intrinsics.Cx -= at[0] - 0.5
			s.cam.Intrinsics.Cy -= at[1] - 0.5
			if !p.pass(&s, &j, r, i, order.N) {
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
	cam plucker.Camera
	img render.Image
	sum []float32 // of all passes so far
}

// pass renders one ray a pixel, and hands on the mean of all so far; −1 is a coarse picture. It says whether the job
// goes on.
func (p *Painter) pass(s *scratch, j *job, r render.Renderer, i, of int) bool {
	start := time.Now()
	if r.Render(&p.stop, &s.img, &s.cam, render.Options{}) != nil {
		return false
	}
	took := time.Since(start)
	pix, scale := s.img.Pix, float32(1)
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

	p.mu.Lock()
	p.fresh = true
	if took > 0 {
		p.raysPerS = float64(out.Width*out.Height) / took.Seconds()
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
