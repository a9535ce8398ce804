package render

import (
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
)

func TestFront(t *testing.T) {
	c := lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 2, Grids: []int{4}}, Norm: lfn.NormNone, Activation: lfn.ReLU}
	m := &lfn.Model{Scene: plucker.Frame{Center: mgl64.Vec3{0, 0, -6}, Radius: 4, Up: mgl64.Vec3{0, 1, 0}}}
	for i := range 5 {
		eye := mgl64.Vec3{float64(i), 0, 0}
		v := lfn.View{Split: "train", Camera: plucker.Pinhole(plucker.LookAt(eye, mgl64.Vec3{2, 0, -6}, mgl64.Vec3{0, 1, 0}), 8, 6, 1)}
		if i == 2 {
			v.Split = "test"
		}
		m.Cameras = append(m.Cameras, v)
	}
	for _, window := range []*plucker.Window{nil, {Eye: mgl64.Vec3{0.6, 0, 1.5}, Axes: mgl64.Ident3(), Tan: mgl64.Vec2{1, 1}, Near: 1}} {
		c.Encoding.Window = window
		n, err := lfn.New(c, 1)
		if err != nil {
			t.Fatal(err)
		}
		m.Network = n
		cam, ok := Front(m)
		if ok != (window != nil) || ok && cam.Pose.Pos[0] != 3 { // the eye is at 2.4, where a held-out view is nearest
			t.Errorf("with window %v: camera at %v, %v", window, cam.Pose.Pos, ok)
		}
	}
	m.Cameras = nil
	if _, ok := Front(m); ok {
		t.Error("a model without cameras has one in front")
	}
}
