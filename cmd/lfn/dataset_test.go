package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lfnview/plucker"
	"lfnview/train/dataset"
)

func TestDatasetInfo(t *testing.T) {
	data, plots := tinyData(t), t.TempDir()
	said := map[string]string{}
	for _, cmd := range []string{"info", "dataset info"} {
		plot := filepath.Join(plots, strings.ReplaceAll(cmd, " ", "-")+".png")
		for _, tt := range []struct{ args, wrote string }{{"", ""}, {"--json", ""}, {"--format transforms --plot " + plot, "wrote " + plot + "\n"}} {
			status, stdout, stderr := lfnRun(t, strings.Fields(cmd+" "+data+" "+tt.args)...)
			if status != 0 || stderr != tt.wrote || !strings.Contains(stdout, "transforms") {
				t.Fatalf("lfn %s %s: exit status %d, stdout %q, stderr %q", cmd, tt.args, status, stdout, stderr)
			}
			said[cmd] += stdout
		}
	}
	if said["info"] != said["dataset info"] {
		t.Errorf("lfn info says %q, lfn dataset info %q", said["info"], said["dataset info"])
	}
	if got := folder(t, plots); !slices.Equal(got, []string{"dataset-info.png", "info.png"}) {
		t.Errorf("pictures: %v", got)
	}
}

// TestDatasetConvert: what is written has the views and the scene of what was read.
func TestDatasetConvert(t *testing.T) {
	data := photographs(t, 6)
	for _, tt := range []struct {
		name        string
		args        []string
		side        int
		train, test int
	}{
		{"as it is", nil, 16, 5, 1},
		{"smaller, another split", []string{"--scale", "2", "--holdout", "2", "--format", "transforms"}, 8, 3, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "a", "b")
			status, stdout, stderr := lfnRun(t, append([]string{"dataset", "convert", data, out}, tt.args...)...)
			if status != 0 || stdout != "" || !strings.HasSuffix(stderr, "wrote "+out+", 6 photographs\n") {
				t.Fatalf("exit status %d, stdout %q, stderr %q", status, stdout, stderr)
			}
			want, err := dataset.Peek(data, dataset.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := dataset.Peek(out, dataset.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if n := (counts{len(got.Split(dataset.Train)), len(got.Split(dataset.Test))}); n != (counts{tt.train, tt.test}) || got.Frame != want.Frame || got.Views[0].Camera.Width != tt.side {
				t.Errorf("%+v views of %d pixels, frame %+v, want %d, %d of %d, %+v", n, got.Views[0].Camera.Width, got.Frame, tt.train, tt.test, tt.side, want.Frame)
			}
		})
	}
}

