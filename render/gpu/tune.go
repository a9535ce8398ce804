//go:build cgo

package gpu

import (
	stdcontext "context"
	"fmt"
	"time"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

// tuned builds the program for a model that is fastest on a device, of those that are right: the one of the cache
// file, if it is right for this model, too, or that which [tune] finds.
func tuned(c *context, m *lfn.Model, o Options) (*program, error) {
	f := cacheFile(o.Cache, c.Device, m.Network.Config, o.Precision)
	if v, ok := f.load(); ok && !o.Retune {
		if p, t := try(c, m, v, newCheck(m)); t.Err == nil {
			p.raysPerS = f.raysPerS
			return p, nil
		}
	}
	p, _, err := tune(c, m, o.Precision)
	if err != nil {
		return nil, err
	}
	f.save(p.shader.Variant, p.raysPerS)
	return p, nil
}

// tune tries the variants of a model's shader, and returns the fastest that is right, and how each did.
func tune(c *context, m *lfn.Model, precision Precision) (*program, []Trial, error) {
	variants, err := shaders.Variants(m.Network.Config, c.limits)
	if err != nil {
		return nil, nil, err
	}
	if precision == FP16 && !c.limits.Half {
		return nil, nil, fmt.Errorf("gpu: %s has no half precision (GL_NV_gpu_shader5, GL_AMD_gpu_shader_half_float): use --precision fp32", c.Name)
	}
	check := newCheck(m)
	var best *program
	var trials []Trial
	for _, v := range variants {
		if precision == FP32 && v.Half || precision == FP16 && !v.Half {
			continue
		}
		p, t := try(c, m, v, check)
		if t.Err == nil {
			t.RaysPerS, t.Err = p.speed(m.Scene)
		}
		trials = append(trials, t)
		switch {
		case t.Err != nil:
			err = t.Err
			if p != nil {
				p.delete()
			}
		case best == nil || t.RaysPerS > best.raysPerS:
			if best != nil {
				best.delete()
			}
			p.raysPerS = t.RaysPerS
			best = p
		default:
			p.delete()
		}
		if c.Software && best != nil {
			break // all are slow, and there is nothing to gain
		}
	}
	if best == nil {
		return nil, trials, fmt.Errorf("gpu: no shader works on %s: %w", c.Name, err)
	}
	return best, trials, nil
}

// check is a few small views of a model, and what the CPU makes of them.
type check struct {
	cams []plucker.Camera
	want []render.Image
}

// checkSide is the side of a view in pixels: a few hundred rays in all.
const checkSide = 16

func newCheck(m *lfn.Model) *check {
	k := &check{}
	for i := range 4 {
		if n := len(m.Cameras); n >= 4 {
			k.cams = append(k.cams, m.Cameras[i*n/4].Camera.Scaled(checkSide, checkSide))
		} else {
			k.cams = append(k.cams, render.Orbit{AzDeg: float64(100 * i), ElDeg: 20}.Camera(m.Scene, checkSide, checkSide))
		}
	}
	cpu := render.NewCPU(m.Network.Pack(), m.Scene)
	k.want = make([]render.Image, len(k.cams))
	for i := range k.cams {
		if err := cpu.Render(stdcontext.Background(), &k.want[i], &k.cams[i], render.Options{}); err != nil {
			k.cams, k.want = k.cams[:i], k.want[:i] // a camera that makes no picture here makes none there
			break
		}
	}
	return k
}

// try builds one variant and compares what it makes of the model's own rays with what the CPU does.
func try(c *context, m *lfn.Model, v shaders.Variant, k *check) (*program, Trial) {
	t := Trial{Variant: v}
	start := time.Now()
	s, err := shaders.New(m.Network, v)
	if err != nil {
		t.Err = err
		return nil, t
	}
	p, err := build(s, c.Software)
	t.BuildTime = time.Since(start)
	if err != nil {
		t.Err = err
		return nil, t
	}
	var got render.Image
	for i := range k.cams {
		if _, t.Err = p.draw(stdcontext.Background(), &k.cams[i], m.Scene, 1); t.Err != nil {
			break
		}
		p.read(&got)
		most, mean := difference(&got, &k.want[i])
		t.Most, t.Mean = max(t.Most, most), t.Mean+mean/float64(len(k.cams))
	}
	if t.Err == nil {
		t.Err = c.check()
	}
	if t.Err == nil {
		t.Err = t.judge()
	}
	if t.Err != nil {
		p.delete()
		return nil, t
	}
	return p, t
}

// speed measures the program on a view of the scene, in rays a second.
func (p *program) speed(scene plucker.Frame) (float64, error) {
	side, least := 512, 30*time.Millisecond // long enough for a clock to rise
	if p.software {
		side, least = 32, 0
	}
	cam := render.Orbit{ElDeg: 20}.Camera(scene, side, side)
	var best time.Duration
	for spent := time.Duration(0); ; {
		t, err := p.draw(stdcontext.Background(), &cam, scene, 1)
		if err != nil {
			return 0, err
		}
		t = max(t, time.Microsecond)
		if spent += t; best == 0 || t < best {
			best = t
		}
		if spent > least {
			return float64(side*side) / best.Seconds(), nil
		}
	}
}
