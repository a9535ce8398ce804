package dataset

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// openCV is the camera-to-world matrix of a pose with +Y down and +Z forward.
func openCV(p plucker.Pose) mgl64.Mat4 {
	p.Rot = p.Rot.Mul3(mgl64.Diag3(mgl64.Vec3{1, -1, -1}))
	return p.Mat4()
}

// matrixText is m with cols numbers in a line.
func matrixText(m mgl64.Mat4, cols int) string {
	var b strings.Builder
	for i := range 16 {
		sep := " "
		if i%cols == cols-1 {
			sep = "\n"
		}
		fmt.Fprint(&b, m.At(i/4, i%4), sep)
	}
	return b.String()
}

// posed are the files of a set in rgb and pose of these cameras; name is the format of the images' names.
func posed(cams []plucker.Camera, name string, cols int) map[string][]byte {
	files := map[string][]byte{}
	for i := range cams {
		stem := fmt.Sprintf(name, i)
		files["rgb/"+stem+".png"] = pngOf(cams[i].Width, cams[i].Height)
		files["pose/"+stem+".txt"] = []byte(matrixText(openCV(cams[i].Pose), cols))
	}
	return files
}

// srnText is SRN's intrinsics.txt.
func srnText(c *plucker.Camera) string {
	in := c.Intrinsics
	return fmt.Sprintf("%v %v %v 0.\n0. 0. 0.\n0.\n1.\n%d %d\n", in.Fx, in.Cx, in.Cy, c.Height, c.Width)
}

func TestSRN(t *testing.T) {
	cams := ring(10, 16, 12)
	in := srnText(&cams[0])
	inverse := posed(cams, "%06d", 16)
	for i := range cams {
		inverse[fmt.Sprintf("pose/%06d.txt", i)] = []byte(matrixText(openCV(cams[i].Pose).Inv(), 4))
	}
	small := posed(cams, "%06d", 16)
	for i := range cams {
		small[fmt.Sprintf("rgb/%06d.png", i)] = pngOf(8, 6)
	}
	for _, tt := range []struct {
		name  string
		files map[string][]byte
		in    string
	}{
		{"16 numbers in a line", posed(cams, "%06d", 16), in},
		{"4×4", posed(cams, "%06d", 4), in},
		{"Windows", posed(cams, "%06d", 4), strings.ReplaceAll(in, "\n", "\r\n")},
		{"byte order mark, no last line end", posed(cams, "%06d", 4), "\ufeff" + strings.TrimSpace(in)},
		{"no near plane", posed(cams, "%06d", 4), strings.Replace(in, "0.\n1.\n", "1.\n", 1)},
		{"three numbers in the first line", posed(cams, "%06d", 4), strings.Replace(in, " 0.\n", "\n", 1)},
		{"camera to world, it says", posed(cams, "%06d", 4), in + "0\n"},
		{"world to camera", inverse, in + "1\n"},
		{"smaller images", small, in},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.files[intrinsicsFile] = []byte(tt.in)
			s, err := Open(context.Background(), folder(t, tt.files), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Format != "srn" || len(s.Warnings) != 0 || fmt.Sprint(s.Split(Test)) != "[0 8]" || s.Views[1].Name != "rgb/000001.png" {
				t.Errorf("format %s, warnings %q, test views %v, view 1 %s", s.Format, s.Warnings, s.Split(Test), s.Views[1].Name)
			}
			sameViews(t, s.Views, cams)
		})
	}
	t.Run("Windows poses", func(t *testing.T) {
		files := posed(cams, "%06d", 4)
		for name, data := range files {
			if strings.HasPrefix(name, "pose/") {
				files[name] = []byte(strings.ReplaceAll(string(data), "\n", "\r\n"))
			}
		}
		files[intrinsicsFile] = []byte(in)
		s, err := Peek(folder(t, files), Options{})
		if err != nil {
			t.Fatal(err)
		}
		sameViews(t, s.Views, cams)
	})
}

func TestSRNPartners(t *testing.T) {
	cams := ring(6, 16, 12)
	files := posed(cams, "%06d", 16)
	files[intrinsicsFile] = []byte(srnText(&cams[0]))
	delete(files, "pose/000001.txt")
	delete(files, "pose/000003.txt")
	delete(files, "rgb/000004.png")
	s, err := Peek(folder(t, files), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2 of 5 images have no pose, such as rgb/000001.png: they are skipped",
		"1 of 4 poses have no image, such as pose/000004.txt: they are skipped",
	}
	if len(s.Views) != 3 || !slices.Equal(s.Warnings, want) {
		t.Errorf("%d views, warnings %q, want 3, %q", len(s.Views), s.Warnings, want)
	}
}

