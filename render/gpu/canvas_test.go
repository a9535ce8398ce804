//go:build cgo && linux

package gpu

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/plucker"
	"lfnview/render"
)

// onCanvas runs f on the thread of a context, as the owner of it and of a canvas. f may not call t.FailNow.
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

// canvasOptions are those of a canvas on any device, with a cache of its own.
func canvasOptions(t *testing.T) Options {
	return Options{Software: true, Cache: t.TempDir(), Precision: FP32}
}

// paint makes a picture with all its passes, and returns it and how many frames that took.
func paint(c *Canvas, cam *plucker.Camera, side int, budget time.Duration) (m *render.Image, frames int, err error) {
	c.Begin(cam, render.Options{Samples: side}, false)
	for c.busy() && err == nil {
		err = c.Advance(budget)
		frames++
	}
	m = &render.Image{}
	if err == nil {
		err = c.Read(m)
	}
	return m, frames, err
}

// same says whether two pictures are the same within rounding.
func same(t *testing.T, what string, got, want *render.Image) {
	t.Helper()
	if got.Width != want.Width || got.Height != want.Height {
		t.Errorf("%s: %d×%d pixels, want %d×%d", what, got.Width, got.Height, want.Width, want.Height)
	} else if most, _ := difference(got, want); !(most <= 0.5) {
		t.Errorf("%s: the picture differs by %v/255", what, most)
	}
}

// TestCanvas: with all its passes, in one frame or row by row, a picture is that of the Renderer, and its program that
// of the cache.
func TestCanvas(t *testing.T) {
	for _, name := range []string{"small", "volume", "points"} {
		m := model(t, configs()[name])
		o := canvasOptions(t)
		r := newRendererWith(t, m, o)
		onCanvas(t, func(c *Canvas) error {
			if err := c.Load(m, o); err != nil {
				return err
			}
			if !c.Tuned() || c.Variant() != r.Variant() {
				t.Errorf("%s: tuned is %v, the variant %s, want %s of the cache", name, c.Tuned(), c.Variant(), r.Variant())
			}
			for _, side := range []int{0, 1, 3, 4} {
				cam := render.Orbit{AzDeg: float64(30 * side), ElDeg: 20}.Camera(m.Scene, 41, 30)
				var want render.Image
				if err := r.Render(bg, &want, &cam, render.Options{Samples: side}); err != nil {
					return err
				}
				got, _, err := paint(c, &cam, side, time.Hour)
				if err != nil {
					return err
				}
				same(t, name, got, &want)
				if done, of := c.Passes(); done != of || of != max(side*side, 1) {
					t.Errorf("%s, side %d: %d passes of %d", name, side, done, of)
				}
				got, frames, err := paint(c, &cam, side, time.Nanosecond)
				if err != nil {
					return err
				}
				same(t, name+", row by row", got, &want)
				if _, rows := c.program.workgroups(41, 30); frames < rows*max(side*side, 1) {
					t.Errorf("%s, side %d: %d frames, want at least one for each of %d rows of workgroups", name, side, frames, rows)
				}
			}
			return nil
		})
	}
}

