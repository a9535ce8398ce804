package dataset

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// npyOf is what numpy.save writes for a rows×17 matrix of type descr.
func npyOf(descr, shape string, x []float64) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape)
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	b = append(b, header...)
	for _, v := range x {
		switch descr {
		case "<f4":
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
		case ">f8":
			b = binary.BigEndian.AppendUint64(b, math.Float64bits(v))
		default:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
	}
	return b
}

// llffRow is the row of a camera, whose principal point is in the middle.
func llffRow(c *plucker.Camera, near, far float64) []float64 {
	r, u, b, p := c.Pose.Right(), c.Pose.Up(), c.Pose.Forward().Mul(-1), c.Pose.Pos
	hwf := [3]float64{float64(c.Height), float64(c.Width), c.Intrinsics.Fx}
	var row []float64
	for k := range 3 {
		row = append(row, -u[k], r[k], b[k], p[k], hwf[k])
	}
	return append(row, near, far)
}

// ring is n cameras on a circle around the origin, looking at it from somewhat above, w×h pixels each.
func ring(n, w, h int) []plucker.Camera {
	cams := make([]plucker.Camera, n)
	for i := range cams {
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		cams[i] = plucker.Pinhole(plucker.LookAt(mgl64.Vec3{3 * c, 3 * s, 1}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), w, h, 0.8)
	}
	return cams
}

// row of n cameras side by side that look along −Z.
func sideBySide(n, w, h int) []plucker.Camera {
	cams := make([]plucker.Camera, n)
	for i := range cams {
		eye := mgl64.Vec3{float64(i%4) * 0.2, float64(i/4) * 0.2, 0}
		cams[i] = plucker.Pinhole(plucker.LookAt(eye, eye.Sub(mgl64.Vec3{0, 0, 1}), mgl64.Vec3{0, 1, 0}), w, h, 0.8)
	}
	return cams
}

// llffFiles are the files of a set of these cameras, with images of a fraction of their size.
func llffFiles(cams []plucker.Camera, near, far float64, folder string, factor int) map[string][]byte {
	var x []float64
	files := map[string][]byte{}
	for i := range cams {
		x = append(x, llffRow(&cams[i], near, far)...)
		files[fmt.Sprintf("%s/im%03d.png", folder, i)] = pngOf(cams[i].Width/factor, cams[i].Height/factor)
	}
	files[boundsFile] = npyOf("<f8", fmt.Sprintf("(%d, 17)", len(cams)), x)
	return files
}

// sameViews fails unless the views project points as the cameras do, scaled to the size of the views.
func sameViews(t *testing.T, views []View, cams []plucker.Camera) {
	t.Helper()
	if len(views) != len(cams) {
		t.Fatalf("%d views, want %d", len(views), len(cams))
	}
	for i := range views {
		got := &views[i].Camera
		want := cams[i].Scaled(got.Width, got.Height)
		for _, p := range [][3]float64{{0, 0, 1}, {1, 0, 2}, {0, 1, 2}, {0.3, 0.7, 3}} {
			x := want.Unproject(p[0]*float64(want.Width), p[1]*float64(want.Height), p[2])
			u, v, depth, ok := got.Project(x)
			if !ok || math.Hypot(u-p[0]*float64(want.Width), v-p[1]*float64(want.Height)) > 1e-4 || math.Abs(depth-p[2]) > 1e-5 {
				t.Fatalf("%s sees %v at (%v, %v, %v), want %v of %d×%d", views[i].Name, x, u, v, depth, p, want.Width, want.Height)
			}
		}
	}
}

func TestLLFF(t *testing.T) {
	cams := sideBySide(12, 32, 24)
	for _, tt := range []struct {
		name, folder  string
		factor        int
		descr, sub    string
		width, height int
	}{
		{name: "images", folder: "images", factor: 1, width: 32, height: 24},
		{name: "images_4", folder: "images_4", factor: 4, width: 8, height: 6},
		{name: "float32", folder: "images_8", factor: 8, descr: "<f4", width: 4, height: 3},
		{name: "big endian", folder: "images_2", factor: 2, descr: ">f8", width: 16, height: 12},
		{name: "path of the file", folder: "images", factor: 1, sub: boundsFile, width: 32, height: 24},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := llffFiles(cams, 2, 6, tt.folder, tt.factor)
			files[tt.folder+"/Thumbs.db"], files[tt.folder+"/.hidden.png"] = []byte("x"), []byte("x")
			if tt.descr != "" {
				var x []float64
				for i := range cams {
					x = append(x, llffRow(&cams[i], 2, 6)...)
				}
				files[boundsFile] = npyOf(tt.descr, "(12L, 17L)", x)
			}
			s, err := Open(context.Background(), filepath.Join(folder(t, files), tt.sub), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Format != "llff" || len(s.Warnings) != 0 || fmt.Sprint(s.Split(Test)) != "[0 8]" {
				t.Errorf("format %s, warnings %q, test views %v", s.Format, s.Warnings, s.Split(Test))
			}
			if v := s.Views[3]; v.Name != tt.folder+"/im003.png" || v.Camera.Width != tt.width || v.Camera.Height != tt.height {
				t.Errorf("view 3 is %s, %d×%d, want %s/im003.png, %d×%d", v.Name, v.Camera.Width, v.Camera.Height, tt.folder, tt.width, tt.height)
			}
			sameViews(t, s.Views, cams)
		})
	}
	t.Run("the largest folder whose count fits", func(t *testing.T) {
		files := llffFiles(cams, 2, 6, "images_2", 2)
		files["images/im000.png"], files["images_8/im000.png"] = pngOf(32, 24), pngOf(4, 3)
		s, err := Open(context.Background(), folder(t, files), Options{})
		if err != nil || s.Views[0].Name != "images_2/im000.png" {
			t.Errorf("%v, %v, want images_2", s, err)
		}
	})
}

