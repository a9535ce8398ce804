//go:build cgo && linux && amd64

package viewer

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-gl/gl/v3.3-core/gl"
	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render"
	"lfnview/render/look"
	"lfnview/viewer/probe"
)

// geometry is what the CPU says of what the window shows.
func (a *app) geometry(t *testing.T) (*render.Geometry, *plucker.Camera) {
	t.Helper()
	var g render.Geometry
	cam := a.camera(a.area.w, a.area.h)
	if err := render.NewCPU(a.model.Network.Pack(), a.model.Scene).Geometry(context.Background(), &g, &cam); err != nil {
		t.Fatal(err)
	}
	return &g, &cam
}

// until makes turns until ok.
func (a *app) until(t *testing.T, ok func() bool) {
	t.Helper()
	for !ok() {
		time.Sleep(time.Millisecond)
		a.step(t)
	}
}

// differing is the share of pixels that differ by more than so many steps of 1/255.
func differing(a, b *image.NRGBA, steps int) float64 {
	n := 0
	size := a.Rect.Size()
	for y := range size.Y {
		for x := range size.X {
			if !near(a.NRGBAAt(x, y), b.NRGBAAt(x, y), steps) {
				n++
			}
		}
	}
	return float64(n) / float64(size.X*size.Y)
}

// TestModes: what is shown is what package look draws, and what is saved.
func TestModes(t *testing.T) {
	for _, device := range []string{"cpu", "gpu"} {
		for _, m := range []look.Mode{look.Depth, look.Normals, look.Confidence} {
			t.Run(fmt.Sprintf("device=%s/mode=%s", device, m), func(t *testing.T) {
				a := newTestApp(t, Options{Device: device, NoUI: true, Size: [2]int{150, 120}})
				a.settings.Inverted = m == look.Confidence
				a.settings.Colors = "viridis"
				a.setMode(m)
				a.settleDown(t)
				got := a.pixels()
				g, cam := a.geometry(t)
				var want render.Image
				l := a.look()
				l.Paint(&want, g, cam)
				// Another device rounds elsewhere, where surfaces end.
				if share := differing(got, want.ToNRGBA(), 3); device == "cpu" && share > 0 || share > 0.02 {
					t.Errorf("%.2f %% of the pixels are others than package look draws", 100*share)
				}
				if spread := differing(got, image.NewNRGBA(got.Rect), 120); spread < 0.01 {
					t.Errorf("%.2f %% of the pixels have a colour, want something to be seen", 100*spread)
				}
				s := a.shot(1)
				if err := s.render(t.Context(), render.NewCPU(a.model.Network.Pack(), a.model.Scene), cam); err != nil {
					t.Fatal(err)
				}
				l.DrawBar(&want)
				if psnr := render.PSNR(&s.img, &want); !math.IsInf(psnr, 1) {
					t.Errorf("what is saved is %.1f dB off what package look draws", psnr)
				}
			})
		}
	}
}

// TestDepthOfLens: depth is along the viewing axis whatever the lens.
func TestDepthOfLens(t *testing.T) {
	for _, tt := range []struct {
		name string
		lens plucker.Distortion
		most float64 // share of pixels that differ
	}{{"fisheye", plucker.Distortion{Fisheye: true}, 0}, {"distorted", plucker.Distortion{K1: -0.05}, 0.1}} {
		t.Run(tt.name, func(t *testing.T) {
			a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{150, 120}})
			a.photos.views[0].Camera.Distortion = tt.lens
			a.photos.goTo(a, 0)
			a.setMode(look.Depth)
			a.settleDown(t)
			g, cam := a.geometry(t)
			var want render.Image
			l := a.look()
			l.Paint(&want, g, cam)
			if share := differing(a.pixels(), want.ToNRGBA(), 4); share > tt.most {
				t.Errorf("%.2f %% of the pixels are others than package look draws", 100*share)
			}
		})
	}
}