func TestDatasetBadInput(t *testing.T) {
	model, data := tinyModel(t), tinyData(t)
	badImage := tinyData(t)
	name := filepath.Join(badImage, "train", "r_1.png")
	if err := os.WriteFile(name, readFile(t, name)[:60], 0o666); err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	out := filepath.Join(parent, "out")
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"no such command", []string{"dataset", "convrt", data, out}, 2, "did you mean convert?"},
		{"info of nothing", []string{"dataset", "info"}, 2, "want a data set"},
		{"info of a model", []string{"dataset", "info", model}, 1, "give the folder of a data set"},
		{"format", []string{"dataset", "info", data, "--format", "blender"}, 2, "want transforms, colmap, llff, "},
		{"format of another", []string{"dataset", "info", data, "--format", "llff"}, 1, "poses_bounds.npy: no such file"},
		{"format of the built-in scene", []string{"dataset", "info", "procedural:8", "--format", "llff"}, 2, "--format is for a data set on disk"},
		{"format of a model", []string{"info", model, "--format", "llff"}, 2, "--format is of a data set"},
		{"plot of a model", []string{"info", model, "--plot", out + ".png"}, 2, "--plot is of a data set"},
		{"plot as text", []string{"dataset", "info", data, "--plot", out + ".txt"}, 2, "ends in .png"},
		{"plot into no folder", []string{"dataset", "info", data, "--plot", filepath.Join(out, "a.png")}, 1, "make the folder first"},
		{"eval by another format", []string{"eval", model, data, "--format", "colmap"}, 1, "cameras.bin"},
		{"train by another format", []string{"train", data, "-o", out, "--format", "llff"}, 1, "poses_bounds.npy"},
		{"render by another format", []string{"render", model, "-o", out + ".png", "--camera", data + ":test:0", "--format", "llff"}, 1, "poses_bounds.npy"},
		{"render by a format of nothing", []string{"render", model, "-o", out + ".png", "--format", "llff"}, 2, "is for --camera DATA:SPLIT:INDEX"},
		{"render by a format of the model", []string{"render", model, "-o", out + ".png", "--camera", "test:0", "--format", "llff"}, 2, "--format is for DATA:SPLIT:INDEX"},
		{"convert to nowhere", []string{"dataset", "convert", data}, 2, "want a data set and a new folder"},
		{"convert to no name", []string{"dataset", "convert", data, ""}, 2, "has no name"},
		{"convert into itself", []string{"dataset", "convert", data, data + "/."}, 2, "is what is read"},
		{"convert over another", []string{"dataset", "convert", data, badImage}, 1, "has test in it, want a new or empty folder"},
		{"convert over a file", []string{"dataset", "convert", data, model}, 1, "is a file, want a new folder"},
		{"convert below a file", []string{"dataset", "convert", data, filepath.Join(model, "out")}, 1, "not a directory"},
		{"convert an image that is cut off", []string{"dataset", "convert", badImage, out}, 1, "train/r_1.png: the image is cut off"},
		{"convert nothing", []string{"dataset", "convert", filepath.Join(parent, "none"), out}, 1, "no such file or directory"},
		{"generate nothing", []string{"dataset", "generate", "-o", out}, 2, "want a kind: shepard-metzler or rooms"},
		{"generate what is not known", []string{"dataset", "generate", "chairs", "-o", out}, 2, `there is no kind "chairs", want shepard-metzler or rooms`},
		{"generate to nowhere", []string{"dataset", "generate", "rooms"}, 2, "say what to write, as -o rooms"},
		{"generate no instances", []string{"dataset", "generate", "rooms", "-o", out, "--instances", "0"}, 2, "want a whole number, 1 or more"},
		{"generate too many", []string{"dataset", "generate", "rooms", "-o", out, "--instances", "1000001"}, 2, "want 1 to 1000000"},
		{"generate, size", []string{"dataset", "generate", "rooms", "-o", out, "--size", "70000"}, 2, "want sides from 1 to 65536"},
		{"generate, samples", []string{"dataset", "generate", "rooms", "-o", out, "--samples", "17"}, 2, "17 samples, want 1 to 16"},
		{"generate, seed", []string{"dataset", "generate", "rooms", "-o", out, "--seed", "-1"}, 2, "want a whole number, 0 or more"},
		{"generate, holdout 1", []string{"dataset", "generate", "rooms", "-o", out, "--holdout", "1"}, 2, "2 or more, or 0"},
		{"generate over another", []string{"dataset", "generate", "rooms", "-o", badImage}, 1, "has test in it, want a new or empty folder"},
		{"generate over a file", []string{"dataset", "generate", "rooms", "-o", model}, 1, "is a file, want a new folder"},
		{"generate below a file", []string{"dataset", "generate", "rooms", "-o", filepath.Join(model, "out")}, 1, "not a directory"},
		{"convert, holdout 1", []string{"dataset", "convert", data, out, "--holdout", "1"}, 2, "2 or more, or 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, stdout, stderr := lfnRun(t, tt.args...)
			if status != tt.status || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit status %d, stdout %q, stderr %q, want %d and one line with %q", status, stdout, stderr, tt.status, tt.want)
			}
		})
	}
	if left := folder(t, parent); len(left) > 0 {
		t.Errorf("failed commands left %v", left)
	}
}

