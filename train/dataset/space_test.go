package dataset

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

func TestSpaceOf(t *testing.T) {
	unit := plucker.Frame{Radius: 1, Up: mgl64.Vec3{0, 0, 1}}
	var around []plucker.Camera // at 3 and 4 radii, and one in the ball
	for i := range 40 {
		sin, cos := math.Sincos(float64(i))
		at := mgl64.Vec3{cos, sin, 0.3}.Normalize().Mul(float64(3 + i%2))
		if i == 7 {
			at = at.Mul(0.2)
		}
		around = append(around, plucker.Pinhole(plucker.LookAt(at, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 40, 30, 0.8))
	}
	row := sideBySide(5, 40, 30)
	front := plucker.FrameOf(row)
	front.Center = row[2].Pose.Pos.Sub(mgl64.Vec3{0, 0, 5})
	front.Radius = 3
	for _, tt := range []struct {
		name   string
		src    source
		cams   []plucker.Camera
		frame  plucker.Frame
		cutOut bool
		window bool
		clear  float64 // in the world
	}{
		{"an object", source{}, around, unit, false, false, 0},
		{"an object cut out", source{open: true}, around, unit, true, false, 0},
		{"an object in a room", source{open: true}, around, unit, false, false, 0.95 * 3},
		{"an object in a room, how far", source{open: true, near: 1, far: math.Inf(1)}, around, unit, false, false, 0.95 * 3},
		{"a room", source{open: true, near: 1, far: math.Inf(1)}, row, front, false, true, 0},
		{"a room, nothing said", source{open: true}, row, front, false, true, 0},
		{"a grid", source{near: 2, far: 4}, row, front, false, true, 0},
		{"side by side, cut out", source{open: true}, row, front, true, false, 0},
	} {
		got := tt.src.spaceOf(tt.cams, tt.frame, tt.cutOut)
		if (got.Window != nil) != tt.window || math.Abs(got.Clear*got.Radius-tt.clear) > 1e-9 || got.Clear > looseClear ||
			tt.clear == 0 && got.Frame != tt.frame || got.Center != tt.frame.Center || got.Radius < tt.frame.Radius {
			t.Errorf("%s: %+v, want a window: %v, clear %v", tt.name, got, tt.window, tt.clear)
		}
		if err := got.Validate(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestNearestSeen: nothing but a few wrong points is before the plane.
func TestNearestSeen(t *testing.T) {
	cams := sideBySide(5, 40, 30)
	rng := rand.New(rand.NewPCG(1, 2))
	middle := cams[2].Pose.Pos
	var points []seenPoint
	for i := range 1000 {
		z := 2 + 8*rng.Float64()
		if i%300 == 0 {
			z = -rng.Float64()
		}
		points = append(points, seenPoint{pos: middle.Add(mgl64.Vec3{rng.Float64(), rng.Float64(), -z})})
	}
	if got := nearestSeen(cams, points); got < 1.5 || got > 2 {
		t.Errorf("nearest is %v, want a little less than 2", got)
	}
	if got := nearestSeen(cams, points[:3]); got != 0 {
		t.Errorf("nearest of three points is %v, want 0: not known", got)
	}
}

// TestSaveSpace: what is around the ball is kept.
func TestSaveSpace(t *testing.T) {
	set := Procedural(RenderOptions{Views: 2, TestViews: 1, Size: 8})
	window := &plucker.Window{Eye: mgl64.Vec3{0, 0, 2}, Axes: mgl64.Ident3(), Tan: mgl64.Vec2{0.5, 0.4}, Near: 0.3, Far: 7}
	for _, want := range []Space{{Frame: set.Frame}, {Frame: set.Frame, Clear: 2.5}, {Frame: set.Frame, Window: window}} {
		set.Space = want
		dir := t.TempDir() + "/set"
		if err := set.Save(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		got, err := Peek(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Space, want) {
			t.Errorf("space is %+v, want %+v", got.Space, want)
		}
	}
}
