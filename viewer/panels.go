//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/AllenDang/cimgui-go/imgui"
	"github.com/go-gl/mathgl/mgl64"

	"lfnview/viewer/motion"
)

var (
	amber = imgui.Vec4{X: 1, Y: 0.72, Z: 0.2, W: 1}
	grey  = imgui.Vec4{X: 0.78, Y: 0.8, Z: 0.84, W: 1}
)

func text(format string, args ...any) { imgui.TextUnformatted(fmt.Sprintf(format, args...)) }

func faint(format string, args ...any) { imgui.TextColored(grey, fmt.Sprintf(format, args...)) }

// buildPanels lays out what lies over the scene.
func (a *app) buildPanels() {
	now := time.Now()
	dock := imgui.DockSpaceOverViewportV(0, imgui.MainViewport(), imgui.DockNodeFlagsPassthruCentralNode, a.ui.class)
	if !a.docked {
		a.docked = true
		a.dockPanels(dock)
	}
	a.setArea(a.centralArea(dock))
	a.popup = imgui.IsPopupOpenStrV("", imgui.PopupFlagsAnyPopup)
	a.hud(now)
	if a.openFocus {
		imgui.SetWindowFocusStr("Scene")
	}
	if a.help {
		a.helpWindow()
	}
	if !a.panels {
		return
	}
	for _, p := range []struct {
		name  string
		build func(time.Time)
	}{{"Prior", a.priorPanel}, {"Scene", a.scenePanel}, {"Photos", a.photosPanel}, {"Path", a.pathPanel}, {"Geometry", a.geometryPanel}, {"Training", a.trainingPanel}, {messagesTitle(&a.messages), a.messagesPanel}} {
		if p.name == "Training" && !a.live.there() || p.name == "Prior" && !a.prior.open() {
			continue
		}
		if slices.Contains(tabs, p.name) && p.name != "Scene" { // which layouts of earlier programs may not have
			imgui.SetNextWindowDockIDV(imgui.InternalFindWindowByName("Scene").DockId(), imgui.CondFirstUseEver)
		}
		if p.name == "Prior" && a.prior.raise {
			a.prior.raise = false
			imgui.SetNextWindowFocus()
		}
		if imgui.Begin(p.name) {
			p.build(now)
		}
		imgui.End()
	}
}

// centralArea is what docked panels leave of the window, in pixels.
func (a *app) centralArea(dock imgui.ID) area {
	w, _ := a.win.GetSize()
	scale := float32(a.win.width) / float32(max(w, 1))
	node := imgui.InternalDockBuilderGetCentralNode(dock)
	if node.CData == nil {
		return area{0, 0, a.win.width, a.win.height}
	}
	pos, size := node.Pos(), node.Size()
	return area{int(pos.X * scale), int(pos.Y * scale), int(size.X * scale), int(size.Y * scale)}
}

// messagesTitle counts the warnings that nobody has seen.
func messagesTitle(m *messages) string {
	if m.unseen > 0 {
		return fmt.Sprintf("Messages (%d)###messages", m.unseen)
	}
	return "Messages###messages"
}

// tabs are the panels that share a place, of which one is seen, and tabsWidth is about how wide their names are together, at a
// scale of 1.
var tabs = []string{"Prior", "Scene", "Photos", "Path", "Geometry"}

const tabsWidth = 330

// dockPanels puts the panels into a column at the right, where they have no places yet.
func (a *app) dockPanels(dock imgui.ID) {
	if a.layout != "" {
		return
	}
	var right, rest, upper, lower imgui.ID
	w, _ := a.win.GetSize()
	share := min(max(0.26, tabsWidth*a.ui.scale/float32(max(w, 1))), 0.5)
	imgui.InternalDockBuilderSplitNode(dock, imgui.DirRight, share, &right, &rest)
	imgui.InternalDockBuilderSplitNode(right, imgui.DirDown, 0.3, &lower, &upper)
	for _, name := range tabs {
		imgui.InternalDockBuilderDockWindow(name, upper)
	}
	imgui.InternalDockBuilderDockWindow("Training", lower)
	imgui.InternalDockBuilderDockWindow("###messages", lower)
	imgui.InternalDockBuilderFinish(dock)
}

// choice is buttons of which one is down, two in a row.
func choice(labels []string, now int) int {
	for i, l := range labels {
		if i%2 == 1 {
			imgui.SameLine()
		}
		if imgui.RadioButtonBool(l, i == now) {
			now = i
		}
	}
	return now
}

// raysSlider chooses how many rays a side of a pixel has.
func raysSlider(label string, n *int) {
	x, format := int32(*n), "%d²"
	if x == 0 {
		format = "auto"
	}
	if imgui.SliderIntV(label, &x, 0, 16, format, imgui.SliderFlagsAlwaysClamp) {
		*n = int(x)
	}
}

// scenePanel is the model, the picture and the camera.
func (a *app) scenePanel(time.Time) {
	imgui.PushItemWidth(-120 * a.ui.scale)
	defer imgui.PopItemWidth()
	a.modelPart()
	if a.model != nil {
		a.picturePart()
		a.cameraPart()
	}
}

