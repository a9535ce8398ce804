package render

import (
	"context"
	"iter"

	"lfnview/plucker"
)

// Options of a rendered image. The zero value is one ray through the centre of each pixel.
type Options struct {
	Samples int     // n: each pixel is the mean of n×n rays in a regular grid, at most 16×16; 0 is as many as Detail asks for
	Detail  float64 // how wide a ray sees, in the world, see [Detail]; 0 asks for one ray a pixel
}

// A Renderer makes images of one scene.
type Renderer interface {
	// Render writes what cam sees to dst, which takes the camera's size, and keeps its memory where that is
	// enough. It returns ctx.Err() when cancelled, and an error for a camera or options that make no picture;
	// dst is then undefined. It may be called concurrently, with different dst.
	Render(ctx context.Context, dst *Image, cam *plucker.Camera, o Options) error
}

// Frames renders one camera after another. Every frame is the same Image, which its taker may not keep.
// It ends after the first error.
func Frames(ctx context.Context, r Renderer, cams []plucker.Camera, o Options) iter.Seq2[*Image, error] {
	return func(yield func(*Image, error) bool) {
		var m Image
		for i := range cams {
			err := r.Render(ctx, &m, &cams[i], o)
			if !yield(&m, err) || err != nil {
				return
			}
		}
	}
}
