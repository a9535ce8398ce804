//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"context"
	"reflect"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/render/gpu"
)

// gpuPainter renders in the window's own context.
type gpuPainter struct {
	app    *app
	canvas *gpu.Canvas
	model  *lfn.Model
	cam    plucker.Camera // of the newest picture begun
	shown  plucker.Camera

	tuning   *tuning    // nil while there is none
	tunedFor *lfn.Model // the model that was tuned for; nil before
}

// tuning is the search for the fastest shader, in a goroutine and a context of its own.
type tuning struct {
	cancel context.CancelFunc
	ended  chan struct{}
	in     *offscreen
}

// stop ends it, as soon as a compiler does that it waits for.
func (t *tuning) stop() {
	t.cancel()
	<-t.ended
	t.in.destroy()
}

func newGPUPainter(a *app) (*gpuPainter, error) {
	c, err := gpu.NewCanvas(glfw.GetProcAddress)
	if err != nil {
		return nil, err
	}
	return &gpuPainter{app: a, canvas: c}, nil
}

// gpuOptions are those of the window's renderer, and of others beside it.
func (a *app) gpuOptions() gpu.Options { return gpu.Options{Precision: a.Precision, Cache: a.Cache} }

func (p *gpuPainter) load(m *lfn.Model) error {
	if err := p.canvas.Load(m, p.app.gpuOptions()); err != nil {
		return err
	}
	p.model = m
	p.app.event("shader", map[string]any{"variant": p.canvas.Variant().String(), "tuned": p.canvas.Tuned(), "rays_per_s": p.canvas.RaysPerS()})
	if !p.canvas.Tuned() && !p.canvas.Device().Software && (p.tunedFor == nil || !reflect.DeepEqual(p.tunedFor.Network.Config, m.Network.Config)) && p.tuning == nil {
		p.tune(m)
	}
	return nil
}

func (p *gpuPainter) prepare() func(m *lfn.Model) prepared {
	v := p.canvas.Variant()
	return func(m *lfn.Model) prepared {
		w, err := gpu.Prepare(m, v)
		if err != nil {
			return err
		}
		return w
	}
}

func (p *gpuPainter) update(m *lfn.Model, made prepared) error {
	w, ok := made.(*gpu.Weights)
	if !ok || p.canvas.Update(w) != nil { // another variant was chosen meanwhile
		return p.load(m)
	}
	p.model = m
	return nil
}

// tune finds the fastest shader, while the window shows what the first one makes.
func (p *gpuPainter) tune(m *lfn.Model) {
	p.tunedFor = m
	a, o := p.app, p.app.gpuOptions()
	in, err := a.newOffscreen()
	if err != nil {
		a.note("the shader could not be tuned: %v", err)
		return
	}
	ctx, cancel := context.WithCancel(a.ctx)
	t := &tuning{cancel, make(chan struct{}), in}
	p.tuning = t
	go func() {
		r, err := gpu.NewIn(ctx, in.context(), m, o)
		if err == nil {
			r.Close() // what it found is in the cache
		}
		close(t.ended)
		a.post(func() {
			if p.tuning != t {
				return // stopped
			}
			t.stop()
			p.tuning = nil
			if err != nil {
				a.note("the shader could not be tuned: %v", err)
				return
			}
			if p.load(p.model) == nil {
				a.version++ // rendered anew
			}
		})
	}()
}

func (p *gpuPainter) begin(cam *plucker.Camera, o render.Options, geometry bool) {
	p.cam = *cam
	p.canvas.Begin(&p.cam, o, geometry)
}

func (p *gpuPainter) advance(budget time.Duration) (bool, error) {
	before, _ := p.canvas.Passes()
	err := p.canvas.Advance(budget)
	after, _ := p.canvas.Passes()
	if after > 0 {
		p.shown = p.cam
	}
	return after != before, err
}

func (p *gpuPainter) busy() bool {
	done, of := p.canvas.Passes()
	return done < of
}

func (p *gpuPainter) picture() picture {
	id, w, h, tw, th := p.canvas.Texture()
	done, of := p.canvas.Passes()
	return picture{texture: id, geometry: p.canvas.GeometryTexture(), w: w, h: h, textureW: tw, textureH: th, cam: p.shown, passes: done, of: of}
}

func (p *gpuPainter) speed() (float64, time.Duration) {
	return p.canvas.RaysPerS(), p.canvas.FrameTime()
}

func (p *gpuPainter) about() about {
	precision := "fp32"
	if p.canvas.Variant().Half {
		precision = "fp16"
	}
	return about{device: "gpu", name: p.canvas.Device().Name, precision: precision}
}

func (p *gpuPainter) close() {
	if p.tuning != nil {
		p.tuning.stop()
		p.tuning = nil
	}
	p.canvas.Close()
}
