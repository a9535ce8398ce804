//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"context"

	"lfnview/plucker"
	"lfnview/render"
	"lfnview/render/look"
)

// shot makes pictures and the frames of films as the window shows the scene at rest when they are begun.
type shot struct {
	look     look.Look
	focus    refocus
	aperture float64
	options  render.Options

	img      render.Image
	geometry render.Geometry
}

// shot has n rays a side of a pixel; 0 is as many as a picture needs.
func (a *app) shot(n int) *shot {
	return &shot{look: a.look(), focus: a.focus, aperture: a.aperture(), options: a.samples(n)}
}

// render makes img what cam sees.
func (s *shot) render(ctx context.Context, r render.GeometryRenderer, cam *plucker.Camera) error {
	if s.look.Mode == look.Colors {
		return r.Render(ctx, &s.img, cam, s.focus.lens(cam, s.options, s.aperture))
	}
	if err := r.Geometry(ctx, &s.geometry, cam); err != nil {
		return err
	}
	s.look.Paint(&s.img, &s.geometry, cam)
	s.look.DrawBar(&s.img)
	return nil
}
