//go:build cgo && linux

package gpu

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

// tuned builds the program for a model that is fastest on a device, of those that are right: the one of the cache
// file, if it is right for this model, too, or that which [tune] finds before ctx ends.
func tuned(ctx context.Context, c *driver, m *lfn.Model, ts *textures, o Options) (*program, error) {
	f := cacheFile(o.Cache, c.Device, m.Network.Config, o.Precision)
	if p := f.program(ctx, c, m, ts); p != nil {
		return p, nil
	}
	p, _, err := tune(ctx, c, m, ts, o.Precision)
	if err != nil {
		return nil, err
	}
	f.save(p.shader.Variant, p.raysPerS)
	return p, nil
}

// program builds the program that the file names. It returns nil where there is none, or it is not right.
func (f *cache) program(ctx context.Context, c *driver, m *lfn.Model, ts *textures) *program {
	v, ok := f.load()
	if !ok {
		return nil
	}
	t := newTrial(c, m, ts, v)
	if !t.run(ctx, c, m, newCheck(m)) {
		return nil
	}
	t.program.raysPerS = f.raysPerS
	return t.program
}

// firstRight builds the first program that is right, and measures it on one picture.
func firstRight(c *driver, m *lfn.Model, ts *textures, precision Precision) (*program, error) {
	variants, err := allowed(c, m.Network.Config, precision)
	if err != nil {
		return nil, err
	}
	check := newCheck(m)
	for _, v := range variants {
		t := newTrial(c, m, ts, v)
		switch {
		case t.run(context.Background(), c, m, check):
			if err := race(context.Background(), []*program{t.program}, m.Scene, c.Software, 0); err != nil {
				t.program.delete()
				return nil, err
			}
			return t.program, nil
		case errors.Is(t.Err, ErrLost):
			return nil, t.Err
		case err == nil:
			err = t.Err
		}
	}
	return nil, fmt.Errorf("gpu: no shader works on %s: %w", c.Name, err)
}

// allowed are the variants that a device can run in a precision.
func allowed(c *driver, n lfn.Config, precision Precision) ([]shaders.Variant, error) {
	variants, err := shaders.Variants(n, c.limits)
	if err != nil {
		return nil, err
	}
	if precision == FP16 && !c.limits.Half {
		return nil, fmt.Errorf("gpu: %s has no half precision (GL_NV_gpu_shader5, GL_AMD_gpu_shader_half_float): use --precision fp32", c.Name)
	}
	variants = slices.DeleteFunc(variants, func(v shaders.Variant) bool {
		return v.Half && (precision == FP32 || c.Software && precision != FP16) || !v.Half && precision == FP16
	})
	if len(variants) == 0 {
		return nil, fmt.Errorf("gpu: no shader in %s fits the limits of %s: use --precision auto", precision, c.Name)
	}
	return variants, nil
}

// tune tries the variants of a model's shader, and returns the fastest that is right, and how each did. Where it returns
// an error, what it had built goes with the context.
func tune(ctx context.Context, c *driver, m *lfn.Model, ts *textures, precision Precision) (*program, []Trial, error) {
	variants, err := allowed(c, m.Network.Config, precision)
	if err != nil {
		return nil, nil, err
	}
	var trials []*trial
	for _, v := range variants {
		trials = append(trials, newTrial(c, m, ts, v))
	}
	check := newCheck(m)
	var right []*program
	for _, t := range trials {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if c.Software && len(right) > 0 {
			t.skip() // all are slow, and there is nothing to gain
		} else if t.run(ctx, c, m, check) {
			right = append(right, t.program)
		} else if errors.Is(t.Err, ErrLost) {
			return nil, results(trials), t.Err
		} else if err == nil {
			err = t.Err
		}
	}
	if len(right) == 0 {
		return nil, results(trials), fmt.Errorf("gpu: no shader works on %s: %w", c.Name, err)
	}
	if err := race(ctx, right, m.Scene, c.Software, raceTime); err != nil {
		return nil, nil, err
	}
	best := slices.MaxFunc(right, func(a, b *program) int { return cmp.Compare(a.raysPerS, b.raysPerS) })
	for _, t := range trials {
		if t.program != nil {
			t.RaysPerS = t.program.raysPerS
			if t.program != best {
				t.program.delete()
			}
		}
	}
	return best, results(trials), nil
}

