package train

import (
	"context"
	"math"
	"slices"

	"lfnview/render"
	"lfnview/train/dataset"
)

// DepthErrors gathers how far depths are from the truth, over the pixels of any number of views.
type DepthErrors struct {
	errors           []float32 // of the pixels on objects that have depth
	objects, nothing int       // pixels which show something, and which do not
	spurious         int       // of nothing those that have depth
}

// Add compares depths along the viewing axis, where 0 is unknown, with true ones, where 0 is nothing.
func (e *DepthErrors) Add(depths, truth []float32) {
	for i, want := range truth {
		switch got := depths[i]; {
		case want == 0:
			e.nothing++
			if got != 0 {
				e.spurious++
			}
		case got == 0:
			e.objects++
		default:
			e.objects++
			e.errors = append(e.errors, float32(math.Abs(float64(got-want))))
		}
	}
}

// DepthQuality is how good depths are. Errors are in the units of the scene.
type DepthQuality struct {
	Mean     float64 `json:"mean_error"`               // absolute, of the pixels on objects that have depth
	P95      float64 `json:"p95_error"`                // what 95 % of them are within
	Coverage float64 `json:"coverage"`                 // share of the pixels on objects that have depth
	Weighted float64 `json:"weighted_error,omitempty"` // Mean / Coverage; 0 where there is no depth
	Spurious float64 `json:"spurious"`                 // share of the pixels that show nothing which have depth all the same
}

// Quality is that of everything that was added.
func (e *DepthErrors) Quality() DepthQuality {
	q := DepthQuality{Spurious: float64(e.spurious) / float64(max(e.nothing, 1))}
	if len(e.errors) == 0 {
		return q
	}
	slices.Sort(e.errors)
	for _, x := range e.errors {
		q.Mean += float64(x) / float64(len(e.errors))
	}
	q.P95 = float64(e.errors[(len(e.errors)*95+99)/100-1])
	q.Coverage = float64(len(e.errors)) / float64(e.objects)
	q.Weighted = q.Mean / q.Coverage
	return q
}

// EvaluateDepth compares what a renderer tells of the depth of those views that have a true one. each gets the results in
// order, and what was told, which is valid until it returns.
func EvaluateDepth(ctx context.Context, r render.GeometryRenderer, set *dataset.Set, views []int, each func(view int, depths []float32) error) error {
	var g render.Geometry
	var depths []float32
	for _, i := range views {
		v := &set.Views[i]
		if v.Depth == nil {
			continue
		}
		if err := r.Geometry(ctx, &g, &v.Camera); err != nil {
			return err
		}
		depths = g.Depths(depths, &v.Camera)
		if err := each(i, depths); err != nil {
			return err
		}
	}
	return nil
}