// TestSpan: the range follows what is seen, unless it was chosen.
func TestSpan(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{100, 80}})
	a.setMode(look.Depth)
	a.settleDown(t)
	g, cam := a.geometry(t)
	near, far, _ := render.NearFar(g.Depths(nil, cam))
	was := a.modes.span
	if r := a.model.Scene.Radius; math.Abs(was.Near-near) > 0.1*r || math.Abs(was.Far-far) > 0.1*r {
		t.Errorf("range is %v, want %v to %v", was, near, far)
	}
	v := a.view
	v.Pose.Pos = v.Pose.Pos.Sub(v.Pose.Forward().Mul(a.model.Scene.Radius))
	a.jump(v)
	a.step(t)
	a.settleDown(t)
	if d := a.modes.span.Near - was.Near; math.Abs(d-a.model.Scene.Radius) > 0.1*a.model.Scene.Radius {
		t.Errorf("from a radius farther, the range begins %v farther", d)
	}
	a.modes.setSpan(probe.Span{Near: 1, Far: 2})
	for _, s := range []probe.Span{{Near: 2, Far: 1}, {Near: -1, Far: 1}, {Near: 1, Far: 1}, {Near: math.NaN(), Far: 2}} {
		a.modes.setSpan(s)
	}
	a.jump(a.home())
	a.settleDown(t)
	if want := (probe.Span{Near: 1, Far: 2}); a.modes.span != want {
		t.Errorf("range is %v, want %v, as chosen", a.modes.span, want)
	}
}

// TestNothingSeen: where there is nothing but background, nothing is known, and that is what is drawn and said.
func TestNothingSeen(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", Size: [2]int{400, 300}})
	v := a.view
	v.Pose = plucker.LookAt(v.Pose.Pos.Mul(3), v.Pose.Pos.Mul(6), a.up)
	a.jump(v)
	a.setMode(look.Depth)
	a.settleDown(t)
	if got, want := a.modeText(), "depth   none is known here"; got != want {
		t.Errorf("the window says %q, want %q", got, want)
	}
	n := len(a.messages.list)
	a.center(50, 50)
	a.until(t, func() bool { return len(a.messages.list) > n })
	a.focusAt(50, 50)
	a.until(t, func() bool { return len(a.messages.list) > n+1 })
	for _, m := range a.messages.list[n:] {
		if !strings.HasPrefix(m.text, "nothing is known of what is there") {
			t.Errorf("message %q, want one that nothing is known", m.text)
		}
	}
	if a.view != v || a.focus.on {
		t.Error("the view or the focus has moved to nothing")
	}
	a.panels = false
	a.setArea(area{})
	a.settleDown(t)
	dark, bright := color.NRGBA{82, 82, 82, 255}, color.NRGBA{97, 97, 97, 255}
	img := a.pixels()
	for i, at := range []image.Point{{40, 220}, {48, 220}} {
		if got, want := img.NRGBAAt(at.X, at.Y), [2]color.NRGBA{dark, bright}[i]; !near(got, want, 1) {
			t.Errorf("pixel %v is %v, want the checker's %v", at, got, want)
		}
	}
}

// seen is a pixel in which something is known, and where that is.
func (a *app) seen(t *testing.T) (x, y int, p mgl64.Vec3) {
	t.Helper()
	g, cam := a.geometry(t)
	best := float32(0)
	for i, c := range g.Confidence {
		if c > best {
			best, x, y = c, i%cam.Width, i/cam.Width
		}
	}
	p, ok := g.Point(cam, x, y)
	if !ok {
		t.Fatal("nothing is known of this view")
	}
	return x, y, p
}

