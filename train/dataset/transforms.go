package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// A FormatError says what is wrong in a JSON file of a data set.
type FormatError struct {
	File string // name of the file
	Key  string // the key, such as frames[3].transform_matrix; empty where it is the file as a whole
	Msg  string // the value that is wrong and what would be right
}

func (e *FormatError) Error() string {
	if e.Key == "" {
		return e.File + ": " + e.Msg
	}
	return e.File + ": " + e.Key + ": " + e.Msg
}

// transforms is what a transforms*.json says, checked but for what depends on the images.
type transforms struct {
	frames []shot

	// nerfstudio's lists of file paths; empty where the file has none
	train, test, val []string
}

// A shot is one frame of a transforms file: an image and its camera, of which the image's size is to be known.
type shot struct {
	name  string // cleaned path of the image, with slashes, perhaps without extension
	pose  plucker.Pose
	lens  lens
	split Split
	dir   string // folder that name is relative to
	file  string // the JSON file and the frame's key in it, for errors
	key   string
}

// lens holds the keys that may stand at the top or in a frame. A nil number is one that the file does not have.
type lens struct {
	AngleX *float64 `json:"camera_angle_x,omitempty"` // field of view in radians
	AngleY *float64 `json:"camera_angle_y,omitempty"`
	Fx     *float64 `json:"fl_x,omitempty"` // pixels
	Fy     *float64 `json:"fl_y,omitempty"`
	Cx     *float64 `json:"cx,omitempty"`
	Cy     *float64 `json:"cy,omitempty"`
	W      *float64 `json:"w,omitempty"` // pixels; some programs write 800.0
	H      *float64 `json:"h,omitempty"`
	K1     *float64 `json:"k1,omitempty"`
	K2     *float64 `json:"k2,omitempty"`
	K3     *float64 `json:"k3,omitempty"`
	K4     *float64 `json:"k4,omitempty"`
	K5     *float64 `json:"k5,omitempty"`
	K6     *float64 `json:"k6,omitempty"`
	P1     *float64 `json:"p1,omitempty"`
	P2     *float64 `json:"p2,omitempty"`

	Model   string `json:"camera_model,omitempty"`
	Fisheye bool   `json:"is_fisheye,omitempty"`
}

// jsonFrame and jsonFile are the files' own shape. Frames stays raw until parseTransforms walks it, so that
// "frames":[0,0,0,…] fails at its first element and costs no more memory than the file.
type jsonFrame struct {
	FilePath string          `json:"file_path"`
	Matrix   json.RawMessage `json:"transform_matrix"`
	lens
}

type jsonFile struct {
	lens
	Train  json.RawMessage `json:"train_filenames,omitempty"`
	Test   json.RawMessage `json:"test_filenames,omitempty"`
	Val    json.RawMessage `json:"val_filenames,omitempty"`
	Frames json.RawMessage `json:"frames"`
}

