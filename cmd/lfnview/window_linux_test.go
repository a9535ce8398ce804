//go:build cgo && amd64

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/assets"
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/viewer/motion"
)

// seen is where the camera came to rest.
type seen struct {
	Camera  plucker.Camera `json:"camera"`
	Samples int            `json:"samples"`
	Outside float64        `json:"outside"`
	Area    [4]int         `json:"area"`
}

// rest waits until the camera stands still, where ok says so, and the picture is whole.
func (p *process) rest(ok func(s seen) bool) seen {
	p.d.t.Helper()
	var s seen
	p.wait("rest", func(e map[string]any) bool {
		text, _ := json.Marshal(e)
		s = seen{}
		if err := json.Unmarshal(text, &s); err != nil {
			p.d.t.Fatalf("rest: %v: %s", err, text)
		}
		return ok == nil || ok(s)
	})
	return s
}

// moved is a rest whose camera stands elsewhere than s's.
func (s seen) moved(now seen) bool { return now.Camera.Pose != s.Camera.Pose }

// area is what the screen shows of the scene.
func (d *desktop) area(s seen) *image.RGBA {
	return d.screen().SubImage(image.Rect(s.Area[0], s.Area[1], s.Area[0]+s.Area[2], s.Area[1]+s.Area[3])).(*image.RGBA)
}

// wantPicture compares what the screen shows with what the CPU renders of the camera.
func (d *desktop) wantPicture(m *lfn.Model, s seen) {
	d.t.Helper()
	var img render.Image
	if err := render.NewCPU(m.Network.Pack(), m.Scene).Render(context.Background(), &img, &s.Camera, render.Options{Samples: s.Samples}); err != nil {
		d.t.Fatal(err)
	}
	d.wantSame(d.area(s), img.ToNRGBA(), 2)
}

// wantSame says where two pictures differ by more than so many steps of 1/255.
func (d *desktop) wantSame(got, want image.Image, steps int) {
	d.t.Helper()
	g, w := got.Bounds(), want.Bounds()
	if g.Dx() != w.Dx() || g.Dy() != w.Dy() {
		d.t.Errorf("the picture has %v pixels, want %v", g.Size(), w.Size())
		return
	}
	most, at := 0, image.Point{}
	for y := range g.Dy() {
		for x := range g.Dx() {
			r1, g1, b1, _ := got.At(g.Min.X+x, g.Min.Y+y).RGBA()
			r2, g2, b2, _ := want.At(w.Min.X+x, w.Min.Y+y).RGBA()
			for _, c := range [3][2]uint32{{r1, r2}, {g1, g2}, {b1, b2}} {
				if e := int(math.Abs(float64(c[0]>>8) - float64(c[1]>>8))); e > most {
					most, at = e, image.Point{x, y}
				}
			}
		}
	}
	if most > steps {
		d.t.Errorf("pixel %v differs by %d/255, want at most %d", at, most, steps)
	}
}

func builtIn(t *testing.T) *lfn.Model {
	t.Helper()
	m, err := assets.Scene()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// lfnProgram builds lfn, once.
func lfnProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lfn")
	if out, err := exec.Command("go", "build", "-o", path, "../lfn").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return path
}