// TestCenter: a double click makes what is there the centre of orbits.
func TestCenter(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{100, 80}})
	a.settings.Samples = 1
	a.settleDown(t)
	x, y, p := a.seen(t)
	eye := a.view.Pose.Pos
	a.hand.x, a.hand.y = float64(x)+0.5, float64(y)+0.5
	now := time.Now()
	a.click(orbiting, now)
	a.click(orbiting, now.Add(doubleClick/2))
	a.until(t, func() bool { return a.flown < 0 && a.view.Target().Sub(p).Len() < 1e-4*a.model.Scene.Radius })
	if d := a.view.Pose.Pos.Sub(eye).Len(); d > 1e-6*a.model.Scene.Radius {
		t.Errorf("the eye has moved by %v", d)
	}
	a.hand.x++
	a.click(orbiting, now)
	a.click(orbiting, now.Add(2*doubleClick)) // two clicks, and not a double one
	a.step(t)
	a.settleDown(t)
	if d := a.view.Target().Sub(p).Len(); d > 1e-4*a.model.Scene.Radius {
		t.Errorf("two slow clicks move the centre by %v", d)
	}
}

// TestRefocus: at rest, the picture is that of the lens which is sharp at the point.
func TestRefocus(t *testing.T) {
	for _, device := range []string{"cpu", "gpu"} {
		t.Run(device, func(t *testing.T) {
			a := newTestApp(t, Options{Device: device, NoUI: true, Size: [2]int{80, 60}})
			a.settings.Samples, a.settings.Aperture = 4, 0.2
			a.settleDown(t)
			pinhole := a.pixels()
			x, y, p := a.seen(t)
			a.focusAt(float64(x)+0.5, float64(y)+0.5)
			a.until(t, func() bool { return a.focus.on })
			a.settleDown(t)
			cam := a.camera(80, 60)
			_, _, depth, _ := cam.Project(p)
			want := render.Options{Samples: 4, Aperture: 0.2 * a.model.Scene.Radius, Focus: depth}
			if got := a.asked.options; math.Abs(got.Focus-depth) > 1e-4*depth || got.Aperture != want.Aperture || got.Samples != 4 {
				t.Errorf("asked for %+v, want %+v", got, want)
			}
			var img render.Image
			if err := render.NewCPU(a.model.Network.Pack(), a.model.Scene).Render(t.Context(), &img, &cam, want); err != nil {
				t.Fatal(err)
			}
			got := a.pixels()
			if share := differing(got, img.ToNRGBA(), 3); share > 0.01 {
				t.Errorf("%.2f %% of the pixels are others than through the lens", 100*share)
			}
			if share := differing(got, pinhole, 3); share < 0.05 {
				t.Errorf("%.2f %% of the pixels are others than through the pinhole, want more", 100*share)
			}
			s := a.shot(4)
			if err := s.render(t.Context(), render.NewCPU(a.model.Network.Pack(), a.model.Scene), &cam); err != nil {
				t.Fatal(err)
			}
			if psnr := render.PSNR(&s.img, &img); psnr < 60 {
				t.Errorf("what is saved is %.1f dB off the picture through the lens", psnr)
			}

			a.focus.point = a.view.Pose.Pos.Sub(a.view.Pose.Forward()) // behind the camera
			a.step(t)
			a.settleDown(t)
			if a.asked.options.Aperture != 0 || differing(a.pixels(), pinhole, 3) > 0 {
				t.Error("with the focus behind the camera, the picture is not the pinhole's")
			}
			if got, want := a.focusText(), "pinhole: what is in focus is behind the camera"; got != want {
				t.Errorf("the window says %q, want %q", got, want)
			}

			if err := a.setModel(a.model, "another"); err != nil {
				t.Fatal(err)
			}
			if a.focus != (refocus{}) {
				t.Errorf("another model has the focus of the one before, %v", a.focus)
			}
		})
	}
}

