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

	scale float64   // now; 0 before the first
	mean  float64   // seconds from one picture to the next at this scale, smoothed
	n     int       // pictures that are in it
	last  time.Time // when the newest picture was shown
}

// steps are the parts of each side that pictures may have: few, so that the picture does not swim.
var steps = []float64{1, 7. / 8, 3. / 4, 5. / 8, 1. / 2, 7. / 16, 3. / 8, 5. / 16, 1. / 4, 3. / 16, 1. / 8, 1. / 12, 1. / 16}

const (
	measured = 5    // pictures after which a scale is judged
	tooSlow  = 1.15 // times the target's interval, from which on the scale falls
	roomy    = 0.9  // times the target's interval, within which a larger scale must be expected to stay
)

// restart forgets how long pictures took, which will be others from now on.
func (p *pace) restart() { p.mean, p.n = 0, 0 }

// shown notes that a picture in motion was shown.
func (p *pace) shown(now time.Time) {
	dt := now.Sub(p.last).Seconds()
	p.last = now
	if dt > 0.5 && dt*p.target > 4 { // the motion has just begun
		return
	}
	p.n++
	p.mean += (dt - p.mean) / float64(min(p.n, 2*measured))
}

// choose returns the part of each side for the next picture of a window of w×h pixels. raysPerS is how fast pictures
// are made.
func (p *pace) choose(w, h int, raysPerS float64) float64 {
	if p.fixed > 0 {
		p.scale = p.fixed
		return p.scale
	}
	interval := 1 / p.target
	was := p.scale
	switch {
	case p.scale == 0:
		p.scale = 0.5
		if raysPerS > 0 {
			p.scale = step(math.Sqrt(0.5 * interval * raysPerS / float64(w*h)))
		}
	case p.n >= measured && p.mean > tooSlow*interval:
		p.scale = min(step(p.scale*math.Sqrt(interval/p.mean)), p.scale)
	case p.n >= measured && raysPerS > 0:
		// The time that is left, in pixels more.
		more := (roomy*interval - p.mean) * raysPerS / float64(w*h)
		p.scale = max(step(math.Sqrt(max(p.scale*p.scale+more, 0))), p.scale)
	}
	if p.scale != was {
		p.restart()
	}
	return p.scale
}

// step is the largest of the steps that is not above s.
func step(s float64) float64 {
	for _, t := range steps {
		if t <= s+1e-9 {
			return t
		}
	}
	return steps[len(steps)-1]
}
