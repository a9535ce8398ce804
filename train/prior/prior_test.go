package prior

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train"
	"lfnview/train/dataset"
)

// round is how many steps are done between two looks at a run, see [train.Rounds].
const round = 32

// generated makes a small class: every third of the instances is held out.
func generated(t testing.TB, instances, views, size int) *dataset.Class {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "figures")
	o := dataset.GenerateOptions{Instances: instances, Views: views, Size: size, Samples: 1, Holdout: 3}
	if err := dataset.Generate(context.Background(), dir, "shepard-metzler", o); err != nil {
		t.Fatal(err)
	}
	class, err := dataset.OpenClass(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	return class
}

// small is a prior of a second or two.
func small() lfn.HyperConfig {
	return lfn.HyperConfig{Conditioning: lfn.HyperFilm, Latent: 16, Width: 16,
		Network: lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Points, Points: 4, Frequencies: 1}, Hidden: []int{32, 32},
			Norm: lfn.NormLayer, Activation: lfn.ReLU, Output: lfn.OutputSigned}}
}

func smallOptions(steps int) Options {
	return Options{Config: small(), Steps: steps, Scenes: 4, Rays: 64, LR: 5e-3, Seed: 1, Background: [3]float32{1, 1, 1}}
}

func trained(t testing.TB, class *dataset.Class, o Options) *Trainer {
	t.Helper()
	tr, err := New(class, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	if err := tr.Run(context.Background(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	return tr
}

func priorBytes(t testing.TB, p *lfn.Prior) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLearn: after a few hundred steps training views are told better than by the mean picture, and instances differ.
func TestLearn(t *testing.T) {
	class := generated(t, 9, 6, 16)
	tr := trained(t, class, smallOptions(1500))
	p := tr.Prior()
	plain := newBaselines(p, class, dataset.Options{})
	var own, mean, other float64
	train := class.Split(dataset.Train)
	for k, i := range train {
		views, err := OpenInstance(class, i, dataset.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := InstanceResult{InputView: -1, Latent: p.Latent(k), Views: views}
		if err := r.measure(context.Background(), p, 0); err != nil {
			t.Fatal(err)
		}
		wrong := InstanceResult{InputView: -1, Latent: p.Latent((k + 1) % len(train)), Views: views}
		if err := wrong.measure(context.Background(), p, 0); err != nil {
			t.Fatal(err)
		}
		_, m, err := plain.score(i, views, 0)
		if err != nil {
			t.Fatal(err)
		}
		own, mean, other = own+r.PSNRdB/float64(len(train)), mean+m.PSNRdB/float64(len(train)), other+wrong.PSNRdB/float64(len(train))
	}
	t.Logf("own latent %.2f dB, that of another %.2f, mean picture %.2f", own, other, mean)
	if own < mean+2 || own < other+2 {
		t.Errorf("training views have %.2f dB, want 2 more than by the mean picture, %.2f, and by another latent, %.2f", own, mean, other)
	}
}

// TestSameBytes: the same file whatever GOMAXPROCS, with and without room for photographs, and stopped in between.
func TestSameBytes(t *testing.T) {
	for name, config := range map[string]lfn.HyperConfig{"points": small(), "volume": smallVolume()} {
		t.Run(name, func(t *testing.T) { testSameBytes(t, config) })
	}
}

func testSameBytes(t *testing.T, config lfn.HyperConfig) {
	class := generated(t, 9, 3, 8)
	o := smallOptions(3 * round / 2)
	o.Config = config
	want := priorBytes(t, trained(t, class, o).Prior())
	t.Run("goroutines", func(t *testing.T) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		for _, n := range []int{1, 3} {
			runtime.GOMAXPROCS(n)
			if got := priorBytes(t, trained(t, class, o).Prior()); !bytes.Equal(got, want) {
				t.Errorf("%d goroutines give another file", n)
			}
		}
	})
	t.Run("no room", func(t *testing.T) {
		o := o
		o.Cache = 1
		tr := trained(t, class, o)
		if got := priorBytes(t, tr.Prior()); !bytes.Equal(got, want) {
			t.Error("without room for photographs, another file")
		}
		// What is left is of the last step: its instances, with at most a few views each.
		if most := int64(o.Scenes) * 3 * (viewBytes + (4+1)*8*8); len(tr.gallery.albums) > o.Scenes || tr.gallery.size > most {
			t.Errorf("%d instances with %d bytes are kept, want at most %d with %d", len(tr.gallery.albums), tr.gallery.size, o.Scenes, most)
		}
		size := int64(0)
		for _, a := range tr.gallery.albums {
			size += a.size
		}
		if size != tr.gallery.size {
			t.Errorf("the gallery counts %d bytes, its albums have %d", tr.gallery.size, size)
		}
	})
	t.Run("resumed", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "class.prior.checkpoint")
		first, err := New(class, o)
		if err != nil {
			t.Fatal(err)
		}
		defer first.Close()
		stop := errors.New("stop")
		if err := first.Run(context.Background(), func() error { return stop }); err != stop {
			t.Fatal(err)
		}
		if err := first.Save(path); err != nil {
			t.Fatal(err)
		}
		second, err := Resume(path, class, o)
		if err != nil {
			t.Fatal(err)
		}
		defer second.Close()
		if second.rounds.Step != round {
			t.Errorf("resumed at step %d, want %d", second.rounds.Step, round)
		}
		if err := second.Run(context.Background(), func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		if got := priorBytes(t, second.Prior()); !bytes.Equal(got, want) {
			t.Error("a run that was stopped and went on gives another file")
		}
	})
}

// TestStartSize: the first quarter of a run is as one of smaller photographs, then come those of full size.
func TestStartSize(t *testing.T) {
	class := generated(t, 9, 3, 8)
	first := func(o Options) *Trainer {
		tr, err := New(class, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tr.Close)
		stop := errors.New("stop")
		if err := tr.Run(context.Background(), func() error { return stop }); err != stop {
			t.Fatal(err)
		}
		return tr
	}
	o := smallOptions(4 * round)
	whole, smaller := first(o), o
	smaller.View.MaxSize = 4
	o.StartSize = 4
	start := first(o)
	if got, want := start.prior.Latents, first(smaller).prior.Latents; !slices.Equal(got, want) || slices.Equal(got, whole.prior.Latents) {
		t.Error("the first steps are not those of smaller photographs")
	}
	if err := start.Run(context.Background(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if start.start != nil {
		t.Error("small photographs are kept to the end")
	}
	for _, a := range start.gallery.albums {
		for i, pix := range a.pix {
			if pix != nil && len(pix) != 4*8*8 {
				t.Errorf("view %d has %d bytes at the end, want those of 8×8 pixels", i, len(pix))
			}
		}
	}
	if c := start.prior.Classes[0].Cameras[0].Camera; c.Width != 8 {
		t.Errorf("the prior's cameras are %d pixels wide, want 8", c.Width)
	}
}

func TestResumeRefuses(t *testing.T) {
	class, other := generated(t, 6, 3, 8), generated(t, 9, 3, 8)
	path := filepath.Join(t.TempDir(), "class.prior.checkpoint")
	tr := trained(t, class, smallOptions(round))
	if err := tr.Save(path); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(t.TempDir(), "class.prior")
	if err := tr.Prior().Save(model); err != nil {
		t.Fatal(err)
	}
	changed := smallOptions(2 * round)
	changed.Rays = 32
	for _, tt := range []struct {
		name, path string
		class      *dataset.Class
		options    Options
		want       string
	}{
		{"none", path + ".none", class, smallOptions(2 * round), "there is no checkpoint: the run has ended, or never began"},
		{"a prior", model, class, smallOptions(2 * round), "is not a checkpoint of a prior"},
		{"other instances", path, other, smallOptions(2 * round), "the data set, or the size at which it is read, is not that of the run before"},
		{"other options", path, class, changed, "rays was 64 in the run before and is 32 now"},
	} {
		if _, err := Resume(tt.path, tt.class, tt.options); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	class := generated(t, 3, 2, 8)
	for _, tt := range []struct {
		name   string
		change func(o *Options)
		want   string
	}{
		{"no end", func(o *Options) { o.Steps = 0 }, "neither steps nor time end the run"},
		{"negative", func(o *Options) { o.Time = -1 }, "want neither below 0"},
		{"instances", func(o *Options) { o.Scenes = 1 << 20 }, "instances an update, want 1 to 4096"},
		{"rays", func(o *Options) { o.Rays = -1 }, "-1 rays of an instance"},
		{"rate", func(o *Options) { o.LR = 2 }, "learning rate is 2"},
		{"rate of latents", func(o *Options) { o.LatentLR = math.NaN() }, "learning rate is NaN"},
		{"weight", func(o *Options) { o.Regularize = math.Inf(1) }, "weight of the latents is +Inf"},
		{"background", func(o *Options) { o.Background[1] = 2 }, "background has the value 2"},
		{"start size", func(o *Options) { o.StartSize = -1 }, "photographs of -1 pixels at first"},
		{"cache", func(o *Options) { o.Cache = -1 }, "-1 bytes for photographs"},
		{"config", func(o *Options) { o.Config.Width = 5 }, "width is 5"},
		{"memory", func(o *Options) { o.Config.Width, o.Config.Network.Hidden = 4096, []int{8192, 8192, 8192} }, "GB of memory"},
	} {
		o := smallOptions(10)
		tt.change(&o)
		if tt.name == "memory" {
			o.Config.Conditioning = lfn.HyperFull
		}
		if _, err := New(class, o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	held := *class
	held.Instances = []dataset.Instance{{Name: "x", Split: dataset.Test}}
	if _, err := New(&held, smallOptions(1)); err == nil || !strings.Contains(err.Error(), "has no instance to train on: all are held out") {
		t.Errorf("New without training instances: %v", err)
	}
}

// A loss that is not finite ends the run with an error that says so.
func TestDiverged(t *testing.T) {
	tr, err := New(generated(t, 3, 2, 8), smallOptions(round))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	tr.prior.Latents[3] = float32(math.NaN())
	err = tr.Run(context.Background(), func() error { return nil })
	if _, ok := errors.AsType[*train.DivergedError](err); !ok {
		t.Errorf("Run = %v, want a DivergedError", err)
	}
}

func TestRun(t *testing.T) {
	class := generated(t, 9, 4, 12)
	dir := t.TempDir()
	r := Run{Options: smallOptions(2 * round), Class: class, Out: filepath.Join(dir, "figures.prior"), Report: filepath.Join(dir, "report")}
	ctx, stop := context.WithCancel(context.Background())
	r.Progress = func(train.Progress) { stop() }
	_, err := r.Do(ctx)
	if stopped, ok := errors.AsType[*train.StoppedError](err); !ok || stopped.Step != round || !errors.Is(err, context.Canceled) {
		t.Fatalf("Do = %v, want a StoppedError at step %d", err, round)
	}
	if _, err := lfn.OpenPrior(r.Out); err != nil {
		t.Error(err)
	}
	r.Resume, r.Progress = true, nil
	res, err := r.Do(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if res.Steps != 2*round || len(res.Test) != 3 || !(res.Train.PSNRdB > 5) || !(MeanScore(res.Test, InstanceResult.Score).PSNRdB > 5) {
		t.Errorf("%d steps, %d unseen instances, training views %v", res.Steps, len(res.Test), res.Train)
	}
	p, err := lfn.OpenPrior(r.Out)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Instances) != 6 || len(p.Classes) != 1 || len(p.Classes[0].Cameras) != 4 || p.Training.Steps != 2*round || p.Training.PSNRdB == 0 {
		t.Errorf("%d instances, classes %+v, training %+v", len(p.Instances), p.Classes, p.Training)
	}
	if _, err := os.Stat(r.Checkpoint()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the checkpoint is still there: %v", err)
	}
	page, err := os.ReadFile(filepath.Join(r.Report, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Training instances", "Unseen instances", "principal components", "test/000000", "film", "Every held-out instance"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("report.html has no %q", want)
		}
	}
	for _, file := range []string{"training.png", "unseen.png", "latents.png", "curve.png", "metrics.jsonl"} {
		if _, err := os.Stat(filepath.Join(r.Report, file)); err != nil {
			t.Error(err)
		}
	}
}

// A photograph that is gone ends the run, and what was learned is kept.
func TestRunLosesPhotographs(t *testing.T) {
	class := generated(t, 9, 2, 8)
	o := smallOptions(8 * round)
	o.Cache = 1
	r := Run{Options: o, Class: class, Out: filepath.Join(t.TempDir(), "figures.prior")}
	r.Progress = func(p train.Progress) {
		if p.Step == 2*round {
			if err := os.RemoveAll(filepath.Join(class.Path, "train", "000001", "rgb")); err != nil {
				t.Error(err)
			}
		}
	}
	_, err := r.Do(context.Background())
	if err == nil || !strings.Contains(err.Error(), "000001") || !strings.Contains(err.Error(), "has the prior so far") {
		t.Errorf("Do = %v, want the instance, and that the prior was saved", err)
	}
	if _, err := lfn.OpenPrior(r.Out); err != nil {
		t.Error(err)
	}
}

// painted is a prior whose instances differ a lot, and views of one of them.
func painted(t testing.TB, c lfn.HyperConfig, views int) (*lfn.Prior, lfn.Latent, []dataset.View) {
	t.Helper()
	h, err := lfn.NewHyper(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range h.Tensors() {
		if strings.HasPrefix(x.Name, "base.layers.2") { // so that colours need no clamping
			for i := range x.Data {
				x.Data[i] *= 0.2
			}
		}
		if strings.HasPrefix(x.Name, "hyper.") && strings.HasSuffix(x.Name, "layers.2.weight") {
			for i := range x.Data {
				x.Data[i] *= 4
			}
		}
	}
	p := &lfn.Prior{Hyper: h, Classes: []lfn.Class{{Scene: plucker.UnitFrame()}}, Background: [3]float32{1, 1, 1},
		Instances: []lfn.Instance{{Name: "a"}, {Name: "b"}}, Latents: make([]float32, 32)}
	for i := range p.Latents {
		p.Latents[i] = float32(math.Sin(float64(7*i)) * 0.5)
	}
	z, class := p.Latent(1), &p.Classes[0]
	r := render.NewCPU(h.Decode(z).Pack(), class.Scene)
	var vs []dataset.View
	for i := range views {
		v := dataset.View{Camera: render.Orbit{AzDeg: 90 * float64(i), ElDeg: 10}.Camera(class.Scene, 20, 20)}
		img, err := renderView(context.Background(), r, &v.Camera)
		if err != nil {
			t.Fatal(err)
		}
		v.Pix = slices.Clone(img.ToNRGBA().Pix)
		class.Cameras = append(class.Cameras, lfn.View{Name: "a", Split: "train", Camera: v.Camera})
		vs = append(vs, v)
	}
	return p, z, vs
}

// TestReconstruct: what a prior has painted it finds again, with two views so that others look the same too.
func TestReconstruct(t *testing.T) {
	p, _, views := painted(t, small(), 4)
	found, err := Reconstruct(context.Background(), p, views[:2], ReconstructOptions{Steps: 600, Regularize: -1})
	if err != nil {
		t.Fatal(err)
	}
	r := InstanceResult{Latent: found.Latent, Views: views}
	if err := r.measure(context.Background(), p, 0); err != nil {
		t.Fatal(err)
	}
	zero := InstanceResult{Latent: make(lfn.Latent, 16), Views: views}
	if err := zero.measure(context.Background(), p, 0); err != nil {
		t.Fatal(err)
	}
	t.Logf("given views %.1f dB, others %.1f dB, from zero %.1f", found.PSNRdB, r.PSNRdB, zero.PSNRdB)
	if found.PSNRdB < 30 || r.PSNRdB < zero.PSNRdB+6 {
		t.Errorf("given views have %.1f dB and others %.1f, want 30 and 6 more than the zero latent, %.1f", found.PSNRdB, r.PSNRdB, zero.PSNRdB)
	}
	again, err := Reconstruct(context.Background(), p, views[:2], ReconstructOptions{Steps: 600, Regularize: -1})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Latent, found.Latent) {
		t.Error("the same photographs give another latent the second time")
	}
}

// TestWatch: what is seen on the way gets ever farther, and is in the end what comes out; watching changes nothing.
func TestWatch(t *testing.T) {
	p, _, views := painted(t, small(), 2)
	for _, tt := range []struct {
		name  string
		find  func(o ReconstructOptions) (*FoundPose, error)
		least int // glimpses
	}{
		{"known", func(o ReconstructOptions) (*FoundPose, error) {
			found, err := Reconstruct(t.Context(), p, views[:1], o)
			if err != nil {
				return nil, err
			}
			return &FoundPose{Found: *found}, nil
		}, 4},
		{"unknown", func(o ReconstructOptions) (*FoundPose, error) { return ReconstructUnknown(t.Context(), p, views[0], o) }, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "unknown" && testing.Short() {
				t.Skip("takes some seconds")
			}
			o := ReconstructOptions{Steps: 40}
			want, err := tt.find(o)
			if err != nil {
				t.Fatal(err)
			}
			var seen []Glimpse
			o.Watch = func(g Glimpse) error { seen = append(seen, g); return nil }
			got, err := tt.find(o)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("watched, it finds %+v, want %+v", got, want)
			}
			if last := seen[len(seen)-1]; len(seen) < tt.least || last.Done != 1 || !reflect.DeepEqual(&last.FoundPose, want) {
				t.Errorf("%d glimpses, the last %+v, want %+v", len(seen), last, want)
			}
			for i := range seen[1:] {
				if !(seen[i].Done > 0 && seen[i].Done < seen[i+1].Done) {
					t.Errorf("glimpse %d when %v is done, and the next when %v is", i, seen[i].Done, seen[i+1].Done)
				}
			}
			if slices.Equal(seen[0].Latent, want.Latent) {
				t.Errorf("the first glimpse, %+v, is the end already", seen[0])
			}
			stop := errors.New("stop")
			calls := 0
			o.Watch = func(Glimpse) error { calls++; return stop }
			if _, err := tt.find(o); err != stop || calls != 1 {
				t.Errorf("stopped at the first glimpse: %v after %d", err, calls)
			}
		})
	}
}

// TestOpenOfInstance: only a photograph that an instance has is given a camera of it.
func TestOpenOfInstance(t *testing.T) {
	class := generated(t, 1, 3, 8)
	folder := filepath.Join(class.Path, class.Instances[0].Name)
	t.Chdir(filepath.Join(folder, "rgb"))
	p := &lfn.Prior{Classes: []lfn.Class{{Scene: plucker.UnitFrame()}}}
	a, err := OpenFolder(p, folder)
	if err != nil {
		t.Fatal(err)
	}
	photo, err := os.ReadFile("000001.png")
	if err != nil {
		t.Fatal(err)
	}
	beside := filepath.Join(t.TempDir(), "photos")
	for _, dir := range []string{beside, filepath.Join(folder, "more"), filepath.Join(filepath.Dir(beside), "pose")} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "000001.png"), photo, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		file string
		view int // -1: not known
	}{
		{"000001.png", 1},
		{"../rgb/000002.png", 2},
		{filepath.Join(folder, "rgb", "000000.png"), 0},
		{filepath.Join(folder, "more", "000001.png"), -1},
		{filepath.Join(beside, "000001.png"), -1}, // by a folder pose, of which there is no instance
	} {
		photo, err := OpenOfInstance(p, 0, tt.file, dataset.Cutout{})
		if err != nil {
			t.Fatal(err)
		}
		if photo.Known != (tt.view >= 0) || photo.Known && photo.Camera != a.Views[tt.view].Camera {
			t.Errorf("%s: known %v, camera %v; want that of view %d", tt.file, photo.Known, photo.Camera, tt.view)
		}
	}
}

func TestDoubts(t *testing.T) {
	p, _, views := painted(t, small(), 3)
	for i, name := range []string{"a", "b", "c"} {
		views[i].Name = name
	}
	turned := slices.Clone(views)
	turned[1].Camera.Pose.Rot = turned[1].Camera.Pose.Rot.Mul3(mgl64.Diag3(mgl64.Vec3{-1, -1, 1}))
	rolling := *p
	rolling.Classes = []lfn.Class{{Scene: p.Classes[0].Scene, Cameras: append(slices.Clone(p.Classes[0].Cameras), lfn.View{Camera: turned[1].Camera})}}
	known := *p
	known.Training.PSNRdB = 21
	for _, tt := range []struct {
		name    string
		prior   *lfn.Prior
		views   []dataset.View
		psnrsDB []float64
		want    []string
	}{
		{"none", p, views, []float64{20, 18, 19}, nil},
		{"alone", p, views[:1], []float64{15.96}, []string{"a is told with 16.0 dB only"}},
		{"one that contradicts", p, views, []float64{17, 18, 12.34}, []string{"3 photographs are told with 15.8 dB only, c with 12.3"}},
		{"about as much as unseen views", &known, views, []float64{20, 21, 19.5}, nil},
		{"less than unseen views", &known, views, []float64{20, 20.5, 19.1}, []string{"3 photographs are told with 19.9 dB only, c with 19.1"}},
		{"alone, less than unseen views", &known, views[:1], []float64{20.8}, []string{"a is told with 20.8 dB only"}},
		{"not finite", p, views[:1], []float64{math.NaN()}, []string{"a is told with NaN dB only"}},
		{"upside down", p, turned, []float64{20, 18, 19}, []string{"the camera of b is upside down"}},
		{"upside down, and looks like it", p, turned, []float64{17, 11, 18}, []string{"the camera of b is upside down", "3 photographs are told with 15.3 dB only, b with 11.0"}},
		{"upside down, as others", &rolling, turned, []float64{20, 18, 19}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Doubts(tt.prior, 0, tt.views, tt.psnrsDB)
			if !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
				t.Errorf("doubts %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReconstructRefuses(t *testing.T) {
	p, _, views := painted(t, small(), 1)
	for _, tt := range []struct {
		views []dataset.View
		o     ReconstructOptions
		want  string
	}{
		{nil, ReconstructOptions{}, "there is no photograph"},
		{views, ReconstructOptions{Steps: -1}, "-1 steps"},
		{views, ReconstructOptions{Rays: 1 << 20}, "rays, want 1 to"},
		{views, ReconstructOptions{LR: 3}, "learning rate is 3"},
		{views, ReconstructOptions{Regularize: math.NaN()}, "weight of the latent is NaN"},
	} {
		if _, err := Reconstruct(context.Background(), p, tt.views, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	blank := dataset.View{Camera: views[0].Camera, Pix: make([]byte, len(views[0].Pix))} // transparent
	for i := range blank.Pix {
		blank.Pix[i] = byte(i % 8) // but for some noise
	}
	if _, err := Reconstruct(context.Background(), p, []dataset.View{blank}, ReconstructOptions{}); err == nil || !strings.Contains(err.Error(), "one colour all over, or nearly so: there is no object") {
		t.Errorf("a photograph of nothing: %v", err)
	}
	if _, err := ReconstructUnknown(context.Background(), p, blank, ReconstructOptions{}); err == nil || !strings.Contains(err.Error(), "one colour all over, or nearly so: there is no object") {
		t.Errorf("a photograph of nothing from somewhere: %v", err)
	}
	wide := dataset.View{Name: "wide.png", Camera: render.Orbit{}.Camera(p.Classes[0].Scene, 20, 10), Pix: views[0].Pix[:800]}
	if _, err := ReconstructUnknown(t.Context(), p, wide, ReconstructOptions{}); err == nil || !strings.Contains(err.Error(), "wide.png is 20×10 pixels, and the photographs of the prior are 20×20") {
		t.Errorf("a photograph of another aspect from somewhere: %v", err)
	}
	away := views[0]
	away.Name = "away.png"
	away.Camera.Pose.Rot = away.Camera.Pose.Rot.Mul3(mgl64.Diag3(mgl64.Vec3{1, -1, -1})) // OpenCV's axes
	if _, err := Reconstruct(t.Context(), p, []dataset.View{away}, ReconstructOptions{}); err == nil || !strings.Contains(err.Error(), "the camera of away.png has the scene at its back") {
		t.Errorf("a camera with other axes: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Reconstruct(ctx, p, views, ReconstructOptions{}); err != context.Canceled {
		t.Errorf("stopped: %v", err)
	}
	p.Classes[0].Cameras = append(p.Classes[0].Cameras, lfn.View{Camera: away.Camera}) // as in a room
	if _, err := Reconstruct(t.Context(), p, []dataset.View{away}, ReconstructOptions{Steps: 1}); err != nil {
		t.Errorf("a camera that looks away from the middle, as others do: %v", err)
	}
}

// TestBaselines: the twin of a training instance is told perfectly by it, and the mean picture is the mean.
func TestBaselines(t *testing.T) {
	class := generated(t, 6, 4, 8)
	p := &lfn.Prior{Classes: []lfn.Class{{Scene: plucker.Frame{Radius: 3}}}, Background: [3]float32{1, 1, 1}}
	b := newBaselines(p, class, dataset.Options{})
	train := class.Split(dataset.Train)
	views, err := OpenInstance(class, train[2], dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	nearest, mean, err := b.score(-1, views, 1)
	if err != nil {
		t.Fatal(err)
	}
	if nearest.PSNRdB < maxPSNRdB-1 || nearest.SSIM < 0.999 {
		t.Errorf("its twin is told with %v, want all of it", nearest)
	}
	if other, _, err := b.score(train[2], views, 1); err != nil || !(other.PSNRdB < 60) {
		t.Errorf("without itself it is told with %v, %v, want less", other, err)
	}
	for _, instances := range [][]int{{train[2]}, nil} {
		alone := newBaselines(p, class, dataset.Options{})
		alone.instances = instances
		if none, _, err := alone.score(train[2], views, 1); err != nil || !math.IsNaN(none.PSNRdB) {
			t.Errorf("without others it is told with %v, %v, want NaN", none, err)
		}
	}
	sum := render.NewImage(8, 8)
	for _, i := range train {
		all, err := OpenInstance(class, i, dataset.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for v := range all {
			for k, x := range photoOf(&all[v], p.Background).Pix {
				sum.Pix[k] += x / float32(4*len(train))
			}
		}
	}
	want := 0.
	for _, v := range []int{0, 2, 3} {
		want += render.PSNR(photoOf(&views[v], p.Background), sum) / 3
	}
	if math.Abs(mean.PSNRdB-want) > 1e-3 {
		t.Errorf("the mean picture has %v dB, want %v", mean.PSNRdB, want)
	}
	for i := range views {
		views[i].Camera, views[i].Pix = views[i].Camera.Scaled(4, 4), views[i].Pix[:64]
	}
	if nearest, mean, err = b.score(-1, views, 0); err != nil || !math.IsNaN(nearest.PSNRdB) || !math.IsNaN(mean.SSIM) {
		t.Errorf("for views of another size: %v, %v, %v, want NaN", nearest, mean, err)
	}
}

// TestComponents: latents along two directions, twice as far along one as along the other.
func TestComponents(t *testing.T) {
	p, _, _ := painted(t, small(), 0)
	p.Instances, p.Latents = nil, nil
	for i := range 40 {
		z := make([]float32, 16)
		a := float64(i) * 2 * math.Pi / 40
		z[3], z[7], z[9] = float32(4*math.Cos(a)), float32(2*math.Sin(a)), 5
		p.Instances, p.Latents = append(p.Instances, lfn.Instance{Name: "x"}), append(p.Latents, z...)
	}
	c := NewComponents(p, 3)
	if math.Abs(math.Abs(float64(c.Axes[0][3]))-1) > 1e-4 || math.Abs(math.Abs(float64(c.Axes[1][7]))-1) > 1e-4 {
		t.Errorf("axes are %v", c.Axes[:2])
	}
	if math.Abs(c.Std[0]-4/math.Sqrt2) > 1e-3 || math.Abs(c.Std[1]-2/math.Sqrt2) > 1e-3 || c.Std[2] > 1e-3 || math.Abs(float64(c.Mean[9])-5) > 1e-5 {
		t.Errorf("deviations are %v, mean %v", c.Std, c.Mean)
	}
	back := c.Latent(c.At(p.Latent(5))[:2]...)
	if d := back.Distance(p.Latent(5)); d > 1e-3 {
		t.Errorf("to the axes and back is %v away", d)
	}
}

// TestReconstructUnknown: the pose is found within a few degrees, or another from where the scene looks the same.
func TestReconstructUnknown(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	p, _, views := painted(t, small(), 4)
	view := views[1]
	view.Camera.Pose = plucker.Pose{}
	found, err := ReconstructUnknown(context.Background(), p, view, ReconstructOptions{Regularize: -1})
	if err != nil {
		t.Fatal(err)
	}
	known, err := Reconstruct(context.Background(), p, views[1:2], ReconstructOptions{Regularize: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f dB from %v, with the camera known %.1f", found.PSNRdB, found.Orbit, known.PSNRdB)
	if found.PSNRdB < 30 {
		t.Errorf("the photograph is told with %.1f dB from %v, want 30", found.PSNRdB, found.Orbit)
	}
}

// TestRefine: what no latent tells, a few steps of the network's own do, and the less it may change the less it does.
func TestRefine(t *testing.T) {
	grids := small()
	grids.Basis = []int{16}
	grids.Network = lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 16, Grids: []int{8}}, Hidden: []int{16}, Norm: lfn.NormLayer, Activation: lfn.ReLU}
	for _, c := range []lfn.HyperConfig{small(), grids} {
		t.Run(c.Network.Encoding.Kind, func(t *testing.T) { testRefine(t, c) })
	}
}

func testRefine(t *testing.T, c lfn.HyperConfig) {
	p, z, views := painted(t, c, 2)
	m := p.Model(z, 0)
	n := m.Network
	for i := range views[0].Pix { // a photograph of something else
		if i%4 == 0 {
			views[0].Pix[i] = 255 - views[0].Pix[i]
		}
	}
	psnr := func(n *lfn.Network) float64 {
		img, err := renderView(context.Background(), render.NewCPU(n.Pack(), p.Classes[0].Scene), &views[0].Camera)
		if err != nil {
			t.Fatal(err)
		}
		return render.PSNR(photoOf(&views[0], p.Background), img)
	}
	before := slices.Clone(n.Layers[0].Weight)
	var told []float64
	for _, keep := range []float64{1e9, 1} {
		refined, err := Refine(context.Background(), m, views[:1], RefineOptions{Steps: 200, LR: 3e-3, Keep: keep})
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, psnr(refined))
	}
	if !slices.Equal(n.Layers[0].Weight, before) {
		t.Error("the network that was given has changed")
	}
	if was := psnr(n); told[1] < was+3 || told[0] > told[1]-1 {
		t.Errorf("before %.1f dB, kept %.1f, free %.1f: want 3 dB more where it is free, and less where it is kept", was, told[0], told[1])
	}
	if _, err := Refine(context.Background(), m, views[:1], RefineOptions{LR: 2}); err == nil {
		t.Error("a learning rate of 2: no error")
	}
}