// TestCanvasUntuned: without a cache there is a program, too; tuning for the canvas's device fills the cache.
func TestCanvasUntuned(t *testing.T) {
	m := model(t, configs()["volume"])
	o := canvasOptions(t)
	cam := render.Orbit{ElDeg: 20}.Camera(m.Scene, 20, 20)
	var want render.Image
	if err := render.NewCPU(m.Network.Pack(), m.Scene).Render(bg, &want, &cam, render.Options{}); err != nil {
		t.Fatal(err)
	}
	s := device(t)
	onCanvas(t, func(c *Canvas) error {
		c.Begin(&cam, render.Options{Samples: 1}, false)
		if err := c.Advance(time.Second); err != nil {
			t.Errorf("Advance without a model = %v", err)
		}
		if id, _, _, _, _ := c.Texture(); id != 0 || c.RaysPerS() != 0 || c.FrameTime() != 0 {
			t.Errorf("a canvas without a model has texture %d, %v rays/s, %v", id, c.RaysPerS(), c.FrameTime())
		}
		if err := c.Read(&render.Image{}); err == nil {
			t.Error("Read without a picture: no error")
		}
		if err := c.Load(m, o); err != nil {
			return err
		}
		if c.Tuned() || !(c.RaysPerS() > 0) {
			t.Errorf("without a cache, tuned is %v, and %v rays/s are expected", c.Tuned(), c.RaysPerS())
		}
		got, _, err := paint(c, &cam, 1, time.Second)
		if err != nil {
			return err
		}
		if most, _ := difference(got, &want); !(most <= fullMost) {
			t.Errorf("the picture differs by %v/255", most)
		}
		r, err := NewIn(bg, eglContext(s.Index), m, o)
		if err != nil {
			return err
		}
		r.Close()
		if err := c.Load(m, o); err != nil || !c.Tuned() || c.Variant() != r.Variant() {
			t.Errorf("after tuning, Load = %v, tuned is %v, the variant %s, want %s", err, c.Tuned(), c.Variant(), r.Variant())
		}
		return nil
	})
}

// TestCanvasShown: what is shown is whole: a picture comes after its first pass, at once, and stays until the next one
// has had its own.
func TestCanvasShown(t *testing.T) {
	m := model(t, configs()["volume"])
	cam := render.Orbit{ElDeg: 20}.Camera(m.Scene, 40, 40)
	other := render.Orbit{AzDeg: 90, ElDeg: 20}.Camera(m.Scene, 32, 24)
	onCanvas(t, func(c *Canvas) error {
		if err := c.Load(m, canvasOptions(t)); err != nil {
			return err
		}
		c.Begin(&cam, render.Options{Samples: 1}, false)
		for c.busy() {
			if id, _, _, _, _ := c.Texture(); id != 0 {
				return errors.New("there is a texture before its picture is whole")
			}
			if err := c.Advance(time.Nanosecond); err != nil {
				return err
			}
		}
		var before, now render.Image
		if err := c.Read(&before); err != nil {
			return err
		}
		first, w, h, tw, th := c.Texture()
		if first == 0 || w != 40 || h != 40 || tw < w || th < h {
			t.Errorf("texture %d, %d×%d of %d×%d", first, w, h, tw, th)
		}
		// Two that are dropped, and one that is finished.
		for _, dropped := range []bool{true, true, false} {
			c.Begin(&other, render.Options{Samples: 2}, false)
			for i := 0; c.busy() && !(dropped && i == 2); i++ {
				if err := c.Advance(time.Nanosecond); err != nil {
					return err
				}
				done, _ := c.Passes()
				id, w, h, _, _ := c.Texture()
				if err := c.Read(&now); err != nil {
					return err
				}
				switch {
				case done == 0 && (id != first || !slices.Equal(now.Pix, before.Pix)):
					return errors.New("the picture changed before the next was whole")
				case done > 0 && (id == first || w != 32 || h != 24):
					return fmt.Errorf("after the first pass, texture %d shows %d×%d, want another of 32×24", id, w, h)
				}
			}
		}
		if c.surfaces != nil || c.shown.geometry.id != 0 || c.next.geometry.id != 0 {
			t.Error("pictures without geometry have taken memory for it")
		}
		fresh, _, err := paint(c, &other, 2, time.Second)
		if err != nil {
			return err
		}
		same(t, "after pictures that were dropped", &now, fresh)
		return nil
	})
}

