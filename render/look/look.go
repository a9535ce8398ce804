// Package look makes pictures of what rays meet. It is the slow twin of viewer/glsl/geometry.frag, which does so in the
// window.
//
//	l := look.Look{Mode: look.Depth, Scale: render.Scale{Map: render.ColorMaps[0], From: 2, To: 5}}
//	err := r.Geometry(ctx, &g, &cam)
//	…
//	l.Paint(&img, &g, &cam)
package look

import (
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
)

// Mode is what is shown of a scene.
type Mode int32

const (
	Colors     Mode = iota
	Depth           // along the viewing axis, in the world
	Normals         // in the world: x is red, y green and blue is z, from −1 to 1
	Confidence      // how sure the network is of the two
)

// Modes are the names of all of them.
var Modes = [...]string{"colours", "depth", "normals", "confidence"}

func (m Mode) String() string { return Modes[m] }

// Look is how numbers become colours.
type Look struct {
	Mode  Mode
	Scale render.Scale // of depth, or of confidence
	Faint bool         // what is not sure is drawn the fainter the less it is, and else as unknown
}

// faint is how much of its colour what is nearly sure has; the rest is that of what is unknown.
const faint = 0.6

// Paint makes dst a picture of the geometry of what cam sees.
func (l *Look) Paint(dst *render.Image, g *render.Geometry, cam *plucker.Camera) {
	dst.Resize(cam.Width, cam.Height)
	if l.Mode == Colors {
		copy(dst.Pix, g.Color.Pix)
		return
	}
	for i, confidence := range g.Confidence {
		x, y := i%cam.Width, i/cam.Width
		to := dst.Pix[3*i:][:3]
		unknown := render.Unknown(x, y)
		copy(to, unknown[:])
		sure := confidence >= lfn.Confident || l.Mode == Confidence
		if !(confidence > 0) || !sure && !l.Faint {
			continue
		}
		color, ok := l.color(g, i, cam, x, y)
		if !ok {
			continue
		}
		weight := float32(1)
		if !sure {
			weight = faint * confidence / lfn.Confident
		}
		for k, v := range color {
			to[k] += weight * (v - to[k])
		}
	}
}

// color is that of pixel i, at (x, y); ok is false where it has none.
func (l *Look) color(g *render.Geometry, i int, cam *plucker.Camera, x, y int) (color [3]float32, ok bool) {
	switch l.Mode {
	case Depth:
		cos := cam.Ray(float64(x)+0.5, float64(y)+0.5).Dir.Dot(cam.Pose.Forward())
		return l.Scale.At(float64(g.Distance[i]) * cos), cos > 0
	case Normals:
		n := g.Normal[3*i:][:3]
		for k, v := range n {
			color[k] = 0.5 + 0.5*v
		}
		return color, n[0] != 0 || n[1] != 0 || n[2] != 0
	}
	return l.Scale.At(float64(g.Confidence[i])), true
}

// Bar says whether colours stand for numbers, and what those are.
func (l *Look) Bar() (title string, ok bool) {
	switch l.Mode {
	case Depth:
		return "depth along the viewing axis", l.Scale.From != l.Scale.To
	case Confidence:
		return "confidence", true
	}
	return "", false
}

// DrawBar draws the scale into a picture, where there is one.
func (l *Look) DrawBar(m *render.Image) {
	if title, ok := l.Bar(); ok {
		l.Scale.DrawBar(m, title)
	}
}
