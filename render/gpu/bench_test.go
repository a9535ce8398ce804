//go:build cgo && linux

package gpu

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

// BenchmarkFrame renders frames of networks with every variant that the device runs, by the device's clock. A software
// rasteriser gets small ones.
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
			for _, size := range [][2]int{{256, 256}, {1920, 1080}} {
				if c.Software {
					size = [2]int{size[0] / 16, size[1] / 16}
				}
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

// BenchmarkGeometry renders frames with what rays meet, as a [Canvas] has them, beside frames of colours alone.
func BenchmarkGeometry(b *testing.B) {
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
		for _, geometry := range []bool{false, true} {
			for _, size := range [][2]int{{256, 256}, {1920, 1080}} {
				if c.Software {
					size = [2]int{size[0] / 16, size[1] / 16}
				}
				b.Run(fmt.Sprintf("preset=%s/size=%dx%d/geometry=%v", preset, size[0], size[1], geometry), func(b *testing.B) {
					cam := render.Orbit{ElDeg: 20}.Camera(m.Scene, size[0], size[1])
					err := c.call(func() error {
						s, err := shaders.New(m.Network, vs[len(vs)-1]) // in single precision
						if err != nil {
							return err
						}
						p, err := buildFor(m, s, c)
						if err != nil {
							return err
						}
						defer p.textures.delete()
						defer p.delete()
						if geometry {
							g, err := p.withGeometry(&c.driver, config, shaders.GeometryWeights(m.Network, s.Variant))
							if err != nil {
								return err
							}
							defer g.delete()
							p = g
						}
						spent := 0.0
						for b.Loop() {
							t, err := firstPass(p, &cam, m.Scene)
							if err != nil {
								return err
							}
							spent += t.Seconds()
						}
						b.ReportMetric(1e3*spent/float64(b.N), "ms/frame")
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