// TestCanvasSizes: pictures of any size follow each other, and textures are made anew only for larger ones.
func TestCanvasSizes(t *testing.T) {
	m := model(t, configs()["signed"])
	onCanvas(t, func(c *Canvas) error {
		if err := c.Load(m, canvasOptions(t)); err != nil {
			return err
		}
		var most [2]int
		made := map[uint32]bool{}
		for _, size := range [][2]int{{30, 20}, {300, 10}, {10, 300}, {7, 9}, {257, 3}, {300, 300}, {1, 1}, {299, 300}, {31, 77}} {
			cam := render.Orbit{AzDeg: 10, ElDeg: 20}.Camera(m.Scene, size[0], size[1])
			got, _, err := paint(c, &cam, 1, time.Second)
			if err != nil {
				return err
			}
			p := c.program
			if _, err := p.draw(bg, &cam, m.Scene, render.Options{}); err != nil {
				return err
			}
			var want render.Image
			p.image.read(&want)
			same(t, "size", got, &want)
			id, w, h, tw, th := c.Texture()
			most = [2]int{max(most[0], tw), max(most[1], th)}
			if w != size[0] || h != size[1] || tw < most[0] && th < most[1] {
				t.Errorf("a picture of %v is %d×%d of a texture of %d×%d", size, w, h, tw, th)
			}
			made[id] = true
		}
		if len(made) > 6 {
			t.Errorf("%d textures for three sizes", len(made))
		}
		wrong := render.Orbit{ElDeg: 20}.Camera(m.Scene, 8, 8)
		wrong.Intrinsics.Fx = -1
		for _, bad := range []struct {
			side int
			cam  plucker.Camera
		}{{17, render.Orbit{ElDeg: 20}.Camera(m.Scene, 8, 8)}, {-1, render.Orbit{ElDeg: 20}.Camera(m.Scene, 8, 8)}, {1, wrong}} {
			c.Begin(&bad.cam, render.Options{Samples: bad.side}, false)
			if err := c.Advance(time.Second); err == nil || c.busy() {
				t.Errorf("side %d, focal length %v: Advance = %v", bad.side, bad.cam.Intrinsics.Fx, err)
			}
		}
		return nil
	})
}

// TestCanvasUpdate: weights of another network of the same configuration make the picture that loading it makes; those
// of another configuration are refused, and what cannot be loaded leaves things as they are.
func TestCanvasUpdate(t *testing.T) {
	for _, name := range []string{"volume", "siren", "grid"} {
		a, b := model(t, configs()[name]), model(t, configs()[name])
		for _, l := range b.Network.Layers {
			for i := range l.Weight {
				l.Weight[i] *= 0.5
			}
		}
		for _, g := range b.Network.Grids { // other places are empty
			slices.Reverse(g)
			for i := range g {
				g[i] *= 0.5
			}
		}
		b.Network.FindEmptySpace()
		b.Scene.Center[0] += 0.2
		o := canvasOptions(t)
		cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(a.Scene, 30, 30)
		onCanvas(t, func(c *Canvas) error {
			if err := c.Load(b, o); err != nil {
				return err
			}
			want, _, err := paint(c, &cam, 2, time.Second)
			if err != nil {
				return err
			}
			if err := c.Load(a, o); err != nil {
				return err
			}
			first, _, err := paint(c, &cam, 2, time.Second)
			if err != nil {
				return err
			}
			if most, _ := difference(first, want); most < 2 {
				t.Errorf("%s: the two networks differ by %v/255: they test nothing", name, most)
			}
			weights, err := Prepare(b, c.Variant())
			if err != nil {
				return err
			}
			program := c.program.id
			if err := c.Update(weights); err != nil {
				return err
			}
			if done, of := c.Passes(); done != 0 || of != 4 || c.program.id != program {
				t.Errorf("%s: after Update %d of %d passes are done, program %d, want 0 of 4 and %d", name, done, of, c.program.id, program)
			}
			for c.busy() {
				if err := c.Advance(time.Second); err != nil {
					return err
				}
			}
			var got render.Image
			if err := c.Read(&got); err != nil {
				return err
			}
			same(t, name+" after Update", &got, want)

			foreign := model(t, configs()["signed"])
			if w, err := Prepare(foreign, c.Variant()); err == nil && c.Update(w) == nil {
				t.Errorf("%s: weights of another configuration are taken", name)
			}
			broken := model(t, configs()[name])
			broken.Network.Layers[0].Bias[0] = float32(math.NaN())
			if _, err := Prepare(broken, c.Variant()); err == nil {
				t.Errorf("%s: a NaN is prepared", name)
			}
			variant := c.Variant()
			if err := c.Load(broken, o); err == nil || !strings.Contains(err.Error(), "layers.0.bias[0]") || c.Variant() != variant {
				t.Errorf("%s: Load of a NaN = %v, variant %s", name, err, c.Variant())
			}
			after, _, err := paint(c, &cam, 2, time.Second)
			if err != nil {
				return err
			}
			same(t, name+" after a model that failed", after, want)
			return nil
		})
	}
}

