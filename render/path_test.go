package render

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

func near(a, b mgl64.Vec3, tol float64) bool { return a.Sub(b).Len() <= tol }

func TestOrbitAxes(t *testing.T) {
	x, y, z := mgl64.Vec3{1, 0, 0}, mgl64.Vec3{0, 1, 0}, mgl64.Vec3{0, 0, 1}
	for _, tt := range []struct {
		name               string
		up                 mgl64.Vec3
		az, el             float64
		forward, right, at mgl64.Vec3
	}{
		{"front, z up", z, 0, 0, y, x, y.Mul(-3)},
		{"front, y up", y, 0, 0, z.Mul(-1), x, z.Mul(3)},
		{"from the right, z up", z, 90, 0, x.Mul(-1), y, x.Mul(3)},
		{"from above, z up", z, 0, 90, z.Mul(-1), x, z.Mul(3)},
		{"from below, y up", y, 0, -90, y, x, y.Mul(-3)},
		{"front, x up", x, 0, 0, z, y, z.Mul(-3)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := plucker.Frame{Center: mgl64.Vec3{1, 2, 3}, Radius: 2, Up: tt.up}
			cam := Orbit{AzDeg: tt.az, ElDeg: tt.el, Dist: 1.5}.Camera(f, 40, 30)
			if err := cam.Validate(); err != nil {
				t.Fatal(err)
			}
			p := cam.Pose
			if !near(p.Forward(), tt.forward, 1e-12) || !near(p.Right(), tt.right, 1e-12) || !near(p.Pos.Sub(f.Center), tt.at, 1e-12) {
				t.Errorf("looks along %v, right %v, from %v, want %v, %v, %v", p.Forward(), p.Right(), p.Pos.Sub(f.Center), tt.forward, tt.right, tt.at)
			}
		})
	}
}

func TestOrbitFits(t *testing.T) {
	f := plucker.Frame{Center: mgl64.Vec3{1, 2, 3}, Radius: 2, Up: mgl64.Vec3{0.6, 0, 0.8}}
	for _, size := range [][2]int{{100, 100}, {200, 100}, {100, 200}} {
		w, h := size[0], size[1]
		cam := Orbit{AzDeg: 33, ElDeg: 21}.Camera(f, w, h)
		touch := func(u, v float64) float64 {
			ray := cam.Ray(u, v)
			return f.Center.Sub(ray.Origin).Cross(ray.Dir).Len() / f.Radius
		}
		side, top := touch(0, float64(h)/2), touch(float64(w)/2, 0)
		if math.Abs(min(side, top)-1) > 1e-9 {
			t.Errorf("%d×%d: rays at the edges pass the centre at %v and %v radii, want the nearer at 1", w, h, side, top)
		}
	}
}

func TestTurntableAndSpiral(t *testing.T) {
	f := plucker.UnitFrame()
	turn := Orbit{ElDeg: 20, Dist: 3}.Turntable(f, 8, 10, 10)
	step := turn[1].Pose.Pos.Sub(turn[0].Pose.Pos).Len()
	for i, c := range turn {
		if d := turn[(i+1)%8].Pose.Pos.Sub(c.Pose.Pos).Len(); math.Abs(d-step) > 1e-9 {
			t.Errorf("step %d is %v, want %v as the first", i, d, step)
		}
	}
	spiral := Orbit{ElDeg: -30, Dist: 3}.Spiral(f, 21, 2, 90, 10, 10)
	if z := spiral[0].Pose.Pos[2]; math.Abs(z+1.5) > 1e-9 {
		t.Errorf("spiral starts at height %v, want −1.5", z)
	}
	if z := spiral[20].Pose.Pos[2]; math.Abs(z-3) > 1e-9 {
		t.Errorf("spiral ends at height %v, want 3", z)
	}
	if n := len(Orbit{}.Spiral(f, 1, 2, 90, 10, 10)); n != 1 {
		t.Errorf("a spiral of 1 has %d cameras", n)
	}
}

func TestOrbitValidate(t *testing.T) {
	for _, o := range []Orbit{{}, {AzDeg: -720, ElDeg: 89, Dist: 2, FovDeg: 40}} {
		if err := o.Validate(); err != nil {
			t.Error(err)
		}
	}
	for _, o := range []Orbit{{AzDeg: math.NaN()}, {ElDeg: math.Inf(1)}, {Dist: -1}, {Dist: math.NaN()}, {FovDeg: 180}, {FovDeg: math.NaN()}, {FovDeg: -3}} {
		if err := o.Validate(); err == nil {
			t.Errorf("%+v is valid, want an error", o)
		}
	}
}

