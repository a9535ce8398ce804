package dataset

import (
	"context"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// Procedural returns photographs of [DefaultScene]: 128×128 pixels with 3×3 rays each where the options do not say.
// Alpha is the share of a pixel that the scene covers; what it does not is white. The same options give the same bytes.
// It panics if a number is absurd.
func Procedural(o RenderOptions) *Set {
	o = o.withDefaults(128, 3)
	if err := o.check(); err != nil {
		panic(err)
	}
	s := &Set{Space: Space{Frame: plucker.UnitFrame()}}
	s.Views = o.views(s.Frame)
	scene := DefaultScene()
	_ = forEach(context.Background(), len(s.Views), 0, func(i int) error {
		scene.photograph(&s.Views[i], o.Samples)
		if o.Depth {
			scene.measure(&s.Views[i])
		}
		return nil
	})
	return s
}

// photograph renders v.Pix, with n×n rays a pixel.
func (s *Scene) photograph(v *View, n int) {
	w, h := v.Camera.Width, v.Camera.Height
	v.Pix = make([]byte, 4*w*h)
	total := float64(n * n)
	for y := range h {
		for x := range w {
			var sum mgl64.Vec3
			hits := 0.0
			for k := range n * n {
				du, dv := (float64(k%n)+0.5)/float64(n), (float64(k/n)+0.5)/float64(n)
				if c, _, hit := s.Trace(v.Camera.Ray(float64(x)+du, float64(y)+dv)); hit {
					sum = sum.Add(c)
					hits++
				}
			}
			c := mgl64.Vec3{1, 1, 1}
			if hits > 0 {
				c = sum.Mul(1 / hits)
			}
			p := v.Pix[4*(y*w+x):][:4]
			for k := range 3 {
				p[k] = byte(c[k]*255 + 0.5)
			}
			p[3] = byte(hits/total*255 + 0.5)
		}
	}
}

// measure fills in v.Depth.
func (s *Scene) measure(v *View) {
	w := v.Camera.Width
	v.Depth = make([]float32, w*v.Camera.Height)
	forward := v.Camera.Pose.Forward()
	for i := range v.Depth {
		r := v.Camera.Ray(float64(i%w)+0.5, float64(i/w)+0.5)
		if _, far, hit := s.Trace(r); hit {
			v.Depth[i] = float32(far * r.Dir.Dot(forward))
		}
	}
}
