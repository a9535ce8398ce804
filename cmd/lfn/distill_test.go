package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestDistill(t *testing.T) {
	model, _, _ := lfnTrain(t, "procedural:16")
	distill := func(args ...string) (status int, stderr string) {
		status, _, stderr = lfnRun(t, append([]string{"distill", "--batch", "64", "--steps", "2"}, args...)...)
		return status, stderr
	}
	var files [2]string
	for i := range files {
		files[i] = filepath.Join(t.TempDir(), "pure.lfn")
		status, stderr := distill(model, "-o", files[i])
		if status != 0 || !strings.Contains(stderr, "20 views are held out") || !strings.Contains(stderr, "mean of 20") {
			t.Fatalf("exit status %d, %q", status, stderr)
		}
	}
	if string(readFile(t, files[0])) != string(readFile(t, files[1])) {
		t.Error("the same seed makes another model")
	}
	m := openTest(t, files[0])
	if m.Training.Preset != "pure" || m.Training.Data != "procedural:16" || len(m.Cameras) != 120 {
		t.Errorf("%s of %s, %d cameras", m.Training.Preset, m.Training.Data, len(m.Cameras))
	}
	if status, stderr := distill(model, "-o", files[0], "--preset", "tiny", "--data", "procedural:16"); status != 0 || !strings.Contains(stderr, "mean of 20") {
		t.Errorf("with photographs: exit status %d, %q", status, stderr)
	}
	black, _, _ := lfnTrain(t, "procedural:16", "--background", "black")
	if status, stderr := distill(black, "-o", files[0], "--data", "procedural:16"); status != 0 {
		t.Errorf("in the dark: exit status %d, %q", status, stderr)
	} else if m := openTest(t, files[0]); m.Background != ([3]float32{}) {
		t.Errorf("of a model before black there is one before %v", m.Background)
	}
	none := photographs(t, 3)
	if status, stderr := distill(model, "-o", files[0], "--data", none, "--holdout", "2"); status != 0 || strings.Contains(stderr, "few photographs") {
		t.Errorf("measured by three photographs: exit status %d, %q", status, stderr)
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{model, "-o", model}, 2, "want another file"},
		{[]string{model}, 2, "say what to write"},
		{[]string{none, "-o", files[1]}, 1, "photographs"},
		{[]string{model, "-o", files[1], "--data", none, "--holdout", "0"}, 1, "no held-out view"},
		{[]string{model, "-o", files[1], "--scale", "2"}, 2, "--scale: says how to read --data, which is not given"},
		{[]string{model, "-o", files[1], "--refine-cameras"}, 2, "unknown flag"},
		{[]string{"none.lfn", "-o", files[1]}, 1, "none.lfn"},
	} {
		if status, stderr := distill(c.args...); status != c.status || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit status %d, %q, want %d and %q", c.args, status, stderr, c.status, c.want)
		}
	}
}
