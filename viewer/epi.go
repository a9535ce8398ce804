//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"context"
	"fmt"

	"github.com/AllenDang/cimgui-go/imgui"
	"github.com/go-gl/gl/v3.3-core/gl"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/viewer/probe"
)

// epi shows the epipolar-plane image of the row at the pointer: each of its rows is that row of what a camera of a track to
// the right sees.
type epi struct {
	shown bool
	held  bool    // the track stays where it is
	row   float64 // at the pointer when it was last on the scene, a share of the area's height

	worker  *probe.Worker[epiQuestion, epiAnswer]
	answer  epiAnswer
	texture uint32
}

// epiQuestion is what an image is of.
type epiQuestion struct {
	model  *lfn.Model
	cam    plucker.Camera // in the middle of the track
	row    int
	cams   int
	length float64 // of the track, in the world
}

type epiAnswer struct {
	question epiQuestion
	img      render.Image
	pix      []byte // RGBA
	err      error
}

const (
	epiWidth, epiHeight       = 512, 96 // of an image at rest, at most
	epiWidthMoving, epiMoving = 192, 48 // of one in motion
)

// toggle shows the image, or hides it.
func (e *epi) toggle(a *app) {
	e.shown = !e.shown
	a.overlayChanged()
	a.event("epi", map[string]any{"shown": e.shown})
}

// ask asks for the image of what is seen now.
func (e *epi) ask(a *app) {
	if !e.shown || a.model == nil || a.NoUI {
		return
	}
	if e.worker == nil {
		e.worker = newEPIWorker(a.wake)
	}
	q := e.answer.question
	if !e.held || q.cams == 0 {
		w, n := epiWidth, epiHeight
		if a.moving() {
			w, n = epiWidthMoving, epiMoving
		}
		if a.pointerInScene() {
			e.row = a.hand.y / float64(a.area.h)
		}
		w = min(w, a.area.w)
		h := max(w*a.area.h/a.area.w, 1)
		cam := a.camera(a.area.w, a.area.h)
		q = epiQuestion{cam: cam.Scaled(w, h), row: min(int(e.row*float64(h)), h-1), cams: n}
	}
	q.model, q.length = a.model, a.settings.Track*a.model.Scene.Radius
	e.worker.Ask(q)
}

// newEPIWorker makes images on the processors.
func newEPIWorker(notify func()) *probe.Worker[epiQuestion, epiAnswer] {
	var model *lfn.Model
	var r render.Renderer
	return probe.NewWorker(func(ctx context.Context, q epiQuestion, to *epiAnswer) {
		if model != q.model {
			model, r = q.model, render.NewCPU(q.model.Network.Pack(), q.model.Scene)
		}
		to.question = q
		if to.err = render.EPI(ctx, r, &to.img, render.Track(q.cam, q.cams, q.length), q.row, render.Options{}); to.err == nil {
			to.pix = to.img.ToNRGBA().Pix
		}
	}, notify)
}

// take shows the newest image.
func (e *epi) take(a *app) {
	if e.worker == nil || !e.worker.Take(&e.answer) {
		return
	}
	q := &e.answer.question
	if e.answer.err != nil || !sameScene(a.model, q.model) {
		return
	}
	if e.texture == 0 {
		e.texture = newTexture(1, 1)
	}
	setImage(e.texture, e.answer.img.Width, e.answer.img.Height, e.answer.pix)
	if e.held {
		a.overlayChanged()
	}
	a.ui.wants = max(a.ui.wants, 1)
}

// close ends what runs beside the window, and forgets what lives in its context.
func (e *epi) close() {
	if e.worker != nil {
		e.worker.Close()
		e.worker = nil
	}
	gl.DeleteTextures(1, &e.texture)
	e.texture = 0
}

// letGo forgets the track of another scene.
func (e *epi) letGo() { e.held, e.answer.question = false, epiQuestion{} }

// hold keeps the track where it is, or lets it follow the camera.
func (e *epi) hold(a *app, on bool) {
	e.held = on
	a.overlayChanged()
}

// choices are those of the panel.
func (e *epi) choices(a *app) {
	if shown := e.shown; imgui.Checkbox("show", &shown) {
		e.toggle(a)
	}
	imgui.SameLine()
	if held := e.held; imgui.Checkbox("hold the track", &held) {
		e.hold(a, held)
	}
	length := float32(a.settings.Track * a.model.Scene.Radius)
	least, most := float32(minTrack*a.model.Scene.Radius), float32(maxTrack*a.model.Scene.Radius)
	if imgui.SliderFloatV("track", &length, least, most, "%.3g", imgui.SliderFlagsLogarithmic|imgui.SliderFlagsAlwaysClamp) {
		a.settings.Track = min(max(float64(length)/a.model.Scene.Radius, minTrack), maxTrack)
	}
}

// window is the image, and over the scene the row that it is of.
func (e *epi) window(a *app, left, top, width, height float32) {
	if !e.shown || a.model == nil {
		return
	}
	if !e.held {
		y := top + float32(e.row)*height
		line := imgui.ColorU32Vec4(imgui.Vec4{X: 1, Y: 0.8, Z: 0.2, W: 0.7})
		imgui.BackgroundDrawList().AddLine(imgui.Vec2{X: left, Y: y}, imgui.Vec2{X: left + width, Y: y}, line)
	}
	size := imgui.Vec2{X: 0.6 * width, Y: 0.35 * height}
	imgui.SetNextWindowPosV(imgui.Vec2{X: left, Y: top + 0.92*height - size.Y}, imgui.CondFirstUseEver, imgui.Vec2{})
	imgui.SetNextWindowSizeV(size, imgui.CondFirstUseEver)
	open := true
	if imgui.BeginV("Epipolar-plane image", &open, 0) && e.texture != 0 && e.answer.question.cams > 0 {
		imgui.TextWrapped(e.text(a))
		ref := imgui.NewTextureRefTextureID(imgui.TextureID(e.texture))
		imgui.Image(*ref, imgui.ContentRegionAvail())
		ref.Destroy()
	}
	imgui.End()
	if !open {
		e.toggle(a)
	}
}

// text says what the image is of.
func (e *epi) text(a *app) string {
	q := &e.answer.question
	row := (float64(q.row) + 0.5) / float64(q.cam.Height) * float64(a.area.h)
	where := "here"
	if e.held {
		where = "the held track's middle"
	}
	return fmt.Sprintf("row %.0f, seen from %.3g left (top) to %.3g right (bottom) of %s: the steeper a line, the farther", row, q.length/2, q.length/2, where)
}

// overlay draws a track that is held, with its first, middle and last camera.
func (e *epi) overlay(line func(u, v [3]float32, color [4]uint8), frustum func(c *plucker.Camera, color [4]uint8) [4][3]float32) {
	q := &e.answer.question
	if !e.shown || !e.held || q.cams == 0 {
		return
	}
	color := [4]uint8{230, 60, 255, 255}
	cams := render.Track(q.cam, 3, q.length)
	for i := range cams {
		frustum(&cams[i], color)
	}
	at := func(c *plucker.Camera) (p [3]float32) {
		for k, v := range c.Pose.Pos {
			p[k] = float32(v)
		}
		return p
	}
	line(at(&cams[0]), at(&cams[2]), color)
}