func TestSRNInstances(t *testing.T) {
	cams := ring(3, 16, 12)
	one := posed(cams, "%06d", 16)
	one[intrinsicsFile] = []byte(srnText(&cams[0]))
	files := map[string][]byte{"notes.txt": []byte("x"), "other/a.txt": []byte("x")}
	for _, name := range []string{"1a", "2b", "3c"} {
		for f, data := range one {
			files[name+"/"+f] = data
		}
	}
	dir := folder(t, files)
	_, err := Peek(dir, Options{})
	if want := "dataset: open " + dir + ": holds 3 scenes: give one, such as " + filepath.Join(dir, "1a") + ", or learn what they have in common with lfn train --prior"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if s, err := Peek(filepath.Join(dir, "2b"), Options{}); err != nil || len(s.Views) != 3 {
		t.Errorf("Peek of one = %v, %v", s, err)
	}
}

func TestSRNBadInput(t *testing.T) {
	cams := ring(3, 16, 12)
	m := openCV(cams[1].Pose)
	skewed, mirrored := m, m
	skewed.Set(0, 0, 3)
	mirrored.SetCol(0, m.Col(0).Mul(-1))
	line := strings.Fields(matrixText(m, 16))
	for _, tt := range []struct {
		name, in, pose string // "" is what is right
		want           string
	}{
		{name: "too few numbers", pose: strings.Join(line[:15], " "), want: "pose/000001.txt: line 1: has 15 numbers, want 16"},
		{name: "too many numbers", pose: strings.Join(append(slices.Clone(line), "1"), " "), want: "pose/000001.txt: line 1: has more numbers than the 16 expected"},
		{name: "too few in a line", pose: "1 0 0 0\n\n0 1 0\n0 0 1 0\n0 0 0 1", want: "pose/000001.txt: line 3: has 3 numbers, want 4"},
		{name: "two lines", pose: "1 0 0 0\n0 1 0 0", want: "pose/000001.txt: has 2 lines, want a 4×4 matrix"},
		{name: "no numbers", pose: " \n", want: "pose/000001.txt: has no numbers, want a 4×4 matrix"},
		{name: "empty pose", pose: "-", want: "pose/000001.txt: is empty: copy it again"},
		{name: "a word", pose: "1 0 0 0\n0 one 0 0\n0 0 1 0\n0 0 0 1", want: `pose/000001.txt: line 2: has "one", want a number`},
		{name: "NaN", pose: strings.Replace(matrixText(m, 16), line[3], "nan", 1), want: `pose/000001.txt: line 1: has "nan", want a finite number`},
		{name: "too large for float64", pose: strings.Replace(matrixText(m, 16), line[3], "1e999", 1), want: `pose/000001.txt: line 1: has "1e999", want a finite number`},
		{name: "not rigid", pose: matrixText(skewed, 4), want: "pose/000001.txt: pose: is not rigid"},
		{name: "a mirror image", pose: matrixText(mirrored, 16), want: "pose/000001.txt: line 1: pose: is a mirror image"},
		{name: "bottom row", pose: strings.Join(append(slices.Clone(line[:15]), "2"), " "), want: "pose/000001.txt: line 1: pose: bottom row is [0 0 0 2], want [0 0 0 1]"},
		{name: "a huge file", pose: strings.Repeat("1 ", 4000), want: "pose/000001.txt: has 8000 bytes, at most 4096 are read"},
		{name: "intrinsics cut off", in: "10 8 6 0\n", want: "intrinsics.txt: ends after 1 lines, want f cx cy 0, the barycentre, near, scale, height width"},
		{name: "no size", in: "10 8 6 0\n0 0 0\n1\n1\n", want: "intrinsics.txt: has no line with height and width"},
		{name: "f alone", in: "10\n0 0 0\n1\n12 16\n", want: "intrinsics.txt: line 1: has 1 numbers, want 4: f cx cy 0"},
		{name: "half a barycentre", in: "10 8 6 0\n0 0\n1\n12 16\n", want: "intrinsics.txt: line 2: has 2 numbers, want 3: the barycentre x y z"},
		{name: "lines after the size", in: "10 8 6 0\n0 0 0\n1\n12 16\n0\n0\n", want: "intrinsics.txt: line 4: has height and width after 3 lines of 6"},
		{name: "world to camera 2", in: "10 8 6 0\n0 0 0\n1\n12 16\n2\n", want: "intrinsics.txt: line 5: is 2, want 1 where poses are world to camera, else 0"},
		{name: "focal length", in: "0 8 6 0\n0 0 0\n1\n12 16\n", want: "intrinsics.txt: line 1: focal length is 0, want pixels, above 0"},
		{name: "half a pixel", in: "10 8 6 0\n0 0 0\n1\n12.5 16\n", want: "intrinsics.txt: line 4: image size is 16×12.5, want whole numbers of pixels from 1 to 65536"},
		{name: "another aspect", in: "10 8 8 0\n0 0 0\n1\n16 16\n", want: "intrinsics.txt: line 1: is for 16×16 pixels, an aspect that is not the image's: use the original images (image rgb/000000.png is 16×12)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := posed(cams, "%06d", 16)
			files[intrinsicsFile] = []byte(srnText(&cams[0]))
			if tt.in != "" {
				files[intrinsicsFile] = []byte(tt.in)
			}
			if tt.pose != "" {
				files["pose/000001.txt"] = []byte(strings.TrimPrefix(tt.pose, "-"))
			}
			wantError(t, files, tt.want)
		})
	}
	all := posed(cams, "%06d", 16)
	all[intrinsicsFile] = []byte(srnText(&cams[0]))
	for _, tt := range []struct {
		name   string
		change func(files map[string][]byte)
		want   string
	}{
		{"two images of a name", func(f map[string][]byte) { f["rgb/000001.jpg"] = pngOf(16, 12) }, "rgb: more than one image has the name 000001, such as 000001.png: keep one"},
		{"no images", func(f map[string][]byte) {
			maps.DeleteFunc(f, func(n string, _ []byte) bool { return strings.HasPrefix(n, "rgb/") })
			f["rgb/readme"] = nil
		}, "rgb: has no images: unpack them there"},
		{"other names", func(f map[string][]byte) {
			maps.DeleteFunc(f, func(n string, _ []byte) bool { return strings.HasPrefix(n, "pose/") })
			f["pose/x.txt"] = []byte("1")
		}, "none of the 3 images in rgb has a pose among the 1 in pose, such as 000000.txt for 000000.png"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := maps.Clone(all)
			tt.change(files)
			wantError(t, files, tt.want)
		})
	}
}