func decode(t *testing.T, s string) *Path {
	t.Helper()
	p, err := DecodePath([]byte(s), plucker.UnitFrame())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const crooked = `{"keyframes":[{"orbit":[0,10,3]},{"orbit":[20,30,3]},{"orbit":[100,0,4],"fov_deg":60},{"orbit":[200,-20,2]}]`

func TestPathPassesItsKeys(t *testing.T) {
	for _, end := range []string{`}`, `,"loop":true}`} {
		p := decode(t, crooked+end)
		for i, want := range p.Keys {
			got := p.key(float64(i))
			before := p.key(max(0, float64(i)-1e-9))
			if got != want || !near(before.Pose.Pos, want.Pose.Pos, 1e-6) || angle(before.Pose.Rot, want.Pose.Rot) > 1e-6 {
				t.Errorf("key %d is %v, want %v", i, got, want)
			}
		}
		cams := p.Cameras(50, 40, 30)
		if cams[0].Pose != p.Keys[0].Pose {
			t.Errorf("starts at %v, want %v", cams[0].Pose, p.Keys[0].Pose)
		}
		if last := cams[49].Pose.Pos; !p.Loop && !near(last, p.Keys[3].Pose.Pos, 1e-9) {
			t.Errorf("ends at %v, want %v", last, p.Keys[3].Pose.Pos)
		}
		for i := range cams {
			if err := cams[i].Validate(); err != nil {
				t.Fatalf("camera %d: %v", i, err)
			}
		}
	}
}

func TestPathIsEvenAndSmooth(t *testing.T) {
	for _, end := range []string{`}`, `,"loop":true}`} {
		p := decode(t, crooked+end)
		const n = 400
		cams := p.Cameras(n, 40, 30)
		if p.Loop {
			cams = append(cams, cams[0], cams[1])
		}
		first := cams[1].Pose.Pos.Sub(cams[0].Pose.Pos)
		for i := 1; i+1 < len(cams); i++ {
			step, before := cams[i+1].Pose.Pos.Sub(cams[i].Pose.Pos), cams[i].Pose.Pos.Sub(cams[i-1].Pose.Pos)
			if r := step.Len() / first.Len(); math.Abs(r-1) > 0.02 {
				t.Fatalf("loop %v: step %d is %v of the first, want 1", p.Loop, i, r)
			}
			if bend := step.Normalize().Dot(before.Normalize()); bend < math.Cos(rad(8)) {
				t.Fatalf("loop %v: the way bends by %v° at %d, want a smooth one", p.Loop, math.Acos(bend)*180/math.Pi, i)
			}
			if a := angle(cams[i].Pose.Rot, cams[i+1].Pose.Rot); a > rad(5) {
				t.Fatalf("loop %v: the camera turns by %v° at %d", p.Loop, a*180/math.Pi, i)
			}
		}
	}
}

// On a circle of keys the spline keeps near the circle and looks to its middle.
func TestPathRoundACircle(t *testing.T) {
	p := decode(t, `{"loop":true,"keyframes":[{"orbit":[0,0,3]},{"orbit":[45,0,3]},{"orbit":[90,0,3]},{"orbit":[135,0,3]},
		{"orbit":[180,0,3]},{"orbit":[225,0,3]},{"orbit":[270,0,3]},{"orbit":[315,0,3]}]}`)
	for i, c := range p.Cameras(100, 10, 10) {
		if d := c.Pose.Pos.Len(); math.Abs(d-3) > 0.03 {
			t.Errorf("camera %d is %v away, want 3", i, d)
		}
		if a := c.Pose.Forward().Dot(c.Pose.Pos.Normalize()); a > -math.Cos(rad(1)) {
			t.Errorf("camera %d looks %v° past the middle", i, math.Acos(-a)*180/math.Pi)
		}
	}
}

func TestPathThatOnlyTurns(t *testing.T) {
	p := decode(t, `{"keyframes":[{"position":[0,0,0],"target":[1,0,0]},{"position":[0,0,0],"target":[0,1,0]},{"position":[0,0,0],"target":[-1,0.1,0]}]}`)
	cams := p.Cameras(61, 10, 10)
	first := angle(cams[0].Pose.Rot, cams[1].Pose.Rot)
	for i := range 60 {
		if a := angle(cams[i].Pose.Rot, cams[i+1].Pose.Rot); math.Abs(a/first-1) > 0.02 {
			t.Fatalf("turn %d is %v of the first, want 1", i, a/first)
		}
	}
	// A turn on the spot within a path takes its frames, too.
	p = decode(t, `{"keyframes":[{"position":[0,0,0],"target":[1,0,0]},{"position":[1,0,0],"target":[2,0,0]},{"position":[1,0,0],"target":[1,1,0]},{"position":[1,2,0],"target":[1,3,0]}]}`)
	cams = p.Cameras(100, 10, 10)
	for i := range 99 {
		if a := angle(cams[i].Pose.Rot, cams[i+1].Pose.Rot); a > rad(10) {
			t.Errorf("the camera jumps by %v° at frame %d", a*180/math.Pi, i)
		}
	}
}

func TestPathOfOneKey(t *testing.T) {
	for _, s := range []string{`{"keyframes":[{"orbit":[10,20]}]}`, `{"loop":true,"keyframes":[{"orbit":[10,20]}]}`, `{"keyframes":[{"orbit":[10,20]},{"orbit":[10,20]}]}`} {
		p := decode(t, s)
		for _, n := range []int{0, 1, 5} {
			cams := p.Cameras(n, 10, 10)
			if len(cams) != n {
				t.Fatalf("Cameras(%d) gives %d", n, len(cams))
			}
			for _, c := range cams {
				if !near(c.Pose.Pos, p.Keys[0].Pose.Pos, 1e-12) {
					t.Errorf("%s: camera at %v, want %v", s, c.Pose.Pos, p.Keys[0].Pose.Pos)
				}
			}
		}
	}
}

func TestDecodePathErrors(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", ``, "cut off"},
		{"cut off", `{"keyframes":[{"orbit":[0,`, "cut off"},
		{"not JSON", `hello`, "byte 1"},
		{"NaN", `{"keyframes":[{"orbit":[NaN,0]}]}`, "invalid character 'N'"},
		{"too large a number", `{"keyframes":[{"orbit":[1e999,0]}]}`, "1e999"},
		{"two values", `{"keyframes":[{"orbit":[0,0]}]} {}`, "follows"},
		{"unknown key", `{"keyframe":[]}`, "keyframe"},
		{"no keyframes", `{"keyframes":[]}`, "0 keyframes"},
		{"null", `null`, "0 keyframes"},
		{"empty key", `{"keyframes":[{}]}`, "keyframe 0: want one of"},
		{"two forms", `{"keyframes":[{"orbit":[0,0],"position":[1,2,3]}]}`, "want one of"},
		{"target alone", `{"keyframes":[{"orbit":[0,0],"target":[1,2,3]}]}`, "without a position"},
		{"short orbit", `{"keyframes":[{"orbit":[0]}]}`, "orbit has 1 number"},
		{"orbit too far", `{"keyframes":[{"orbit":[0,0,1e300]}]}`, "distance"},
		{"short position", `{"keyframes":[{"position":[0,1]}]}`, "position has 2 numbers"},
		{"far away", `{"keyframes":[{"position":[1e300,0,0]}]}`, "at most 1e+09"},
		{"pose far away", `{"keyframes":[{"pose":[[1,0,0,1e300],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]}`, "at most 1e+09"},
		{"at its target", `{"keyframes":[{"position":[0,0,0]}]}`, "two points"},
		{"skewed pose", `{"keyframes":[{"pose":[[2,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]}`, "not rigid"},
		{"no field of view", `{"keyframes":[{"orbit":[0,0],"fov_deg":0}]}`, "field of view"},
		{"size 0", `{"size":[0,10],"keyframes":[{"orbit":[0,0]}]}`, "size is 0×10"},
		{"size enormous", `{"size":[100000,100000],"keyframes":[{"orbit":[0,0]}]}`, "size is 100000×100000"},
		{"size of one", `{"size":[10],"keyframes":[{"orbit":[0,0]}]}`, "size has 1 number"},
		{"frames", `{"frames":1000000,"keyframes":[{"orbit":[0,0]}]}`, "frames is 1000000"},
		{"fps", `{"fps":-1,"keyframes":[{"orbit":[0,0]}]}`, "fps is -1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodePath([]byte(tt.in), plucker.UnitFrame())
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("DecodePath(%s) = %v, want one line with %q", tt.in, err, tt.want)
			}
		})
	}
}

