package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/train/dataset"
)

// quick are the flags of a run of a moment.
var quick = []string{"--preset", "tiny", "--batch", "64", "--steps", "2"}

// lfnTrain trains for a moment, unless the arguments say otherwise, and returns the model's file and what was said.
func lfnTrain(t *testing.T, data string, args ...string) (path, stdout, stderr string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.lfn")
	status, stdout, stderr := lfnRun(t, slices.Concat([]string{"train", data, "-o", path}, quick, args)...)
	if status != 0 {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	return path, stdout, stderr
}

// photographs saves a data set of n views of 16×16 that has no split of its own.
func photographs(t *testing.T, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "photographs")
	if err := dataset.Procedural(dataset.RenderOptions{Views: n, TestViews: -1, Size: 16, Samples: 1}).Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "transforms_train.json"), filepath.Join(dir, "transforms.json")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func openTest(t *testing.T, path string) *lfn.Model {
	t.Helper()
	m, err := lfn.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// folder lists the names in dir.
func folder(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// keys are the sorted keys of a JSON object.
func keys(t *testing.T, text []byte) (object map[string]json.RawMessage, sorted []string) {
	t.Helper()
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return object, slices.Sorted(maps.Keys(object))
}

// stopper is where a command's messages go; it stops the command at the first that contains word.
type stopper struct {
	bytes.Buffer
	word string
	stop func()
}

func (s *stopper) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(s.word)) {
		s.stop()
	}
	return s.Buffer.Write(p)
}

// lfnStopped runs a command line that is stopped when its messages contain word.
func lfnStopped(t *testing.T, word string, args ...string) (status int, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errs := stopper{word: word, stop: cancel}
	var out bytes.Buffer
	status = run(ctx, args, &out, &errs)
	if out.Len() > 0 {
		t.Errorf("stdout has %q, want nothing", out.String())
	}
	return status, errs.String()
}

// lastLine is the last line of text, which must be the only one of lfn's own.
func lastLine(t *testing.T, text string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	last := lines[len(lines)-1]
	if !strings.HasPrefix(last, "lfn: ") || strings.Count("\n"+text, "\nlfn: ") != 1 {
		t.Errorf("stderr has %q, want one line of lfn at its end", text)
	}
	return last
}

func TestTrain(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report")
	path, stdout, stderr := lfnTrain(t, "procedural:32", "--steps", "40", "--json", "--report", report)
	if !strings.Contains(stderr, "100 training views, 20 held out, 32×32 pixels") || !strings.Contains(stderr, "step 40/40") {
		t.Errorf("stderr has %q", stderr)
	}
	object, names := keys(t, []byte(stdout))
	if want := []string{"bytes", "model", "rays_per_s", "seconds", "steps", "test"}; !slices.Equal(names, want) {
		t.Errorf("JSON has the keys %v, want %v", names, want)
	}
	if _, names := keys(t, object["test"]); !slices.Equal(names, []string{"psnr_db", "ssim", "views"}) {
		t.Errorf("test has the keys %v", names)
	}
	var told trainResult
	if err := json.Unmarshal([]byte(stdout), &told); err != nil {
		t.Fatal(err)
	}
	if told.Model != path || told.Bytes != int64(len(readFile(t, path))) || told.Steps != 40 || told.Seconds <= 0 || told.RaysPerS <= 0 ||
		len(told.Test.Views) != 20 || told.Test.Views[3].Name != "test/r_3.png" || told.Test.PSNRdB < 4 {
		t.Errorf("JSON says %+v", told)
	}
	m := openTest(t, path)
	if tr := m.Training; tr.Data != "procedural:32" || tr.Preset != "tiny" || tr.Steps != 40 || tr.Seed != 1 || tr.PSNRdB != told.Test.PSNRdB {
		t.Errorf("the model says %+v of its training", tr)
	}
	if got := folder(t, filepath.Dir(path)); !slices.Equal(got, []string{"a.lfn"}) {
		t.Errorf("beside the model there are %v", got)
	}
	if got := folder(t, report); !slices.Equal(got, []string{"curve.png", "metrics.jsonl", "report.html", "views.png"}) {
		t.Errorf("the report is %v", got)
	}
	for line := range bytes.Lines(readFile(t, filepath.Join(report, "metrics.jsonl"))) {
		if object, _ := keys(t, line); object["step"] == nil || object["train_psnr_db"] == nil {
			t.Errorf("metrics.jsonl has the line %s", line)
		}
	}

}

