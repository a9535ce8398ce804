//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-gl/gl/v3.3-core/gl"

	"lfnview/lfn"
	"lfnview/lfn/f32"
	"lfnview/plucker"
	"lfnview/render"
)

// cpuPainter renders on the processors, in a goroutine of its own, and sends whole pictures to the window.
type cpuPainter struct {
	notify func() // wakes the window; called from the goroutine

	mu       sync.Mutex // of what follows, up to made
	wake     *sync.Cond
	renderer *render.CPU
	job      cpuJob
	stop     *stopFlag // of the job being rendered
	idle     bool      // the newest job is done
	closed   bool
	raysPerS float64
	made     cpuPicture // by the goroutine, not yet sent
	fresh    bool

	shown cpuPicture // of the window's thread
	tex   picture
}

type cpuJob struct {
	number int
	cam    plucker.Camera
	side   int
}

// cpuPicture is 8-bit RGBA.
type cpuPicture struct {
	pix        []byte
	cam        plucker.Camera
	passes, of int
	took       time.Duration
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

func newCPUPainter(notify func()) *cpuPainter {
	p := &cpuPainter{notify: notify, idle: true, stop: &stopFlag{Context: context.Background()}}
	p.wake = sync.NewCond(&p.mu)
	go p.run()
	return p
}

func (p *cpuPainter) load(m *lfn.Model) error { return p.update(m, p.prepare()(m)) }

func (p *cpuPainter) prepare() func(m *lfn.Model) prepared {
	return func(m *lfn.Model) prepared { return render.NewCPU(m.Network.Pack(), m.Scene) }
}

func (p *cpuPainter) update(_ *lfn.Model, made prepared) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.renderer = made.(*render.CPU)
	return nil
}

func (p *cpuPainter) begin(cam *plucker.Camera, side int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.job = cpuJob{p.job.number + 1, *cam, side}
	p.stop.stopped.Store(true)
	p.idle = false
	p.wake.Signal()
}

func (p *cpuPainter) busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.idle
}

func (p *cpuPainter) advance(time.Duration) (bool, error) {
	p.mu.Lock()
	fresh := p.fresh
	if fresh {
		p.made, p.shown = p.shown, p.made
		p.fresh = false
	}
	p.mu.Unlock()
	if !fresh {
		return false, nil
	}
	t, c := &p.tex, &p.shown
	t.w, t.h, t.cam, t.passes, t.of = c.cam.Width, c.cam.Height, c.cam, c.passes, c.of
	if t.w > t.textureW || t.h > t.textureH {
		gl.DeleteTextures(1, &t.texture)
		t.textureW, t.textureH = max(t.w, t.textureW), max(t.h, t.textureH)
		t.texture = newTexture(t.textureW, t.textureH)
	}
	setPixels(t.texture, 0, 0, t.w, t.h, c.pix)
	return true, nil
}

func (p *cpuPainter) picture() picture { return p.tex }

func (p *cpuPainter) speed() (float64, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.raysPerS, p.shown.took
}

func (p *cpuPainter) about() about {
	return about{device: "cpu", name: "CPU, " + f32.Impl() + " kernels", precision: "fp32"}
}

func (p *cpuPainter) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.stop.stopped.Store(true)
	p.wake.Signal()
	gl.DeleteTextures(1, &p.tex.texture)
}

// slowPass is how long a first pass may take before coarser ones go before it.
const slowPass = 250 * time.Millisecond

// run renders the newest job until the painter is closed.
func (p *cpuPainter) run() {
	var pass render.Image
	var sum []float32
	var order render.SampleOrder
	var cam plucker.Camera
	done := 0
	for {
		p.mu.Lock()
		if done == p.job.number {
			p.idle = true
		}
		for !p.closed && (done == p.job.number || p.renderer == nil) {
			p.wake.Wait()
		}
		if p.closed {
			p.mu.Unlock()
			return
		}
		job, r, stop, raysPerS := p.job, p.renderer, p.stop, p.raysPerS
		stop.stopped.Store(false)
		p.mu.Unlock()

		done = job.number
		whole := slowPass // that a pass takes
		if raysPerS > 0 {
			whole = time.Duration(float64(job.cam.Width*job.cam.Height) / raysPerS * float64(time.Second))
		}
		for shrink := 8; shrink > 1 && job.side > 1 && whole >= slowPass; shrink /= 2 {
			cam = job.cam.Scaled(max(job.cam.Width/shrink, 1), max(job.cam.Height/shrink, 1))
			if !p.pass(r, stop, &pass, &cam, nil, 0, job.side*job.side) {
				break
			}
		}
		order.Set(job.side)
		for i := range order.N {
			at := &order.At[i]
			cam = job.cam
			cam.Intrinsics.Cx -= at[0] - 0.5
			cam.Intrinsics.Cy -= at[1] - 0.5
			if !p.pass(r, stop, &pass, &cam, &sum, i, order.N) {
				break
			}
		}
	}
}

// pass renders one ray a pixel, and hands the mean of all so far on; it says whether the job goes on.
func (p *cpuPainter) pass(r *render.CPU, stop *stopFlag, img *render.Image, cam *plucker.Camera, sum *[]float32, i, of int) bool {
	start := time.Now()
	if r.Render(stop, img, cam, render.Options{}) != nil {
		return false
	}
	took := time.Since(start)
	pix, scale := img.Pix, float32(1)
	if sum != nil && of > 1 {
		if i == 0 {
			*sum = append((*sum)[:0], img.Pix...)
		} else {
			for j, v := range img.Pix {
				(*sum)[j] += v
			}
		}
		pix, scale = *sum, 1/float32(i+1)
	}
	p.mu.Lock()
	// made is nobody's while fresh is false, and this goroutine's alone to write.
	p.fresh = false
	out := &p.made
	p.mu.Unlock()
	n := cam.Width * cam.Height
	if cap(out.pix) < 4*n {
		out.pix = make([]byte, 4*n)
	}
	out.pix = out.pix[:4*n]
	for j := range n {
		for k := range 3 {
			out.pix[4*j+k] = byte(min(max(pix[3*j+k]*scale, 0), 1)*255 + 0.5)
		}
		out.pix[4*j+3] = 255
	}
	p.mu.Lock()
	out.cam, out.took, out.of, out.passes = *cam, took, of, 0
	if sum != nil {
		out.passes = i + 1
	}
	p.fresh = true
	if took > 0 {
		p.raysPerS = float64(n) / took.Seconds()
	}
	more := !stop.stopped.Load()
	p.mu.Unlock()
	p.notify()
	return more
}
