package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

func TestOpenData(t *testing.T) {
	t.Chdir(t.TempDir())
	set, err := OpenData(t.Context(), "procedural:8", dataset.Options{})
	if err != nil || set.Path != "procedural:8" || set.Views[0].Camera.Width != 8 || len(set.Views[0].Pix) == 0 {
		t.Fatalf("the built-in scene: %+v, %v", set, err)
	}
	peeked, err := PeekData("procedural:8", "")
	if err != nil || peeked.Path != "procedural:8" || len(peeked.Views) != len(set.Views) || peeked.Views[3].Camera != set.Views[3].Camera {
		t.Errorf("PeekData: %+v, %v", peeked, err)
	}
	for _, data := range []string{"procedural:0", "procedural:x", "procedural:"} {
		var usage *UsageError
		if _, err := OpenData(t.Context(), data, dataset.Options{}); !errors.As(err, &usage) {
			t.Errorf("%s: %v, want a *UsageError", data, err)
		}
	}
	if err := set.Save(t.Context(), BuiltIn); err != nil { // what is on disk comes first
		t.Fatal(err)
	}
	if set, err = OpenData(t.Context(), BuiltIn, dataset.Options{Scale: 2}); err != nil || set.Views[0].Camera.Width != 4 {
		t.Errorf("a folder of that name: %+v, %v", set, err)
	}
}

func TestPickCamera(t *testing.T) {
	cam := plucker.Pinhole(plucker.LookAt([3]float64{3, 0, 1}, [3]float64{}, [3]float64{0, 0, 1}), 20, 10, 0.7)
	m := &lfn.Model{Cameras: []lfn.View{{Split: "train"}, {Name: "b.png", Split: "test", Camera: cam}}}
	if got, err := PickCamera(m, "test:0", ""); err != nil || got != m.Cameras[1] {
		t.Errorf("test:0 is %+v, %v, want %+v", got, err, m.Cameras[1])
	}
	if got, err := PickCamera(m, "procedural:16:train:3", ""); err != nil || got.Width != 16 || got.Name == "" {
		t.Errorf("a camera of the built-in scene is %+v, %v", got, err)
	}
	for text, want := range map[string]string{"": "SPLIT:INDEX", "test": "SPLIT:INDEX", "val:0": "SPLIT:INDEX", "test:-1": "SPLIT:INDEX",
		"test:1": "has 1 test cameras, want an index from 0 to 0", "none:test:0": "none"} {
		if _, err := PickCamera(m, text, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a")
	if err := CheckWritable(file); err != nil {
		t.Error(err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		t.Errorf("to check leaves %v, %v", names, err)
	}
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{dir: "is a folder", filepath.Join(dir, "none", "a"): "make the folder first", filepath.Join(file, "b"): "not a directory",
		filepath.Join(dir, strings.Repeat("a", 256)): "too long"} {
		if err := CheckWritable(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckWritable(%s) = %v, want %q", path, err, want)
		}
	}
	if err := CheckWritable(filepath.Join(dir, strings.Repeat("a", 255))); err != nil {
		t.Errorf("the longest name: %v", err)
	}
	if !SameFile(file, dir+"/./a") || SameFile(file, dir) || SameFile(file, filepath.Join(dir, "none")) || SameFile("", "") {
		t.Error("SameFile takes files for others")
	}
}

func TestCheckOutputs(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.WriteFile(at("model"), nil, 0o666), os.Mkdir(at("folder"), 0o777),
		os.Symlink(dir, at("linked")), os.Symlink("model", at("alias"))); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	for _, tt := range []struct {
		name   string
		writes []string
		usage  bool
		want   string // "" where nothing is wrong
	}{
		{"two files", []string{at("a"), at("b")}, false, ""},
		{"a file that is there", []string{at("a"), at("folder/a")}, false, ""},
		{"the same twice", []string{at("a"), at("b"), at("a")}, true, "written twice"},
		{"two names of one", []string{at("a"), dir + "/folder/../a"}, true, "written twice"},
		{"a folder by two names", []string{at("a"), at("linked/a")}, true, "written twice"},
		{"what is read", []string{at("a"), at("model")}, true, "what is read"},
		{"a link to what is read", []string{at("alias")}, true, "what is read"},
		{"a folder", []string{at("a"), at("folder")}, false, "is a folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckOutputs([]string{"", at("model")}, tt.writes)
			var usage *UsageError
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) || errors.As(err, &usage) != tt.usage {
				t.Errorf("CheckOutputs = %v, want %q", err, tt.want)
			}
		})
	}
}
