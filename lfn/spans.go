package lfn

import (
	"slices"

	"lfnview/lfn/f32"
)

// DenseSide is how many texels along its side a grid has at most that a network always holds whole. Of finer grids in the
// ball alone it may hold what is not empty, in memory as in the file.
const DenseSide = 128

// Sparse reports whether a network may hold a part of its grids with that many texels along their side.
func (e Encoding) Sparse(side int) bool {
	return e.Kind == Volume && e.Window == nil && e.Clear == 0 && side > DenseSide
}

// Spans say which texels of a grid a network holds: some of each row along x, side by side, or none. Those that are not held
// count as emptyTexel.
type Spans struct {
	side   int
	lo, hi []int16 // row z·side+y has the texels lo … hi−1
	starts []int32 // where they are, see f32.FetchHeld
	size   int     // texels, with those that only make room
}

// spanAlign is what lo and starts are multiples of, so that no two rows share a mark of f32.ScatterHeld.
const spanAlign = 4

// newSpans makes spans of the rows of a grid with side texels along its side, at least as long as lo and hi say.
func newSpans(side int, lo, hi []int16) *Spans {
	s := &Spans{side: side, lo: lo, hi: hi, starts: make([]int32, side*side)}
	up := func(n int) int { return (n + spanAlign - 1) &^ (spanAlign - 1) }
	s.size = up(side) // read where nothing is held
	for row := range lo {
		if lo[row] >= hi[row] {
			lo[row], hi[row] = 0, 0
			continue
		}
		lo[row] &^= spanAlign - 1
		hi[row] = int16(min(up(int(hi[row])), side))
		s.starts[row] = int32(s.size - int(lo[row]))
		s.size += up(int(hi[row] - lo[row]))
	}
	s.size += up(side)
	return s
}

// Texels is how many texels a grid has in memory.
func (s *Spans) Texels() int { return s.size }

// Row is where the held texels of a row are in a grid, and which is the first of them. Where s is nil, they are all of it: as
// many as the grid has along its side.
func (s *Spans) Row(grid []float32, side, row int) (texels []float32, lo int) {
	if s == nil {
		return grid[4*row*side:][:4*side], 0
	}
	lo = int(s.lo[row])
	at := int(s.starts[row])
	return grid[4*(at+lo) : 4*(at+int(s.hi[row]))], lo
}

// Read copies texels of a row, from x on.
func (s *Spans) Read(dst, grid []float32, row, x int) {
	fillEmpty(dst)
	held, lo := s.Row(grid, s.side, row)
	if from, to := max(x, lo), min(x+len(dst)/4, lo+len(held)/4); from < to {
		copy(dst[4*(from-x):4*(to-x)], held[4*(from-lo):])
	}
}

// write is the reverse of Read, for the texels that are held.
func (s *Spans) write(grid, src []float32, row, x int) {
	held, lo := s.Row(grid, s.side, row)
	if from, to := max(x, lo), min(x+len(src)/4, lo+len(held)/4); from < to {
		copy(held[4*(from-lo):4*(to-lo)], src[4*(from-x):])
	}
}

// covers reports whether the texels with lo … hi of the rows with y0 … y1 and z0 … z1 are held.
func (s *Spans) covers(lo, hi, y0, y1, z0, z1 int) bool {
	for z := z0; z <= z1; z++ {
		for y := y0; y <= y1; y++ {
			if row := z*s.side + y; lo < int(s.lo[row]) || hi >= int(s.hi[row]) {
				return false
			}
		}
	}
	return true
}

// newTexels makes a grid that is empty.
func (s *Spans) newTexels() []float32 {
	g := make([]float32, 4*s.size)
	fillEmpty(g)
	return g
}

func fillEmpty(texels []float32) {
	for i := 0; i < len(texels); i += 4 {
		copy(texels[i:], emptyTexel[:])
	}
}

// SpansOf returns for each grid of c which texels of it are read in cells of an occupancy, one bit each as of
// [Occupancy.Cells]: nil for grids that are held whole.
func SpansOf(c Config, cells []uint64) []*Spans {
	all := make([]*Spans, len(c.Encoding.Sides()))
	for i, side := range c.Encoding.Sides() {
		if c.Encoding.Sparse(side) {
			o := newOccupancy(c)
			o.bits = cells
			all[i] = o.spans(side)
		}
	}
	return all
}

// spans are of all texels that points of occupied cells read.
func (o *Occupancy) spans(side int) *Spans {
	lo, hi := slices.Repeat([]int16{int16(side)}, side*side), make([]int16, side*side)
	for cell := range o.res * o.res * o.res {
		if !o.occupied(cell) {
			continue
		}
		x0, x1 := o.reach(cell%o.res, side)
		y0, y1 := o.reach(cell/o.res%o.res, side)
		z0, z1 := o.reach(cell/(o.res*o.res), side)
		for z := z0; z <= z1; z++ {
			for y := y0; y <= y1; y++ {
				row := z*side + y
				lo[row], hi[row] = min(lo[row], int16(x0)), max(hi[row], int16(x1+1))
			}
		}
	}
	return newSpans(side, lo, hi)
}

// reach is texels with one more at either end: rounding may take a sample of the cell there.
func (o *Occupancy) reach(i, side int) (lo, hi int) {
	lo, hi = o.texels(i, side)
	return max(lo-1, 0), min(hi+1, side-1)
}

// confine makes o that of cells whose points read nothing but what spans hold.
func (o *Occupancy) confine(spans []*Spans) {
	for _, s := range spans {
		if s == nil {
			continue
		}
		if o.live == nil {
			o.live = newBits(o.res)
		}
		for cell := range o.res * o.res * o.res {
			x0, x1 := o.reach(cell%o.res, s.side)
			y0, y1 := o.reach(cell/o.res%o.res, s.side)
			z0, z1 := o.reach(cell/(o.res*o.res), s.side)
			if !s.covers(x0, x1, y0, y1, z0, z1) {
				o.live[cell>>6] &^= 1 << (cell & 63)
			}
		}
		for i, b := range o.live {
			o.bits[i] &= b
		}
	}
}

// texelGrid is a grid, and which texels of it that is.
type texelGrid struct {
	texels []float32
	side   int
	spans  *Spans // nil: all
}

// fetch is f32.Fetch for samples in occupied cells.
func (g *texelGrid) fetch(dst []float32, stride int, x, y, z []float32) {
	if g.spans == nil {
		f32.Fetch(dst, stride, g.texels, g.side, x, y, z)
		return
	}
	f32.FetchHeld(dst, stride, g.texels, g.spans.starts, g.side, x, y, z)
}

// fetchAnywhere is f32.Fetch, slower, for any places; dst has 4 values of each.
func (g *texelGrid) fetchAnywhere(dst, x, y, z []float32) {
	if g.spans == nil {
		f32.Fetch(dst, 4, g.texels, g.side, x, y, z)
		return
	}
	for i := range x {
		var cell [3]int
		var in [3]float32 // −1 to 1
		for a, p := range [3]float32{x[i], y[i], z[i]} {
			u := min(max(0.5*(p+1)*float32(g.side-1), 0), float32(g.side-1))
			cell[a] = min(int(u), g.side-2)
			in[a] = 2*(u-float32(cell[a])) - 1
		}
		var around [4 * 8]float32
		for k := range 4 {
			g.spans.Read(around[8*k:8*k+8], g.texels, (cell[2]+k>>1)*g.side+cell[1]+k&1, cell[0])
		}
		f32.Fetch(dst[4*i:4*i+4], 4, around[:], 2, in[:1], in[1:2], in[2:])
	}
}
