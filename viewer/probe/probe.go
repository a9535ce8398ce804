package probe

import (
	"context"
	"slices"

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
	Spread     float64    // the standard deviation of Distance
	Confidence float64    // see [lfn.Confident]
}

// Known says whether the point counts as seen.
func (p *Point) Known() bool { return p.Confidence >= lfn.Confident }

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
	seen     []float64
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
		cam := At(&q.Camera, q.U, q.V)
		if to.Err = s.renderer.Geometry(ctx, g, &cam); to.Err != nil {
			return
		}
		d := float64(g.Distance[0])
		ray := q.Camera.Ray(q.U, q.V)
		to.Point = Point{ray.Origin.Add(ray.Dir.Mul(d)), d, float64(g.Spread[0]), float64(g.Confidence[0])}
	}
	if q.Span {
		cam := q.Camera.Scaled(spanW, spanH)
		if to.Err = s.renderer.Geometry(ctx, g, &cam); to.Err != nil {
			return
		}
		s.seen = s.seen[:0]
		for i, d := range g.Distance {
			if g.Confidence[i] >= lfn.Confident {
				s.seen = append(s.seen, float64(d))
			}
		}
		to.Span = SpanOf(s.seen)
	}
}

// At is a camera of one pixel whose middle is the point (u, v) of cam's picture.
func At(cam *plucker.Camera, u, v float64) plucker.Camera {
	c := *cam
	c.Width, c.Height = 1, 1
	c.Intrinsics.Cx -= u - 0.5
	c.Intrinsics.Cy -= v - 0.5
	return c
}

// Span is from where to where distances reach; the zero value is of none.
type Span struct{ Near, Far float64 }

const (
	outliers = 0.01 // the share of distances beyond either end that nobody minds
	leeway   = 0.03 // beyond both ends, as a share of what is between
	narrow   = 0.01 // the least that is between, as a share of Far
)

// SpanOf is the span of distances above 0, which it sorts, with some room at both ends.
func SpanOf(distances []float64) Span {
	n := len(distances)
	if n == 0 {
		return Span{}
	}
	slices.Sort(distances)
	few := int(outliers * float64(n))
	near, far := distances[few], distances[n-1-few]
	room := max(leeway*(far-near), narrow/2*far)
	return Span{max(near-room, 0), far + room}
}
