package dataset

import (
	"math"
	"path/filepath"
	"slices"
)

// Disparities of views from a grid, found by comparing blocks of pixels: they say how far away things are where the
// files do not.
const (
	matchSide   = 256 // pixels of the longer side of what is compared
	matchBlock  = 7   // pixels from the middle of a block to its edge
	matchApart  = 2   // steps of the grid between the views, and less where there are not so many
	matchReach  = 12  // pixels by which a block may have moved
	matchAcross = 16  // blocks along the longer side

	minTexture = 4.0 // grey levels from a pixel to the next, root mean square
	maxResidue = 0.3 // of the block's texture that may be left where it matches
	minMatches = 12  // blocks without which there is nothing to say
)

// A luma is a picture's brightness, from 0 to 255.
type luma struct {
	w, h int
	pix  []float64
}

// readLuma reads an image, brought down to w×h.
func readLuma(file string, w, h int) (*luma, error) {
	pix, err := decode(file, w, h)
	if err != nil {
		return nil, err
	}
	m := &luma{w, h, make([]float64, w*h)}
	for i := range m.pix {
		p := pix[4*i:][:4]
		m.pix[i] = (77*float64(p[0]) + 150*float64(p[1]) + 29*float64(p[2])) * float64(p[3]) / (256 * 255)
	}
	return m, nil
}

func (m *luma) mean() float64 {
	sum := 0.0
	for _, p := range m.pix {
		sum += p
	}
	return sum / float64(len(m.pix))
}

// along returns how many pixels the block of a around (x, y) has moved in b, along one axis: (dx, dy) is (1, 0) or
// (0, 1). It is known to a fraction of a pixel, by a parabola through the least squared difference and its neighbours.
func along(a, b *luma, x, y, dx, dy int) (shift float64, ok bool) {
	const r, n = matchBlock, 2*matchReach + 1
	if x-r-dx < 0 || y-r-dy < 0 || x+r+dx >= a.w || y+r+dy >= a.h {
		return 0, false
	}
	texture := 0.0
	for j := y - r; j <= y+r; j++ {
		for i := x - r; i <= x+r; i++ {
			d := a.pix[(j+dy)*a.w+i+dx] - a.pix[j*a.w+i]
			texture += d * d
		}
	}
	if texture < minTexture*minTexture*(2*r+1)*(2*r+1) {
		return 0, false
	}
	var cost [n]float64
	best := -1
	for k := range cost {
		s := k - matchReach
		bx, by := x+s*dx, y+s*dy
		if bx-r < 0 || by-r < 0 || bx+r >= b.w || by+r >= b.h {
			cost[k] = math.Inf(1)
			continue
		}
		for j := -r; j <= r; j++ {
			for i := -r; i <= r; i++ {
				d := a.pix[(y+j)*a.w+x+i] - b.pix[(by+j)*b.w+bx+i]
				cost[k] += d * d
			}
		}
		if best < 0 || cost[k] < cost[best] {
			best = k
		}
	}
	if best < 1 || best >= n-1 || math.IsInf(cost[best-1], 1) || math.IsInf(cost[best+1], 1) {
		return 0, false
	}
	lo, hi := cost[best-1], cost[best+1]
	bend := lo + hi - 2*cost[best]
	if !(bend > 0) || cost[best] > maxResidue*texture {
		return 0, false
	}
	return float64(best-matchReach) + (lo-hi)/(2*bend), true
}

// disparities are how far blocks of the view in the middle of a grid move, in widths of the image, as the camera goes
// one unit of the world along a row or a column.
type disparities struct {
	right []float64 // moves to the right, for a camera that goes to the right
	down  []float64 // moves down, for a camera that goes down
	both  [][2]float64
}

// measure compares the view in the middle with those beside it; all images have w×h pixels.
func (g *cells) measure(dir string, w, h int) (*disparities, error) {
	w, h = Options{MaxSize: matchSide}.size(w, h)
	mid := g.middle()
	a, err := g.luma(dir, mid, w, h)
	if err != nil {
		return nil, err
	}
	var others [2][]beside // along rows, along columns
	for axis := range others {
		if others[axis], err = g.beside(dir, mid, axis, w, h); err != nil {
			return nil, err
		}
	}
	d := &disparities{}
	for y := h / matchAcross / 2; y < h; y += max(1, max(w, h)/matchAcross) {
		for x := w / matchAcross / 2; x < w; x += max(1, max(w, h)/matchAcross) {
			var sum [2]float64
			var n [2]int
			for axis := range others {
				for _, o := range others[axis] {
					if s, ok := along(a, o.pix, x, y, 1-axis, axis); ok {
						sum[axis] += s / o.step / float64(w)
						n[axis]++
					}
				}
			}
			right, down := sum[0]/float64(max(1, n[0])), sum[1]/float64(max(1, n[1]))
			if n[0] > 0 {
				d.right = append(d.right, right)
			}
			if n[1] > 0 {
				d.down = append(d.down, down)
			}
			if n[0] > 0 && n[1] > 0 {
				d.both = append(d.both, [2]float64{right, down})
			}
		}
	}
	return d, nil
}

// beside is a view in the row or the column of another, and how far along it its camera is.
type beside struct {
	pix  *luma
	step float64
}

// beside returns the views on both sides of cell i, in its row for axis 0, in its column for axis 1.
func (g *cells) beside(dir string, i, axis, w, h int) ([]beside, error) {
	c := &g.all[i]
	var found []beside
	for _, sign := range []int{-1, 1} {
		for n := matchApart; n > 0; n-- {
			at := [2]int{c.col, c.row}
			at[axis] += sign * n
			k := g.find(at[1], at[0])
			if k < 0 {
				continue
			}
			step := [2]float64{g.all[k].u - c.u, g.all[k].v - c.v}[axis]
			if step == 0 {
				continue
			}
			pix, err := g.luma(dir, k, w, h)
			if err != nil {
				return nil, err
			}
			found = append(found, beside{pix, step})
			break
		}
	}
	return found, nil
}

// luma reads the image of cell i.
func (g *cells) luma(dir string, i, w, h int) (*luma, error) {
	m, err := readLuma(filepath.Join(dir, g.all[i].name), w, h)
	if err != nil {
		return nil, &FormatError{g.all[i].name, "", err.Error()}
	}
	return m, nil
}

// quantiles returns those below which a tenth and nine tenths of all disparities are.
func (d *disparities) quantiles() (lo, hi float64, ok bool) {
	all := slices.Concat(d.right, d.down)
	if len(all) < minMatches {
		return 0, 0, false
	}
	return quantile(all, 0.1), quantile(all, 0.9), true
}

// downIsUp says whether what is taken as a camera that goes down is one that goes up: a block has one depth, so its two
// disparities are the same, not opposite.
func (d *disparities) downIsUp() bool {
	same, opposite := 0.0, 0.0
	for _, b := range d.both {
		same += math.Abs(b[0] - b[1])
		opposite += math.Abs(b[0] + b[1])
	}
	const sure = 0.5
	return len(d.both) >= minMatches && opposite < sure*same
}

// flipDown takes back that the camera went down.
func (d *disparities) flipDown() {
	for i := range d.down {
		d.down[i] = -d.down[i]
	}
	for i := range d.both {
		d.both[i][1] = -d.both[i][1]
	}
}
