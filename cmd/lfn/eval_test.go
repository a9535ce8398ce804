package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train"
)

func TestEval(t *testing.T) {
	model, data := tinyModel(t), tinyData(t)
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"test/r_0.png", "test/r_1.png"}},
		{[]string{"--split", "train", "--scale", "2"}, []string{"train/r_0.png", "train/r_1.png", "train/r_2.png", "train/r_3.png", "train/r_4.png", "train/r_5.png"}},
	} {
		status, stdout, stderr := lfnRun(t, append([]string{"eval", model, data, "--json"}, tt.args...)...)
		if status != 0 || stderr != "" {
			t.Fatalf("%v: exit status %d, stderr %q", tt.args, status, stderr)
		}
		object, names := keys(t, []byte(stdout))
		if !slices.Equal(names, []string{"psnr_db", "ssim", "views"}) {
			t.Errorf("%v: JSON has the keys %v", tt.args, names)
		}
		var views []json.RawMessage
		if err := json.Unmarshal(object["views"], &views); err != nil {
			t.Fatal(err)
		}
		if _, names := keys(t, views[0]); !slices.Equal(names, []string{"name", "psnr_db", "ssim"}) {
			t.Errorf("%v: a view has the keys %v", tt.args, names)
		}
		var q train.Quality
		if err := json.Unmarshal([]byte(stdout), &q); err != nil {
			t.Fatal(err)
		}
		var got []string
		sum := 0.0
		for _, v := range q.Views {
			got = append(got, v.Name)
			sum += v.PSNRdB
		}
		if mean := sum / float64(len(got)); !slices.Equal(got, tt.want) || math.Abs(mean-q.PSNRdB) > 1e-9 || !(q.PSNRdB > 0) {
			t.Errorf("%v: %v dB of %v, want %v dB, the mean, of %v", tt.args, q.PSNRdB, got, mean, tt.want)
		}
	}
}

// A picture coarser than the photographs gets more rays, unless told otherwise, and one as fine gets one.
func TestEvalSamples(t *testing.T) {
	model, _, _ := lfnTrain(t, "procedural:16")
	psnr := func(args ...string) float64 {
		t.Helper()
		status, stdout, stderr := lfnRun(t, append([]string{"eval", model, "--json"}, args...)...)
		var q train.Quality
		if err := json.Unmarshal([]byte(stdout), &q); status != 0 || err != nil {
			t.Fatalf("%v: exit status %d, %v, %q", args, status, err, stderr)
		}
		return q.PSNRdB
	}
	if got, one, two := psnr("procedural:8"), psnr("procedural:8", "--samples", "1"), psnr("procedural:8", "--samples", "2"); got != two || got == one {
		t.Errorf("half the size: %v dB, want %v, that of four rays a pixel; one ray gives %v", got, two, one)
	}
	if got, one := psnr("procedural:16"), psnr("procedural:16", "--samples", "1"); got != one {
		t.Errorf("the same size: %v dB, want %v, that of one ray a pixel", got, one)
	}
}

func TestEvalText(t *testing.T) {
	status, stdout, stderr := lfnRun(t, "eval", tinyModel(t), tinyData(t))
	lines := strings.Split(stdout, "\n")
	if status != 0 || stderr != "" || len(lines) != 4 || !strings.HasPrefix(lines[0], "test/r_0.png  ") || !strings.HasPrefix(lines[2], "mean of 2 ") {
		t.Errorf("exit status %d, stderr %q, stdout %q", status, stderr, stdout)
	}
}

func TestEvalBaselines(t *testing.T) {
	model, data := tinyModel(t), tinyData(t)
	status, stdout, stderr := lfnRun(t, "eval", model, data, "--baselines", "--json")
	if status != 0 || stderr != "" {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	var q evalResult
	if err := json.Unmarshal([]byte(stdout), &q); err != nil {
		t.Fatal(err)
	}
	if q.Baselines == nil {
		t.Fatalf("stdout %q", stdout)
	}
	for _, b := range []train.Quality{q.Baselines.Nearest, q.Baselines.Average} {
		if len(b.Views) != 2 || b.Views[1].Name != "test/r_1.png" || b.PSNRdB != (b.Views[0].PSNRdB+b.Views[1].PSNRdB)/2 || !(b.PSNRdB > 0) || !(b.SSIM > 0) {
			t.Errorf("a baseline is %+v", b)
		}
	}
	status, stdout, stderr = lfnRun(t, "eval", model, data, "--baselines")
	lines := strings.Split(stdout, "\n")
	if status != 0 || stderr != "" || len(lines) != 4 || strings.Count(stdout, "  nearest ") != 3 || strings.Count(stdout, "  average ") != 3 {
		t.Errorf("exit status %d, stderr %q, stdout %q", status, stderr, stdout)
	}
	if status, _, stderr := lfnRun(t, "eval", model, photographs(t, 1), "--split", "train", "--baselines"); status != 1 || !strings.Contains(stderr, "no other view for training has its size") {
		t.Errorf("exit status %d, stderr %q", status, stderr)
	}
}

func TestEvalImages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "pictures")
	if status, _, stderr := lfnRun(t, "eval", tinyModel(t), tinyData(t), "--images", dir, "--max-size", "9"); status != 0 {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	if got := folder(t, dir); !slices.Equal(got, []string{"test-r_0.png", "test-r_1.png"}) {
		t.Errorf("there are %v", got)
	}
	checkPNG(t, filepath.Join(dir, "test-r_1.png"), 9, 9)
}

