//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"math"
	"time"

	"github.com/AllenDang/cimgui-go/imgui"
)

// photosPanel is the photographs, and how they are compared with the render.
func (a *app) photosPanel(time.Time) {
	p := &a.photos
	if a.model == nil || len(p.views) == 0 {
		imgui.TextWrapped("The model remembers no cameras. A data set dropped on the window, or --data, brings its photographs.")
		return
	}
	if imgui.Checkbox("cameras in the scene (C)", &p.frusta) {
		p.frusta = !p.frusta
		p.toggleFrusta(a)
	}
	if p.frusta && imgui.SliderFloatV("size", &p.size, 0.02, 0.5, "%.2f", imgui.SliderFlagsLogarithmic|imgui.SliderFlagsAlwaysClamp) {
		a.overlayChanged()
	}
	mode := int(p.mode)
	if now := choice([]string{"render", "photograph (G)", "wipe (V)", "error (O)"}, mode); now != mode {
		if now == 0 {
			p.mode, a.dirty = onlyPicture, true
		} else {
			p.toggle(a, comparison(now))
		}
	}
	if p.mode == wiped {
		v := float32(100 * p.wipe)
		if imgui.SliderFloatV("wipe %", &v, 0, 100, "%.0f", imgui.SliderFlagsAlwaysClamp) {
			p.wipe, a.dirty = float64(v)/100, true
		}
	}
	switch {
	case p.loading != nil:
		faint("opening %s …", p.data)
	case p.data != "":
		faint("%s", p.data)
	case a.prior.open():
		faint("A prior keeps no photographs.")
	}
	if imgui.Button("<") {
		p.step(a, -1)
	}
	imgui.SameLine()
	if imgui.Button(">") {
		p.step(a, 1)
	}
	imgui.SameLine()
	at, label := int32(max(p.at, 0)), "%d"
	if p.at < 0 {
		label = "none"
	}
	if imgui.SliderIntV("##at", &at, 0, int32(len(p.views)-1), label, imgui.SliderFlagsAlwaysClamp) && int(at) != p.at {
		p.goTo(a, int(at))
	}
	if p.at >= 0 {
		v := &p.views[p.at]
		text("%s %d: %s", v.Split, p.indexInSplit(p.at), v.Name)
		if !math.IsNaN(p.psnr) {
			text("%.2f dB", p.psnr)
		}
		if v.pix != nil && p.textured == p.at {
			width := min(imgui.ContentRegionAvail().X, float32(v.w)*a.ui.scale)
			ref := imgui.NewTextureRefTextureID(imgui.TextureID(p.texture))
			imgui.Image(*ref, imgui.Vec2{X: width, Y: width * float32(v.h) / float32(v.w)})
			ref.Destroy()
		}
	}
}
