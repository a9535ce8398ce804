//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"strings"
	"time"

	"github.com/AllenDang/cimgui-go/imgui"
	"github.com/go-gl/mathgl/mgl64"

	"lfnview/render"
	"lfnview/render/look"
	"lfnview/viewer/probe"
)

// geometryPanel is what the picture shows of the scene, its lens, and the epipolar-plane image.
func (a *app) geometryPanel(time.Time) {
	if a.model == nil {
		return
	}
	imgui.PushItemWidth(-120 * a.ui.scale)
	defer imgui.PopItemWidth()
	imgui.SeparatorText("Shown (1 … 4)")
	if now := look.Mode(choice(look.Modes[:], int(a.modes.mode))); now != a.modes.mode {
		a.setMode(now)
	}
	a.colorChoice()
	if a.modes.mode == look.Depth {
		a.spanChoice()
	}
	imgui.SeparatorText("Focus (Shift+double click)")
	a.focusChoice()
	imgui.SeparatorText("Epipolar-plane image (I)")
	a.epi.choices(a)
}

// colorChoice is the colour map.
func (a *app) colorChoice() {
	s := &a.settings
	names, now := make([]string, len(render.ColorMaps)), int32(0)
	for i, m := range render.ColorMaps {
		if names[i] = m.Name; m.Name == s.Colors {
			now = int32(i)
		}
	}
	if imgui.ComboStr("colour map", &now, strings.Join(names, "\x00")+"\x00") {
		s.Colors, a.dirty = names[now], true
	}
	if imgui.Checkbox("inverted", &s.Inverted) {
		a.dirty = true
	}
	imgui.SameLine()
	if imgui.Checkbox("what is not sure, faintly", &s.Faint) {
		a.dirty = true
	}
}

// spanChoice is the distances at the ends of the colour map.
func (a *app) spanChoice() {
	m := &a.modes
	hand := 0
	if m.byHand {
		hand = 1
	}
	if now := choice([]string{"range as seen", "by hand"}, hand); now != hand {
		m.byHand, a.dirty = now == 1, true
	}
	imgui.BeginDisabledV(!m.byHand)
	near, far := float32(m.span.Near), float32(m.span.Far)
	speed := float32(a.model.Scene.Radius / 200)
	if imgui.DragFloatRange2V("from, to", &near, &far, speed, 0, 1e6, "%.3g", "%.3g", imgui.SliderFlagsAlwaysClamp) {
		m.setSpan(probe.Span{Near: float64(near), Far: float64(far)})
		a.dirty = true
	}
	imgui.EndDisabled()
}

// focusChoice is the lens.
func (a *app) focusChoice() {
	s, radius := &a.settings, a.model.Scene.Radius
	if imgui.Checkbox("lens in the place of the pinhole", &a.focus.on) && (a.focusDistance() <= 0 || a.focus.point == mgl64.Vec3{}) {
		a.setFocusDistance(a.view.Pivot)
	}
	imgui.BeginDisabledV(!a.focus.on)
	aperture := float32(a.aperture())
	if imgui.SliderFloatV("aperture", &aperture, 0, float32(maxAperture*radius), "%.3g", imgui.SliderFlagsAlwaysClamp) {
		s.Aperture = min(float64(aperture)/radius, maxAperture)
	}
	d := float32(a.focusDistance())
	least, most := float32(radius/100), float32(max(3*a.view.Pivot, 3*radius))
	if imgui.SliderFloatV("distance", &d, least, most, "%.3g", imgui.SliderFlagsLogarithmic) && d > 0 {
		a.setFocusDistance(float64(d))
	}
	imgui.EndDisabled()
	raysSlider("rays a pixel##lens", &s.Samples)
}
