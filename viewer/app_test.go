//go:build cgo && linux && amd64

package viewer

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-gl/gl/v3.3-core/gl"
	"github.com/go-gl/glfw/v3.3/glfw"
	"github.com/go-gl/mathgl/mgl32"
	"github.com/go-gl/mathgl/mgl64"

	"lfnview/assets"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/render/gpu"
	"lfnview/render/look"
	"lfnview/train"
	"lfnview/train/dataset"
	"lfnview/viewer/motion"
	"lfnview/viewer/probe"
)

// TestMain starts a display that nobody sees.
func TestMain(m *testing.M) {
	os.Exit(withDisplay(m.Run))
}

var noDisplay error

func withDisplay(run func() int) int {
	r, w, err := os.Pipe()
	if err != nil {
		noDisplay = err
		return run()
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1300x900x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{w}
	if noDisplay = cmd.Start(); noDisplay != nil {
		return run()
	}
	w.Close()
	defer func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	}()
	number, err := bufio.NewReader(r).ReadString('\n')
	if noDisplay = err; err == nil {
		os.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
	}
	return run()
}

// newTestApp opens a window on the built-in scene. Windows need a thread of their own.
func newTestApp(t testing.TB, o Options) *app {
	t.Helper()
	if noDisplay != nil {
		if os.Getenv("LFN_NEED_GPU") != "" {
			t.Fatalf("no display: %v", noDisplay)
		}
		t.Skipf("no display: %v", noDisplay)
	}
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	m, err := assets.Scene()
	if err != nil {
		t.Fatal(err)
	}
	o.Model, o.Name = m, "the default scene"
	o.OpenData = func(context.Context, string, dataset.Options) (*dataset.Set, error) {
		return nil, fmt.Errorf("no data set here")
	}
	a, err := newApp(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	return a
}

// step makes one turn of the loop.
func (a *app) step(t testing.TB) {
	t.Helper()
	if err := a.turn(time.Now()); err != nil {
		t.Fatal(err)
	}
}

// settleDown makes turns until the picture at rest is whole.
func (a *app) settleDown(t testing.TB) {
	t.Helper()
	for a.rested != a.asked || !a.asked.rest {
		time.Sleep(time.Millisecond)
		a.step(t)
	}
}

func TestFramesWithoutGarbage(t *testing.T) {
	for _, device := range []string{"cpu", "gpu"} {
		for _, tt := range []struct {
			noUI bool
			mode look.Mode
		}{{true, look.Colors}, {false, look.Colors}, {true, look.Depth}} {
			t.Run(fmt.Sprintf("device=%s/noUI=%v/%s", device, tt.noUI, tt.mode), func(t *testing.T) {
				a := newTestApp(t, Options{Device: device, NoUI: tt.noUI, Size: [2]int{100, 80}})
				a.modes.setSpan(probe.Span{Near: 1, Far: 5}) // finding it does allocate, now and then
				a.setMode(tt.mode)
				turn := func() {
					a.move(motion.Orbit(a.view, a.up, 1, 0, 100, 80), time.Now())
					a.step(t)
				}
				for range 50 {
					turn()
				}
				// Panels are built anew some times a second only, which does allocate: the frames between are counted.
				const frames = 20
				least := uint64(math.MaxUint64)
				for round := 0; round < 30 && least >= frames; round++ {
					var before, after runtime.MemStats
					runtime.ReadMemStats(&before)
					for range frames {
						a.ui.wants, a.ui.built = 0, time.Now()
						turn()
					}
					runtime.ReadMemStats(&after)
					least = min(least, after.Mallocs-before.Mallocs)
				}
				if least >= frames {
					t.Errorf("%d frames allocate %d times, want 0 a frame", frames, least)
				}
			})
		}
	}
}

// losing is a painter whose context is thrown away, once.
type losing struct{ painter }

func (losing) advance(time.Duration) (bool, error) { return false, gpu.ErrLost }

func TestLostContext(t *testing.T) {
	a := newTestApp(t, Options{Device: "gpu", Size: [2]int{120, 90}})
	a.settings.Samples = 1
	a.settleDown(t)
	old, view := a.win, a.view
	a.painter = losing{a.painter}
	a.step(t)
	if a.win == old {
		t.Error("the window is the old one")
	}
	a.settleDown(t)
	if a.view != view {
		t.Errorf("view %v, want %v", a.view, view)
	}
	if pic := a.painter.picture(); pic.texture == 0 {
		t.Error("there is no picture")
	}
	if n := len(a.messages.list); n == 0 || !strings.Contains(a.messages.list[n-1].text, "context was lost") {
		t.Errorf("messages %v, want one of the lost context", a.messages.list)
	}
}

// pixels is what the window shows of the scene.
func (a *app) pixels() *image.NRGBA {
	w, h := a.area.w, a.area.h
	a.draw()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	gl.ReadPixels(int32(a.area.x), int32(a.win.height-a.area.y-h), int32(w), int32(h), gl.RGBA, gl.UNSIGNED_BYTE, gl.Ptr(img.Pix))
	for y := range h / 2 { // rows came from the bottom up
		top, bottom := img.Pix[4*y*w:][:4*w], img.Pix[4*(h-1-y)*w:][:4*w]
		for i := range top {
			top[i], bottom[i] = bottom[i], top[i]
		}
	}
	return img
}

// TestCompare looks at a photograph that is red on the left and half transparent blue on the right.
func TestCompare(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{200, 100}})
	a.settings.Samples = 1
	v := &a.photos.views[0]
	v.Camera = v.Camera.Scaled(10, 10)
	v.w, v.h, v.pix = 10, 10, make([]byte, 400)
	for i := range 100 {
		if i%10 < 5 {
			copy(v.pix[4*i:], []byte{255, 0, 0, 255})
		} else {
			copy(v.pix[4*i:], []byte{0, 0, 255, 128})
		}
	}
	a.model.Background = [3]float32{1, 1, 1}
	a.photos.goTo(a, 0)
	a.settleDown(t)
	render := a.pixels()
	red, blue := color.NRGBA{255, 0, 0, 255}, color.NRGBA{127, 127, 255, 255}
	for _, tt := range []struct {
		mode comparison
		x    int
		want color.NRGBA // zero: what is rendered there
	}{
		{onlyPhotograph, 60, red}, {onlyPhotograph, 140, blue}, {onlyPhotograph, 20, color.NRGBA{}}, {onlyPhotograph, 180, color.NRGBA{}},
		{wiped, 60, red}, {wiped, 140, color.NRGBA{}},
		{onlyPicture, 60, color.NRGBA{}},
	} {
		a.photos.mode, a.photos.wipe = tt.mode, 0.4
		want := tt.want
		if want == (color.NRGBA{}) {
			want = render.NRGBAAt(tt.x, 50)
		}
		if got := a.pixels().NRGBAAt(tt.x, 50); !near(got, want, 1) {
			t.Errorf("mode %d at x = %d: %v, want %v", tt.mode, tt.x, got, want)
		}
	}
	a.photos.mode = heatedMap
	if got := a.pixels().NRGBAAt(100, 95); got.R == 0 {
		t.Errorf("error map is %v where the photograph is far from the render", got)
	}
}

