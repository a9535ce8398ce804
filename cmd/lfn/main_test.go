package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image/gif"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// Commands render on the CPU unless a test asks for more.
func init() { os.Setenv("LFN_DEVICE", "cpu") }

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return newProgram().Run(ctx, args, stdout, stderr)
}

// lfnRun runs one command line.
func lfnRun(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, &out, &errs)
	return status, out.String(), errs.String()
}

// tinyModel saves a model with random weights and one test camera of 20×10.
func tinyModel(t *testing.T) string {
	t.Helper()
	n, err := lfn.New(lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Coordinates}, Hidden: []int{16}, Norm: lfn.NormNone, Activation: lfn.ReLU}, 1)
	if err != nil {
		t.Fatal(err)
	}
	cam := plucker.Pinhole(plucker.LookAt([3]float64{3, 0, 1}, [3]float64{}, [3]float64{0, 0, 1}), 20, 10, 0.7)
	m := &lfn.Model{Network: n, Scene: plucker.UnitFrame(), Cameras: []lfn.View{{Name: "test/r_0", Split: "test", Camera: cam}}}
	path := filepath.Join(t.TempDir(), "tiny.lfn")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// tinyData saves a data set of 16×16.
func tinyData(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := dataset.Procedural(dataset.RenderOptions{Views: 6, TestViews: 2, Size: 16, Samples: 1}).Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// write makes a file in a folder of the test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBadInput checks that what cannot be done ends with one line and the right status, and leaves nothing behind.
func TestBadInput(t *testing.T) {
	model := tinyModel(t)
	whole, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	cut := write(t, "cut.lfn", string(whole[:len(whole)-7]))
	foreign := write(t, "foreign.lfn", "\x89PNG\r\n\x1a\n and so on")
	out := filepath.Join(t.TempDir(), "out.png")
	empty := t.TempDir()
	noCameras := filepath.Dir(write(t, "photo.png", "x"))
	cutJSON := filepath.Dir(write(t, "transforms.json", `{"camera_angle_x": 0.7, "frames": [{"file_`))
	nan := filepath.Dir(write(t, "transforms.json", `{"camera_angle_x": NaN, "frames": []}`))
	badImage := tinyData(t)
	if err := os.WriteFile(filepath.Join(badImage, "train", "r_1.png"), []byte("not a PNG"), 0o666); err != nil {
		t.Fatal(err)
	}
	badPath := write(t, "path.json", `{"keyframes": []}`)
	picture := write(t, "model.png", string(whole))

	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string // in the line on stderr
	}{
		{"no such command", []string{"rendr"}, 2, "did you mean render?"},
		{"no such command with flags", []string{"rendr", "x", "-o", "y"}, 2, "did you mean render?"},
		{"no such flag", []string{"render", "--sise", "8x8"}, 2, "--sise"},
		{"two models", []string{"render", "a.lfn", "b.lfn", "-o", out}, 2, "2 arguments"},
		{"no output", []string{"render", model}, 2, "-o out.png"},
		{"output of no kind", []string{"render", model, "-o", "out.txt"}, 2, ".png, .gif or .mp4"},
		{"size 0", []string{"render", model, "-o", out, "--size", "0x10"}, 2, "0×10"},
		{"size huge", []string{"render", model, "-o", out, "--size", "100000x100000"}, 2, "100000×100000"},
		{"size no number", []string{"render", model, "-o", out, "--size", "big"}, 2, "800x600"},
		{"orbit", []string{"render", model, "-o", out, "--orbit", "1,x"}, 2, `"x" is not a number`},
		{"orbit NaN", []string{"render", model, "-o", out, "--orbit", "NaN,1"}, 2, "NaN"},
		{"fov", []string{"render", model, "-o", out, "--fov", "180"}, 2, "180"},
		{"samples", []string{"render", model, "-o", out, "--samples", "99"}, 2, "99"},
		{"turntable 0", []string{"render", model, "-o", out, "--turntable", "0"}, 2, "want 1 to"},
		{"turntable and path", []string{"render", model, "-o", out, "--turntable", "4", "--path", badPath}, 2, "do not go together"},
		{"device", []string{"render", model, "-o", out, "--device", "tpu"}, 2, "auto, cpu, gpu"},
		{"no such gpu", []string{"render", model, "-o", out, "--device", "gpu:99"}, 1, "--device cpu"},
		{"no number of a gpu", []string{"render", model, "-o", out, "--device", "gpu:-1"}, 2, "auto, cpu, gpu"},
		{"half precision on the CPU", []string{"render", model, "-o", out, "--precision", "fp16"}, 2, "--precision fp32"},
		{"export to nowhere", []string{"export", model}, 2, "--glsl"},
		{"export into a file", []string{"export", model, "--glsl", model}, 1, "not a directory"},
		{"devices of a foreign model", []string{"devices", foreign}, 1, "foreign.lfn"},
		{"fp16", []string{"render", model, "-o", out, "--precision", "fp16"}, 2, "fp32"},
		{"output is the model", []string{"render", picture, "-o", filepath.Dir(picture) + "/./model.png"}, 2, "another name"},
		{"output is a folder", []string{"render", model, "-o", empty + "/"}, 2, "-o out.png"},
		{"GIF too large", []string{"render", model, "-o", strings.TrimSuffix(out, "png") + "gif", "--size", "16000x16000", "--turntable", "9"}, 1, "fewer or smaller"},
		{"model is a folder", []string{"bench", empty}, 1, "is a folder, want a file"},
		{"no such model", []string{"render", "no.lfn", "-o", out}, 1, "no.lfn"},
		{"model cut off", []string{"render", cut, "-o", out}, 1, "cut.lfn"},
		{"foreign model", []string{"info", foreign}, 1, "foreign.lfn"},
		{"foreign model bench", []string{"bench", foreign}, 1, "foreign.lfn"},
		{"camera", []string{"render", model, "-o", out, "--camera", "val:0"}, 2, "DATA:SPLIT:INDEX"},
		{"camera index", []string{"render", model, "-o", out, "--camera", "test:1"}, 1, "has 1 test cameras"},
		{"camera of no data", []string{"render", model, "-o", out, "--camera", empty + ":test:0"}, 1, "empty"},
		{"path", []string{"render", model, "-o", out, "--path", badPath}, 1, "0 keyframes"},
		{"output folder", []string{"render", model, "-o", filepath.Join(empty, "no", "out.png")}, 1, "no such file or directory"},
		{"output below a file", []string{"render", model, "-o", filepath.Join(model, "out.png")}, 1, "not a directory"},
		{"empty folder", []string{"info", empty}, 1, "empty"},
		{"folder without cameras", []string{"info", noCameras}, 1, "transforms"},
		{"JSON cut off", []string{"info", cutJSON}, 1, "transforms.json"},
		{"JSON with NaN", []string{"info", nan}, 1, "transforms.json"},
		{"image", []string{"info", badImage}, 1, "r_1.png"},
		{"built-in size", []string{"info", "procedural:x"}, 2, "procedural:128"},
		{"profile of the model", []string{"render", model, "-o", out, "--cpuprofile", model}, 2, "what is read"},
		{"two profiles in one file", []string{"render", model, "-o", out, "--cpuprofile", out, "--trace", out}, 2, "written twice"},
		{"profile", []string{"version", "--cpuprofile", filepath.Join(empty, "no", "cpu")}, 1, "cpuprofile"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, stdout, stderr := lfnRun(t, tt.args...)
			if status != tt.status {
				t.Errorf("exit status %d, want %d", status, tt.status)
			}
			if stdout != "" {
				t.Errorf("stdout has %q, want nothing", stdout)
			}
			if !strings.HasPrefix(stderr, "lfn: ") || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, tt.want) {
				t.Errorf("stderr has %q, want one line with %q", stderr, tt.want)
			}
		})
	}
	if left, _ := os.ReadDir(filepath.Dir(out)); len(left) > 0 {
		t.Errorf("failed commands left %v", left)
	}
	if !bytes.Equal(readFile(t, picture), whole) {
		t.Error("the model was overwritten")
	}
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := filepath.Join(t.TempDir(), "out.png")
	var stdout, stderr bytes.Buffer
	if status := run(ctx, []string{"render", tinyModel(t), "-o", out}, &stdout, &stderr); status != 130 {
		t.Errorf("exit status %d, want 130", status)
	}
	if stderr.String() != "lfn: stopped\n" {
		t.Errorf("stderr has %q", stderr.String())
	}
	if left, _ := os.ReadDir(filepath.Dir(out)); len(left) > 0 {
		t.Errorf("a stopped command left %v", left)
	}
}