func TestTrainSeed(t *testing.T) {
	train := func(seed string) []byte {
		path, _, _ := lfnTrain(t, "procedural:8", "--steps", "33", "--seed", seed)
		return readFile(t, path)
	}
	first := train("1")
	if !bytes.Equal(train("1"), first) {
		t.Error("the same seed gives another file")
	}
	if bytes.Equal(train("2"), first) {
		t.Error("another seed gives the same file")
	}
}

func TestTrainText(t *testing.T) {
	path, stdout, stderr := lfnTrain(t, "procedural:8", "--report", filepath.Join(t.TempDir(), "report")+"/")
	if stdout != "" {
		t.Errorf("stdout has %q, want nothing", stdout)
	}
	for _, want := range []string{"wrote " + path + ", ", " bytes: 2 steps in ", "held-out views: ", "mean of 20\n", "report/report.html\n"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("stderr has %q, want %q", stderr, want)
		}
	}
}

// TestTrainEnds checks what ends a run: the steps or the time, whichever comes first.
func TestTrainEnds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		args  []string
		steps func(n int) bool
	}{
		{"steps first", []string{"--steps", "3", "--time", "100h"}, func(n int) bool { return n == 3 }},
		{"time first", []string{"--steps", "1000000000", "--time", "1ns"}, func(n int) bool { return 0 < n && n < 1000 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, _, _ := lfnTrain(t, "procedural:8", tt.args...)
			if n := openTest(t, path).Training.Steps; !tt.steps(n) {
				t.Errorf("the run ended after %d steps", n)
			}
		})
	}
	t.Run("neither", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "a.lfn")
		status, stderr := lfnStopped(t, " left ", "train", "procedural:8", "-o", out, "--preset", "tiny", "--batch", "64")
		if status != 130 || !strings.Contains(stderr, "  3:00 left") && !strings.Contains(stderr, "  2:5") {
			t.Errorf("exit status %d, stderr %q, want a run of three minutes", status, stderr)
		}
	})
}

