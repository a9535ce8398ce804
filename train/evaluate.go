package train

import (
	"context"
	"slices"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train/dataset"
)

// Evaluate renders the views of set with the given indices as o says, and compares each with its photograph over the
// background. each gets the results in order; their pictures are valid until it returns. It stops with the
// first error, of the renderer or of each, or with ctx.Err().
func Evaluate(ctx context.Context, r render.Renderer, set *dataset.Set, views []int, o render.Options, background [3]float32, each func(ViewResult) error) error {
	var img render.Image
	for _, i := range views {
		v := &set.Views[i]
		if err := r.Render(ctx, &img, &v.Camera, o); err != nil {
			return err
		}
		if err := each(compare(v.Name, photoOf(v, background), &img)); err != nil {
			return err
		}
	}
	return nil
}

// Refocused returns set with the focal lengths that m has for the views that it knows by name and pose: they may have been
// corrected while it was trained, see [Options.RefineLens]. It shares the photographs.
func Refocused(set *dataset.Set, m *lfn.Model) *dataset.Set {
	known := map[string]*plucker.Camera{}
	for i := range m.Cameras {
		known[m.Cameras[i].Name] = &m.Cameras[i].Camera
	}
	own := *set
	own.Views = slices.Clone(set.Views)
	for i := range own.Views {
		v := &own.Views[i]
		if c := known[v.Name]; c != nil && c.Pose == v.Camera.Pose && c.Distortion == v.Camera.Distortion {
			k := c.Scaled(v.Camera.Width, v.Camera.Height).Intrinsics
			v.Camera.Intrinsics.Fx, v.Camera.Intrinsics.Fy = k.Fx, k.Fy
		}
	}
	return &own
}

func photoOf(v *dataset.View, background [3]float32) *render.Image {
	return render.FromRGBA(v.Pix, v.Camera.Width, v.Camera.Height, background)
}

func compare(name string, photo, img *render.Image) ViewResult {
	return ViewResult{Name: name, Photo: photo, Render: img,
		PSNRdB: min(render.PSNR(photo, img), maxPSNRdB), SSIM: render.SSIM(photo, img)}
}

// Quality is how well views came out, as lfn eval prints it.
type Quality struct {
	PSNRdB float64      `json:"psnr_db"` // mean of the views'
	SSIM   float64      `json:"ssim"`
	Views  []ViewResult `json:"views"`
}

// NewQuality takes the means.
func NewQuality(views []ViewResult) Quality {
	q := Quality{Views: views}
	for _, v := range views {
		q.PSNRdB += v.PSNRdB / float64(len(views))
		q.SSIM += v.SSIM / float64(len(views))
	}
	return q
}

// Spread returns at most n of the indices, evenly.
func Spread(indices []int, n int) []int {
	if len(indices) <= n {
		return indices
	}
	some := make([]int, n)
	for i := range some {
		some[i] = indices[i*len(indices)/n]
	}
	return some
}