func TestRender(t *testing.T) {
	model, data := tinyModel(t), tinyData(t)
	path := write(t, "path.json", `{"size": [12, 8], "frames": 3, "fps": 10, "keyframes": [{"orbit": [0, 10, 3]}, {"orbit": [90, 10, 3]}]}`)
	for _, tt := range []struct {
		name string
		args []string
		w, h int
	}{
		{"orbit", []string{"--orbit", "30,20,4", "--size", "24x16", "--samples", "2"}, 24, 16},
		{"camera of the model", []string{"--camera", "test:0"}, 20, 10},
		{"camera of the model, scaled", []string{"--camera", "test:0", "--size", "40x20"}, 40, 20},
		{"camera of data", []string{"--camera", data + ":test:1"}, 16, 16},
		{"built-in camera", []string{"--camera", "procedural:32:train:3"}, 32, 32},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.png")
			status, stdout, stderr := lfnRun(t, append([]string{"render", model, "-o", out, "--json"}, tt.args...)...)
			if status != 0 || stderr != "" {
				t.Fatalf("exit status %d, stderr %q", status, stderr)
			}
			var told struct {
				Size   [2]int
				Frames int
				Files  []string
			}
			if err := json.Unmarshal([]byte(stdout), &told); err != nil {
				t.Fatal(err)
			}
			if told.Size != [2]int{tt.w, tt.h} || told.Frames != 1 || len(told.Files) != 1 || told.Files[0] != out {
				t.Errorf("JSON says %+v", told)
			}
			checkPNG(t, out, tt.w, tt.h)
		})
	}
	t.Run("which camera", func(t *testing.T) {
		status, _, stderr := lfnRun(t, "render", model, "--camera", data+":test:1", "-o", filepath.Join(t.TempDir(), "out.png"))
		if status != 0 || !strings.HasSuffix(stderr, "out.png, from the camera of test/r_1.png\n") {
			t.Errorf("exit status %d, stderr %q, want it to say whose camera it is", status, stderr)
		}
	})
	t.Run("numbered", func(t *testing.T) {
		dir := t.TempDir()
		status, _, stderr := lfnRun(t, "render", model, "--path", path, "-o", filepath.Join(dir, "f.png"))
		if status != 0 {
			t.Fatalf("exit status %d, stderr %q", status, stderr)
		}
		for _, name := range []string{"f-0000.png", "f-0001.png", "f-0002.png"} {
			checkPNG(t, filepath.Join(dir, name), 12, 8)
		}
	})
	t.Run("GIF", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "turn.gif")
		status, _, stderr := lfnRun(t, "render", model, "--turntable", "5", "--size", "16x16", "-o", out)
		if status != 0 {
			t.Fatalf("exit status %d, stderr %q", status, stderr)
		}
		f, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if g, err := gif.DecodeAll(f); err != nil || len(g.Image) != 5 {
			t.Errorf("GIF: %v, want 5 frames", err)
		}
	})
}

