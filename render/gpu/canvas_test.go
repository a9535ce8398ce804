//go:build cgo && linux

package gpu

import (
	"testing"
	"time"

	"lfnview/render"
)

// onCanvas runs f on the thread of a context with a canvas, whose owner it is.
func onCanvas(t *testing.T, f func(c *Canvas) error) {
	t.Helper()
	s := device(t)
	err := s.call(func() error {
		c, err := NewCanvas(eglProc)
		if err != nil {
			return err
		}
		defer c.Close()
		return f(c)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// paint has a picture made, budget by budget, and counts them.
func paint(c *Canvas, budget time.Duration) (frames int, err error) {
	for c.busy() && err == nil {
		err = c.Advance(budget)
		frames++
	}
	return frames, err
}

// TestCanvas: with all its passes, a picture is that of the Renderer.
func TestCanvas(t *testing.T) {
	for _, name := range []string{"small", "volume", "points"} {
		m := model(t, configs()[name])
		o := Options{Software: true, Cache: t.TempDir(), Precision: FP32}
		r, err := New(m, o)
		if err != nil {
			noGPU(t, err)
		}
		defer r.Close()
		for _, side := range []int{0, 1, 3, 4} {
			cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(m.Scene, 41, 30)
			var want, got render.Image
			if err := r.Render(bg, &want, &cam, render.Options{Samples: side}); err != nil {
				t.Fatal(err)
			}
			onCanvas(t, func(c *Canvas) error {
				if err := c.Load(m, o); err != nil {
					return err
				}
				if !c.Tuned() || c.Variant() != r.Variant() {
					t.Errorf("%s: tuned = %v, variant %s, want %s of the cache", name, c.Tuned(), c.Variant(), r.Variant())
				}
				c.Begin(&cam, side)
				if _, err := paint(c, time.Second); err != nil {
					return err
				}
				return c.Read(&got)
			})
			if got.Width != want.Width || got.Height != want.Height {
				t.Fatalf("%s: picture of %d×%d pixels, want %d×%d", name, got.Width, got.Height, want.Width, want.Height)
			}
			if most, _ := difference(&got, &want); !(most <= 0.5) {
				t.Errorf("%s, %d×%d rays a pixel: the picture differs by %v/255", name, side, side, most)
			}
		}
	}
}
