package prior

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render"
	"lfnview/render/mesh"
	"lfnview/train/dataset"
)

// boxes makes a class of boxes on white, each of a colour and of sides of its own. Every fourth is held out.
func boxes(t testing.TB, instances, views, size int) *dataset.Class {
	t.Helper()
	dir := t.TempDir()
	saveBoxes(t, dir, plucker.UnitFrame(), instances, views, size)
	return openClass(t, dir)
}

// saveBoxes writes the boxes into a folder, as they are in a frame.
func saveBoxes(t testing.TB, dir string, frame plucker.Frame, instances, views, size int) {
	t.Helper()
	for i := range instances {
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		between := func(low, high float64) float64 { return low + (high-low)*rng.Float64() }
		var b mesh.Builder
		place := mgl64.Translate3D(frame.Center.Elem()).Mul4(mgl64.Scale3D(frame.Radius, frame.Radius, frame.Radius))
		b.Box(place.Mul4(mgl64.Scale3D(between(0.5, 1.1), between(0.5, 1.1), between(0.5, 1.1))), [3]float64{rng.Float64(), rng.Float64(), rng.Float64()})
		scene, set := b.Scene(), &dataset.Set{}
		for k := range views {
			c := render.Orbit{AzDeg: between(0, 360), ElDeg: between(10, 60)}.Camera(frame, size, size)
			p, err := scene.Photograph(t.Context(), &c, 2)
			if err != nil {
				t.Fatal(err)
			}
			set.Views = append(set.Views, dataset.View{Name: fmt.Sprint(k), Camera: c, Pix: p.Pix})
		}
		split := dataset.Train
		if i%4 == 0 {
			split = dataset.Test
		}
		if err := set.SaveSRN(t.Context(), filepath.Join(dir, split.String(), fmt.Sprintf("%06d", i))); err != nil {
			t.Fatal(err)
		}
	}
}

func openClass(t testing.TB, dir string) *dataset.Class {
	t.Helper()
	class, err := dataset.OpenClass(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	return class
}

// TestEvaluate: from one view of each, the others of unseen instances are told better by a prior than by the training
// instance that is most like that view, and than by the mean picture.
func TestEvaluate(t *testing.T) {
	class := boxes(t, 32, 4, 16)
	options := smallOptions(600)
	options.Scenes = 6
	p := trained(t, class, options).Prior()
	o := EvaluateOptions{Input: 2, Baselines: true, ReconstructOptions: ReconstructOptions{Steps: 60}}
	seen := 0
	o.Each = func(r InstanceResult) error {
		if seen++; len(r.Views) != 4 || len(r.Renders) != 4 {
			t.Errorf("%s: %d views, %d renders", r.Name, len(r.Views), len(r.Renders))
		}
		return nil
	}
	o.Watch = func(Glimpse) error { t.Error("Evaluate calls Watch"); return nil }
	test := class.Split(dataset.Test)
	results, err := Evaluate(t.Context(), p, class, test, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 8 || seen != 8 || results[1].Name != "test/000004" || results[1].Views != nil {
		t.Fatalf("%d results, %d seen: %+v", len(results), seen, results)
	}
	own := MeanScore(results, InstanceResult.Score)
	nearest := MeanScore(results, func(r InstanceResult) Score { return r.Nearest })
	mean := MeanScore(results, func(r InstanceResult) Score { return r.Mean })
	t.Logf("%.2f, the nearest instance %.2f, the mean picture %.2f (dB, SSIM)", own, nearest, mean)
	const dB, ssim = 2, 0.05 // better, at least
	for _, plain := range []Score{nearest, mean} {
		if !(own.PSNRdB > plain.PSNRdB+dB && own.SSIM > plain.SSIM+ssim) {
			t.Errorf("from one view %v, want %v dB and %v more than %v", own, dB, ssim, plain)
		}
	}
	if input := MeanScore(results, func(r InstanceResult) Score { return Score{PSNRdB: r.InputPSNRdB} }); !(input.PSNRdB > own.PSNRdB) {
		t.Errorf("the input views are told with %.2f dB, want more than the others, %.2f", input.PSNRdB, own.PSNRdB)
	}
	o.Input = 4
	if _, err := Evaluate(t.Context(), p, class, test, o); err == nil || !strings.Contains(err.Error(), "test/000000 has 4 views, want one with number 4") {
		t.Errorf("a view that is not there: %v", err)
	}
}

// TestEvaluateListed: a list says which view of each; with the same it comes to the same.
func TestEvaluateListed(t *testing.T) {
	class := generated(t, 9, 4, 10)
	p := trained(t, class, smallOptions(2*round)).Prior()
	o := EvaluateOptions{Input: 2, Baselines: true, ReconstructOptions: ReconstructOptions{Steps: 30}}
	test := class.Split(dataset.Test)
	results, err := Evaluate(t.Context(), p, class, test, o)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "views.txt")
	list := func(text string) *dataset.ViewList {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		l, err := dataset.OpenViewList(file)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	o.Input, o.Inputs = 0, list("test 000000 2\ntest 000003 1\ntest 000006 2\n")
	listed, err := Evaluate(t.Context(), p, class, test, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, view := range []int{2, 1, 2} {
		if got, same := listed[i], listed[i].PSNRdB == results[i].PSNRdB && listed[i].Mean == results[i].Mean; got.InputView != view || same != (view == 2) {
			t.Errorf("from view %d: %+v, want %d; from view 2: %+v", got.InputView, got, view, results[i])
		}
	}
	o.Inputs = list("test 000000 2\ntest 000003 4\n")
	if _, err := Evaluate(t.Context(), p, class, test, o); err == nil || !strings.HasSuffix(err.Error(), "views.txt: line 2: view 4 of test/000003, which has 0 to 3") {
		t.Errorf("a view that is not there: %v", err)
	}
}