func checkPNG(t *testing.T, path string, w, h int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if s := img.Bounds().Size(); s.X != w || s.Y != h {
		t.Errorf("%s is %d×%d, want %d×%d", filepath.Base(path), s.X, s.Y, w, h)
	}
}

func TestInfo(t *testing.T) {
	status, stdout, stderr := lfnRun(t, "info", tinyModel(t), "--json")
	var model modelInfo
	if err := json.Unmarshal([]byte(stdout), &model); err != nil || status != 0 {
		t.Fatalf("exit status %d, stderr %q, %v", status, stderr, err)
	}
	if model.Params != 6*16+16+16*3+3 || model.Cameras.Test != 1 || model.Bytes == 0 {
		t.Errorf("info of a model: %+v", model)
	}
	status, stdout, stderr = lfnRun(t, "info", tinyData(t), "--json")
	var data dataInfo
	if err := json.Unmarshal([]byte(stdout), &data); err != nil || status != 0 {
		t.Fatalf("exit status %d, stderr %q, %v", status, stderr, err)
	}
	if data.Views != (counts{6, 2}) || data.MaxSize != [2]int{16, 16} {
		t.Errorf("info of data: %+v", data)
	}
	if status, stdout, _ = lfnRun(t, "info", "procedural:16"); status != 0 || !strings.Contains(stdout, "100 train, 20 test") {
		t.Errorf("info procedural:16: exit status %d, %q", status, stdout)
	}
}

