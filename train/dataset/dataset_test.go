package dataset

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"lfnview/plucker"
)

// pose is a transform_matrix that nothing is wrong with.
const pose = `[[1,0,0,0],[0,1,0,0],[0,0,1,4],[0,0,0,1]]`

// folder writes files into a new folder and returns its path.
func folder(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// transformsOf is the JSON of frames side by side, each at a place of its own; top is put before them.
func transformsOf(top string, names ...string) []byte {
	var frames []string
	for _, n := range names {
		x := crc32.ChecksumIEEE([]byte(n)) % 1000
		frames = append(frames, fmt.Sprintf(`{"file_path": %q, "transform_matrix": [[1,0,0,%d],[0,1,0,0],[0,0,1,4],[0,0,0,1]]}`, n, x))
	}
	return []byte("{" + top + `"frames": [` + strings.Join(frames, ",\n") + "]}")
}

// pngOf is a w×h PNG whose pixel (x, y) is (x, y, 7, 255).
func pngOf(w, h int) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{byte(x), byte(y), 7, 255})
		}
	}
	return encoded(m, png.Encode)
}

func encoded(m image.Image, enc func(io.Writer, image.Image) error) []byte {
	var b bytes.Buffer
	if err := enc(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// pngClaiming is the start of a PNG that says it has w×h pixels.
func pngClaiming(w, h uint32) []byte {
	p := pngOf(4, 4)
	binary.BigEndian.PutUint32(p[16:], w)
	binary.BigEndian.PutUint32(p[20:], h)
	binary.BigEndian.PutUint32(p[29:], crc32.ChecksumIEEE(p[12:29]))
	return p
}

func TestOpenLayouts(t *testing.T) {
	im := pngOf(8, 6)
	angle := `"camera_angle_x": 0.7, "aabb_scale": 16, `
	for _, tt := range []struct {
		name    string
		path    string // below the folder
		files   map[string][]byte
		options Options
		train   string // names of the views
		test    string
		warning string
	}{
		{
			name: "split files, paths without extension",
			files: map[string][]byte{
				"transforms_train.json": transformsOf(angle, "./train/a", "./train/b"),
				"transforms_test.json":  transformsOf(angle, "./test/a"),
				"transforms_val.json":   transformsOf(angle, "./val/a"),
				"train/a.png":           im, "train/b.png": im, "test/a.png": im, "val/a.png": im,
			},
			train: "train/a.png train/b.png", test: "test/a.png",
		},
		{
			name: "val stands in for test",
			files: map[string][]byte{
				"transforms_train.json": transformsOf(angle, "a"),
				"transforms_val.json":   transformsOf(angle, "b"),
				"a.png":                 im, "b.png": im,
			},
			train: "a.png", test: "b.png",
		},
		{
			name: "test only",
			files: map[string][]byte{
				"transforms_test.json": transformsOf(angle, "b"),
				"b.png":                im,
			},
			test: "b.png",
		},
		{
			name: "one file, backslashes, every 8th held out",
			files: map[string][]byte{
				"transforms.json": transformsOf(angle, `.\images\0.png`, "images/1", "images/2", "images/3", "images/4", "images/5",
					"images/6", "images/7", "images/8", "images/9"),
				"images/0.png": im, "images/1.png": im, "images/2.png": im, "images/3.png": im, "images/4.png": im,
				"images/5.png": im, "images/6.png": im, "images/7.PNG": im, "images/8.png": im, "images/9.png": im,
			},
			train: "images/1.png images/2.png images/3.png images/4.png images/5.png images/6.png images/7.PNG images/9.png",
			test:  "images/0.png images/8.png",
		},
		{
			name:    "holdout 2",
			files:   map[string][]byte{"transforms.json": transformsOf(angle, "a", "b", "c"), "a.png": im, "b.png": im, "c.png": im},
			options: Options{Holdout: 2},
			train:   "b.png", test: "a.png c.png",
		},
		{
			name:    "no holdout",
			files:   map[string][]byte{"transforms.json": transformsOf(angle, "a", "b"), "a.png": im, "b.png": im},
			options: Options{Holdout: -1},
			train:   "a.png b.png",
		},
		{
			name:  "a single view is for training",
			files: map[string][]byte{"transforms.json": transformsOf(angle, "a"), "a.png": im},
			train: "a.png",
		},
		{
			name:  "path of a file",
			path:  "sub/any.json",
			files: map[string][]byte{"sub/any.json": transformsOf(angle, "../a", "b"), "a.png": im, "sub/b.png": im},
			train: "b.png", test: "../a.png",
		},
		{
			name:  "path of a test file",
			path:  "transforms_test.json",
			files: map[string][]byte{"transforms_test.json": transformsOf(angle, "a", "b"), "a.png": im, "b.png": im},
			test:  "a.png b.png",
		},
		{
			name: "nerfstudio's lists",
			files: map[string][]byte{
				"transforms.json": transformsOf(angle+`"train_filenames": ["./a.png"], "test_filenames": ["b.png"], `, "a.png", "b.png", "c.png"),
				"a.png":           im, "b.png": im, "c.png": im,
			},
			train: "a.png", test: "b.png",
		},
		{
			name: "missing images make one warning",
			files: map[string][]byte{
				"transforms_train.json": transformsOf(angle, "a", "gone", "b", "lost"),
				"transforms_test.json":  transformsOf(angle, "c", "away"),
				"a.png":                 im, "b.png": im, "c.png": im,
			},
			train: "a.png b.png", test: "c.png",
			warning: "3 of 6 images are missing, such as gone: their frames are skipped",
		},
		{
			name: "no test image is there",
			files: map[string][]byte{
				"transforms_train.json": transformsOf(angle, "a", "b"),
				"transforms_test.json":  transformsOf(angle, "c"),
				"a.png":                 im, "b.png": im,
			},
			train: "b.png", test: "a.png",
			warning: "1 of 3 images are missing, such as c: their frames are skipped",
		},
		{
			name:  "byte order mark, 3×4 matrix",
			files: map[string][]byte{"transforms.json": []byte("\ufeff" + `{"camera_angle_x":1,"frames":[{"file_path":"a","transform_matrix":[[1,0,0,0],[0,1,0,0],[0,0,1,4]]}]}`), "a.png": im},
			train: "a.png",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(folder(t, tt.files), tt.path)
			s, err := Open(context.Background(), dir, tt.options)
			if err != nil {
				t.Fatal(err)
			}
			names := func(sp Split) string {
				var n []string
				for _, i := range s.Split(sp) {
					n = append(n, s.Views[i].Name)
				}
				return strings.Join(n, " ")
			}
			if names(Train) != tt.train || names(Test) != tt.test {
				t.Errorf("train %q, test %q, want %q, %q", names(Train), names(Test), tt.train, tt.test)
			}
			if got := strings.Join(s.Warnings, "\n"); got != tt.warning {
				t.Errorf("warnings %q, want %q", got, tt.warning)
			}
			for _, v := range s.Views {
				if v.Camera.Width != 8 || v.Camera.Height != 6 || len(v.Pix) != 4*8*6 {
					t.Errorf("%s: %d×%d with %d bytes, want 8×6", v.Name, v.Camera.Width, v.Camera.Height, len(v.Pix))
				} else if got := [4]byte(v.Pix[4*(2*8+5):]); got != [4]byte{5, 2, 7, 255} {
					t.Errorf("%s: pixel (5, 2) = %v, want [5 2 7 255]", v.Name, got)
				}
			}
			if tt.options.Scale+tt.options.MaxSize+tt.options.Holdout != 0 {
				return
			}
			p, err := Peek(dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range s.Views {
				s.Views[i].Pix = nil
			}
			if !reflect.DeepEqual(p, s) {
				t.Errorf("Peek = %+v, want %+v", p, s)
			}
		})
	}
}

func TestOpenCamera(t *testing.T) {
	for _, tt := range []struct {
		name    string
		top     string
		frame   string // keys of the frame
		w, h    int    // of the image
		options Options
		want    plucker.Camera
	}{
		{
			name: "field of view", top: `"camera_angle_x": 1.5707963267948966,`, w: 8, h: 6,
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 4, Fy: 4, Cx: 4, Cy: 3}, Width: 8, Height: 6},
		},
		{
			name: "both fields of view", top: `"camera_angle_x": 1.5707963267948966, "camera_angle_y": 1.5707963267948966,`, w: 8, h: 6,
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 4, Fy: 3, Cx: 4, Cy: 3}, Width: 8, Height: 6},
		},
		{
			name: "pixels", top: `"fl_x": 5, "fl_y": 6, "cx": 3.5, "cy": 2.5, "w": 8.0, "h": 6, "k1": 0.1, "p2": -0.01, "k6": 0.5, "camera_angle_x": 3,`, w: 8, h: 6,
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 5, Fy: 6, Cx: 3.5, Cy: 2.5}, Distortion: plucker.Distortion{K1: 0.1, P2: -0.01, K6: 0.5}, Width: 8, Height: 6},
		},
		{
			name: "nerfstudio's fisheye", top: `"camera_model": "OPENCV_FISHEYE", "fl_x": 5, "k1": 0.1, "k4": 0.01,`, w: 8, h: 6,
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 5, Fy: 5, Cx: 4, Cy: 3}, Distortion: plucker.Distortion{K1: 0.1, K4: 0.01, Fisheye: true}, Width: 8, Height: 6},
		},
		{
			name: "instant-ngp's fisheye", top: `"is_fisheye": true,`, frame: `"fl_x": 5,`, w: 8, h: 6,
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 5, Fy: 5, Cx: 4, Cy: 3}, Distortion: plucker.Distortion{Fisheye: true}, Width: 8, Height: 6},
		},
		{
			name: "a frame with a lens of its own", top: `"is_fisheye": true,`, frame: `"fl_x": 5, "camera_model": "PINHOLE",`, w: 8, h: 6,
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 5, Fy: 5, Cx: 4, Cy: 3}, Width: 8, Height: 6},
		},
		{
			name: "fl_y alone", top: `"fl_y": 6,`, w: 8, h: 6,
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 6, Fy: 6, Cx: 4, Cy: 3}, Width: 8, Height: 6},
		},
		{
			name: "frame wins", top: `"fl_x": 5, "fl_y": 6, "cx": 1, "k1": 1, "k2": 2,`, frame: `"fl_x": 7, "cx": 3, "k1": 0,`, w: 8, h: 6,
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 7, Fy: 7, Cx: 3, Cy: 3}, Distortion: plucker.Distortion{K2: 2}, Width: 8, Height: 6},
		},
		{
			name: "photographs were halved", top: `"fl_x": 10, "fl_y": 12, "cx": 7, "cy": 5, "w": 16, "h": 12,`, w: 8, h: 6,
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 5, Fy: 6, Cx: 3.5, Cy: 2.5}, Width: 8, Height: 6},
		},
		{
			name: "scale", top: `"fl_x": 5, "cx": 3.5, "cy": 2.5,`, w: 8, h: 6, options: Options{Scale: 2},
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 2.5, Fy: 2.5, Cx: 1.75, Cy: 1.25}, Width: 4, Height: 3},
		},
		{
			name: "max size", top: `"fl_x": 8,`, w: 16, h: 12, options: Options{MaxSize: 4},
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 2, Fy: 2, Cx: 2, Cy: 1.5}, Width: 4, Height: 3},
		},
		{
			name: "max size does not enlarge", top: `"fl_x": 8,`, w: 16, h: 12, options: Options{MaxSize: 40},
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 8, Fy: 8, Cx: 8, Cy: 6}, Width: 16, Height: 12},
		},
		{
			name: "scale to less than a pixel", top: `"fl_x": 8,`, w: 16, h: 12, options: Options{Scale: 100},
			want: plucker.Camera{Intrinsics: plucker.Intrinsics{Fx: 0.5, Fy: 8 / 12., Cx: 0.5, Cy: 0.5}, Width: 1, Height: 1},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := "{" + tt.top + `"frames":[{` + tt.frame + `"file_path":"a.png","transform_matrix":` + pose + "}]}"
			s, err := Open(context.Background(), folder(t, map[string][]byte{"transforms.json": []byte(j), "a.png": pngOf(tt.w, tt.h)}), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			got := s.Views[0].Camera
			if p := got.Pose.Pos; p[2] != 4 {
				t.Errorf("position %v, want z = 4", p)
			}
			tt.want.Pose = got.Pose
			g, w := &got.Intrinsics, &tt.want.Intrinsics
			for _, d := range []float64{g.Fx - w.Fx, g.Fy - w.Fy, g.Cx - w.Cx, g.Cy - w.Cy} {
				if math.Abs(d) > 1e-12 {
					t.Errorf("intrinsics %v, want %v", *g, *w)
					break
				}
			}
			*g = *w
			if got != tt.want {
				t.Errorf("camera %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestOpenBadInput(t *testing.T) {
	im := pngOf(8, 6)
	angle := `"camera_angle_x": 0.7, `
	one := func(j string) map[string][]byte {
		return map[string][]byte{"transforms.json": []byte(j), "a.png": im}
	}
	frame := func(keys string) map[string][]byte {
		return one(`{"camera_angle_x": 0.7, "frames": [{"file_path": "a", ` + keys + `}]}`)
	}
	top := func(keys string) map[string][]byte { return one(string(transformsOf(keys, "a"))) }
	whole := transformsOf(angle, "a")
	for _, tt := range []struct {
		name    string
		files   map[string][]byte
		path    string
		options Options
		want    string // what the error says after the path
		format  bool   // whether it is a *FormatError
	}{
		{name: "no such folder", path: "gone", want: "no such file or directory"},
		{name: "empty folder", want: "the folder is empty: want a data set, one of the layouts transforms (transforms.json, transforms_train.json), colmap (sparse/0/images.bin), llff ("},
		{name: "folder without cameras", files: map[string][]byte{"a.png": im}, want: "no cameras: there are 1 images, such as a.png, and nothing says where they were taken from: run COLMAP on them, or make it one of the layouts transforms ("},
		{name: "an image instead", files: map[string][]byte{"a.png": im}, path: "a.png", want: "is a file that tells no cameras: give the folder of a data set, one of the layouts transforms ("},
		{name: "images in a folder of their own", files: map[string][]byte{"images/a.png": im, "images/b.png": im}, want: "no cameras: there are 2 images, such as images/a.png, and nothing says"},
		{name: "folder of data sets", files: map[string][]byte{"a/x": nil, "b/transforms.json": whole}, want: "is no data set, and b in it is one: give "},
		{name: "other things", files: map[string][]byte{"a/x": nil, "b.txt": nil}, want: "no cameras: there are a and 1 more: give the folder of a data set, one of"},
		{name: "a folder named like the file", files: map[string][]byte{"transforms.json/x": nil}, want: "transforms.json: is not a regular file"},
		{name: "empty file", files: one(""), want: "transforms.json: is empty: copy it again"},
		{name: "cut off", files: one(string(whole[:len(whole)-20])), format: true, want: fmt.Sprintf("transforms.json: transform_matrix: the file is cut off after %d bytes: copy it again", len(whole)-20)},
		{name: "no JSON", files: one("<html>"), format: true, want: "transforms.json: line 1: invalid character '<' looking for beginning of value"},
		{name: "a list", files: one("[]"), format: true, want: "transforms.json: is a JSON array, want an object"},
		{name: "no frames", files: one(`{"camera_angle_x": 1}`), format: true, want: "transforms.json: frames: is missing, want a list of frames, one for each photograph"},
		{name: "frames of another type", files: one(`{"frames": {}}`), format: true, want: "transforms.json: frames: is missing, want a list of frames, one for each photograph"},
		{name: "no frame", files: one(`{"frames": []}`), format: true, want: "transforms.json: frames: is empty, want one frame for each photograph"},
		{name: "frame is a number", files: one(`{"frames": [1]}`), format: true, want: "transforms.json: frames[0]: is a JSON number, want an object"},
		{name: "NaN", files: one("{\n\"camera_angle_x\": NaN, \"frames\": []}"), format: true, want: "transforms.json: camera_angle_x: line 2: has NaN, want a finite number"},
		{name: "infinity", files: one("{\"fl_x\": -Infinity, \"frames\": []}"), format: true, want: "transforms.json: fl_x: line 1: has Inf, want a finite number"},
		{name: "NaN in a pose", files: frame(`"transform_matrix": [[1,0,0,0],[0,1,0,0],[0,0,NaN,4],[0,0,0,1]]`), format: true, want: "transforms.json: transform_matrix: line 1: has NaN, want a finite number"},
		{name: "beyond float64", files: top(`"fl_x": 1e999, `), format: true, want: "transforms.json: fl_x: is 1e999, want a number that float64 can hold"},
		{name: "text for a number", files: top(`"fl_x": "10", `), format: true, want: "transforms.json: fl_x: is a JSON string, want a number"},
		{name: "text for a number in a frame", files: frame(`"k1": "0", "transform_matrix": ` + pose), format: true, want: "transforms.json: frames[0].k1: is a JSON string, want a number"},
		{name: "no path", files: one(`{"frames": [{"transform_matrix": ` + pose + `}]}`), format: true, want: "transforms.json: frames[0].file_path: is missing, want the path of the image"},
		{name: "no pose", files: frame(`"x": 1`), format: true, want: "transforms.json: frames[0].transform_matrix: is missing, want four rows of four numbers, camera to world"},
		{name: "short row", files: frame(`"transform_matrix": [[1,0,0],[0,1,0,0],[0,0,1,4],[0,0,0,1]]`), format: true, want: "transforms.json: frames[0].transform_matrix: row 0 has 3 numbers, want 4"},
		{name: "two rows", files: frame(`"transform_matrix": [[1,0,0,0],[0,1,0,0]]`), format: true, want: "transforms.json: frames[0].transform_matrix: has 2 rows, want 4"},
		{name: "five rows", files: frame(`"transform_matrix": [[1,0,0,0],[0,1,0,0],[0,0,1,4],[0,0,0,1],[0,0,0,0]]`), format: true, want: "transforms.json: frames[0].transform_matrix: has 5 rows, want 4"},
		{name: "null in a pose", files: frame(`"transform_matrix": [[1,0,0,null],[0,1,0,0],[0,0,1,4],[0,0,0,1]]`), format: true, want: "transforms.json: frames[0].transform_matrix: row 0, column 3 is null, want a number"},
		{name: "scaled pose", files: frame(`"transform_matrix": [[2,0,0,0],[0,2,0,0],[0,0,2,4],[0,0,0,1]]`), format: true, want: "transforms.json: frames[0].transform_matrix: pose: is not rigid: |RᵀR−I| is 3, want at most 0.001"},
		{name: "mirrored pose", files: frame(`"transform_matrix": [[-1,0,0,0],[0,1,0,0],[0,0,1,4],[0,0,0,1]]`), format: true, want: "transforms.json: frames[0].transform_matrix: pose: is a mirror image: det R is −1, want 1"},
		{name: "a pose astronomically far", files: frame(`"transform_matrix": [[1,0,0,1e307],[0,1,0,0],[0,0,1,4],[0,0,0,1]]`), format: true, want: "transforms.json: frames[0].transform_matrix: puts the camera at 1e+307, want at most 1e+08 from the origin"},
		{name: "no focal length", files: top(``), format: true, want: "transforms.json: frames[0].fl_x: is missing, and so are fl_y, camera_angle_x and camera_angle_y: one of them is needed, here or at the top (image a.png is 8×6)"},
		{name: "focal length 0", files: top(`"fl_x": 0, `), format: true, want: "transforms.json: fl_x: is 0, want a focal length in pixels, above 0"},
		{name: "angle in degrees", files: top(`"camera_angle_x": 40, `), format: true, want: "transforms.json: camera_angle_x: is 40, want a field of view in radians, between 0 and 3.1"},
		{name: "size 0", files: top(angle + `"w": 0, "h": 0, `), format: true, want: "transforms.json: w: is 0, want a whole number of pixels from 1 to 65536"},
		{name: "size 100000", files: top(angle + `"w": 100000, "h": 100000, `), format: true, want: "transforms.json: w: is 100000, want a whole number of pixels from 1 to 65536"},
		{name: "half a size", files: top(angle + `"w": 8, `), format: true, want: "transforms.json: h: is missing, and w is there: want both or none"},
		{name: "size with a fraction", files: top(angle + `"w": 8.5, "h": 6, `), format: true, want: "transforms.json: w: is 8.5, want a whole number of pixels from 1 to 65536"},
		{name: "size of another aspect", files: top(angle + `"w": 800, "h": 800, `), format: true, want: "transforms.json: frames[0].w, h: are 800×800, an aspect that is not the image's: the intrinsics do not fit it, use the original images (image a.png is 8×6)"},
		{name: "focal lengths of another size", files: top(`"fl_x": 900, "fl_y": 300, `), format: true, want: "transforms.json: frames[0].fl_x, fl_y: are 900 and 300 pixels, which the image's size contradicts: add the w and h that they are for (image a.png is 8×6)"},
		{name: "principal point outside", files: top(angle + `"cx": 400, "cy": 300, `), format: true, want: "transforms.json: frames[0].cx: is 400, outside the image: add the w and h that it is for (image a.png is 8×6)"},
		{name: "another lens", files: top(angle + `"camera_model": "EQUIRECTANGULAR", `), format: true, want: `transforms.json: camera_model: is "EQUIRECTANGULAR", want OPENCV, OPENCV_FISHEYE or PINHOLE: undistort the photographs first`},
		{name: "fisheye with the other model's terms", files: top(angle + `"is_fisheye": true, "p1": 0.1, `), format: true, want: "transforms.json: frames[0].fl_x: camera: fisheye lens has k5 0, k6 0, p1 0.1 and p2 0, want 0: it takes k1 to k4 (image a.png is 8×6)"},
		{name: "more names than frames", files: top(angle + `"train_filenames": ["a", "b"], `), format: true, want: "transforms.json: train_filenames: has more names than the 1 frames"},
		{name: "lists that name nothing", files: top(angle + `"train_filenames": ["b"], `), format: true, want: "transforms.json: train_filenames: names none of the 1 frames"},
		{name: "scene is a number", files: top(angle + `"lfn_frame": 3, `), format: true, want: `transforms.json: lfn_frame: want center, radius and up, as {"center": [0, 0, 0], "radius": 1, "up": [0, 0, 1]}`},
		{name: "scene without centre", files: top(angle + `"lfn_frame": {"radius": 1, "up": [0,0,1]}, `), format: true, want: "transforms.json: lfn_frame: center has 0 numbers and up 3, want 3 each"},
		{name: "scene without radius", files: top(angle + `"lfn_frame": {"center": [0,0,0], "up": [0,0,1]}, `), format: true, want: "transforms.json: lfn_frame: radius is 0, want above 0"},
		{name: "scene with a long up", files: top(angle + `"lfn_frame": {"center": [0,0,0], "radius": 1, "up": [0,0,2]}, `), format: true, want: "transforms.json: lfn_frame: up has length 2, want 1"},
		{name: "scene far away", files: top(angle + `"lfn_frame": {"center": [0,0,1e13], "radius": 1, "up": [0,0,1]}, `), format: true, want: "transforms.json: lfn_frame: has 1e+13, want at most 1e+12"},
		{name: "scene of many numbers", files: top(angle + `"lfn_frame": {"center": [` + strings.Repeat("0,", 5000) + `0], "radius": 1, "up": [0,0,1]}, `), format: true, want: "transforms.json: lfn_frame: has 10043 bytes, want center, radius and up"},
		{name: "two scenes", files: map[string][]byte{"a.png": im, "b.png": im,
			"transforms_train.json": transformsOf(angle+`"lfn_frame": {"center": [0,0,0], "radius": 1, "up": [0,0,1]}, `, "a"),
			"transforms_test.json":  transformsOf(angle+`"lfn_frame": {"center": [0,0,0], "radius": 2, "up": [0,0,1]}, `, "b")},
			format: true, want: "transforms_test.json: lfn_frame: is another than that of the training views: want the same in both"},
		{name: "no image at all", files: map[string][]byte{"transforms.json": transformsOf(angle, "a", "b")}, want: "none of the 2 images is there, such as a: unpack them there"},
		{name: "image is a folder", files: map[string][]byte{"transforms.json": transformsOf(angle, "a"), "a.png/x": nil}, want: "none of the 1 images is there, such as a: unpack them there"},
		{name: "image is text", files: map[string][]byte{"transforms.json": transformsOf(angle, "a"), "a.png": []byte("version https://git-lfs")}, want: "a.png: is no image that can be read: want PNG, JPEG, WebP, TIFF or BMP"},
		{name: "image is empty", files: map[string][]byte{"transforms.json": transformsOf(angle, "a"), "a.png": nil}, want: "a.png: is no image that can be read: want PNG, JPEG, WebP, TIFF or BMP"},
		{name: "image is cut off", files: map[string][]byte{"transforms.json": transformsOf(angle, "a"), "a.png": im[:len(im)-30]}, want: "a.png: the image is cut off: copy it again"},
		{name: "image is broken", files: map[string][]byte{"transforms.json": transformsOf(angle, "a"), "a.png": append(append([]byte{}, im[:50]...), im[40:]...)}, want: "a.png: the image does not decode: png: invalid format: "},
		{name: "image of 100000×100000", files: map[string][]byte{"transforms.json": transformsOf(angle, "a"), "a.png": pngClaiming(100000, 100000)}, want: "a.png: size is 100000×100000 pixels, want sides from 1 to 65536 and at most 268435456 pixels in all"},
		{name: "negative scale", files: one(string(whole)), options: Options{Scale: -2}, want: "scale -2, max size 0, workers 0: must not be negative"},
		{name: "holdout 1", files: one(string(whole)), options: Options{Holdout: 1}, want: "holdout 1 leaves no view to train on: take 2 or more, or a negative number to hold none out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(folder(t, tt.files), tt.path)
			s, err := Open(context.Background(), dir, tt.options)
			if err == nil {
				t.Fatalf("opened: %+v", s)
			}
			got, ok := strings.CutPrefix(err.Error(), "dataset: open "+dir+": ")
			if !ok || !strings.HasPrefix(got, tt.want) || strings.Contains(got, "\n") {
				t.Errorf("error %q,\nwant  %q", err, tt.want)
			}
			var fe *FormatError
			if errors.As(err, &fe) != tt.format {
				t.Errorf("error is %T, want *FormatError: %v", err, tt.format)
			}
		})
	}
}

func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := folder(t, map[string][]byte{"transforms.json": transformsOf(`"fl_x": 9, `, "a"), "a.png": pngOf(8, 6)})
	if _, err := Open(ctx, dir, Options{}); err != context.Canceled {
		t.Errorf("Open = %v, want context.Canceled", err)
	}
}

func TestImageFormats(t *testing.T) {
	const w, h = 5, 3
	want := color.NRGBA{200, 100, 40, 255}
	fill := func(m interface {
		image.Image
		Set(x, y int, c color.Color)
	}, c color.Color) image.Image {
		for y := range h {
			for x := range w {
				m.Set(x, y, c)
			}
		}
		return m
	}
	r := image.Rect(0, 0, w, h)
	clear16 := color.NRGBA64{200 * 257, 100 * 257, 40 * 257, 0x4040}
	grey := color.NRGBA{90, 90, 90, 255}
	asJPEG := func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, &jpeg.Options{Quality: 100}) }
	asTIFF := func(w io.Writer, m image.Image) error { return tiff.Encode(w, m, nil) }
	for _, tt := range []struct {
		name string
		data []byte
		want color.NRGBA
		tol  int
	}{
		{"8 bit.png", encoded(fill(image.NewRGBA(r), want), png.Encode), want, 0},
		{"alpha.png", encoded(fill(image.NewNRGBA(r), color.NRGBA{200, 100, 40, 3}), png.Encode), color.NRGBA{200, 100, 40, 3}, 0},
		{"16 bit.png", encoded(fill(image.NewRGBA64(r), color.RGBA64{200*257 + 100, 100*257 - 100, 40 * 257, 0xffff}), png.Encode), want, 0},
		{"16 bit with alpha.png", encoded(fill(image.NewNRGBA64(r), clear16), png.Encode), color.NRGBA{200, 100, 40, 64}, 0},
		{"gray.png", encoded(fill(image.NewGray(r), grey), png.Encode), grey, 0},
		{"16 bit gray.png", encoded(fill(image.NewGray16(r), grey), png.Encode), grey, 0},
		{"palette.png", encoded(fill(image.NewPaletted(r, color.Palette{color.White, want}), want), png.Encode), want, 0},
		{"palette with alpha.png", encoded(fill(image.NewPaletted(r, color.Palette{color.White, color.NRGBA{200, 100, 40, 9}}), color.NRGBA{200, 100, 40, 9}), png.Encode), color.NRGBA{200, 100, 40, 9}, 0},
		{"colour.jpg", encoded(fill(image.NewRGBA(r), want), asJPEG), want, 2},
		{"gray.jpeg", encoded(fill(image.NewGray(r), grey), asJPEG), grey, 1},
		{"a.bmp", encoded(fill(image.NewRGBA(r), want), bmp.Encode), want, 0},
		{"a.tif", encoded(fill(image.NewRGBA(r), want), asTIFF), want, 0},
		{"alpha.tiff", encoded(fill(image.NewNRGBA(r), color.NRGBA{200, 100, 40, 128}), asTIFF), color.NRGBA{200, 100, 40, 128}, 0},
		{"a.webp", webpOf(w, h, color.NRGBA{200, 100, 40, 77}), color.NRGBA{200, 100, 40, 77}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stem := strings.TrimSuffix(tt.name, filepath.Ext(tt.name))
			dir := folder(t, map[string][]byte{"transforms.json": transformsOf(`"fl_x": 9, `, stem), tt.name: tt.data})
			for _, o := range []Options{{}, {MaxSize: 3}, {Scale: 5}} {
				s, err := Open(context.Background(), dir, o)
				if err != nil {
					t.Fatal(err)
				}
				for i, got := range s.Views[0].Pix {
					if want := [4]byte{tt.want.R, tt.want.G, tt.want.B, tt.want.A}[i%4]; max(int(got)-int(want), int(want)-int(got)) > tt.tol {
						t.Fatalf("%+v: byte %d = %d, want %d", o, i, got, want)
					}
				}
			}
		})
	}
}

