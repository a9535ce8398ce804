package dataset

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// lytroLayout is that of the views through the parts of a plenoptic camera's lens, as programs which decode Lytro's
// photographs write them: NAME_SS_TT.png, SS the column and TT the row, both from 1 on, often with a running number
// before them. By the views of a real one, in which flowers are before grass, the next SS is to the right, and the
// next TT is below.
//
// How large and far things are is not known, nor the field of view: calibrations of such cameras are for one zoom and
// focus and for other images. What is chosen, see [cells.source], is one of the worlds in which the views look as they do.
var lytroLayout = layout{
	name:  "lytro",
	needs: lytroNames,
	find: func(f *listing) bool {
		if !f.isDir {
			return false
		}
		g, err := findCells(f.names, lytroNames, lytroCell)
		if err != nil {
			var fe *FormatError
			return errors.As(err, &fe) // it has cells, and twice
		}
		g.trim()
		return g.rows > 1 && g.cols > 1 && 2*len(g.all) >= g.rows*g.cols
	},
	readGrid: func(path string, o GridOptions) (*source, error) {
		return readViews(path, o, lytroNames, lytroCell, true)
	},
}

// stanfordLayout is that of the (New) Stanford Light Field Archive's rectified images: out_RR_CC.png, the row and the
// column, and mostly the camera's place after them, first the number that goes with rows, then that which goes with
// columns: out_RR_CC_-381.909271_1103.376221.png. The archive does not say where these numbers grow to. What reads
// them elsewhere, to refocus and to render, has the second grow to the right and the first downwards; so it is here,
// but for the first where the photographs show that it grows upwards: what one camera sees moves by rows as it does by
// columns. Without places, rows go down and columns go right.
var stanfordLayout = layout{
	name:  "stanford",
	needs: stanfordNames,
	find: func(f *listing) bool {
		if !f.isDir {
			return false
		}
		g, err := findCells(f.names, stanfordNames, stanfordCell)
		var fe *FormatError
		return err == nil && len(g.all) > 1 || errors.As(err, &fe)
	},
	readGrid: func(path string, o GridOptions) (*source, error) {
		return readViews(path, o, stanfordNames, stanfordCell, false)
	},
}

const (
	lytroNames    = "*_SS_TT.png"
	stanfordNames = "out_RR_CC_*.png"
)

// lytroCell reads the end of a name, _SS_TT.
func lytroCell(stem string) (cell, bool) {
	f := strings.Split(stem, "_")
	if len(f) < 3 || len(f[len(f)-1]) < 2 || len(f[len(f)-2]) < 2 {
		return cell{}, false
	}
	col, ok1 := digits(f[len(f)-2])
	row, ok2 := digits(f[len(f)-1])
	return cell{row: row, col: col}, ok1 && ok2
}

// stanfordCell reads a name, out_RR_CC or out_RR_CC_V_U; some have a _ at the end.
func stanfordCell(stem string) (cell, bool) {
	f := strings.Split(strings.TrimSuffix(stem, "_"), "_")
	if len(f) != 3 && len(f) != 5 || f[0] != "out" {
		return cell{}, false
	}
	row, ok1 := digits(f[1])
	col, ok2 := digits(f[2])
	c := cell{row: row, col: col}
	if !ok1 || !ok2 || len(f) == 3 {
		return c, ok1 && ok2
	}
	var err1, err2 error
	c.v, err1 = strconv.ParseFloat(f[3], 64)
	c.u, err2 = strconv.ParseFloat(f[4], 64)
	c.placed = true
	return c, err1 == nil && err2 == nil && math.Abs(c.v) <= maxDistance && math.Abs(c.u) <= maxDistance
}

// readViews reads the images of a folder that have their place in the grid by their names. rim says that those at the
// corners may be black.
func readViews(dir string, o GridOptions, what string, parse func(stem string) (cell, bool), rim bool) (*source, error) {
	names, err := namesIn(dir)
	if err != nil {
		return nil, err
	}
	g, err := findCells(names, what, parse)
	if err != nil {
		return nil, err
	}
	g.trim()
	g.warnMissing()
	if rim {
		if err := g.leaveOutBlack(dir); err != nil {
			return nil, err
		}
	}
	if err := g.setPlaces(o.Baseline); err != nil {
		return nil, err
	}
	return g.source(dir, o)
}

