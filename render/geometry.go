package render

import (
	"context"
	"slices"

	"lfnview/plucker"
)

// Geometry is a picture, of one ray through the centre of each pixel, and what its rays meet; row-major, row 0 the top.
type Geometry struct {
	Color      Image
	Distance   []float32 // from the camera along the ray, in the world; 0 where nothing is known
	Spread     []float32 // the standard deviation of Distance
	Confidence []float32 // from 0 to 1, see [lfn.Confident]
	Normal     []float32 // three for each pixel, of length 1, in the world, towards the camera; 0 where not known
}

// Resize gives the geometry a size. It keeps the memory where that is enough; what it holds is undefined.
func (g *Geometry) Resize(w, h int) {
	g.Color.Resize(w, h)
	grow := func(s []float32, n int) []float32 { return slices.Grow(s[:0], n)[:n] }
	g.Distance, g.Spread, g.Confidence = grow(g.Distance, w*h), grow(g.Spread, w*h), grow(g.Confidence, w*h)
	g.Normal = grow(g.Normal, 3*w*h)
}

// A GeometryRenderer is a renderer that tells what rays meet.
type GeometryRenderer interface {
	Renderer
	// Geometry renders what cam sees to dst, which takes the camera's size, as Render does. The error says, too, that the
	// network tells no geometry.
	Geometry(ctx context.Context, dst *Geometry, cam *plucker.Camera) error
}
