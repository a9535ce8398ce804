// Package lfnview_test holds what is true of the module as a whole.
package lfnview_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "lfnview"

// arrows says which of our packages each package may import. What those may
// import is allowed too: render may name a plucker.Camera, and so may train.
var arrows = map[string][]string{
	"plucker":          {},
	"lfn/f32":          {},
	"lfn":              {"plucker", "lfn/f32"},
	"shaders":          {"lfn"},
	"render":           {"plucker", "lfn", "render/raster"},
	"render/gpu":       {"shaders", "render"},
	"render/mesh":      {"plucker"},
	"render/raster":    {},
	"render/cloud":     {"render", "render/mesh"},
	"render/look":      {"plucker", "lfn", "render"},
	"train/dataset":    {"plucker", "render/mesh", "render/raster"},
	"train":            {"train/dataset", "lfn", "render"},
	"train/prior":      {"train", "train/dataset", "lfn", "render"},
	"viewer/refine":    {"plucker", "render"},
	"viewer/motion":    {"plucker", "render"},
	"viewer/probe":     {"plucker", "lfn", "render"},
	"viewer":           {"render/look", "viewer/motion", "viewer/probe", "viewer/refine", "shaders", "render/gpu", "train", "train/prior", "assets"},
	"assets":           {"lfn"},
	"bench":            {anything},
	"cmd/internal/cli": {anything},
	"cmd/lfn":          {anything, "cmd/internal/cli"},
	"cmd/lfnview":      {anything, "cmd/internal/cli"},
}

// anything allows every package but the commands.
const anything = "*"

// cgo lists the packages that may need a C compiler, OpenGL or a display.
var cgo = []string{"render/gpu", "viewer", "cmd/lfnview"}

// pkg is the part of go list's answer that is read here.
type pkg struct {
	ImportPath string
	Imports    []string
	CgoFiles   []string
}

func TestImports(t *testing.T) {
	pkgs, err := list()
	if err != nil {
		t.Fatal(err)
	}
	for _, msg := range check(pkgs) {
		t.Error(msg)
	}
}

// TestCheck shows check a bad arrow of each kind: a checker that accepts
// everything would pass TestImports.
func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name string
		pkg  pkg
		want string
	}{
		{"down", pkg{ImportPath: "lfnview/plucker", Imports: []string{"math", "lfnview/lfn"}}, "plucker may not import lfn"},
		{"sideways", pkg{ImportPath: "lfnview/render", Imports: []string{"lfnview/train"}}, "render may not import train"},
		{"up", pkg{ImportPath: "lfnview/train", Imports: []string{"lfnview/render"}}, ""},
		{"up two rows", pkg{ImportPath: "lfnview/train", Imports: []string{"lfnview/plucker", "lfnview/lfn/f32"}}, ""},
		{"command", pkg{ImportPath: "lfnview/cmd/lfn", Imports: []string{"lfnview/assets", "lfnview/train/dataset"}}, ""},
		{"command and bench", pkg{ImportPath: "lfnview/cmd/lfn", Imports: []string{"lfnview/bench"}}, ""},
		{"a command imported", pkg{ImportPath: "lfnview/bench", Imports: []string{"lfnview/cmd/lfn"}}, "bench may not import cmd/lfn"},
		{"what commands share", pkg{ImportPath: "lfnview/cmd/lfn", Imports: []string{"lfnview/cmd/internal/cli"}}, ""},
		{"what commands share imported", pkg{ImportPath: "lfnview/bench", Imports: []string{"lfnview/cmd/internal/cli"}}, "bench may not import cmd/internal/cli"},
		{"command by what they share", pkg{ImportPath: "lfnview/cmd/internal/cli", Imports: []string{"lfnview/cmd/lfn"}}, "cmd/internal/cli may not import cmd/lfn"},
		{"unknown", pkg{ImportPath: "lfnview/util"}, "util has no row in the table of packages"},
		{"cgo", pkg{ImportPath: "lfnview/render", CgoFiles: []string{"egl.go"}}, "render may not use cgo"},
		{"OpenGL", pkg{ImportPath: "lfnview/shaders", Imports: []string{"github.com/go-gl/gl/v4.3-core/gl"}}, "shaders may not import github.com/go-gl/gl/v4.3-core/gl"},
		{"vectors", pkg{ImportPath: "lfnview/plucker", Imports: []string{"github.com/go-gl/mathgl/mgl64"}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(check([]pkg{tt.pkg}), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("check(%+v) = %q, want %q", tt.pkg, got, tt.want)
			}
		})
	}
}

// list asks go list for every package of the module, cgo files included.
func list() ([]pkg, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,CgoFiles", "./...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr.Bytes())
	}
	var pkgs []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		pkgs = append(pkgs, p)
	}
}

// check answers one message for each arrow that the table does not have.
func check(pkgs []pkg) []string {
	var msgs []string
	for _, p := range pkgs {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		if from == module {
			continue // this test
		}
		if _, ok := arrows[from]; !ok {
			msgs = append(msgs, fmt.Sprintf("%s has no row in the table of packages", from))
			continue
		}
		if len(p.CgoFiles) > 0 && !slices.Contains(cgo, from) {
			msgs = append(msgs, fmt.Sprintf("%s may not use cgo: %v", from, p.CgoFiles))
		}
		for _, path := range p.Imports {
			to, ours := strings.CutPrefix(path, module+"/")
			switch {
			case ours && !allowed(from, to):
				msgs = append(msgs, fmt.Sprintf("%s may not import %s", from, to))
			case strings.HasPrefix(path, "github.com/go-gl/gl") && !slices.Contains(cgo, from):
				msgs = append(msgs, fmt.Sprintf("%s may not import %s", from, path))
			}
		}
	}
	return msgs
}

// allowed follows the arrows from one package to another.
func allowed(from, to string) bool {
	for _, next := range arrows[from] {
		if next == anything && !strings.HasPrefix(to, "cmd/") || next == to || allowed(next, to) {
			return true
		}
	}
	return false
}