// Views near the corners of the grid look through the rim of the lens.
const (
	rimCells = 0.8  // of the distance from the middle to the grid's sides, squared, from where on views are looked at: see rim
	dimView  = 0.25 // of the brightness of the view in the middle, below which there is a warning
	darkView = 0.05 // and below which it is left out
)

// rim says whether a cell is outside of an ellipse that almost touches the sides of the grid.
func (g *cells) rim(c *cell) bool {
	x := float64(2*c.col-g.cols+1) / float64(g.cols)
	y := float64(2*c.row-g.rows+1) / float64(g.rows)
	return x*x+y*y > rimCells
}

// leaveOutBlack takes the black views out, and warns of them and of those that are nearly black.
func (g *cells) leaveOutBlack(dir string) error {
	light := make([]float64, len(g.all))
	look := []int{g.middle()}
	for i := range g.all {
		light[i] = math.Inf(1)
		if g.rim(&g.all[i]) && i != look[0] {
			look = append(look, i)
		}
	}
	err := forEach(context.Background(), len(look), 0, func(n int) (err error) {
		c := &g.all[look[n]]
		if light[look[n]], err = brightness(filepath.Join(dir, c.name)); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	normal := light[look[0]]
	var kept []cell
	dim, firstDim, firstDark := 0, "", ""
	for i, c := range g.all {
		switch {
		case light[i] < darkView*normal:
			if firstDark == "" {
				firstDark = c.name
			}
			continue
		case light[i] < dimView*normal:
			if dim == 0 {
				firstDim = c.name
			}
			dim++
		}
		kept = append(kept, c)
	}
	if n := len(g.all) - len(kept); n > 0 {
		g.warnings = append(g.warnings, fmt.Sprintf("%d of %d views are black, such as %s: they are left out", n, len(g.all), firstDark))
	}
	if dim > 0 {
		g.warnings = append(g.warnings, fmt.Sprintf("%d of %d views are nearly black, such as %s: they look through the rim of the lens, take them out", dim, len(g.all), firstDim))
	}
	g.all = kept
	return nil
}

// brightness is the mean of a small copy of the image.
func brightness(file string) (float64, error) {
	w, h, err := imageSize(file)
	if err != nil {
		return 0, err
	}
	m, err := readLuma(file, max(1, w/8), max(1, h/8))
	if err != nil {
		return 0, err
	}
	return m.mean(), nil
}

// setPlaces gives every cell the place of its camera, to the right and down from the middle: that of its name, or else
// one unit a step. A baseline is the mean step between neighbours in a row.
func (g *cells) setPlaces(baseline float64) error {
	unplaced, first := 0, ""
	for _, c := range g.all {
		if !c.placed {
			if unplaced == 0 {
				first = c.name
			}
			unplaced++
		}
	}
	if 0 < unplaced && unplaced < len(g.all) {
		return &FormatError{first, "", "has no place of its camera in its name, and others have: want it in all or none"}
	}
	var u, v float64
	for i := range g.all {
		c := &g.all[i]
		if unplaced > 0 {
			c.u, c.v = float64(c.col)-float64(g.cols-1)/2, float64(c.row)-float64(g.rows-1)/2
			continue
		}
		u += c.u / float64(len(g.all))
		v += c.v / float64(len(g.all))
	}
	scale := 1.0
	if step := g.step(); step > 0 && baseline > 0 {
		scale = baseline / step
	}
	for i := range g.all {
		c := &g.all[i]
		c.u, c.v = (c.u-u)*scale, (c.v-v)*scale
	}
	return nil
}

// step is the mean distance of neighbours in a row, or, where there are none, in a column.
func (g *cells) step() float64 {
	at := make(map[[2]int]*cell, len(g.all))
	for i := range g.all {
		at[[2]int{g.all[i].row, g.all[i].col}] = &g.all[i]
	}
	for _, next := range [][2]int{{0, 1}, {1, 0}} {
		sum, n := 0.0, 0
		for i := range g.all {
			c := &g.all[i]
			if d := at[[2]int{c.row + next[0], c.col + next[1]}]; d != nil {
				sum += math.Hypot(d.u-c.u, d.v-c.v)
				n++
			}
		}
		if n > 0 {
			return sum / float64(n)
		}
	}
	return 0
}

// Where nothing says how far things are, the nearest and farthest of what moves have distances in the ratio of
// depthRatio, as in a ball that is seen as wide as it is deep.
const (
	depthRatio   = 1.6
	minDisparity = 0.1 / 400 // of the image's width a step, the range that is taken where views hardly differ
)

// source makes the cameras.
//
// A step b of the camera to the right moves what is at the distance Z to the right by d = f·b/focus − f·b/Z, see
// [grid], and d is measured. Of focus and Z only 1/focus − 1/Z is known by that, as the images may have been shifted
// by any amount. Unless focus is given, it is chosen such that the range of d comes to lie between two distances in a
// plausible ratio: near = f·(ratio−1)/(ratio·range) and f/focus = lowest + f/near, for disparities of a step 1.
func (g *cells) source(dir string, o GridOptions) (*source, error) {
	w, h, err := g.size(dir)
	if err != nil {
		return nil, err
	}
	d, err := g.measure(dir, w, h)
	if err != nil {
		return nil, err
	}
	down := 1.0
	if g.all[0].placed && d.downIsUp() {
		down = -1
		d.flipDown()
	}
	fov := o.FovDeg
	if fov == 0 {
		fov = defaultGridFov
	}
	f := fovFocal(w, fov)
	step := g.step()
	if step == 0 {
		step = 1
	}
	lo, hi, ok := d.quantiles()
	lo, hi = lo*float64(w), hi*float64(w) // pixels for a camera that goes one unit
	if !ok {
		lo, hi = 0, 0
		g.warnings = append(g.warnings, "too little in the photographs is found in those beside them to say how far it is: see the options of grids")
	}
	if least := minDisparity * float64(w) / step; hi-lo < least {
		mid := (lo + hi) / 2
		lo, hi = mid-least/2, mid+least/2
	}
	near := f * (depthRatio - 1) / (depthRatio * (hi - lo))
	far := depthRatio * near
	focus := f / (lo + f/near) // negative where the plane is behind the cameras, beyond infinity
	if o.Focus > 0 {
		focus = o.Focus
		near, far = distances(f/focus, f, lo, hi)
	}
	v := grid{
		middle: plucker.Pose{Rot: mgl64.Ident3()},
		focus:  focus,
		lens:   pinhole{file: g.all[g.middle()].name, fx: f, fy: f, cx: float64(w) / 2, cy: float64(h) / 2, w: w, h: h},
	}
	src := &source{warnings: g.warnings}
	for _, c := range g.all {
		src.shots = append(src.shots, v.shot(dir, c.name, c.u, -down*c.v))
	}
	fr := v.frame(near, far)
	src.frame, src.near, src.far = &fr, near*(1-gridMargin), far*(1+gridMargin)
	return src, nil
}

// size is that of all images, in pixels.
func (g *cells) size(dir string) (w, h int, err error) {
	first := g.all[g.middle()].name
	if w, h, err = imageSize(filepath.Join(dir, first)); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", first, err)
	}
	for _, c := range g.all {
		w2, h2, err := imageSize(filepath.Join(dir, c.name))
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", c.name, err)
		}
		if w2 != w || h2 != h {
			return 0, 0, &FormatError{c.name, "", fmt.Sprintf("is %d×%d pixels, and %s is %d×%d: want images of one size", w2, h2, first, w, h)}
		}
	}
	return w, h, nil
}

// distances returns those at which disparities are lo and hi for images that are shifted by shift. What would be beyond
// infinity is farther by depthRatio than the nearest.
func distances(shift, f, lo, hi float64) (near, far float64) {
	near = f / shift
	if shift > lo {
		near = f / (shift - lo)
	}
	far = depthRatio * near
	if shift > hi {
		far = min(f/(shift-hi), farthest*near)
	}
	return near, far
}
