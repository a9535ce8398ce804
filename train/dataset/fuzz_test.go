package dataset

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"lfnview/plucker"
)

// FuzzTransforms: what is accepted makes valid cameras for an image of its size, and survives being written
// as Save does and read again.
func FuzzTransforms(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.json")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, s := range seeds {
		data, err := os.ReadFile(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(transformsOf(`"fl_x": 9, "lfn_frame": {"center": [1, -2, 3.5], "radius": 0.5, "up": [0, 0.6, 0.8]}, `, "a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseTransforms("transforms.json", data)
		if err != nil {
			var fe *FormatError
			if !errors.As(err, &fe) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %q is a %T, want one line of a *FormatError", err, err)
			}
			return
		}
		var cams []plucker.Camera
		file := savedFile{AngleX: 1, Scene: got.scene}
		for i := range got.frames {
			s := &got.frames[i]
			w, h := 64, 48
			if s.lens.W != nil {
				w, h = int(*s.lens.W), int(*s.lens.H)
			}
			c, err := s.camera(w, h)
			if err != nil {
				continue
			}
			small := c.Scaled(Options{MaxSize: 3}.size(w, h))
			if err := small.Validate(); err != nil {
				t.Fatalf("frame %d, scaled down: %v", i, err)
			}
			cams = append(cams, c)
			file.Frames = append(file.Frames, savedFrame{FilePath: s.name, Matrix: c.Pose, lens: lensOf(&c)})
		}
		if len(cams) == 0 {
			return
		}
		if err := plucker.FrameOf(cams).Validate(); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(&file)
		if err != nil {
			t.Fatal(err)
		}
		back, err := parseTransforms("again.json", again)
		if err != nil {
			t.Fatalf("%v in %s", err, again)
		}
		if !reflect.DeepEqual(back.scene, got.scene) {
			t.Errorf("scene %+v, want %+v", back.scene, got.scene)
		}
		for i := range back.frames {
			c, err := back.frames[i].camera(cams[i].Width, cams[i].Height)
			if err != nil {
				t.Fatal(err)
			}
			if d := c.Pose.Rot.Sub(cams[i].Pose.Rot); d.Transpose().Mul3(d).Trace() > 1e-18 {
				t.Errorf("rotation %v, want %v", c.Pose.Rot, cams[i].Pose.Rot)
			}
			c.Pose.Rot = cams[i].Pose.Rot
			if c != cams[i] {
				t.Errorf("camera %+v, want %+v", c, cams[i])
			}
		}
	})
}

// TestTransformsMemory: files that repeat the shortest thing which could grow cost a small multiple of their
// size, and not the size of what they seem to promise.
func TestTransformsMemory(t *testing.T) {
	const n = 1 << 18
	frame := `{"file_path":"a","transform_matrix":[[1,0,0,0],[0,1,0,0],[0,0,1,4]]}`
	for _, tt := range []struct{ name, head, unit, tail string }{
		{"numbers for frames", `{"frames":[`, "0,", "0]}"},
		{"empty frames", `{"frames":[`, "{},", "{}]}"},
		{"rows of a pose", `{"frames":[{"file_path":"a","transform_matrix":[`, "[],", "[]]}]}"},
		{"columns of a pose", `{"frames":[{"file_path":"a","transform_matrix":[[`, "0,", "0]]}]}"},
		{"names", `{"train_filenames":[`, `"",`, `""],"frames":[` + frame + "]}"},
		{"frames", `{"frames":[`, frame + ",", frame + "]}"},
		{"depth", `{"x":`, "[", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := []byte(tt.head + strings.Repeat(tt.unit, n/len(tt.unit)) + tt.tail)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := parseTransforms("t.json", data)
			runtime.ReadMemStats(&after)
			if got := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(data)); got > 64 {
				t.Errorf("allocated %.0f times the size of the file in all (%v)", got, err)
			}
		})
	}
}