func results(trials []*trial) []Trial {
	var ts []Trial
	for _, t := range trials {
		if !t.skipped {
			ts = append(ts, t.Trial)
		}
	}
	return ts
}

// check is a few small views of a model, and what the CPU makes of them.
type check struct {
	cams []plucker.Camera
	want []render.Image
}

// checkSide is the side of a view in pixels: some hundred rays, of the model's cameras and of others around it.
const checkSide = 16

func newCheck(m *lfn.Model) *check {
	var cams []plucker.Camera
	for i := range 4 {
		if n := len(m.Cameras); n >= 4 {
			cams = append(cams, m.Cameras[i*n/4].Camera.Scaled(checkSide, checkSide))
		}
		cams = append(cams, render.Orbit{AzDeg: float64(100 * i), ElDeg: 20}.Camera(m.Scene, checkSide, checkSide))
	}
	k := &check{}
	cpu := render.NewCPU(m.Network.Pack(), m.Scene)
	for i := range cams {
		var want render.Image
		if cpu.Render(context.Background(), &want, &cams[i], render.Options{}) == nil { // else it makes none here
			k.cams, k.want = append(k.cams, cams[i]), append(k.want, want)
		}
	}
	return k
}

// trial is one variant, being tried.
type trial struct {
	Trial
	program *program // nil once it has failed
	skipped bool
}

func (t *trial) skip() {
	t.skipped = true
	if t.program != nil {
		t.program.delete()
		t.program = nil
	}
}

// newTrial begins to compile a variant.
func newTrial(c *driver, m *lfn.Model, ts *textures, v shaders.Variant) *trial {
	t := &trial{Trial: Trial{Variant: v}}
	s, err := shaders.New(m.Network, v)
	if err != nil {
		t.Err = err
		return t
	}
	t.program = start(s, ts, c.wallClock)
	return t
}

// run compares what the variant makes of the model's own rays with what the CPU does, and says whether it is right.
func (t *trial) run(ctx context.Context, c *driver, m *lfn.Model, k *check) bool {
	if t.Err == nil {
		begin := time.Now()
		t.Err = t.program.finish()
		t.BuildTime = time.Since(begin)
		if t.Err != nil {
			t.program = nil
		}
	}
	var got render.Image
	for i := 0; i < len(k.cams) && t.Err == nil; i++ {
		if _, t.Err = t.program.draw(ctx, &k.cams[i], m.Scene, render.Options{}); t.Err == nil {
			t.program.image.read(&got)
			most, mean := difference(&got, &k.want[i])
			t.Most, t.Mean = max(t.Most, most), t.Mean+mean/float64(len(k.cams))
		}
	}
	if glErr := c.check(); t.Err == nil || glErr == ErrLost { // also so that the next trial is not blamed
		t.Err = glErr
	}
	if t.Err == nil {
		t.Err = t.judge()
	}
	if t.Err != nil && t.program != nil {
		t.program.delete()
		t.program = nil
	}
	return t.Err == nil
}

// raceTime is how long programs take turns: long enough for a device's clock to rise.
const raceTime = 300 * time.Millisecond

// race measures programs on one view of the scene, in turns, for so long at least, so that a clock that rises is fair to
// all.
func race(ctx context.Context, ps []*program, scene plucker.Frame, software bool, least time.Duration) error {
	side := 512
	if software {
		side, least = 32, 0
	}
	cam := render.Orbit{ElDeg: 20}.Camera(scene, side, side)
	best := make([]time.Duration, len(ps))
	for start := time.Now(); best[0] == 0 || time.Since(start) < least; {
		for i, p := range ps {
			t, err := p.draw(ctx, &cam, scene, render.Options{})
			if err != nil {
				return err
			}
			if t = max(t, time.Microsecond); best[i] == 0 || t < best[i] {
				best[i] = t
			}
		}
	}
	for i, p := range ps {
		p.raysPerS = float64(side*side) / best[i].Seconds()
	}
	return nil
}
