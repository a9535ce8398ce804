package dataset

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// TestFern: the real thing.
func TestFern(t *testing.T) {
	s, err := Open(context.Background(), sharedData(t, "llff_fern"), Options{Format: "llff"})
	if err != nil {
		t.Fatal(err)
	}
	c := s.Views[0].Camera
	if len(s.Views) != 20 || fmt.Sprint(s.Split(Test)) != "[0 8 16]" || c.Width != 504 || c.Height != 378 || len(s.Warnings) != 0 {
		t.Errorf("%d views of %d×%d, test %v, warnings %q", len(s.Views), c.Width, c.Height, s.Split(Test), s.Warnings)
	}
	if f := c.Intrinsics.Fx; math.Abs(f-3260.5263328805895/8) > 1e-9 {
		t.Errorf("focal length %v", f)
	}
	next := math.Inf(1)
	for _, v := range s.Views {
		next = min(next, v.Camera.Pose.Pos.Sub(s.Frame.Center).Len())
	}
	t.Logf("frame %+v, the nearest camera at %.3f radii", s.Frame, next/s.Frame.Radius)
	if next <= s.Frame.Radius {
		t.Errorf("a camera is inside of the frame %+v", s.Frame)
	}
}

// TestFernColours: the points that COLMAP found are in the ball, nearly all, and have their colours where the cameras see
// them; with wrong cameras they have not.
func TestFernColours(t *testing.T) {
	dir := sharedData(t, "llff_fern")
	s, err := Open(context.Background(), dir, Options{Format: "llff"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "sparse", "0", "points3D.bin"))
	if err != nil {
		t.Skip(err)
	}
	type point struct {
		pos mgl64.Vec3
		rgb []byte
	}
	var points []point
	for data = data[8:]; len(data) > 0; {
		n := binary.LittleEndian.Uint64(data[43:])
		if n >= 5 { // views
			points = append(points, point{mgl64.Vec3{float(data[8:]), float(data[16:]), float(data[24:])}, data[32:35]})
		}
		data = data[51+8*n:]
	}
	inside := 0
	for _, p := range points {
		if p.pos.Sub(s.Frame.Center).Len() < s.Frame.Radius {
			inside++
		}
	}
	t.Logf("%d of %d points are in the ball", inside, len(points))
	if inside < len(points)*94/100 {
		t.Errorf("%d of %d points are in the ball %+v", inside, len(points), s.Frame)
	}
	for _, tt := range []struct {
		name   string
		right  bool
		change func(c *plucker.Camera)
	}{
		{"as they are", true, func(*plucker.Camera) {}},
		{"4 pixels aside", false, func(c *plucker.Camera) { c.Intrinsics.Cx += 4 }},
		{"4 pixels down", false, func(c *plucker.Camera) { c.Intrinsics.Cy += 4 }},
		{"focal length less 5 %", false, func(c *plucker.Camera) {
			c.Intrinsics.Fx, c.Intrinsics.Fy = c.Intrinsics.Fx*0.95, c.Intrinsics.Fy*0.95
		}},
		{"in one place", false, func(c *plucker.Camera) { c.Pose.Pos = s.Views[0].Camera.Pose.Pos }},
		{"upside down", false, func(c *plucker.Camera) { c.Pose.Rot = c.Pose.Rot.Mul3(mgl64.Diag3(mgl64.Vec3{-1, -1, 1})) }},
	} {
		var off []float64
		for i := range s.Views {
			c := s.Views[i].Camera
			tt.change(&c)
			for _, p := range points {
				u, v, _, ok := c.Project(p.pos)
				x, y := int(math.Floor(u)), int(math.Floor(v))
				if !ok || x < 0 || x >= c.Width || y < 0 || y >= c.Height {
					continue
				}
				d := 0.0
				for k, b := range s.Views[i].Pix[4*(y*c.Width+x):][:3] {
					d += math.Abs(float64(b) - float64(p.rgb[k]))
				}
				off = append(off, d/3)
			}
		}
		median := quantile(off, 0.5)
		t.Logf("%s: %d colours, in the median %.1f of 255 off", tt.name, len(off), median)
		if fits := median < 25; fits != tt.right {
			t.Errorf("cameras %s: colours are %.1f of 255 off, want less than 25 only of right ones", tt.name, median)
		}
	}
}

// TestBeer: a poses_bounds.npy says the same as the COLMAP model that it was made from.
func TestBeer(t *testing.T) {
	dir := sharedData(t, "colmap_beer")
	s, err := Peek(dir, Options{Format: "llff"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "sparse", "0", "images.bin"))
	if err != nil {
		t.Fatal(err)
	}
	want := colmapPoses(data)
	if len(want) != len(s.Views) {
		t.Fatalf("%d views, COLMAP has %d", len(s.Views), len(want))
	}
	worst := 0.0
	for _, v := range s.Views {
		p, ok := want[filepath.Base(v.Name)]
		if !ok {
			t.Fatalf("COLMAP has no %s", v.Name)
		}
		worst = max(worst, v.Camera.Pose.Pos.Sub(p.Pos).Len())
		for _, e := range v.Camera.Pose.Rot.Sub(p.Rot) {
			worst = max(worst, math.Abs(e))
		}
	}
	t.Logf("%d poses, at most %.2g apart; frame %+v", len(want), worst, s.Frame)
	if worst > 1e-3 {
		t.Errorf("a pose is %v away from COLMAP's", worst)
	}
	for _, v := range s.Views {
		if d := v.Camera.Pose.Pos.Sub(s.Frame.Center).Len() / s.Frame.Radius; d <= 1 {
			t.Logf("%s is inside of the frame, at %.2f radii", v.Name, d)
		}
	}
}

// colmapPoses reads the poses of a COLMAP images.bin: world to camera as a quaternion w, x, y, z and a translation,
// OpenCV's axes. https://colmap.github.io/format.html
func colmapPoses(b []byte) map[string]plucker.Pose {
	u64 := func() uint64 { x := binary.LittleEndian.Uint64(b); b = b[8:]; return x }
	f64 := func() float64 { return math.Float64frombits(u64()) }
	poses := map[string]plucker.Pose{}
	for n := u64(); n > 0; n-- {
		b = b[4:]
		q := mgl64.Quat{W: f64(), V: mgl64.Vec3{f64(), f64(), f64()}}
		p := plucker.Pose{Rot: q.Normalize().Mat4().Mat3(), Pos: mgl64.Vec3{f64(), f64(), f64()}}.Inverse()
		p.Rot = p.Rot.Mul3(mgl64.Diag3(mgl64.Vec3{1, -1, -1}))
		b = b[4:]
		end := bytes.IndexByte(b, 0)
		poses[string(b[:end])] = p
		b = b[end+1:]
		k := u64()
		b = b[24*k:]
	}
	return poses
}