// TestEscape: what is not saved asks for a second Esc, and what is undone is as it was.
func TestEscape(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	a.path.add(a)
	a.path.add(a)
	a.path.undo(a)
	if n := len(a.path.path.Keys); n != 1 {
		t.Errorf("%d keyframes after two and an undo, want 1", n)
	}
	if a.escape(); a.quit {
		t.Error("Esc closes the window over a path that is not saved")
	}
	if a.escape(); !a.quit {
		t.Error("a second Esc does not close the window")
	}
	a.quit, a.escaped = false, time.Time{}
	a.path.file = filepath.Join(t.TempDir(), "path.json")
	a.path.save(a)
	if a.escape(); !a.quit {
		t.Error("Esc does not close the window when the path is saved")
	}
}

// TestPathFiles: no file is overwritten but the one that has the path, and no path is lost.
func TestPathFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	keys := func(want map[string]int) {
		t.Helper()
		for file, n := range want {
			if p, err := render.LoadPath(file, a.model.Scene); err != nil || len(p.Keys) != n {
				t.Errorf("%s: %v, %v, want %d keyframes", file, p, err, n)
			}
		}
	}
	a.path.add(a)
	a.path.save(a)
	a.path.clear()
	a.path.add(a)
	a.path.add(a)
	a.path.save(a) // of another path
	keys(map[string]int{"path.json": 1, "path-2.json": 2})
	if err := a.openFile("path.json"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		a.path.add(a)
	}
	a.path.save(a)
	keys(map[string]int{"path.json": 3, "path-2.json": 2})
	for range 3 { // back to the path before the file was opened
		a.path.undo(a)
	}
	a.path.add(a)
	a.path.save(a)
	keys(map[string]int{"path.json": 3, "path-2.json": 3})
	a.path.add(a)
	if err := a.end(); err != nil {
		t.Fatal(err)
	}
	keys(map[string]int{"path.json": 3, "path-2.json": 3, "path-2-2.json": 4})
}

