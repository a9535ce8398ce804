//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"fmt"

	"lfnview/lfn"
	"lfnview/render/look"
	"lfnview/viewer/motion"
	"lfnview/viewer/probe"
)

// probing is what is asked of the scene's geometry beside the picture: at the pointer, and how far away what is seen is.
type probing struct {
	worker *probe.Worker[probe.Question, probe.Answer]
	answer probe.Answer // the newest
}

// ask asks for what the window is to say of the view.
func (p *probing) ask(a *app) {
	if a.model == nil {
		return
	}
	q := probe.Question{Model: a.model, Span: a.modes.mode == look.Depth && !a.modes.byHand}
	if q.Point = a.pointerInScene() && !a.NoUI; q.Point {
		q.U, q.V = a.hand.x, a.hand.y
	}
	if !q.Point && !q.Span {
		return
	}
	if p.worker == nil {
		p.worker = probe.New(a.wake)
	}
	q.Camera = a.camera(a.area.w, a.area.h)
	p.worker.Ask(q)
}

// take takes the newest answer.
func (p *probing) take(a *app) {
	if p.worker == nil || !p.worker.Take(&p.answer) || !sameScene(a.model, p.answer.Question.Model) {
		return
	}
	if p.answer.Err != nil && a.modes.geometry() {
		a.onlyColors(p.answer.Err)
	}
	if p.answer.Question.Span && !a.modes.byHand {
		a.modes.span, a.dirty = p.answer.Span, true
	}
	if !a.moving() {
		a.ui.wants = max(a.ui.wants, 1)
	}
}

// settled says whether what is asked of the picture at rest has been answered.
func (p *probing) settled(a *app) bool {
	q := &p.answer.Question
	return a.modes.mode != look.Depth || a.modes.byHand || q.Span && q.Camera == a.asked.cam
}

func (p *probing) close() {
	if p.worker != nil {
		p.worker.Close()
		p.worker = nil
	}
}

// pointerInScene says whether the pointer is on the scene, and on no panel.
func (a *app) pointerInScene() bool {
	h := &a.hand
	return h.over && h.x >= 0 && h.y >= 0 && h.x < float64(a.area.w) && h.y < float64(a.area.h) && (a.NoUI || !a.ui.io.WantCaptureMouse())
}

// pointerText is what the window says of what is at the pointer; "" where that is not on the scene.
func (a *app) pointerText() string {
	answer := &a.probing.answer
	p := &answer.Point
	_, _, depth, _ := answer.Question.Camera.Project(p.Pos)
	switch {
	case !a.pointerInScene() || !answer.Question.Point || answer.Err != nil:
		return ""
	case p.Confidence < 0.01:
		return "at the pointer: depth is not known"
	case !p.Known():
		return fmt.Sprintf("at the pointer: perhaps depth %.3g, %.0f %% sure", depth, 100*p.Confidence)
	}
	return fmt.Sprintf("at the pointer: depth %.4g, %.0f %% sure\n%.4g away, at %.3g, %.3g, %.3g", depth, 100*p.Confidence, p.Distance, p.Pos[0], p.Pos[1], p.Pos[2])
}

// pick finds in a goroutine of its own what is seen at (x, y) of the area, in pixels, and has the window do something with
// it, or say that nothing is known there.
func (a *app) pick(x, y float64, use func(p *probe.Point)) {
	m := a.model
	cam := a.camera(a.area.w, a.area.h)
	go func() {
		p, err := probe.Pick(a.ctx, m, &cam, x, y)
		a.post(func() {
			switch {
			case a.ctx.Err() != nil || !sameScene(a.model, m):
			case err != nil:
				a.note("%v", err)
			case !p.Known():
				a.note("nothing is known of what is there: point at something that has texture")
			default:
				use(&p)
			}
		})
	}()
}

// sameScene says whether two models are of one scene, such as while it is learned.
func sameScene(a, b *lfn.Model) bool { return a != nil && b != nil && a.Scene == b.Scene }

// center makes what is at (x, y) the centre of orbits.
func (a *app) center(x, y float64) {
	a.pick(x, y, func(p *probe.Point) {
		a.flyTo(motion.TurnTo(a.view, a.up, p.Pos))
		a.event("center", map[string]any{"point": p.Pos, "distance": p.Distance})
	})
}