// wantError fails unless the set of these files gives that error, one line.
func wantError(t *testing.T, files map[string][]byte, want string) {
	t.Helper()
	dir := folder(t, files)
	_, err := Peek(dir, Options{})
	if err == nil {
		t.Fatal("opened")
	}
	got, _ := strings.CutPrefix(err.Error(), "dataset: open "+dir+": ")
	if !strings.HasPrefix(got, want) || strings.Contains(got, "\n") {
		t.Errorf("error %q,\nwant  %q", err, want)
	}
}

// TestSRNFiles: files as the renderer of SRN's data writes them.
func TestSRNFiles(t *testing.T) {
	s, err := Peek(sharedData(t, "format_only_srn"), Options{Format: "srn"})
	if err != nil {
		t.Fatal(err)
	}
	c := s.Views[1].Camera
	if len(s.Views) != 100 || c.Width != 128 || c.Height != 128 || c.Intrinsics != (plucker.Intrinsics{Fx: 131.25, Fy: 131.25, Cx: 64, Cy: 64}) {
		t.Errorf("%d views, view 1 %+v", len(s.Views), c)
	}
	for _, v := range s.Views {
		if eye := v.Camera.Pose.Pos; eye.Normalize().Dot(v.Camera.Pose.Forward()) > -0.999 {
			t.Fatalf("%s at %v looks along %v, want towards the origin", v.Name, eye, v.Camera.Pose.Forward())
		}
	}
	t.Logf("frame %+v, warnings %q", s.Frame, s.Warnings)
}

