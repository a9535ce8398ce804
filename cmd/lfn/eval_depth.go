package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/train"
	"lfnview/train/dataset"
)

// depthResult is what lfn eval --depth prints.
type depthResult struct {
	Radius float64             `json:"scene_radius"`
	Model  train.DepthQuality  `json:"depth"`
	Sweep  *train.DepthQuality `json:"plane_sweep,omitempty"` // with --baselines
	Views  []depthView         `json:"views"`
}

type depthView struct {
	Name  string              `json:"name"`
	Model train.DepthQuality  `json:"depth"`
	Sweep *train.DepthQuality `json:"plane_sweep,omitempty"`
}

// evalDepth compares the depth of a model with the true one of views.
func (f *evalFlags) evalDepth(cmd *cobra.Command, m *lfn.Model, r *cli.Rendering, set *dataset.Set, views []int) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	var all, sweeps train.DepthErrors
	known := false // some true depth is
	result := depthResult{Radius: m.Scene.Radius}
	print := func(name string, model train.DepthQuality, sweep *train.DepthQuality) {
		if f.json {
			return
		}
		fmt.Fprintf(w, "%s\t%s", name, depthColumns(model, m.Scene.Radius))
		if sweep != nil {
			fmt.Fprintf(w, "\tplane sweep %s", depthColumns(*sweep, m.Scene.Radius))
		}
		fmt.Fprintln(w)
	}
	err := train.EvaluateDepth(cmd.Context(), r, set, views, func(i int, depths []float32) error {
		v := &set.Views[i]
		known = known || slices.ContainsFunc(v.Depth, func(d float32) bool { return d != 0 })
		var one train.DepthErrors
		one.Add(depths, v.Depth)
		all.Add(depths, v.Depth)
		view := depthView{Name: v.Name, Model: one.Quality()}
		if f.baselines {
			estimate, err := train.PlaneSweep(cmd.Context(), set, i, m.Background)
			if err != nil {
				return err
			}
			var one train.DepthErrors
			one.Add(estimate, v.Depth)
			sweeps.Add(estimate, v.Depth)
			q := one.Quality()
			view.Sweep = &q
		}
		result.Views = append(result.Views, view)
		print(v.Name, view.Model, view.Sweep)
		return nil
	})
	if err != nil {
		return err
	}
	if len(result.Views) == 0 {
		return fmt.Errorf("eval %s: no %s view has a true depth: lfn dataset render --depth makes views that have", set.Path, f.split.Value)
	}
	if !known {
		return fmt.Errorf("eval %s: in the true depth of %d %s views there is no distance, a finite number above 0", set.Path, len(result.Views), f.split.Value)
	}
	result.Model = all.Quality()
	if f.baselines {
		q := sweeps.Quality()
		result.Sweep = &q
	}
	if f.json {
		return cli.PrintJSON(cmd.OutOrStdout(), result)
	}
	print(fmt.Sprintf("all of %d", len(result.Views)), result.Model, result.Sweep)
	return w.Flush()
}

// depthColumns are the errors in the scene's units and, in the mean, in its radius.
func depthColumns(q train.DepthQuality, radius float64) string {
	if q.Coverage == 0 {
		return "no depth"
	}
	return fmt.Sprintf("error %.4g (%.2f %% of the radius)\t95 %% within %.4g (%.2f %%)\tcovers %.1f %%\terror/coverage %.4g\tbeside objects %.1f %%",
		q.Mean, 100*q.Mean/radius, q.P95, 100*q.P95/radius, 100*q.Coverage, q.Weighted, 100*q.Spurious)
}
