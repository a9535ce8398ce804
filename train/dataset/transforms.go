package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// transforms is what a transforms*.json says, checked but for what depends on the images.
type transforms struct {
	frames []frame
	scene  *Space // nil where the file has none

	// nerfstudio's lists of file paths; empty where the file has none
	train, test, val []string
}

// A frame is an image and its camera, of which the image's size is to be known.
type frame struct {
	name  string // cleaned path of the image, with slashes, perhaps without extension
	depth string // likewise, of a file with its depth; empty where there is none
	pose  plucker.Pose
	lens  lens
	split Split
	file  string // the JSON file and the frame's key in it, for errors
	key   string
}

// jsonFrame and jsonFile are the files' own shape. Frames stays raw until parseTransforms walks it, so that
// "frames":[0,0,0,…] fails at its first element and costs no more memory than the file.
type jsonFrame struct {
	FilePath string          `json:"file_path"`
	Depth    string          `json:"depth_file_path"`
	Matrix   json.RawMessage `json:"transform_matrix"`
	lens
}

type jsonFile struct {
	lens
	Train  json.RawMessage `json:"train_filenames,omitempty"`
	Test   json.RawMessage `json:"test_filenames,omitempty"`
	Val    json.RawMessage `json:"val_filenames,omitempty"`
	Scene  json.RawMessage `json:"lfn_frame,omitempty"`
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
	scene, err := parseScene(file, f.Scene)
	if err != nil {
		return nil, err
	}
	t.scene = scene
	err = eachOf(f.Frames, func(i int, d *json.Decoder) error {
		key := fmt.Sprintf("frames[%d]", i)
		var jf jsonFrame
		if err := d.Decode(&jf); err != nil {
			return jsonError(file, key, nil, err)
		}
		s, e := jf.frame(&f.lens)
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

// parseScene reads lfn_frame, where [Set.Save] puts the scene's space; nil where there is none.
func parseScene(file string, raw json.RawMessage) (*Space, error) {
	const key = "lfn_frame"
	fail := func(format string, args ...any) (*Space, error) {
		return nil, &FormatError{file, key, fmt.Sprintf(format, args...)}
	}
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if len(raw) > maxMatrixBytes {
		return fail("has %d bytes, want center, radius and up", len(raw))
	}
	var f struct {
		Center, Up []float64 // an array would take a list of any length
		Radius     float64
		Window     *plucker.Window
		Clear      float64
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return fail(`want center, radius and up, as {"center": [0, 0, 0], "radius": 1, "up": [0, 0, 1]}, and what Save writes beside them`)
	}
	if len(f.Center) != 3 || len(f.Up) != 3 {
		return fail("center has %d numbers and up %d, want 3 each", len(f.Center), len(f.Up))
	}
	s := &Space{plucker.Frame{Center: mgl64.Vec3(f.Center), Radius: f.Radius, Up: mgl64.Vec3(f.Up)}, f.Window, f.Clear}
	const limit = 1e12 // of a ball around what cameras at maxDistance see
	for _, x := range append(f.Center, f.Radius) {
		if math.Abs(x) > limit {
			return fail("has %.3g, want at most %g", x, float64(limit))
		}
	}
	if err := s.Validate(); err != nil {
		return fail("%s", strings.TrimPrefix(err.Error(), "frame: "))
	}
	return s, nil
}

// maxDistance bounds the position of a camera, so that sums of squares stay finite, and lets pass those in metres from
// the centre of the Earth.
const maxDistance = 1e8

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

// frame checks the frame; top holds what the file says for all of its frames. The error has no file.
func (jf *jsonFrame) frame(top *lens) (*frame, *FormatError) {
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
	return &frame{name: name, depth: cleanPath(jf.Depth), pose: pose, lens: jf.lens.over(top)}, nil
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

// cleanPath brings a file_path to slashes and takes a leading ./ off.
func cleanPath(p string) string {
	p = strings.ReplaceAll(p, `\`, "/")
	for strings.HasPrefix(p, "./") {
		p = strings.TrimLeft(p[2:], "/")
	}
	return p
}
