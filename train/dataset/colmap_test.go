package dataset

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// A reconstruction is a small one made here, with what COLMAP would have measured.
type reconstruction struct {
	model  int // index into colmapLenses, of all cameras
	params []float64
	w, h   int
	images []rImage
	points []rPoint
}

type rImage struct {
	id, camera uint32
	name       string
	q          mgl64.Quat
	t          mgl64.Vec3
	seen       [][3]float64 // x, y, and the index of the point
}

type rPoint struct {
	pos mgl64.Vec3
	by  [][2]uint32 // id of the image, number of the point in it
}

// colmapProject is what COLMAP's documentation and its sensor/models.h say, in their own axes and order: x, y, z of a
// point before the camera, +Y down, +Z forward.
func colmapProject(model string, p []float64, x, y, z float64) (float64, float64) {
	u, v := x/z, y/z
	r2 := u*u + v*v
	fisheye := func(k ...float64) (float64, float64) {
		r := math.Sqrt(r2)
		theta := math.Atan(r)
		scale, power := 1.0, 1.0
		for _, k := range k {
			power *= theta * theta
			scale += k * power
		}
		return u * theta / r * scale, v * theta / r * scale
	}
	tangential := func(p1, p2 float64) (float64, float64) {
		return 2*p1*u*v + p2*(r2+2*u*u), 2*p2*u*v + p1*(r2+2*v*v)
	}
	switch model {
	case "SIMPLE_PINHOLE":
		return p[0]*u + p[1], p[0]*v + p[2]
	case "PINHOLE":
		return p[0]*u + p[2], p[1]*v + p[3]
	case "SIMPLE_RADIAL":
		s := 1 + p[3]*r2
		return p[0]*u*s + p[1], p[0]*v*s + p[2]
	case "RADIAL":
		s := 1 + p[3]*r2 + p[4]*r2*r2
		return p[0]*u*s + p[1], p[0]*v*s + p[2]
	case "OPENCV":
		s := 1 + p[4]*r2 + p[5]*r2*r2
		du, dv := tangential(p[6], p[7])
		return p[0]*(u*s+du) + p[2], p[1]*(v*s+dv) + p[3]
	case "FULL_OPENCV":
		s := (1 + p[4]*r2 + p[5]*r2*r2 + p[8]*r2*r2*r2) / (1 + p[9]*r2 + p[10]*r2*r2 + p[11]*r2*r2*r2)
		du, dv := tangential(p[6], p[7])
		return p[0]*(u*s+du) + p[2], p[1]*(v*s+dv) + p[3]
	case "OPENCV_FISHEYE":
		u, v = fisheye(p[4:8]...)
		return p[0]*u + p[2], p[1]*v + p[3]
	case "SIMPLE_RADIAL_FISHEYE", "RADIAL_FISHEYE":
		u, v = fisheye(p[3:]...)
		return p[0]*u + p[1], p[0]*v + p[2]
	}
	panic(model)
}

// reconstruct makes n cameras around the unit ball at (3, 1, −2), which look at it, and 60 points in it.
func reconstruct(model string, n int) *reconstruction {
	rnd := rand.New(rand.NewPCG(1, 2))
	r := &reconstruction{w: 64, h: 48}
	for r.model = range colmapLenses {
		if colmapLenses[r.model].name == model {
			break
		}
	}
	values := map[string]float64{"f": 50, "fx": 50, "fy": 52, "cx": 31, "cy": 25, "k1": -0.12, "k2": 0.03, "p1": 0.004,
		"p2": -0.003, "k3": 0.01, "k4": 0.02, "k5": -0.01, "k6": 0.005}
	for _, name := range strings.Fields(colmapLenses[r.model].params) {
		r.params = append(r.params, values[name])
	}
	middle := mgl64.Vec3{3, 1, -2}
	for i := range 60 {
		p := mgl64.Vec3{rnd.NormFloat64(), rnd.NormFloat64(), rnd.NormFloat64()}.Normalize().Mul(math.Cbrt(rnd.Float64()))
		if i%20 == 0 {
			p = p.Normalize().Mul(40) // and some far behind
		}
		r.points = append(r.points, rPoint{pos: middle.Add(p)})
	}
	for i := range n {
		a := 2 * math.Pi * float64(i) / float64(n)
		pose := plucker.LookAt(middle.Add(mgl64.Vec3{4 * math.Cos(a), 4 * math.Sin(a), 1.5}), middle, mgl64.Vec3{0, 0, 1})
		// COLMAP's camera axes are ours with Y and Z turned about, and its pose is the inverse.
		worldToCam := mgl64.Diag3(mgl64.Vec3{1, -1, -1}).Mul3(pose.Rot.Transpose())
		im := rImage{id: uint32(10 + 3*i), camera: 7, name: fmt.Sprintf("%02d.png", n-i), q: mgl64.Mat4ToQuat(worldToCam.Mat4()),
			t: worldToCam.Mul3x1(pose.Pos).Mul(-1)}
		for j := range r.points {
			q := worldToCam.Mul3x1(r.points[j].pos).Add(im.t)
			if q[2] <= 0 {
				continue
			}
			u, v := colmapProject(model, r.params, q[0], q[1], q[2])
			if u < 0 || v < 0 || u > 64 || v > 48 {
				continue
			}
			r.points[j].by = append(r.points[j].by, [2]uint32{im.id, uint32(len(im.seen))})
			im.seen = append(im.seen, [3]float64{u, v, float64(j)})
		}
		r.images = append(r.images, im)
	}
	return r
}

