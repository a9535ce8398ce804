package dataset

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// parLine is the line of a camera in a _par.txt.
func parLine(name string, c *plucker.Camera) string {
	w := openCV(c.Pose).Inv()
	k := c.Intrinsics
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v 0 %v 0 %v %v 0 0 1", name, k.Fx, k.Cx, k.Fy, k.Cy)
	for i := range 9 {
		fmt.Fprint(&b, " ", w.At(i/3, i%3))
	}
	fmt.Fprintln(&b, "", w.At(0, 3), w.At(1, 3), w.At(2, 3))
	return b.String()
}

// parOf is the _par.txt of these cameras, and their images are im00.png and so on.
func parOf(cams []plucker.Camera) (par string, files map[string][]byte) {
	par, files = fmt.Sprintln(len(cams)), map[string][]byte{}
	for i := range cams {
		name := fmt.Sprintf("im%02d.png", i)
		par += parLine(name, &cams[i])
		files[name] = pngOf(cams[i].Width, cams[i].Height)
	}
	return par, files
}

func TestMiddlebury(t *testing.T) {
	cams := ring(10, 16, 12)
	for i := range cams {
		cams[i].Intrinsics.Fy *= 1.01
		cams[i].Intrinsics.Cx += 0.5
	}
	par, files := parOf(cams)
	for _, tt := range []struct{ name, par string }{
		{"as it is", par},
		{"Windows", strings.ReplaceAll(par, "\n", "\r\n")},
		{"tabs, empty lines, byte order mark", "\ufeff" + strings.ReplaceAll(strings.ReplaceAll(par, " ", "\t"), "\n", "\n\n")},
		{"K times two", strings.ReplaceAll(scaledK(par), " 0 0 1 ", " 0 0 2 ")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files["ring_par.txt"] = []byte(tt.par)
			dir := folder(t, files)
			for _, path := range []string{dir, dir + "/ring_par.txt"} {
				s, err := Open(context.Background(), path, Options{})
				if err != nil {
					t.Fatal(err)
				}
				if s.Format != "middlebury" || len(s.Warnings) != 0 || fmt.Sprint(s.Split(Test)) != "[0 8]" || s.Views[1].Name != "im01.png" {
					t.Errorf("format %s, warnings %q, test views %v, view 1 %s", s.Format, s.Warnings, s.Split(Test), s.Views[1].Name)
				}
				sameViews(t, s.Views, cams)
			}
		})
	}
}

// scaledK is the file with the first five numbers of each K, which are those that are not 0 or 1, times two.
func scaledK(par string) string {
	lines := strings.Split(par, "\n")
	for i, l := range lines {
		f := strings.Fields(l)
		if len(f) < 10 {
			continue
		}
		for _, k := range []int{1, 3, 5, 6} {
			var x float64
			fmt.Sscan(f[k], &x)
			f[k] = fmt.Sprint(2 * x)
		}
		lines[i] = strings.Join(f, " ")
	}
	return strings.Join(lines, "\n")
}

func TestMiddleburyBadInput(t *testing.T) {
	cams := ring(3, 16, 12)
	par, files := parOf(cams)
	line := strings.Fields(parLine("im01.png", &cams[1]))
	with := func(i int, v string) string {
		l := slices.Clone(line)
		l[i] = v
		return strings.Replace(par, strings.Join(line, " "), strings.Join(l, " "), 1)
	}
	lines := strings.SplitAfter(par, "\n")
	for _, tt := range []struct{ name, par, want string }{
		{"empty", "", "is empty: copy it again"},
		{"blank", " \r\n\n", "has no lines, want the number of images and a line for each"},
		{"no count", strings.Join(lines[1:], ""), `line 1: is "im00.png`},
		{"count 0", "0\n", `line 1: is "0", want the number of images`},
		{"a count that lies", "1000000000000\n" + strings.Join(lines[1:], ""), "has lines for 3 images, and the first line says 1000000000000: copy it again"},
		{"cut off after a line", strings.Join(lines[:3], ""), "has lines for 2 images, and the first line says 3: copy it again"},
		{"cut off in a line", par[:len(par)-30], "line 4: has 20 numbers after the name, want 21: K, R and t"},
		{"a line too many", par + lines[3], "line 5: is one more than the 3 images of the first line"},
		{"no numbers", with(0, "im01.png\nim02.png"), "line 3: has 0 numbers after the name, want 21: K, R and t"},
		{"a word", with(5, "x"), `line 3: has "x", want a number`},
		{"NaN", with(19, "NaN"), `line 3: has "NaN", want a finite number`},
		{"Inf", with(21, "-Inf"), `line 3: has "-Inf", want a finite number`},
		{"skew", with(2, "0.5"), "line 3: k12, the skew, is 0.5, want 0: rectify the images"},
		{"k31", with(7, "0.1"), "line 3: k31 is 0.1, want 0: rectify the images"},
		{"k33", with(9, "0"), "line 3: k33 is 0, want 1"},
		{"focal length", with(1, "-10"), "line 3: focal length is -10, want pixels, above 0"},
		{"not a rotation", with(10, "2"), "line 3: pose: is not rigid"},
		{"outside", with(3, "99"), "line 3: principal point is (99, 6), outside the image: use the original images (image im01.png is 16×12)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files["ring_par.txt"] = []byte(tt.par)
			wantError(t, files, "ring_par.txt: "+tt.want)
		})
	}
	t.Run("two files", func(t *testing.T) {
		wantError(t, map[string][]byte{"a_par.txt": []byte(par), "b_par.txt": []byte(par)},
			"has 2 files with cameras, such as a_par.txt and b_par.txt: give the path of one of them")
	})
}

