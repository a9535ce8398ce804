package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lfnview/cmd/internal/cli"
)

func TestModelName(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "lego")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	if err := os.WriteFile("tree.lfn", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for data, want := range map[string]string{
		".": "lego.lfn", "../": "", "data/fern/": "fern.lfn", "procedural:64": "procedural.lfn", "tree": "tree-2.lfn", ".hidden": "hidden.lfn",
		"/": "scene.lfn", "a/transforms_train.json": "transforms_train.lfn",
	} {
		if want == "" {
			want = filepath.Base(filepath.Dir(folder)) + ".lfn"
		}
		if got := modelName(data); got != want {
			t.Errorf("modelName(%q) = %q, want %q", data, got, want)
		}
	}
}

func TestVersion(t *testing.T) {
	var stdout, stderr bytes.Buffer
	status := newProgram().Run(t.Context(), []string{"--version"}, &stdout, &stderr)
	if status != cli.ExitDone || !strings.HasPrefix(stdout.String(), "lfnview ") || !strings.Contains(stdout.String(), ", kernels ") || stderr.Len() > 0 {
		t.Errorf("status %d, %q, %q, want a line with the kernels", status, stdout.String(), stderr.String())
	}
}

func TestUsage(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--frames 100001", "--frames 100001: want at most 100000"},
		{"--frames 0", "want a whole number, 1 or more"},
		{"--train procedural scene.lfn", "want one of them"},
		{"--show x-rays", "want colours, depth, normals, confidence"},
		{"photo.png", "photo.png: is a photograph: name a prior before it, and what it shows is reconstructed"},
		{"figures.prior data", "data: want a photograph after the prior"},
		{"figures.prior photo.png --frames 2", "--frames times a model, and photo.png is to be reconstructed"},
		{"--steps 3", "--steps is for --train DATA"},
	} {
		var stderr bytes.Buffer
		status := newProgram().Run(t.Context(), strings.Fields(tt.args), &stderr, &stderr)
		if status != cli.ExitUsage || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("lfnview %s: status %d, %q, want %d and %q", tt.args, status, stderr.String(), cli.ExitUsage, tt.want)
		}
	}
}
