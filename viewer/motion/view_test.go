package motion

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render"
)

// frames are scenes of different size, place and up.
var frames = []plucker.Frame{
	plucker.UnitFrame(),
	{Center: mgl64.Vec3{3, -2, 10}, Radius: 7, Up: mgl64.Vec3{0, 1, 0}},
	{Center: mgl64.Vec3{-0.1, 0.2, 0}, Radius: 0.01, Up: mgl64.Vec3{1, 2, -2}.Normalize()},
}

// randomView returns a view from anywhere outside the ball to somewhere in it, with any roll.
func randomView(rng *rand.Rand, f plucker.Frame) View {
	at := func() mgl64.Vec3 {
		return mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}.Normalize()
	}
	eye := f.Center.Add(at().Mul(f.Radius * (1.2 + 4*rng.Float64())))
	target := f.Center.Add(at().Mul(f.Radius * rng.Float64()))
	v := View{
		Pose:   plucker.LookAt(eye, target, at()),
		Pivot:  eye.Sub(target).Len(),
		FovDeg: 20 + 70*rng.Float64(),
	}
	return v
}

// wantView fails unless v is a view with a rotation that is exact to rounding.
func wantView(t *testing.T, v View) {
	t.Helper()
	if err := v.Validate(); err != nil {
		t.Fatal(err)
	}
	e := norm(v.Pose.Rot.Transpose().Mul3(v.Pose.Rot).Sub(mgl64.Ident3()))
	if !(e < 1e-14) || v.Pose.Rot.Det() < 0 {
		t.Fatalf("|RᵀR−I| = %v, det R = %v, want a rotation", e, v.Pose.Rot.Det())
	}
}

// wantNear fails unless two views are the same to rounding.
func wantNear(t *testing.T, got, want View, tolerance float64) {
	t.Helper()
	if !(apart(got, want) <= tolerance) {
		t.Errorf("the view is %v, want %v: apart by %v", got, want, apart(got, want))
	}
}

func TestHomeIsOrbit(t *testing.T) {
	for _, f := range frames {
		for _, size := range [][2]int{{400, 400}, {640, 480}, {300, 900}} {
			w, h := size[0], size[1]
			v := Home(f, float64(w)/float64(h))
			wantView(t, v)
			got := v.Camera(w, h)
			want := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(f, w, h)
			e := norm(got.Pose.Rot.Sub(want.Pose.Rot)) + got.Pose.Pos.Sub(want.Pose.Pos).Len()/f.Radius
			if !(e < 1e-12) || got.Intrinsics != want.Intrinsics {
				t.Errorf("%d×%d: Home has the camera %v, want %v", w, h, got, want)
			}
			if d := v.Target().Sub(f.Center).Len(); !(d < 1e-12*(f.Radius+f.Center.Len())) {
				t.Errorf("the target is %v from the middle of the scene", d)
			}
		}
	}
}

func TestFromCamera(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, f := range frames {
		for range 100 {
			cam := randomView(rng, f).Camera(320, 240)
			v := FromCamera(&cam, f)
			wantView(t, v)
			got := v.Camera(320, 240)
			if got.Pose != cam.Pose || math.Abs(got.Intrinsics.Fx-cam.Intrinsics.Fx) > 1e-9 {
				t.Fatalf("the camera is %v, want %v", got, cam)
			}
			along := v.Target().Sub(f.Center).Dot(v.Pose.Forward())
			if !(math.Abs(along) < 1e-9*(f.Radius+f.Center.Len())) {
				t.Fatalf("the target is %v before the point nearest to the middle", along)
			}
		}
		away := render.Orbit{Dist: 3}.Camera(f, 32, 32)
		away.Pose.Rot = rotation(f.Up, math.Pi).Mul3(away.Pose.Rot)
		if v := FromCamera(&away, f); math.Abs(v.Pivot-3*f.Radius) > 1e-9*f.Radius {
			t.Errorf("the pivot of a camera that looks away is %v, want %v", v.Pivot, 3*f.Radius)
		}
		inside := away
		inside.Pose.Pos = f.Center
		wantView(t, FromCamera(&inside, f))
	}
}

