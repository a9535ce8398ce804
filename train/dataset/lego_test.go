package dataset

import (
	"context"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// sharedData returns the path of a data set that lies beside the repository, or skips the test.
func sharedData(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("data set %s is not here: %v", name, err)
	}
	return dir
}

func TestLego(t *testing.T) {
	dir := sharedData(t, "nerf_lego400")
	s, err := Open(context.Background(), dir, Options{Scale: 4})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Split(Train)) != 100 || len(s.Split(Test)) != 200 || len(s.Warnings) != 0 {
		t.Fatalf("%d training and %d test views, warnings %q, want 100, 200, none", len(s.Split(Train)), len(s.Split(Test)), s.Warnings)
	}
	c := s.Views[0].Camera
	want := 0.5 * 100 / math.Tan(0.5*0.6911112070083618)
	if c.Width != 100 || c.Height != 100 || math.Abs(c.Intrinsics.Fx-want) > 1e-9 || c.Intrinsics.Fx != c.Intrinsics.Fy {
		t.Errorf("camera %+v, want 100×100 with focal length %v", c, want)
	}
	if f := s.Frame; math.Abs(f.Radius-1.5) > 0.1 || f.Center.Len() > 0.1 || f.Up[2] < 0.99 {
		t.Errorf("frame %v, want radius about 1.5 around the origin, Z up", f)
	}

	// No pixel with anything in it has a ray that misses the unit ball.
	row := make([]plucker.Coords, 100)
	worst := 0.0
	for i := range s.Views {
		v := &s.Views[i]
		for y := range 100 {
			v.Camera.Rows(row, s.Frame, y, y+1)
			for x, c := range row {
				if m := c.Moment().Len(); v.Pix[4*(100*y+x)+3] > 0 {
					worst = max(worst, m)
				}
			}
		}
	}
	t.Logf("frame %+v; what is visible comes within %.3f of its ball's edge", s.Frame, worst)
	if worst >= 1 {
		t.Errorf("something is seen at %v radii from the centre", worst)
	}
}

// TestLegoSilhouettes: the shape that the silhouettes carve with the cameras of the file fits the silhouettes, and that of
// cameras which are wrong does not.
func TestLegoSilhouettes(t *testing.T) {
	dir := sharedData(t, "nerf_lego400")
	if testing.Short() {
		t.Skip("carves five times")
	}
	s, err := Open(context.Background(), dir, Options{Scale: 4})
	if err != nil {
		t.Fatal(err)
	}
	var masks []*image.Gray
	var cams []plucker.Camera
	for i := 0; i < len(s.Views); i += 12 {
		v := &s.Views[i]
		m := image.NewGray(image.Rect(0, 0, v.Camera.Width, v.Camera.Height))
		for j := range m.Pix {
			if v.Pix[4*j+3] >= 32 {
				m.Pix[j] = 255
			}
		}
		masks, cams = append(masks, m), append(cams, v.Camera)
	}
	for _, tt := range []struct {
		name   string
		right  bool
		change func(i int, c *plucker.Camera)
	}{
		{"as they are", true, func(int, *plucker.Camera) {}},
		{"3 pixels aside", false, func(i int, c *plucker.Camera) {
			if i == 4 {
				c.Intrinsics.Cx += 3
			}
		}},
		{"+Y down in the file", false, func(_ int, c *plucker.Camera) { c.Pose.Rot = c.Pose.Rot.Mul3(mgl64.Diag3(mgl64.Vec3{1, -1, -1})) }},
		{"world to camera", false, func(_ int, c *plucker.Camera) { c.Pose = c.Pose.Inverse() }},
		{"focal length less 5 %", false, func(i int, c *plucker.Camera) {
			if i == 4 {
				c.Intrinsics.Fx, c.Intrinsics.Fy = c.Intrinsics.Fx*0.95, c.Intrinsics.Fy*0.95
			}
		}},
	} {
		moved := slices.Clone(cams)
		for i := range moved {
			tt.change(i, &moved[i])
		}
		mean, worst := carve(masks, moved, mgl64.Vec3{-1.3, -1.3, -1.3}, mgl64.Vec3{1.3, 1.3, 1.3})
		t.Logf("%s: intersection over union %.4f in the mean, %.4f at worst", tt.name, mean, worst)
		if fits := mean >= 0.99 && worst >= 0.98; fits != tt.right {
			t.Errorf("cameras %s: the silhouettes fit by %.4f in the mean, %.4f at worst, want that only of right ones", tt.name, mean, worst)
		}
	}
}

// TestLegoMemory: at full size the pixels are kept once, and little besides.
func TestLegoMemory(t *testing.T) {
	dir := sharedData(t, "nerf_lego400")
	if testing.Short() {
		t.Skip("decodes 300 images")
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	pixels := len(s.Views) * 4 * 400 * 400
	grown := int(after.HeapSys) - int(before.HeapSys)
	t.Logf("%d MB of pixels, heap grown by %d MB", pixels>>20, grown>>20)
	if grown > 2*pixels {
		t.Errorf("opening it took %d bytes, want less than twice the %d of the pixels", grown, pixels)
	}
	if got := s.Views[0].Pix[:4]; len(s.Views[0].Pix) != 4*400*400 {
		t.Errorf("view 0 has %v and %d bytes", got, len(s.Views[0].Pix))
	}
}

// BenchmarkOpen opens real data sets.
func BenchmarkOpen(b *testing.B) {
	for _, name := range []string{"nerf_lego400", "colmap_beer"} {
		b.Run("data="+name, func(b *testing.B) {
			dir := sharedData(b, name)
			b.Run("peek", func(b *testing.B) {
				for b.Loop() {
					if _, err := Peek(dir, Options{}); err != nil {
						b.Fatal(err)
					}
				}
			})
			for _, scale := range []int{1, 4} {
				b.Run(fmt.Sprintf("scale=%d", scale), func(b *testing.B) {
					for b.Loop() {
						if _, err := Open(b.Context(), dir, Options{Scale: scale}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
