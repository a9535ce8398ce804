//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/AllenDang/cimgui-go/imgui"
)

const overlayFlags = imgui.WindowFlagsNoDecoration | imgui.WindowFlagsAlwaysAutoResize | imgui.WindowFlagsNoSavedSettings |
	imgui.WindowFlagsNoFocusOnAppearing | imgui.WindowFlagsNoNav | imgui.WindowFlagsNoDocking | imgui.WindowFlagsNoMouseInputs

// marked is how far outside of the photographs the window says so, see [motion.Coverage.Of].
const marked = 0.05

// hud says how fast and how fine the picture is, over the scene.
func (a *app) hud(now time.Time) {
	pad := 10 * a.ui.scale
	w, h := a.win.GetSize()
	perPixel := float32(w) / float32(max(a.win.width, 1)) // screen units
	left, bottom := float32(a.area.x)*perPixel, float32(a.area.y+a.area.h)*perPixel
	imgui.SetNextWindowPosV(imgui.Vec2{X: left + pad, Y: float32(a.area.y)*perPixel + pad}, imgui.CondAlways, imgui.Vec2{})
	imgui.SetNextWindowBgAlpha(0.6)
	if imgui.BeginV("##hud", nil, overlayFlags) {
		a.hudText(now)
	}
	imgui.End()
	a.legend(left+float32(a.area.w)*perPixel-pad, bottom-pad)
	a.epi.window(a, left, float32(a.area.y)*perPixel, float32(a.area.w)*perPixel, float32(a.area.h)*perPixel)
	if a.photos.wipes() {
		x := left + float32(min(max(a.photos.wipe, 0), 1)*float64(a.area.w))*perPixel
		for side, name := range []string{"photograph", "render"} {
			imgui.SetNextWindowPosV(imgui.Vec2{X: x, Y: bottom - pad}, imgui.CondAlways, imgui.Vec2{X: float32(1 - side), Y: 1})
			imgui.SetNextWindowBgAlpha(0.6)
			if imgui.BeginV("##wipe "+name, nil, overlayFlags) {
				text("%s", name)
			}
			imgui.End()
		}
	}
	if a.model != nil && a.outside >= marked {
		middle := left + float32(a.area.w)/2*perPixel
		imgui.SetNextWindowPosV(imgui.Vec2{X: middle, Y: min(bottom, float32(h)) - pad}, imgui.CondAlways, imgui.Vec2{X: 0.5, Y: 1})
		imgui.SetNextWindowBgAlpha(0.8)
		if imgui.BeginV("##outside", nil, overlayFlags) {
			imgui.TextColored(amber, "No photograph shows the scene from here: the picture is a guess (B keeps the camera inside, R resets it)")
		}
		imgui.End()
	}
}

func (a *app) hudText(now time.Time) {
	if a.model == nil {
		if err := a.live.failed(); err != nil {
			imgui.PushTextWrapPosV(520 * a.ui.scale)
			imgui.TextColored(amber, "there is no picture: "+err.Error())
			imgui.PopTextWrapPos()
			return
		}
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
		state += fmt.Sprintf("   %.0f %% of each side, fixed", 100*scale)
	default:
		state += fmt.Sprintf("   %.0f %% of each side, for %.0f fps", 100*scale, a.pace.target)
	}
	text("%s", state)
	text("%s   %s", at.name, at.precision)
	n := a.model.Network
	text("%s parameters   %s   1 evaluation a ray", count(float64(n.Params())), bytesText(a.bytes))
	text("%s rays/s   speed %.2g", count(raysPerS), a.speed)
	if a.modes.geometry() {
		text("%s", a.modeText())
	}
	if a.focus.on {
		text("%s", a.focusText())
	}
	if at := a.pointerText(); at != "" {
		text("%s", at)
	}
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
	if p := &a.prior; p.seeking != nil {
		text("reconstructing: %s; Esc stops it", p.progress())
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
	if p := &a.photos; p.at < 0 && p.mode != onlyPicture {
		text("[ and ] go to a photograph to compare with")
	}
	faint("? shows the keys, Tab the panels")
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