// binary returns the three files as COLMAP writes them.
func (r *reconstruction) binary() (cameras, images, points []byte) {
	le := binary.LittleEndian
	put := func(b []byte, xs ...float64) []byte {
		for _, x := range xs {
			b = le.AppendUint64(b, math.Float64bits(x))
		}
		return b
	}
	cameras = le.AppendUint64(nil, 1)
	cameras = le.AppendUint32(le.AppendUint32(cameras, 7), uint32(r.model))
	cameras = le.AppendUint64(le.AppendUint64(cameras, uint64(r.w)), uint64(r.h))
	cameras = put(cameras, r.params...)
	images = le.AppendUint64(nil, uint64(len(r.images)))
	for _, im := range r.images {
		images = put(le.AppendUint32(images, im.id), im.q.W, im.q.V[0], im.q.V[1], im.q.V[2], im.t[0], im.t[1], im.t[2])
		images = append(append(le.AppendUint32(images, im.camera), im.name...), 0)
		images = le.AppendUint64(images, uint64(len(im.seen)))
		for _, s := range im.seen {
			images = le.AppendUint64(put(images, s[0], s[1]), uint64(s[2]))
		}
	}
	points = le.AppendUint64(nil, uint64(len(r.points)))
	for i, p := range r.points {
		points = put(le.AppendUint64(points, uint64(i)), p.pos[0], p.pos[1], p.pos[2])
		points = put(append(points, 1, 2, 3), 0.5)
		points = le.AppendUint64(points, uint64(len(p.by)))
		for _, b := range p.by {
			points = le.AppendUint32(le.AppendUint32(points, b[0]), b[1])
		}
	}
	return cameras, images, points
}

// text returns the three files as COLMAP writes them.
func (r *reconstruction) text() (cameras, images, points []byte) {
	var c, im, p bytes.Buffer
	fmt.Fprintf(&c, "# Camera list with one line of data per camera:\n#   CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n# Number of cameras: 1\n7 %s %d %d", colmapLenses[r.model].name, r.w, r.h)
	for _, x := range r.params {
		fmt.Fprintf(&c, " %.17g", x)
	}
	c.WriteString("\n")
	fmt.Fprintf(&im, "# Image list with two lines of data per image:\n# Number of images: %d\n", len(r.images))
	for _, i := range r.images {
		fmt.Fprintf(&im, "%d %.17g %.17g %.17g %.17g %.17g %.17g %.17g %d %s\n", i.id, i.q.W, i.q.V[0], i.q.V[1], i.q.V[2], i.t[0], i.t[1], i.t[2], i.camera, i.name)
		for k, s := range i.seen {
			if k > 0 {
				im.WriteString(" ")
			}
			fmt.Fprintf(&im, "%.17g %.17g %.0f", s[0], s[1], s[2])
		}
		im.WriteString("\n")
	}
	for i, x := range r.points {
		fmt.Fprintf(&p, "%d %.17g %.17g %.17g 1 2 3 0.5", i, x.pos[0], x.pos[1], x.pos[2])
		for _, b := range x.by {
			fmt.Fprintf(&p, " %d %d", b[0], b[1])
		}
		p.WriteString("\n")
	}
	return c.Bytes(), im.Bytes(), p.Bytes()
}

