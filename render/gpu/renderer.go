//go:build cgo && linux

package gpu

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

// Devices lists what OpenGL 4.3 runs on here, hardware before software. The error says why there is nothing.
func Devices() ([]Device, error) {
	var devices []Device
	err := each(-1, func(c *session) (bool, error) {
		devices = append(devices, c.Device)
		return false, nil
	})
	if len(devices) > 0 {
		err = nil
	}
	return devices, err
}

// each opens one device after another, hardware before software, until use keeps one, and closes the others. only is
// the index of the one device that is wanted, or −1. The surfaceless platform, which leads to a device of its own
// choice, is for where no device can be named. The error is that of the first which could not be opened or used.
func each(only int, use func(*session) (keep bool, err error)) error {
	n, err := loadEGL()
	if err != nil {
		return err
	}
	if only >= n {
		return fmt.Errorf("gpu: there is no device %d", only)
	}
	var first error
	var software []*session // that is known only now to be
	try := func(c *session) (kept bool) {
		keep, err := use(c)
		if !keep {
			c.close()
		}
		if first == nil {
			first = err
		}
		return keep
	}
	opened := false
	pass := func(announced bool) (kept bool) {
		for i := range n {
			if only >= 0 && i != only || announcesSoftware(i) != announced || only < 0 && i == n-1 && n > 1 {
				continue
			}
			c, err := open(i)
			if err != nil {
				if first == nil {
					first = err
				}
				continue
			}
			opened = true
			if c.Software && !announced {
				software = append(software, c)
			} else if try(c) {
				return true
			}
		}
		return false
	}
	kept := pass(false)
	for _, c := range software {
		if kept {
			c.close()
		} else {
			kept = try(c)
		}
	}
	if !kept {
		kept = pass(true)
	}
	if !kept && !opened && only < 0 && n > 1 {
		if c, err := open(n - 1); err == nil {
			kept = try(c)
		}
	}
	if kept {
		return nil
	}
	return first
}

// Renderer renders one model on one device. It implements [render.GeometryRenderer].
type Renderer struct {
	model    *lfn.Model
	textures *shaders.Textures

	mu       sync.Mutex // of what follows, which a lost context replaces
	session  *session
	program  *program
	surfaces *program // that tells geometry, too; nil before the first
	lost     bool
	closed   bool
}

var _ render.GeometryRenderer = (*Renderer)(nil)

