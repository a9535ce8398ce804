package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExportPoints(t *testing.T) {
	dir := t.TempDir()
	ply, glb := filepath.Join(dir, "p.ply"), filepath.Join(dir, "p.glb")
	status, _, stderr := lfnRun(t, "export", "--ply", ply, "--glb", glb, "--points", "300")
	if status != 0 || strings.Count(stderr, "wrote ") != 2 {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	if text := string(readFile(t, ply)); !strings.HasPrefix(text, "ply\n") || strings.Contains(text, "element vertex 0\n") {
		t.Errorf("begins with %.200q", text)
	}
	if text := string(readFile(t, glb)); !strings.HasPrefix(text, "glTF\x02") {
		t.Errorf("begins with %.20q", text)
	}
}

func TestExportPointsErrors(t *testing.T) {
	dir := t.TempDir()
	model, empty, ply := tinyModel(t), emptyModel(t), filepath.Join(dir, "p.ply")
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"background", []string{empty, "--ply", ply, "--points", "100"}, 1, "nothing that 64 cameras see is known"},
		{"points", []string{"--ply", ply, "--points", "0"}, 2, "1 or more"},
		{"too many points", []string{"--ply", ply, "--points", "1000000000"}, 2, "want 1 to"},
		{"confidence", []string{"--ply", ply, "--confidence", "2"}, 2, "above 0 to 1"},
		{"confidence 0", []string{"--ply", ply, "--confidence", "0"}, 2, "above 0 to 1"},
		{"the model itself", []string{model, "--glb", model}, 2, "another name"},
		{"one file for both", []string{model, "--glb", ply, "--ply", ply}, 2, "another name"},
		{"one file under two names", []string{model, "--glb", ply, "--ply", dir + "/./p.ply"}, 2, "another name"},
		{"no folder", []string{model, "--ply", filepath.Join(dir, "no", "p.ply")}, 1, "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, stdout, stderr := lfnRun(t, append([]string{"export"}, tt.args...)...)
			if status != tt.status || stdout != "" || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit status %d, stderr %q, want %d and %q", status, stderr, tt.status, tt.want)
			}
		})
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("failed commands left %v", left)
	}
}
