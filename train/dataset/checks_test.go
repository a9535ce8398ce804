package dataset

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// posesJSON is a transforms.json of frames with these poses.
func posesJSON(names []string, poses []plucker.Pose) []byte {
	var frames []string
	for i, n := range names {
		m, err := poses[i].MarshalJSON()
		if err != nil {
			panic(err)
		}
		frames = append(frames, fmt.Sprintf(`{"file_path": %q, "transform_matrix": %s}`, n, m))
	}
	return []byte(`{"camera_angle_x": 0.8, "frames": [` + strings.Join(frames, ",\n") + "]}")
}

func TestCheckPoses(t *testing.T) {
	around := func(n int) []plucker.Pose {
		var p []plucker.Pose
		for _, c := range ring(n, 16, 12) {
			p = append(p, c.Pose)
		}
		return p
	}
	moved := func(p plucker.Pose, by float64) plucker.Pose {
		p.Pos = p.Pos.Add(mgl64.Vec3{by, 0, 0})
		return p
	}
	turned := func(p plucker.Pose, deg float64) plucker.Pose {
		p.Rot = p.Rot.Mul3(mgl64.Rotate3DZ(deg * math.Pi / 180))
		return p
	}
	far := plucker.LookAt(mgl64.Vec3{5e5, 3e5, 1e5}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1})
	r := around(12)
	radius := clearOf * math.Sqrt(10) / looseClear // of the ring's frame
	const dup = "%d of %d views have the pose of another, such as %s that of %s: they add little, and held out they measure little"
	for _, tt := range []struct {
		name      string
		poses     []plucker.Pose
		want, bad string
	}{
		{name: "a ring", poses: r},
		{name: "one view", poses: r[:1]},
		{name: "one place", poses: slices.Repeat(r[:1], 5), bad: "all 5 cameras are at one place and look in one direction: these are not the poses of the photographs"},
		{name: "one place, far away", poses: slices.Repeat([]plucker.Pose{far}, 7), bad: "all 7 cameras are at one place and look in one direction: these are not the poses of the photographs"},
		{name: "one place, two directions", poses: []plucker.Pose{r[0], turned(r[0], 1)}, want: "all 2 cameras stand at one place: nothing tells how far things are, expect pictures from there and no depth"},
		{name: "one direction, two places", poses: []plucker.Pose{r[0], moved(r[0], 1)}},
		{name: "two of a kind", poses: append(slices.Clone(r), r[4]), want: fmt.Sprintf(dup, 1, 13, "im12.png", "im04.png")},
		{name: "nearly", poses: append(slices.Clone(r), moved(r[4], 0.8e-4*radius), turned(r[7], 0.04)), want: fmt.Sprintf(dup, 2, 14, "im12.png", "im04.png")},
		{name: "not quite", poses: append(slices.Clone(r), moved(r[4], 1.3e-4*radius), turned(r[7], 0.06))},
		{name: "all but the first are one", poses: append(r[:1:1], slices.Repeat(r[1:2], 6)...), want: fmt.Sprintf(dup, 5, 7, "im02.png", "im01.png")},
		{name: "both held out", poses: append(slices.Clone(r[:8]), r[0])},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var names []string
			files := map[string][]byte{}
			for i := range tt.poses {
				names = append(names, fmt.Sprintf("im%02d.png", i))
				files[names[i]] = pngOf(16, 12)
			}
			files["transforms.json"] = posesJSON(names, tt.poses)
			if tt.bad != "" {
				wantError(t, files, tt.bad)
				return
			}
			s, err := Peek(folder(t, files), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(s.Warnings, "\n"); got != tt.want {
				t.Errorf("warnings %q,\nwant     %q", got, tt.want)
			}
		})
	}
}