func TestDatasetStopped(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	status, stderr := lfnStopped(t, "training views", "dataset", "convert", tinyData(t), out)
	if last := lastLine(t, stderr); status != 130 || last != "lfn: stopped" {
		t.Errorf("exit status %d, stderr %q", status, stderr)
	}
	if left := folder(t, filepath.Dir(out)); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

// TestDatasetGenerate: what is written are instances that can be opened, and a set that was stopped has whole ones.
func TestDatasetGenerate(t *testing.T) {
	small := []string{"--views", "3", "--size", "8", "--samples", "1"}
	for _, kind := range dataset.GenerateKinds() {
		out := filepath.Join(t.TempDir(), "a", "b")
		status, stdout, stderr := lfnRun(t, append([]string{"dataset", "generate", kind, "-o", out, "--instances", "4", "--holdout", "3", "--seed", "5"}, small...)...)
		if status != 0 || stdout != "" || !strings.HasPrefix(stderr, out+": 1 of 4 instances\n") || !strings.HasSuffix(stderr, "wrote "+out+", 4 instances of 3 photographs\n") {
			t.Fatalf("exit status %d, stdout %q, stderr %q", status, stdout, stderr)
		}
		for split, want := range map[string][]string{"train": {"000001", "000002"}, "test": {"000000", "000003"}} {
			if got := folder(t, filepath.Join(out, split)); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", split, got, want)
			}
		}
		set, err := dataset.Open(t.Context(), filepath.Join(out, "train", "000002"), dataset.Options{})
		if err != nil || len(set.Views) != 3 || set.Views[0].Camera.Width != 8 {
			t.Errorf("%+v, %v", set, err)
		}
	}

	out := filepath.Join(t.TempDir(), "out")
	status, stderr := lfnStopped(t, "1 of 9", append([]string{"dataset", "generate", "rooms", "-o", out, "--instances", "9"}, small...)...)
	if last := lastLine(t, stderr); status != 130 || last != "lfn: stopped" || !strings.Contains(stderr, out+" has 1 of 9 instances\n") {
		t.Errorf("exit status %d, stderr %q", status, stderr)
	}
	if got := folder(t, out); !slices.Equal(got, []string{"test"}) {
		t.Errorf("it left %v", got)
	}
	status, stdout, _ := lfnRun(t, "__complete", "dataset", "generate", "")
	if status != 0 || !strings.HasPrefix(stdout, strings.Join(dataset.GenerateKinds(), "\n")+"\n") {
		t.Errorf("it completes to %q", stdout)
	}
}

func TestFormatCompletion(t *testing.T) {
	for _, cmd := range []string{"train", "render", "eval", "info", "dataset info", "dataset convert"} {
		status, stdout, _ := lfnRun(t, append(append([]string{"__complete"}, strings.Fields(cmd)...), "--format", "")...)
		want := dataset.Formats()
		if lines := strings.Split(stdout, "\n"); status != 0 || len(lines) < len(want) || !slices.Equal(lines[:len(want)], want) {
			t.Errorf("lfn %s --format completes to %q, exit status %d, want %v", cmd, stdout, status, want)
		}
	}
}

// A folder that cannot be written is refused before any work.
func TestCheckNewFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "new"): "", filepath.Join(dir, "a", "b", "c"): "", t.TempDir(): "",
		dir: "has file in it", file: "is a file", filepath.Join(file, "x"): "not a directory",
	} {
		if err := checkNewFolder(path); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("checkNewFolder(%s) = %v, want %q", path, err, want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("it left %v", left)
	}
}

// The cameras of a large set are on a line, and a step apart.
func TestBaselineOfMany(t *testing.T) {
	set := &dataset.Set{Space: dataset.Space{Frame: plucker.Frame{Radius: 2}}, Views: make([]dataset.View, 20_000)}
	for i := range set.Views {
		set.Views[i].Camera.Pose.Pos[0] = float64(i)
	}
	if got := baseline(set); got != 0.5 {
		t.Errorf("baseline = %v, want 0.5", got)
	}
}