// parseTransforms reads the transforms JSON in data; file is its name in errors, all of them *FormatError.
func parseTransforms(file string, data []byte) (*transforms, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var f jsonFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, jsonError(file, "", data, err)
	}
	if len(f.Frames) == 0 || f.Frames[0] != '[' {
		return nil, &FormatError{file, "frames", "is missing, want a list of frames, one for each photograph"}
	}
	if key, msg := f.lens.check(); key != "" {
		return nil, &FormatError{file, key, msg}
	}
	t := &transforms{}
	err := eachOf(f.Frames, func(i int, d *json.Decoder) error {
		key := fmt.Sprintf("frames[%d]", i)
		var jf jsonFrame
		if err := d.Decode(&jf); err != nil {
			return jsonError(file, key, nil, err)
		}
		s, e := jf.shot(&f.lens)
		if e != nil {
			return &FormatError{file, key + "." + e.Key, e.Msg}
		}
		s.file, s.key = file, key
		t.frames = append(t.frames, *s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(t.frames) == 0 {
		return nil, &FormatError{file, "frames", "is empty, want one frame for each photograph"}
	}
	for _, l := range []struct {
		key string
		raw json.RawMessage
		dst *[]string
	}{{"train_filenames", f.Train, &t.train}, {"test_filenames", f.Test, &t.test}, {"val_filenames", f.Val, &t.val}} {
		if len(l.raw) == 0 || l.raw[0] != '[' {
			continue
		}
		err := eachOf(l.raw, func(i int, d *json.Decoder) error {
			var name string
			if err := d.Decode(&name); err != nil {
				return jsonError(file, l.key, nil, err)
			}
			if i >= len(t.frames) {
				return &FormatError{file, l.key, fmt.Sprintf("has more names than the %d frames", len(t.frames))}
			}
			*l.dst = append(*l.dst, cleanPath(name))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	n := len(t.frames)
	t.assignSplit()
	if len(t.frames) == 0 {
		return nil, &FormatError{file, "train_filenames", fmt.Sprintf("names none of the %d frames", n)}
	}
	return t, nil
}

// maxDistance bounds the position of a camera, so that sums of squares stay finite; in metres it is 1000 km.
const maxDistance = 1e6

// maxMatrixBytes bounds a pose in JSON: sixteen numbers take a few hundred bytes, indented or not.
const maxMatrixBytes = 4 << 10

// eachOf calls f for each element of a JSON list, with the decoder in front of it.
func eachOf(list json.RawMessage, f func(i int, d *json.Decoder) error) error {
	d := json.NewDecoder(bytes.NewReader(list))
	if _, err := d.Token(); err != nil {
		return err
	}
	for i := 0; d.More(); i++ {
		if err := f(i, d); err != nil {
			return err
		}
	}
	return nil
}

// shot checks the frame; top holds what the file says for all of its frames. The error has no file.
func (jf *jsonFrame) shot(top *lens) (*shot, *FormatError) {
	name := cleanPath(jf.FilePath)
	if name == "" {
		return nil, &FormatError{Key: "file_path", Msg: "is missing, want the path of the image"}
	}
	if strings.ContainsRune(name, 0) {
		return nil, &FormatError{Key: "file_path", Msg: "has a zero byte"}
	}
	m, err := parseMatrix(jf.Matrix)
	if err != nil {
		return nil, &FormatError{Key: "transform_matrix", Msg: err.Error()}
	}
	pose, err := plucker.PoseFromMat4(m)
	if err != nil {
		return nil, &FormatError{Key: "transform_matrix", Msg: err.Error()}
	}
	for _, x := range pose.Pos {
		if math.Abs(x) > maxDistance {
			return nil, &FormatError{Key: "transform_matrix", Msg: fmt.Sprintf("puts the camera at %.3g, want at most %g from the origin", x, maxDistance)}
		}
	}
	if key, msg := jf.lens.check(); key != "" {
		return nil, &FormatError{Key: key, Msg: msg}
	}
	return &shot{name: name, pose: pose, lens: jf.lens.over(top)}, nil
}

// parseMatrix reads four rows of four numbers, or three with the last one, 0 0 0 1, left out.
func parseMatrix(raw json.RawMessage) (mgl64.Mat4, error) {
	m := mgl64.Ident4()
	if len(raw) == 0 || raw[0] != '[' {
		return m, errors.New("is missing, want four rows of four numbers, camera to world")
	}
	if len(raw) > maxMatrixBytes {
		return m, fmt.Errorf("has %d bytes, want four rows of four numbers", len(raw))
	}
	var rows [][]*float64
	if err := json.Unmarshal(raw, &rows); err != nil {
		return m, errors.New("want four rows of four numbers")
	}
	if len(rows) != 4 && len(rows) != 3 {
		return m, fmt.Errorf("has %d rows, want 4", len(rows))
	}
	for i, row := range rows {
		if len(row) != 4 {
			return m, fmt.Errorf("row %d has %d numbers, want 4", i, len(row))
		}
		for j, x := range row {
			if x == nil {
				return m, fmt.Errorf("row %d, column %d is null, want a number", i, j)
			}
			m.Set(i, j, *x)
		}
	}
	return m, nil
}

// assignSplit gives the frames the split of the lists of file names, if there are any.
func (t *transforms) assignSplit() {
	held := t.test
	if len(held) == 0 {
		held = t.val
	}
	in := func(names []string) map[string]bool {
		m := make(map[string]bool, len(names))
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	test, train := in(held), in(t.train)
	kept := t.frames[:0]
	for _, f := range t.frames {
		if test[f.name] {
			f.split = Test
		} else if len(train) > 0 && !train[f.name] {
			continue // nerfstudio leaves out what no list names
		}
		kept = append(kept, f)
	}
	t.frames = kept
}

// check returns the first key whose value no image could make right, and what is wrong with it.
func (l *lens) check() (key, msg string) {
	for _, n := range []struct {
		key     string
		x       *float64
		lo, hi  float64 // open interval
		want    string
		integer bool
	}{
		{"w", l.W, 0, plucker.MaxSide + 1, fmt.Sprintf("a whole number of pixels from 1 to %d", plucker.MaxSide), true},
		{"h", l.H, 0, plucker.MaxSide + 1, fmt.Sprintf("a whole number of pixels from 1 to %d", plucker.MaxSide), true},
		{"fl_x", l.Fx, 1e-3, 1e12, "a focal length in pixels, above 0", false},
		{"fl_y", l.Fy, 1e-3, 1e12, "a focal length in pixels, above 0", false},
		{"camera_angle_x", l.AngleX, 1e-6, 3.1, "a field of view in radians, between 0 and 3.1", false},
		{"camera_angle_y", l.AngleY, 1e-6, 3.1, "a field of view in radians, between 0 and 3.1", false},
	} {
		if n.x == nil {
			continue
		}
		if x := *n.x; !(x > n.lo && x < n.hi) || n.integer && x != math.Trunc(x) {
			return n.key, fmt.Sprintf("is %v, want %s", x, n.want)
		}
	}
	switch {
	case l.W != nil && l.H == nil:
		return "h", "is missing, and w is there: want both or none"
	case l.H != nil && l.W == nil:
		return "w", "is missing, and h is there: want both or none"
	case l.W != nil:
		if err := plucker.CheckSize(int(*l.W), int(*l.H)); err != nil {
			return "w, h", err.Error()
		}
	}
	if l.Fisheye {
		return "is_fisheye", "is true: fisheye lenses are not read, undistort the photographs first"
	}
	switch m := strings.ToUpper(l.Model); m {
	case "", "OPENCV", "FULL_OPENCV", "PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "PERSPECTIVE":
	default:
		return "camera_model", fmt.Sprintf("is %.40q, want OPENCV or PINHOLE: undistort the photographs first", l.Model)
	}
	return "", ""
}

// over returns l with what it lacks taken from top. A frame that has a focal length or a field of view of its
// own takes none from the top, and one that has a size of its own takes no principal point.
func (l *lens) over(top *lens) lens {
	r := *l
	if r.AngleX == nil && r.AngleY == nil && r.Fx == nil && r.Fy == nil {
		r.AngleX, r.AngleY, r.Fx, r.Fy = top.AngleX, top.AngleY, top.Fx, top.Fy
	}
	if r.W == nil {
		r.W, r.H = top.W, top.H
		r.Cx, r.Cy = or(r.Cx, top.Cx), or(r.Cy, top.Cy)
	}
	r.K1, r.K2, r.K3 = or(r.K1, top.K1), or(r.K2, top.K2), or(r.K3, top.K3)
	r.K4, r.K5, r.K6 = or(r.K4, top.K4), or(r.K5, top.K5), or(r.K6, top.K6)
	r.P1, r.P2 = or(r.P1, top.P1), or(r.P2, top.P2)
	return r
}

func or(a, b *float64) *float64 {
	if a == nil {
		return b
	}
	return a
}

// camera returns the camera of the shot whose image has width×height pixels. The intrinsics are those of the
// file's w×h, scaled; the error is a *FormatError.
func (s *shot) camera(width, height int) (plucker.Camera, error) {
	l := &s.lens
	w, h := float64(width), float64(height)
	if l.W != nil {
		w, h = *l.W, *l.H
	}
	fail := func(key, format string, args ...any) (plucker.Camera, error) {
		return plucker.Camera{}, &FormatError{s.file, s.key + "." + key, fmt.Sprintf(format, args...)}
	}
	if !sameAspect(w, h, float64(width), float64(height)) {
		return fail("w, h", "are %v×%v, an aspect that is not the image's: the intrinsics do not fit it, use the original images", w, h)
	}
	c := plucker.Camera{
		Pose:       s.pose,
		Intrinsics: plucker.Intrinsics{Cx: w / 2, Cy: h / 2},
		Width:      int(w),
		Height:     int(h),
	}
	in, d := &c.Intrinsics, &c.Distortion
	switch {
	case l.Fx != nil:
		in.Fx = *l.Fx
	case l.AngleX != nil:
		in.Fx = w / 2 / math.Tan(*l.AngleX/2)
	}
	switch {
	case l.Fy != nil:
		in.Fy = *l.Fy
	case l.AngleY != nil:
		in.Fy = h / 2 / math.Tan(*l.AngleY/2)
	default:
		in.Fy = in.Fx
	}
	if in.Fx == 0 {
		in.Fx = in.Fy
	}
	if in.Fx == 0 {
		return fail("fl_x", "is missing, and so are fl_y, camera_angle_x and camera_angle_y: one of them is needed, here or at the top")
	}
	if ratio := in.Fx / in.Fy; l.W == nil && !(ratio > 0.5 && ratio < 2) {
		return fail("fl_x, fl_y", "are %.6g and %.6g pixels, which the image's size contradicts: add the w and h that they are for", in.Fx, in.Fy)
	}
	for _, p := range []struct {
		key string
		x   *float64
		dst *float64
		n   int
	}{{"cx", l.Cx, &in.Cx, width}, {"cy", l.Cy, &in.Cy, height}} {
		if p.x == nil {
			continue
		}
		if l.W == nil && !(*p.x >= 0 && *p.x <= float64(p.n)) {
			return fail(p.key, "is %v, outside the image: add the w and h that it is for", *p.x)
		}
		*p.dst = *p.x
	}
	for _, k := range []struct {
		x   *float64
		dst *float64
	}{
		{l.K1, &d.K1}, {l.K2, &d.K2}, {l.K3, &d.K3}, {l.K4, &d.K4}, {l.K5, &d.K5}, {l.K6, &d.K6},
		{l.P1, &d.P1}, {l.P2, &d.P2},
	} {
		if k.x != nil {
			*k.dst = *k.x
		}
	}
	if c.Width != width || c.Height != height {
		c = c.Scaled(width, height)
	}
	if err := c.Validate(); err != nil {
		return fail("fl_x", "%v", err)
	}
	return c, nil
}

// sameAspect reports whether an image of w×h, scaled, could have become one of w2×h2, or the other way
// round, with both sides rounded to whole pixels in one direction or the other.
func sameAspect(w, h, w2, h2 float64) bool {
	if w2 > w || h2 > h {
		w, h, w2, h2 = w2, h2, w, h
	}
	const slack = 1.5 // pixels of the smaller image
	return math.Abs(h*w2/w-h2) <= slack || math.Abs(w*h2/h-w2) <= slack
}

// cleanPath brings a file_path to slashes and takes a leading ./ off.
func cleanPath(p string) string {
	p = strings.ReplaceAll(p, `\`, "/")
	for strings.HasPrefix(p, "./") {
		p = strings.TrimLeft(p[2:], "/")
	}
	return p
}

var lastKey = regexp.MustCompile(`"([A-Za-z0-9_.-]{1,60})"\s*:[^:"]*$`)

// jsonError says where in data the JSON is broken, and near which key. Data may be nil where the offset
// would be that of a part.
func jsonError(file, key string, data []byte, err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && data != nil:
		off := min(max(int(syntax.Offset)-1, 0), len(data))
		if m := lastKey.FindSubmatch(data[max(0, off-500):off]); m != nil {
			key = string(m[1])
		}
		at := fmt.Sprintf("line %d: ", 1+bytes.Count(data[:off], []byte("\n")))
		rest := data[off:]
		switch {
		case int(syntax.Offset) >= len(data) && strings.HasPrefix(syntax.Error(), "unexpected end"):
			return &FormatError{file, key, fmt.Sprintf("the file is cut off after %d bytes: copy it again", len(data))}
		case bytes.HasPrefix(rest, []byte("NaN")), bytes.HasPrefix(rest, []byte("Infinity")),
			bytes.HasPrefix(rest, []byte("nan")), bytes.HasPrefix(rest, []byte("inf")),
			bytes.HasSuffix(data[:off], []byte("-")) && bytes.HasPrefix(rest, []byte("I")):
			word := rest[:min(len(rest), 3)]
			return &FormatError{file, key, fmt.Sprintf("%shas %s, want a finite number", at, word)}
		}
		return &FormatError{file, key, at + syntax.Error()}
	case errors.As(err, &typ):
		if typ.Field != "" {
			key = strings.TrimPrefix(key+"."+strings.TrimPrefix(typ.Field, "lens."), ".")
		}
		if n, ok := strings.CutPrefix(typ.Value, "number "); ok {
			return &FormatError{file, key, fmt.Sprintf("is %.40s, want a number that float64 can hold", n)}
		}
		return &FormatError{file, key, fmt.Sprintf("is a JSON %s, want %s", typ.Value, typeName(typ.Type.Kind().String()))}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &FormatError{file, key, "the file is cut off"}
	}
	return &FormatError{file, key, err.Error()}
}

// typeName says in words what JSON should have been there.
func typeName(kind string) string {
	switch kind {
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	case "struct":
		return "an object"
	}
	return "a " + kind
}