// TestDino: the shape that the silhouettes carve with the cameras of the file fits the silhouettes, and that of
// cameras which are wrong does not.
func TestDino(t *testing.T) {
	dir := sharedData(t, "middlebury_dinoSR")
	if testing.Short() {
		t.Skip("carves six times")
	}
	s, err := Open(context.Background(), dir, Options{Scale: 4})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Views) != 16 || s.Format != "middlebury" || s.Views[0].Camera.Width != 160 || s.Views[0].Camera.Height != 120 {
		t.Fatalf("%d views, format %s, camera %+v", len(s.Views), s.Format, s.Views[0].Camera)
	}
	// README.txt of the set has the box.
	lo, hi := mgl64.Vec3{-0.061897, -0.018874, -0.057845}, mgl64.Vec3{0.010897, 0.068227, 0.015495}
	t.Logf("frame %+v; the box of the set has its centre at %.4f and half a diagonal of %.4f", s.Frame, lo.Add(hi).Mul(0.5), hi.Sub(lo).Len()/2)

	var masks []*image.Gray
	var cams []plucker.Camera
	for _, v := range s.Views {
		if v.Name == "dinoSR0006.png" {
			continue // has no good silhouette, says the set
		}
		masks = append(masks, silhouette(&v))
		cams = append(cams, v.Camera)
	}
	margin := mgl64.Vec3{0.005, 0.005, 0.005}
	fit := func(change func(i int, c *plucker.Camera)) (mean, worst float64) {
		moved := slices.Clone(cams)
		for i := range moved {
			change(i, &moved[i])
		}
		return carve(masks, moved, lo.Sub(margin), hi.Add(margin))
	}
	right, worst := fit(func(int, *plucker.Camera) {})
	t.Logf("intersection over union: %.4f in the mean, %.4f at worst", right, worst)
	const wantMean, wantWorst = 0.985, 0.97
	if right < wantMean || worst < wantWorst {
		t.Errorf("the silhouettes do not fit the cameras: intersection over union %.3f, at worst %.3f, want %v, %v", right, worst, wantMean, wantWorst)
	}
	for _, tt := range []struct {
		name   string
		change func(i int, c *plucker.Camera)
	}{
		{"turned by 5°", func(i int, c *plucker.Camera) {
			if i == 4 {
				r := mgl64.HomogRotate3DY(5 * math.Pi / 180)
				c.Pose.Pos, c.Pose.Rot = r.Mat3().Mul3x1(c.Pose.Pos), r.Mat3().Mul3(c.Pose.Rot)
			}
		}},
		{"3 pixels aside", func(i int, c *plucker.Camera) {
			if i == 4 {
				c.Intrinsics.Cx += 3
			}
		}},
		{"+Y up in the file", func(_ int, c *plucker.Camera) { c.Pose.Rot = c.Pose.Rot.Mul3(mgl64.Diag3(mgl64.Vec3{-1, -1, 1})) }},
		{"world to camera", func(_ int, c *plucker.Camera) {
			flip := mgl64.Diag3(mgl64.Vec3{1, -1, -1})
			p := plucker.Pose{Rot: c.Pose.Rot.Mul3(flip), Pos: c.Pose.Pos}.Inverse()
			c.Pose = plucker.Pose{Rot: p.Rot.Mul3(flip), Pos: p.Pos}
		}},
		{"focal length less 5 %", func(i int, c *plucker.Camera) {
			if i == 4 {
				c.Intrinsics.Fx, c.Intrinsics.Fy = c.Intrinsics.Fx*0.95, c.Intrinsics.Fy*0.95
			}
		}},
	} {
		mean, worst := fit(tt.change)
		t.Logf("%s: %.4f in the mean, %.4f at worst", tt.name, mean, worst)
		if mean >= wantMean && worst >= wantWorst {
			t.Errorf("cameras that are wrong (%s) pass as right: %.3f in the mean, %.3f at worst", tt.name, mean, worst)
		}
	}
}