// TestCanvasLost: a context that the driver has thrown away is an error of every method that has one.
func TestCanvasLost(t *testing.T) {
	m := model(t, configs()["volume"])
	cam := render.Orbit{ElDeg: 20}.Camera(m.Scene, 8, 8)
	onCanvas(t, func(c *Canvas) error {
		if err := c.Load(m, canvasOptions(t)); err != nil {
			return err
		}
		weights, err := Prepare(m, c.Variant())
		if err != nil {
			return err
		}
		if _, _, err := paint(c, &cam, 1, time.Second); err != nil {
			return err
		}
		c.driver.reset = func() uint32 { return gl.UNKNOWN_CONTEXT_RESET }
		for name, err := range map[string]error{
			"Advance": c.Advance(time.Second), "Load": c.Load(m, canvasOptions(t)), "Update": c.Update(weights), "Read": c.Read(&render.Image{}),
		} {
			if !errors.Is(err, ErrLost) {
				t.Errorf("%s = %v, want %v", name, err, ErrLost)
			}
		}
		return nil
	})
}

// TestCanvasTimer: with the device's own clock, too, pictures are measured, by queries that come back later.
func TestCanvasTimer(t *testing.T) {
	m := model(t, configs()["volume"])
	cam := render.Orbit{ElDeg: 20}.Camera(m.Scene, 64, 64)
	onCanvas(t, func(c *Canvas) error {
		if err := c.Load(m, canvasOptions(t)); err != nil {
			return err
		}
		c.driver.wallClock, c.timer.wallClock = false, false
		expected := c.RaysPerS()
		for i := 0; i < 3*len(c.timer.segments); i++ {
			if _, _, err := paint(c, &cam, 1, time.Second); err != nil {
				return err
			}
		}
		gl.Finish()
		if err := c.Advance(0); err != nil {
			return err
		}
		if c.timer.n != 0 || c.FrameTime() <= 0 || c.RaysPerS() == expected {
			t.Errorf("%d queries are open; a frame takes %v, %v rays/s, %v expected before", c.timer.n, c.FrameTime(), c.RaysPerS(), expected)
		}
		return nil
	})
}

// TestTimerFull: while nothing is done of as much as may be under way, nothing is begun.
func TestTimerFull(t *testing.T) {
	m := timer{n: ahead}
	if m.begin() {
		t.Errorf("a segment is begun beside %d that are under way", m.n)
	}
}

// TestTimer: the speed follows the newest measurements, each by the time that it took; a pass is the sum of its parts.
func TestTimer(t *testing.T) {
	var m timer
	m.forget(5)
	m.add(&segment{number: 1, rays: 600, passRays: 1000}, 600*time.Millisecond)
	if m.raysPerS != 1000 || m.pass != 0 {
		t.Errorf("after a part: %v rays/s, pass %v, want 1000 and 0", m.raysPerS, m.pass)
	}
	m.add(&segment{number: 1, rays: 400, passRays: 1000}, 100*time.Millisecond)
	if m.pass != 700*time.Millisecond {
		t.Errorf("pass takes %v, want 700ms", m.pass)
	}
	m.add(&segment{number: 2, rays: 999, passRays: 1000}, time.Second) // dropped
	m.add(&segment{number: 3, rays: 3000, passRays: 1000}, 900*time.Millisecond)
	if m.pass != 300*time.Millisecond {
		t.Errorf("each of three passes takes %v, want 300ms", m.pass)
	}
	before := m.raysPerS
	m.add(&segment{number: 4, rays: 1, passRays: 1000}, time.Millisecond)
	if m.raysPerS < 0.9*before {
		t.Errorf("one ray takes the speed from %v to %v rays/s", before, m.raysPerS)
	}
	for range 20 {
		m.add(&segment{number: 5, rays: 10, passRays: 10}, time.Second)
	}
	if m.raysPerS > 12 {
		t.Errorf("after 20 slow passes of 10 rays/s: %v", m.raysPerS)
	}
}

