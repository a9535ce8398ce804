//go:build cgo && amd64

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
)

// smallPrior makes a prior, as one does, and returns it and a photograph of an instance that it has not seen.
func smallPrior(t *testing.T, program string) (file, photo string) {
	t.Helper()
	dir := t.TempDir()
	file = filepath.Join(dir, "figures.prior")
	figures := filepath.Join(dir, "figures")
	for _, args := range [][]string{
		{"dataset", "generate", "shepard-metzler", "-o", figures, "--instances", "4", "--views", "4", "--size", "16"},
		{"train", "--prior", figures, "-o", file, "--steps", "20"},
	} {
		if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
			t.Fatalf("lfn %v: %v: %s", args, err, out)
		}
	}
	return file, filepath.Join(figures, "test", "000000", "rgb", "000002.png")
}

// TestPrior opens a prior, clicks an instance, reconstructs a photograph, and saves what was found. That the window is closed
// ends what still goes on.
func TestPrior(t *testing.T) {
	d := newDesktop(t, 1000, 700)
	program := lfnProgram(t)
	prior, photo := smallPrior(t, program)
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
	if text, err := exec.Command(program, "render", file, "--camera", "train:0", "--device", "cpu", "-o", out).CombinedOutput(); err != nil {
		t.Fatalf("lfn render: %v: %s", err, text)
	}

	closeWindow(d)
	if status := p.exit(); status != 0 {
		t.Errorf("status %d, want 0: %s", status, p.stderr.Bytes())
	}
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