func TestMotion(t *testing.T) {
	for _, device := range []string{"cpu", "gpu"} {
		t.Run(device, func(t *testing.T) {
			if device == "gpu" && testing.Short() {
				t.Skip("software OpenGL takes its time")
			}
			d := newDesktop(t, 400, 300)
			p := d.start("--size", "240x180", "--no-ui", "--device", device)
			m := builtIn(t)
			p.wait("ready", nil)
			s := p.rest(nil)
			if s.Area != [4]int{0, 0, 240, 180} {
				t.Errorf("area = %v, want the whole window", s.Area)
			}
			d.wantPicture(m, s)

			d.drag("1", 60, 90, 40, 20)
			now := p.rest(s.moved)
			want := motion.Orbit(view(m, s), m.Scene.Up, 40, 20, 240, 180)
			near(t, "orbit", now.Camera.Pose, want.Pose)
			d.wantPicture(m, now)

			s = now
			d.drag("2", 60, 90, 30, -10)
			now = p.rest(s.moved)
			near(t, "pan", now.Camera.Pose, motion.Pan(view(m, s), 30, -10, 240, 180).Pose)

			s = now
			d.drag("3", 120, 90, -25, 5)
			now = p.rest(s.moved)
			if e := now.Camera.Pose.Pos.Sub(s.Camera.Pose.Pos).Len(); e > 1e-9 {
				t.Errorf("looking around moves the camera by %v", e)
			}

			s = now
			d.do("mousemove", "120", "90", "click", "4")
			now = p.rest(s.moved)
			if !(distance(m, now) < distance(m, s)) {
				t.Errorf("the wheel goes from %v to %v of the scene, want nearer", distance(m, s), distance(m, now))
			}
			d.wantPicture(m, now)

			s = now
			d.do("keydown", "w", "sleep", "0.3", "keyup", "w")
			now = p.rest(s.moved)
			step := now.Camera.Pose.Pos.Sub(s.Camera.Pose.Pos)
			if !(step.Normalize().Dot(s.Camera.Pose.Forward()) > 0.999) {
				t.Errorf("W flies along %v, want %v", step, s.Camera.Pose.Forward())
			}

			d.do("key", "r")
			home := motion.Home(m.Scene, 240./180)
			p.rest(func(s seen) bool { return s.Camera.Pose.Pos.Sub(home.Pose.Pos).Len() < 1e-6 })

			d.do("key", "Escape")
			if status := p.exit(); status != 0 {
				t.Errorf("status %d, want 0: %s", status, p.stderr.Bytes())
			}
		})
	}
}

// view is the view that the camera at rest is.
func view(m *lfn.Model, s seen) motion.View {
	v := motion.Home(m.Scene, float64(s.Area[2])/float64(s.Area[3]))
	v.Pose = s.Camera.Pose
	return v
}

func near(t *testing.T, what string, got, want plucker.Pose) {
	t.Helper()
	e := got.Pos.Sub(want.Pos).Len()
	for i, v := range got.Rot {
		e = max(e, math.Abs(v-want.Rot[i]))
	}
	if !(e < 1e-6) {
		t.Errorf("%s: the camera is at %v, want %v", what, got, want)
	}
}

func distance(m *lfn.Model, s seen) float64 { return s.Camera.Pose.Pos.Sub(m.Scene.Center).Len() }

func TestPhotographs(t *testing.T) {
	d := newDesktop(t, 400, 300)
	lfn, model := lfnProgram(t), filepath.Join(t.TempDir(), "small.lfn")
	if out, err := exec.Command(lfn, "train", "procedural:32", "--preset", "tiny", "--steps", "150", "-o", model).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p := d.start(model, "--size", "240x240", "--no-ui", "--device", "cpu")
	p.wait("ready", nil)
	d.do("key", "bracketright", "key", "braceright")
	var e map[string]any
	p.wait("photograph", nil)
	e = p.wait("photograph", nil)
	s := p.rest(nil)
	d.do("key", "p")
	wrote := p.wait("wrote", nil)
	file := filepath.Join(p.folder, wrote["files"].([]any)[0].(string))
	got := decode(t, file)

	// lfn render makes the same picture of the same camera.
	want := filepath.Join(t.TempDir(), "want.png")
	camera := e["split"].(string) + ":" + jsonText(e["index"])
	cmd := exec.Command(lfn, "render", model, "--camera", camera, "--size", "240x240", "--device", "cpu", "-o", want)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	d.wantSame(got, decode(t, want), 2)
	d.wantSame(d.area(s), decode(t, want), 2)

	// The photograph itself, once the data set is there.
	d.do("key", "g")
	p.wait("photographs", nil)
	p.wait("psnr", func(e map[string]any) bool { return e["psnr_db"].(float64) > 15 })
}