// webpOf is a lossless WebP of one colour: prefix codes of one symbol each, and no bits for the pixels.
// https://developers.google.com/speed/webp/docs/webp_lossless_bitstream_specification
func webpOf(w, h int, c color.NRGBA) []byte {
	var bits uint64
	var n uint
	data := []byte{0x2f}
	put := func(x, count uint) {
		bits |= uint64(x) << n
		for n += count; n >= 8; n -= 8 {
			data = append(data, byte(bits))
			bits >>= 8
		}
	}
	put(uint(w-1), 14)
	put(uint(h-1), 14)
	put(1, 1) // alpha is used
	put(0, 3) // version
	put(0, 3) // no transform, no colour cache, one group of codes
	for _, symbol := range []byte{c.G, c.R, c.B, c.A} {
		put(1, 1) // simple code
		put(0, 1) // of one symbol
		put(1, 1) // of eight bits
		put(uint(symbol), 8)
	}
	put(0b0001, 4) // distance: simple, one symbol, of one bit, 0
	put(0, 7)
	chunk := append([]byte("WEBPVP8L"), binary.LittleEndian.AppendUint32(nil, uint32(len(data)))...)
	chunk = append(chunk, data...)
	if len(data)%2 == 1 {
		chunk = append(chunk, 0)
	}
	return append(append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(chunk)))...), chunk...)
}