// TestCheckPosesTwin: the sorted search finds what comparing every two views finds.
func TestCheckPosesTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		s := &Set{Space: Space{Frame: plucker.UnitFrame()}}
		for range 60 {
			p := plucker.LookAt(mgl64.Vec3{float64(rng.IntN(3)), float64(rng.IntN(3)), 0}, mgl64.Vec3{0, 0, float64(1 + rng.IntN(2))}, mgl64.Vec3{0, 1, 0})
			p.Pos = p.Pos.Add(mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}.Mul(samePlace * rng.Float64()))
			p.Rot = p.Rot.Mul3(mgl64.Rotate3DY(sameTurn * rng.NormFloat64()))
			s.Views = append(s.Views, View{Name: "v", Camera: plucker.Pinhole(p, 8, 8, 1)})
		}
		pairs := false
		for i := range s.Views {
			for j := range i {
				pairs = pairs || s.samePose(i, j, samePlace)
			}
		}
		// Counts agree where sameness is no chain; that there is any agrees always.
		if err := s.checkPoses(); err != nil || pairs != (len(s.Warnings) == 1) {
			t.Fatalf("%v, warnings %q, want %v", err, s.Warnings, pairs)
		}
	}
}

func TestCheckNames(t *testing.T) {
	im := pngOf(16, 12)
	var poses []plucker.Pose
	for _, c := range ring(4, 16, 12) {
		poses = append(poses, c.Pose)
	}
	t.Run("twice", func(t *testing.T) {
		wantError(t, map[string][]byte{"transforms.json": posesJSON([]string{"a.png", "b", "./x/../a.png"}, poses), "a.png": im, "b.png": im, "x/y": nil},
			"a.png has two cameras: take one of them out")
	})
	t.Run("trained and tested on", func(t *testing.T) {
		wantError(t, map[string][]byte{"transforms_train.json": posesJSON([]string{"a", "b"}, poses), "transforms_test.json": posesJSON([]string{"b"}, poses), "a.png": im, "b.png": im},
			"b.png is both a training view and a test view: take it out of one")
	})
	t.Run("but for case", func(t *testing.T) {
		dir := folder(t, map[string][]byte{"transforms.json": posesJSON([]string{"a.png", "b.png", "A.png"}, poses), "a.png": im, "b.png": im, "A.png": im})
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 4 {
			t.Skip("the file system takes A.png for a.png")
		}
		s, err := Peek(dir, Options{})
		if want := "1 of 3 images have the name of another but for upper and lower case, such as a.png and A.png: on some systems they are one file"; err != nil || len(s.Warnings) != 1 || s.Warnings[0] != want {
			t.Errorf("%+v, %v, want the warning %q", s, err, want)
		}
	})
	t.Run("found in other case", func(t *testing.T) {
		dir := folder(t, map[string][]byte{"transforms.json": posesJSON([]string{"Images/IM1.JPG", "images/im2", "images/gone.png"}, poses), "images/im1.jpg": im, "images/Im2.Png": im})
		s, err := Open(context.Background(), dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, v := range s.Views {
			names = append(names, v.Name)
		}
		if !slices.Equal(names, []string{"images/im1.jpg", "images/Im2.Png"}) {
			t.Errorf("views %q", names)
		}
		want := []string{
			"1 of 3 images are missing, such as images/gone.png: their frames are skipped",
			"2 of 3 images are found by names in which upper and lower case differ, such as images/im1.jpg for Images/IM1.JPG",
		}
		if runtime.GOOS == "linux" && !slices.Equal(s.Warnings, want) {
			t.Errorf("warnings %q, want %q", s.Warnings, want)
		}
	})
}

// outOfFocus is what a lens does to a view: each pixel is the mean over a disc of that radius, over black.
func outOfFocus(v *View, r int) []byte {
	w, h := v.Camera.Width, v.Camera.Height
	out := make([]byte, len(v.Pix))
	for y := range h {
		for x := range w {
			var sum [3]int
			n := 0
			for dy := max(-r, -y); dy <= min(r, h-1-y); dy++ {
				for dx := max(-r, -x); dx <= min(r, w-1-x); dx++ {
					if dx*dx+dy*dy > r*(r+1) {
						continue
					}
					p := v.Pix[4*((y+dy)*w+x+dx):][:4]
					for k := range 3 {
						sum[k] += int(p[k]) * int(p[3]) / 255
					}
					n++
				}
			}
			p := out[4*(y*w+x):][:4]
			for k := range 3 {
				p[k] = byte((sum[k] + n/2) / n)
			}
			p[3] = 255
		}
	}
	return out
}

func TestCheckFocus(t *testing.T) {
	s := Procedural(RenderOptions{Views: 12, TestViews: -1, Size: 96, Samples: 2})
	warnings := func() []string {
		t.Helper()
		s.Warnings = nil
		if err := s.checkFocus(context.Background(), 0); err != nil {
			t.Fatal(err)
		}
		return s.Warnings
	}
	if w := warnings(); len(w) > 0 {
		t.Errorf("sharp images: %q", w)
	}
	sharp := s.Views[7].Pix
	s.Views[7].Pix = make([]byte, len(sharp))
	for i := range sharp {
		s.Views[7].Pix[i] = []byte{200, 190, 180, 255}[i%4] // a wall, with the noise of a sensor
		if i%4 < 3 {
			s.Views[7].Pix[i] += byte(i * 7919 % 3)
		}
	}
	if w := warnings(); len(w) > 0 {
		t.Errorf("a wall that is sharp: %q", w)
	}
	s.Views[7].Pix = sharp
	for _, i := range []int{3, 9} {
		s.Views[i].Pix = outOfFocus(&s.Views[i], 3)
	}
	want := "2 of 12 images are out of focus, such as train/r_3.png: leave them out"
	if w := warnings(); len(w) != 1 || w[0] != want {
		t.Errorf("two out of focus: %q, want %q", w, want)
	}

	// Open tells it, Peek does not.
	dir := t.TempDir()
	if err := s.Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if o, err := Open(context.Background(), dir, Options{}); err != nil || len(o.Warnings) != 1 || o.Warnings[0] != want {
		t.Errorf("Open: %q, %v, want %q", o.Warnings, err, want)
	}
	if p, err := Peek(dir, Options{}); err != nil || len(p.Warnings) != 0 {
		t.Errorf("Peek: %q, %v, want no warning", p.Warnings, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.checkFocus(ctx, 0); err != context.Canceled {
		t.Errorf("checkFocus = %v, want context.Canceled", err)
	}
	s.Views = s.Views[:4]
	if w := warnings(); len(w) > 0 {
		t.Errorf("four images: %q", w)
	}
}

// TestCheckFocusReal: photographs that are sharp stay unremarked at every scale, and one of them is found once it is
// brought out of focus.
func TestCheckFocusReal(t *testing.T) {
	for _, tt := range []struct{ name, format string }{
		{"nerf_lego400", ""}, {"colmap_beer", "llff"}, {"llff_fern", "llff"}, {"middlebury_dinoSR", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := sharedData(t, tt.name)
			for _, scale := range []int{1, 2, 4} {
				if testing.Short() && scale < 4 {
					continue
				}
				s, err := Open(context.Background(), dir, Options{Format: tt.format, Scale: scale})
				if err != nil {
					t.Fatal(err)
				}
				if len(s.Warnings) > 0 {
					t.Errorf("scale %d: %q", scale, s.Warnings)
				}
				s.Warnings = nil
				s.Views[5].Pix = outOfFocus(&s.Views[5], 5)
				if err := s.checkFocus(context.Background(), 0); err != nil || len(s.Warnings) != 1 || !strings.HasPrefix(s.Warnings[0], "1 of ") {
					t.Errorf("scale %d, %s out of focus: warnings %q, %v", scale, s.Views[5].Name, s.Warnings, err)
				}
			}
		})
	}
}

// TestDetailSizes: no size of an image reaches outside of it.
func TestDetailSizes(t *testing.T) {
	for w := blurSide - 1; w < blurSide+20; w += 3 {
		for h := blurSide - 1; h < 5*blurSide; h += 7 {
			v := View{Camera: plucker.Camera{Width: w, Height: h}, Pix: make([]byte, 4*w*h)}
			if fine, ratio := detail(&v); fine != 0 || ratio != 0 {
				t.Fatalf("detail of black %d×%d = %v, %v", w, h, fine, ratio)
			}
		}
	}
}

// manyFiles makes a folder of n empty files.
func manyFiles(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("image_%06d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return dir
}

// TestManyFiles: a folder of many files costs no more than a little for each.
func TestManyFiles(t *testing.T) {
	const n = 20000
	dir := manyFiles(t, n)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Peek(dir, Options{})
	runtime.ReadMemStats(&after)
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Fatalf("Peek of images alone: %v", err)
	}
	if got := (after.TotalAlloc - before.TotalAlloc) / n; got > 4096 {
		t.Errorf("%d bytes for each file, want at most 4096", got)
	}
}

// BenchmarkFindLayout looks at a folder of 50,000 files.
func BenchmarkFindLayout(b *testing.B) {
	dir := manyFiles(b, 50000)
	for b.Loop() {
		if _, err := findLayout(dir, ""); err == nil {
			b.Fatal("found a layout")
		}
	}
}

// BenchmarkCheckPoses is for 50,000 views at one place, the worst of what is likely.
func BenchmarkCheckPoses(b *testing.B) {
	s := &Set{Space: Space{Frame: plucker.UnitFrame()}}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50000 {
		d := mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		s.Views = append(s.Views, View{Camera: plucker.Pinhole(plucker.LookAt(mgl64.Vec3{}, d, mgl64.Vec3{0, 0, 1}), 8, 8, 1)})
	}
	for b.Loop() {
		s.Warnings = nil
		if err := s.checkPoses(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDetail looks at a photograph of two megapixels.
func BenchmarkDetail(b *testing.B) {
	m := image.NewNRGBA(image.Rect(0, 0, 1600, 1200))
	for i := range m.Pix {
		m.Pix[i] = byte(i * 7919)
	}
	v := View{Camera: plucker.Camera{Width: 1600, Height: 1200}, Pix: m.Pix}
	for b.Loop() {
		detail(&v)
	}
}

// TestParserMemory: files that repeat the shortest thing which could grow cost a small multiple of their size.
func TestParserMemory(t *testing.T) {
	const n = 1 << 18
	cams := ring(1, 16, 12)
	row := npyOf("<f8", "(1, 17)", llffRow(&cams[0], 2, 6))
	body := string(row[len(row)-17*8:])
	npy := func(rows int, shape string) []byte {
		return append(npyOf("<f8", shape, nil), strings.Repeat(body, rows)...)
	}
	llff := func(data []byte) error { _, err := parseLLFF("a", data); return err }
	par := func(data []byte) error { _, err := parseMiddlebury("a", data); return err }
	pose := func(data []byte) error { _, err := parsePose("a", data, false); return err }
	line := parLine("a", &cams[0])
	for _, tt := range []struct {
		name  string
		parse func([]byte) error
		data  []byte
	}{
		{"rows", llff, npy(n/136, fmt.Sprintf("(%d, 17)", n/136))},
		{"rows that are not there", llff, npy(1, "(1000000000, 17)")},
		{"a long shape", llff, npyOf("<f8", "("+strings.Repeat("1, ", 10000)+"17)", nil)},
		{"a header that is not there", llff, []byte("\x93NUMPY\x02\x00\xff\xff\xff\x7f{'descr': '<f8'}")},
		{"lines", par, []byte(fmt.Sprintf("%d\n", n/len(line)) + strings.Repeat(line, n/len(line)))},
		{"lines that are not there", par, []byte("1000000000000\n" + line)},
		{"numbers in a line", par, []byte("1\na" + strings.Repeat(" 0", n/2))},
		{"empty lines", par, []byte(strings.Repeat("\n", n))},
		{"numbers of a pose", pose, []byte(strings.Repeat("0 ", n/2))},
		{"lines of a pose", pose, []byte(strings.Repeat("0\n", n/2))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := tt.parse(tt.data)
			runtime.ReadMemStats(&after)
			got := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(tt.data)+4096)
			t.Logf("%.1f times the size (%.80v)", got, err)
			if got > 32 {
				t.Errorf("allocated %.0f times the size of the file in all (%v)", got, err)
			}
		})
	}
}