// TestCarry: in units of the scene's frame, and beside what is up there, a view stays as it is, and it comes back.
func TestCarry(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, from := range frames {
		for _, to := range frames {
			v := randomView(rng, from)
			got := Carry(v, from, to)
			wantView(t, got)
			inUnits := func(v View, f plucker.Frame) [6]float64 {
				at := v.Pose.Pos.Sub(f.Center).Mul(1 / f.Radius)
				return [6]float64{at.Len(), at.Dot(f.Up), v.Pose.Forward().Dot(f.Up), v.Pose.Right().Dot(f.Up), at.Dot(v.Pose.Forward()), v.Pivot / f.Radius}
			}
			was, is := inUnits(v, from), inUnits(got, to)
			for i := range was {
				if !(math.Abs(is[i]-was[i]) < 1e-6) {
					t.Errorf("from %v to %v, %v has become %v", from, to, was, is)
				}
			}
			back := Carry(got, to, from)
			if e := norm(back.Pose.Rot.Sub(v.Pose.Rot)) + back.Pose.Pos.Sub(v.Pose.Pos).Len()/from.Radius; !(e < 1e-6) || back.FovDeg != v.FovDeg {
				t.Errorf("from %v to %v and back, %v has become %v", from, to, v, back)
			}
		}
	}
}

// TestFrameScene checks that the ball touches the nearer edge of the picture, in the same direction.
func TestFrameScene(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, f := range frames {
		for _, size := range [][2]int{{400, 400}, {640, 480}, {300, 900}} {
			w, h := size[0], size[1]
			old := randomView(rng, f)
			v := FrameScene(old, f, float64(w)/float64(h))
			wantView(t, v)
			if v.Pose.Rot != old.Pose.Rot || v.FovDeg != old.FovDeg {
				t.Fatalf("FrameScene turns %v into %v", old, v)
			}
			cam := v.Camera(w, h)
			edge := cam.Ray(float64(w), float64(h)/2)
			if h < w {
				edge = cam.Ray(float64(w)/2, 0)
			}
			to := f.Center.Sub(edge.Origin)
			if d := to.Sub(edge.Dir.Mul(to.Dot(edge.Dir))).Len(); math.Abs(d/f.Radius-1) > 1e-9 {
				t.Errorf("%d×%d: the ray through the edge passes the middle at %v radii, want 1", w, h, d/f.Radius)
			}
		}
	}
	for _, aspect := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		wantView(t, Home(frames[0], aspect))
		wantView(t, FrameScene(Home(frames[0], 1), frames[0], aspect))
	}
}

func TestViewJSON(t *testing.T) {
	v := Home(frames[1], 1.5)
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var got View
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got != v {
		t.Errorf("%s is read as %v, want %v", b, got, v)
	}
}

func TestValidate(t *testing.T) {
	good := Home(frames[0], 1)
	for name, change := range map[string]func(*View){
		"zero":       func(v *View) { *v = View{} },
		"no pose":    func(v *View) { v.Pose = plucker.Pose{} },
		"NaN":        func(v *View) { v.Pose.Pos[1] = math.NaN() },
		"far":        func(v *View) { v.Pose.Pos[2] = 1e300 },
		"pivot":      func(v *View) { v.Pivot = 0 },
		"pivot NaN":  func(v *View) { v.Pivot = math.NaN() },
		"fov":        func(v *View) { v.FovDeg = 180 },
		"fov NaN":    func(v *View) { v.FovDeg = math.NaN() },
		"reflection": func(v *View) { v.Pose.Rot = v.Pose.Rot.Mul(-1) },
	} {
		v := good
		change(&v)
		if v.Validate() == nil {
			t.Errorf("%s: Validate accepts %v", name, v)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

func Example() {
	f := plucker.UnitFrame()
	v := Home(f, 4/3.)
	for range 4 {
		v = Orbit(v, f.Up, 640/2, 0, 640, 480)
		fmt.Printf("%.3f\n", v.Pose.Pos)
	}
	// Output:
	// [-3.090 -1.784 1.299]
	// [-1.784 3.090 1.299]
	// [3.090 1.784 1.299]
	// [1.784 -3.090 1.299]
}
