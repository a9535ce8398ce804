//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"fmt"

	"lfnview/render"
	"lfnview/render/look"
	"lfnview/viewer/probe"
)

// modes is what the window shows of the scene, and which depths have the colours of the map's ends.
type modes struct {
	mode   look.Mode
	span   probe.Span // as seen last, or by hand
	byHand bool
	colors render.ColorMap
}

// geometry says whether what is shown needs more than colours.
func (m *modes) geometry() bool { return m.mode != look.Colors }

// look is how the picture is drawn.
func (a *app) look() look.Look {
	m, s := &a.modes, &a.settings
	if m.colors.Name != s.Colors {
		m.colors, _ = render.FindColorMap(s.Colors) // checked when it was read
	}
	l := look.Look{Mode: m.mode, Scale: render.Scale{Map: m.colors, From: 0, To: 1}, Faint: s.Faint}
	if m.mode == look.Depth {
		l.Scale.From, l.Scale.To = m.span.Near, m.span.Far
	}
	if s.Inverted {
		l.Scale.From, l.Scale.To = l.Scale.To, l.Scale.From
	}
	return l
}

// setMode shows something else of the scene.
func (a *app) setMode(m look.Mode) {
	if m == a.modes.mode {
		return
	}
	a.modes.mode = m
	a.pace.restart()
	a.rested = request{}
	a.dirty = true
	a.event("mode", map[string]any{"mode": m.String()})
}

// onlyColors goes back to colours where the model tells nothing else.
func (a *app) onlyColors(why error) {
	a.warn("%v cannot be shown: %v", a.modes.mode, why)
	a.setMode(look.Colors)
}

// setSpan chooses the depths at the ends of the colour map.
func (m *modes) setSpan(s probe.Span) {
	if s.Near >= 0 && s.Far > s.Near {
		m.span, m.byHand = s, true
	}
}

// modeText is what the window says of what it shows.
func (a *app) modeText() string {
	m := &a.modes
	switch {
	case m.mode != look.Depth:
		return m.mode.String()
	case m.span == probe.Span{}:
		return "depth   none is known here"
	case m.byHand:
		return fmt.Sprintf("depth   from %.3g to %.3g, by hand", m.span.Near, m.span.Far)
	}
	return fmt.Sprintf("depth   from %.3g to %.3g, as seen", m.span.Near, m.span.Far)
}