// TestLLFFFrame: what is seen between near and far, but for the corners of what is far, is in the ball and no camera is,
// where that can be.
func TestLLFFFrame(t *testing.T) {
	outward := ring(12, 32, 24)
	for i := range outward {
		p := &outward[i].Pose
		p.Pos[2] = 0
		*p = plucker.LookAt(p.Pos, p.Pos.Mul(2), mgl64.Vec3{0, 0, 1})
	}
	for _, tt := range []struct {
		name      string
		cams      []plucker.Camera
		near, far float64
		seen, out bool
	}{
		{"side by side", sideBySide(12, 32, 24), 2, 6, true, true},
		{"side by side, thin", sideBySide(12, 32, 24), 2, 2.1, true, true},
		{"side by side, to the horizon", sideBySide(12, 32, 24), 2, 1e5, false, true},
		{"around an object", ring(12, 32, 24), 1.5, 5, false, true},
		{"outwards", outward, 1, 4, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t, llffFiles(tt.cams, tt.near, tt.far, "images", 1))
			s, err := Peek(dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Frame.Validate(); err != nil {
				t.Fatal(err)
			}
			inside, unseen := 0, 0
			for _, v := range s.Views {
				if v.Camera.Pose.Pos.Sub(s.Frame.Center).Len() <= s.Frame.Radius {
					inside++
				}
				middle := 2 / (1/tt.near + 1/tt.far)
				for _, q := range [][3]float64{{0, 0, tt.near}, {32, 24, tt.near}, {0, 24, middle}, {32, 0, middle}, {16, 12, tt.far}} {
					if p := v.Camera.Unproject(q[0], q[1], q[2]); p.Sub(s.Frame.Center).Len() > s.Frame.Radius*(1+1e-6) {
						unseen++
					}
				}
			}
			t.Logf("%+v: %d cameras inside, %d points outside", s.Frame, inside, unseen)
			if tt.seen && unseen > 0 || tt.out && inside > 0 {
				t.Errorf("%d cameras are inside of %+v, %d points that they see outside", inside, s.Frame, unseen)
			}
		})
	}
}

