package train

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// testSet is the built-in scene in a few small photographs.
func testSet(t testing.TB) *dataset.Set {
	t.Helper()
	return dataset.Procedural(dataset.RenderOptions{Views: 30, TestViews: 4, Size: 48, Samples: 2, Seed: 1})
}

// testConfig is a network that learns it in a second.
func testConfig() lfn.Config {
	return lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 32, Grids: []int{12, 24}}, Hidden: []int{32}, Norm: lfn.NormLayer, Activation: lfn.ReLU}
}

func testOptions(steps int) Options {
	return Options{Config: testConfig(), Steps: steps, Batch: 1024, Seed: 1, Background: [3]float32{1, 1, 1}}
}

func newTrainer(t testing.TB, set *dataset.Set, o Options) *Trainer {
	t.Helper()
	tr, err := New(set, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

func nothing() error { return nil }

// TestLearns is the whole of training on a scene small enough for every run of the tests: held-out views of an
// empty network have 12 dB, of a white picture 11.
func TestLearns(t *testing.T) {
	set := testSet(t)
	steps, want := 600, 25.0
	if testing.Short() {
		steps, want = 100, 18
	}
	tr := newTrainer(t, set, testOptions(steps))
	if err := tr.Run(context.Background(), nothing); err != nil {
		t.Fatal(err)
	}
	views, err := evaluate(context.Background(), tr.Model("procedural"), set, set.Split(dataset.Test), nil)
	if err != nil {
		t.Fatal(err)
	}
	q := NewQuality(views)
	t.Logf("%.2f dB, SSIM %.3f", q.PSNRdB, q.SSIM)
	if q.PSNRdB < want {
		t.Errorf("held-out views have %.2f dB, want at least %v", q.PSNRdB, want)
	}
}

// Every encoding and activation learns something: the loss falls well below that of a grey picture.
func TestEveryEncodingLearns(t *testing.T) {
	set := testSet(t)
	for _, e := range []lfn.Encoding{
		{Kind: lfn.Coordinates}, {Kind: lfn.Frequency, Frequencies: 3}, {Kind: lfn.Points, Points: 8, Frequencies: 2},
		{Kind: lfn.Grid, Points: 8, Grids: []int{8, 16}}, {Kind: lfn.Volume, Points: 16, Grids: []int{12}},
	} {
		for _, act := range []string{lfn.ReLU, lfn.Sine} {
			t.Run(e.Kind+" "+act, func(t *testing.T) {
				o := testOptions(2 * round)
				o.Config = lfn.Config{Encoding: e, Hidden: []int{32, 32}, Norm: lfn.NormLayer, Activation: act}
				if act == lfn.Sine {
					o.Config.Norm, o.Config.Omega, o.LR = lfn.NormNone, 10, 1e-3
				}
				tr := newTrainer(t, set, o)
				first := 0.0
				err := tr.Run(context.Background(), func() error {
					if first == 0 {
						first = tr.rounds.Loss
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if !(tr.rounds.Loss < 0.8*first) {
					t.Errorf("loss goes from %v to %v, want it to fall", first, tr.rounds.Loss)
				}
			})
		}
	}
}

// The same seed gives the same weights for any GOMAXPROCS, and another seed others.
func TestDeterminism(t *testing.T) {
	set := testSet(t)
	expose(set)
	o := testOptions(4*round + 5)
	o.Batch, o.EMA, o.RefineCameras, o.RefineLens = 700, 0.9, true, true
	weights := func(procs int) []lfn.Tensor {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		tr := newTrainer(t, set, o)
		if err := tr.Run(context.Background(), nothing); err != nil {
			t.Fatal(err)
		}
		return tr.tensors()
	}
	want := weights(1)
	for _, procs := range []int{2, 3, 8} {
		if d := firstDifference(want, weights(procs)); d != "" {
			t.Errorf("GOMAXPROCS %d: %s differs", procs, d)
		}
	}
	o.Seed = 2
	if firstDifference(want, weights(1)) == "" {
		t.Error("another seed gives the same network")
	}
}

// firstDifference names the first tensor that is not the same to the last bit.
func firstDifference(a, b []lfn.Tensor) string {
	for i := range a {
		for j, x := range a[i].Data {
			if math.Float32bits(x) != math.Float32bits(b[i].Data[j]) {
				return a[i].Name
			}
		}
	}
	return ""
}

func TestStepDoesNotAllocate(t *testing.T) {
	o := testOptions(1000)
	o.EMA = 0.99
	set := testSet(t)
	expose(set)
	tr := newTrainer(t, set, o)
	step := func() {
		if err := tr.oneStep(0); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 * round {
		step()
	}
	if n := testing.AllocsPerRun(2*averageEvery, step); n >= 1 {
		t.Errorf("a step makes %v allocations, want none", n)
	}
}

// A loss that is not a number ends the run with the weights of the last good round.
func TestDiverges(t *testing.T) {
	tr := newTrainer(t, testSet(t), testOptions(10*round))
	rounds := 0
	err := tr.Run(context.Background(), func() error {
		if rounds++; rounds == 2 {
			tr.network.Layers[0].Bias[0] = float32(math.NaN())
		}
		return nil
	})
	var d *DivergedError
	if !errors.As(err, &d) {
		t.Fatalf("Run = %v, want a *DivergedError", err)
	}
	if !strings.Contains(err.Error(), "take a lower learning rate") || d.Step != 2*round+1 {
		t.Errorf("error is %q at step %d, want it to say what to do, at step %d", err, d.Step, 2*round+1)
	}
}

func TestOptions(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name string
		edit func(*Options)
		want string
	}{
		{"no end", func(o *Options) { o.Steps = 0 }, "neither steps nor time end the run"},
		{"steps", func(o *Options) { o.Steps = -1 }, "steps -1"},
		{"time", func(o *Options) { o.Time = -time.Second }, "time -1s"},
		{"endless steps", func(o *Options) { o.Steps = maxSteps + 1 }, "want at most 1000000000"},
		{"endless time", func(o *Options) { o.Time = maxTime + 1 }, "want at most 1000000000 and 1000h"},
		{"batch", func(o *Options) { o.Batch = -1 }, "batch is -1, want 1 to"},
		{"huge batch", func(o *Options) { o.Batch = 1 << 30 }, "batch is 1073741824, want 1 to"},
		{"rate", func(o *Options) { o.LR = nan }, "learning rate is NaN"},
		{"clip", func(o *Options) { o.Clip = nan }, "clip is not a number"},
		{"average", func(o *Options) { o.EMA = 1 }, "average decay is 1, want 0 to less than 1"},
		{"background", func(o *Options) { o.Background[1] = 2 }, "background has the value 2"},
		{"network", func(o *Options) { o.Config.Norm = "batch" }, `norm is "batch"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := testOptions(1)
			tt.edit(&o)
			_, err := New(testSet(t), o)
			if err == nil || !strings.HasPrefix(err.Error(), "train: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New = %v, want %q", err, tt.want)
			}
		})
	}
	set := testSet(t)
	for i := range set.Views {
		set.Views[i].Split = dataset.Test
	}
	if _, err := New(set, testOptions(1)); err == nil || !strings.Contains(err.Error(), "no training view") {
		t.Errorf("New without training views = %v", err)
	}
}

func TestRate(t *testing.T) {
	for _, tt := range []struct {
		step     int
		fraction float64
		want     float64
	}{{1, 0, 0.01}, {warmUp / 2, 0, 0.5}, {warmUp, 0, 1}, {1000, 0.5, floorLR + (1-floorLR)/2}, {1000, 1, floorLR}} {
		if got := Rate(tt.step, tt.fraction); math.Abs(got-tt.want) > 1e-7 {
			t.Errorf("Rate(%d, %v) = %v, want %v", tt.step, tt.fraction, got, tt.want)
		}
	}
}

// A clipped gradient has the norm that was asked for.
func TestClip(t *testing.T) {
	o := testOptions(10)
	o.Clip = 1e-4
	tr := newTrainer(t, testSet(t), o)
	if err := tr.oneStep(0); err != nil {
		t.Fatal(err)
	}
	if norm := tr.gradientNorm(); math.Abs(norm-o.Clip) > 1e-3*o.Clip {
		t.Errorf("the norm of the clipped gradient is %v, want %v", norm, o.Clip)
	}
}

// Densities sink as far as EmptyDensity, and weights decay, those of a pure network excepted.
func TestShrink(t *testing.T) {
	tr := newTrainer(t, testSet(t), testOptions(10))
	tr.adam.LR = 1e-3
	grid, weight := tr.network.Grids[1], tr.network.Layers[0].Weight
	copy(grid, []float32{0.5, 0.5, 0.5, 0.5, -0.9999, 0, 0, 0, -3, 0, 0, 0})
	w := weight[0]
	tr.shrink(round)
	p := priorsOf(testConfig().Encoding, 0)
	by := float32(p.sink * gridLR * 1e-3 * round) // there are more samples than texels
	for i, want := range []float32{0.5 - by, 0.5, 0.5, 0.5, -1, 0, 0, 0, -3, 0, 0, 0} {
		if grid[i] != want {
			t.Errorf("value %d of the grid is %v, want %v", i, grid[i], want)
		}
	}
	if want := w * float32(1-p.decay*1e-3*round); weight[0] != want {
		t.Errorf("the weight is %v, want %v", weight[0], want)
	}

	o := testOptions(10)
	o.Config = lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Coordinates}, Hidden: []int{8}, Norm: lfn.NormLayer, Activation: lfn.ReLU}
	pure := newTrainer(t, testSet(t), o)
	pure.adam.LR = 1e-3
	w = pure.network.Layers[0].Weight[0]
	if pure.shrink(round); pure.network.Layers[0].Weight[0] != w {
		t.Error("the weights of a pure network decay")
	}
}

// BenchmarkStep is a step of training as lfn train does it, beside the same without drawing its rays and without
// what is done between rounds, on a scene whose empty space is known: lego where it is there.
func BenchmarkStep(b *testing.B) {
	set, err := dataset.Open(context.Background(), "../../shared/data/nerf_lego400", dataset.Options{Scale: 4})
	if err != nil {
		b.Logf("%v: taking the built-in scene", err)
		set = dataset.Procedural(dataset.RenderOptions{Samples: 1})
	}
	for _, preset := range []string{"paper", "small", "tiny"} {
		c, err := lfn.Preset(preset)
		if err != nil {
			b.Fatal(err)
		}
		tr := newTrainer(b, set, Options{Config: c, Steps: maxSteps, Seed: 1})
		for range 60 * round {
			if len(c.Encoding.Grids) == 0 {
				break
			}
			if err := tr.oneStep(0); err != nil {
				b.Fatal(err)
			}
			if tr.rounds.Step%round == 0 {
				tr.shrink(round)
				tr.learner.FindEmptySpace()
			}
		}
		tr.options.LR = 1e-30 // from here on the network stays as it is, and all steps are the same work
		n := float64(tr.options.Batch)
		b.Run("preset="+preset+"/sampling=no", func(b *testing.B) {
			draw := tr.draw
			defer func() { tr.draw = draw }()
			const batches = 256
			kept := make([]plucker.Coords, batches*tr.options.Batch)
			for i := 0; i < len(kept); i += tr.options.Batch {
				tr.pixels.draw(uint64(i), kept[i:i+tr.options.Batch], tr.target, tr.exposures.views)
			}
			tr.draw = func(first int, dst []plucker.Coords) {
				copy(dst, kept[tr.rounds.Step%batches*tr.options.Batch+first:])
			}
			for b.Loop() {
				if err := tr.oneStep(0); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rays/s")
		})
		b.Run("preset="+preset+"/sampling=yes", func(b *testing.B) {
			for b.Loop() {
				tr.rounds.Steps = tr.rounds.Step + round
				if err := tr.Run(context.Background(), nothing); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(round*n*float64(b.N)/b.Elapsed().Seconds(), "rays/s")
		})
	}
}
