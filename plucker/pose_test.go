package plucker

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
)

func TestPoseInverse(t *testing.T) {
	r := newRand()
	for range 200 {
		camToWorld := randPose(r)
		worldToCam := camToWorld.Inverse()
		for i, e := range worldToCam.Mat4().Mul4(camToWorld.Mat4()).Sub(mgl64.Ident4()) {
			if math.Abs(e) > 1e-12 {
				t.Fatalf("worldToCam∘camToWorld − I has %v at %d, want 0", e, i)
			}
		}
	}
}

func TestLookAt(t *testing.T) {
	z := mgl64.Vec3{0, 0, 1}
	for _, tt := range []struct {
		name            string
		eye, target, up mgl64.Vec3
	}{
		{"level", mgl64.Vec3{3, 0, 0}, mgl64.Vec3{}, z},
		{"straight down", mgl64.Vec3{0, 0, 3}, mgl64.Vec3{}, z},
		{"along y with up y", mgl64.Vec3{0, 3, 0}, mgl64.Vec3{}, mgl64.Vec3{0, 1, 0}},
		{"no up", mgl64.Vec3{1, 2, 3}, mgl64.Vec3{}, mgl64.Vec3{}},
		{"no way to look", mgl64.Vec3{1, 2, 3}, mgl64.Vec3{1, 2, 3}, z},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := LookAt(tt.eye, tt.target, tt.up)
			if e := rigidError(p.Rot); e > 1e-12 || p.Rot.Det() < 0 {
				t.Fatalf("LookAt = %v, want a rotation", p.Rot)
			}
			if d := tt.target.Sub(tt.eye); d.Len() > 0 && !approx(p.Forward(), d.Normalize(), 1e-12) {
				t.Errorf("Forward = %v, want %v", p.Forward(), d.Normalize())
			}
		})
	}
	if p := LookAt(mgl64.Vec3{3, 0, 0}, mgl64.Vec3{}, z); !approx(p.Up(), z, 1e-12) || !approx(p.Right(), mgl64.Vec3{0, 1, 0}, 1e-12) {
		t.Errorf("Up, Right = %v, %v, want +Z, +Y", p.Up(), p.Right())
	}
}

func TestPoseFromMat4(t *testing.T) {
	good := LookAt(mgl64.Vec3{1, 2, 3}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1})
	for _, tt := range []struct {
		name string
		edit func(m *mgl64.Mat4)
		want string
	}{
		{"as it is", func(m *mgl64.Mat4) {}, ""},
		{"a little off", func(m *mgl64.Mat4) { m[0] += 2e-4 }, ""},
		{"scaled", func(m *mgl64.Mat4) { *m = m.Mul4(mgl64.Scale3D(2, 2, 2)) }, "not rigid: |RᵀR−I| is 3"},
		{"mirrored", func(m *mgl64.Mat4) { *m = m.Mul4(mgl64.Scale3D(-1, 1, 1)) }, "mirror image"},
		{"not a number", func(m *mgl64.Mat4) { m.Set(1, 2, math.NaN()) }, "row 1, column 2 is NaN"},
		{"infinite", func(m *mgl64.Mat4) { m.Set(0, 3, math.Inf(1)) }, "row 0, column 3 is +Inf"},
		{"projective", func(m *mgl64.Mat4) { m.Set(3, 0, 0.1) }, "bottom row"},
		{"zero", func(m *mgl64.Mat4) { *m = mgl64.Mat4{} }, "bottom row"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := good.Mat4()
			tt.edit(&m)
			p, err := PoseFromMat4(m)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if e := rigidError(p.Rot); e > 1e-12 {
					t.Errorf("|RᵀR−I| = %v, want it removed", e)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("PoseFromMat4 = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	r := newRand()
	cam := Pinhole(randPose(r), 64, 48, 0.9)
	b, err := json.Marshal(cam)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "distortion") {
		t.Errorf("%s, want no distortion where there is none", b)
	}
	cam.Distortion = Distortion{K1: -0.1, P2: 0.001}
	if b, err = json.Marshal(cam); err != nil {
		t.Fatal(err)
	}
	var got Camera
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got != cam {
		t.Errorf("decoded %v, want %v bit for bit", got, cam)
	}
	f := Frame{mgl64.Vec3{1, 2, 3}, 4, mgl64.Vec3{0, 1, 0}}
	b, err = json.Marshal(f)
	if want := `{"center":[1,2,3],"radius":4,"up":[0,1,0]}`; err != nil || string(b) != want {
		t.Errorf("frame is %s, want %s", b, want)
	}
	b, err = json.Marshal(Pose{mgl64.Ident3(), mgl64.Vec3{7, 8, 9}})
	if want := `[[1,0,0,7],[0,1,0,8],[0,0,1,9],[0,0,0,1]]`; err != nil || string(b) != want {
		t.Errorf("pose is %s, want %s", b, want)
	}
	for _, bad := range []string{`[]`, `[[1],[],[],[]]`, `"x"`, `[[1,0,0,7],[0,1,0,8],[0,0,1,9]]`, `[[2,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]`} {
		if err := json.Unmarshal([]byte(bad), new(Pose)); err == nil {
			t.Errorf("%s is read as a pose, want an error", bad)
		}
	}
}
