package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/train/dataset"
)

// newRun is a short run that writes to a folder of its own.
func newRun(t *testing.T, set *dataset.Set) *Run {
	o := testOptions(4 * round)
	o.EMA, o.RefineCameras, o.RefineLens = 0.9, true, true
	return &Run{Options: o, Set: set, Out: filepath.Join(t.TempDir(), "a.lfn")}
}

// stopAfter makes a context and a Progress that cancels it at a step.
func stopAfter(step int) (context.Context, func(Progress)) {
	ctx, cancel := context.WithCancel(context.Background())
	return ctx, func(p Progress) {
		if p.Step >= step {
			cancel()
		}
	}
}

func TestRun(t *testing.T) {
	set := testSet(t)
	r := newRun(t, set)
	r.Report = filepath.Join(t.TempDir(), "report")
	var last Progress
	r.Progress = func(p Progress) { last = p }
	res, err := r.Do(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if last.Step != r.Steps || last.Fraction() != 1 || last.RaysPerS <= 0 {
		t.Errorf("last progress is %+v, want that of step %d", last, r.Steps)
	}
	held := set.Split(dataset.Test)
	if len(res.Test.Views) != len(held) || res.Test.PSNRdB < 14 || res.Steps != r.Steps || res.RaysPerS <= 0 {
		t.Errorf("result is %+v, want %d views", res, len(held))
	}
	m, err := lfn.Open(r.Out)
	if err != nil {
		t.Fatal(err)
	}
	if m.Training.PSNRdB != res.Test.PSNRdB || m.Training.Steps != r.Steps || len(m.Cameras) != len(set.Views) {
		t.Errorf("the file says %+v of the training, want %v dB and %d steps", m.Training, res.Test.PSNRdB, r.Steps)
	}
	views, err := evaluate(context.Background(), m, set, held, nil)
	if err != nil {
		t.Fatal(err)
	}
	if q := NewQuality(views); q.PSNRdB != res.Test.PSNRdB || q.SSIM != res.Test.SSIM {
		t.Errorf("the file has %v dB, the result says %v", q.PSNRdB, res.Test.PSNRdB)
	}
	if files := names(t, filepath.Dir(r.Out)); !slices.Equal(files, []string{"a.lfn"}) {
		t.Errorf("the run leaves %v, want the model alone", files)
	}
	if files := names(t, r.Report); !slices.Equal(files, []string{"curve.png", "metrics.jsonl", "report.html", "views.png"}) {
		t.Errorf("the report is %v", files)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// A run that was stopped and goes on, three times and with another GOMAXPROCS, writes the very file that it would have.
func TestResume(t *testing.T) {
	defer func(n int) { manyParams = n }(manyParams)
	for _, manyParams = range []int{1 << 24, 1} {
		t.Run(fmt.Sprintf("many=%d", manyParams), testResume)
	}
}

func testResume(t *testing.T) {
	set := testSet(t)
	expose(set)
	whole := newRun(t, set)
	whole.Steps = 6 * round
	if _, err := whole.Do(context.Background()); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(whole.Out)
	if err != nil {
		t.Fatal(err)
	}

	parts := newRun(t, set)
	parts.Steps = whole.Steps
	for i, step := range []int{round, 5 * round, 6 * round} { // at the last, the held-out views are all that is left
		ctx, progress := stopAfter(step)
		parts.Progress, parts.Resume = progress, i > 0
		_, err := parts.Do(ctx)
		if stopped, ok := errors.AsType[*StoppedError](err); !ok || stopped.Step != step || !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped run: %v, want a *StoppedError at step %d", err, step)
		}
		m, err := lfn.Open(parts.Out)
		if err != nil {
			t.Fatal(err)
		}
		if m.Training.Steps != step {
			t.Errorf("the file of a run stopped at step %d says step %d", step, m.Training.Steps)
		}
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(i + 1))
	}
	parts.Progress = nil
	if _, err := parts.Do(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(parts.Out)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("a run that was stopped three times ends with another file")
	}
	if _, err := os.Stat(parts.Checkpoint()); err == nil {
		t.Error("the checkpoint is still there after the end")
	}
}

// A run that is stopped before its first step leaves what was there.
func TestRunStoppedAtOnce(t *testing.T) {
	r := newRun(t, testSet(t))
	if err := os.WriteFile(r.Out, []byte("earlier"), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Do(ctx); err != context.Canceled {
		t.Errorf("Do = %v, want context.Canceled", err)
	}
	if data, err := os.ReadFile(r.Out); string(data) != "earlier" {
		t.Errorf("the file has %d bytes, %v, want what was there", len(data), err)
	}
	if files := names(t, filepath.Dir(r.Out)); len(files) != 1 {
		t.Errorf("the run leaves %v", files)
	}
}

func TestResumeRefuses(t *testing.T) {
	set := testSet(t)
	r := newRun(t, set)
	ctx, progress := stopAfter(round)
	r.Progress = progress
	if _, err := r.Do(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	good, err := os.ReadFile(r.Checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	model, err := os.ReadFile(r.Out)
	if err != nil {
		t.Fatal(err)
	}
	other := dataset.Procedural(dataset.RenderOptions{Views: 30, TestViews: 4, Size: 32, Samples: 1})
	bad := slices.Clone(good)
	copy(bad[len(bad)-4:], []byte{0, 0, 0xc0, 0x7f})
	for _, tt := range []struct {
		name string
		file []byte
		edit func(*Run)
		want string
	}{
		{"no checkpoint", nil, func(*Run) {}, "there is no checkpoint: the run has ended, or never began"},
		{"cut off", good[:len(good)-1], func(*Run) {}, "it is cut off"},
		{"empty", []byte{}, func(*Run) {}, "has 0 bytes"},
		{"a model", model, func(*Run) {}, "is not a checkpoint"},
		{"NaN", bad, func(*Run) {}, "is NaN, want a finite number"},
		{"newer", bytes.Replace(good, []byte(`\"version\":3`), []byte(`\"version\":4`), 1), func(*Run) {}, "has version 4, want 3"},
		{"step", bytes.Replace(good, []byte(`\"step\":32`), []byte(`\"step\":-2`), 1), func(*Run) {}, "has step -2"},
		{"data", good, func(r *Run) { r.Set = other }, "the data set, or the size at which it is read, is not that of the run before"},
		{"rate", good, func(r *Run) { r.LR = 0.01 }, "lr was 0.004 in the run before and is 0.01 now"},
		{"shape", good, func(r *Run) { r.Config.Hidden = []int{8} }, " now: train with the program that began, or anew"},
		{"tensors", bytes.Replace(good, []byte(`[24,24,24,4]`), []byte(`[24,24,4,24]`), 1), func(*Run) {}, "want [24 24 24 4]: train with the program that began, or anew"},
		{"average", good, func(r *Run) { r.EMA = 0 }, "ema was 0.9 in the run before and is 0 now"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRun(t, set)
			r.Resume = true
			tt.edit(r)
			if tt.file != nil {
				if err := os.WriteFile(r.Checkpoint(), tt.file, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			_, err := r.Do(context.Background())
			if err == nil || !strings.HasPrefix(err.Error(), "train: resume from "+r.Checkpoint()) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Do = %v, want %q", err, tt.want)
			}
			if _, err := os.Stat(r.Out); err == nil {
				t.Error("there is a model")
			}
		})
	}
}

// A run whose loss is no number keeps the last good model.
func TestRunDiverges(t *testing.T) {
	set := testSet(t)
	r := newRun(t, set)
	r.Config.Encoding = lfn.Encoding{Kind: lfn.Coordinates}
	set.Frame.Radius = 1e-40 // moments are beyond float32
	_, err := r.Do(context.Background())
	var d *DivergedError
	if !errors.As(err, &d) || !strings.Contains(err.Error(), r.Out) {
		t.Fatalf("Do = %v, want a *DivergedError that names the file", err)
	}
	m, err := lfn.Open(r.Out)
	if err != nil {
		t.Fatal(err)
	}
	for _, tensor := range m.Network.Tensors() {
		for _, v := range tensor.Data {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				t.Fatalf("%s has a %v", tensor.Name, v)
			}
		}
	}
}

// What cannot be written leaves no part of a file and what was there before.
func TestRunCannotWrite(t *testing.T) {
	set := testSet(t)
	r := newRun(t, set)
	r.Steps = round
	r.Out = filepath.Join(t.TempDir(), "none", "a.lfn")
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), r.Out) {
		t.Errorf("Do = %v, want an error that names %s", err, r.Out)
	}
	r = newRun(t, set)
	r.Report = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(r.Report, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "report") {
		t.Errorf("Do = %v, want an error about the report", err)
	}
}

// A report that cannot be written loses nothing: the run says where the model is, and goes on to its report.
func TestRunCannotReport(t *testing.T) {
	r := newRun(t, testSet(t))
	r.Report = filepath.Join(t.TempDir(), "report")
	page := filepath.Join(r.Report, "report.html")
	r.Progress = func(p Progress) {
		if p.Step == r.Steps {
			if err := os.Mkdir(page, 0o777); err != nil {
				t.Error(err)
			}
		}
	}
	_, err := r.Do(context.Background())
	if err == nil || !strings.Contains(err.Error(), page) || !strings.Contains(err.Error(), r.Out+" has the model, which was trained to the end") {
		t.Errorf("Do = %v, want an error that names %s and says where the model is", err, page)
	}
	if err := os.Remove(page); err != nil {
		t.Fatal(err)
	}
	r.Progress, r.Resume = nil, true
	if res, err := r.Do(context.Background()); err != nil || res.Steps != r.Steps {
		t.Errorf("the run goes on with %v", err)
	}
	if _, err := os.Stat(page); err != nil {
		t.Error(err)
	}
}

func TestQualityJSON(t *testing.T) {
	q := NewQuality([]ViewResult{{Name: "a", PSNRdB: 20, SSIM: 0.5}, {Name: "b", PSNRdB: 30, SSIM: 0.7}})
	got, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"psnr_db":25,"ssim":0.6,"views":[{"name":"a","psnr_db":20,"ssim":0.5},{"name":"b","psnr_db":30,"ssim":0.7}]}`
	if string(got) != want {
		t.Errorf("JSON is %s, want %s", got, want)
	}
}

// A run that goes on skips the very space that it would have skipped without a stop.
func TestResumeFindsEmptySpace(t *testing.T) {
	set, o := testSet(t), testOptions(3*round)
	tr := newTrainer(t, set, o)
	ctx, cancel := context.WithCancel(context.Background())
	if err := tr.Run(ctx, func() error { cancel(); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, g := range tr.network.Grids {
		for i := 0; i < len(g)/2; i += 4 {
			g[i] = -0.4 // empty, and yet to be seen where it is not skipped
		}
	}
	tr.learner.FindEmptySpace()
	path := filepath.Join(t.TempDir(), "a.checkpoint")
	if err := tr.Save(path); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(path, set, o)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	want, got := tr.network.Occupied(), again.network.Occupied()
	if want != got || want > 0.9 {
		t.Errorf("%v of space is occupied after Resume, want %v, and that below 0.9", got, want)
	}
	for _, each := range []*Trainer{tr, again} {
		if err := each.Run(context.Background(), nothing); err != nil {
			t.Fatal(err)
		}
	}
	if d := firstDifference(tr.tensors(), again.tensors()); d != "" {
		t.Errorf("%s differs after the run has gone on", d)
	}
}
