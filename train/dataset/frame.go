package dataset

import (
	"math"
	"slices"

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

const (
	frameShare  = 0.9 // of the points which the cameras look at, those that the ball has to hold
	frameMargin = 1.5 // of the radius, for what is without points
	axesShare   = 0.9 // of the cameras, those whose axes have to meet the ball

	minFramePoints = 16   // below, points say nothing
	maxFramePoints = 2048 // above, every few are taken
	frameSteps     = 64
)

// frameOf finds the scene's frame from the cameras and the points that they have in common. What cameras look at is
// near the middle of their pictures, while what is behind it, and beside it, moves through all of the picture. So the
// ball is the smallest that holds nine in ten of the points which are near the middle in most of their views, and
// some more. Without points it is that of [plucker.FrameOf].
func frameOf(cams []plucker.Camera, points []seenPoint) plucker.Frame {
	f := plucker.FrameOf(cams)
	if points = lookedAt(points); len(points) < minFramePoints {
		return f
	}
	for k := range 3 {
		at := make([]float64, len(points))
		for i := range points {
			at[i] = points[i].pos[k]
		}
		f.Center[k] = quantile(at, 0.5)
	}
	// Towards the farthest point of the share, by ever smaller steps: the centre of the smallest ball, as Bădoiu and
	// Clarkson find it (Smaller core-sets for balls, 2003). As the share changes on the way, the best one counts.
	f.Radius = math.Inf(1)
	center, dist := f.Center, make([]float64, len(points))
	for i := range frameSteps {
		for j := range points {
			dist[j] = points[j].pos.Sub(center).Len()
		}
		r := quantile(slices.Clone(dist), frameShare)
		if r < f.Radius {
			f.Center, f.Radius = center, r
		}
		far := points[slices.Index(dist, r)].pos
		center = center.Add(far.Sub(center).Mul(1 / float64(i+2)))
	}
	f.Radius *= frameMargin
	var miss []float64
	for i := range cams {
		to := f.Center.Sub(cams[i].Pose.Pos)
		axis := cams[i].Pose.Forward()
		miss = append(miss, to.Sub(axis.Mul(max(0, to.Dot(axis)))).Len())
	}
	f.Radius = max(f.Radius, quantile(miss, axesShare))
	if f.Validate() != nil {
		return plucker.FrameOf(cams)
	}
	return f
}

// nearShare of the points which photographs have in common may be nearer than they see, as wrong ones are.
const nearShare = 0.005

// nearestSeen is how near to the cameras, along the mean of their directions, what they see begins; 0 where that is not
// known, without points or with points behind them.
func nearestSeen(cams []plucker.Camera, points []seenPoint) float64 {
	if len(points) < minFramePoints {
		return 0
	}
	var eye, forward mgl64.Vec3
	for i := range cams {
		eye, forward = eye.Add(cams[i].Pose.Pos.Mul(1/float64(len(cams)))), forward.Add(cams[i].Pose.Forward())
	}
	forward = forward.Normalize()
	foremost := 0.0 // beyond the mean, the camera that points are nearest to
	for i := range cams {
		foremost = max(foremost, cams[i].Pose.Pos.Sub(eye).Dot(forward))
	}
	depths := make([]float64, len(points))
	for i := range points {
		depths[i] = points[i].pos.Sub(eye).Dot(forward) - foremost
	}
	return max(nearer*quantile(depths, nearShare), 0)
}

// lookedAt returns the points that most of their views have near the middle, or, where that leaves hardly any, those
// that enough views have, or all.
func lookedAt(points []seenPoint) []seenPoint {
	for _, keep := range []func(p *seenPoint) bool{
		func(p *seenPoint) bool { return p.views >= minPointViews && 2*p.near >= p.views },
		func(p *seenPoint) bool { return p.views >= minPointViews },
		func(*seenPoint) bool { return true },
	} {
		var kept []seenPoint
		for i := range points {
			if keep(&points[i]) {
				kept = append(kept, points[i])
			}
		}
		if len(kept) >= minFramePoints {
			n := (len(kept) + maxFramePoints - 1) / maxFramePoints
			for i := 0; i < len(kept); i += n {
				kept[i/n] = kept[i]
			}
			return kept[:(len(kept)+n-1)/n]
		}
	}
	return nil
}

// quantile returns the number below which share of x lies; it sorts x.
func quantile(x []float64, share float64) float64 {
	slices.Sort(x)
	return x[min(int(share*float64(len(x))), len(x)-1)]
}
