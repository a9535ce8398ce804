package dataset

import (
	"fmt"
	"math"

	"lfnview/plucker"
)

// A Space is where the content of a scene is.
type Space struct {
	plucker.Frame

	// Window is that of cameras which all look the same way; nil for others.
	Window *plucker.Window `json:"window,omitempty"`

	// Clear is not 0 where there is content outside of the Frame's ball as well. It is the radius, in that of the ball, of
	// one about the same centre that holds no camera, or hardly any.
	Clear float64 `json:"clear,omitempty"`
}

// Where says where the content is, in a few words.
func (s *Space) Where() string {
	switch w := s.Window; {
	case w != nil:
		deg := func(tan float64) float64 { return 360 / math.Pi * math.Atan(tan) }
		far := "infinity"
		if w.Far > 0 {
			far = fmt.Sprintf("%.3g scene radii", w.Far)
		}
		return fmt.Sprintf("in front of the cameras, %.0f° wide and %.0f° high, from %.3g scene radii to %s", deg(w.Tan[0]), deg(w.Tan[1]), w.Near, far)
	case s.Clear > 0:
		return fmt.Sprintf("in the ball and around it, to infinity; cameras from %.3g scene radii on", s.Clear)
	}
	return "in the ball"
}

// Validate returns an error which names the first thing that is wrong with the space.
func (s *Space) Validate() error {
	if err := s.Frame.Validate(); err != nil {
		return err
	}
	if s.Clear != 0 && !(s.Clear >= leastClear && s.Clear <= mostClear) || s.Window != nil && s.Clear != 0 {
		return fmt.Errorf("clear is %v, want none, or without a window %v to %v", s.Clear, leastClear, mostClear)
	}
	if s.Window != nil {
		return s.Window.Validate()
	}
	return nil
}

const (
	leastClear, mostClear = 0.01, 100 // radii
	looseClear            = 1.6       // radii; farther than that from cameras, a ball that was found by its points grows

	clearShare = 0.05 // of the cameras, those that may be in the ball without cameras
	clearOf    = 0.95 // how much nearer than they are it ends
)

// spaceOf finds where the content of cameras is, in the ball of f. Those which look the same way have a window; around what
// others look at, there is more to be seen where the photographs are not cut out.
func (src *source) spaceOf(cams []plucker.Camera, f plucker.Frame, cutOut bool) Space {
	s := Space{Frame: f}
	open := src.open && !cutOut
	near, far := src.near, src.far
	if near == 0 && open { // as near as the ball
		near, far = nearest(cams, f.Center)-f.Radius, math.Inf(1)
	}
	if w := plucker.WindowOf(cams, f, near, far); w != nil {
		// Its texels grow with the distance: they are to be smaller than the ball's half way from the nearest to the centre.
		if max(w.Tan[0], w.Tan[1])*math.Sqrt(w.Near*w.Eye.Len()) < 1 {
			s.Window = w
			return s
		}
	}
	if !open {
		return s
	}
	dist := make([]float64, len(cams))
	for i := range cams {
		dist[i] = cams[i].Pose.Pos.Sub(f.Center).Len() / f.Radius
	}
	s.Clear = max(clearOf*quantile(dist, clearShare), leastClear)
	if s.Clear > looseClear { // what is before the cameras is better placed inside than around a tight ball
		s.Radius *= s.Clear / looseClear
		s.Clear = looseClear
	}
	return s
}
