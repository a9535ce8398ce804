//go:build cgo && linux

package gpu

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-gl/gl/v4.3-core/gl"
	"github.com/go-gl/mathgl/mgl64"

	"lfnview/assets"
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/shaders"
)

// bg is a context that is never done.
var bg = context.Background()

// device opens the device that tests run on: the first there is. Where there is none the test is skipped, or fails
// where LFN_NEED_GPU says that there has to be one.
func device(t testing.TB) *session {
	t.Helper()
	var c *session
	err := each(-1, func(d *session) (bool, error) {
		c = d
		return true, nil
	})
	if err != nil {
		noGPU(t, err)
	}
	t.Cleanup(c.close)
	return c
}

func noGPU(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("LFN_NEED_GPU") != "" {
		t.Fatalf("LFN_NEED_GPU is set: %v", err)
	}
	t.Skip(err)
}

// newRenderer makes a renderer as a program would, with a cache of its own.
func newRenderer(t testing.TB, m *lfn.Model) *Renderer {
	t.Helper()
	return newRendererWith(t, m, Options{Software: true, Cache: t.TempDir()})
}

func newRendererWith(t testing.TB, m *lfn.Model, o Options) *Renderer {
	t.Helper()
	r, err := New(m, o)
	if err != nil {
		noGPU(t, err)
	}
	t.Cleanup(r.Close)
	return r
}

