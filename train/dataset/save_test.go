package dataset

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lfnview/plucker"
)

// TestSaveOpen: a set that was saved comes back with the same names, pixels, cameras and split.
func TestSaveOpen(t *testing.T) {
	s := Procedural(RenderOptions{Views: 3, TestViews: 2, Size: 16})
	rng := rand.New(rand.NewPCG(1, 2))
	s.Views[1].Pix = randomImage(rng, 16, 16).Pix
	s.Views[2].Camera.Distortion = plucker.Distortion{K1: 0.25, K4: 1e-3, P2: -0.125}
	s.Views[2].Camera.Intrinsics.Cx += 1.5
	s.Views[3].Camera.Distortion = plucker.Distortion{K1: 0.25, K4: 1e-3, Fisheye: true}
	dir := filepath.Join(t.TempDir(), "new", "set")
	if err := s.Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	got, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Views) != len(s.Views) {
		t.Fatalf("%d views, want %d", len(got.Views), len(s.Views))
	}
	for i := range s.Views {
		g, w := &got.Views[i], &s.Views[i]
		if g.Name != w.Name || g.Split != w.Split || g.Camera != w.Camera || !bytes.Equal(g.Pix, w.Pix) {
			t.Errorf("view %d = %s %v %+v, want %s %v %+v", i, g.Name, g.Split, g.Camera, w.Name, w.Split, w.Camera)
		}
	}
	if err := filepath.WalkDir(dir, func(p string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(p, ".part") {
			t.Errorf("%s was left behind", p)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}

	before, _ := os.ReadFile(filepath.Join(dir, "transforms_train.json"))
	want := "dataset: save " + dir + ": transforms_test.json is there already: choose another folder"
	if err := s.Save(t.Context(), dir); err == nil || err.Error() != want {
		t.Errorf("Save over it = %v, want %s", err, want)
	}
	if after, _ := os.ReadFile(filepath.Join(dir, "transforms_train.json")); !bytes.Equal(before, after) {
		t.Error("a refused Save changed the file")
	}
}

// TestSaveFrame: a set of another layout, whose frame its cameras alone do not tell, comes back as it was.
func TestSaveFrame(t *testing.T) {
	for _, lens := range []string{"FULL_OPENCV", "OPENCV_FISHEYE"} {
		t.Run(lens, func(t *testing.T) {
			dir, want := checkSaved(t, folder(t, reconstruct(lens, 9).files(".bin", "sparse/0", "images")), Options{Holdout: 4})
			one, err := Peek(filepath.Join(dir, "transforms_test.json"), Options{})
			if err != nil || one.Frame != want.Frame {
				t.Errorf("the test views alone: %v, frame %+v, want %+v", err, one, want.Frame)
			}
		})
	}
}

// TestSaveReal: so do real sets of each layout.
func TestSaveReal(t *testing.T) {
	for _, name := range []string{"colmap_beer", "format_only_srn", "lf_hci_new_shot_01", "lf_lytro_0001", "llff_fern", "middlebury_dinoSR", "nerf_lego400"} {
		t.Run(name, func(t *testing.T) { checkSaved(t, sharedData(t, name), Options{Scale: 8}) })
	}
}

// checkSaved opens a set, saves it into a new folder and checks that this one has the same in it.
func checkSaved(t *testing.T, path string, o Options) (dir string, want *Set) {
	t.Helper()
	want, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "set")
	if err := want.Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	got, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Frame != want.Frame || len(got.Warnings) > len(want.Warnings) {
		t.Errorf("frame %+v, warnings %q, want %+v, %q", got.Frame, got.Warnings, want.Frame, want.Warnings)
	}
	for _, sp := range []Split{Train, Test} {
		a, b := got.Split(sp), want.Split(sp)
		if len(a) != len(b) || len(a) == 0 {
			t.Fatalf("%d %s views, want %d", len(a), sp, len(b))
		}
		for i := range a {
			if g, w := &got.Views[a[i]], &want.Views[b[i]]; g.Camera != w.Camera || !bytes.Equal(g.Pix, w.Pix) {
				t.Errorf("%s view %d is of %+v, want %+v and its pixels", sp, i, g.Camera, w.Camera)
			}
		}
	}
	return dir, want
}

func TestSaveCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if err := Procedural(RenderOptions{Views: 1, TestViews: 1, Size: 16, Samples: 1}).Save(ctx, dir); err != context.Canceled {
		t.Errorf("SaveContext = %v, want %v", err, context.Canceled)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.json")); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

func TestSaveErrors(t *testing.T) {
	s := Procedural(RenderOptions{Views: 1, TestViews: 1, Size: 16})
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), file); err == nil || !strings.HasSuffix(err.Error(), ": not a directory") {
		t.Errorf("Save in place of a file = %v, want not a directory", err)
	}

	// A folder that another Save has begun to write stays as it is.
	if err := os.Mkdir(filepath.Join(dir, "test"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), dir); err == nil || !strings.HasSuffix(err.Error(), ": test is there already: choose another folder") {
		t.Errorf("Save into a folder with test = %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("a failed Save left %v, want file and test", left)
	}

	// A folder in the place of the JSON.
	dir = filepath.Join(t.TempDir(), "new")
	if err := os.MkdirAll(filepath.Join(dir, "transforms_train.json.part", "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), dir); err == nil || !strings.Contains(err.Error(), ": transforms_train.json: ") {
		t.Errorf("Save = %v, want an error that names transforms_train.json", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("a failed Save left %v", left)
	}

	s.Views[0].Pix = nil
	if err := s.Save(t.Context(), filepath.Join(dir, "b")); err == nil || !strings.HasSuffix(err.Error(), "train/r_0.png has 0 bytes of pixels, want 1024") {
		t.Errorf("Save without pixels = %v", err)
	}
}

func TestSaveFullDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /dev/full")
	}
	dir := t.TempDir()
	target := filepath.Join(dir, "a.json")
	if err := os.WriteFile(target, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", target+".part"); err != nil {
		t.Skip(err)
	}
	err := writeFile(target, func(w io.Writer) error { _, err := w.Write(make([]byte, 1<<16)); return err })
	if err == nil || err.Error() != "no space left on device" {
		t.Errorf("writeFile = %v, want no space left on device", err)
	}
	if got, _ := os.ReadFile(target); string(got) != "old" {
		t.Errorf("the file is now %q", got)
	}
	if _, err := os.Lstat(target + ".part"); err == nil {
		t.Error("the partial file is still there")
	}
}