// TestTrainResume checks that a stopped run says how to go on, and then ends with the file of an unbroken one.
func TestTrainResume(t *testing.T) {
	args := []string{"--preset", "tiny", "--batch", "64", "--steps", "96", "--ema", "0.9", "--seed", "7"}
	whole, _, _ := lfnTrain(t, "procedural:8", args...)

	out := filepath.Join(t.TempDir(), "a.lfn")
	args = append([]string{"train", "procedural:8", "-o", out}, args...)
	status, stderr := lfnStopped(t, "step ", args...)
	if status != 130 {
		t.Errorf("exit status %d, want 130", status)
	}
	if last := lastLine(t, stderr); !strings.Contains(last, "stopped at step 32: "+out) || !strings.HasSuffix(last, "go on with --resume") {
		t.Errorf("stderr ends with %q", last)
	}
	if got := folder(t, filepath.Dir(out)); !slices.Equal(got, []string{"a.lfn", "a.lfn.checkpoint"}) {
		t.Errorf("a stopped run leaves %v", got)
	}
	if n := openTest(t, out).Training.Steps; n != 32 {
		t.Errorf("the model of a run stopped at step 32 says step %d", n)
	}

	stopped := readFile(t, out)
	status, _, stderr = lfnRun(t, args...)
	if last := lastLine(t, stderr); status != 1 || !strings.Contains(last, "a.lfn.checkpoint is of a run that was stopped: go on with --resume, or remove it") {
		t.Errorf("begun anew beside a checkpoint: exit status %d, stderr %q", status, stderr)
	}
	for _, tt := range []struct {
		name string
		args []string // in place of args[1:], or added to it
		want string
	}{
		{"other data", append([]string{"train", "procedural:9"}, args[2:]...), "the data set, or the size"},
		{"other batch", append(args[:len(args):len(args)], "--batch", "128"), "batch was 64 in the run before and is 128 now"},
		{"other preset", append(args[:len(args):len(args)], "--preset", "small"), "preset was tiny"},
		{"other seed", append(args[:len(args):len(args)], "--seed", "8"), "seed was 7"},
	} {
		status, _, stderr := lfnRun(t, append(tt.args, "--resume")...)
		if last := lastLine(t, stderr); status != 1 || !strings.Contains(last, tt.want) || !strings.Contains(last, "train anew") {
			t.Errorf("%s: exit status %d, stderr %q, want %q", tt.name, status, stderr, tt.want)
		}
		if !bytes.Equal(readFile(t, out), stopped) {
			t.Errorf("%s: the model is another", tt.name)
		}
	}

	if status, _, stderr := lfnRun(t, append(args, "--resume")...); status != 0 {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	if !bytes.Equal(readFile(t, out), readFile(t, whole)) {
		t.Error("a run that was stopped ends with another file")
	}
	if got := folder(t, filepath.Dir(out)); !slices.Equal(got, []string{"a.lfn"}) {
		t.Errorf("at the end there are %v", got)
	}
	status, _, stderr = lfnRun(t, append(args, "--resume")...)
	if last := lastLine(t, stderr); status != 1 || !strings.Contains(last, "no checkpoint") {
		t.Errorf("without a checkpoint: exit status %d, stderr %q", status, stderr)
	}
}

func TestTrainPresets(t *testing.T) {
	for _, preset := range lfn.Presets() {
		t.Run(preset, func(t *testing.T) {
			if testing.Short() && preset == "large" {
				t.Skip("is large")
			}
			path, _, _ := lfnTrain(t, "procedural:8", "--preset", preset, "--steps", "1")
			m := openTest(t, path)
			want, err := lfn.Preset(preset)
			if err != nil {
				t.Fatal(err)
			}
			if preset == "large" { // pictures of 8×8 pixels tell no more
				want.Encoding.Points, want.Encoding.Grids = 160, []int{64, 128}
			}
			if m.Training.Preset != preset || !reflect.DeepEqual(m.Network.Config, want) {
				t.Errorf("the file has %s, %+v", m.Training.Preset, m.Network.Config)
			}
		})
	}
}

func TestTrainCompletion(t *testing.T) {
	for flag, want := range map[string][]string{"--preset": lfn.Presets(), "--device": {"auto", "cpu", "gpu"}} {
		status, stdout, _ := lfnRun(t, "__complete", "train", flag, "")
		if lines := strings.Split(stdout, "\n"); status != 0 || len(lines) < len(want) || !slices.Equal(lines[:len(want)], want) {
			t.Errorf("%s completes to %q, exit status %d, want %v", flag, stdout, status, want)
		}
	}
}

func TestTrainHoldout(t *testing.T) {
	data := photographs(t, 6)
	for _, tt := range []struct {
		holdout string
		test    []string
	}{
		{"2", []string{"train/r_0.png", "train/r_2.png", "train/r_4.png"}},
		{"5", []string{"train/r_0.png", "train/r_5.png"}},
		{"0", nil},
	} {
		t.Run(tt.holdout, func(t *testing.T) {
			path, stdout, stderr := lfnTrain(t, data, "--holdout", tt.holdout, "--json")
			if want := fmt.Sprintf("%d training views, %d held out", 6-len(tt.test), len(tt.test)); !strings.Contains(stderr, want) {
				t.Errorf("stderr has %q, want %q", stderr, want)
			}
			if few := fmt.Sprintf("few photographs to learn from, %d:", 6-len(tt.test)); strings.Contains(stderr, few) != (len(tt.test) > 0) {
				t.Errorf("stderr %q", stderr)
			}
			var told trainResult
			if err := json.Unmarshal([]byte(stdout), &told); err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, v := range told.Test.Views {
				names = append(names, v.Name)
			}
			if !slices.Equal(names, tt.test) {
				t.Errorf("held out are %v, want %v", names, tt.test)
			}

			// Eval remembers what was held out.
			status, stdout, stderr := lfnRun(t, "eval", path, data, "--json")
			if tt.test == nil {
				if last := lastLine(t, stderr); status != 1 || !strings.Contains(last, "there is no test view") {
					t.Errorf("eval: exit status %d, stderr %q", status, stderr)
				}
				if object, _ := keys(t, []byte(toJSON(t, told))); object["test"] != nil {
					t.Errorf("JSON says %s of views that are not there", object["test"])
				}
				return
			}
			if want := toJSON(t, told.Test); status != 0 || stdout != want {
				t.Errorf("eval says %s, want %s", stdout, want)
			}
		})
	}
}

// toJSON is what a command with --json prints of v.
func toJSON(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	if err := cli.PrintJSON(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestTrainNoTest checks a run without held-out views: it works and tells no PSNR.
func TestTrainNoTest(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report")
	path, stdout, _ := lfnTrain(t, photographs(t, 1), "--json", "--report", report)
	if _, names := keys(t, []byte(stdout)); slices.Contains(names, "test") {
		t.Errorf("JSON has the keys %v", names)
	}
	if m := openTest(t, path); m.Training.PSNRdB != 0 {
		t.Errorf("the model says %v dB", m.Training.PSNRdB)
	}
	if got := folder(t, report); !slices.Equal(got, []string{"curve.png", "metrics.jsonl", "report.html"}) {
		t.Errorf("the report is %v", got)
	}
}

func TestTrainSize(t *testing.T) {
	data := tinyData(t)
	for _, tt := range []struct {
		args []string
		want string
		side int
	}{
		{nil, "16×16 pixels", 16},
		{[]string{"--scale", "2"}, "8×8 pixels", 8},
		{[]string{"--max-size", "5"}, "5×5 pixels", 5},
		{[]string{"--max-size", "100000"}, "16×16 pixels", 16},
	} {
		path, _, stderr := lfnTrain(t, data, tt.args...)
		if m := openTest(t, path); !strings.Contains(stderr, tt.want) || m.Cameras[0].Width != tt.side {
			t.Errorf("%v: stderr %q, the model's cameras have %d pixels, want %s", tt.args, stderr, m.Cameras[0].Width, tt.want)
		}
	}
}

// TestTrainOptions checks that options reach the network.
func TestTrainOptions(t *testing.T) {
	plain, _, _ := lfnTrain(t, "procedural:8", "--steps", "17")
	same := readFile(t, plain)
	for _, args := range [][]string{{"--ema", "0.9"}, {"--lr", "0.01"}, {"--batch", "65"}, {"--background", "#204060"}} {
		path, _, _ := lfnTrain(t, "procedural:8", append(args, "--steps", "17")...)
		if bytes.Equal(readFile(t, path), same) {
			t.Errorf("%v changes nothing", args)
		}
		want := cli.Background{1, 1, 1}
		if args[0] == "--background" {
			if err := want.Set(args[1]); err != nil {
				t.Fatal(err)
			}
		}
		if m := openTest(t, path); m.Background != want {
			t.Errorf("%v: the model's background is %v, want %v", args, m.Background, want)
		}
	}
}

// TestTrainBadInput checks that what cannot be trained ends with one line, and leaves what was there.
func TestTrainBadInput(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "a.lfn")
	if err := os.WriteFile(out, []byte("earlier"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"folder", "b.lfn.checkpoint"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	before := folder(t, dir)
	held := tinyData(t)
	if err := os.Remove(filepath.Join(held, "transforms_train.json")); err != nil {
		t.Fatal(err)
	}
	transforms := filepath.Join(photographs(t, 2), "transforms.json")
	small := "procedural:8"

	for _, tt := range []struct {
		name   string
		data   string
		args   []string
		status int
		want   string
	}{
		{"no output", small, []string{"-o", ""}, 2, "-o scene.lfn"},
		{"no data", filepath.Join(dir, "none"), nil, 1, "no such file or directory"},
		{"a model as data", out, []string{"-o", filepath.Join(dir, "other.lfn")}, 1, "give the folder"},
		{"empty folder", t.TempDir(), nil, 1, "empty"},
		{"all held out", held, nil, 1, "no training view"},
		{"built-in size", "procedural:0", nil, 2, "procedural:128"},
		{"built-in size huge", "procedural:100000", nil, 2, "1 to 1024"},
		{"built-in scale", small, []string{"--scale", "2"}, 2, "procedural:64"},
		{"built-in max size", small, []string{"--max-size", "4"}, 2, "procedural:64"},
		{"scale 0", small, []string{"--scale", "0"}, 2, "1 or more"},
		{"scale negative", small, []string{"--scale", "-1"}, 2, "1 or more"},
		{"scale of nothing left", tinyData(t), []string{"--scale", "100000"}, 1, "leaves one pixel"},
		{"max size 0", small, []string{"--max-size", "0"}, 2, "1 or more"},
		{"holdout 1", small, []string{"--holdout", "1"}, 2, "2 or more, or 0"},
		{"holdout negative", small, []string{"--holdout", "-1"}, 2, "2 or more, or 0"},
		{"lr NaN", small, []string{"--lr", "nan"}, 2, "learning rate is NaN"},
		{"lr Inf", small, []string{"--lr", "inf"}, 2, "learning rate is +Inf"},
		{"lr 0", small, []string{"--lr", "0"}, 2, "more than 0"},
		{"lr negative", small, []string{"--lr", "-1"}, 2, "learning rate is -1"},
		{"lr no number", small, []string{"--lr", "x"}, 2, `"x" for "--lr" flag: want a number`},
		{"ema 1", small, []string{"--ema", "1"}, 2, "less than 1"},
		{"ema NaN", small, []string{"--ema", "NaN"}, 2, "less than 1"},
		{"steps 0", small, []string{"--steps", "0"}, 2, "1 or more"},
		{"steps negative", small, []string{"--steps", "-1"}, 2, "1 or more"},
		{"steps 1e18", small, []string{"--steps", "1e18"}, 2, "whole number"},
		{"steps absurd", small, []string{"--steps", "2000000000"}, 2, "at most 1000000000"},
		{"time 0", small, []string{"--time", "0"}, 2, "more than 0"},
		{"time negative", small, []string{"--time", "-1s"}, 2, "more than 0"},
		{"time without unit", small, []string{"--time", "10"}, 2, "90s or 10m"},
		{"time absurd", small, []string{"--time", "2562047h"}, 2, "1000h"},
		{"batch 0", small, []string{"--batch", "0"}, 2, "1 or more"},
		{"batch negative", small, []string{"--batch", "-1"}, 2, "1 or more"},
		{"batch absurd", small, []string{"--batch", "100000000"}, 2, "1 to 1048576"},
		{"seed negative", small, []string{"--seed", "-1"}, 2, "0 or more"},
		{"seed beyond", small, []string{"--seed", "18446744073709551616"}, 2, "out of range"},
		{"preset", small, []string{"--preset", "huge"}, 2, "tiny, small"},
		{"background", small, []string{"--background", "red"}, 2, "#rrggbb"},
		{"gpu", small, []string{"--device", "gpu"}, 1, "--device cpu"},
		{"resume", small, []string{"--resume"}, 1, "no checkpoint"},
		{"output is a folder", small, []string{"-o", filepath.Join(dir, "folder")}, 1, "is a folder"},
		{"output folder", small, []string{"-o", filepath.Join(dir, "no", "a.lfn")}, 1, "make the folder first"},
		{"output below a file", small, []string{"-o", filepath.Join(out, "a.lfn")}, 1, "not a directory"},
		{"output is a device", small, []string{"-o", os.DevNull}, 1, "cannot write " + os.DevNull},
		{"output is the data", transforms, []string{"-o", transforms}, 2, ".json"},
		{"checkpoint is a folder", small, []string{"-o", filepath.Join(dir, "b.lfn")}, 1, "b.lfn.checkpoint is a folder"},
		{"report is the output", small, []string{"-o", filepath.Join(dir, "c.lfn"), "--report", dir + "/./c.lfn/"}, 2, "--report"},
		{"report is a file", small, []string{"--report", transforms}, 1, "not a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, stdout, stderr := lfnRun(t, slices.Concat([]string{"train", tt.data, "-o", out, "--json"}, quick, tt.args)...)
			if last := lastLine(t, stderr); status != tt.status || !strings.Contains(last, tt.want) {
				t.Errorf("exit status %d, stderr %q, want %d and %q", status, stderr, tt.status, tt.want)
			}
			if stdout != "" {
				t.Errorf("stdout has %q, want nothing", stdout)
			}
		})
	}
	if got := folder(t, dir); !slices.Equal(got, before) {
		t.Errorf("failed commands leave %v of %v", got, before)
	}
	if got := readFile(t, out); string(got) != "earlier" {
		t.Errorf("the earlier file has %d bytes of another content", len(got))
	}
	if got := readFile(t, transforms); !json.Valid(got) {
		t.Error("the data set was overwritten")
	}
}

// A glTF scene has no cameras to correct.
func TestTrainSceneRefuses(t *testing.T) {
	scene := triangle(t)
	for _, flag := range []string{"--refine-cameras", "--refine-lens"} {
		out := filepath.Join(t.TempDir(), "x.lfn")
		status, _, stderr := lfnRun(t, "train", scene, "-o", out, "--steps", "1", flag)
		if want := flag + ": is for photographs, and the cameras of " + scene + " are exact"; status != 2 || !strings.Contains(stderr, want) {
			t.Errorf("exit status %d, stderr %q, want 2 and %q", status, stderr, want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: a model was written", flag)
		}
	}
}