// TestCanvasGarbage: frames make none, by either clock.
func TestCanvasGarbage(t *testing.T) {
	m := model(t, configs()["volume"])
	onCanvas(t, func(c *Canvas) error {
		if err := c.Load(m, canvasOptions(t)); err != nil {
			return err
		}
		for _, wallClock := range []bool{true, false} {
			c.driver.wallClock, c.timer.wallClock = wallClock, wallClock
			var err error
			i := 0
			frame := func() {
				i++
				cam := render.Orbit{AzDeg: float64(i), ElDeg: 20}.Camera(m.Scene, 20+i%7, 20)
				c.Begin(&cam, render.Options{Samples: 1 + i%3}, i%2 == 0)
				for range 3 {
					err = errors.Join(err, c.Advance(time.Millisecond))
				}
				c.Texture()
				c.Passes()
				c.FrameTime()
			}
			for range 4 { // also one with geometry
				frame()
			}
			if n := testing.AllocsPerRun(20, frame); n != 0 || err != nil {
				t.Errorf("%v allocations a frame, %v", n, err)
			}
		}
		return nil
	})
}

// TestCanvasLeaves: what the owner has set is there again afterwards, or as it is by default.
func TestCanvasLeaves(t *testing.T) {
	m := model(t, configs()["volume"])
	cam := render.Orbit{ElDeg: 20}.Camera(m.Scene, 9, 9)
	onCanvas(t, func(c *Canvas) error {
		var framebuffer uint32
		gl.GenFramebuffers(1, &framebuffer)
		defer gl.DeleteFramebuffers(1, &framebuffer)
		gl.BindFramebuffer(gl.READ_FRAMEBUFFER, framebuffer)
		if err := c.Load(m, canvasOptions(t)); err != nil {
			return err
		}
		weights, err := Prepare(m, c.Variant())
		if err != nil {
			return err
		}
		if err := c.Update(weights); err != nil {
			return err
		}
		if _, _, err := paint(c, &cam, 1, time.Second); err != nil {
			return err
		}
		for _, tt := range []struct {
			what string
			name uint32
			want int64
		}{
			{"active texture", gl.ACTIVE_TEXTURE, gl.TEXTURE0}, {"unpack alignment", gl.UNPACK_ALIGNMENT, 4},
			{"pack alignment", gl.PACK_ALIGNMENT, 4}, {"read framebuffer", gl.READ_FRAMEBUFFER_BINDING, int64(framebuffer)},
		} {
			if got := integer(tt.name); got != tt.want {
				t.Errorf("%s is %d, want %d", tt.what, got, tt.want)
			}
		}
		return nil
	})
}

// TestNoContext: where no context is current there is no canvas.
func TestNoContext(t *testing.T) {
	device(t) // the functions are there
	if _, err := NewCanvas(eglProc); err == nil || !strings.Contains(err.Error(), "no OpenGL context") {
		t.Errorf("NewCanvas = %v", err)
	}
}

// TestOldContext: a context without what shaders need is refused, and the next one is looked at anew.
func TestOldContext(t *testing.T) {
	device(t)
	functions.Lock()
	functions.found = false
	functions.Unlock()
	_, err := NewCanvas(func(name string) unsafe.Pointer {
		if name == "glDispatchCompute" {
			return nil
		}
		return eglProc(name)
	})
	if err == nil || !strings.Contains(err.Error(), "glDispatchCompute") {
		t.Errorf("without glDispatchCompute, NewCanvas = %v", err)
	}
	device(t)
}
