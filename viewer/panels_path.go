//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"fmt"
	"time"

	"github.com/AllenDang/cimgui-go/imgui"
)

// pathPanel is the camera path and what is made of it.
func (a *app) pathPanel(time.Time) {
	if a.model == nil {
		return
	}
	imgui.PushItemWidth(-120 * a.ui.scale)
	defer imgui.PopItemWidth()
	e, f := &a.path, &a.film
	imgui.SeparatorText("Camera path")
	if imgui.Button("Add (K)") {
		e.add(a)
	}
	imgui.SameLine()
	play := "Play (Space)###play"
	if e.playing {
		play = "Stop (Space)###play"
	}
	if imgui.Button(play) {
		e.toggle(a)
	}
	imgui.SameLine()
	if imgui.Checkbox("show", &e.shown) {
		a.overlayChanged()
	}
	if imgui.Button("Turntable") {
		e.around(a, false)
	}
	imgui.SameLine()
	if imgui.Button("Spiral") {
		e.around(a, true)
	}
	imgui.SameLine()
	if imgui.Button("Clear") {
		e.keep()
		e.path.Keys, e.selected = nil, -1
		a.overlayChanged()
	}
	imgui.SameLine()
	imgui.BeginDisabledV(len(e.past) == 0)
	if imgui.Button("Undo") {
		e.undo(a)
	}
	imgui.EndDisabled()
	imgui.BeginChildStrV("keyframes", imgui.Vec2{Y: 160 * a.ui.scale}, imgui.ChildFlagsBorders, 0)
	rows := imgui.NewListClipper() // builds those in sight
	rows.Begin(int32(len(e.path.Keys)))
	for rows.Step() {
		for i := int(rows.DisplayStart()); i < min(int(rows.DisplayEnd()), len(e.path.Keys)); i++ { // a row may remove itself
			a.keyframeRow(i)
		}
	}
	rows.Destroy()
	imgui.EndChild()
	if imgui.Checkbox("loop", &e.path.Loop) {
		e.saved = false
		a.overlayChanged()
	}
	seconds := float32(e.seconds)
	if imgui.SliderFloatV("seconds", &seconds, 0.5, 60, "%.1f", imgui.SliderFlagsLogarithmic|imgui.SliderFlagsAlwaysClamp) {
		e.seconds, e.saved = float64(seconds), false
	}
	fps := float32(e.path.FPS)
	if imgui.SliderFloatV("frames/s", &fps, 1, 60, "%.0f", imgui.SliderFlagsAlwaysClamp) {
		e.path.FPS, e.saved = float64(fps), false
	}
	imgui.InputTextWithHint("##pathfile", "path.json", &e.file, 0, nil)
	imgui.SameLine()
	if imgui.Button("Save") {
		e.save(a)
	}
	imgui.SameLine()
	if imgui.Button("Load") {
		a.openAll([]string{e.file})
	}

	imgui.SeparatorText("Pictures and films")
	w, h := f.pictureSize(a)
	size := [2]int32{int32(w), int32(h)}
	if imgui.InputInt2("size", &size) {
		f.size = [2]int{min(max(int(size[0]), 1), 1<<14), min(max(int(size[1]), 1), 1<<14)}
	}
	if f.size != [2]int{} {
		imgui.SameLine()
		if imgui.SmallButton("window's") {
			f.size = [2]int{}
		}
	}
	raysSlider("rays a pixel##film", &f.samples)
	if imgui.Button("Picture (P)") {
		f.picture(a)
	}
	imgui.InputTextWithHint("##film", "film.mp4, .gif or .png", &f.file, 0, nil)
	imgui.SameLine()
	imgui.BeginDisabledV(f.running())
	if imgui.Button("Make film") {
		f.record(a)
	}
	imgui.EndDisabled()
	if f.running() {
		done := f.done.Load()
		imgui.ProgressBarV(float32(done)/float32(max(f.total, 1)), imgui.Vec2{X: -80 * a.ui.scale}, fmt.Sprintf("%d of %d", done, f.total))
		imgui.SameLine()
		if imgui.Button("Stop") {
			f.cancel()
		}
	}
}

// keyframeRow is keyframe i in the list, and what can be done with it.
func (a *app) keyframeRow(i int) {
	e := &a.path
	imgui.PushIDInt(int32(i))
	if imgui.SelectableBoolV(fmt.Sprintf("keyframe %d", i+1), i == e.selected, imgui.SelectableFlagsAllowOverlap, imgui.Vec2{X: 110 * a.ui.scale}) {
		e.selected = i
		k := e.path.Keys[i]
		v := a.view
		v.Pose, v.FovDeg = k.Pose, k.FovDeg
		a.flyTo(v)
		a.overlayChanged()
	}
	imgui.SameLine()
	if imgui.SmallButton("set") {
		e.keep()
		e.path.Keys[i] = a.keyframe()
		a.overlayChanged()
	}
	imgui.SetItemTooltip("move this keyframe to the view")
	imgui.SameLine()
	if imgui.SmallButton("up") && i > 0 {
		e.swap(a, i-1)
	}
	imgui.SameLine()
	if imgui.SmallButton("down") && i < len(e.path.Keys)-1 {
		e.swap(a, i)
	}
	imgui.SameLine()
	if imgui.SmallButton("delete") {
		e.remove(a, i)
	}
	imgui.PopID()
}