func TestLoadPath(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.json")
	if err := os.WriteFile(file, []byte(`{"fps":24,"frames":7,"size":[40,30],`+crooked[1:]+`}`), 0o666); err != nil {
		t.Fatal(err)
	}
	f := plucker.UnitFrame()
	p, err := LoadPath(file, f)
	if err != nil {
		t.Fatal(err)
	}
	if p.FPS != 24 || p.Frames != 7 || p.Size != [2]int{40, 30} || p.Keys[0].FovDeg != 40 || p.Keys[2].FovDeg != 60 {
		t.Errorf("LoadPath = %+v", p)
	}
	if want := (Orbit{AzDeg: 20, ElDeg: 30, Dist: 3}).Camera(f, 40, 30); p.Keys[1].Pose != want.Pose {
		t.Errorf("key 1 is %v, want %v", p.Keys[1].Pose, want.Pose)
	}
	if _, err := LoadPath(file+"x", f); err == nil {
		t.Error("a missing file is no error")
	}
}

func TestPathSave(t *testing.T) {
	f := plucker.Frame{Center: mgl64.Vec3{1, 2, 3}, Radius: 2, Up: mgl64.Vec3{0, 1, 0}}
	key := func(az, fov float64) Key {
		cam := Orbit{AzDeg: az, ElDeg: 12.3, Dist: 1.7}.Camera(f, 40, 30)
		return Key{cam.Pose, fov}
	}
	file := filepath.Join(t.TempDir(), "p.json")
	for _, p := range []Path{
		{Keys: []Key{key(1, 40)}},
		{Keys: []Key{key(1, 0.1), key(100.1, 175), key(-30, 33.3)}, Loop: true, Frames: 120, FPS: 29.97, Size: [2]int{400, 300}},
	} {
		if err := p.Save(file); err != nil {
			t.Fatal(err)
		}
		got, err := LoadPath(file, f)
		if err != nil || !reflect.DeepEqual(*got, p) {
			t.Errorf("LoadPath = %+v (%v), want %+v", got, err, p)
		}
		text, err := os.ReadFile(file)
		if lines := strings.Count(string(text), "\n"); err != nil || lines != len(p.Keys)+1 {
			t.Errorf("the file has %d lines, want %d: %s", lines, len(p.Keys)+1, text)
		}
	}

	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	skewed := key(1, 40)
	skewed.Pose.Rot[0] = math.NaN()
	for _, tt := range []struct {
		name string
		p    Path
		want string
	}{
		{"no keyframes", Path{}, "has 0 keyframes"},
		{"field of view", Path{Keys: []Key{key(1, 0)}}, "keyframe 0: field of view is 0°"},
		{"pose", Path{Keys: []Key{skewed}}, "NaN"},
		{"fps", Path{Keys: []Key{key(1, 40)}, FPS: 1e6}, "fps is 1e+06"},
	} {
		if err := tt.p.Save(file); err == nil || !strings.HasPrefix(err.Error(), "render: save "+file+": ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Save = %v, want an error with %q", tt.name, err, tt.want)
		}
	}
	if after, err := os.ReadFile(file); string(after) != string(before) {
		t.Errorf("a path that is not saved leaves %q (%v), want what was there", after, err)
	}
	if err := (&Path{Keys: []Key{key(1, 40)}}).Save(filepath.Join(filepath.Dir(file), "none", "p.json")); err == nil {
		t.Error("to save to a folder that is not there is no error")
	}
}

