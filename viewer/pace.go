//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"math"
	"time"
)

// pace chooses the resolution of pictures in motion, so that a target rate of frames is kept.
type pace struct {
	target float64 // frames a second
	fixed  float64 // part of each side of the window that is always rendered; 0: as the target asks for

	scale float64 // now; 0 before the first
}

// steps are the parts of each side that pictures may have: few, so that the picture does not swim.
var steps = []float64{1, 7. / 8, 3. / 4, 5. / 8, 1. / 2, 3. / 8, 1. / 4, 3. / 16, 1. / 8, 1. / 12, 1. / 16}

// choose returns the part of each side for the next picture of a window of w×h pixels. raysPerS is how fast pictures
// are made, and spent the time of each frame that goes elsewhere.
func (p *pace) choose(w, h int, raysPerS float64, spent time.Duration) float64 {
	if p.fixed > 0 {
		p.scale = p.fixed
		return p.scale
	}
	if !(raysPerS > 0) {
		if p.scale == 0 {
			p.scale = 0.5
		}
		return p.scale
	}
	frame := 1 / max(p.target, 1)
	left := max(frame-spent.Seconds(), frame/4)
	want := math.Sqrt(0.9 * left * raysPerS / float64(max(w*h, 1)))
	// Up only where there is room to spare: a scale that goes up and down is worse than a smaller one.
	best := steps[len(steps)-1]
	for _, s := range steps {
		if s <= want && (s <= p.scale || p.scale == 0 || s*1.1 <= want) {
			best = s
			break
		}
	}
	p.scale = best
	return best
}