func TestLLFFBadInput(t *testing.T) {
	cams := sideBySide(3, 32, 24)
	var x []float64
	for i := range cams {
		x = append(x, llffRow(&cams[i], 2, 6)...)
	}
	with := func(i int, v float64) []byte {
		y := slices.Clone(x)
		y[i] = v
		return npyOf("<f8", "(3, 17)", y)
	}
	good := npyOf("<f8", "(3, 17)", x)
	mirrored := slices.Clone(x)
	for _, k := range []int{17, 22, 27} {
		mirrored[k] = -mirrored[k]
	}
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "is empty: copy it again"},
		{"text", []byte("hello, this is no array"), "does not begin as a .npy file does: save it with numpy.save"},
		{"magic alone", good[:8], "is cut off after 8 bytes: copy it again"},
		{"cut in the header", good[:40], "header has 118 bytes, and the file ends after 30: copy it again"},
		{"cut in the numbers", good[:len(good)-9], "shape is (3, 17), and 399 bytes of numbers are there, want 408: copy it again"},
		{"more than it says", append(slices.Clone(good), 0), "shape is (3, 17), and 409 bytes of numbers are there, want 408: copy it again"},
		{"a header that lies", npyOf("<f8", "(1000000000000, 17)", x), "shape is (1000000000000, 17), and 408 bytes of numbers are there"},
		{"a header that overflows", npyOf("<f8", "(1085102592571150096, 17)", x), "shape is (1085102592571150096, 17), and 408 bytes of numbers are there"},
		{"a number too large", npyOf("<f8", "(99999999999999999999, 17)", x), "shape is (99999999999999999999, 17), want at most 8 whole numbers"},
		{"a shape of three", npyOf("<f8", "(3, 3, 5)", x[:45]), "shape is [3 3 5], want N rows of 17"},
		{"15 columns", npyOf("<f8", "(3, 15)", x[:45]), "shape is [3 15], want N rows of 17"},
		{"transposed", npyOf("<f8", "(17, 3)", x), "shape is [17 3], want N rows of 17"},
		{"no rows", npyOf("<f8", "(0, 17)", nil), "has no rows, want one for each image"},
		{"integers", npyOf("<i8", "(3, 17)", x), `holds "<i8", want <f8 or <f4, floating-point numbers`},
		{"version", []byte("\x93NUMPY\x09\x00\x01\x00{}"), "is of version 9, want 1 to 3"},
		{"no dictionary", []byte("\x93NUMPY\x01\x00\x02\x00{}"), `header is "{}", want descr, fortran_order and shape`},
		{"NaN", with(20, math.NaN()), "row 1, column 3 is NaN, want a finite number"},
		{"Inf", with(16, math.Inf(1)), "row 0, column 16 is +Inf, want a finite number"},
		{"not rigid", with(17, 3), "row 1: pose: is not rigid"},
		{"a mirror image", npyOf("<f8", "(3, 17)", mirrored), "row 1: pose: is a mirror image: det R is −1, want 1"},
		{"far away", with(20, 1e9), "row 1: puts the camera at 1e+09, want at most 1e+08 from the origin"},
		{"no size", with(4, 0), "row 0: image size is 32×0, want whole numbers of pixels from 1 to 65536"},
		{"no focal length", with(14, -1), "row 0: focal length is -1, want pixels, above 0"},
		{"bounds", with(15, 7), "row 0: bounds are 7 and 6, want two distances from above 0 to 1e+08, the nearer first"},
		{"a bound of zero", with(15, 0), "row 0: bounds are 0 and 6"},
		{"another count", npyOf("<f8", "(2, 17)", x[:34]), "has 2 poses, and images has 3 images: want one image for each pose"},
		{"another aspect", with(4, 32), "row 0: is for 32×32 pixels, an aspect that is not the image's: use the original images (image images/im000.png is 32×24)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := llffFiles(cams, 2, 6, "images", 1)
			files[boundsFile] = tt.data
			dir := folder(t, files)
			_, err := Peek(dir, Options{})
			if err == nil {
				t.Fatal("opened")
			}
			got, _ := strings.CutPrefix(err.Error(), "dataset: open "+dir+": "+boundsFile+": ")
			if !strings.HasPrefix(got, tt.want) || strings.Contains(got, "\n") {
				t.Errorf("error %q,\nwant  %q", err, tt.want)
			}
			if fe := (*FormatError)(nil); tt.data != nil && !errors.As(err, &fe) {
				t.Errorf("error is %T, want *FormatError", err)
			}
		})
	}
	t.Run("no images", func(t *testing.T) {
		_, err := Peek(folder(t, map[string][]byte{boundsFile: good}), Options{})
		if err == nil || !strings.HasSuffix(err.Error(), ": no images in images, images_2, images_4, images_8: unpack them there") {
			t.Errorf("error %v", err)
		}
	})
}

// FuzzLLFF: what is accepted makes a valid frame, and cameras that project.
func FuzzLLFF(f *testing.F) {
	cams := sideBySide(2, 32, 24)
	x := append(llffRow(&cams[0], 2, 6), llffRow(&cams[1], 2, 6)...)
	f.Add(npyOf("<f8", "(2, 17)", x))
	f.Add(npyOf("<f4", "(2, 17)", x))
	f.Add(bytes.Replace(npyOf(">f8", "(2, 17)", x), []byte("False"), []byte("True "), 1))
	f.Add(npyOf("<f8", "(1085102592571150096, 17)", x))
	f.Fuzz(func(t *testing.T, data []byte) {
		views, err := parseLLFF(boundsFile, data)
		if err != nil {
			wantFormatError(t, err)
			return
		}
		if len(views)*boundsCols*4 > len(data) {
			t.Fatalf("%d rows of %d bytes", len(views), len(data))
		}
		if len(views) > 100 {
			return
		}
		if err := boundsFrame(views).Validate(); err != nil {
			t.Fatal(err)
		}
		for i := range views {
			v := &views[i]
			if c, err := v.lens.camera(v.pose, v.lens.w, v.lens.h); err == nil {
				if err := c.Validate(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// wantFormatError fails unless err is one line of a *FormatError.
func wantFormatError(t *testing.T, err error) {
	t.Helper()
	var fe *FormatError
	if !errors.As(err, &fe) || strings.ContainsAny(err.Error(), "\n\r") {
		t.Fatalf("error %q is a %T, want one line of a *FormatError", err, err)
	}
}
