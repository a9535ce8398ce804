//go:build cgo && linux

package gpu

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

// BenchmarkFrame renders frames of networks with every variant that the device runs, by the device's clock.
func BenchmarkFrame(b *testing.B) {
	c := device(b)
	for _, preset := range lfn.Presets() {
		config, err := lfn.Preset(preset)
		if err != nil {
			b.Fatal(err)
		}
		m := model(b, config)
		vs, err := shaders.Variants(config, c.limits)
		if err != nil {
			b.Fatal(err)
		}
		for _, v := range vs {
			for _, size := range frameSizes(c) {
				b.Run(fmt.Sprintf("preset=%s/size=%dx%d/variant=%s", preset, size[0], size[1], v), func(b *testing.B) {
					cam := render.Orbit{ElDeg: 20}.Camera(m.Scene, size[0], size[1])
					err := c.call(func() error {
						s, err := shaders.New(m.Network, v)
						if err != nil {
							return err
						}
						p, err := buildFor(m, s, c)
						if err != nil {
							return err
						}
						defer p.textures.delete()
						defer p.delete()
						spent := 0.0
						for b.Loop() {
							t, err := p.draw(bg, &cam, m.Scene, render.Options{})
							if err != nil {
								return err
							}
							spent += t.Seconds()
						}
						b.ReportMetric(1e3*spent/float64(b.N), "ms/frame")
						b.ReportMetric(float64(b.N*size[0]*size[1])/spent, "rays/s")
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
				})
			}
		}
	}
}

// firstPass renders as a [Canvas] does in the first pass of a picture.
func firstPass(p *program, cam *plucker.Camera, scene plucker.Frame) (time.Duration, error) {
	if err := p.begin(cam); err != nil {
		return 0, err
	}
	p.sample(cam, scene, &render.Options{}, center)
	gl.Uniform2f(locationBlend, 0, 1)
	p.base(-1)
	spent, err := p.dispatch(bg, cam.Width, cam.Height)
	if p.shader.Variant.Geometry {
		spent += timed(p.query, p.wallClock, func() { p.fillNormals(&p.geometry, cam, p.shader.Block) })
	}
	return spent, err
}

// modelsOf opens the models in LFN_MODELS, paths with colons between them.
func modelsOf(b *testing.B) map[string]*lfn.Model {
	models := map[string]*lfn.Model{}
	for _, path := range filepath.SplitList(os.Getenv("LFN_MODELS")) {
		m, err := lfn.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		models[filepath.Base(path)] = m
	}
	return models
}

// fastest builds the program that tuning finds for a model.
func fastest(c *session, m *lfn.Model, precision Precision) (*program, error) {
	ts, err := shaders.NewTextures(m.Network)
	if err != nil {
		return nil, err
	}
	textures, err := newTextures(ts)
	if err != nil {
		return nil, err
	}
	p, _, err := tune(bg, &c.driver, m, textures, precision)
	return p, err
}

// frameSizes are those of frames; a software rasteriser gets small ones.
func frameSizes(c *session) [][2]int {
	if c.Software {
		return [][2]int{{16, 16}, {120, 67}}
	}
	return [][2]int{{256, 256}, {1920, 1080}}
}

// around are three cameras of the model, or around it.
func around(m *lfn.Model, size [2]int) (cams [3]plucker.Camera) {
	for i := range cams {
		cams[i] = render.Orbit{AzDeg: float64(100 * i), ElDeg: 20}.Camera(m.Scene, size[0], size[1])
		if n := len(m.Cameras); n >= 3 {
			cams[i] = m.Cameras[i*n/3].Camera.Scaled(size[0], size[1])
		}
	}
	return cams
}

// BenchmarkGeometry renders frames with what rays meet, as a [Canvas] has them, beside frames of colours alone, by the
// variant that is fastest for those in a precision: of the models in LFN_MODELS, or of every preset.
func BenchmarkGeometry(b *testing.B) {
	c := device(b)
	models := modelsOf(b)
	if len(models) == 0 {
		for _, preset := range lfn.Presets() {
			config, err := lfn.Preset(preset)
			if err != nil {
				b.Fatal(err)
			}
			models[preset] = model(b, config)
		}
	}
	for name, m := range models {
		for _, precision := range []Precision{FP16, FP32} {
			if precision == FP16 && (c.Software || !c.Half) {
				continue
			}
			var ps [2]*program // of colours, and with geometry
			err := c.call(func() error {
				var err error
				if ps[0], err = fastest(c, m, precision); err != nil {
					return err
				}
				v := ps[0].shader.Variant
				ps[1], err = ps[0].withGeometry(&c.driver, m.Network.Config, v, shaders.GeometryWeights(m.Network, v))
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			for _, size := range frameSizes(c) {
				cams := around(m, size)
				for i, p := range ps {
					b.Run(fmt.Sprintf("model=%s/precision=%s/size=%dx%d/geometry=%v", name, precision, size[0], size[1], i == 1), func(b *testing.B) {
						spent := 0.0
						for n := 0; b.Loop(); n++ {
							err := c.call(func() error {
								t, err := firstPass(p, &cams[n%3], m.Scene)
								spent += t.Seconds()
								return err
							})
							if err != nil {
								b.Fatal(err)
							}
						}
						b.ReportMetric(1e3*spent/float64(b.N), "ms/frame")
					})
				}
			}
		}
	}
}
