package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lfnview/train/dataset"
)

// triangle writes a glTF file of one triangle, seen from both sides.
func triangle(t *testing.T) string {
	t.Helper()
	bin, err := binary.Append(nil, binary.LittleEndian, []float32{-1, 0, -1, 1, 0, -1, 0, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "triangle.gltf")
	text := fmt.Sprintf(`{"asset": {"version": "2.0"}, "buffers": [{"byteLength": 36, "uri": "data:;base64,%s"}],
		"bufferViews": [{"buffer": 0, "byteLength": 36}], "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
		"materials": [{"doubleSided": true}], "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}], "nodes": [{"mesh": 0}]}`,
		base64.StdEncoding.EncodeToString(bin))
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDatasetRender(t *testing.T) {
	scene := triangle(t)
	out := filepath.Join(t.TempDir(), "out")
	status, _, stderr := lfnRun(t, "dataset", "render", scene, "-o", out, "--views", "5", "--test", "2", "--size", "12", "--depth", "--sphere")
	if status != 0 || !strings.Contains(stderr, "wrote "+out+", 7 photographs") {
		t.Fatalf("exit status %d, %q", status, stderr)
	}
	set, err := dataset.Open(t.Context(), out, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	below := 0
	for i := range set.Views {
		if set.Views[i].Camera.Pose.Pos[2] < set.Frame.Center[2] {
			below++
		}
	}
	if len(set.Split(dataset.Train)) != 5 || len(set.Split(dataset.Test)) != 2 || set.Views[0].Camera.Width != 12 || below == 0 {
		t.Errorf("%d training views, %d below", len(set.Split(dataset.Train)), below)
	}
	if _, err := os.Stat(filepath.Join(out, "test", "r_1.npy")); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{scene, "-o", out}, 1, "want a new or empty folder"},
		{[]string{scene}, 2, "say which folder"},
		{[]string{filepath.Join(out, "transforms_test.json"), "-o", "new"}, 1, "asset.version"},
		{[]string{out, "-o", "new"}, 1, "is no file"},
		{[]string{scene, "-o", "new", "--views", "0"}, 2, "--views"},
		{[]string{scene, "-o", "new", "--samples", "17"}, 2, "17 samples"},
		{[]string{scene, "-o", "new", "--size", "999999"}, 2, "999999"},
		{[]string{scene, "-o", "new", "--views", "1000000000"}, 2, "1000000000 training views"},
		{[]string{scene, "-o", "new", "--views", "600", "--size", "2048", "--depth"}, 2, "GB of memory"},
		{[]string{"..glb", "--srn", "-o", "new"}, 2, "is no name"},
		{[]string{"a/...glb", "--srn", "-o", "new"}, 2, "is no name"},
	} {
		status, _, stderr := lfnRun(t, append([]string{"dataset", "render"}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit status %d, %q, want %d and %q", c.args, status, stderr, c.status, c.want)
		}
	}
	t.Chdir(t.TempDir())
	other := triangle(t)
	if err := os.Rename(other, "second.glb"); err != nil {
		t.Fatal(err)
	}
	status, _, stderr = lfnRun(t, "dataset", "render", scene, "second.glb", "--srn", "-o", "class", "--views", "4", "--size", "8")
	if status != 0 || !strings.Contains(stderr, "wrote class, 2 scenes of 4 photographs\n") {
		t.Fatalf("exit status %d, %q", status, stderr)
	}
	for _, path := range []string{"class/test/triangle", "class/train/second"} {
		set, err := dataset.Open(t.Context(), path, dataset.Options{Holdout: -1})
		if err != nil {
			t.Fatal(err)
		}
		if eye := set.Views[0].Camera.Pose.Pos; len(set.Views) != 4 || set.Format != "srn" || math.Abs(eye.Len()-3) > 1e-6 {
			t.Errorf("%s: %d views of %s, from %v", path, len(set.Views), set.Format, eye)
		}
	}
	// A texture without its image is white, and that is said of a class, too.
	white := strings.Replace(string(readFile(t, scene)), `"doubleSided": true`, `"doubleSided": true, "emissiveTexture": {"index": 0}`, 1)
	white = strings.Replace(white, `"asset"`, `"textures": [{"source": 0}], "images": [{"uri": "none.png"}], "asset"`, 1)
	if err := os.WriteFile("white.gltf", []byte(white), 0o666); err != nil {
		t.Fatal(err)
	}
	status, _, stderr = lfnRun(t, "dataset", "render", scene, "white.gltf", "--srn", "-o", "pale", "--views", "1", "--size", "8")
	if status != 0 || !strings.Contains(stderr, "warning: of 1 of 2 scenes, such as white.gltf: textures[0]: images[0]: none.png: ") {
		t.Errorf("exit status %d, %q", status, stderr)
	}
	for _, c := range [][]string{{scene, "second.glb"}, {scene, scene, "--srn"}, {scene, "--holdout", "3"}, {scene, "--srn", "--depth"}} {
		if status, _, stderr := lfnRun(t, append([]string{"dataset", "render", "-o", "new"}, c...)...); status != 2 || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit status %d, %q", c, status, stderr)
		}
	}
	if _, err := os.Stat("new"); err == nil {
		t.Error("a folder is left behind")
	}
}

// Of the scenes that are not held out there are several instances: the first as it is, and none like another.
func TestDatasetRenderVaries(t *testing.T) {
	t.Chdir(t.TempDir())
	text := readFile(t, triangle(t))
	scenes := []string{"a.gltf", "b.gltf", "c.gltf"}
	for _, name := range scenes {
		if err := os.WriteFile(name, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	render := func(out string, flags ...string) map[string]string {
		args := append(append([]string{"dataset", "render", "--srn", "-o", out, "--views", "2", "--size", "8", "--holdout", "2"}, scenes...), flags...)
		if status, _, stderr := lfnRun(t, args...); status != 0 {
			t.Fatalf("%q: exit status %d, %q", args, status, stderr)
		}
		class, err := dataset.OpenClass(out, 0)
		if err != nil {
			t.Fatal(err)
		}
		photos := map[string]string{}
		for _, i := range class.Instances {
			photos[i.Name] = string(readFile(t, filepath.Join(out, i.Name, "rgb", "000001.png")))
		}
		return photos
	}
	three, five, plain, other := render("three", "--vary", "3"), render("five", "--vary", "5"), render("plain"), render("other", "--vary", "3", "--seed", "9")
	if got, want := slices.Sorted(maps.Keys(three)), []string{"test/a", "test/c", "train/b-00", "train/b-01", "train/b-02"}; !slices.Equal(got, want) {
		t.Fatalf("instances %q, want %q", got, want)
	}
	seen := map[string]string{}
	for name, photo := range three {
		if like, ok := seen[photo]; ok {
			t.Errorf("%s is like %s", name, like)
		}
		seen[photo] = name
		if photo != five[name] {
			t.Errorf("%s is another where there are more", name)
		}
	}
	if len(five) != 7 || len(plain) != 3 {
		t.Errorf("%d and %d instances, want 7 and 3", len(five), len(plain))
	}
	if plain["test/a"] != three["test/a"] || plain["train/b"] != three["train/b-00"] {
		t.Error("the first of each is not as it is")
	}
	if other["train/b-01"] == three["train/b-01"] {
		t.Error("--seed varies nothing")
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--srn", "--vary", "0"}, "want a whole number, 1 or more"},
		{[]string{"--srn", "--vary", "1001"}, "--vary 1001: want 1 to 1000"},
		{[]string{"--vary", "3"}, "--vary is for --srn"},
	} {
		args := append([]string{"dataset", "render", "a.gltf", "-o", "new"}, c.args...)
		if status, _, stderr := lfnRun(t, args...); status != 2 || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit status %d, %q, want %q", args, status, stderr, c.want)
		}
		if _, err := os.Stat("new"); err == nil {
			t.Errorf("%q: left a folder", args)
		}
	}
}

// A scene is a data set for every command.
func TestSceneAsData(t *testing.T) {
	scene := triangle(t)
	model, _, stderr := lfnTrain(t, scene, "--max-size", "16")
	if !strings.Contains(stderr, "ever new training views, 20 held out, 16×16 pixels") {
		t.Errorf("train: %q", stderr)
	}
	again, _, _ := lfnTrain(t, scene, "--max-size", "16")
	if string(readFile(t, model)) != string(readFile(t, again)) {
		t.Error("the same seed makes another model")
	}
	if m := openTest(t, model); len(m.Cameras) != 120 || m.Training.Data != scene {
		t.Errorf("%d cameras of %s", len(m.Cameras), m.Training.Data)
	}
	status, stdout, stderr := lfnRun(t, "eval", model, scene, "--max-size", "16")
	if status != 0 || !strings.Contains(stdout, "mean of 20") {
		t.Errorf("eval: exit status %d, %q, %q", status, stdout, stderr)
	}
	status, stdout, stderr = lfnRun(t, "info", scene)
	if status != 0 || !strings.Contains(stdout, "gltf") {
		t.Errorf("info: exit status %d, %q, %q", status, stdout, stderr)
	}
}
