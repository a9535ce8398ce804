//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"time"

	"github.com/go-gl/gl/v3.3-core/gl"

	"lfnview/lfn"
	"lfnview/lfn/f32"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/viewer/refine"
)

// cpuPainter renders on the processors, and sends pictures to the window.
type cpuPainter struct {
	*refine.Painter
	shown refine.Picture
	tex   picture
	meets uint32 // the texture of tex.geometry, where that is in use
}

// newCPUPainter makes a painter that calls notify, from another goroutine, when there is a picture.
func newCPUPainter(notify func()) *cpuPainter { return &cpuPainter{Painter: refine.New(notify)} }

func (p *cpuPainter) load(m *lfn.Model) error { return p.update(m, p.prepare()(m)) }

func (p *cpuPainter) prepare() func(m *lfn.Model) prepared {
	return func(m *lfn.Model) prepared { return render.NewCPU(m.Network.Pack(), m.Scene) }
}

func (p *cpuPainter) update(m *lfn.Model, made prepared) error {
	r, ok := made.(*render.CPU)
	if !ok { // made for the GPU, before that was lost
		r = render.NewCPU(m.Network.Pack(), m.Scene)
	}
	p.SetRenderer(r)
	return nil
}

func (p *cpuPainter) begin(cam *plucker.Camera, o render.Options, geometry bool) {
	p.Begin(cam, o, geometry)
}

func (p *cpuPainter) busy() bool { return p.Busy() }

func (p *cpuPainter) advance(time.Duration) (bool, error) {
	if !p.Take(&p.shown) {
		return false, nil
	}
	t, s := &p.tex, &p.shown
	t.w, t.h, t.cam, t.passes, t.of = s.Width, s.Height, s.Camera, s.Passes, s.Of
	if t.w > t.textureW || t.h > t.textureH {
		gl.DeleteTextures(1, &t.texture)
		t.textureW, t.textureH = max(t.w, t.textureW), max(t.h, t.textureH)
		t.texture = newTexture(t.textureW, t.textureH)
		gl.DeleteTextures(1, &p.meets)
		p.meets = 0
	}
	setPixels(t.texture, 0, 0, t.w, t.h, s.Pix)
	if t.geometry = 0; len(s.Geometry) > 0 {
		if p.meets == 0 {
			p.meets = newNumbers(t.textureW, t.textureH)
		}
		setNumbers(p.meets, t.w, t.h, s.Geometry)
		t.geometry = p.meets
	}
	return true, nil
}

func (p *cpuPainter) picture() picture { return p.tex }

func (p *cpuPainter) speed() (float64, time.Duration) { return p.RaysPerS(), p.shown.Took }

func (p *cpuPainter) about() about {
	return about{device: "cpu", name: "CPU, " + f32.Impl() + " kernels", precision: "fp32"}
}

func (p *cpuPainter) close() {
	p.Close()
	gl.DeleteTextures(1, &p.tex.texture)
	gl.DeleteTextures(1, &p.meets)
}
