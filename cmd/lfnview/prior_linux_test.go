//go:build cgo && amd64

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// smallPrior makes a prior that has learned nothing yet, and a photograph with a camera.
func smallPrior(t *testing.T) (file, photo string) {
	t.Helper()
	dir := t.TempDir()
	figures := filepath.Join(dir, "figures")
	if err := dataset.Generate(t.Context(), figures, "shepard-metzler", dataset.GenerateOptions{Instances: 1, Views: 4, Size: 16, Samples: 1}); err != nil {
		t.Fatal(err)
	}
	hyper, err := lfn.NewHyper(lfn.HyperConfig{Conditioning: lfn.HyperFilm, Latent: 16, Width: 16,
		Network: lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Points, Points: 4, Frequencies: 1}, Hidden: []int{32, 32},
			Norm: lfn.NormLayer, Activation: lfn.ReLU, Output: lfn.OutputSigned}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	p := lfn.Prior{Hyper: hyper, Classes: []lfn.Class{{Scene: plucker.Frame{Radius: 4, Up: mgl64.Vec3{0, 0, 1}}}}}
	for i := range 3 {
		p.Instances = append(p.Instances, lfn.Instance{Name: fmt.Sprintf("train/%06d", i+1)})
		for k := range hyper.Config.Latent {
			p.Latents = append(p.Latents, float32((i+k)%3-1))
		}
	}
	file = filepath.Join(dir, "figures.prior")
	if err := p.Save(file); err != nil {
		t.Fatal(err)
	}
	photos, err := filepath.Glob(filepath.Join(figures, "*", "*", "rgb", "000002.png"))
	if err != nil || len(photos) != 1 {
		t.Fatalf("%v, %v, want a photograph", photos, err)
	}
	return file, photos[0]
}

// TestPrior opens a prior, clicks an instance, reconstructs a photograph, and saves what was found. That the window is closed
// ends what still goes on.
func TestPrior(t *testing.T) {
	d := newDesktop(t, 1000, 700)
	prior, photo := smallPrior(t)
	var stderr bytes.Buffer
	if status := newProgram().Run(t.Context(), []string{prior, "--data", filepath.Dir(photo)}, &stderr, &stderr); status != cli.ExitUsage {
		t.Errorf("with --data: status %d, %q, want %d", status, stderr.String(), cli.ExitUsage)
	}
	p := d.start(prior, "--size", "900x600", "--device", "cpu")
	if e := p.wait("prior", nil); e["instances"] != 3. {
		t.Errorf("%v, want 3 instances", e)
	}
	p.wait("ready", nil)
	s := p.rest(nil)

	// The first row of thumbnails is below the panel's title, name and button: the second of them is another instance.
	x, y := s.Area[2]+110, 130
	d.do("mousemove", jsonText(x), jsonText(y), "sleep", "0.3", "click", "1")
	if e := p.wait("latent", nil); e["name"] != "train/000002" {
		t.Errorf("a click shows %v, want train/000002", e["name"])
	}

	d.do("key", "ctrl+o", "type", "--delay", "1", photo)
	d.do("key", "Return")
	first := p.wait("glimpse", nil)
	p.wait("latent", func(e map[string]any) bool { return e["name"] == "rgb/000002.png" })
	if e := p.wait("glimpse", nil); !(e["done"].(float64) > first["done"].(float64)) {
		t.Errorf("%v is done at a later glimpse, want more than %v", e["done"], first["done"])
	}
	d.do("mousemove", "200", "200", "key", "ctrl+s")
	file := filepath.Join(p.folder, p.wait("saved", nil)["file"].(string))
	m, err := lfn.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Cameras) != 1 || m.Cameras[0].Name != "rgb/000002.png" {
		t.Errorf("cameras %v, want that of the photograph", m.Cameras)
	}
	out := filepath.Join(t.TempDir(), "out.png")
	if text, err := exec.Command(lfnProgram(t), "render", file, "--camera", "train:0", "--device", "cpu", "-o", out).CombinedOutput(); err != nil {
		t.Fatalf("lfn render: %v: %s", err, text)
	}

	closeWindow(d)
	if status := p.exit(); status != 0 {
		t.Errorf("status %d, want 0: %s", status, p.stderr.Bytes())
	}
}

// TestPriorPhotograph: what a photograph shows that is named after the prior is reconstructed.
func TestPriorPhotograph(t *testing.T) {
	d := newDesktop(t, 400, 300)
	prior, photo := smallPrior(t)
	model := filepath.Join(filepath.Dir(prior), "scene.lfn")
	if err := builtIn(t).Save(model); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{prior, "gone.png"}, cli.ExitError, "gone.png: no such file"},
		{[]string{model, photo}, cli.ExitUsage, "is no prior, which a photograph asks for"},
		{[]string{prior, "--mask", photo}, cli.ExitUsage, "is for a photograph after the prior"},
		{[]string{prior, photo, "--mask", photo, "--background", "white"}, cli.ExitUsage, "--mask and --background do not go together"},
		{[]string{model, "--background", "white"}, cli.ExitUsage, "--background: is for --train, or for photographs with a prior"},
	} {
		var stderr bytes.Buffer
		if status := newProgram().Run(t.Context(), tt.args, &stderr, &stderr); status != tt.status || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("%v: status %d, %q, want %d, %q", tt.args, status, stderr.String(), tt.status, tt.want)
		}
	}
	p := d.start("--size", "300x200", "--device", "cpu", prior, photo)
	p.wait("latent", func(e map[string]any) bool { return e["name"] == "rgb/000002.png" })
}

// TestBrokenPrior: a prior that cannot be opened is a message.
func TestBrokenPrior(t *testing.T) {
	d := newDesktop(t, 400, 300)
	file := filepath.Join(t.TempDir(), "broken.prior")
	if err := os.WriteFile(file, []byte("nothing that is a prior"), 0o666); err != nil {
		t.Fatal(err)
	}
	p := d.start("--size", "300x200", "--device", "cpu", file)
	e := p.wait("message", func(e map[string]any) bool { return e["warning"] == true })
	if text := e["text"].(string); !strings.Contains(text, "broken.prior") {
		t.Errorf("message %q, want it to name the file", text)
	}
	p.wait("ready", nil)
}
