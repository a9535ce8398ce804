package dataset

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// A seenPoint is a point of the scene that photographs have in common.
type seenPoint struct {
	pos         mgl64.Vec3
	views, near int32 // how many of them, and in how many it is near the middle
}

// see counts a view.
func (p *seenPoint) see(c *plucker.Camera) {
	p.views++
	w, h := float64(c.Width), float64(c.Height)
	if u, v, _, ok := c.Project(p.pos); ok && math.Abs(u-w/2) <= w/4 && math.Abs(v-h/2) <= h/4 {
		p.near++
	}
}

const (
	maxSeenPoints  = 1 << 18 // above, every other one is dropped: they say no more
	maxPointPixels = 2       // mean distance between a point's image and where it was found, of those believed
	minPointViews  = 3
)

// seenPoints gathers points, and a share of them where there are many.
type seenPoints struct {
	kept   []seenPoint
	n      int
	stride int // every stride-th is kept
}

// add returns the point to count views of, or nil where it is not kept. The pointer is good until the next.
func (s *seenPoints) add(pos mgl64.Vec3, pixels float64) *seenPoint {
	if !(pixels <= maxPointPixels) {
		return nil
	}
	s.n++
	s.stride = max(s.stride, 1)
	if s.n%s.stride != 0 {
		return nil
	}
	if len(s.kept) == maxSeenPoints {
		for i := range maxSeenPoints / 2 {
			s.kept[i] = s.kept[2*i+1]
		}
		s.kept = s.kept[:maxSeenPoints/2]
		s.stride *= 2
		if s.n%s.stride != 0 {
			return nil
		}
	}
	s.kept = append(s.kept, seenPoint{pos: pos})
	return &s.kept[len(s.kept)-1]
}

// frameOf finds the scene's frame from the cameras and the points that they have in common: the ball that holds nine
// in ten of the points which the cameras look at, about where they look.
func frameOf(cams []plucker.Camera, points []seenPoint) plucker.Frame {
	f := plucker.FrameOf(cams)
	return f
}