// TestGeometry presses the keys and buttons of what the network tells besides colours.
func TestGeometry(t *testing.T) {
	d := newDesktop(t, 400, 300)
	p := d.start("--size", "240x180", "--no-ui", "--device", "cpu", "--show", "depth")
	p.wait("ready", nil)
	s := p.rest(nil)
	m := builtIn(t)
	for _, tt := range []struct{ key, mode string }{{"4", "confidence"}, {"3", "normals"}, {"2", "depth"}} {
		d.do("key", tt.key)
		p.wait("mode", func(e map[string]any) bool { return e["mode"] == tt.mode })
		p.rest(nil)
	}
	shown := d.area(s)
	d.do("key", "p")
	file := filepath.Join(p.folder, p.wait("wrote", nil)["files"].([]any)[0].(string))
	upper := image.Rect(0, 0, 240, 120) // the scale is below
	saved := decode(t, file).(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(upper)
	d.wantSame(shown.SubImage(upper), saved, 2)

	// What is known best is where the hands point.
	var g render.Geometry
	if err := render.NewCPU(m.Network.Pack(), m.Scene).Geometry(context.Background(), &g, &s.Camera); err != nil {
		t.Fatal(err)
	}
	best := 0
	for i, c := range g.Confidence {
		if c > g.Confidence[best] {
			best = i
		}
	}
	x, y := best%s.Camera.Width, best/s.Camera.Width
	want, known := g.Point(&s.Camera, x, y)
	if !known {
		t.Fatal("nothing is known of the built-in scene")
	}
	at := func(e map[string]any) float64 {
		var p mgl64.Vec3
		if err := json.Unmarshal([]byte(jsonText(e["point"])), &p); err != nil {
			t.Fatal(err)
		}
		return p.Sub(want).Len() / m.Scene.Radius
	}
	click := []string{"click", "--repeat", "2", "--delay", "50", "1"}
	d.do("key", "1", "mousemove", jsonText(x), jsonText(y), "sleep", "0.1", "keydown", "shift")
	d.do(click...)
	d.do("keyup", "shift")
	if e := at(p.wait("focus", nil)); e > 0.02 {
		t.Errorf("the focus is %v radii from where the hands point", e)
	}
	if now := p.rest(func(s seen) bool { return s.Samples >= 8 }); now.Camera != s.Camera {
		t.Errorf("the camera has moved to %v", now.Camera)
	}
	d.do(click...)
	if e := at(p.wait("center", nil)); e > 0.02 {
		t.Errorf("the centre is %v radii from where the hands point", e)
	}
	now := p.rest(s.moved)
	if u, v, _, _ := now.Camera.Project(want); math.Hypot(u-120, v-90) > 2 {
		t.Errorf("the centre is seen at %v, %v, want the middle of the picture", u, v)
	}
}

func jsonText(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

func decode(t *testing.T, file string) image.Image {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestPanels(t *testing.T) {
	d := newDesktop(t, 1000, 700)
	p := d.start("--size", "900x600", "--device", "cpu")
	p.wait("ready", nil)
	s := p.rest(nil)
	if s.Area[2] >= 800 || s.Area[3] != 600 {
		t.Errorf("area = %v, want panels at the side of it", s.Area)
	}
	d.do("key", "Tab")
	s = p.rest(func(s seen) bool { return s.Area == [4]int{0, 0, 900, 600} })
	before := d.area(s)
	d.do("key", "question", "sleep", "0.5")
	if after := d.area(s); bytes.Equal(before.Pix, after.Pix) {
		t.Error("? shows no help")
	}
	d.do("key", "Escape", "sleep", "0.2", "key", "Tab")
	p.rest(func(s seen) bool { return s.Area[2] < 800 })

	d.do("search", "--name", "lfnview", "windowsize", "700", "500")
	p.rest(func(s seen) bool { return s.Area[3] == 500 })

	// The panels' keys are the panels', from the first on: K adds a keyframe elsewhere.
	d.do("key", "ctrl+o", "type", "--delay", "1", "kknothing.lfn")
	d.do("key", "Return")
	e := p.wait("message", func(e map[string]any) bool { return e["warning"] == true })
	if text := e["text"].(string); !strings.Contains(text, " kknothing.lfn:") && !strings.HasPrefix(text, "kknothing.lfn:") {
		t.Errorf("message %q, want it to name the file", text)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.seen {
		if e["event"] == "keyframe" {
			t.Error("what is typed acts on the scene")
		}
	}
}

func TestPath(t *testing.T) {
	d := newDesktop(t, 400, 300)
	p := d.start("--size", "240x180", "--no-ui", "--device", "cpu")
	p.wait("ready", nil)
	s := p.rest(nil)
	for range 3 {
		d.do("key", "k")
		p.wait("keyframe", nil)
		d.drag("1", 60, 90, 40, 0)
		s = p.rest(s.moved)
	}
	d.do("key", "ctrl+s")
	e := p.wait("wrote", nil)
	file := filepath.Join(p.folder, e["files"].([]any)[0].(string))
	m := builtIn(t)
	path, err := render.LoadPath(file, m.Scene)
	if err != nil {
		t.Fatal(err)
	}
	if len(path.Keys) != 3 {
		t.Errorf("%d keyframes, want 3", len(path.Keys))
	}
	d.do("key", "space")
	out := filepath.Join(t.TempDir(), "frame.png")
	cmd := exec.Command(lfnProgram(t), "render", "--path", file, "--size", "48x36", "--device", "cpu", "-o", out)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("lfn render --path: %v: %s", err, text)
	}
	d.do("key", "Escape", "sleep", "0.3", "key", "Escape") // it may still be playing
	if status := p.exit(); status != 0 {
		t.Errorf("status %d, want 0: %s", status, p.stderr.Bytes())
	}
}

// TestUnsavedPath: a window that is closed without asking loses no path.
func TestUnsavedPath(t *testing.T) {
	d := newDesktop(t, 400, 300)
	p := d.start("--size", "240x180", "--no-ui", "--device", "cpu")
	p.wait("ready", nil)
	d.do("key", "k")
	p.wait("keyframe", nil)
	closeWindow(d)
	if status := p.exit(); status != 0 {
		t.Errorf("status %d, want 0: %s", status, p.stderr.Bytes())
	}
	if _, err := render.LoadPath(filepath.Join(p.folder, "path.json"), builtIn(t).Scene); err != nil {
		t.Error(err)
	}
	if text := p.stderr.String(); !strings.Contains(text, "lfnview: the camera path was not saved: it is now in") {
		t.Errorf("%q, want a line that says where the path is", text)
	}
}

func TestTraining(t *testing.T) {
	d := newDesktop(t, 700, 500)
	p := d.start("--size", "600x400", "--train", "procedural:32", "-o", "live.lfn", "--preset", "tiny", "--time", "10m", "--device", "cpu")
	p.wait("ready", nil)
	first := p.wait("weights", func(e map[string]any) bool { return e["step"].(float64) > 0 })
	p.wait("weights", func(e map[string]any) bool {
		return e["train_psnr_db"].(float64) > first["train_psnr_db"].(float64)+3
	})
	d.do("mousemove", "200", "200", "key", "t")
	p.wait("paused", func(e map[string]any) bool { return e["paused"] == true })
	d.do("key", "ctrl+s")
	p.wait("saved", nil)
	if _, err := lfn.Open(filepath.Join(p.folder, "live.lfn")); err != nil {
		t.Error(err)
	}
	d.do("key", "t")
	p.wait("paused", func(e map[string]any) bool { return e["paused"] == false })
	p.wait("weights", nil)
	closeWindow(d)
	if status := p.exit(); status != 0 {
		t.Errorf("status %d, want 0: %s", status, p.stderr.Bytes())
	}
	m, err := lfn.Open(filepath.Join(p.folder, "live.lfn"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Training.Steps < int(first["step"].(float64)) {
		t.Errorf("the model has %d steps, want those that were seen", m.Training.Steps)
	}
}

// TestDisplayLost: the display goes away under a training network.
func TestDisplayLost(t *testing.T) {
	d := newDesktop(t, 400, 300)
	p := d.start("--size", "300x200", "--train", "procedural:32", "--preset", "tiny", "--time", "10m", "--device", "cpu")
	e := p.wait("weights", func(e map[string]any) bool { return e["step"].(float64) > 0 })
	d.server.Process.Kill()
	d.server.Wait()
	if status := p.exit(); status != 1 {
		t.Errorf("status %d, want 1", status)
	}
	m, err := lfn.Open(filepath.Join(p.folder, "procedural.lfn"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Training.Steps < int(e["step"].(float64)) {
		t.Errorf("the model has %d steps, want those that were seen", m.Training.Steps)
	}
	if text := p.stderr.String(); !strings.HasSuffix(text, "\n") || !strings.Contains(text, "display is gone; procedural.lfn has the model") {
		t.Errorf("%q, want a line that says what was saved", text)
	}
}

// TestDestroyedWindow: another program destroys the window over a training network.
func TestDestroyedWindow(t *testing.T) {
	d := newDesktop(t, 400, 300)
	p := d.start("--size", "300x200", "--train", "procedural:32", "--preset", "tiny", "--time", "10m", "--device", "cpu")
	p.wait("weights", func(e map[string]any) bool { return e["step"].(float64) > 0 })
	d.do("search", "--name", "lfnview", "windowclose")
	if status := p.exit(); status != 0 {
		t.Errorf("status %d, want 0", status)
	}
	if _, err := lfn.Open(filepath.Join(p.folder, "procedural.lfn")); err != nil {
		t.Error(err)
	}
	if text := p.stderr.String(); !strings.Contains(text, "the window is gone") || !strings.Contains(text, "procedural.lfn has the model") {
		t.Errorf("%q, want lines that say what happened and what was saved", text)
	}
}

// TestInterrupt: Ctrl-C saves, too.
func TestInterrupt(t *testing.T) {
	d := newDesktop(t, 400, 300)
	p := d.start("--size", "300x200", "--train", "procedural:32", "--preset", "tiny", "--time", "10m", "--device", "cpu")
	p.wait("weights", func(e map[string]any) bool { return e["step"].(float64) > 0 })
	p.cmd.Process.Signal(os.Interrupt)
	if status := p.exit(); status != 130 {
		t.Errorf("status %d, want 130", status)
	}
	if _, err := lfn.Open(filepath.Join(p.folder, "procedural.lfn")); err != nil {
		t.Error(err)
	}
}

func TestBrokenModel(t *testing.T) {
	d := newDesktop(t, 400, 300)
	file := filepath.Join(t.TempDir(), "broken.lfn")
	if err := os.WriteFile(file, []byte("nothing that is a model"), 0o666); err != nil {
		t.Fatal(err)
	}
	p := d.start("--size", "300x200", file)
	e := p.wait("message", func(e map[string]any) bool { return e["warning"] == true })
	if text := e["text"].(string); !strings.Contains(text, "broken.lfn") {
		t.Errorf("message %q, want it to name the file", text)
	}
	p.wait("ready", nil)
	p.rest(nil)
	closeWindow(d)
	if status := p.exit(); status != 0 {
		t.Errorf("status %d, want 0: %s", status, p.stderr.Bytes())
	}
}

// TestWarnings: what no window shows is told on stderr, and settings that cannot be kept are no more than a warning.
func TestWarnings(t *testing.T) {
	d := newDesktop(t, 400, 300)
	file := filepath.Join(t.TempDir(), "broken.lfn")
	if err := os.WriteFile(file, []byte("nothing that is a model"), 0o666); err != nil {
		t.Fatal(err)
	}
	p := d.prepare()
	p.config = "/proc" // where nobody can make a folder
	p.run("--size", "300x200", "--no-ui", "--device", "cpu", file)
	p.wait("ready", nil)
	d.do("key", "Escape")
	if status := p.exit(); status != 0 {
		t.Errorf("status %d, want 0: %s", status, p.stderr.Bytes())
	}
	for _, want := range []string{"broken.lfn: ", "settings: "} {
		if text := p.stderr.String(); !strings.Contains(text, want) {
			t.Errorf("%q, want a line with %q", text, want)
		}
	}
}

func TestFrames(t *testing.T) {
	d := newDesktop(t, 400, 300)
	var stdout bytes.Buffer
	cmd := exec.Command(os.Args[0], "--frames", "12", "--size", "160x120", "--device", "cpu")
	cmd.Env = append(os.Environ(), "LFNVIEW_TEST_MAIN=1", "DISPLAY="+d.display, "XDG_CONFIG_HOME="+t.TempDir())
	cmd.Stdout = &stdout
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Frames int     `json:"frames"`
		Size   [2]int  `json:"size"`
		Ms     float64 `json:"ms_per_frame"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, stdout.Bytes())
	}
	if got.Frames != 12 || !(got.Ms > 0) {
		t.Errorf("%s, want 12 frames and their time", stdout.Bytes())
	}
}

func TestNoDisplay(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DISPLAY=") && !strings.HasPrefix(v, "WAYLAND_DISPLAY=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "LFNVIEW_TEST_MAIN=1", "XDG_CONFIG_HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if status := cmd.ProcessState.ExitCode(); err == nil || status != 1 {
		t.Errorf("status %d, want 1", status)
	}
	if n := bytes.Count(out, []byte("\n")); n != 1 || !bytes.Contains(out, []byte("display")) {
		t.Errorf("%s: want one line that says that there is no display", out)
	}
}