// files puts the reconstruction into a folder of a data set, with images of its size in another.
func (r *reconstruction) files(ext, sparse, images string) map[string][]byte {
	c, i, p := r.binary()
	if ext == ".txt" {
		c, i, p = r.text()
	}
	files := map[string][]byte{
		path.Join(sparse, "cameras"+ext): c, path.Join(sparse, "images"+ext): i, path.Join(sparse, "points3D"+ext): p,
	}
	for _, im := range r.images {
		files[path.Join(images, strings.ReplaceAll(im.name, `\`, "/"))] = pngOf(r.w, r.h)
	}
	return files
}

// TestColmapLenses: in either form, through each kind of lens, the points are where the images have them.
func TestColmapLenses(t *testing.T) {
	for _, lens := range colmapLenses {
		if lens.params == "" {
			continue
		}
		r := reconstruct(lens.name, 9)
		seen := map[string][][3]float64{}
		for _, im := range r.images {
			seen["images/"+im.name] = im.seen
		}
		var sets []*Set
		for _, ext := range []string{".bin", ".txt"} {
			t.Run(lens.name+ext, func(t *testing.T) {
				s, err := Open(context.Background(), folder(t, r.files(ext, "sparse/0", "images")), Options{})
				if err != nil {
					t.Fatal(err)
				}
				if len(s.Views) != 9 || s.Format != "colmap" || len(s.Warnings) != 0 || len(s.Split(Test)) != 2 {
					t.Fatalf("%d views, %d held out, layout %s, warnings %q, want 9, 2, colmap, none", len(s.Views), len(s.Split(Test)), s.Format, s.Warnings)
				}
				n := 0
				for i, v := range s.Views {
					if want := fmt.Sprintf("images/%02d.png", i+1); v.Name != want {
						t.Errorf("view %d is %s, want %s", i, v.Name, want)
					}
					for _, x := range seen[v.Name] {
						u, w, _, ok := v.Camera.Project(r.points[int(x[2])].pos)
						if !ok || math.Hypot(u-x[0], w-x[1]) > 1e-9 {
							t.Fatalf("%s: point %v at (%v, %v), want (%v, %v)", v.Name, x[2], u, w, x[0], x[1])
						}
						n++
					}
				}
				if n < 300 {
					t.Errorf("%d observations, want more", n)
				}
				// About the unit ball, and as much more as the cameras leave.
				if f := s.Frame; f.Center.Sub(mgl64.Vec3{3, 1, -2}).Len() > 0.15 || f.Radius < 0.9 || f.Radius > 1.5 && s.Clear < looseClear-1e-9 || f.Up[2] < 0.999 {
					t.Errorf("frame %+v, clear %v, want about the unit ball at (3, 1, −2), Z up", f, s.Clear)
				}
				sets = append(sets, s)
			})
		}
		if len(sets) == 2 {
			a, b := sets[0], sets[1]
			a.Path, b.Path = "", ""
			if fmt.Sprint(a) != fmt.Sprint(b) {
				t.Errorf("%s: binary and text differ", lens.name)
			}
		}
	}
}

// TestColmapFolders: where things may lie.
func TestColmapFolders(t *testing.T) {
	base := func(n int, names ...string) *reconstruction {
		r := reconstruct("PINHOLE", n)
		for i, name := range names {
			r.images[i].name = name
		}
		return r
	}
	join := func(maps ...map[string][]byte) map[string][]byte {
		all := map[string][]byte{}
		for _, m := range maps {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	small := base(3)
	small.w, small.h = 32, 24
	half := join(base(3).files(".bin", "sparse/0", "x"), small.files(".bin", "x", "images_2"))
	renamed := base(3, "a.JPG", "b.JPG", "c.JPG").files(".bin", "sparse", "x")
	for _, n := range []string{"a", "b", "c"} {
		renamed["images_4/"+n+".png"] = pngOf(16, 12)
		delete(renamed, "x/"+n+".JPG")
	}
	fourth := base(9).files(".bin", "sparse/0", "images")
	for i := 5; i <= 9; i++ {
		delete(fourth, fmt.Sprintf("images/%02d.png", i))
	}
	for _, tt := range []struct {
		name    string
		files   map[string][]byte
		path    string
		names   string
		width   int
		warning string
	}{
		{name: "sparse", files: base(3).files(".bin", "sparse", "images"), names: "images/01.png images/02.png images/03.png"},
		{name: "files in the folder, images beside", files: base(3).files(".txt", "", ""), names: "01.png 02.png 03.png"},
		{name: "nerfstudio's", files: base(3).files(".bin", "colmap/sparse/0", "images"), names: "images/01.png images/02.png images/03.png"},
		{name: "path of sparse/0", path: "sparse/0", files: base(3).files(".bin", "sparse/0", "images"), names: "images/01.png images/02.png images/03.png"},
		{name: "path of sparse", path: "sparse", files: base(3).files(".bin", "sparse/0", "images"), names: "images/01.png images/02.png images/03.png"},
		{name: "spaces, folders, slashes", files: base(3, `b\c d (1).png`, "a b/c.png", "./a  b.png").files(".txt", "sparse/0", "images"),
			names: "images/a  b.png images/a b/c.png images/b/c d (1).png"},
		{name: "half the size", files: half, names: "images_2/01.png images_2/02.png images_2/03.png", width: 32},
		{name: "another extension", files: renamed, names: "images_4/a.png images_4/b.png images_4/c.png", width: 16},
		{name: "some are missing", files: fourth, names: "images/01.png images/02.png images/03.png images/04.png",
			warning: "5 of 9 images are missing, such as images/05.png: their frames are skipped"},
		{name: "two reconstructions", files: join(base(3).files(".bin", "sparse/0", "images"), base(4).files(".txt", "sparse/1", "images")),
			names:   "images/01.png images/02.png images/03.png images/04.png",
			warning: "sparse/1 with 4 images is taken, and sparse/0 with 3 not: their cameras have no frame in common"},
		{name: "one of two is broken", files: join(base(3).files(".bin", "sparse/0", "images"), map[string][]byte{"sparse/1/cameras.bin": nil, "sparse/1/images.bin": nil}),
			names:   "images/01.png images/02.png images/03.png",
			warning: "sparse/1 is skipped: sparse/1/cameras.bin: has 0 bytes, want at least 8: copy it again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Open(context.Background(), filepath.Join(folder(t, tt.files), tt.path), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, v := range s.Views {
				names = append(names, v.Name)
				w := 64
				if tt.width != 0 {
					w = tt.width
				}
				if v.Camera.Width != w || math.Abs(v.Camera.Intrinsics.Fx-50*float64(w)/64) > 1e-9 {
					t.Errorf("%s: camera %+v, want %d pixels wide", v.Name, v.Camera, w)
				}
			}
			if got := strings.Join(names, " "); got != tt.names || strings.Join(s.Warnings, "\n") != tt.warning {
				t.Errorf("views %s, warnings %q,\nwant  %s, %q", got, s.Warnings, tt.names, tt.warning)
			}
		})
	}
}

// TestColmapNot: a folder that has something of a reconstruction, but not all, is none.
func TestColmapNot(t *testing.T) {
	for _, name := range []string{"sparse/0/cameras.bin", "sparse/0/images.txt", "images.bin", "sparse/0/images.bin/x"} {
		f, err := list(folder(t, map[string][]byte{name: []byte("x"), "images/a.png": pngOf(4, 4)}))
		if err != nil {
			t.Fatal(err)
		}
		if colmapLayout.find(f) {
			t.Errorf("a folder with %s is taken for COLMAP's", name)
		}
	}
	for _, tt := range []struct {
		name string
		edit func(files map[string][]byte)
		want bool
	}{
		{"photographs", func(map[string][]byte) {}, true},
		{"a file that is cut off", func(files map[string][]byte) { files["sparse/0/images.bin"] = files["sparse/0/images.bin"][:99] }, true},
		{"images of other names", func(files map[string][]byte) {
			for i := 1; i <= 3; i++ {
				name := fmt.Sprintf("images/%02d.png", i)
				files[fmt.Sprintf("images_8/image%03d.png", i)] = files[name]
				delete(files, name)
			}
		}, false},
	} {
		files := reconstruct("PINHOLE", 3).files(".bin", "sparse/0", "images")
		files[boundsFile] = []byte("x")
		tt.edit(files)
		if f, err := list(folder(t, files)); err != nil || colmapLayout.find(f) != tt.want {
			t.Errorf("%s and %s: taken for COLMAP's is %v, want %v (%v)", tt.name, boundsFile, !tt.want, tt.want, err)
		}
	}
	if f, err := list(sharedData(t, "llff_fern")); err != nil || colmapLayout.find(f) {
		t.Errorf("llff_fern is taken for COLMAP's (%v)", err)
	}
}

// TestColmapText: forms that other programs and editors give the text.
func TestColmapText(t *testing.T) {
	c, im, p := reconstruct("OPENCV", 4).text()
	lines := strings.Split(strings.TrimSpace(string(im)), "\n")
	var empty, without, blank []string
	for i, l := range lines {
		if i < 2 || i%2 == 0 {
			empty, without, blank = append(empty, l), append(without, l), append(blank, "", l)
			if i >= 2 {
				empty = append(empty, "")
				blank = append(blank, "", "")
			}
		}
	}
	dos := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	for _, tt := range []struct{ name, cameras, images, points string }{
		{"as it is", string(c), string(im), string(p)},
		{"Windows line ends", dos(string(c)), dos(string(im)), dos(string(p))},
		{"no end of line at the end", strings.TrimSpace(string(c)), strings.TrimSpace(string(im)), strings.TrimSpace(string(p))},
		{"empty lines of points", string(c), strings.Join(empty, "\n"), string(p)},
		{"no lines of points", string(c), strings.Join(without, "\n"), string(p)},
		{"empty lines between", "\n\n" + string(c) + "\n\n", strings.Join(blank, "\n"), "\n" + strings.ReplaceAll(string(p), "\n", "\n\n# comment\n")},
		{"tabs, byte order mark", "\ufeff" + strings.ReplaceAll(string(c), " ", "\t"), strings.ReplaceAll(string(im), " ", "  "), string(p)},
		{"no points", string(c), string(im), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parseColmap(".txt", []byte(tt.cameras), []byte(tt.images), []byte(tt.points))
			if err != nil {
				t.Fatal(err)
			}
			points := 60
			if tt.points == "" {
				points = 0
			}
			if len(m.images) != 4 || len(m.points.kept) != points {
				t.Errorf("%d images and %d points, want 4 and %d", len(m.images), len(m.points.kept), points)
			}
		})
	}
}

// parseColmap reads the files of a reconstruction, of either form.
func parseColmap(ext string, cameras, images, points []byte) (*colmapModel, error) {
	m := newColmapModel("cameras"+ext, "images"+ext)
	read := [3]func(string, *fileReader) error{m.readCamerasBin, m.readImagesBin, m.readPointsBin}
	if ext == ".txt" {
		read = [3]func(string, *fileReader) error{m.readCamerasText, m.readImagesText, m.readPointsText}
	}
	for i, f := range []struct {
		name string
		data []byte
	}{{"cameras", cameras}, {"images", images}, {"points3D", points}} {
		if err := read[i](f.name+ext, newFileReader(bytes.NewReader(f.data), int64(len(f.data)))); err != nil {
			return nil, err
		}
	}
	return m, m.check()
}

func TestColmapBadBinary(t *testing.T) {
	le := binary.LittleEndian
	nan := math.Float64bits(math.NaN())
	for _, tt := range []struct {
		name string
		edit func(c, i, p *[]byte)
		want string
	}{
		{"empty", func(c, i, p *[]byte) { *c = nil }, "cameras.bin: has 0 bytes, want at least 8: copy it again"},
		{"cameras cut off", func(c, i, p *[]byte) { *c = (*c)[:60] }, "cameras.bin: cameras[0]: the file is cut off after 60 bytes: copy it again"},
		{"images cut off", func(c, i, p *[]byte) { *i = (*i)[:2000] }, "images.bin: images[1], number of points: is "},
		{"images cut off in a name", func(c, i, p *[]byte) { *i = append((*i)[:8+64], "012345678"...); le.PutUint64(*i, 1) }, "images.bin: images[0]: the file is cut off after 81 bytes: copy it again"},
		{"points cut off", func(c, i, p *[]byte) { *p = (*p)[:len(*p)-1] }, "points3D.bin: points[59], number of images: is "},
		{"number of cameras", func(c, i, p *[]byte) { le.PutUint64(*c, 1<<60) }, "cameras.bin: number of cameras: is 1152921504606846976, but the file ends after 1 at most: copy it again"},
		{"number of images", func(c, i, p *[]byte) { le.PutUint64(*i, 1<<63) }, "images.bin: number of images: is 9223372036854775808, but"},
		{"number of images too small", func(c, i, p *[]byte) { le.PutUint64(*i, 2) }, "images.bin: number of images: is 2, but "},
		{"number of points", func(c, i, p *[]byte) { le.PutUint64(*p, 1<<40) }, "points3D.bin: number of points: is 1099511627776, but"},
		{"model", func(c, i, p *[]byte) { le.PutUint32((*c)[12:], 7) }, `cameras.bin: cameras[0], model: is "FOV", which is not read, want SIMPLE_PINHOLE, `},
		{"model nobody knows", func(c, i, p *[]byte) { le.PutUint32((*c)[12:], 1<<31) }, `cameras.bin: cameras[0], model: is "number 2147483648", which is not read`},
		{"size", func(c, i, p *[]byte) { le.PutUint64((*c)[16:], 1<<40) }, "cameras.bin: cameras[0], width, height: are 1099511627776×48 pixels, want"},
		{"no size", func(c, i, p *[]byte) { le.PutUint64((*c)[16:], 0) }, "cameras.bin: cameras[0], width, height: are 0×48 pixels, want"},
		{"focal length", func(c, i, p *[]byte) { le.PutUint64((*c)[32:], math.Float64bits(-50)) }, "cameras.bin: cameras[0], fx: is -50, want a focal length in pixels, above 0"},
		{"NaN in a camera", func(c, i, p *[]byte) { le.PutUint64((*c)[48:], nan) }, "cameras.bin: cameras[0], cx: is NaN, want a finite number"},
		{"NaN pose", func(c, i, p *[]byte) { le.PutUint64((*i)[12:], nan) }, "images.bin: images[0], qw, qx, qy, qz: are NaN "},
		{"infinite pose", func(c, i, p *[]byte) { le.PutUint64((*i)[44:], math.Float64bits(math.Inf(1))) }, "images.bin: images[0], tx, ty, tz: are +Inf "},
		{"quaternion", func(c, i, p *[]byte) { clear((*i)[12:44]) }, "images.bin: images[0], qw, qx, qy, qz: are 0 0 0 0, of length 0, want 1"},
		{"unknown camera", func(c, i, p *[]byte) { le.PutUint32((*i)[68:], 9) }, "images.bin: images[0], camera_id: is 9, which cameras.bin does not have"},
		{"name", func(c, i, p *[]byte) { (*i)[72] = 0 }, "images.bin: images[0], name: is empty"},
		{"no images", func(c, i, p *[]byte) { *i = make([]byte, 8) }, "images.bin: has no images: COLMAP could place none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, i, p := reconstruct("PINHOLE", 4).binary()
			tt.edit(&c, &i, &p)
			_, err := parseColmap(".bin", c, i, p)
			checkFormatError(t, err, tt.want)
		})
	}
	for _, tt := range []struct {
		name string
		edit func(im []rImage)
		want string
	}{
		{"id", func(im []rImage) { im[2].id = im[1].id }, "images.bin: images[2], image_id: is 13, as that of an image before it"},
		{"names", func(im []rImage) { im[2].name = "./" + im[1].name }, `images.bin: images[2], name: is "03.png", as that of an image before it`},
		{"poses", func(im []rImage) {
			for i := range im {
				im[i].q, im[i].t = im[0].q, im[0].t
			}
		}, "images.bin: has one and the same pose for all of its 4 images: run COLMAP's mapper again"},
		{"long name", func(im []rImage) { im[1].name = strings.Repeat("a", 5000) }, "images.bin: images[1], name: has more than 4096 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := reconstruct("PINHOLE", 4)
			tt.edit(r.images)
			c, i, p := r.binary()
			_, err := parseColmap(".bin", c, i, p)
			checkFormatError(t, err, tt.want)
		})
	}
}

func checkFormatError(t *testing.T, err error, want string) {
	t.Helper()
	var fe *FormatError
	if !errors.As(err, &fe) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v (%T),\nwant  %s", err, err, want)
	}
}

func TestColmapBadText(t *testing.T) {
	const image = "1 1 0 0 0 1 2 3 7 a.png\n\n2 1 0 0 0 2 2 3 7 b.png\n\n"
	const camera = "7 PINHOLE 64 48 50 50 32 24\n"
	for _, tt := range []struct{ name, cameras, images, points, want string }{
		{"few parameters", "# x\r\n7 PINHOLE 64 48 50 50 32\r\n", image, "", "cameras.txt: line 2, cy: is missing, want a number"},
		{"many parameters", "7 PINHOLE 64 48 50 50 32 24 0\n", image, "", "cameras.txt: line 1: has more than the 4 parameters of PINHOLE"},
		{"model", "7 FOV 64 48 50 50 32 24 0\n", image, "", `cameras.txt: line 1, model: is "FOV", which is not read, want SIMPLE_PINHOLE, PINHOLE, `},
		{"no model", "7\n", image, "", "cameras.txt: line 1, model: is missing, want the name of a camera model"},
		{"size", "7 PINHOLE 64.5 48 50 50 32 24\n", image, "", `cameras.txt: line 1, width: is "64.5", want a whole number`},
		{"text for a number", "7 PINHOLE 64 48 50 fifty 32 24\n", image, "", `cameras.txt: line 1, fy: is "fifty", want a number`},
		{"beyond float64", "7 PINHOLE 64 48 50 1e999 32 24\n", image, "", "cameras.txt: line 1, fy: is +Inf, want a finite number"},
		{"NaN", "7 PINHOLE 64 48 50 50 nan 24\n", image, "", "cameras.txt: line 1, cx: is NaN, want a finite number"},
		{"two of one id", camera + camera, image, "", "cameras.txt: line 2, camera_id: is 7, as that of a camera before it"},
		{"few fields", camera, "1 1 0 0 0 1 2\n", "", "images.txt: line 1, tz: is missing, want a number"},
		{"no name", camera, "1 1 0 0 0 1 2 3 7\n", "", "images.txt: line 1, name: is empty, want that of the photograph"},
		{"negative id", camera, "-1 1 0 0 0 1 2 3 7 a.png\n", "", `images.txt: line 1, image_id: is "-1", want a whole number`},
		{"unknown camera", camera, image + "3 1 0 0 0 1 2 3 8 c.png\n", "", "images.txt: line 5, camera_id: is 8, which cameras.txt does not have"},
		{"name twice", camera, image + "3 1 0 0 0 1 2 3 7 .\\a.png\n", "", `images.txt: line 5, name: is "a.png", as that of an image before it`},
		{"zero byte", camera, "3 1 0 0 0 1 2 3 7 a\x00.png\n", "", `images.txt: line 1, name: is "a\x00.png", which has a control character`},
		{"NaN pose", camera, "1 1 0 0 0 nan 2 3 7 a.png\n", "", "images.txt: line 1, tx, ty, tz: are NaN 2 3, which puts the camera at NaN"},
		{"quaternion", camera, "1 1 1 0 0 0 2 3 7 a.png\n", "", "images.txt: line 1, qw, qx, qy, qz: are 1 1 0 0, of length 1.414, want 1"},
		{"no images", camera, "# none\n", "", "images.txt: has no images"},
		{"one pose", camera, "1 1 0 0 0 1 2 3 7 a\n\n2 1 0 0 0 1 2 3 7 b\n", "", "images.txt: has one and the same pose for all of its 2 images"},
		{"point with few fields", camera, image, "\n1 0 0 0 1 2 3\n", "points3D.txt: line 2, error: is missing, want a number"},
		{"half a track", camera, image, "1 0 0 0 1 2 3 1 1 5 2\n", "points3D.txt: line 1, point2d_idx: is missing, want a whole number"},
		{"text in a track", camera, image, "1 0 0 0 1 2 3 1 x 5\n", `points3D.txt: line 1, image_id: is "x", want a whole number`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseColmap(".txt", []byte(tt.cameras), []byte(tt.images), []byte(tt.points))
			checkFormatError(t, err, tt.want)
		})
	}
}

// TestColmapSize: an image of another shape is named, with its size and the one wanted.
func TestColmapSize(t *testing.T) {
	files := reconstruct("PINHOLE", 3).files(".bin", "sparse/0", "images")
	files["images/02.png"] = pngOf(48, 64)
	_, err := Peek(folder(t, files), Options{})
	checkFormatError(t, errors.Unwrap(err), "sparse/0/cameras.bin: camera 7: is for 64×48 pixels, an aspect that is not the image's: "+
		"use the photographs that COLMAP was given (image images/02.png is 48×64)")
}
