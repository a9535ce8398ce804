package prior

import (
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train/dataset"
)

// largeFrame is that of the boxes of the class large, which are those of the class small otherwise.
var largeFrame = plucker.Frame{Center: mgl64.Vec3{3, 0, -20}, Radius: 16, Up: mgl64.Vec3{0, 0, 1}}

func twoSizes(t testing.TB, instances int) *dataset.Class {
	t.Helper()
	dir := t.TempDir()
	saveBoxes(t, filepath.Join(dir, "large"), largeFrame, instances, 4, 16)
	saveBoxes(t, filepath.Join(dir, "small"), plucker.UnitFrame(), instances, 4, 16)
	return openClass(t, dir)
}

// TestClasses: each class has a frame of its own, in which rays are trained, and from one view of an unseen instance comes a
// scene of the size of its class.
func TestClasses(t *testing.T) {
	class := twoSizes(t, 16)
	options := smallOptions(600)
	options.Scenes = 6
	tr := trained(t, class, options)
	p := tr.Prior()
	if len(p.Classes) != 2 || p.Classes[0].Name != "large" || p.Classes[1].Name != "small" {
		t.Fatalf("classes %+v, want large and small", p.Classes)
	}
	large, small := p.Classes[0].Scene, p.Classes[1].Scene
	if d := large.Center.Sub(largeFrame.Center).Len(); math.Abs(large.Radius-16*small.Radius) > 1e-6 || d > 1e-6 {
		t.Errorf("large scenes have the frame %v, small ones %v", large, small)
	}
	for _, s := range tr.slots {
		c := p.Classes[p.ClassOf(s.instance)]
		if pos := s.views[0].Camera.Pose.Pos; s.scene != c.Scene || pos.Sub(s.scene.Center).Len() > 4*s.scene.Radius {
			t.Errorf("%s is trained in the frame %v, by a camera at %v", p.Instances[s.instance].Name, s.scene, pos)
		}
	}

	o := EvaluateOptions{Baselines: true, ReconstructOptions: ReconstructOptions{Steps: 60}}
	test := class.Split(dataset.Test)
	results, err := Evaluate(t.Context(), p, class, test, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.TakenFor != r.Class {
			t.Errorf("%s is taken for %s", r.Name, r.TakenFor)
		}
	}
	own, mean := MeanScore(results, InstanceResult.Score), MeanScore(results, func(r InstanceResult) Score { return r.Mean })
	t.Logf("%.2f, the mean picture %.2f (dB, SSIM)", own, mean)
	if !(own.PSNRdB > mean.PSNRdB+2) {
		t.Errorf("from one view %v, want 2 dB more than the mean picture, %v", own, mean)
	}
	o.Class = "small"
	if results, err = Evaluate(t.Context(), p, class, test[:1], o); err != nil || results[0].TakenFor != "small" {
		t.Errorf("%s, said to be small: %v, %v", results[0].Name, results, err)
	}

	// From somewhere: the camera is as far off as those of the class.
	views, err := OpenInstance(class, test[0], dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range p.Classes {
		if testing.Short() {
			break // it takes some seconds
		}
		found, err := ReconstructUnknown(t.Context(), p, views[0], ReconstructOptions{Steps: 60, Class: c.Name})
		if err != nil || found.Class != k {
			t.Errorf("a photograph from somewhere of class %d is taken for one of %+v, %v", k, found, err)
		}
	}

	for _, tt := range []struct{ class, want string }{
		{"huge", `class is "huge", want one of large, small`},
		{"small", "has the scene at its back"},
	} {
		away := views[0]
		away.Camera = render.Orbit{}.Camera(p.Classes[1].Scene, 16, 16)
		away.Camera.Pose.Rot = away.Camera.Pose.Rot.Mul3(mgl64.Diag3(mgl64.Vec3{1, -1, -1}))
		if _, err := Reconstruct(t.Context(), p, []dataset.View{away}, ReconstructOptions{Class: tt.class}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("class %s: %v, want %s", tt.class, err, tt.want)
		}
	}
}

// TestClassOfUnknown: where a photograph is from anywhere, the scene is of the class of the instance that it is most like, and
// from there it is told in that class's frame.
func TestClassOfUnknown(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	p, _, views := painted(t, small(), 4)
	own := p.Classes[0]
	own.Name = "b"
	own.Scene = plucker.Frame{Center: mgl64.Vec3{5, 0, 1}, Radius: 4, Up: own.Scene.Up}
	own.Cameras = nil
	for _, v := range p.Classes[0].Cameras {
		v.Pose.Pos = own.Scene.Center.Add(v.Pose.Pos.Mul(own.Scene.Radius))
		own.Cameras = append(own.Cameras, v)
	}
	p.Classes[0].Name = "a"
	p.Classes = append(p.Classes, own)
	p.Instances[0].Class, p.Instances[1].Class = "a", "b"
	found, err := ReconstructUnknown(t.Context(), p, views[1], ReconstructOptions{Regularize: -1})
	if err != nil {
		t.Fatal(err)
	}
	photo := views[1]
	photo.Camera = found.Orbit.Camera(p.Classes[found.Class].Scene, 20, 20)
	psnrsDB, err := PSNRs(t.Context(), p.Model(found.Latent, found.Class), []dataset.View{photo})
	if err != nil {
		t.Fatal(err)
	}
	if near := p.ClassNear(found.Latent); found.Class != near || psnrsDB[0] < 30 {
		t.Errorf("of class %d, where it is most like one of %d; told with %.1f dB, want 30", found.Class, near, psnrsDB[0])
	}
}

// TestSearches: classes of one size that were photographed alike are searched once, those by another lens not at all.
func TestSearches(t *testing.T) {
	p, _, views := painted(t, small(), 3)
	alike, wide := p.Classes[0], p.Classes[0]
	alike.Name, wide.Name = "alike", "wide"
	wide.Cameras = []lfn.View{{Camera: render.Orbit{}.Camera(wide.Scene, 20, 10)}}
	huge := lfn.Class{Name: "huge", Scene: plucker.Frame{Radius: 9, Up: mgl64.Vec3{0, 0, 1}}, Cameras: alike.Cameras}
	p.Classes = append(p.Classes, wide, alike, huge)
	searched := func(o ReconstructOptions) (classes []int) {
		all, err := searchesOf(p, &views[0], o)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			classes = append(classes, x.class)
		}
		return classes
	}
	if got := searched(ReconstructOptions{}); !reflect.DeepEqual(got, []int{0, 3}) {
		t.Errorf("classes %v are searched, want the first and the last", got)
	}
	if got := searched(ReconstructOptions{Class: "alike"}); !reflect.DeepEqual(got, []int{2}) {
		t.Errorf("classes %v are searched, want the one that was said", got)
	}
	if _, err := searchesOf(p, &views[0], ReconstructOptions{Class: "wide"}); err == nil || !strings.Contains(err.Error(), "the photographs of the prior are 20×10") {
		t.Errorf("by another lens: %v", err)
	}
}
