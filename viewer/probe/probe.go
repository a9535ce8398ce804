package probe

import (
	"context"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
)

// Question is what somebody wants to know of a picture.
type Question struct {
	Model  *lfn.Model
	Camera plucker.Camera
	U, V   float64 // of the pointer, in pixels of the camera's picture
	Point  bool    // what is at the pointer
	Span   bool    // from where to where what is seen reaches
}

// Answer is what there is to know.
type Answer struct {
	Question Question
	Point    Point
	Span     Span
	Err      error // why the model tells nothing; nil where it does
}

// Point is what a ray meets.
type Point struct {
	Pos        mgl64.Vec3 // in the world
	Distance   float64    // from the camera, in the world; 0 where nothing is known
	Confidence float64    // see [lfn.Confident]
}

// Known says whether the point counts as seen.
func (p *Point) Known() bool { return p.Confidence >= lfn.Confident }

// Span is from where to where most of the depths along the viewing axis are, in the world; the zero value is of none.
type Span struct{ Near, Far float64 }

// New makes a worker that answers questions by what the processors render.
func New(notify func()) *Worker[Question, Answer] {
	var s scratch
	return NewWorker(s.answer, notify)
}

// scratch is the worker's memory.
type scratch struct {
	model    *lfn.Model
	renderer render.GeometryRenderer // of model
	geometry render.Geometry
	depths   []float32
}

// spanW×spanH rays find the span of a picture.
const (
	spanW = 48
	spanH = 32
)

func (s *scratch) answer(ctx context.Context, q Question, to *Answer) {
	*to = Answer{Question: q}
	if s.model != q.Model {
		s.model, s.renderer = q.Model, render.NewCPU(q.Model.Network.Pack(), q.Model.Scene)
	}
	g := &s.geometry
	if q.Point {
		if to.Point, to.Err = look(ctx, s.renderer, g, &q.Camera, q.U, q.V, 1); to.Err != nil {
			return
		}
	}
	if q.Span {
		cam := q.Camera.Scaled(spanW, spanH)
		if to.Err = s.renderer.Geometry(ctx, g, &cam); to.Err != nil {
			return
		}
		s.depths = g.Depths(s.depths, &cam)
		to.Span.Near, to.Span.Far, _ = render.NearFar(s.depths)
	}
}

// reach is how far from the pointer what it points at may be, in pixels.
const reach = 8

// Pick finds what m shows cam at the point (u, v) of its picture, or the nearest to it, within some pixels, that is known.
func Pick(ctx context.Context, m *lfn.Model, cam *plucker.Camera, u, v float64) (Point, error) {
	return look(ctx, render.NewCPU(m.Network.Pack(), m.Scene), new(render.Geometry), cam, u, v, 2*reach+1)
}

// look has r render n×n pixels, n odd, around (u, v) to g. It finds the nearest of them that is known, or else that in the
// middle.
func look(ctx context.Context, r render.GeometryRenderer, g *render.Geometry, cam *plucker.Camera, u, v float64, n int) (Point, error) {
	c := around(cam, u, v, n)
	if err := r.Geometry(ctx, g, &c); err != nil {
		return Point{}, err
	}
	best, least := n*n/2, n*n
	for i, confidence := range g.Confidence {
		x, y := i%n-n/2, i/n-n/2
		if d2 := x*x + y*y; confidence >= lfn.Confident && d2 < least {
			best, least = i, d2
		}
	}
	d := float64(g.Distance[best])
	ray := c.Ray(float64(best%n)+0.5, float64(best/n)+0.5)
	return Point{ray.Origin.Add(ray.Dir.Mul(d)), d, float64(g.Confidence[best])}, nil
}

// around is a camera of n×n pixels of cam's picture, with the point (u, v) in the middle.
func around(cam *plucker.Camera, u, v float64, n int) plucker.Camera {
	c := *cam
	c.Width, c.Height = n, n
	c.Intrinsics.Cx -= u - float64(n)/2
	c.Intrinsics.Cy -= v - float64(n)/2
	return c
}