func TestNSVF(t *testing.T) {
	cams := ring(10, 16, 12)
	in := cams[0].Intrinsics
	k := mgl64.Ident4()
	k.Set(0, 0, in.Fx)
	k.Set(1, 1, in.Fy)
	k.Set(0, 2, in.Cx)
	k.Set(1, 2, in.Cy)
	matrix := matrixText(k, 4)
	k3 := fmt.Sprintf("%v 0 %v\n0 %v %v\n0 0 1\n", in.Fx, in.Cx, in.Fy, in.Cy)
	digits := func(train, val, test int) map[string][]byte {
		files := map[string][]byte{}
		for i, n := range []int{train, val, test} {
			for name, data := range posed(cams[:n], fmt.Sprintf("%d_%%04d", i), 4) {
				files[name] = data
			}
		}
		return files
	}
	for _, tt := range []struct {
		name        string
		files       map[string][]byte
		in, box     string
		train, test int
	}{
		{"4×4, all splits", digits(5, 3, 2), matrix, "-1 -2 -3 1 2 3 0.4", 5, 2},
		{"validation for want of a test", digits(5, 3, 0), matrix, "-1 -2 -3 1 2 3\r\n", 5, 3},
		{"16 numbers in a line", digits(5, 0, 2), matrixText(k, 16), "-1 -2 -3 1 2 3 0.4", 5, 2},
		{"3×3, no box", digits(5, 0, 2), k3, "", 5, 2},
		{"SRN's intrinsics", digits(5, 0, 2), srnText(&cams[0]), "-1 -2 -3 1 2 3 0.4", 5, 2},
		{"SRN's intrinsics, no box", digits(5, 0, 2), srnText(&cams[0]), "", 5, 2},
		{"no digits, a box", posed(cams, "%04d", 4), srnText(&cams[0]), "-1 -2 -3 1 2 3 0.4", 8, 2},
		{"no digits, a matrix", posed(cams, "%04d", 4), matrix, "", 8, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.files[intrinsicsFile] = []byte(tt.in)
			if tt.box != "" {
				tt.files[bboxFile] = []byte(tt.box)
			}
			s, err := Open(context.Background(), folder(t, tt.files), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Format != "nsvf" || len(s.Split(Train)) != tt.train || len(s.Split(Test)) != tt.test {
				t.Errorf("format %s, %d training and %d test views, want nsvf, %d, %d", s.Format, len(s.Split(Train)), len(s.Split(Test)), tt.train, tt.test)
			}
			if tt.box != "" && (s.Frame.Center.Len() > 1e-12 || s.Frame.Radius*s.Frame.Radius-14 > 1e-9 || s.Frame.Up[2] < 0.99) {
				t.Errorf("frame %+v, want the ball around the box, Z up", s.Frame)
			}
			if n := min(5, len(s.Views)); strings.HasPrefix(s.Views[0].Name, "rgb/0") {
				sameViews(t, s.Views[:n], cams[:n])
			}
		})
	}
	for _, tt := range []struct{ name, in, box, want string }{
		{"a box upside down", matrix, "1 -2 -3 -1 2 3", "bbox.txt: line 1: x goes from 1 to -1, want a larger number after a smaller one"},
		{"a box of five", matrix, "1 2 3 4 5", "bbox.txt: has 5 numbers in 1 lines, want xmin ymin zmin xmax ymax zmax in one"},
		{"skew", strings.Replace(matrix, " 0 ", " 5 ", 1), "", "intrinsics.txt: k12, the skew, is 5, want 0: rectify the images"},
		{"no matrix", "1 2 3 4\n5 6 7 8\n", "0 0 0 1 1 1", "intrinsics.txt: has 2 lines, want a 4×4 matrix"},
		{"outside", strings.Replace(matrix, " 8 ", " 800 ", 1), "0 0 0 1 1 1", "intrinsics.txt: principal point is (800, 6), outside the image: use the original images"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := digits(3, 0, 2)
			files[intrinsicsFile] = []byte(tt.in)
			if tt.box != "" {
				files[bboxFile] = []byte(tt.box)
			}
			wantError(t, files, tt.want)
		})
	}
}

// FuzzSRN reads the same text as each of the files of SRN and NSVF.
func FuzzSRN(f *testing.F) {
	cams := ring(2, 16, 12)
	for _, s := range []string{
		srnText(&cams[0]), srnText(&cams[0]) + "1\n", "10 8 6 0\r\n0 0 0\r\n1\r\n12 16\r\n",
		matrixText(openCV(cams[0].Pose), 16), matrixText(openCV(cams[1].Pose), 4), "9 0 8\n0 9 6\n0 0 1", "-1 -1 -1 1 1 1 0.4", "0x1p9 nan 1e999",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		check := func(err error) bool {
			if err != nil {
				wantFormatError(t, err)
			}
			return err == nil
		}
		pose := cams[0].Pose
		for _, inverse := range []bool{false, true} {
			p, err := parsePose("pose/a.txt", data, inverse)
			if check(err) {
				pose = p
			}
		}
		for _, parse := range []func(string, []byte) (*pinhole, bool, error){parseSRN, parseNSVF} {
			lens, _, err := parse(intrinsicsFile, data)
			if !check(err) {
				continue
			}
			if c, err := lens.camera(pose, max(lens.w, 1), max(lens.h, 1)); err == nil {
				if err := c.Validate(); err != nil {
					t.Fatal(err)
				}
			} else if fe := (*FormatError)(nil); !errors.As(err, &fe) {
				t.Fatal(err)
			}
		}
		if _, radius, err := parseBBox(bboxFile, data); check(err) && !(radius > 0) {
			t.Fatalf("radius %v", radius)
		}
	})
}