func TestBench(t *testing.T) {
	status, stdout, stderr := lfnRun(t, "bench", tinyModel(t), "--size", "16x8", "--time", "1ms", "--geometry", "--json")
	if status != 0 || stderr != "" {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	var told map[string]any
	if err := json.Unmarshal([]byte(stdout), &told); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"device", "size", "precision", "ms_per_frame", "p99_ms", "fps", "rays_per_s", "tflops", "geometry_ms"} {
		if _, ok := told[key]; !ok {
			t.Errorf("JSON lacks %q", key)
		}
	}
}

func TestBenchTable(t *testing.T) {
	model := tinyModel(t)
	status, stdout, stderr := lfnRun(t, "bench", "--table", model, model, "--size", "4x2", "--time", "1ms", "--device", "cpu", "--json")
	if status != 0 || stderr != "" {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	var rows []tableRow
	if err := json.Unmarshal([]byte(stdout), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 || rows[0].Model != model || rows[0].Evaluations != 1 || rows[2].Evaluations != 192 || len(rows[2].Frames) != 1 {
		t.Errorf("rows %+v", rows)
	}
	if status, stdout, _ := lfnRun(t, "bench", "--table", model, "--size", "4x2", "--time", "1ms"); status != 0 || !strings.Contains(stdout, "4×2") {
		t.Errorf("exit status %d, %q", status, stdout)
	}
	for _, args := range [][]string{{"bench", "--table"}, {"bench", model, model}, {"bench", "--table", model, "--geometry"}} {
		if status, _, stderr := lfnRun(t, args...); status != 2 || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit status %d, %q", args, status, stderr)
		}
	}
}

func TestProfiles(t *testing.T) {
	dir := t.TempDir()
	cpu, trace := filepath.Join(dir, "cpu"), filepath.Join(dir, "trace")
	if status, _, stderr := lfnRun(t, "version", "--cpuprofile", cpu, "--trace", trace); status != 0 {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	for _, path := range []string{cpu, trace} {
		if st, err := os.Stat(path); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v, want a profile", path, err)
		}
	}
}

// TestExamples checks the shape of every command's help, that the flags of its examples exist, and that no flag has two
// defaults.
func TestExamples(t *testing.T) {
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Name() == "help" || cmd.Name() == "completion" {
			return
		}
		for _, c := range cmd.Commands() {
			visit(c)
		}
		for _, line := range strings.Split(cmd.LocalFlags().FlagUsages(), "\n") {
			if strings.Count(line, "(default") > 1 {
				t.Errorf("%s: %q has two defaults", cmd.CommandPath(), line)
			}
		}
		lines := strings.Split(cmd.Example, "\n")
		if len(lines) < 2 {
			t.Errorf("%s: %d examples, want two", cmd.CommandPath(), len(lines))
		}
		for _, line := range lines {
			words := strings.Fields(regexp.MustCompile(`^\s*([A-Z_]+=\S+ )*`).ReplaceAllString(line, ""))
			if len(words) == 0 || words[0] != "lfn" {
				t.Errorf("%s: example %q does not call lfn", cmd.CommandPath(), line)
				continue
			}
			for i, word := range words { // as a shell does
				words[i] = strings.Trim(word, "'")
			}
			called, rest, err := cmd.Root().Find(words[1:])
			if err == nil {
				err = called.ParseFlags(rest)
			}
			if err != nil {
				t.Errorf("example %q: %v", line, err)
			}
		}
	}
	visit(newProgram().Root)
	for _, args := range [][]string{{"--help"}, {"render", "--help"}, {"completion", "bash"}, {}} {
		if status, stdout, stderr := lfnRun(t, args...); status != 0 || stdout == "" || stderr != "" {
			t.Errorf("lfn %v: exit status %d, stdout of %d bytes, stderr %q", args, status, len(stdout), stderr)
		}
	}
}
