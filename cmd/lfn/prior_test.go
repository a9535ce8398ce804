package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/train/dataset"
	"lfnview/train/prior"
)

// smallPrior makes the folder dir of figures, one of which is held out, and beside it a small prior of them that has learned
// next to nothing. It returns the prior's name.
func smallPrior(t *testing.T, dir string) string {
	t.Helper()
	o := dataset.GenerateOptions{Instances: 5, Views: 4, Size: 8, Samples: 1, Holdout: 5}
	if err := dataset.Generate(t.Context(), dir, "shepard-metzler", o); err != nil {
		t.Fatal(err)
	}
	return priorOf(t, dir)
}

// priorOf makes a small prior of the instances in dir, beside that.
func priorOf(t *testing.T, dir string) string {
	t.Helper()
	class, err := dataset.OpenClass(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := lfn.HyperPreset("film")
	if err != nil {
		t.Fatal(err)
	}
	c.Latent, c.Width, c.Network.Encoding.Points, c.Network.Hidden = 16, 16, 2, []int{16}
	tr, err := prior.New(class, prior.Options{Config: c, Steps: 2, Rays: 16, Background: [3]float32{1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if err := tr.Run(t.Context(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	name := dir + ".prior"
	if err := tr.Prior().Save(name); err != nil {
		t.Fatal(err)
	}
	return name
}

// runJSON runs a command that prints one JSON object.
func runJSON(t *testing.T, into any, args ...string) (stderr string) {
	t.Helper()
	status, stdout, stderr := lfnRun(t, append(args, "--json")...)
	if status != 0 {
		t.Fatalf("lfn %v: exit status %d, stderr %q", args, status, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), into); err != nil {
		t.Fatalf("lfn %v prints %q: %v", args, stdout, err)
	}
	return stderr
}

func TestPrior(t *testing.T) {
	t.Chdir(t.TempDir())
	name := smallPrior(t, "figures")

	var trained priorResult
	stderr := runJSON(t, &trained, "train", "--prior", "figures", "-o", "again.prior", "--steps", "3", "--batch", "64", "--report", "report")
	if trained.Steps != 3 || trained.Instances != 4 || trained.Test == nil || len(trained.Test.Instances) != 1 || trained.Train.PSNRdB < 3 {
		t.Errorf("train --prior: %+v", trained)
	}
	if !strings.Contains(stderr, "4 instances to train on, 1 held out") || !strings.HasSuffix(stderr, "\nmeasuring 5 instances\n") {
		t.Errorf("train --prior says %q", stderr)
	}
	if _, err := os.Stat("report/report.html"); err != nil {
		t.Error(err)
	}

	stripes := render.NewImage(8, 8)
	for i := range stripes.Pix {
		stripes.Pix[i] = float32(i / 3 % 2)
	}
	if err := stripes.SavePNG("photo.png"); err != nil {
		t.Fatal(err)
	}

	var class classInfo
	runJSON(t, &class, "dataset", "info", "figures")
	if class.Instances != (counts{4, 1}) || class.Instance != "test/000000" || class.Views != 4 || class.Size != [2]int{8, 8} || class.Classes != nil {
		t.Errorf("info of a folder of many: %+v", class)
	}

	var about priorInfo
	runJSON(t, &about, "prior", "info", name)
	if about.Instances != 4 || about.Conditioning != lfn.HyperFilm || about.Bytes == 0 || len(about.Components) == 0 || len(about.Names) != 4 || about.Names[3] != "train/000004" {
		t.Errorf("prior info: %+v", about)
	}
	if status, stdout, _ := lfnRun(t, "info", name); status != 0 || !strings.Contains(stdout, "film, latents of 16 numbers") {
		t.Errorf("prior info: exit status %d, %q", status, stdout)
	}

	var found reconstructed
	runJSON(t, &found, "reconstruct", name, "--instance", "figures/test/000000/", "-o", "a.lfn", "--steps", "20", "--refine", "5")
	if found.PSNRdB < 3 || found.OthersPSNRdB < 3 || found.Orbit != nil || len(found.Nearest) != 3 || found.Bytes == 0 {
		t.Errorf("reconstruct --instance: %+v", found)
	}
	view := "figures/test/000000/rgb/000000.png"
	var own, same reconstructed
	stderr = runJSON(t, &own, "reconstruct", name, view, "-o", "b.lfn", "--steps", "20")
	runJSON(t, &same, "reconstruct", name, "--instance", "figures/test/000000", "-o", "b.lfn", "--steps", "20")
	if own.Orbit != nil || own.PSNRdB != same.PSNRdB || !strings.HasPrefix(stderr, view+": the camera is its own, of the instance that it is in; --search looks for one\n") {
		t.Errorf("reconstruct of a photograph in an instance: %+v, want %+v; stderr %q", own, same, stderr)
	}
	stderr = runJSON(t, &found, "reconstruct", name, view, "--search", "-o", "b.lfn", "--steps", "20")
	if len(found.Orbit) != 3 || found.Orbit[2] < 1 || !strings.HasPrefix(stderr, "searching for the camera of "+view+"\n") {
		t.Errorf("reconstruct --search: %+v, %q", found, stderr)
	}
	copied := "copied.png"
	if err := os.WriteFile(copied, readFile(t, view), 0o666); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := lfnRun(t, "reconstruct", name, copied, "-o", "b.lfn", "--steps", "1"); status != 0 || !strings.HasSuffix(stderr, "\nlook at it from there: lfn render b.lfn --camera train:0 -o view.png\n") {
		t.Errorf("reconstruct of a photograph in no instance: exit status %d, %q", status, stderr)
	}
	for _, tt := range []struct{ args, want string }{
		{"figures/train/000001/rgb/000000.png figures/train/000001/rgb/000001.png --camera train:0 --camera figures/train/000001:train:0", ": the 2 photographs given "},
		{"figures/train/000001/rgb/000000.png figures/train/000001/rgb/000001.png", ": the 2 photographs given "},
		{"--instance figures/train/000001 --from-views 0,2-3", ": the 3 photographs given "},
		{"figures/train/000001/rgb/000000.png --orbit 30,20 --fov 30", ": the photograph given "},
	} {
		args := strings.Fields(tt.args)
		status, _, stderr := lfnRun(t, append([]string{"reconstruct", name, "-o", "c.lfn", "--steps", "20"}, args...)...)
		if status != 0 || !strings.Contains(stderr, "wrote c.lfn") || !strings.Contains(stderr, tt.want) {
			t.Errorf("reconstruct %v: exit status %d, %q", args, status, stderr)
		}
	}
	if status, _, stderr := lfnRun(t, "reconstruct", name, "photo.png", "--orbit", "0,0", "-o", "d.lfn", "--steps", "1"); status != 0 || !strings.Contains(stderr, "warning: photo.png is told with") {
		t.Errorf("reconstruct of something else: exit status %d, %q", status, stderr)
	}
	for _, file := range []string{"a.lfn", "b.lfn", "c.lfn"} {
		m, err := lfn.Open(file)
		if err != nil {
			t.Error(err)
		} else if len(m.Cameras) == 0 {
			t.Errorf("%s has no cameras", file)
		}
	}

	var evaluated priorEvaluation
	runJSON(t, &evaluated, "eval", name, "figures", "--input-view", "1", "--images", "pictures")
	if evaluated.InputView == nil || *evaluated.InputView != 1 || evaluated.InputViews != "" || evaluated.PSNRdB < 3 || evaluated.Baselines.Nearest.PSNRdB < 3 || evaluated.Baselines.Mean.PSNRdB < 3 || len(evaluated.Instances) != 1 {
		t.Errorf("eval: %+v", evaluated)
	}
	if _, err := os.Stat(filepath.Join("pictures", "test-000000.png")); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile("views.txt", []byte("test 000000 1\ntest nowhere 2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	var listed priorEvaluation
	stderr = runJSON(t, &listed, "eval", name, "figures", "--input-view", "views.txt")
	if !strings.Contains(stderr, "note: views.txt: says the view of 1 instance that figures has not, such as test nowhere\n") {
		t.Errorf("eval by a list with a line too many: %q", stderr)
	}
	if listed.InputView != nil || listed.InputViews != "views.txt" || listed.PSNRdB != evaluated.PSNRdB || listed.Instances[0].InputView != 1 {
		t.Errorf("eval by a list: %+v, want what view 1 has: %+v", listed, evaluated)
	}
	more := dataset.GenerateOptions{Instances: 3, Views: 3, Size: 8, Samples: 1, Holdout: 2}
	if err := dataset.Generate(t.Context(), "both/b", "shepard-metzler", more); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../figures", "both/a"); err != nil {
		t.Fatal(err)
	}
	var both priorEvaluation
	runJSON(t, &both, "eval", name, "both", "--input-view", "1")
	want := map[string]float64{"a": both.Instances[0].PSNRdB, "b": (both.Instances[1].PSNRdB + both.Instances[2].PSNRdB) / 2}
	if len(both.Instances) != 3 || len(both.Classes) != 2 || math.Abs(both.ClassMean.PSNRdB-(want["a"]+want["b"])/2) > 1e-9 {
		t.Errorf("eval of two classes: %+v", both)
	}
	for class, s := range both.Classes {
		if math.Abs(s.PSNRdB-want[class]) > 1e-9 {
			t.Errorf("eval of two classes: %s has %v, want %v", class, s, want[class])
		}
	}
	if status, stdout, _ := lfnRun(t, "eval", name, "both"); status != 0 || !strings.Contains(stdout, "\nmean of 2 classes ") || strings.Count(stdout, "  nearest ") != 7 || !strings.Contains(stdout, "\nmean of 3 instances ") {
		t.Errorf("eval of two classes: exit status %d, %q, want nearest and mean in 3+2+1+1 lines", status, stdout)
	}
	if both.Instances[0].TakenFor != "" || about.Classes[0].Name != "" {
		t.Errorf("a prior of one class tells classes apart: %+v, %+v", about.Classes, both.Instances[0])
	}
	if status, stdout, _ := lfnRun(t, "eval", name, "figures", "--split", "train", "--instances", "2", "--max-size", "4"); status != 0 || !strings.Contains(stdout, "mean of 2 instances ") || strings.Contains(stdout, "nearest 200.00") {
		t.Errorf("eval --split train: exit status %d, %q", status, stdout)
	}

	smallSet := dataset.GenerateOptions{Instances: 3, Views: 3, Size: 8, Samples: 1}
	if err := dataset.Generate(t.Context(), "rooms", "rooms", smallSet); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename("rooms/train/000001", "rooms/train/a"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename("rooms/train/000002", "rooms/train/b"); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]int{"figures": 0, "figures/train": 0, "rooms": 2} {
		status, _, stderr := lfnRun(t, "eval", name, dir)
		if status != 0 || strings.Count(stderr, "note: "+dir+": ") != want {
			t.Errorf("eval %s: exit status %d, %q, want %d notes", dir, status, stderr, want)
		}
	}

	for _, args := range [][]string{
		{"sample", name, "-o", "some.png", "--size", "12"},
		{"sample", name, "-o", "new.png", "--size", "12", "--random", "--count", "3"},
		{"sample", name, "-o", "one.png", "--instance", "000002"},
		{"sample", name, "-o", "one.lfn", "--instance", "train/000003"},
		{"interpolate", name, "0", "train/000002", "-o", "blend.gif", "--frames", "3", "--size", "16x16", "--turn", "90"},
		{"interpolate", name, "0", "1", "-o", "blend.png", "--frames", "2", "--size", "16x16", "--orbit", "0,10"},
	} {
		if status, _, stderr := lfnRun(t, append([]string{"prior"}, args...)...); status != 0 || !strings.Contains(stderr, "wrote ") {
			t.Errorf("lfn prior %v: exit status %d, %q", args, status, stderr)
		}
	}
	for count, want := range map[string]string{"9": "wrote some.png, all of 4 instances\n", "3": "wrote some.png, 3 of 4 instances\n"} {
		if status, _, stderr := lfnRun(t, "prior", "sample", name, "-o", "some.png", "--size", "12", "--count", count); status != 0 || stderr != want {
			t.Errorf("sample --count %s: exit status %d, %q, want %q", count, status, stderr, want)
		}
	}
	if status, _, stderr := lfnRun(t, "prior", "interpolate", name, "0", "1", "-o", "blend.png", "--frames", "3", "--size", "8x8"); status != 0 || stderr != "wrote blend-0000.png … blend-0002.png, 0 to 1\n" {
		t.Errorf("interpolate to pictures: exit status %d, %q", status, stderr)
	}
	if status, _, stderr := lfnRun(t, "render", "one.lfn", "-o", "one-view.png", "--size", "16x16"); status != 0 {
		t.Errorf("render of a decoded instance: exit status %d, %q", status, stderr)
	}
}

// TestPriorClasses: what is made of a prior of figures and rooms is as large as those, by --class or as it is found.
func TestPriorClasses(t *testing.T) {
	t.Chdir(t.TempDir())
	small := dataset.GenerateOptions{Instances: 3, Views: 3, Size: 8, Samples: 1, Holdout: 3}
	for dir, kind := range map[string]string{"both/figures": "shepard-metzler", "both/rooms": "rooms"} {
		if err := dataset.Generate(t.Context(), dir, kind, small); err != nil {
			t.Fatal(err)
		}
	}
	name := priorOf(t, "both")
	var about priorInfo
	runJSON(t, &about, "prior", "info", name)
	if c := about.Classes; len(c) != 2 || c[0].Name != "figures" || c[0].Instances != 2 || c[1].Name != "rooms" || !(c[0].Radius > 4*c[1].Radius) {
		t.Errorf("prior info: %+v, want figures, and rooms which are smaller", c)
	}
	if status, stdout, _ := lfnRun(t, "info", name); status != 0 || !strings.Contains(stdout, "rooms 2 instances, scenes of radius 0.") {
		t.Errorf("prior info: exit status %d, %q", status, stdout)
	}
	room := "both/rooms/test/000000/rgb/000000.png"
	for _, tt := range []struct {
		args string
		want int // exit status
		text string
	}{
		{"reconstruct both.prior -o x.lfn --steps 3 --class rooms " + room, 0, "it is as large as those of the class rooms\n"},
		{"reconstruct both.prior -o x.lfn --steps 3 --class rooms --instance both/rooms/test/000000", 0, ""},
		{"reconstruct both.prior -o x.lfn --steps 3 --class rooms --orbit 30,20 " + room, 0, ""},
		{"reconstruct both.prior -o x.lfn --steps 3 --class rooms --camera train:1 " + room, 0, ""},
		{"prior sample both.prior -o x.lfn --instance rooms/train/000001", 0, ""},
		{"prior sample both.prior -o x.png --size 12", 0, ""},
		{"prior sample both.prior -o x.png --size 12 --count 3 --random", 0, ""},
		{"prior interpolate both.prior 0 rooms/train/000002 -o x.gif --frames 3 --size 16x16", 0, ""},
		{"reconstruct both.prior -o y.lfn --steps 3 --class cars " + room, 1, `class is "cars", want one of figures, rooms`},
		{"reconstruct both.prior -o y.lfn --steps 3 --orbit 30,20 " + room, 2, "both.prior has 2 classes, which may be of different sizes: say by --class"},
		{"reconstruct both.prior -o y.lfn --steps 3 --camera train:1 " + room, 2, "both.prior has 2 classes"},
		{"reconstruct both.prior -o y.lfn --steps 3 --camera both/rooms/test/000000:train:1 " + room, 0, ""},
		{"eval both.prior both --json", 0, ""},
	} {
		if err := os.RemoveAll("x.lfn"); err != nil {
			t.Fatal(err)
		}
		status, stdout, stderr := lfnRun(t, strings.Fields(tt.args)...)
		if status != tt.want || !strings.Contains(stderr, tt.text) {
			t.Errorf("lfn %s: exit status %d, %q, want %d, %q", tt.args, status, stderr, tt.want, tt.text)
		}
		if strings.Contains(tt.args, "-o x.lfn") {
			if m, err := lfn.Open("x.lfn"); err != nil || m.Scene.Radius != about.Classes[1].Radius {
				t.Errorf("lfn %s: %v, %v, want a radius of %v", tt.args, m, err, about.Classes[1].Radius)
			}
		}
		if strings.HasPrefix(tt.args, "eval") && strings.Count(stdout, `"taken_for"`) != 2 {
			t.Errorf("lfn %s prints %s, want of 2 instances what they are taken for", tt.args, stdout)
		}
	}
}

// A name of digits is not taken for the number of another instance.
func TestFindInstance(t *testing.T) {
	p := &lfn.Prior{Instances: []lfn.Instance{{Name: "train/000001"}, {Name: "train/000002"}, {Name: "a/000003"}, {Name: "b/000003"}, {Name: "b/7"}}}
	for _, tt := range []struct {
		text string
		want int
		err  string
	}{
		{"0", 0, ""},
		{"1", 1, ""},
		{"000001", 0, ""},
		{"000002", 1, ""},
		{"000004", 4, ""}, // none ends like that
		{"7", 4, ""},
		{"b/000003", 3, ""},
		{"000003", 0, "instance 000003: both a/000003 and b/000003 end like that"},
		{"8", 0, "instance 8: there is none: want a number from 0 to 4, or a name such as train/000001"},
	} {
		got, err := findInstance(p, tt.text)
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%s: error %v, want %q", tt.text, err, tt.err)
			}
		} else if err != nil || got != tt.want {
			t.Errorf("%s: instance %d, %v; want %d", tt.text, got, err, tt.want)
		}
	}
}

// onGreen writes what a photograph over white shows over green, and a mask of it.
func onGreen(t *testing.T, photo, green, mask string) {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(readFile(t, photo)))
	if err != nil {
		t.Fatal(err)
	}
	over, object := image.NewNRGBA(m.Bounds()), image.NewGray(m.Bounds())
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			if r, g, b, _ := m.At(x, y).RGBA(); min(r, g, b) == 0xffff {
				over.Set(x, y, color.NRGBA{0, 255, 0, 255})
				continue
			}
			over.Set(x, y, m.At(x, y))
			object.Set(x, y, color.White)
		}
	}
	for name, m := range map[string]image.Image{green: over, mask: object} {
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// Without its background a photograph is what it is over that of the prior.
func TestReconstructCutsOut(t *testing.T) {
	t.Chdir(t.TempDir())
	name := smallPrior(t, "figures")
	white := "figures/test/000000/rgb/000000.png"
	onGreen(t, white, "green.png", "mask.png")
	of := func(args ...string) (r reconstructed) {
		runJSON(t, &r, append([]string{"reconstruct", name, "--orbit", "30,20", "-o", "x.lfn", "--steps", "3"}, args...)...)
		return r
	}
	want := of(white)
	for _, args := range [][]string{{"green.png", "--mask", "mask.png"}, {"green.png", "--background", "#00ff00"}, {white, "--background", "white"}} {
		if got := of(args...); got.PSNRdB != want.PSNRdB || got.Nearest[0] != want.Nearest[0] {
			t.Errorf("reconstruct %v: %+v, want %+v", args, got, want)
		}
	}
	if got := of("green.png"); got.PSNRdB == want.PSNRdB {
		t.Errorf("green makes no difference: %+v", got)
	}
	two := []string{"green.png", white, "--orbit", "30,40"}
	if got, want := of(append(two, "--mask", "mask.png", "--mask", "mask.png")...), of(white, white, "--orbit", "30,40"); got.PSNRdB != want.PSNRdB {
		t.Errorf("two photographs have %v dB, want %v", got.PSNRdB, want.PSNRdB)
	}
}

// TestReconstructNotes: what is odd in a photograph is said before it is reconstructed.
func TestReconstructNotes(t *testing.T) {
	t.Chdir(t.TempDir())
	name := smallPrior(t, "figures")
	onGreen(t, "figures/test/000000/rgb/000000.png", "green.png", "mask.png")
	wide := render.NewImage(16, 8)
	for i := range wide.Pix {
		wide.Pix[i] = float32(i / 24 % 2)
	}
	outside := render.NewImage(8, 8)
	for y := range 8 {
		for x := range 8 {
			if x == 0 || y == 0 || x == 7 || y == 7 {
				copy(outside.Pix[3*(8*y+x):], []float32{1, 1, 1})
			}
		}
	}
	for file, m := range map[string]*render.Image{"wide.png": wide, "outside.png": outside} {
		if err := m.SavePNG(file); err != nil {
			t.Fatal(err)
		}
	}
	const aspect = "wide.png: 16×8 pixels where the aspect of 8×8 is wanted: its middle, 8×8, is taken\n"
	for _, tt := range []struct{ args, want string }{
		{"wide.png --orbit 0,0", aspect},
		{"wide.png --camera train:1", aspect + "wide.png: camera train:1 is that of rgb/000001.png\n"},
		{"wide.png --search", aspect},
		{"wide.png --orbit 0,0 --fov 40", ""},
		{"green.png --orbit 0,0 --mask outside.png", "green.png: mask outside.png is white along its edges and black within"},
		{"figures/test/000000/rgb/000000.png --camera figures/train/000002:train:1", "figures/test/000000/rgb/000000.png: camera figures/train/000002:train:1 is that of rgb/000002.png\n"},
	} {
		status, _, stderr := lfnRun(t, append([]string{"reconstruct", name, "-o", "x.lfn", "--steps", "1"}, strings.Fields(tt.args)...)...)
		if status != 0 || !strings.HasPrefix(stderr, tt.want) || tt.want == "" && strings.Contains(stderr, "aspect") {
			t.Errorf("reconstruct %s: exit status %d, %q; want %q", tt.args, status, stderr, tt.want)
		}
	}
}

func TestPriorRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	name := smallPrior(t, "figures")
	if status, _, stderr := lfnRun(t, "prior", "sample", name, "--instance", "0", "-o", "one.lfn"); status != 0 {
		t.Fatal(stderr)
	}
	if err := os.MkdirAll("empty", 0o777); err != nil {
		t.Fatal(err)
	}
	onGreen(t, "figures/test/000000/rgb/000000.png", "photo.png", "mask.png")
	for file, side := range map[string]int{"black.png": 8, "small.png": 4} {
		if err := render.NewImage(side, side).SavePNG(file); err != nil {
			t.Fatal(err)
		}
	}
	for file, text := range map[string]string{"views.txt": "test 000000\n", "other.txt": "test 000001 0\n"} {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS("bare", os.DirFS("figures/test/000000")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll("bare/rgb"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("bare/rgb", 0o777); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("cut.prior", whole[:len(whole)-9], 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("picture", readFile(t, "photo.png"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"train", "--prior", "empty", "-o", "x.prior"}, 1, "has no instances"},
		{[]string{"train", "--prior", "figures/train/000001", "-o", "x.prior"}, 1, "is one instance: give the folder of many"},
		{[]string{"train", "--prior", "figures", "-o", "x.lfn"}, 2, "-o x.lfn: want another ending, such as .prior: what ends in .lfn is a model of one scene"},
		{[]string{"train", "figures/train/000001", "-o", "x.prior"}, 2, "-o x.prior: want another ending, such as .lfn: what ends in .prior is a prior over many scenes"},
		{[]string{"train", "--prior", "figures"}, 2, "say what to write, as -o class.prior"},
		{[]string{"train", "--prior", "figures", "-o", "x.prior", "--preset", "tiny"}, 2, "preset \"tiny\" of a prior is not known"},
		{[]string{"train", "figures", "-o", "x.lfn", "--preset", "film"}, 2, "--preset film: is of a prior: add --prior"},
		{[]string{"train", "--prior", "figures", "-o", "x.prior", "--preset", "nope"}, 2, "want tiny, small, large, pure, paper, or with --prior film, volume, lowrank, paper"},
		{[]string{"train", "--prior", "figures", "-o", "x.prior", "--robust"}, 2, "--robust: is for the photographs of one scene"},
		{[]string{"train", "--prior", "figures", "-o", "x.prior", "--refine-lens"}, 2, "--refine-lens: is for the photographs of one scene"},
		{[]string{"train", "--prior", "figures", "-o", "x.prior", "--start-size", "9", "--max-size", "8"}, 2, "photographs of 9 pixels at first, want fewer than later"},
		{[]string{"train", "figures/train/000001", "-o", "x.lfn", "--regularize", "3"}, 2, "--regularize: is for --prior"},
		{[]string{"train", "figures/train/000001", "-o", "x.lfn", "--start-size", "3"}, 2, "--start-size: is for --prior"},
		{[]string{"train", "figures/train/000001", "-o", "x.lfn", "--preset", "film"}, 2, "--preset film: is of a prior: add --prior"},
		{[]string{"train", "figures", "-o", "x.lfn"}, 1, "figures: holds 5 scenes: give one, such as figures/test/000000, or learn what they have in common with lfn train --prior"},
		{[]string{"info", "figures", "--plot", "x.png"}, 1, "figures: holds 5 scenes: give one"},
		{[]string{"render", name, "-o", "x.png"}, 1, "is a prior over many scenes, not a model of one: make a model with lfn reconstruct or lfn prior sample"},
		{[]string{"prior", "info", "one.lfn"}, 1, "is a model of one scene, not a prior over many"},
		{[]string{"eval", "one.lfn", "figures", "--input-view", "2"}, 2, "--input-view: is for a prior, and one.lfn is none"},
		{[]string{"eval", name, "figures", "--samples", "2"}, 2, "--samples: is for a model"},
		{[]string{"eval", name, "figures", "--depth"}, 2, "--depth: is for a model"},
		{[]string{"eval", name, "figures", "--input-view", "9"}, 1, "has 4 views, want one with number 9"},
		{[]string{"eval", name, "figures", "--input-view", "-1"}, 2, "want the number of a view, from 0, or a file"},
		{[]string{"eval", name, "figures", "--input-view", "none.txt"}, 1, "none.txt: no such file"},
		{[]string{"eval", name, "figures", "--input-view", "views.txt"}, 1, "views.txt: line 1: has 2 words, want three"},
		{[]string{"eval", name, "figures", "--input-view", "other.txt"}, 1, `other.txt: no line says the view of test/000000: want "test 000000 NUMBER"`},
		{[]string{"reconstruct"}, 2, "want a prior"},
		{[]string{"reconstruct", name, "-o", "x.lfn"}, 2, "want a photograph, or --instance"},
		{[]string{"reconstruct", name, "figures/test/000000/rgb/000000.png"}, 2, "say what to write"},
		{[]string{"reconstruct", name, "a.png", "-o", "a.png"}, 2, "-o a.png: want another ending, such as .lfn: what ends in .png is a picture"},
		{[]string{"reconstruct", name, "picture", "-o", "./picture"}, 2, "./picture: is what is read, want another name to write"},
		{[]string{"reconstruct", name, "a.png", "-o", "x.prior"}, 2, "what ends in .prior is a prior over many scenes"},
		{[]string{"reconstruct", name, "figures/test/000000/rgb/000000.png", "photo.png", "-o", "x.lfn"}, 2, "2 photographs and no camera of photo.png"},
		{[]string{"reconstruct", name, "a.png", "b.png", "--search", "-o", "x.lfn"}, 2, "--search is for one photograph"},
		{[]string{"reconstruct", name, "a.png", "--orbit", "0,0", "--search", "-o", "x.lfn"}, 2, "--search is for one photograph, without --camera, --orbit and --instance"},
		{[]string{"reconstruct", name, "a.png", "-o", "x.lfn", "--orbit", "0,0", "--orbit", "1,1"}, 2, "2 cameras for 1 photograph: want one for each"},
		{[]string{"reconstruct", name, "figures/test/000000/rgb/000000.png", "-o", "x.lfn", "--orbit", "0"}, 2, "want azimuth and elevation"},
		{[]string{"reconstruct", name, "a.png", "-o", "x.lfn", "--fov", "30"}, 2, "--fov 30: want 0.1 to 175 degrees, with --orbit"},
		{[]string{"reconstruct", name, "a.png", "-o", "x.lfn", "--orbit", "0,0", "--camera", "train:0"}, 2, "--camera and --orbit do not go together"},
		{[]string{"reconstruct", name, "a.png", "-o", "x.lfn", "--instance", "figures/test/000000"}, 2, "photographs and --instance do not go together"},
		{[]string{"reconstruct", name, "-o", "x.lfn", "--instance", "figures/test/000000", "--camera", "train:0"}, 2, "--instance has cameras"},
		{[]string{"reconstruct", name, "a.png", "-o", "x.lfn", "--from-views", "1"}, 2, "--from-views is for --instance"},
		{[]string{"reconstruct", name, "-o", "x.lfn", "--instance", "figures/test/000000", "--from-views", "4"}, 2, "has 4 views, want 0 to 3"},
		{[]string{"reconstruct", name, "-o", "x.lfn", "--instance", "figures/test/000000", "--from-views", "2-0"}, 2, "want numbers with commas, or a range of them, as 0,5 or 0-7"},
		{[]string{"reconstruct", name, "a.png", "-o", "x.lfn"}, 1, "a.png: no such file"},
		{[]string{"reconstruct", name, "a.png", "-o", "x.lfn", "--regularize", "NaN"}, 2, "weight of the latent is NaN, want a finite number"},
		{[]string{"reconstruct", name, "figures", "-o", "x.lfn"}, 1, "figures: is a folder: want an image"},
		{[]string{"reconstruct", name, "-o", "x.lfn", "--instance", "empty"}, 1, "has no rgb, pose and intrinsics.txt: want the folder of one instance"},
		{[]string{"reconstruct", name, "-o", "x.lfn", "--instance", "bare"}, 1, "bare: rgb: has no images: unpack them there"},
		{[]string{"reconstruct", "cut.prior", "a.png", "-o", "x.lfn"}, 1, "bytes of data: it is cut off"},
		{[]string{"reconstruct", "one.lfn", "a.png", "-o", "x.lfn"}, 1, "is a model of one scene, not a prior"},
		{[]string{"reconstruct", name, "photo.png", "-o", "x.lfn", "--mask", "mask.png", "--mask", "mask.png"}, 2, "2 masks for 1 photograph: want one for each"},
		{[]string{"reconstruct", name, "photo.png", "-o", "x.lfn", "--mask", "mask.png", "--background", "white"}, 2, "--mask and --background do not go together"},
		{[]string{"reconstruct", name, "-o", "x.lfn", "--instance", "figures/test/000000", "--mask", "mask.png"}, 2, "are for photographs, not for --instance"},
		{[]string{"reconstruct", name, "photo.png", "-o", "x.lfn", "--background", "pink"}, 2, "want white, black or #rrggbb"},
		{[]string{"reconstruct", name, "photo.png", "-o", "x.lfn", "--mask", "black.png"}, 1, "photo.png: mask black.png leaves no object"},
		{[]string{"reconstruct", name, "black.png", "-o", "x.lfn", "--background", "black"}, 1, "black.png: all of it has nearly the colour of the background"},
		{[]string{"reconstruct", name, "photo.png", "-o", "x.lfn", "--mask", "small.png"}, 1, "mask small.png: is 4×4 pixels, want the photograph's 8×8"},
		{[]string{"prior", "sample", name, "-o", "x.lfn"}, 2, "want a name that ends in .png, or --instance"},
		{[]string{"prior", "sample", name, "-o", "x.prior", "--instance", "0"}, 2, "what ends in .prior is a prior over many scenes"},
		{[]string{"prior", "sample", name, "-o", "x.png", "--instance", "9"}, 1, "instance 9: there is none: want a number from 0 to 3"},
		{[]string{"prior", "sample", name, "-o", "x.png", "--instance", "0", "--random"}, 2, "--instance and --random"},
		{[]string{"prior", "interpolate", name, "0", "1"}, 2, "say what to write, as -o blend.gif"},
		{[]string{"prior", "interpolate", name, "0", "1", "-o", "x.txt"}, 2, "want a name that ends in .gif, .mp4 or .png"},
		{[]string{"prior", "interpolate", name, "0", "1", "-o", "x.gif", "--frames", "1"}, 2, "--frames 1: want 2 to"},
	} {
		status, _, stderr := lfnRun(t, tt.args...)
		if status != tt.status || !strings.Contains(stderr, tt.want) {
			t.Errorf("lfn %v: exit status %d, stderr %q, want %d, %q", tt.args, status, stderr, tt.status, tt.want)
		}
		for _, file := range []string{"x.lfn", "x.prior", "x.png", "x.gif"} {
			if _, err := os.Stat(file); err == nil {
				t.Errorf("lfn %v: left %s", tt.args, file)
			}
		}
	}
}