// TestFilmStopped: what is being made is stopped also where the window has much to hear of first.
func TestFilmStopped(t *testing.T) {
	t.Chdir(t.TempDir())
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{60, 40}})
	for range cap(a.jobs) {
		a.jobs <- func() {}
	}
	a.film.picture(a)
	ended := a.film.ended
	a.film.stop()
	select {
	case <-ended:
	default:
		t.Error("after stop, a picture is still being made")
	}
	if a.film.running() {
		t.Error("after stop, the film is said to be running")
	}
}

// TestFilmNowhere: that a film cannot be written is told before it is rendered.
func TestFilmNowhere(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	a.path.add(a)
	a.film.file = "/proc/film.gif" // where nobody can make a file
	a.film.record(a)
	if n := len(a.messages.list); a.film.running() || n == 0 || !strings.Contains(a.messages.list[n-1].text, "cannot write "+a.film.file) {
		t.Errorf("messages %v, want one that the film cannot be written", a.messages.list)
	}
}

// TestLookThrough: a photograph's camera leads to the photograph.
func TestLookThrough(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	cam := a.photos.views[5].Camera
	if a.lookThrough(&cam); a.photos.at != 5 {
		t.Errorf("at photograph %d, want 5", a.photos.at)
	}
	cam.Pose.Pos[0] += a.model.Scene.Radius
	if a.lookThrough(&cam); a.photos.at != -1 || a.view.Pose != cam.Pose {
		t.Errorf("at photograph %d and %v, want none and %v", a.photos.at, a.view.Pose, cam.Pose)
	}
}

// TestNearest: there is one, however far away they are.
func TestNearest(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	for i := range a.photos.views {
		a.photos.views[i].Pose.Pos[0] = 1e300
	}
	if got := a.photos.nearest(a); got != 0 {
		t.Errorf("nearest is %d, want 0 where all are as far", got)
	}
	a.photos.step(a, 1)
}

// TestNoModel: there is no view to keep before a model is loaded.
func TestNoModel(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	a.model = nil
	for _, mods := range []glfw.ModifierKey{glfw.ModControl, 0} {
		a.key(&event{kind: keyed, key: glfw.Key1, mods: mods, down: true}, time.Now())
	}
	if len(a.settings.Bookmarks) > 0 {
		t.Errorf("bookmarks %v, want none", a.settings.Bookmarks)
	}
}

// TestNumberKeys: alone they are modes; with Ctrl they store a bookmark, and with Alt they go there.
func TestNumberKeys(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	press := func(key glfw.Key, mods glfw.ModifierKey) {
		a.key(&event{kind: keyed, key: key, mods: mods, down: true}, time.Now())
	}
	home := a.view
	press(glfw.Key3, glfw.ModControl)
	if a.modes.mode != look.Colors || a.bookmarks()[2] == nil {
		t.Errorf("Ctrl+3 shows %v and stores %v, want a bookmark of colours", a.modes.mode, a.bookmarks())
	}
	for i, want := range []look.Mode{look.Colors, look.Depth, look.Normals, look.Confidence} {
		if press(glfw.Key1+glfw.Key(i), 0); a.modes.mode != want {
			t.Errorf("%d shows %v, want %v", i+1, a.modes.mode, want)
		}
	}
	a.jump(motion.Orbit(a.view, a.up, 20, 0, 80, 80))
	if press(glfw.Key3, glfw.ModAlt); a.flown < 0 || a.modes.mode != look.Confidence {
		t.Errorf("Alt+3 shows %v and flies nowhere", a.modes.mode)
	}
	a.until(t, func() bool { return a.flown < 0 })
	if a.view != home {
		t.Errorf("Alt+3 goes to %v, want %v", a.view, home)
	}
}

// TestFailedTraining: a run that ends at once is not waited for.
func TestFailedTraining(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", Size: [2]int{300, 200}})
	a.model = nil
	a.Train = &train.Run{Set: &dataset.Set{Path: "nothing"}, Out: filepath.Join(t.TempDir(), "a.lfn")}
	if err := a.live.start(a); err != nil {
		t.Fatal(err)
	}
	<-a.live.ended
	if a.live.running() || a.live.failed() == nil {
		t.Errorf("running %v, failed %v, want an end with an error", a.live.running(), a.live.failed())
	}
	a.ui.build(time.Now(), a.buildPanels)
	if err := a.end(); err == nil {
		t.Error("the end of the window says nothing of it")
	}
}

