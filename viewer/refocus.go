//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"fmt"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render"
	"lfnview/viewer/probe"
)

// refocus is a lens in the place of the pinhole, which is sharp in the plane through a point of the scene.
type refocus struct {
	on    bool
	point mgl64.Vec3 // in the world
}

// lens gives a camera's picture with options o a lens of that aperture. It is a pinhole where the point is not before the
// camera, and for a fisheye.
func (r *refocus) lens(cam *plucker.Camera, o render.Options, aperture float64) render.Options {
	if !r.on || aperture == 0 || cam.Distortion.Fisheye {
		return o
	}
	if _, _, depth, ok := cam.Project(r.point); ok {
		o.Aperture, o.Focus = aperture, depth
	}
	return o
}

// aperture is the radius of the lens, in the world.
func (a *app) aperture() float64 { return a.settings.Aperture * a.model.Scene.Radius }

// focusAt makes sharp what is at (x, y), and what is as far away along the camera's axis.
func (a *app) focusAt(x, y float64) {
	a.pick(x, y, func(p *probe.Point) {
		a.focus.on, a.focus.point = true, p.Pos
		if a.settings.Aperture == 0 {
			a.note("the aperture is 0: all is sharp")
		}
		a.event("focus", map[string]any{"point": p.Pos, "distance": p.Distance})
	})
}

// focusDistance is that of the plane that is sharp, along the camera's axis; not above 0 where it is behind.
func (a *app) focusDistance() float64 {
	return a.focus.point.Sub(a.view.Pose.Pos).Dot(a.view.Pose.Forward())
}

// focusText is what the window says of the lens.
func (a *app) focusText() string {
	cam := a.camera(a.area.w, a.area.h)
	o := a.focus.lens(&cam, render.Options{}, a.aperture())
	switch {
	case a.modes.geometry():
		return "the lens is for colours only"
	case a.settings.Aperture == 0:
		return "pinhole: the aperture is 0"
	case cam.Distortion.Fisheye:
		return "pinhole: a fisheye camera has no aperture here"
	case o.Aperture == 0:
		return "pinhole: what is in focus is behind the camera"
	}
	return fmt.Sprintf("at rest, aperture %.3g, sharp at depth %.3g", o.Aperture, o.Focus)
}

// setFocusDistance moves the plane that is sharp.
func (a *app) setFocusDistance(d float64) {
	a.focus.point = a.view.Pose.Pos.Add(a.view.Pose.Forward().Mul(d))
}
