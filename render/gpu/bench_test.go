//go:build cgo && linux

package gpu

import (
	"fmt"
	"testing"

	"lfnview/lfn"
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
