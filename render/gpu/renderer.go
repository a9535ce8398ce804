//go:build cgo

package gpu

import (
	stdcontext "context"
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
	err := each(func(c *context) (bool, error) {
		devices = append(devices, c.Device)
		return false, nil
	})
	if len(devices) > 0 {
		err = nil
	}
	return devices, err
}

// each opens one device after another, hardware before software, until use keeps one, and closes the others. The
// surfaceless platform, which leads to a device of its own choice, is for where no device can be named. The error
// is that of the first which could not be opened or used.
func each(use func(*context) (keep bool, err error)) error {
	n, err := loadEGL()
	if err != nil {
		return err
	}
	var order []int
	for _, software := range []bool{false, true} {
		for i := range n - 1 {
			if announcesSoftware(i) == software {
				order = append(order, i)
			}
		}
	}
	var first error
	opened := false
	for _, i := range append(order, n-1) {
		if i == n-1 && opened {
			break
		}
		c, err := open(i)
		if err == nil {
			opened = true
			var keep bool
			if keep, err = use(c); keep {
				return nil
			}
			c.close()
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// Renderer renders one model on one device. It implements [render.Renderer].
type Renderer struct {
	model    *lfn.Model
	textures *shaders.Textures

	mu      sync.Mutex // of what follows, which a lost context replaces
	context *context
	program *program
}

var _ render.Renderer = (*Renderer)(nil)

// New makes a renderer of a model. On first use on a device it takes up to three seconds to find what is fast there.
//
// The error says why there is none: no EGL, no device, a device that is a software rasteriser where
// [Options.Software] is not set, too little memory, or a network that the device's limits are too small for or that
// holds numbers which are not finite.
func New(m *lfn.Model, o Options) (*Renderer, error) {
	ts, err := shaders.NewTextures(m.Network)
	if err != nil {
		return nil, err
	}
	r := &Renderer{model: m, textures: ts}
	return r, choose(o, func(c *context) (err error) {
		r.context = c
		textures, err := newTextures(r.textures)
		if err != nil {
			return err
		}
		r.program, err = tuned(c, m, textures, o)
		return err
	})
}

// choose opens the devices that the options allow until use succeeds with one, on its thread, which stays open.
func choose(o Options, use func(*context) error) error {
	found, software := false, ""
	err := each(func(c *context) (bool, error) {
		switch {
		case o.Device != 0 && c.Index != o.Device-1:
			return false, nil
		case o.Device == 0 && c.Software && !o.Software:
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
	case o.Device != 0:
		return fmt.Errorf("gpu: there is no device %d", o.Device-1)
	}
	return errors.New("gpu: EGL has no device with OpenGL 4.3")
}

// Tune tries all variants of a model's shader on a device, and says how each did.
func Tune(m *lfn.Model, o Options) (d Device, trials []Trial, err error) {
	ts, err := shaders.NewTextures(m.Network)
	if err != nil {
		return d, nil, err
	}
	err = choose(o, func(c *context) error {
		d = c.Device
		defer c.close()
		textures, err := newTextures(ts)
		if err != nil {
			return err
		}
		_, trials, err = tune(c, m, textures, o.Precision)
		return err
	})
	return d, trials, err
}

// Close gives everything back to the device.
func (r *Renderer) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.context.close()
}

// Device is what the renderer runs on.
func (r *Renderer) Device() Device {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.context.Device
}

// Variant is how its shader computes.
func (r *Renderer) Variant() shaders.Variant {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.program.shader.Variant
}

// Render implements [render.Renderer]. A context that the driver has thrown away is made anew, once.
func (r *Renderer) Render(ctx stdcontext.Context, dst *render.Image, cam *plucker.Camera, o render.Options) error {
	_, err := r.draw(ctx, dst, cam, o)
	return err
}

// Time renders what cam sees and leaves it on the device. It returns how long the device took.
func (r *Renderer) Time(ctx stdcontext.Context, cam *plucker.Camera, o render.Options) (time.Duration, error) {
	return r.draw(ctx, nil, cam, o)
}

func (r *Renderer) draw(ctx stdcontext.Context, dst *render.Image, cam *plucker.Camera, o render.Options) (time.Duration, error) {
	n, err := o.Side()
	if err != nil {
		return 0, err
	}
	if err := cam.Validate(); err != nil {
		return 0, fmt.Errorf("render: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var spent time.Duration
	frame := func() (err error) {
		if spent, err = r.program.draw(ctx, cam, r.model.Scene, n); err == nil && dst != nil {
			r.program.read(dst)
		}
		return err
	}
	err = r.context.call(frame)
	if errors.Is(err, errLost) {
		if err = r.rebuild(); err == nil {
			err = r.context.call(frame)
		}
	}
	return spent, err
}

// rebuild makes a context and program like those that were lost.
func (r *Renderer) rebuild() error {
	r.context.close()
	c, err := open(r.context.Index)
	if err != nil {
		return fmt.Errorf("%w, and there is no new one: %w", errLost, err)
	}
	r.context = c
	return c.call(func() (err error) {
		textures, err := newTextures(r.textures)
		if err != nil {
			return err
		}
		r.program, err = build(r.program.shader, textures, c.Software)
		return err
	})
}

// Peak measures what fused multiply-adds alone reach on the device, in FLOP/s.
func (r *Renderer) Peak(half bool) (flops float64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err = r.context.call(func() (err error) {
		flops, err = peak(half, r.context.Software)
		return err
	})
	return flops, err
}
