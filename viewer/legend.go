//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"fmt"

	"github.com/AllenDang/cimgui-go/imgui"

	"lfnview/render"
	"lfnview/render/look"
)

// legend says over the scene, with its lower right corner at (right, bottom), what the colours stand for.
func (a *app) legend(right, bottom float32) {
	if !a.modes.geometry() || a.model == nil {
		return
	}
	imgui.SetNextWindowPosV(imgui.Vec2{X: right, Y: bottom}, imgui.CondAlways, imgui.Vec2{X: 1, Y: 1})
	imgui.SetNextWindowBgAlpha(0.6)
	if imgui.BeginV("##legend", nil, overlayFlags) {
		l := a.look()
		if title, ok := l.Bar(); ok {
			text("%s", title)
			a.scaleBar(l.Scale)
		}
		switch {
		case l.Mode == look.Normals:
			text("red, green, blue: x, y, z of the normal")
		case l.Mode == look.Confidence:
			faint("half and more counts as seen")
		}
		if l.Faint && l.Mode != look.Confidence {
			faint("faint: not sure")
			imgui.SameLine()
		}
		faint("grey checks: not known")
	}
	imgui.End()
}

// scaleBar is the colour map with numbers.
func (a *app) scaleBar(s render.Scale) {
	size := imgui.Vec2{X: 260 * a.ui.scale, Y: 14 * a.ui.scale}
	start := imgui.CursorPosX()
	ref := imgui.NewTextureRefTextureID(imgui.TextureID(a.paint.colors))
	imgui.Image(*ref, size)
	ref.Destroy()
	const ticks = 5
	for i := range ticks {
		if i > 0 {
			imgui.SameLine()
		}
		share := float64(i) / (ticks - 1)
		number := fmt.Sprintf("%.3g", s.From+(s.To-s.From)*share)
		imgui.SetCursorPosX(start + float32(share)*(size.X-imgui.CalcTextSize(number).X)) // the first and the last are within the bar
		text("%s", number)
	}
}
