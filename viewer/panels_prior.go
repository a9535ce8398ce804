//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"fmt"
	"time"

	"github.com/AllenDang/cimgui-go/imgui"
)

// priorPanel is the instances of the prior, and what can be made of them.
func (a *app) priorPanel(time.Time) {
	p := &a.prior
	text("%s", p.mix.name())
	if imgui.Button("Save as a model (Ctrl+S)") {
		p.save(a)
	}
	imgui.SeparatorText(number(len(p.Instances), "instance"))
	p.instances(a)
	imgui.PushItemWidth(-100 * a.ui.scale)
	defer imgui.PopItemWidth()
	imgui.SeparatorText("Blend")
	if p.ends[1].z == nil {
		faint("Shift+click an instance: the other end")
	} else {
		share := float32(100 * p.share)
		if imgui.SliderFloatV("%##blend", &share, 0, 100, "%.0f", imgui.SliderFlagsAlwaysClamp) {
			p.stop(a)
			p.blend(float64(share) / 100)
			p.show(a)
		}
		imgui.PushTextWrapPos()
		faint("%s to %s", p.ends[0].name, p.ends[1].name)
		imgui.PopTextWrapPos()
	}
	imgui.SeparatorText("A photograph")
	p.reconstruction(a)
	imgui.SeparatorText("Principal directions")
	p.directions(a)
}

// endColors are around the instances that a blend is between.
var endColors = [2]imgui.Vec4{amber, {X: 0.25, Y: 0.55, Z: 1, W: 1}}

// instances are thumbnails; only those in sight are made and drawn.
func (p *openPrior) instances(a *app) {
	side, gap := thumbnailSide*a.ui.scale, 4*a.ui.scale
	if imgui.BeginChildStrV("##instances", imgui.Vec2{Y: 3.3 * (side + gap)}, imgui.ChildFlagsResizeY, 0) {
		perRow := max(int((imgui.ContentRegionAvail().X+gap)/(side+gap)), 1)
		n := len(p.Instances)
		first, last := inSight(n, perRow, float64(side+gap), float64(imgui.ScrollY()), float64(imgui.WindowHeight()))
		p.sight = [2]int{first, last}
		draw := imgui.WindowDrawList()
		ref := imgui.NewTextureRefTextureID(imgui.TextureID(p.thumbnails))
		defer ref.Destroy()
		for i := first; i < last; i++ {
			imgui.SetCursorPos(imgui.Vec2{X: float32(i%perRow) * (side + gap), Y: float32(i/perRow) * (side + gap)})
			at := imgui.CursorScreenPos()
			to := imgui.Vec2{X: at.X + side, Y: at.Y + side}
			if imgui.InvisibleButton(fmt.Sprintf("##%d", i), imgui.Vec2{X: side, Y: side}) {
				p.choose(a, i, a.ui.io.KeyShift())
			}
			if p.shelf.has(i) {
				uv := slotCorners(i)
				draw.AddImageV(*ref, at, to, uv[0], uv[1], imgui.ColorU32Vec4(imgui.Vec4{X: 1, Y: 1, Z: 1, W: 1}))
			} else {
				draw.AddRectFilled(at, to, imgui.ColorU32Vec4(imgui.Vec4{X: 0.2, Y: 0.2, Z: 0.22, W: 1}))
			}
			for k, e := range p.ends {
				if e.z != nil && e.name == p.Instances[i].Name {
					draw.AddRectV(at, to, imgui.ColorU32Vec4(endColors[k]), 0, 0, 3*a.ui.scale)
				}
			}
			if imgui.IsItemHovered() {
				imgui.SetTooltip(p.Instances[i].Name)
			}
		}
		// What is out of sight has its room, too.
		imgui.SetCursorPos(imgui.Vec2{Y: float32((n+perRow-1)/perRow)*(side+gap) - gap})
		imgui.Dummy(imgui.Vec2{})
	}
	imgui.EndChild()
	p.makeThumbnail(a)
}

// slotCorners are where the thumbnail of an instance begins and ends in the texture.
func slotCorners(i int) [2]imgui.Vec2 {
	const perRow, rows = thumbnailsPerRow, maxThumbnails / thumbnailsPerRow
	slot := i % maxThumbnails
	x, y := float32(slot%perRow), float32(slot/perRow)
	return [2]imgui.Vec2{{X: x / perRow, Y: y / rows}, {X: (x + 1) / perRow, Y: (y + 1) / rows}}
}

// directions are sliders along the principal components, in standard deviations.
func (p *openPrior) directions(a *app) {
	if p.components == nil {
		faint("being found")
		return
	}
	for i, at := range p.components.At(p.z) {
		if p.components.Std[i] == 0 {
			continue // there are not so many
		}
		v := float32(at)
		if imgui.SliderFloatV(fmt.Sprintf("%d##direction", i+1), &v, -3, 3, "%.2f σ", imgui.SliderFlagsAlwaysClamp) {
			p.stop(a)
			p.push(p.components, i, float64(v)-at)
			p.show(a)
		}
	}
}

// reconstruction is where photographs are from, and how the reconstruction goes.
func (p *openPrior) reconstruction(a *app) {
	if p.seeking == nil {
		imgui.TextWrapped("A photograph of such a thing, dropped on the window or opened by Ctrl+O, is reconstructed.")
		imgui.TextUnformatted("Its pose:")
		p.from = poseSource(choice([]string{"of its data set, if any", "searched", "this view"}, int(p.from)))
		imgui.Checkbox("Around the object it is", &p.cut.plain)
		imgui.SameLine()
		imgui.BeginDisabledV(!p.cut.plain)
		imgui.ColorEdit3V("##background", &p.cut.color, imgui.ColorEditFlagsNoInputs)
		imgui.EndDisabled()
	} else {
		text("%s", p.file)
		imgui.ProgressBarV(float32(p.done), imgui.Vec2{X: -1}, p.progress())
		if imgui.Button("Stop (Esc)") {
			p.stop(a)
		}
	}
}
