package render

import (
	"context"
	"fmt"

	"lfnview/plucker"
)

// Track returns n cameras as cam on a straight line along its right axis, of that length in the world, from left to right
// with cam in its middle.
func Track(cam plucker.Camera, n int, length float64) []plucker.Camera {
	cams := make([]plucker.Camera, n)
	for i := range cams {
		t := 0.
		if n > 1 {
			t = float64(i)/float64(n-1) - 0.5
		}
		cams[i] = cam
		cams[i].Pose.Pos = cam.Pose.Pos.Add(cam.Pose.Right().Mul(t * length))
	}
	return cams
}

// EPI renders the epipolar-plane image of cameras of one size (Bolles, Baker and Marimont, 1987): row i of dst is that row
// of what cams[i] sees. Along a [Track] a point is a line in it, the steeper the farther the point is.
func EPI(ctx context.Context, r Renderer, dst *Image, cams []plucker.Camera, row int, o Options) error {
	if len(cams) == 0 {
		return fmt.Errorf("render: epipolar-plane image: %w", errNoFrames)
	}
	w, h := cams[0].Width, cams[0].Height
	if err := plucker.CheckSize(w, len(cams)); err != nil {
		return fmt.Errorf("render: epipolar-plane image: %w", err)
	}
	if row < 0 || row >= h {
		return fmt.Errorf("render: epipolar-plane image: row %d of pictures of %d rows, want 0 to %d", row, h, h-1)
	}
	dst.Resize(w, len(cams))
	for i := range cams {
		if cams[i].Width != w || cams[i].Height != h {
			return fmt.Errorf("render: epipolar-plane image: camera %d has %d×%d pixels, want those of the first, %d×%d", i, cams[i].Width, cams[i].Height, w, h)
		}
		cam := Crop(cams[i], 0, row, w, 1)
		line := Image{Pix: dst.Pix[3*w*i : 3*w*i : 3*w*(i+1)]} // it keeps this memory
		if err := r.Render(ctx, &line, &cam, o); err != nil {
			return err
		}
	}
	return nil
}

// Crop is the camera that sees no more than w×h pixels, from (x, y) on, of what cam does.
func Crop(cam plucker.Camera, x, y, w, h int) plucker.Camera {
	cam.Intrinsics.Cx -= float64(x)
	cam.Intrinsics.Cy -= float64(y)
	cam.Width, cam.Height = w, h
	return cam
}
