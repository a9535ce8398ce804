package train

import (
	"errors"
	"math"
	"slices"

	"lfnview/lfn"
	"lfnview/plucker"
)

const (
	lensViews = 16  // that are looked at in a round
	lensShare = 0.6 // of a step, at the begin of the run
	lensPrior = 5e-4 * refinePixels
	lensFirst = 0.2 // share of the run before poses are corrected, too: they would take over what the lens does
)

// lens corrects the focal length that all photographs share, every round, by a Gauss-Newton step on the squared difference
// between some pixels of some photographs and what the network sees there. The derivative is a difference, as in [refiner].
//
// With the focal length the scene's frame becomes smaller, so that cameras are as much farther off as they see narrower.
// What is seen stays where it is in the pictures then, but for the perspective, which is what tells the focal length;
// otherwise the network would have to shrink or enlarge all it has learned with every step.
type lens struct {
	pixels *pixels
	given  plucker.Camera // its focal length is the given one
	frame  plucker.Frame  // as given
	zoom   []float32      // one value: the logarithm of what focal lengths are multiplied by

	// Of the round at hand.
	field lfn.LightField
	step  int // of the run
	first int // view
	hints [lensViews]hint

	task func(i int)
}

// A hint is what a photograph says of the zoom: the derivative of half the squared difference, with its sign turned, and
// about the second derivative.
type hint struct{ slope, curve float64 }

// newLens fails where the photographs are not of one lens.
func newLens(p *pixels) (*lens, error) {
	l := &lens{pixels: p, given: p.cameras[0], frame: p.frame, zoom: make([]float32, 1)}
	if !slices.ContainsFunc(p.cameras, l.isOther) {
		l.task = func(i int) { l.hints[i] = l.look((l.first + i) % len(p.cameras)) }
		return l, nil
	}
	return nil, errors.New("the photographs are of several lenses or focal lengths, and only one can be corrected: leave --refine-lens out")
}

// isOther reports whether a camera is given with another lens, focal length or size of picture.
func (l *lens) isOther(c plucker.Camera) bool {
	return c.Intrinsics != l.given.Intrinsics || c.Distortion != l.given.Distortion || c.Width != l.given.Width || c.Height != l.given.Height
}

// refineLens does a step, a smaller one as the run ends.
func (t *Trainer) refineLens() {
	l := t.lens
	if l == nil || t.rounds.Step < warmUp {
		return
	}
	l.field, l.step, l.first = t.network.Pack(), t.rounds.Step, t.rounds.Step/round*lensViews
	n := min(lensViews, len(l.pixels.cameras))
	t.learner.Run(n, l.task)
	l.focus(l.hints[:n], lensShare*0.5*(1+math.Cos(math.Pi*t.rounds.Fraction())))
	t.applyLens()
}

// focus does a share of the step that the hints ask for, against a pull towards the given focal length.
func (l *lens) focus(hints []hint, share float64) {
	pixel := footprint(&l.given, &l.frame)
	weight := lensPrior / (pixel * pixel)
	sum := hint{-weight * float64(l.zoom[0]), weight}
	for _, h := range hints {
		sum.slope += h.slope
		sum.curve += h.curve
	}
	step := sum.slope / sum.curve
	l.zoom[0] += float32(share * max(-pixel, min(pixel, step)))
}

// look is what the photograph of a view says.
func (l *lens) look(view int) hint {
	at, photo := l.pixels.some(view, l.step, refinePixels)
	pixel, zoom := footprint(&l.given, &l.frame), float64(l.zoom[0])
	colors := func(zoom float64) []float32 {
		cam, frame := l.through(l.pixels.cameras[view], zoom)
		return seen(l.field, cam, frame, at)
	}
	less, now, more := colors(zoom-pixel), colors(zoom), colors(zoom+pixel)
	var h hint
	for i := range now {
		slope := float64(more[i]-less[i]) / (2 * pixel)
		h.slope += slope * float64(photo[i]-now[i])
		h.curve += slope * slope
	}
	return h
}

// through is a camera of that lens with a zoom, and the scene's frame that goes with it.
func (l *lens) through(c plucker.Camera, zoom float64) (plucker.Camera, plucker.Frame) {
	f, by := l.frame, math.Exp(zoom)
	c.Intrinsics.Fx, c.Intrinsics.Fy = l.given.Intrinsics.Fx*by, l.given.Intrinsics.Fy*by
	f.Radius /= by
	return c, f
}

// applyLens makes rays come through the corrected lens.
func (t *Trainer) applyLens() {
	l, p := t.lens, t.pixels
	for i := range p.cameras {
		p.cameras[i], p.frame = l.through(p.cameras[i], float64(l.zoom[0]))
		if t.refiner != nil {
			t.refiner.given[i], _ = l.through(t.refiner.given[i], float64(l.zoom[0]))
		}
	}
}

// refocused is a camera of the data set with the corrected focal length, where it is of that lens.
func (l *lens) refocused(c plucker.Camera) plucker.Camera {
	if !l.isOther(c) {
		c, _ = l.through(c, float64(l.zoom[0]))
	}
	return c
}
