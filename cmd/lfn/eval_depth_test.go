package main

import (
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lfnview/train/dataset"
)

// The default scene, as a file.
var sceneFile = filepath.Join("..", "..", "assets", "scene.lfn")

// TestEvalDepth holds what depth is good for: within 1 % of the radius in the mean and 4 % at the 95th percentile, over half
// of what is on objects, and better than without a network.
func TestEvalDepth(t *testing.T) {
	args := []string{"eval", sceneFile, "procedural:32", "--depth"}
	status, stdout, stderr := lfnRun(t, append(args, "--json")...)
	if status != 0 {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	var told depthResult
	if err := json.Unmarshal([]byte(stdout), &told); err != nil {
		t.Fatal(err)
	}
	q := told.Model
	if !(q.Mean > 0 && q.Mean < 0.01*told.Radius && q.P95 < 0.04*told.Radius && q.Coverage > 0.5 && q.Spurious < 0.02) || len(told.Views) != 20 || told.Sweep != nil {
		t.Errorf("of %d views, radius %v: %+v, plane sweep %+v", len(told.Views), told.Radius, q, told.Sweep)
	}
	if _, names := keys(t, []byte(stdout)); !slices.Equal(names, []string{"depth", "scene_radius", "views"}) {
		t.Errorf("JSON has the keys %v", names)
	}
	if testing.Short() {
		return
	}
	status, stdout, _ = lfnRun(t, append(args, "--baselines", "--json")...)
	if err := json.Unmarshal([]byte(stdout), &told); err != nil || status != 0 {
		t.Fatalf("exit status %d, %v", status, err)
	}
	if told.Sweep == nil || !(told.Sweep.Coverage > 0.3) || !(told.Model.Weighted < told.Sweep.Weighted) || told.Views[0].Sweep == nil {
		t.Errorf("depth %+v, plane sweep %+v: want the network to be better", told.Model, told.Sweep)
	}
}

func TestEvalDepthText(t *testing.T) {
	status, stdout, stderr := lfnRun(t, "eval", sceneFile, "procedural:16", "--depth")
	if lines := strings.Split(strings.TrimSpace(stdout), "\n"); status != 0 || len(lines) != 21 || !strings.HasPrefix(lines[20], "all of 20") || !strings.Contains(lines[20], "% of the radius") {
		t.Errorf("exit status %d, stderr %q, stdout\n%s", status, stderr, stdout)
	}
	status, stdout, stderr = lfnRun(t, "eval", emptyModel(t), "procedural:16", "--depth")
	if status != 0 || !strings.Contains(stdout, "no depth") {
		t.Errorf("of background: exit status %d, stderr %q, stdout\n%s", status, stderr, stdout)
	}
}

func TestEvalDepthErrors(t *testing.T) {
	nothing := filepath.Join(t.TempDir(), "nothing")
	set := dataset.Procedural(dataset.RenderOptions{Views: 1, TestViews: 1, Size: 8, Samples: 1, Depth: true})
	for i := range set.Views {
		for k := range set.Views[i].Depth {
			set.Views[i].Depth[k] = float32(math.NaN())
		}
	}
	if err := set.Save(t.Context(), nothing); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"no truth", []string{"eval", sceneFile, tinyData(t), "--depth"}, 1, "no test view has a true depth"},
		{"NaN for truth", []string{"eval", sceneFile, nothing, "--depth"}, 1, "in the true depth of 1 test views there is no distance"},
		{"samples", []string{"eval", sceneFile, "procedural:16", "--depth", "--samples", "2"}, 2, "one ray a pixel"},
		{"pictures", []string{"eval", sceneFile, "procedural:16", "--depth", "--images", t.TempDir()}, 2, "do not go together"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, stdout, stderr := lfnRun(t, tt.args...)
			if status != tt.status || stdout != "" || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit status %d, stderr %q, want %d and %q", status, stderr, tt.status, tt.want)
			}
		})
	}
}
