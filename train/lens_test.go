package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/train/dataset"
)

// nearSet is the built-in scene from so near by that its perspective tells the focal length.
func nearSet() *dataset.Set {
	const size = 48
	s := &dataset.Set{Space: dataset.Space{Frame: plucker.UnitFrame()}}
	scene := dataset.DefaultScene()
	rng := rand.New(rand.NewPCG(1, 2))
	vector := func() mgl64.Vec3 { return mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()} }
	for i := range 64 {
		at := vector()
		at[2] = math.Abs(at[2])
		pose := plucker.LookAt(at.Normalize().Mul(1.5+0.45*rng.Float64()), vector().Mul(0.2), mgl64.Vec3{0, 0, 1})
		v := dataset.View{Name: fmt.Sprint(i), Camera: plucker.Pinhole(pose, size, size, 1.4)}
		if i%8 == 3 {
			v.Split = dataset.Test
		}
		for p := range size * size {
			c, _, hit := scene.Trace(v.Camera.Ray(float64(p%size)+0.5, float64(p/size)+0.5))
			if !hit {
				c = [3]float64{1, 1, 1}
			}
			for _, x := range c {
				v.Pix = append(v.Pix, byte(255*x+0.5))
			}
			v.Pix = append(v.Pix, 255)
		}
		s.Views = append(s.Views, v)
	}
	return s
}

// zoomIn makes the focal length of all cameras longer by a share, the held-out ones' too.
func zoomIn(set *dataset.Set, share float64) {
	for i := range set.Views {
		k := &set.Views[i].Camera.Intrinsics
		k.Fx *= 1 + share
		k.Fy *= 1 + share
	}
}

// A focal length that is wrong by 3 % is found to half a per cent (in a short run to 1.5) while the network learns what is seen through it. The
// model has it, of held-out cameras too, and these are seen the better.
func TestRefineLens(t *testing.T) {
	want := nearSet().Views[0].Camera.Intrinsics.Fx
	steps, limit, more := 3200, 0.005, 0.5
	if testing.Short() {
		steps, limit, more = 800, 0.015, 0
	}
	for _, wrong := range []float64{0.03, -0.03} {
		set := nearSet()
		zoomIn(set, wrong)
		o := testOptions(steps)
		before := psnr(t, set, o)
		o.RefineLens = true
		tr := newTrainer(t, set, o)
		if err := tr.Run(context.Background(), nothing); err != nil {
			t.Fatal(err)
		}
		after := heldOut(t, tr)
		t.Logf("off by %.1f %%, then by %.2f %%; %.2f dB, and %.2f dB", 100*wrong, 100*(tr.Model("").Cameras[0].Camera.Intrinsics.Fx/want-1), before, after)
		for i, v := range tr.Model("").Cameras {
			if off := v.Camera.Intrinsics.Fx/want - 1; !(math.Abs(off) < limit) || v.Camera.Intrinsics.Fy != v.Camera.Intrinsics.Fx {
				t.Errorf("camera %d: the focal length is off by %.2f %%, after %.1f %%", i, 100*off, 100*wrong)
			}
		}
		if !(after > before+more) {
			t.Errorf("held-out views have %.2f dB, and %.2f dB with the focal length as given", after, before)
		}
	}
}

// Photographs through several lenses are not taken for ones through one.
func TestSeveralLenses(t *testing.T) {
	set := testSet(t)
	set.Views[0].Camera.Intrinsics.Fx *= 1.5
	o := testOptions(1)
	o.RefineLens = true
	if _, err := New(set, o); err == nil || !strings.Contains(err.Error(), "--refine-lens") {
		t.Errorf("error %v, want one that says that --refine-lens is the reason", err)
	}
}

// Views of a data set have the focal lengths of the model where name and pose are the model's, at any size.
func TestRefocused(t *testing.T) {
	set := testSet(t)
	m := newTrainer(t, set, testOptions(1)).Model("")
	for i := range m.Cameras {
		m.Cameras[i].Camera.Intrinsics.Fx *= 1.1
	}
	set.Views[0].Camera = set.Views[0].Camera.Scaled(24, 24)
	set.Views[1].Camera.Pose.Pos[0]++
	set.Views[2].Name = "another"
	for i, v := range Refocused(set, m).Views {
		want := set.Views[i].Camera
		if i != 1 && i != 2 {
			want.Intrinsics.Fx *= 1.1
		}
		if got := v.Camera; math.Abs(got.Intrinsics.Fx-want.Intrinsics.Fx) > 1e-9 || got.Pose != want.Pose {
			t.Errorf("view %d: focal length %v, want %v", i, got.Intrinsics.Fx, want.Intrinsics.Fx)
		}
	}
}
