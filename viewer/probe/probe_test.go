package probe

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
)

func TestSpanOf(t *testing.T) {
	many := make([]float64, 1000)
	for i := range many {
		many[i] = 2 + float64(i)/1000
	}
	many[0], many[1] = 1e-6, 1e6 // outliers
	for _, tt := range []struct {
		name      string
		distances []float64
		want      Span
	}{
		{"none", nil, Span{}},
		{"one", []float64{4}, Span{3.98, 4.02}},
		{"two", []float64{3, 1}, Span{0.94, 3.06}},
		{"many", many, Span{2.01 - 0.03*0.98, 2.989 + 0.03*0.98}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := SpanOf(tt.distances)
			if math.Abs(got.Near-tt.want.Near) > 2e-3 || math.Abs(got.Far-tt.want.Far) > 2e-3 {
				t.Errorf("SpanOf = %v, want %v", got, tt.want)
			}
		})
	}
}

// TestAt: the ray through the pixel is that through the point.
func TestAt(t *testing.T) {
	cam := render.Orbit{ElDeg: 20}.Camera(plucker.UnitFrame(), 40, 30)
	cam.Distortion.K1 = 0.1
	one := At(&cam, 7.3, 21.8)
	got, want := one.Ray(0.5, 0.5), cam.Ray(7.3, 21.8)
	if d := got.Dir.Sub(want.Dir).Len(); one.Width != 1 || one.Height != 1 || d > 1e-12 {
		t.Errorf("%d×%d pixels along %v, want one along %v", one.Width, one.Height, got.Dir, want.Dir)
	}
}

// floor is a renderer of the plane z = 0, which is known where x is below 0.
type floor struct{ wrong error }

func (floor) Render(context.Context, *render.Image, *plucker.Camera, render.Options) error {
	return nil
}

func (f floor) Geometry(_ context.Context, dst *render.Geometry, cam *plucker.Camera) error {
	dst.Resize(cam.Width, cam.Height)
	for i := range cam.Width * cam.Height {
		ray := cam.Ray(float64(i%cam.Width)+0.5, float64(i/cam.Width)+0.5)
		d := -ray.Origin[2] / ray.Dir[2]
		dst.Distance[i], dst.Spread[i], dst.Confidence[i] = 0, 0, 0
		if d > 0 && ray.Origin[0]+d*ray.Dir[0] < 0 {
			dst.Distance[i], dst.Spread[i], dst.Confidence[i] = float32(d), 0.1, 0.8
		}
	}
	return f.wrong
}

// ask answers a question about floors.
func ask(q Question, wrong error) (a Answer) {
	q.Model = new(lfn.Model)
	s := scratch{model: q.Model, renderer: floor{wrong}}
	s.answer(context.Background(), q, &a)
	return a
}

func TestAnswer(t *testing.T) {
	eye := mgl64.Vec3{0, -3, 4}
	cam := plucker.Pinhole(plucker.LookAt(eye, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 200, 100, 0.5)
	want := mgl64.Vec3{-0.4, 0.3, 0}
	u, v, _, _ := cam.Project(want)
	a := ask(Question{Camera: cam, U: u, V: v, Point: true, Span: true}, nil)
	if p := a.Point; !p.Known() || p.Pos.Sub(want).Len() > 1e-5 || math.Abs(p.Distance-want.Sub(eye).Len()) > 1e-5 || p.Spread != float64(float32(0.1)) {
		t.Errorf("at the pointer is %+v, want %v", p, want)
	}
	if s := a.Span; !(s.Near > 4.5 && s.Near < 5 && s.Far > 5.4 && s.Far < 5.8) {
		t.Errorf("what is seen is from %v to %v away, want some around 5", s.Near, s.Far)
	}
	u, v, _, _ = cam.Project(mgl64.Vec3{0.4, 0.3, 0})
	if a := ask(Question{Camera: cam, U: u, V: v, Point: true}, nil); a.Point.Known() || a.Point.Distance != 0 || a.Span != (Span{}) || a.Err != nil {
		t.Errorf("where nothing is known, the answer is %+v", a)
	}
	up := plucker.Pinhole(plucker.LookAt(eye, mgl64.Vec3{0, 0, 9}, mgl64.Vec3{0, 0, 1}), 200, 100, 0.5)
	if a := ask(Question{Camera: up, Span: true}, nil); a.Span != (Span{}) {
		t.Errorf("of nothing but background, the span is %v, want none", a.Span)
	}
	wrong := errors.New("colours only")
	if a := ask(Question{Camera: cam, Point: true, Span: true}, wrong); a.Err != wrong || a.Point.Known() || a.Span != (Span{}) {
		t.Errorf("where nothing can be told, the answer is %+v", a)
	}
}

// TestNewest: of the questions that come while one is answered, the newest is answered.
func TestNewest(t *testing.T) {
	begun, wait := make(chan int), make(chan struct{})
	w := NewWorker(func(_ context.Context, q int, to *int) {
		begun <- q
		<-wait
		*to = 10 * q
	}, func() {})
	defer w.Close()
	w.Ask(1)
	if q := <-begun; q != 1 {
		t.Errorf("question %d, want 1", q)
	}
	w.Ask(2)
	w.Ask(3)
	wait <- struct{}{}
	if q := <-begun; q != 3 {
		t.Errorf("question %d, want 3", q)
	}
	var got int
	if !w.Take(&got) || got != 10 || !w.Busy() {
		t.Errorf("the answer is %d, want 10 and the next to come", got)
	}
	w.Ask(3) // is being answered
	wait <- struct{}{}
	for w.Busy() {
		runtime.Gosched()
	}
	if !w.Take(&got) || got != 30 {
		t.Errorf("the answer is %d, want 30", got)
	}
	if w.Take(&got) {
		t.Errorf("an answer twice")
	}
}

// TestClose: an answer in the making learns that nobody waits.
func TestClose(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	w := NewWorker(func(ctx context.Context, _ int, _ *int) {
		close(begun)
		<-ctx.Done()
		close(ended)
	}, func() {})
	w.Ask(1)
	<-begun
	w.Close()
	<-ended
}