// modelPart says what is open, and opens something else.
func (a *app) modelPart() {
	imgui.SeparatorText("Model")
	if a.openFocus {
		imgui.SetKeyboardFocusHere()
		a.openFocus = false
	}
	if imgui.InputTextWithHint("##open", "a file or folder: Enter opens it", &a.openText, imgui.InputTextFlagsEnterReturnsTrue, nil) && a.openText != "" {
		if err := a.openFile(a.openText); err != nil {
			a.warn("%v", err)
		} else {
			a.openText = ""
		}
	}
	if a.model == nil {
		return
	}
	text("%s", a.name)
	c := a.model.Network.Config
	faint("%s, hidden layers %v", c.Encoding.Kind, c.Hidden)
	if t := &a.model.Training; t.PSNRdB != 0 && !a.prior.open() {
		faint("%.2f dB on held-out photographs", t.PSNRdB)
	}
}

// picturePart is how fine the picture is.
func (a *app) picturePart() {
	s := &a.settings
	imgui.SeparatorText("Picture in motion")
	fixed := 0
	if a.pace.fixed > 0 {
		fixed = 1
	}
	if now := choice([]string{"for a frame rate", "fixed"}, fixed); now != fixed {
		if a.pace.fixed = 0; now == 1 {
			a.pace.fixed = 1
		}
	}
	if a.pace.fixed > 0 {
		v := float32(100 * a.pace.fixed)
		if imgui.SliderFloatV("% a side", &v, 10, 100, "%.0f", imgui.SliderFlagsAlwaysClamp) {
			a.pace.fixed = float64(v) / 100
		}
	} else {
		v := float32(a.pace.target)
		if imgui.SliderFloatV("frames/s", &v, 10, 240, "%.0f", imgui.SliderFlagsLogarithmic|imgui.SliderFlagsAlwaysClamp) {
			a.pace.target = float64(v)
		}
	}
	s.Target, s.Fixed = a.pace.target, a.pace.fixed
	imgui.SeparatorText("Picture at rest")
	raysSlider("rays a pixel", &s.Samples)
	if imgui.Checkbox("wait for the monitor (vsync)", &s.VSync) {
		a.setVSync()
	}
}

// cameraPart is how the camera moves, and where it is.
func (a *app) cameraPart() {
	s := &a.settings
	imgui.SeparatorText("Camera")
	imgui.Checkbox("inertia", &s.Inertia)
	imgui.SameLine()
	imgui.Checkbox("keep inside the photographs", &s.Inside)
	speed := float32(a.speed)
	if imgui.SliderFloatV("fly speed", &speed, 0.01, 100, "%.2g", imgui.SliderFlagsLogarithmic|imgui.SliderFlagsAlwaysClamp) {
		a.speed = float64(speed)
		s.Speed = a.speed
	}
	fov := float32(a.view.FovDeg)
	if imgui.SliderFloatV("field of view", &fov, motion.MinFovDeg, motion.MaxFovDeg, "%.0f", imgui.SliderFlagsAlwaysClamp) {
		v := a.view
		v.FovDeg = float64(fov)
		a.move(v, time.Now())
	}
	if imgui.Button("Reset") {
		a.reset()
	}
	imgui.SameLine()
	if imgui.Button("Frame") {
		a.flyTo(motion.FrameScene(a.view, a.model.Scene, a.aspect()))
	}
	imgui.SameLine()
	if imgui.Button("Level") {
		a.flyTo(motion.Level(a.view, a.up))
	}
	imgui.TextUnformatted("Up")
	for i, axis := range []string{"X", "Y", "Z", "-X", "-Y", "-Z"} {
		imgui.SameLine()
		var up mgl64.Vec3
		up[i%3] = float64(1 - 2*(i/3))
		if imgui.RadioButtonBool(axis, a.up.Sub(up).Len() < 1e-3) {
			a.setUp(up)
			a.flyTo(motion.Level(a.view, up))
		}
	}
	p := a.view.Pose.Pos
	faint("at %.3g, %.3g, %.3g", p[0], p[1], p[2])
	imgui.TextUnformatted("Bookmarks")
	marks := a.bookmarks()
	for i := range marks {
		imgui.SameLine()
		imgui.BeginDisabledV(marks[i] == nil)
		if imgui.SmallButton(strconv.Itoa(i + 1)) {
			a.goToBookmark(i)
		}
		imgui.EndDisabled()
	}
}

// messagesPanel is what the user should know, the newest first.
func (a *app) messagesPanel(time.Time) {
	a.messages.unseen = 0
	imgui.PushTextWrapPos()
	for i := len(a.messages.list) - 1; i >= 0; i-- {
		m := &a.messages.list[i]
		color := grey
		if m.warning {
			color = amber
		}
		imgui.TextColored(color, m.at.Format("15:04:05 ")+m.text)
	}
	imgui.PopTextWrapPos()
}