// TestEvalRecall checks that a view counts as what it was in training, and only if it is that view.
func TestEvalRecall(t *testing.T) {
	data := photographs(t, 9) // for a model that knows nothing of them, the first and the last are test views
	model, _, _ := lfnTrain(t, data, "--holdout", "3")
	m := openTest(t, model)
	for i := range m.Cameras {
		if m.Cameras[i].Name == "train/r_6.png" {
			m.Cameras[i].Pose.Pos[0]++
		}
	}
	if err := m.Save(model); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := lfnRun(t, "eval", model, data)
	if status != 0 || !strings.Contains(stdout, "train/r_0.png") || !strings.Contains(stdout, "train/r_3.png") || !strings.Contains(stdout, "mean of 2 ") {
		t.Errorf("exit status %d, stderr %q, stdout %q, want the two test views that the model knows", status, stderr, stdout)
	}
}

func TestEvalBadInput(t *testing.T) {
	model, data := tinyModel(t), tinyData(t)
	whole := readFile(t, model)
	cut := write(t, "cut.lfn", string(whole[:len(whole)/2]))
	foreign := write(t, "foreign.lfn", "GIF89a and so on")
	badImage := tinyData(t)
	name := filepath.Join(badImage, "test", "r_1.png")
	if err := os.WriteFile(name, readFile(t, name)[:60], 0o666); err != nil {
		t.Fatal(err)
	}
	onlyTrain := tinyData(t)
	if err := os.Remove(filepath.Join(onlyTrain, "test", "r_0.png")); err != nil {
		t.Fatal(err)
	}
	nan := filepath.Dir(write(t, "transforms.json", `{"camera_angle_x": 0.7, "frames": [{"file_path": "a", "transform_matrix": [[NaN`))
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"no data", []string{model}, 2, "a model and a data set"},
		{"no such model", []string{"none.lfn", data}, 1, "none.lfn: no such file"},
		{"model is a folder", []string{data, data}, 1, "is a folder, want a file"},
		{"model cut off", []string{cut, data}, 1, "cut.lfn"},
		{"foreign model", []string{foreign, data}, 1, "foreign.lfn"},
		{"model of huge numbers", []string{hugeModel(t), data}, 1, "test/r_0.png are not finite"},
		{"no such data", []string{model, "none"}, 1, "none: no such file"},
		{"model as data", []string{model, model}, 1, "give the folder"},
		{"empty folder", []string{model, t.TempDir()}, 1, "is empty"},
		{"JSON with NaN", []string{model, nan}, 1, "NaN, want a finite number"},
		{"image", []string{model, badImage}, 1, "test/r_1.png"},
		{"no test view", []string{model, photographs(t, 1)}, 1, "no test view"},
		{"split", []string{model, data, "--split", "val"}, 2, "want test, train"},
		{"scale 0", []string{model, data, "--scale", "0"}, 2, "1 or more"},
		{"scale of nothing left", []string{model, data, "--scale", "99999"}, 1, "leaves one pixel"},
		{"max size", []string{model, data, "--max-size", "x"}, 2, "1 or more"},
		{"baseline", []string{model, data, "--baseline", "-1"}, 1, "baseline of the grid is -1, want above 0"},
		{"focus of no grid", []string{model, data, "--focus", "3"}, 1, "are those of views from a grid, and the layout is transforms"},
		{"built-in scale", []string{model, "procedural:16", "--scale", "2"}, 2, "procedural:64"},
		{"images is a file", []string{model, data, "--images", model}, 1, "not a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, stdout, stderr := lfnRun(t, append([]string{"eval", "--json"}, tt.args...)...)
			if status != tt.status || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit status %d, stdout %q, stderr %q, want %d and one line with %q", status, stdout, stderr, tt.status, tt.want)
			}
		})
	}
}

// hugeModel saves a model whose weights are finite, and whose colours are not.
func hugeModel(t *testing.T) string {
	t.Helper()
	n, err := lfn.New(lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Coordinates}, Hidden: slices.Repeat([]int{64}, 10), Norm: lfn.NormNone, Activation: lfn.ReLU}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for k, l := range n.Layers {
		for i := range l.Weight {
			l.Weight[i] = 60000
			if k == len(n.Layers)-1 && i%2 == 1 {
				l.Weight[i] = -60000
			}
		}
		for i := range l.Bias {
			l.Bias[i] = 60000
		}
	}
	path := filepath.Join(t.TempDir(), "huge.lfn")
	if err := (&lfn.Model{Network: n, Scene: plucker.UnitFrame()}).Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEvalStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, data := range []string{tinyData(t), "procedural:8"} {
		var stdout, stderr bytes.Buffer
		status := run(ctx, []string{"eval", tinyModel(t), data}, &stdout, &stderr)
		if status != 130 || stderr.String() != "lfn: stopped\n" || stdout.Len() > 0 {
			t.Errorf("%s: exit status %d, stderr %q, stdout %q", data, status, stderr.String(), stdout.String())
		}
	}
}
