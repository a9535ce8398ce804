//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/AllenDang/cimgui-go/imgui"
	"github.com/go-gl/mathgl/mgl64"

	"lfnview/viewer/motion"
)

var (
	amber = imgui.Vec4{X: 1, Y: 0.72, Z: 0.2, W: 1}
	grey  = imgui.Vec4{X: 0.65, Y: 0.68, Z: 0.72, W: 1}
)

func text(format string, args ...any)  { imgui.TextUnformatted(fmt.Sprintf(format, args...)) }
func faint(format string, args ...any) { imgui.TextColored(grey, fmt.Sprintf(format, args...)) }

// layoutFile is where the panels keep their places.
func (a *app) layoutFile() string {
	if a.Config == "" {
		return os.DevNull
	}
	return filepath.Join(a.Config, "panels.ini")
}

// buildPanels lays out what lies over the scene.
func (a *app) buildPanels() {
	now := time.Now()
	dock := imgui.DockSpaceOverViewportV(0, imgui.MainViewport(), imgui.DockNodeFlagsPassthruCentralNode, imgui.NewWindowClass())
	if !a.docked {
		a.docked = true
		a.dockPanels(dock)
	}
	a.setArea(a.centralArea(dock))
	a.hud(now)
	if a.help {
		a.helpWindow()
	}
	if !a.panels {
		return
	}
	for _, p := range []struct {
		name  string
		build func(time.Time)
	}{{"Scene", a.scenePanel}, {"Photographs", a.photosPanel}, {"Path and film", a.pathPanel}, {"Training", a.trainingPanel}, {messagesTitle(&a.messages), a.messagesPanel}} {
		if p.name == "Training" && !a.live.there() {
			continue
		}
		if p.name == "Scene" && a.openFocus {
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

// dockPanels puts the panels into a column at the right, where they have no places yet.
func (a *app) dockPanels(dock imgui.ID) {
	if st, err := os.Stat(a.layoutFile()); err == nil && st.Size() > 0 {
		return
	}
	var right, rest, upper, lower imgui.ID
	imgui.InternalDockBuilderSplitNode(dock, imgui.DirRight, 0.26, &right, &rest)
	imgui.InternalDockBuilderSplitNode(right, imgui.DirDown, 0.3, &lower, &upper)
	imgui.InternalDockBuilderDockWindow("Scene", upper)
	imgui.InternalDockBuilderDockWindow("Photographs", upper)
	imgui.InternalDockBuilderDockWindow("Path and film", upper)
	imgui.InternalDockBuilderDockWindow("Training", lower)
	imgui.InternalDockBuilderDockWindow("###messages", lower)
	imgui.InternalDockBuilderFinish(dock)
}

const overlayFlags = imgui.WindowFlagsNoDecoration | imgui.WindowFlagsAlwaysAutoResize | imgui.WindowFlagsNoSavedSettings |
	imgui.WindowFlagsNoFocusOnAppearing | imgui.WindowFlagsNoNav | imgui.WindowFlagsNoDocking | imgui.WindowFlagsNoMouseInputs

// hud says how fast and how fine the picture is, over the scene.
func (a *app) hud(now time.Time) {
	pad := 10 * a.ui.scale
	imgui.SetNextWindowPosV(imgui.Vec2{X: pad, Y: pad}, imgui.CondAlways, imgui.Vec2{})
	imgui.SetNextWindowBgAlpha(0.6)
	if imgui.BeginV("##hud", nil, overlayFlags) {
		a.hudText(now)
	}
	imgui.End()
	if a.model != nil && a.outside >= 1 {
		w, _ := a.win.GetSize()
		middle := (float32(a.area.x) + float32(a.area.w)/2) * float32(w) / float32(max(a.win.width, 1))
		imgui.SetNextWindowPosV(imgui.Vec2{X: middle, Y: pad}, imgui.CondAlways, imgui.Vec2{X: 0.5})
		imgui.SetNextWindowBgAlpha(0.8)
		if imgui.BeginV("##outside", nil, overlayFlags) {
			imgui.TextColored(amber, "No photograph shows the scene from here: the picture is a guess (B keeps the camera inside, R resets it)")
		}
		imgui.End()
	}
}

func (a *app) hudText(now time.Time) {
	if a.model == nil {
		text("waiting for the first picture")
		return
	}
	at := a.painter.about()
	pic := a.painter.picture()
	raysPerS, took := a.painter.speed()
	if a.moving() || a.painter.busy() {
		text("%.0f fps   %.2f ms on the %s", a.frames.fps(now), took.Seconds()*1e3, deviceWord(at.device))
	} else {
		text("at rest   %.2f ms on the %s", took.Seconds()*1e3, deviceWord(at.device))
	}
	w, h := a.area.w, a.area.h
	scale := float64(pic.w) / float64(w)
	state := fmt.Sprintf("%d×%d", pic.w, pic.h)
	switch {
	case pic.w == w && pic.h == h && pic.of > 1:
		state += fmt.Sprintf("   %d of %d rays a pixel", pic.passes, pic.of)
	case pic.w == w && pic.h == h:
		state += "   full resolution"
	case a.pace.fixed > 0:
		state += fmt.Sprintf("   %.0f %%, fixed", 100*scale)
	default:
		state += fmt.Sprintf("   %.0f %%, for %.0f fps", 100*scale, a.pace.target)
	}
	text("%s", state)
	text("%s   %s", at.name, at.precision)
	n := a.model.Network
	text("%s parameters   %s   1 evaluation a ray", count(float64(n.Config.Params())), bytesText(a.bytes))
	text("%s rays/s   speed %.2g", count(raysPerS), a.speed)
	if a.settings.Inside {
		text("kept inside the photographs")
	}
	if p := &a.photos; p.at >= 0 {
		v := &p.views[p.at]
		line := fmt.Sprintf("%s %d: %s", v.Split, p.indexInSplit(p.at), v.Name)
		if !math.IsNaN(p.psnr) {
			line += fmt.Sprintf("   %.2f dB", p.psnr)
		}
		text("%s", line)
	}
	if p := &a.photos; p.at >= 0 && p.mode == heatedMap {
		text("error: black is none, white a quarter of the range and more")
	}
	if a.film.running() {
		text("%s: %d of %d frames", a.film.what, a.film.done.Load(), a.film.total)
	}
	if a.path.playing {
		text("playing the path: Space stops it")
	}
	if n := len(a.messages.list); n > 0 {
		m := &a.messages.list[n-1]
		if now.Sub(m.at) < 6*time.Second {
			color := grey
			if m.warning {
				color = amber
			}
			imgui.PushTextWrapPosV(520 * a.ui.scale)
			imgui.TextColored(color, m.text)
			imgui.PopTextWrapPos()
		}
	}
	if a.photos.hovered >= 0 {
		v := &a.photos.views[a.photos.hovered]
		text("click: %s %d, %s", v.Split, a.photos.indexInSplit(a.photos.hovered), v.Name)
	}
	if !a.panels {
		faint("Tab shows the panels, ? the keys")
	}
}

func deviceWord(device string) string {
	if device == "cpu" {
		return "CPU"
	}
	return "GPU"
}

// count is a number with its thousands as k, M or G.
func count(x float64) string {
	for _, u := range []struct {
		of   float64
		name string
	}{{1e9, " G"}, {1e6, " M"}, {1e3, " k"}} {
		if x >= u.of {
			return strconv.FormatFloat(x/u.of, 'g', 3, 64) + u.name
		}
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

func bytesText(n int64) string {
	if n >= 1e6 {
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0f kB", float64(n)/1e3)
}

// helpWindow lists all keys.
func (a *app) helpWindow() {
	w, h := a.win.GetSize()
	imgui.SetNextWindowPosV(imgui.Vec2{X: float32(w) / 2, Y: float32(h) / 2}, imgui.CondAppearing, imgui.Vec2{X: 0.5, Y: 0.5})
	open := true
	if imgui.BeginV("Keys and mouse", &open, imgui.WindowFlagsAlwaysAutoResize|imgui.WindowFlagsNoSavedSettings|imgui.WindowFlagsNoDocking) {
		if imgui.BeginTable("keys", 4) {
			rows := mouse
			for i := range actions {
				if act := &actions[i]; act.name != "" && act.help != "" {
					rows = append(rows[:len(rows):len(rows)], [2]string{act.name, act.help})
				}
			}
			half := (len(rows) + 1) / 2
			for i := range half {
				imgui.TableNextRow()
				for _, j := range []int{i, i + half} {
					if j < len(rows) {
						imgui.TableNextColumn()
						imgui.TextColored(amber, rows[j][0])
						imgui.TableNextColumn()
						imgui.TextUnformatted(rows[j][1])
					}
				}
			}
			imgui.EndTable()
		}
	}
	imgui.End()
	a.help = open
}

// choice is a row of buttons of which one is down.
func choice(labels []string, now int) int {
	for i, l := range labels {
		if i > 0 {
			imgui.SameLine()
		}
		if imgui.RadioButtonBool(l, i == now) {
			now = i
		}
	}
	return now
}

// scenePanel is the model, the picture and the camera.
func (a *app) scenePanel(time.Time) {
	imgui.PushItemWidth(-120 * a.ui.scale)
	defer imgui.PopItemWidth()
	imgui.SeparatorText("Model")
	if a.openFocus {
		imgui.SetKeyboardFocusHere()
		a.openFocus = false
	}
	imgui.InputTextWithHint("##open", "a file or folder: Enter opens it", &a.openText, imgui.InputTextFlagsEnterReturnsTrue, nil)
	if imgui.IsItemDeactivatedAfterEdit() && a.openText != "" {
		a.openAll([]string{a.openText})
		a.openText = ""
	}
	if a.model == nil {
		return
	}
	text("%s", a.name)
	c := a.model.Network.Config
	faint("%s, hidden layers %v", c.Encoding.Kind, c.Hidden)
	if t := &a.model.Training; t.PSNRdB != 0 {
		faint("%.2f dB on held-out photographs", t.PSNRdB)
	}

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
		if imgui.SliderFloatV("% a side", &v, 10, 100, "%.0f", 0) {
			a.pace.fixed = float64(v) / 100
		}
	} else {
		v := float32(a.pace.target)
		if imgui.SliderFloatV("frames/s", &v, 10, 240, "%.0f", imgui.SliderFlagsLogarithmic) {
			a.pace.target = float64(v)
		}
	}
	s.Target, s.Fixed = a.pace.target, a.pace.fixed
	imgui.SeparatorText("Picture at rest")
	n := int32(s.Samples)
	if imgui.SliderIntV("rays a side", &n, 1, 8, "%d", 0) {
		s.Samples = int(n)
	}
	if imgui.Checkbox("wait for the monitor (vsync)", &s.VSync) {
		a.setVSync()
	}

	imgui.SeparatorText("Camera")
	imgui.Checkbox("inertia", &s.Inertia)
	imgui.SameLine()
	imgui.Checkbox("keep inside the photographs", &s.Inside)
	speed := float32(a.speed)
	if imgui.SliderFloatV("radii/s", &speed, 0.01, 100, "%.2g", imgui.SliderFlagsLogarithmic) {
		a.speed = float64(speed)
		s.Speed = a.speed
	}
	fov := float32(a.view.FovDeg)
	if imgui.SliderFloatV("view °", &fov, 5, 140, "%.0f", 0) {
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
	if p.frusta && imgui.SliderFloatV("size", &p.size, 0.02, 0.5, "%.2f", imgui.SliderFlagsLogarithmic) {
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
		if imgui.SliderFloatV("wipe %", &v, 0, 100, "%.0f", 0) {
			p.wipe, a.dirty = float64(v)/100, true
		}
	}
	switch {
	case p.loading != nil:
		faint("opening %s …", p.data)
	case p.data != "":
		faint("%s", p.data)
	}
	if imgui.Button("<") {
		p.step(a, -1)
	}
	imgui.SameLine()
	if imgui.Button(">") {
		p.step(a, 1)
	}
	imgui.SameLine()
	at := int32(p.at)
	if imgui.SliderIntV("##at", &at, 0, int32(len(p.views)-1), "%d", 0) && int(at) != p.at {
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
			imgui.Image(*imgui.NewTextureRefTextureID(imgui.TextureID(p.texture)), imgui.Vec2{X: width, Y: width * float32(v.h) / float32(v.w)})
		}
	}
}

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
		e.clear()
		a.overlayChanged()
	}
	for i := 0; i < len(e.path.Keys); i++ {
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
		if imgui.SmallButton("here") {
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
	if imgui.Checkbox("loop", &e.path.Loop) {
		a.overlayChanged()
	}
	seconds := float32(e.seconds)
	if imgui.SliderFloatV("seconds", &seconds, 0.5, 60, "%.1f", imgui.SliderFlagsLogarithmic) {
		e.seconds = float64(seconds)
	}
	fps := float32(e.path.FPS)
	if imgui.SliderFloatV("frames/s", &fps, 1, 60, "%.0f", 0) {
		e.path.FPS = float64(fps)
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
	n := int32(max(f.samples, 1))
	if imgui.SliderIntV("rays a side##film", &n, 1, 8, "%d", 0) {
		f.samples = int(n)
	}
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
