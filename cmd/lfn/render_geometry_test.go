package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render/look"
	"lfnview/render/raster"
)

// emptyModel saves a model of nothing but background.
func emptyModel(t *testing.T) string {
	t.Helper()
	config, err := lfn.Preset("tiny")
	if err != nil {
		t.Fatal(err)
	}
	n, err := lfn.New(config, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range n.Grids {
		for i := range g {
			g[i] = -10
		}
	}
	path := filepath.Join(t.TempDir(), "empty.lfn")
	if err := (&lfn.Model{Network: n, Scene: plucker.UnitFrame()}).Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func readMap(t *testing.T, path string) *raster.Map {
	t.Helper()
	m, err := raster.Decode(readFile(t, path), filepath.Ext(path))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRenderGeometry(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	status, stdout, stderr := lfnRun(t, "render", "--size", "40x30", "--depth", at("d.npy"), "--normals", at("n.pfm"), "--confidence", at("c.png"), "--json")
	var told struct{ Files []string }
	if err := json.Unmarshal([]byte(stdout), &told); err != nil || status != 0 || stderr != "" {
		t.Fatalf("exit status %d, stderr %q, %v", status, stderr, err)
	}
	if want := []string{at("d.npy"), at("n.pfm"), at("c.png")}; !slices.Equal(told.Files, want) {
		t.Errorf("wrote %v, want %v", told.Files, want)
	}
	depth, normals := readMap(t, at("d.npy")), readMap(t, at("n.pfm"))
	checkPNG(t, at("c.png"), 40, 30)
	if depth.Width != 40 || depth.Height != 30 || normals.Channels != 3 {
		t.Errorf("depth is %d×%d, normals have %d channels", depth.Width, depth.Height, normals.Channels)
	}
	seen := 0
	for i, d := range depth.Pix {
		if d > 0 {
			seen++
			if d < 1 || d > 6 {
				t.Fatalf("pixel %d has depth %v, want what is in the unit ball, from 3 away", i, d)
			}
		} else if normals.Pix[3*i] != 0 {
			t.Fatalf("pixel %d has no depth and a normal", i)
		}
	}
	if seen < 100 {
		t.Errorf("%d pixels have depth: the default scene fills a third of the picture", seen)
	}

	for _, show := range []string{"depth", "normals", "confidence"} {
		out := at(show + ".png")
		if status, _, stderr := lfnRun(t, "render", "--size", "40x30", "--show", show, "-o", out); status != 0 {
			t.Fatalf("--show %s: exit status %d, stderr %q", show, status, stderr)
		}
		checkPNG(t, out, 40, 30)
	}
	if status, _, stderr := lfnRun(t, "render", "--size", "40x30", "--show", "depth", "--fill", "--range", "5,2", "--colormap", "grey", "-o", at("fill.png")); status != 0 {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	if !strings.Contains(string(readFile(t, at("fill.png"))), "tEXtComment\x00holes in surfaces of one colour are closed") {
		t.Error("a picture that is filled does not say so")
	}
}

func TestRenderGeometryNumbered(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	status, _, stderr := lfnRun(t, "render", "--size", "16x12", "--turntable", "3", "--depth", at("d.png"), "--show", "depth", "-o", at("turn.gif"))
	if status != 0 {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	if got, want := folder(t, dir), []string{"d-0000.png", "d-0001.png", "d-0002.png", "turn.gif"}; !slices.Equal(got, want) {
		t.Errorf("wrote %v, want %v", got, want)
	}
	// One scale for all.
	scale := func(name string) string {
		_, after, _ := strings.Cut(string(readFile(t, at(name))), "tEXtScale\x00")
		return after[:5]
	}
	if scale("d-0000.png") != scale("d-0002.png") {
		t.Errorf("scales are %q and %q", scale("d-0000.png"), scale("d-0002.png"))
	}
}

// TestRenderNumberedIsTheModel: the name with the number is what counts.
func TestRenderNumberedIsTheModel(t *testing.T) {
	model := write(t, "d-0001.npy", string(readFile(t, tinyModel(t))))
	status, _, stderr := lfnRun(t, "render", model, "--size", "8x6", "--turntable", "2", "--depth", filepath.Join(filepath.Dir(model), "d.npy"))
	if status != 2 || !strings.Contains(stderr, "d-0001.npy: is what is read") {
		t.Errorf("exit status %d, stderr %q", status, stderr)
	}
	if got := folder(t, filepath.Dir(model)); len(got) != 1 {
		t.Errorf("there is %v, want the model alone", got)
	}
}

func TestRenderBackground(t *testing.T) {
	model, dir := emptyModel(t), t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	status, _, stderr := lfnRun(t, "render", model, "--size", "20x16", "--depth", at("d.npy"), "--normals", at("n.npy"), "--show", "depth", "-o", at("d.png"))
	if status != 0 || !strings.HasPrefix(stderr, "note: nothing is known") {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	for _, v := range append(readMap(t, at("d.npy")).Pix, readMap(t, at("n.npy")).Pix...) {
		if v != 0 {
			t.Fatalf("has %v, want 0: nothing is there", v)
		}
	}
	status, _, stderr = lfnRun(t, "render", model, "--size", "20x16", "--focus", "3,4", "--aperture", "0.1", "-o", at("l.png"))
	if status != 1 || !strings.HasPrefix(stderr, "lfn: focus 3,4: nothing is known") {
		t.Errorf("exit status %d, stderr %q", status, stderr)
	}
}

// TestRenderBroken: that black is not what the model has learned is said, and no number is made of what is none.
func TestRenderBroken(t *testing.T) {
	model, dir := hugeModel(t), t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{{"--depth", at("d.npy"), "-o", at("p.png")}, {"--turntable", "2", "-o", at("p.gif")}, {"--epi", "3", "-o", at("e.png")}} {
		status, _, stderr := lfnRun(t, append([]string{"render", model, "--size", "12x8"}, args...)...)
		if status != 0 || !strings.Contains(stderr, "warning: some colours of "+model+" are not finite") {
			t.Errorf("%v: exit status %d, stderr %q", args, status, stderr)
		}
	}
	for _, v := range readMap(t, at("d.npy")).Pix {
		if v != 0 {
			t.Fatalf("has the depth %v, want 0: nothing is known", v)
		}
	}
}

func TestRenderLens(t *testing.T) {
	dir := t.TempDir()
	depth := filepath.Join(dir, "depth.npy")
	if status, _, stderr := lfnRun(t, "render", "--size", "40x30", "--depth", depth); status != 0 {
		t.Fatalf("exit status %d, stderr %q", status, stderr)
	}
	i := slices.IndexFunc(readMap(t, depth).Pix, func(d float32) bool { return d > 0 })
	known := fmt.Sprintf("%d,%d", i%40, i/40)
	sharp, near, far, pixel := filepath.Join(dir, "sharp.png"), filepath.Join(dir, "near.png"), filepath.Join(dir, "far.png"), filepath.Join(dir, "pixel.png")
	for out, args := range map[string][]string{
		sharp: {"--samples", "4"}, near: {"--samples", "4", "--aperture", "0.05", "--focus", "3"},
		far: {"--samples", "4", "--aperture", "0.05", "--focus", "100"}, pixel: {"--aperture", "0.05", "--focus", known},
	} {
		if status, _, stderr := lfnRun(t, append([]string{"render", "--size", "40x30", "-o", out}, args...)...); status != 0 || stderr != "wrote "+out+"\n" {
			t.Fatalf("%v: exit status %d, stderr %q", args, status, stderr)
		}
		checkPNG(t, out, 40, 30)
	}
	if slices.Equal(readFile(t, near), readFile(t, far)) {
		t.Error("focus changes nothing")
	}
	status, _, stderr := lfnRun(t, "render", "--size", "8x6", "--samples", "2", "--aperture", "8", "--focus", "50", "-o", near)
	if status != 0 || !strings.Contains(stderr, "warning: the lens of radius 8 reaches beyond the photographs' cameras") {
		t.Errorf("exit status %d, stderr %q", status, stderr)
	}
}

func TestRenderEPI(t *testing.T) {
	dir := t.TempDir()
	path := write(t, "path.json", `{"size": [12, 8], "frames": 5, "keyframes": [{"orbit": [0, 10, 3]}, {"orbit": [90, 10, 3]}]}`)
	for _, tt := range []struct {
		name   string
		args   []string
		w, h   int
		beyond bool // the cameras of the photographs
	}{
		{"track", []string{"--size", "20x16", "--epi", "7", "--track", "0.5"}, 20, 16, false},
		{"whole track", []string{"--size", "20x16", "--epi", "0"}, 20, 16, false},
		{"track of any length", []string{"--size", "20x16", "--epi", "7", "--track", "50"}, 20, 16, true},
		{"turntable", []string{"--size", "20x16", "--epi", "15", "--turntable", "9"}, 20, 9, false},
		{"path", []string{"--path", path, "--epi", "3"}, 12, 5, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(dir, "epi.png")
			status, _, stderr := lfnRun(t, append([]string{"render", "-o", out}, tt.args...)...)
			if status != 0 || strings.Contains(stderr, "is a guess") != tt.beyond {
				t.Fatalf("exit status %d, stderr %q", status, stderr)
			}
			checkPNG(t, out, tt.w, tt.h)
		})
	}
}

func TestRenderMemory(t *testing.T) {
	var colors, depth renderFlags
	colors.geometry.show.Value = look.Colors.String()
	depth.geometry.depth = "d.npy"
	for _, tt := range []struct {
		name  string
		flags renderFlags
		free  int64
		want  string // "" where it is enough
	}{
		{"colours", colors, 1e9, ""},
		{"colours, too many", colors, 1e8, "to render 4000×3000 pixels takes 0.3 GB of memory, and 0.1 GB are free: take a smaller --size"},
		{"depth", depth, 1e9, ""},
		{"depth, too much", depth, 5e8, "takes 1.0 GB"},
		{"nobody knows", depth, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.flags.checkMemory(4000, 3000, tt.free); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
}

func TestRenderGeometryErrors(t *testing.T) {
	dir := t.TempDir()
	out, numbers := filepath.Join(dir, "out.png"), filepath.Join(dir, "d.npy")
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"kind", []string{"--depth", filepath.Join(dir, "d.exr")}, 2, ".npy, .pfm or .png"},
		{"folder", []string{"--depth", filepath.Join(dir, "no", "d.npy")}, 1, "no such file"},
		{"twice", []string{"--depth", numbers, "--confidence", numbers}, 2, "twice"},
		{"twice with the picture", []string{"--depth", out, "-o", out}, 2, "twice"},
		{"twice under two names", []string{"--depth", out, "-o", dir + "/./out.png"}, 2, "twice"},
		{"no picture to show", []string{"--show", "depth", "--depth", numbers}, 2, "-o out.png"},
		{"show", []string{"--show", "beauty", "-o", out}, 2, "colours, depth"},
		{"map", []string{"--show", "depth", "--colormap", "jet", "-o", out}, 2, "turbo"},
		{"map of nothing", []string{"--colormap", "turbo", "-o", out}, 2, "--show depth"},
		{"fill of nothing", []string{"--fill", "--show", "normals", "-o", out}, 2, "--show depth"},
		{"range", []string{"--range", "1", "--show", "depth", "-o", out}, 2, "two different numbers"},
		{"map of normals", []string{"--colormap", "turbo", "--show", "normals", "-o", out}, 2, "--show depth or confidence"},
		{"scale", []string{"--depth-scale", "-1", "--depth", filepath.Join(dir, "d.png")}, 2, "--depth-scale -1"},
		{"scale of float32", []string{"--depth-scale", "0.1", "--depth", numbers}, 2, "--depth FILE.png"},
		{"scale of nothing", []string{"--depth-scale", "0.1", "-o", out}, 2, "--depth FILE.png"},
		{"samples of depth", []string{"--samples", "2", "--show", "depth", "-o", out}, 2, "one ray a pixel"},
		{"samples of numbers", []string{"--samples", "2", "--depth", numbers}, 2, "one ray a pixel"},
		{"aperture alone", []string{"--aperture", "0.1", "-o", out}, 2, "--focus"},
		{"focus alone", []string{"--focus", "3", "-o", out}, 2, "--aperture"},
		{"aperture 0", []string{"--aperture", "0", "--focus", "3", "-o", out}, 2, "above 0"},
		{"aperture NaN", []string{"--aperture", "NaN", "--focus", "3", "-o", out}, 2, "above 0"},
		{"focus behind", []string{"--aperture", "0.1", "--focus", "-3", "-o", out}, 2, "in front of the camera"},
		{"focus beside", []string{"--aperture", "0.1", "--focus", "24,3", "-o", out}, 2, "not in the picture of 24×16"},
		{"focus on nothing", []string{"--aperture", "0.1", "--focus", "0,0", "-o", out}, 1, "nothing is known"},
		{"focus nowhere", []string{"--aperture", "0.1", "--focus", "1e200", "--depth", numbers, "-o", out}, 1, "focus is at 1e+200"},
		{"absurd aperture", []string{"--aperture", "5", "--focus", "3", "-o", out}, 1, "wider than"},
		{"depth through a lens", []string{"--aperture", "0.1", "--focus", "3", "--show", "depth", "-o", out}, 2, "one ray a pixel"},
		{"row", []string{"--epi", "16", "-o", out}, 1, "want 0 to 15"},
		{"negative row", []string{"--epi", "-2", "-o", out}, 2, "from 0"},
		{"film of an EPI", []string{"--epi", "3", "-o", filepath.Join(dir, "e.gif")}, 2, "epi.png"},
		{"depth of an EPI", []string{"--epi", "3", "--depth", numbers, "-o", out}, 2, "do not go together"},
		{"track of nothing", []string{"--track", "3", "-o", out}, 2, "--epi"},
		{"track 0", []string{"--epi", "3", "--track", "0", "-o", out}, 2, "above 0"},
		{"two tracks", []string{"--epi", "3", "--track", "1", "--turntable", "3", "-o", out}, 2, "do not go together"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, stdout, stderr := lfnRun(t, append([]string{"render", "--size", "24x16"}, tt.args...)...)
			if status != tt.status || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit status %d, stderr %q, want %d and one line with %q", status, stderr, tt.status, tt.want)
			}
		})
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("failed commands left %v", left)
	}
}
