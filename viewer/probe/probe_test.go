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

// TestAround: the ray through the middle is that through the point.
func TestAround(t *testing.T) {
	cam := render.Orbit{ElDeg: 20}.Camera(plucker.UnitFrame(), 40, 30)
	cam.Distortion.K1 = 0.1
	for _, n := range []int{1, 17} {
		some := around(&cam, 7.3, 21.8, n)
		got, want := some.Ray(float64(n)/2, float64(n)/2), cam.Ray(7.3, 21.8)
		if d := got.Dir.Sub(want.Dir).Len(); some.Width != n || some.Height != n || d > 1e-12 {
			t.Errorf("%d×%d pixels around %v, want %d×%d around %v", some.Width, some.Height, got.Dir, n, n, want.Dir)
		}
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
	if p := a.Point; !p.Known() || p.Pos.Sub(want).Len() > 1e-5 || math.Abs(p.Distance-want.Sub(eye).Len()) > 1e-5 {
		t.Errorf("at the pointer is %+v, want %v", p, want)
	}
	if s := a.Span; !(s.Near > 4.5 && s.Near < 5 && s.Far > 5.3 && s.Far < 5.7) {
		t.Errorf("what is seen is from %v to %v deep, want some around 5", s.Near, s.Far)
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

// TestPick: beside what is known, that counts; farther off, nothing does.
func TestPick(t *testing.T) {
	eye := mgl64.Vec3{0, -3, 4}
	cam := plucker.Pinhole(plucker.LookAt(eye, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 200, 100, 0.5)
	edge, v, _, _ := cam.Project(mgl64.Vec3{})
	var g render.Geometry
	for _, tt := range []struct {
		beside float64
		known  bool
	}{{-3, true}, {5, true}, {10, false}} {
		p, err := look(t.Context(), floor{}, &g, &cam, edge+tt.beside, v, 2*reach+1)
		if err != nil || p.Known() != tt.known {
			t.Errorf("%v pixels beside the edge: %+v, %v, want known %v", tt.beside, p, err, tt.known)
		}
		if u, _, _, _ := cam.Project(p.Pos); tt.known && math.Abs(u-min(edge+tt.beside, edge)) > 1.01 {
			t.Errorf("%v pixels beside the edge, what is seen at %v counts, and not at %v", tt.beside, u, edge)
		}
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