// New makes a renderer of a model. On first use on a device it takes up to three seconds to find what is fast there.
//
// The error says why there is none: no EGL, no device, a device that is a software rasteriser where
// [Options.Software] is not set, too little memory, or a network that the device's limits are too small for or that
// holds numbers which are not finite.
func New(m *lfn.Model, o Options) (*Renderer, error) {
	r := &Renderer{model: m}
	texturesMade := sync.OnceValue(func() (err error) {
		r.textures, err = shaders.NewTextures(m.Network)
		return err
	})
	go texturesMade() // while the driver makes a context
	err := choose(o, func(c *session) error {
		if err := texturesMade(); err != nil {
			return err
		}
		return r.take(context.Background(), c, o)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// NewIn is [New] in a context that is current nowhere, on whatever device that has. Until Close returns, or NewIn with an
// error, it is current on a thread of the renderer's; then its owner may destroy it. What tuning finds is in the cache when
// NewIn returns, also for a [Canvas] in another context like this one; the end of ctx ends tuning.
func NewIn(ctx context.Context, in Context, m *lfn.Model, o Options) (*Renderer, error) {
	ts, err := shaders.NewTextures(m.Network)
	if err != nil {
		return nil, err
	}
	c, err := begin(-1, in)
	if err != nil {
		return nil, err
	}
	r := &Renderer{model: m, textures: ts}
	if err := c.call(func() error { return r.take(ctx, c, o) }); err != nil {
		c.close()
		return nil, err
	}
	return r, nil
}

// take makes what the renderer needs in a context, on its thread.
func (r *Renderer) take(ctx context.Context, c *session, o Options) error {
	r.session = c
	textures, err := newTextures(r.textures)
	if err != nil {
		return err
	}
	r.program, err = tuned(ctx, &c.driver, r.model, textures, o)
	return err
}

// choose opens the devices that the options allow until use succeeds with one, on its thread, which stays open.
func choose(o Options, use func(*session) error) error {
	found, software := false, ""
	err := each(o.Device-1, func(c *session) (bool, error) {
		if o.Device == 0 && c.Software && !o.Software {
			software = c.Name
			return false, nil
		}
		err := c.call(func() error { return use(c) })
		found = err == nil
		return found, err
	})
	switch {
	case found:
		return nil
	case err != nil:
		return err
	case software != "":
		return fmt.Errorf("gpu: there is only %s, a software rasteriser slower than the CPU renderer", software)
	}
	return errors.New("gpu: EGL has no device with OpenGL 4.3")
}

// Tune tries all variants of a model's shader on a device, and says how each did.
func Tune(m *lfn.Model, o Options) (d Device, trials []Trial, err error) {
	ts, err := shaders.NewTextures(m.Network)
	if err != nil {
		return d, nil, err
	}
	var used *session
	err = choose(o, func(c *session) error {
		used, d = c, c.Device
		textures, err := newTextures(ts)
		if err != nil {
			return err
		}
		_, trials, err = tune(context.Background(), &c.driver, m, textures, o.Precision)
		return err
	})
	if err == nil {
		used.close()
	}
	return d, trials, err
}

// Close gives everything back to the device, once the frame in the making is done.
func (r *Renderer) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.session.close()
}

// Device is what the renderer runs on.
func (r *Renderer) Device() Device {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.session.Device
}

// Variant is how its shader computes.
func (r *Renderer) Variant() shaders.Variant {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.program.shader.Variant
}

// Render implements [render.Renderer]. A context that the driver has thrown away is made anew, once, unless it is that of
// [NewIn].
func (r *Renderer) Render(ctx context.Context, dst *render.Image, cam *plucker.Camera, o render.Options) error {
	_, err := r.draw(ctx, dst, cam, o)
	return err
}

// Time renders what cam sees and leaves it on the device. It returns how long the device took.
func (r *Renderer) Time(ctx context.Context, cam *plucker.Camera, o render.Options) (time.Duration, error) {
	return r.draw(ctx, nil, cam, o)
}

func (r *Renderer) draw(ctx context.Context, dst *render.Image, cam *plucker.Camera, o render.Options) (time.Duration, error) {
	var err error
	if o.Samples, err = o.Side(cam, r.model.Scene); err != nil {
		return 0, err
	}
	var spent time.Duration
	err = r.frame(func() (err error) {
		if spent, err = r.program.draw(ctx, cam, r.model.Scene, o); err == nil && dst != nil {
			r.program.image.read(dst)
		}
		return err
	})
	return spent, err
}

// Geometry implements [render.GeometryRenderer]: derivatives are in single precision. The first call waits for a compiler.
func (r *Renderer) Geometry(ctx context.Context, dst *render.Geometry, cam *plucker.Camera) error {
	if _, err := (render.Options{Samples: 1}).Side(cam, r.model.Scene); err != nil {
		return err
	}
	return r.frame(func() (err error) {
		p := r.surfaces
		if p == nil {
			n, v := r.model.Network, r.program.shader.Variant
			v.Half = v.Half && n.Config.Encoding.Kind == lfn.Volume
			if p, err = r.program.withGeometry(&r.session.driver, n.Config, v, shaders.GeometryWeights(n, v)); err != nil {
				return err
			}
			r.surfaces = p
		}
		if _, err = p.draw(ctx, cam, r.model.Scene, render.Options{}); err == nil {
			p.readGeometry(dst)
		}
		return err
	})
}

// frame runs f on the context's thread, and once more in a context made anew where the driver has thrown that away.
func (r *Renderer) frame(f func() error) (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errors.New("gpu: the renderer is closed")
	}
	if !r.lost {
		err = r.session.call(f)
		r.lost = errors.Is(err, ErrLost)
	}
	if r.lost {
		if err = r.rebuild(); err == nil {
			err = r.session.call(f)
		}
	}
	return err
}

// rebuild makes a context and program like those that were lost. Where it fails, the next frame tries again.
func (r *Renderer) rebuild() error {
	if r.session.Index < 0 {
		return ErrLost // and its owner makes contexts
	}
	r.session.close()
	c, err := open(r.session.Index)
	if err != nil {
		return fmt.Errorf("%w, and there is no new one: %w", ErrLost, err)
	}
	err = c.call(func() error {
		textures, err := newTextures(r.textures)
		if err != nil {
			return err
		}
		p, err := build(r.program.shader, textures, c.wallClock)
		if err != nil {
			return err
		}
		p.raysPerS = r.program.raysPerS
		r.program, r.surfaces = p, nil
		return nil
	})
	if err != nil {
		c.close()
		return err
	}
	r.session, r.lost = c, false
	return nil
}

// Peak measures what fused multiply-adds alone reach on the device, in FLOP/s.
func (r *Renderer) Peak(half bool) (flops float64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err = r.session.call(func() (err error) {
		flops, err = peak(half, r.session.wallClock)
		return err
	})
	return flops, err
}