// TestEPI: the panel shows the row at the pointer as package render makes it, and keeps it where the track is held.
func TestEPI(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", Size: [2]int{300, 240}})
	a.settings.Samples = 1
	a.panels = false
	a.settleDown(t)
	a.hand.x, a.hand.y, a.hand.over = 100, 90, true
	a.epi.toggle(a)
	a.until(t, func() bool { return a.epi.texture != 0 && !a.epi.worker.Busy() && !a.moving() })
	a.step(t)
	q := a.epi.answer.question
	if share := (float64(q.row) + 0.5) / float64(q.cam.Height); math.Abs(share-90./240) > 1/float64(q.cam.Height) || q.cams != epiHeight {
		t.Errorf("row %d of %d in %d cameras, want that at the pointer", q.row, q.cam.Height, q.cams)
	}
	if want := a.settings.Track * a.model.Scene.Radius; q.length != want {
		t.Errorf("the track is %v long, want %v", q.length, want)
	}
	var want render.Image
	r := render.NewCPU(a.model.Network.Pack(), a.model.Scene)
	if err := render.EPI(t.Context(), r, &want, render.Track(q.cam, q.cams, q.length), q.row, render.Options{}); err != nil {
		t.Fatal(err)
	}
	got := image.NewNRGBA(image.Rect(0, 0, want.Width, want.Height))
	gl.BindTexture(gl.TEXTURE_2D, a.epi.texture)
	gl.GetTexImage(gl.TEXTURE_2D, 0, gl.RGBA, gl.UNSIGNED_BYTE, gl.Ptr(got.Pix))
	if share := differing(got, want.ToNRGBA(), 1); share > 0 {
		t.Errorf("%.2f %% of the image is not of that row", 100*share)
	}

	a.epi.hold(a, true)
	a.hand.y = 150
	v := a.view
	v.Pose.Pos = v.Pose.Pos.Sub(v.Pose.Forward().Mul(a.model.Scene.Radius))
	a.jump(v)
	a.settings.Track *= 2
	a.until(t, func() bool { return a.epi.answer.question.length == a.settings.Track*a.model.Scene.Radius })
	if now := a.epi.answer.question; now.cam != q.cam || now.row != q.row {
		t.Errorf("the held track has moved to row %d of %v", now.row, now.cam.Pose)
	}
	if a.paint.overlay.lines == 0 {
		t.Error("the held track is not drawn")
	}
	a.epi.toggle(a)
	if a.paint.overlay.lines != 0 {
		t.Error("a track is drawn without its image")
	}
}

// silent is a painter of a model that tells colours only.
type silent struct {
	painter
	asked *bool
}

func (s silent) begin(cam *plucker.Camera, o render.Options, geometry bool) {
	*s.asked = geometry
	s.painter.begin(cam, o, false)
}

func (s silent) advance(budget time.Duration) (bool, error) {
	if *s.asked {
		return false, errors.New("colours only")
	}
	return s.painter.advance(budget)
}

// TestColorsOnly: where a model tells no more, the window says so and shows colours.
func TestColorsOnly(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 60}})
	a.settings.Samples = 1
	a.painter = silent{a.painter, new(bool)}
	a.setMode(look.Normals)
	a.settleDown(t)
	if a.modes.mode != look.Colors {
		t.Errorf("the mode is %v, want colours", a.modes.mode)
	}
	if n := len(a.messages.list); n == 0 || a.messages.list[n-1].text != "normals cannot be shown: colours only" {
		t.Errorf("messages %v, want one that says why", a.messages.list)
	}
}

// TestCompareDepth: a photograph lies over depth as over colours.
func TestCompareDepth(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{100, 80}})
	v := &a.photos.views[0]
	v.w, v.h, v.pix = 1, 1, []byte{255, 0, 255, 255}
	a.photos.goTo(a, 0)
	a.setMode(look.Confidence)
	a.settleDown(t)
	depth := a.pixels()
	a.photos.mode, a.photos.wipe = wiped, 0.5
	img := a.pixels()
	if got, want := img.NRGBAAt(40, 40), (color.NRGBA{255, 0, 255, 255}); got != want {
		t.Errorf("left of the wipe is %v, want the photograph's %v", got, want)
	}
	if got, want := img.NRGBAAt(60, 40), depth.NRGBAAt(60, 40); got != want {
		t.Errorf("right of the wipe is %v, want %v", got, want)
	}
}