// TestOwnCard: at a photograph, its own card in the scene does not hide what is rendered.
func TestOwnCard(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	a.settings.Samples = 1
	for i := range a.photos.views {
		v := &a.photos.views[i]
		v.w, v.h, v.pix = 1, 1, []byte{255, 0, 255, 255}
	}
	a.photos.goTo(a, 3)
	a.settleDown(t)
	want := a.pixels().NRGBAAt(40, 40)
	a.jump(a.home())
	a.settleDown(t)
	a.photos.frusta = true
	a.photos.data = "some"
	a.photos.makeThumbnails(a)
	a.overlayChanged()
	a.photos.goTo(a, 3)
	a.settleDown(t)
	if got := a.pixels().NRGBAAt(40, 40); !near(got, want, 1) {
		t.Errorf("the middle is %v with the cameras shown, want %v", got, want)
	}
}

func near(a, b color.NRGBA, by int) bool {
	for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
		if d > by || d < -by {
			return false
		}
	}
	return true
}

// TestProjection: lines lie where the camera sees their points.
func TestProjection(t *testing.T) {
	f := plucker.UnitFrame()
	v := motion.Home(f, 1.5)
	cam := v.Camera(300, 200)
	cam.Intrinsics.Cx, cam.Intrinsics.Cy = 140, 110
	m := projection(&cam, f)
	for _, p := range []mgl64.Vec3{{0, 0, 0}, {0.5, -0.2, 0.3}, {-0.7, 0.4, -0.1}} {
		u, w, _, ok := cam.Project(p)
		q := m.Mul4x1(mgl32.Vec4{float32(p[0]), float32(p[1]), float32(p[2]), 1})
		x, y := (float64(q[0]/q[3])+1)/2*300, (1-float64(q[1]/q[3]))/2*200
		if !ok || math.Abs(x-u) > 1e-3 || math.Abs(y-w) > 1e-3 {
			t.Errorf("%v is drawn at %v, %v, want %v, %v", p, x, y, u, w)
		}
	}
}

// TestUnproject: as the camera has it, and near it where a fisheye sees what is behind.
func TestUnproject(t *testing.T) {
	cam := motion.Home(plucker.UnitFrame(), 1).Camera(100, 80)
	if got, want := unproject(&cam, 3, 70, 2), cam.Unproject(3, 70, 2); got.Sub(want).Len() > 1e-9 {
		t.Errorf("%v, want %v", got, want)
	}
	cam.Distortion.Fisheye = true
	cam.Intrinsics.Fx = 50 / (110 * math.Pi / 180)
	if got := unproject(&cam, 0, 40, 2).Sub(cam.Pose.Pos).Len(); !(got < 20.1) {
		t.Errorf("%v away, want at most 20", got)
	}
}

// BenchmarkPanels builds all panels once, without drawing them: what a frame pays for them at most.
func BenchmarkPanels(b *testing.B) {
	a := newTestApp(b, Options{Device: "cpu", Size: [2]int{1280, 800}})
	a.settings.Samples = 1
	a.settleDown(b)
	for b.Loop() {
		a.ui.build(time.Now(), a.buildPanels)
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N), "ms/build")
}

// TestOpenAtOnce: what is typed in the same frame as Ctrl+O comes into the field once, and whole.
func TestOpenAtOnce(t *testing.T) {
	a := newTestApp(t, Options{Device: "cpu", Size: [2]int{500, 300}})
	a.panels = true
	const name = "/a/long/name/of/a/file/that/is/typed/fast.lfn"
	press := func(key glfw.Key, mods glfw.ModifierKey) {
		for _, down := range []bool{true, false} {
			a.events = append(a.events, event{kind: keyed, key: key, mods: mods, down: down})
		}
	}
	press(glfw.KeyO, glfw.ModControl)
	for _, c := range name {
		press(glfw.KeyA, 0) // some key
		a.events = append(a.events, event{kind: typed, char: c})
	}
	press(glfw.KeyEnter, 0)
	a.until(t, func() bool { return len(a.messages.list) > 0 })
	if got := a.messages.list[0].text; !strings.HasPrefix(got, name+": ") {
		t.Errorf("message %q, want one of %s", got, name)
	}
}
