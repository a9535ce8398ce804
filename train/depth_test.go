package train

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train/dataset"
)

func TestDepthErrors(t *testing.T) {
	var e DepthErrors
	if q := e.Quality(); q != (DepthQuality{}) {
		t.Errorf("of nothing: %+v", q)
	}
	e.Add([]float32{0, 0, 5}, []float32{0, 2, 0})
	if q := e.Quality(); q != (DepthQuality{Spurious: 0.5}) {
		t.Errorf("without depth on objects: %+v", q)
	}
	e.Add([]float32{2, 3.5, 0, 0}, []float32{2.5, 3.25, 4, 0})
	// Of four pixels on objects two have depth, off by 0.5 and 0.25; of three others one.
	if q, want := e.Quality(), (DepthQuality{Mean: 0.375, P95: 0.5, Coverage: 0.5, Weighted: 0.75, Spurious: 1. / 3}); q != want {
		t.Errorf("quality is %+v, want %+v", q, want)
	}
	var many DepthErrors
	for i := range 100 {
		many.Add([]float32{1 + float32(i)/128}, []float32{1})
	}
	if q := many.Quality(); q.P95 != 94./128 {
		t.Errorf("of errors 0 to 99, 95 are within %v, want 94", q.P95*128)
	}
}

// wall is a set of nine views, 3×3 side by side, of a wall at depth 3 whose colours are pattern's.
func wall(pattern func(x, y float64) float64) *dataset.Set {
	s := &dataset.Set{Space: dataset.Space{Frame: plucker.Frame{Center: mgl64.Vec3{0, 0, -3}, Radius: 1.5, Up: mgl64.Vec3{0, 1, 0}}}}
	for i := range 9 {
		eye := mgl64.Vec3{0.3 * float64(i%3-1), 0.3 * float64(i/3-1), 0}
		v := dataset.View{Name: "wall", Camera: plucker.Pinhole(plucker.Pose{Rot: mgl64.Ident3(), Pos: eye}, 48, 40, 0.7)}
		for k := range 48 * 40 {
			p := v.Camera.Unproject(float64(k%48)+0.5, float64(k/48)+0.5, 3)
			c := byte(255*pattern(p[0], p[1]) + 0.5)
			v.Pix = append(v.Pix, c, c, c, 255)
			v.Depth = append(v.Depth, 3)
		}
		s.Views = append(s.Views, v)
	}
	return s
}

func TestPlaneSweep(t *testing.T) {
	s := wall(func(x, y float64) float64 { return 0.5 + 0.25*math.Sin(19*x+3*y) + 0.2*math.Sin(23*y-11*x+1) })
	depths, err := PlaneSweep(context.Background(), s, 4, [3]float32{})
	if err != nil {
		t.Fatal(err)
	}
	var e DepthErrors
	e.Add(depths, s.Views[4].Depth)
	if q := e.Quality(); !(q.Coverage > 0.7 && q.P95 < 0.04) {
		t.Errorf("of a wall with a pattern at 3: %+v", q)
	}
	plain := wall(func(x, y float64) float64 { return 0.5 })
	if depths, err = PlaneSweep(context.Background(), plain, 4, [3]float32{}); err != nil {
		t.Fatal(err)
	}
	for i, d := range depths {
		if d != 0 {
			t.Fatalf("of a wall without a pattern pixel %d has depth %v, want none", i, d)
		}
	}
}

func TestPlaneSweepErrors(t *testing.T) {
	s := wall(func(x, y float64) float64 { return 0.5 })
	s.Views = s.Views[:2]
	if _, err := PlaneSweep(context.Background(), s, 0, [3]float32{}); err == nil || !strings.Contains(err.Error(), "1 other views") {
		t.Errorf("with one other view: %v", err)
	}
	s = wall(func(x, y float64) float64 { return 0.5 })
	s.Center = mgl64.Vec3{0, 0, 3}
	if _, err := PlaneSweep(context.Background(), s, 0, [3]float32{}); err == nil || !strings.Contains(err.Error(), "behind the camera") {
		t.Errorf("of a scene behind the camera: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := PlaneSweep(ctx, wall(func(x, y float64) float64 { return x }), 0, [3]float32{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// exact is the built-in scene, which tells where it is.
type exact struct{ scene dataset.Scene }

func (e exact) Colors(rgb []float32, rays []plucker.Coords) {}

func (e exact) Surfaces(rgb []float32, surfaces []lfn.Surface, rays []plucker.Coords) {
	for i, c := range rays {
		surfaces[i] = lfn.Surface{}
		r := c.Ray() // from the middle; back to before the ball
		r.Origin = r.Origin.Sub(r.Dir.Mul(2))
		if _, far, hit := e.scene.Trace(r); hit {
			surfaces[i] = lfn.Surface{Along: float32(far - 2), Confidence: 1}
		}
	}
}

func TestEvaluateDepth(t *testing.T) {
	s := dataset.Procedural(dataset.RenderOptions{Views: 1, TestViews: 2, Size: 24, Samples: 1, Depth: true})
	s.Views[2].Depth = nil
	r := render.NewCPU(exact{dataset.DefaultScene()}, s.Frame)
	var e DepthErrors
	var seen []int
	err := EvaluateDepth(context.Background(), r, s, s.Split(dataset.Test), func(i int, depths []float32) error {
		e.Add(depths, s.Views[i].Depth)
		seen = append(seen, i)
		return nil
	})
	if err != nil || len(seen) != 1 || seen[0] != 1 {
		t.Fatalf("views %v, %v, want the one with depth", seen, err)
	}
	// Rays of float32 pass an edge on the other side here and there.
	if q := e.Quality(); !(q.Coverage > 0.98 && q.Mean < 0.01 && q.Spurious < 0.02) {
		t.Errorf("of the scene itself: %+v", q)
	}
}