// A path that is being made may have nothing in it yet.
func TestPathOfNoKeys(t *testing.T) {
	for _, p := range []Path{{}, {Loop: true, Frames: 10}} {
		if cams := p.Cameras(1, 10, 10); len(cams) != 0 {
			t.Errorf("a path without keys has the cameras %v", cams)
		}
	}
}

func FuzzDecodePath(f *testing.F) {
	f.Add([]byte(crooked + `}`))
	f.Add([]byte(`{"loop":true,"fps":24,"frames":7,"size":[40,30],"keyframes":[{"position":[1,2,3],"up":[0,0,0]},{"pose":[[1,0,0,0],[0,1,0,0],[0,0,1,4],[0,0,0,1]]}]}`))
	f.Add([]byte(`{"keyframes":[{"orbit":[NaN`))
	frame := plucker.UnitFrame()
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := DecodePath(data, frame)
		if err != nil {
			return
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodePath(b, frame)
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Fatalf("%s decodes to %+v (%v), want %+v", b, again, err, p)
		}
		if len(p.Keys) > 100 {
			return
		}
		cams := p.Cameras(5, 10, 10)
		for i := range cams {
			if err := cams[i].Validate(); err != nil {
				t.Fatalf("camera %d of %s: %v", i, b, err)
			}
		}
	})
}
