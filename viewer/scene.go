//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"errors"
	"os"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/render/gpu"
	"lfnview/viewer/motion"
	"lfnview/viewer/probe"
)

// scene is the model that is shown.
type scene struct {
	model    *lfn.Model
	name     string
	bytes    int64 // of its file
	version  int   // grows with each model and each of its weights
	up       mgl64.Vec3
	detail   float64 // see render.Detail
	coverage *motion.Coverage
	outside  float64 // how far the view is outside of what the photographs cover; 1 and more is outside
}

// lookThrough takes the view of a camera, and is at its photograph where the model has that.
func (a *app) lookThrough(c *plucker.Camera) {
	for i := range a.photos.views {
		if samePlace(c, &a.photos.views[i].Camera, a.model.Scene.Radius) {
			a.photos.goTo(a, i)
			return
		}
	}
	a.jump(a.viewOf(c))
}

// setModel shows a model from where all of it is seen. The former stays where it fails.
func (a *app) setModel(m *lfn.Model, name string) error {
	if err := a.painter.load(m); err != nil {
		if a.Device != "auto" || a.painter.about().device == "cpu" || errors.Is(err, gpu.ErrLost) {
			return err
		}
		a.toCPU(err)
		if err := a.painter.load(m); err != nil {
			return err
		}
	}
	a.prior.forget()
	first := a.model == nil
	a.model, a.name = m, name
	a.bytes = fileBytes(m, name)
	a.version++
	a.surround()
	a.win.SetTitle(name + " – lfnview")
	if first {
		a.jump(a.home())
	} else {
		a.flyTo(a.home())
	}
	return nil
}

// surround takes the scene's frame and cameras from the model, and lets go of what was in the frame before.
func (a *app) surround() {
	a.up = a.model.Scene.Up
	var cams []plucker.Camera
	for _, c := range a.model.Cameras {
		if c.Split == "train" {
			cams = append(cams, c.Camera)
		}
	}
	a.coverage = motion.NewCoverage(cams, a.model.Scene)
	a.detail = render.Detail(a.model)
	a.modes.span, a.modes.byHand = probe.Span{}, false
	a.focus = refocus{}
	a.epi.letGo()
	a.photos.setModel(a)
	a.path.rescue(a)
	a.path.clear()
}

// exchange shows a model in the place of one like it, from the same view; ready is what the painter has prepared of it.
func (a *app) exchange(m *lfn.Model, ready prepared) error {
	if err := a.painter.update(m, ready); err != nil {
		return err
	}
	a.model = m
	a.version++
	return nil
}

// home is the view of the scene from where all of it is seen, or from in front where only that was photographed.
func (a *app) home() motion.View {
	if cam, ok := render.Front(a.model); ok {
		return a.viewOf(&cam)
	}
	return motion.Home(a.model.Scene, a.aspect())
}

func (a *app) aspect() float64 { return float64(a.area.w) / float64(a.area.h) }

// setArea gives the scene what docked panels leave of the window.
func (a *app) setArea(in area) {
	if a.NoUI || !a.panels {
		in = area{0, 0, a.win.width, a.win.height}
	}
	if in.w = max(in.w, 1); in.h < 1 {
		in.h = 1
	}
	if in != a.area {
		a.area, a.dirty = in, true
	}
}

// fileBytes is how large a model's file is, or would be.
func fileBytes(m *lfn.Model, name string) int64 {
	if st, err := os.Stat(name); err == nil {
		return st.Size()
	}
	var n byteCounter
	_ = m.Encode(&n) // a model that cannot be written has no size
	return int64(n)
}

type byteCounter int64

func (n *byteCounter) Write(b []byte) (int, error) {
	*n += byteCounter(len(b))
	return len(b), nil
}