// silhouette is 255 where the view is brighter than its black background, with holes of a few pixels filled: it is
// dilated and eroded by 3 pixels.
func silhouette(v *View) *image.Gray {
	w, h := v.Camera.Width, v.Camera.Height
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		p := v.Pix[4*i:]
		if max(p[0], p[1], p[2]) > 40 {
			m.Pix[i] = 255
		}
	}
	grow := func(r int, fill byte) {
		src := slices.Clone(m.Pix)
		for y := range h {
			for x := range w {
				for dy := max(-r, -y); dy <= min(r, h-1-y); dy++ {
					for dx := max(-r, -x); dx <= min(r, w-1-x); dx++ {
						if dx*dx+dy*dy <= r*r && src[(y+dy)*w+x+dx] == fill {
							m.Pix[y*w+x] = fill
						}
					}
				}
			}
		}
	}
	grow(3, 255)
	grow(3, 0)
	return m
}

// carve keeps the cells of a grid over the box that are in every silhouette, or outside of its image, and returns
// how well what they cover fits the silhouettes: intersection over union, the mean and the least. A cell is smaller
// than a pixel.
func carve(masks []*image.Gray, cams []plucker.Camera, lo, hi mgl64.Vec3) (mean, worst float64) {
	const n = 150
	size := hi.Sub(lo)
	cell := max(size[0], size[1], size[2]) / n
	covered := make([][]bool, len(masks))
	toCam := make([]plucker.Pose, len(masks))
	for i := range covered {
		covered[i] = make([]bool, len(masks[i].Pix))
		toCam[i] = cams[i].Pose.Inverse()
	}
	at := make([]int, len(masks)) // the pixel of a cell, or −1 outside of the image
	for k := range n * n * n {
		p := lo.Add(mgl64.Vec3{float64(k%n) + 0.5, float64(k/n%n) + 0.5, float64(k/n/n) + 0.5}.Mul(cell))
		kept := true
		for i, m := range masks {
			q, in := toCam[i].Rot.Mul3x1(p).Add(toCam[i].Pos), &cams[i].Intrinsics // as in Camera.Project
			x, y := int(math.Floor(in.Cx-in.Fx*q[0]/q[2])), int(math.Floor(in.Cy+in.Fy*q[1]/q[2]))
			at[i] = -1
			if (image.Point{x, y}).In(m.Rect) {
				at[i] = y*m.Stride + x
				if m.Pix[at[i]] == 0 {
					kept = false
					break
				}
			}
		}
		for i := range at {
			if kept && at[i] >= 0 {
				covered[i][at[i]] = true
			}
		}
	}
	worst = 1
	for i, m := range masks {
		both, either := 0, 0
		for k, c := range covered[i] {
			in := m.Pix[k] != 0
			if c && in {
				both++
			}
			if c || in {
				either++
			}
		}
		iou := float64(both) / float64(max(either, 1))
		mean += iou / float64(len(masks))
		worst = min(worst, iou)
	}
	return mean, worst
}

func FuzzMiddlebury(f *testing.F) {
	cams := ring(2, 16, 12)
	par, _ := parOf(cams)
	f.Add([]byte(par))
	f.Add([]byte(strings.ReplaceAll(par, "\n", "\r\n")))
	f.Add([]byte(scaledK(par)))
	f.Add([]byte("99999999\n" + par))
	f.Fuzz(func(t *testing.T, data []byte) {
		views, err := parseMiddlebury("a_par.txt", data)
		if err != nil {
			wantFormatError(t, err)
			return
		}
		for i := range views {
			c, err := views[i].lens.camera(views[i].pose, 64, 48)
			if err != nil {
				wantFormatError(t, err)
				continue
			}
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
