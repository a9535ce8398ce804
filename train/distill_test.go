package train

import (
	"context"
	"math"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// teacher is a network of random weights with the cameras of set.
func teacher(t *testing.T, set *dataset.Set) *lfn.Model {
	t.Helper()
	c, err := lfn.Preset("tiny")
	if err != nil {
		t.Fatal(err)
	}
	n, err := lfn.New(c, 3)
	if err != nil {
		t.Fatal(err)
	}
	m := &lfn.Model{Network: n, Scene: set.Frame, Background: [3]float32{1, 1, 1}}
	for _, v := range set.Views {
		m.Cameras = append(m.Cameras, lfn.View{Name: v.Name, Split: v.Split.String(), Camera: v.Camera})
	}
	return m
}

// New cameras stand on the ball of the old ones, as high as they do in the mean and no less spread, and look at the middle
// as they do; a ray's colour is the teacher's, whatever it is asked with.
func TestDistill(t *testing.T) {
	set := dataset.Procedural(dataset.RenderOptions{Views: 30, TestViews: 4, Size: 16, Samples: 1})
	m := teacher(t, set)
	s, err := Distill(context.Background(), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Split(dataset.Train)) != 30 || len(s.Split(dataset.Test)) != 4 || s.Frame != set.Frame {
		t.Errorf("%d and %d views", len(s.Split(dataset.Train)), len(s.Split(dataset.Test)))
	}
	const n = 2000
	keys, rays, rgba := make([]uint64, n), make([]plucker.Ray, n), make([][4]float32, n)
	for i := range keys {
		keys[i] = Mix(uint64(i))
	}
	s.Fresh(keys, rays, rgba)
	field := m.Network.Pack()
	seen := map[mgl64.Vec3]bool{}
	var heights, newHeights []float64
	for _, c := range m.Cameras[:30] {
		heights = append(heights, c.Pose.Pos[2])
	}
	for i, r := range rays {
		seen[r.Origin] = true
		newHeights = append(newHeights, r.Origin[2])
		if d := r.Origin.Len(); math.Abs(d-3) > 0.1 {
			t.Fatalf("a camera stands at %v", r.Origin)
		}
		if past := r.Origin.Cross(r.Dir).Len(); past > 2.6 { // a corner is 1.36 from the middle, and new cameras look up to as much past it
			t.Fatalf("a ray passes the middle at %v", past)
		}
		var want [3]float32
		field.Colors(want[:], []plucker.Coords{m.Scene.Coords(r)})
		for k := range want {
			if d := math.Abs(float64(rgba[i][k] - min(max(want[k], 0), 1))); d > 1e-5 {
				t.Fatalf("ray %d is %v, want %v", i, rgba[i], want)
			}
		}
	}
	mean, spread := moments(heights)
	if got, wide := moments(newHeights); math.Abs(got-mean) > 0.15 || wide < spread || wide > 1.4*spread {
		t.Errorf("new cameras are %.2f ± %.2f high, want about %.2f ± %.2f, as the photographs'", got, wide, mean, spread)
	}
	if len(seen) < n*9/10 {
		t.Errorf("%d rays come from %d cameras", n, len(seen))
	}
	var ray [1]plucker.Ray
	var color [1][4]float32
	if s.Fresh(keys[7:8], ray[:], color[:]); ray[0] != rays[7] {
		t.Error("the same key makes another ray")
	}

	photographs := dataset.Procedural(dataset.RenderOptions{Views: 30, TestViews: 3, Size: 16, Samples: 1})
	if s, err = Distill(context.Background(), m, photographs); err != nil {
		t.Fatal(err)
	}
	if held := s.Split(dataset.Test); len(held) != 3 || &s.Views[held[0]].Pix[0] != &photographs.Views[30].Pix[0] {
		t.Error("the held-out views are not those of the photographs")
	}
	m.Cameras = nil
	if _, err := Distill(context.Background(), m, nil); err == nil {
		t.Error("a model without cameras teaches")
	}
}

// moments are the mean and the standard deviation.
func moments(x []float64) (mean, deviation float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		deviation += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, math.Sqrt(deviation)
}

// A sixth of all cameras are neighbours, six where they are few, and the camera itself comes first.
func TestNeighbours(t *testing.T) {
	for cams, want := range map[int]int{1: 1, 2: 2, 7: 7, 12: 7, 36: 7, 48: 9, 120: 21} {
		l := lessons{cams: make([]plucker.Camera, cams)}
		for i := range l.cams {
			l.cams[i].Pose.Pos = mgl64.Vec3{float64(i)}
		}
		l.findNeighbours()
		for i, near := range l.neighbours {
			if len(near) != want || near[0] != i {
				t.Fatalf("camera %d of %d has the neighbours %v, want %d, itself first", i, cams, near, want)
			}
		}
	}
}

// Where cameras are few or in one place, new ones are there.
func TestDistillFewCameras(t *testing.T) {
	set := dataset.Procedural(dataset.RenderOptions{Views: 2, TestViews: 1, Size: 16, Samples: 1})
	for _, cams := range [][]int{{0}, {0, 1}, {0, 0}} {
		few := *set
		few.Views = nil
		for _, i := range cams {
			few.Views = append(few.Views, set.Views[i])
		}
		s, err := Distill(context.Background(), teacher(t, &few), nil)
		if err != nil {
			t.Fatal(err)
		}
		keys, rays, rgba := []uint64{1, 2, 3}, make([]plucker.Ray, 3), make([][4]float32, 3)
		s.Fresh(keys, rays, rgba)
		for _, r := range rays {
			if math.Abs(r.Dir.Len()-1) > 1e-9 || math.IsNaN(r.Origin.Len()) {
				t.Errorf("cameras %v: ray %v", cams, r)
			}
		}
	}
}