func model(t testing.TB, c lfn.Config) *lfn.Model {
	t.Helper()
	n, err := lfn.New(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range n.Grids {
		// Two balls of some density in front of nothing, with features that vary.
		res := c.Encoding.Sides()[i]
		for j := range g {
			x, y, z := float64(j/4%res), float64(j/4/res%res), float64(j/4/res/res)
			at := mgl64.Vec3{x, y, z}.Mul(2 / float64(res-1)).Sub(mgl64.Vec3{1, 1, 1})
			at[2] = 2*z/float64(c.Encoding.Slices(res)-1) - 1 // in flat grids, too
			inside := at.Sub(mgl64.Vec3{0.3, 0, 0.1}).Len() < 0.4 || at.Sub(mgl64.Vec3{-0.4, 0.3, 0}).Len() < 0.25
			switch {
			case j%4 != 0:
				g[j] *= 5
			case inside:
				g[j] = 0.3
			default:
				g[j] = -0.6
			}
		}
		for j := range g { // as in a file
			g[j] = lfn.FromFloat16Bits(lfn.Float16Bits(g[j]))
		}
	}
	n.FindEmptySpace()
	if len(n.Grids) > 0 && n.Occupied() == 0 {
		t.Fatal("there is nothing in the grids")
	}
	return &lfn.Model{Network: n, Scene: plucker.Frame{Center: mgl64.Vec3{0.1, -0.2, 0.3}, Radius: 1.5, Up: mgl64.Vec3{0, 0, 1}}}
}

// configs has every encoding, norm, activation and output, and widths that fill no tile.
func configs() map[string]lfn.Config {
	small, _ := lfn.Preset("small")
	paper, _ := lfn.Preset("paper")
	return map[string]lfn.Config{
		"coordinates":  {Encoding: lfn.Encoding{Kind: lfn.Coordinates}, Hidden: []int{20, 33}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"signed":       {Encoding: lfn.Encoding{Kind: lfn.Coordinates}, Hidden: []int{70}, Norm: lfn.NormNone, Activation: lfn.ReLU, Output: lfn.OutputSigned},
		"siren":        {Encoding: lfn.Encoding{Kind: lfn.Coordinates}, Hidden: []int{64, 40, 64}, Norm: lfn.NormNone, Activation: lfn.Sine, Omega: 30, Output: lfn.OutputSigned},
		"frequency":    {Encoding: lfn.Encoding{Kind: lfn.Frequency, Frequencies: 6}, Hidden: []int{64, 40}, Norm: lfn.NormLayer, Activation: lfn.Sine, Omega: 2},
		"points":       {Encoding: lfn.Encoding{Kind: lfn.Points, Points: 7, Frequencies: 2}, Hidden: []int{48}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"grid":         {Encoding: lfn.Encoding{Kind: lfn.Grid, Points: 9, Grids: []int{5, 8}}, Hidden: []int{100, 70}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"volume":       {Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 64, Grids: []int{8, 16, 4}}, Hidden: []int{32, 24}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"volume, sine": {Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 33, Grids: []int{13}}, Hidden: []int{130}, Norm: lfn.NormNone, Activation: lfn.Sine, Omega: 3},
		"window":       {Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 48, Grids: []int{8, 16}, Window: window()}, Hidden: []int{32, 24}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"window, grid": {Encoding: lfn.Encoding{Kind: lfn.Grid, Points: 9, Grids: []int{5, 8}, Window: window()}, Hidden: []int{40}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"outside":      {Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 80, Grids: []int{8, 16}, Clear: 2.5}, Hidden: []int{32, 24}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"outside, all": {Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 50, Grids: []int{12}, Clear: 0.3}, Hidden: []int{16}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"linear":       {Encoding: lfn.Encoding{Kind: lfn.Frequency, Frequencies: 1}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"deep and wide": {Encoding: lfn.Encoding{Kind: lfn.Coordinates},
			Hidden: []int{1024, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16}, Norm: lfn.NormLayer, Activation: lfn.ReLU, Output: lfn.OutputSigned},
		"small": small,
		"paper": paper,
	}
}

// window is seen through from the cameras of these tests, and from elsewhere.
func window() *plucker.Window {
	return &plucker.Window{Eye: mgl64.Vec3{0.1, -2.5, 0.6}, Axes: mgl64.Rotate3DX(1.3), Tan: mgl64.Vec2{0.6, 0.5}, Near: 1.2}
}

// buildFor builds a shader with the textures of its model. Where the device has no half precision, it is emulated.
func buildFor(m *lfn.Model, s *shaders.Shader, c *session) (*program, error) {
	if s.Variant.Half && !c.Half {
		emulateHalf(s)
	}
	ts, err := shaders.NewTextures(m.Network)
	if err != nil {
		return nil, err
	}
	textures, err := newTextures(ts)
	if err != nil {
		return nil, err
	}
	return build(s, textures, c.wallClock)
}

// TestParity: every variant that the device runs, of every kind of network, gives the CPU's picture.
func TestParity(t *testing.T) {
	c := device(t)
	for name, config := range configs() {
		t.Run(name, func(t *testing.T) {
			m := model(t, config)
			side, fine := 64, 21
			switch {
			case name == "deep and wide": // a software rasteriser takes 20 ms for each of its rays
				side, fine = 12, 5
			case name == "paper" || testing.Short():
				side = 24
			}
			cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(m.Scene, side, side-5)
			parity(t, c, m, cam, 1)
			parity(t, c, m, cam.Scaled(fine, fine-2), 2)
		})
	}
}

// TestParityOfScene: the scene that ships inside, through a lens, off centre, and with several rays a pixel.
func TestParityOfScene(t *testing.T) {
	c := device(t)
	m, err := assets.Scene()
	if err != nil {
		t.Fatal(err)
	}
	cam := render.Orbit{AzDeg: 200, ElDeg: 35}.Camera(m.Scene, 64, 64)
	parity(t, c, m, cam, 1)
	cam.Intrinsics.Cx, cam.Intrinsics.Fy = 40, cam.Intrinsics.Fy*1.2
	cam.Distortion = plucker.Distortion{K1: -0.2, K2: 0.05, K3: -0.01, K4: 0.02, K5: 0.01, K6: 0.001, P1: 0.004, P2: -0.003}
	parity(t, c, m, cam, 1)
	parity(t, c, m, cam, 3)
	inside := render.Orbit{AzDeg: 10, Dist: 0.3, FovDeg: 90}.Camera(m.Scene, 48, 48)
	parity(t, c, m, inside, 1)

	// A fisheye that sees 107° to its sides, and more in its corners; and one that folds at 61°, before its corners.
	inside.Distortion = plucker.Distortion{Fisheye: true, K1: 0.05, K2: -0.012, K3: 0.004, K4: -0.0004}
	inside.Intrinsics = plucker.Intrinsics{Fx: 12, Fy: 13, Cx: 24.5, Cy: 23}
	parity(t, c, m, inside, 1)
	inside.Distortion = plucker.Distortion{Fisheye: true, K1: -0.3, K2: 0.003}
	inside.Intrinsics.Fx, inside.Intrinsics.Fy = 24, 24
	parity(t, c, m, inside, 2)
}

// TestLargestLens: the largest numbers that a camera may have are none that float32 loses.
func TestLargestLens(t *testing.T) {
	m, err := assets.Scene()
	if err != nil {
		t.Fatal(err)
	}
	r := newRenderer(t, m)
	cpu := render.NewCPU(m.Network.Pack(), m.Scene)
	const most = 1e12
	for name, edit := range map[string]func(c *plucker.Camera){
		"short":    func(c *plucker.Camera) { c.Intrinsics.Fx = 24 / most },
		"long":     func(c *plucker.Camera) { c.Intrinsics.Fx, c.Intrinsics.Fy = 1e40, 1e40 },
		"off axis": func(c *plucker.Camera) { c.Intrinsics.Cx = -c.Intrinsics.Fx * most / 2 },
		"k1":       func(c *plucker.Camera) { c.Distortion.K1 = most },
		"k3":       func(c *plucker.Camera) { c.Distortion.K3 = -most },
		"k4":       func(c *plucker.Camera) { c.Distortion.K4 = most },
		"p1":       func(c *plucker.Camera) { c.Distortion.P1 = -most },
		"p2":       func(c *plucker.Camera) { c.Distortion.P2 = most },
		"fisheye":  func(c *plucker.Camera) { c.Distortion = plucker.Distortion{Fisheye: true, K4: most} },
	} {
		cam := render.Orbit{AzDeg: 200, ElDeg: 35}.Camera(m.Scene, 24, 24)
		edit(&cam)
		var want, got render.Image
		if err := cpu.Render(bg, &want, &cam, render.Options{Samples: 1}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := r.Render(bg, &got, &cam, render.Options{Samples: 1}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, mean := difference(&got, &want); !(mean <= 0.5) {
			t.Errorf("%s: pictures differ by %.2f/255 in the mean", name, mean)
		}
	}
}

// parity compares every variant with the CPU: 1/255 at most, 2/255 and a mean of 0.25/255 in half precision.
func parity(t *testing.T, c *session, m *lfn.Model, cam plucker.Camera, samples int) {
	t.Helper()
	var want render.Image
	if err := render.NewCPU(m.Network.Pack(), m.Scene).Render(bg, &want, &cam, render.Options{Samples: samples}); err != nil {
		t.Fatal(err)
	}
	low, high := float32(1), float32(0)
	for _, v := range want.Pix {
		low, high = min(low, v), max(high, v)
	}
	if high-low < 0.05 {
		t.Fatalf("the picture has values from %v to %v: it tests nothing", low, high)
	}
	vs, err := shaders.Variants(m.Network.Config, c.limits)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vs {
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
			if _, err := p.draw(bg, &cam, m.Scene, render.Options{Samples: samples}); err != nil {
				return err
			}
			trial := Trial{Variant: v}
			var got render.Image
			p.image.read(&got)
			if got.Width != want.Width || got.Height != want.Height {
				return fmt.Errorf("picture is %d×%d", got.Width, got.Height)
			}
			trial.Most, trial.Mean = difference(&got, &want)
			return trial.judge()
		})
		if err != nil {
			t.Errorf("%s: %v", v, err)
		}
	}
}

// TestDifference: judge and difference see a picture that is wrong, and one with a NaN.
func TestDifference(t *testing.T) {
	a, b := render.NewImage(2, 2), render.NewImage(2, 2)
	b.Pix[5] = 3.0 / 255
	most, mean := difference(a, b)
	if math.Abs(most-3) > 1e-5 || math.Abs(mean-0.25) > 1e-5 {
		t.Errorf("difference = %v, %v, want 3, 0.25", most, mean)
	}
	for _, tt := range []struct {
		trial Trial
		right bool
	}{
		{Trial{Most: 0.9}, true}, {Trial{Most: 1.1}, false}, {Trial{Most: math.NaN()}, false},
		{Trial{Variant: shaders.Variant{Half: true}, Most: 1.9, Mean: 0.2}, true},
		{Trial{Variant: shaders.Variant{Half: true}, Most: 1.9, Mean: 0.3}, false},
		{Trial{Variant: shaders.Variant{Half: true}, Most: 2.1}, false},
	} {
		if err := tt.trial.judge(); (err == nil) != tt.right {
			t.Errorf("judge of %+v: %v", tt.trial, err)
		}
	}
	b.Pix[7] = float32(math.NaN())
	if most, _ := difference(a, b); !math.IsNaN(most) {
		t.Errorf("difference with a NaN = %v", most)
	}
}

var loop = regexp.MustCompile(`(?m)^(\s*)(?:for|while) \(.*\{$`)

// TestLoops counts the iterations of every loop of every invocation: Mesa's software rasterisers end loops after
// 65,535, without an error and with wrong pixels. The count has to be within the bound that the shader states, and
// that within 60,000.
func TestLoops(t *testing.T) {
	c := device(t)
	for name, config := range configs() {
		if testing.Short() && name != "volume" && name != "points" {
			continue
		}
		m := model(t, config)
		cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(m.Scene, 16, 16)
		cam.Distortion = plucker.Distortion{K1: -0.3, K2: 0.1, P1: 0.01}
		if name == "points" {
			cam.Distortion = plucker.Distortion{Fisheye: true, K1: -0.3, K2: 0.003}
		}
		vs, err := shaders.Variants(config, c.limits)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range slices.Clone(vs) {
			if v, err = v.WithGeometry(config, c.limits); err == nil && !slices.Contains(vs, v) {
				vs = append(vs, v)
			}
		}
		for _, v := range vs {
			s, err := shaders.New(m.Network, v)
			if err != nil {
				t.Fatal(err)
			}
			loops := 0
			for i := range s.Pieces {
				text := s.Pieces[i].Text
				loops += len(loop.FindAllString(text, -1))
				text = loop.ReplaceAllString(text, "$0 iterations++;")
				if i == 0 {
					text += "\nint iterations = 0;\n"
				}
				s.Pieces[i].Text = strings.ReplaceAll(text, "vec4(color, 1.0)", "vec4(iterations)")
			}
			if loops < 4 {
				t.Fatalf("%s %s: found %d loops, want more", name, v, loops)
			}
			err = c.call(func() error {
				p, err := buildFor(m, s, c)
				if err != nil {
					return err
				}
				defer p.textures.delete()
				defer p.delete()
				if _, err := p.draw(bg, &cam, m.Scene, render.Options{}); err != nil {
					return err
				}
				var got render.Image
				p.image.read(&got)
				most := 0
				for _, v := range got.Pix {
					most = max(most, int(v))
				}
				if most == 0 || most > s.Loops || s.Loops > 60_000 {
					return fmt.Errorf("%d iterations, stated bound %d, want more than 0, within the bound, and that within 60000", most, s.Loops)
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s %s: %v", name, v, err)
			}
		}
	}
}

// TestBytes: a shader that writes bytes gives the same picture, rounded.
func TestBytes(t *testing.T) {
	c := device(t)
	m := model(t, configs()["volume"])
	cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(m.Scene, 40, 30)
	var pictures [2]render.Image
	for i := range pictures {
		err := c.call(func() error {
			s, err := shaders.New(m.Network, shaders.Variant{Rays: 4, Outs: 8, Threads: 64, RGBA8: i == 1})
			if err != nil {
				return err
			}
			p, err := buildFor(m, s, c)
			if err != nil {
				return err
			}
			defer p.textures.delete()
			defer p.delete()
			if _, err := p.draw(bg, &cam, m.Scene, render.Options{}); err != nil {
				return err
			}
			p.image.read(&pictures[i])
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if most, _ := difference(&pictures[0], &pictures[1]); !(most > 0 && most <= 0.6) { // drivers round within the specification
		t.Errorf("bytes and floats differ by %v/255, want more than 0 and about one half at most", most)
	}
}

// TestRenderer: the first use tunes and writes the cache, the second believes it, and a broken cache is ignored and
// written anew. Any goroutine may render.
func TestRenderer(t *testing.T) {
	m := model(t, configs()["volume"])
	folder := t.TempDir()
	o := Options{Software: true, Cache: folder, Precision: FP32}
	var want render.Image
	cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(m.Scene, 33, 22)
	if err := render.NewCPU(m.Network.Pack(), m.Scene).Render(bg, &want, &cam, render.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{"", "", "{", `{"key":{},"variant":{"Rays":-1},"rays_per_s":1}`} {
		files, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		var file string
		if len(files) == 1 {
			file = folder + "/" + files[0].Name()
			if broken != "" {
				if err := os.WriteFile(file, []byte(broken), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		r, err := New(m, o)
		if err != nil {
			noGPU(t, err)
		}
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				var got render.Image
				if err := r.Render(bg, &got, &cam, render.Options{}); err != nil {
					t.Error(err)
				} else if most, _ := difference(&got, &want); !(most <= fullMost) {
					t.Errorf("picture differs by %v/255", most)
				}
			})
		}
		wait.Wait()
		if file != "" {
			if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), r.Device().Name) {
				t.Errorf("cache after %q: %q, %v", broken, text, err)
			}
		}
		if v, ok := cacheFile(folder, r.Device(), m.Network.Config, FP32).load(); !ok || v != r.Variant() {
			t.Errorf("the cache has %v, %v, want %v", v, ok, r.Variant())
		}
		r.Close()
		if err := r.Render(bg, &want, &cam, render.Options{}); err == nil {
			t.Error("a closed renderer renders")
		}
	}
}

// TestCancel: a frame of many dispatches ends soon after it is cancelled.
func TestCancel(t *testing.T) {
	r := newRenderer(t, model(t, configs()["paper"]))
	cam := render.Orbit{ElDeg: 20}.Camera(r.model.Scene, 2048, 2048)
	ctx, cancel := context.WithCancel(bg)
	r.program.raysPerS = 1e5 // as if the device were slow: 2,000 rays a dispatch
	dispatches := 0
	beforeDispatch = func() {
		if dispatches++; dispatches == 3 {
			cancel()
		}
	}
	defer func() { beforeDispatch = func() {} }()
	var m render.Image
	if err := r.Render(ctx, &m, &cam, render.Options{}); !errors.Is(err, context.Canceled) || dispatches != 3 {
		t.Errorf("Render = %v after %d dispatches, want it cancelled after 3", err, dispatches)
	}
}

// TestLost: a context that the driver throws away is made anew, once.
func TestLost(t *testing.T) {
	r := newRenderer(t, model(t, configs()["volume"]))
	cam := render.Orbit{ElDeg: 20}.Camera(r.model.Scene, 16, 16)
	var before, after render.Image
	if err := r.Render(bg, &before, &cam, render.Options{}); err != nil {
		t.Fatal(err)
	}
	lost := r.session
	lost.reset = func() uint32 { return gl.UNKNOWN_CONTEXT_RESET }
	if err := r.Render(bg, &after, &cam, render.Options{}); err != nil {
		t.Fatal(err)
	}
	if r.session == lost {
		t.Error("the lost context is still there")
	}
	if most, _ := difference(&before, &after); most != 0 {
		t.Errorf("the picture afterwards differs by %v/255", most)
	}
}

// TestDriverErrors: what the driver reports becomes an error, on the next call too nothing of it is left.
func TestDriverErrors(t *testing.T) {
	c := device(t)
	err := c.call(func() error {
		gl.BindImageTexture(0, 12345, 0, false, 0, gl.READ_WRITE, gl.RGBA32F)
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), c.Name) {
		t.Errorf("a bad call gives %v, want an error that names the device", err)
	}
	if err := c.call(func() error { return nil }); err != nil {
		t.Errorf("the next call gives %v", err)
	}
}

// TestCompileError: a shader that does not compile shows the log beside the source.
func TestCompileError(t *testing.T) {
	c := device(t)
	m := model(t, configs()["volume"])
	s, err := shaders.New(m.Network, shaders.Variant{Rays: 4, Outs: 8, Threads: 64})
	if err != nil {
		t.Fatal(err)
	}
	last := &s.Pieces[len(s.Pieces)-1]
	last.Text = strings.Replace(last.Text, "color = clamp(", "color = klamp(", 1)
	err = c.call(func() error {
		_, err := buildFor(m, s, c)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "klamp") || !regexp.MustCompile(`main\.glsl:\d+: .*klamp`).MatchString(err.Error()) {
		t.Errorf("build = %v, want the line of main.glsl", err)
	}
}

// TestRefusals: what cannot be rendered is said.
func TestRefusals(t *testing.T) {
	m := model(t, configs()["volume"])
	r := newRenderer(t, m)
	cam := render.Orbit{ElDeg: 20}.Camera(m.Scene, 16, 16)
	var img render.Image
	if err := r.Render(bg, &img, &cam, render.Options{Samples: 17}); err == nil {
		t.Error("17 samples: no error")
	}
	broken := cam
	broken.Width = 0
	if err := r.Render(bg, &img, &broken, render.Options{}); err == nil {
		t.Error("width 0: no error")
	}
	side := 0
	r.session.call(func() error {
		side = int(integer(gl.MAX_TEXTURE_SIZE))
		return nil
	})
	if side < plucker.MaxSide {
		broken.Width, broken.Height = side+1, 1
		if err := r.Render(bg, &img, &broken, render.Options{}); err == nil || !strings.Contains(err.Error(), "pixels") {
			t.Errorf("width %d: %v", side+1, err)
		}
	}
	bad := model(t, configs()["volume"])
	bad.Network.Layers[0].Weight[0] = float32(math.NaN())
	if _, err := New(bad, Options{Software: true, Cache: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "layers.0.weight[0]") {
		t.Errorf("a NaN: %v", err)
	}
	if _, err := New(m, Options{Device: 100}); err == nil || !strings.Contains(err.Error(), "no device 99") {
		t.Errorf("device 99: %v", err)
	}
	if !r.Device().Half {
		if _, err := New(m, Options{Software: true, Precision: FP16, Cache: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "half precision") {
			t.Errorf("fp16 without half precision: %v", err)
		}
	}
	if d := r.Device(); d.Software {
		if _, err := New(m, Options{Cache: t.TempDir()}); err == nil {
			if ds, _ := Devices(); !hasHardware(ds) {
				t.Error("auto took a software rasteriser")
			}
		}
	}
}

func hasHardware(ds []Device) bool {
	for _, d := range ds {
		if !d.Software {
			return true
		}
	}
	return false
}

// TestPeak: the rate of multiply-adds is one that a machine can have.
func TestPeak(t *testing.T) {
	r := newRenderer(t, model(t, configs()["volume"]))
	if f, err := r.Peak(false); err != nil || !(f > 1e8 && f < 1e15) {
		t.Errorf("Peak = %v, %v", f, err)
	}
}
