//go:build cgo && linux && amd64

package viewer

import (
	"context"
	"image"
	"image/png"
	"os"
	"testing"

	"github.com/go-gl/glfw/v3.3/glfw"

	"lfnview/plucker"
	"lfnview/render"
	"lfnview/render/gpu"
)

// newGPUApp opens a window that the GPU renders in, with a cache of its own.
func newGPUApp(t *testing.T) (*app, *gpuPainter) {
	t.Helper()
	a := newTestApp(t, Options{Device: "gpu", NoUI: true, Size: [2]int{60, 40}, Precision: gpu.FP32, Cache: t.TempDir()})
	a.settings.Samples = 1
	return a, a.painter.(*gpuPainter)
}

// tuneAnyway begins what load leaves where a device is software.
func (p *gpuPainter) tuneAnyway(t *testing.T) *tuning {
	t.Helper()
	if p.tuning == nil {
		p.tune(p.model)
	}
	if p.tuning == nil {
		t.Fatalf("no tuning: %v", p.app.messages.list)
	}
	return p.tuning
}

// wantCPU says where a picture is not what the CPU makes of what cam sees.
func (a *app) wantCPU(t *testing.T, got *image.NRGBA, cam *plucker.Camera) {
	t.Helper()
	var want render.Image
	if err := render.NewCPU(a.model.Network.Pack(), a.model.Scene).Render(context.Background(), &want, cam, render.Options{}); err != nil {
		t.Fatal(err)
	}
	if got.Rect.Size() != image.Pt(cam.Width, cam.Height) {
		t.Fatalf("the picture has %v pixels, want those of %v", got.Rect.Size(), cam)
	}
	if share := differing(got, want.ToNRGBA(), 2); share > 0 {
		t.Errorf("%v of the pixels differ by more than 2/255", share)
	}
}

// TestTuning: beside a window that goes on, a context of its own finds the shader that the window then has, and the
// picture is the CPU's.
func TestTuning(t *testing.T) {
	a, p := newGPUApp(t)
	if p.canvas.Tuned() {
		t.Fatal("without a cache, the shader is tuned")
	}
	in := p.tuneAnyway(t).in
	if in.win.GetAttrib(glfw.Visible) != glfw.False {
		t.Error("the window of the context is shown")
	}
	a.until(t, func() bool { return p.tuning == nil })
	if !p.canvas.Tuned() || in.win != nil {
		t.Errorf("after tuning, tuned is %v and the window of its context %v, want true and none: %v", p.canvas.Tuned(), in.win, a.messages.list)
	}
	a.settleDown(t)
	a.wantCPU(t, a.pixels(), &a.asked.cam)
}

// TestTuningStopped: a window that is closed meanwhile waits for the other context to be let go of.
func TestTuningStopped(t *testing.T) {
	a, p := newGPUApp(t)
	tuning := p.tuneAnyway(t)
	a.close()
	select {
	case <-tuning.ended:
	default:
		t.Error("the shader is still being tuned")
	}
	if tuning.in.win != nil {
		t.Error("the window of its context is still there")
	}
}

// TestPictureOffscreen: a file of what the window shows is rendered in a context beside it.
func TestPictureOffscreen(t *testing.T) {
	t.Chdir(t.TempDir())
	a, _ := newGPUApp(t)
	a.film.samples = 1
	a.film.picture(a)
	in, file := a.film.in, a.film.what
	if in == nil {
		t.Fatalf("no context for the picture: %v", a.messages.list)
	}
	a.until(t, func() bool { return !a.film.running() })
	if in.win != nil || a.film.in != nil {
		t.Error("the context of the picture is still there")
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	got := image.NewNRGBA(img.Bounds())
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			got.Set(x, y, img.At(x, y))
		}
	}
	cam := a.camera(a.area.w, a.area.h)
	a.wantCPU(t, got, &cam)
	for _, m := range a.messages.list {
		if m.text != "wrote "+absolute(file) {
			t.Errorf("message %q", m.text)
		}
	}

	a.film.picture(a)
	ended, in := a.film.ended, a.film.in
	a.film.stop()
	select {
	case <-ended:
	default:
		t.Error("after stop, a picture is still being made")
	}
	if in.win != nil {
		t.Error("after stop, the context of the picture is still there")
	}
}
