package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lfnview/cmd/internal/cli"
)

// smallDemo makes the demo small for the time of a test.
func smallDemo(t *testing.T) {
	t.Helper()
	photo, picture, turn, frame := demoSize, demoPicture, demoTurn, demoFrame
	t.Cleanup(func() { demoSize, demoPicture, demoTurn, demoFrame = photo, picture, turn, frame })
	demoSize, demoPicture, demoTurn, demoFrame = 8, cli.Size{W: 32, H: 24}, 3, cli.Size{W: 16, H: 16}
}

func TestDemo(t *testing.T) {
	smallDemo(t)
	dir := filepath.Join(t.TempDir(), "new", "demo")
	status, stdout, stderr := lfnRun(t, "demo", "--out", dir, "--time", "1ms", "--json")
	if status != 0 {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	if got := folder(t, dir); !slices.Equal(got, []string{"demo.gif", "demo.lfn", "demo.png", "report"}) {
		t.Errorf("the demo makes %v", got)
	}
	if got := folder(t, filepath.Join(dir, "report")); !slices.Equal(got, []string{"curve.png", "metrics.jsonl", "report.html", "views.png"}) {
		t.Errorf("the report is %v", got)
	}
	checkPNG(t, filepath.Join(dir, "demo.png"), 32, 24)
	var told trainResult
	if err := json.Unmarshal([]byte(stdout), &told); err != nil {
		t.Fatal(err)
	}
	if told.Model != filepath.Join(dir, "demo.lfn") || told.Steps == 0 || len(told.Test.Views) != 20 {
		t.Errorf("JSON says %+v", told)
	}
	if m := openTest(t, told.Model); m.Training.Preset != "small" || m.Training.PSNRdB != told.Test.PSNRdB {
		t.Errorf("the model says %+v", m.Training)
	}
}

// TestDemoStopped checks that a stopped demo says how to go on, and that this works when pasted.
func TestDemoStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("trains twice")
	}
	smallDemo(t)
	dir := t.TempDir()
	status, stderr := lfnStopped(t, "step ", "demo", "--out", dir, "--time", "1ms")
	_, paste, ok := strings.Cut(lastLine(t, stderr), "; go on with lfn ")
	if status != 130 || !ok {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	if got := folder(t, dir); !slices.Equal(got, []string{"demo.lfn", "demo.lfn.checkpoint", "report"}) {
		t.Errorf("a stopped demo leaves %v", got)
	}
	before := openTest(t, filepath.Join(dir, "demo.lfn")).Training
	if status, _, stderr := lfnRun(t, strings.Fields(paste)...); status != 0 {
		t.Fatalf("lfn %s: exit status %d, stderr %q", paste, status, stderr)
	}
	after := openTest(t, filepath.Join(dir, "demo.lfn")).Training
	if after.Steps < before.Steps || before.Steps == 0 || after.PSNRdB == 0 {
		t.Errorf("lfn %s: %+v became %+v", paste, before, after)
	}
}

func TestDemoBadInput(t *testing.T) {
	smallDemo(t)
	file := write(t, "file", "earlier")
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"argument", []string{"x"}, 2, "1 arguments"},
		{"time 0", []string{"--time", "0s"}, 2, "up to an hour"},
		{"time negative", []string{"--time", "-1s"}, 2, "up to an hour"},
		{"time too long", []string{"--time", "61m"}, 2, "up to an hour"},
		{"time", []string{"--time", "soon"}, 2, "90s or 10m"},
		{"out is a file", []string{"--out", file}, 1, "not a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, stdout, stderr := lfnRun(t, append([]string{"demo"}, tt.args...)...)
			if status != tt.status || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit status %d, stdout %q, stderr %q, want %d and one line with %q", status, stdout, stderr, tt.status, tt.want)
			}
		})
	}
	if got := readFile(t, file); string(got) != "earlier" {
		t.Errorf("the file has %q", got)
	}
}
