package cli

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lfnview/train/dataset"
)

// DataOptions say how a data set is opened, as flags say it: the size of its photographs, first divided and then with a
// longest side, its layout, and how far views from a grid are apart.
type DataOptions struct {
	scale, maxSize Natural
	format         Format
	grid           dataset.GridOptions
}

// Flags adds --scale, --max-size, --format and those of grids to the flags of a command.
func (d *DataOptions) Flags(cmd *cobra.Command) {
	d.scale = 1
	fl := cmd.Flags()
	fl.Var(&d.scale, "scale", "divide the size of the photographs by `N`")
	fl.Var(&d.maxSize, "max-size", "bring the longer side of the photographs down to `N` pixels (default no limit)")
	d.format.Flag(cmd)
	fl.Float64Var(&d.grid.Baseline, "baseline", 0, "of views from a grid: distance between neighbours (default: as the files say, or 1)")
	fl.Float64Var(&d.grid.Focus, "focus", 0, "of views from a grid: distance of what does not move from view to view (default: as the files say, or by how the views differ)")
	fl.Float64Var(&d.grid.FovDeg, "grid-fov", 0, "of views from a grid: field of view from left to right in degrees (default: as the files say, or 40)")
}

// Options are those that the library takes.
func (d *DataOptions) Options() dataset.Options {
	return dataset.Options{Format: d.format.Value, Scale: int(d.scale), MaxSize: int(d.maxSize), Grid: d.grid}
}

// Format is the layout in which a data set lies on disk; "" finds it by looking.
type Format struct{ Word }

// Flag adds --format to the flags of a command, with completion.
func (f *Format) Flag(cmd *cobra.Command) {
	f.Of = dataset.Formats()
	f.Word.Flag(cmd, "format", "layout of the data set, found by looking unless given: `NAME` is one of "+strings.Join(f.Of, ", "))
}

// Holdout says which views are held out where a data set has no split of its own: every so manieth; 0 is none.
type Holdout int

func (h *Holdout) String() string { return strconv.Itoa(int(*h)) }
func (h *Holdout) Type() string   { return "int" }

func (h *Holdout) Set(text string) error {
	x, err := strconv.Atoi(text)
	if err != nil || x < 0 || x == 1 {
		return errors.New("want 2 or more, or 0 to hold none out")
	}
	*h = Holdout(x)
	return nil
}

// Flag adds --holdout to the flags of a command.
func (h *Holdout) Flag(cmd *cobra.Command) {
	*h = 8
	cmd.Flags().Var(h, "holdout", "hold every `N`th view out where the data set has no split of its own; 0: none")
}

// In sets it in the options that a data set is opened with.
func (h Holdout) In(o *dataset.Options) {
	if o.Holdout = int(h); h == 0 {
		o.Holdout = -1
	}
}
