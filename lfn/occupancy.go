package lfn

import (
	"math"
	"slices"

	"lfnview/lfn/f32"
)

// emptyAlpha is the largest opacity that a sample anywhere in a cell may have for the cell to count as empty.
const emptyAlpha = 0.003

// maxOccupancy bounds the cells along a side.
const maxOccupancy = 64

// Occupancy says which cells of a coarse cubic grid over [−1, 1]³ may hold anything a ray can see.
// It follows from the grids of a volume network; samples in empty cells are skipped, in training too.
type Occupancy struct {
	res  int
	bits []uint64 // one for each cell, z slowest
	live []uint64 // likewise: the cells that may be occupied; nil: all
}

// newOccupancies returns that of the ball, and that of what is outside where there is something, everything occupied.
func newOccupancies(c Config) []*Occupancy {
	all := []*Occupancy{newOccupancy(c)}
	if c.Encoding.Clear > 0 {
		all = append(all, newOccupancy(c))
	}
	return all
}

func newOccupancy(c Config) *Occupancy {
	o := &Occupancy{res: 1}
	if c.Encoding.Kind == Volume {
		o.res = min(max(slices.Max(c.Encoding.Grids)/2, 1), maxOccupancy)
	}
	o.bits = newBits(o.res)
	return o
}

// newBits are of res³ cells, all set.
func newBits(res int) []uint64 {
	bits := make([]uint64, (res*res*res+63)/64)
	for i := range bits {
		bits[i] = math.MaxUint64
	}
	return bits
}

// Cells has a bit for each cell, x fastest, from the lowest of the first number on, which is set where the cell may hold
// anything.
func (o *Occupancy) Cells() []uint64 { return slices.Clone(o.bits) }

// Live is like Cells, of the cells of which the network holds the texels; nil: of all.
func (o *Occupancy) Live() []uint64 { return o.live }

// Fraction is the share of cells that are occupied.
func (o *Occupancy) Fraction() float64 {
	n, total := 0, o.res*o.res*o.res
	for i := range total {
		if o.occupied(i) {
			n++
		}
	}
	return float64(n) / float64(total)
}

// Res is the number of cells along a side.
func (o *Occupancy) Res() int { return o.res }

// Occupied reports whether the cell at column x, row y, slice z may hold anything.
func (o *Occupancy) Occupied(x, y, z int) bool { return o.occupied((z*o.res+y)*o.res + x) }

func (o *Occupancy) occupied(cell int) bool { return o.bits[cell>>6]>>(cell&63)&1 != 0 }

// march looks for samples of a track in occupied cells of the ball or cube, from sample k up to end: up to [group] of them.
// It puts them behind the s.n samples of s, and returns where to go on and the new number of samples.
func (o *Occupancy) march(s *samples, t *track, k, end int) (next, n int) {
	half := 0.5 * float32(o.res)
	ux, uy, uz := (t.start[0]+1)*half, (t.start[1]+1)*half, (t.start[2]+1)*half
	vx, vy, vz := t.step[0]*half, t.step[1]*half, t.step[2]*half
	top, bits := o.res-1, o.bits
	n = s.n
	most := n + group
	for ; k < end && n < most; k++ {
		x := float32(k)
		ix, iy, iz := int(ux+x*vx), int(uy+x*vy), int(uz+x*vz)
		if uint(ix) > uint(top) || uint(iy) > uint(top) || uint(iz) > uint(top) {
			ix, iy, iz = min(max(ix, 0), top), min(max(iy, 0), top), min(max(iz, 0), top)
		}
		cell := (iz*o.res+iy)*o.res + ix
		if bits[cell>>6]>>(cell&63)&1 != 0 {
			s.put(n, t.at(k))
			s.k[n], s.outside[n] = int32(k), false
			n++
		}
	}
	return k, n
}

// marchOutside is march for the samples that are outside of the ball.
func (o *Occupancy) marchOutside(s *samples, t *track, k, end int) (next, n int) {
	half := 0.5 * float32(o.res)
	top := o.res - 1
	n = s.n
	most := n + group
	for ; k < end && n < most; k++ {
		p := t.outside(k)
		x := min(max(int((p[0]+1)*half), 0), top)
		y := min(max(int((p[1]+1)*half), 0), top)
		z := min(max(int((p[2]+1)*half), 0), top)
		if o.Occupied(x, y, z) {
			s.put(n, p)
			s.k[n], s.outside[n] = int32(k), true
			n++
		}
	}
	return k, n
}

// densityBound is the σ under which a sample is all but transparent: that where
// 1 − exp(−softplus(10σ − 1)·25·Δt) = emptyAlpha for the longest step Δt.
func densityBound(e Encoding) float32 {
	softplus := -math.Log1p(-emptyAlpha) / (OpticalDepth * e.longest())
	return float32((math.Log(math.Expm1(softplus)) - f32.DensityBias) / f32.DensityGain)
}

// refresh computes the occupancy of a volume network from those grids of it. run shares out the slices.
//
// A cell is empty where the sum over the grids of the largest density among the texels that any
// of its points reads stays under [densityBound]: no point of it can then have more. One of which the network does not
// hold all texels is empty.
func (o *Occupancy) refresh(c Config, grids []texelGrid, run func(n int, task func(i int))) {
	if c.Encoding.Kind != Volume {
		return
	}
	bound := densityBound(c.Encoding)
	full := make([]bool, o.res*o.res*o.res)
	run(o.res, func(z int) {
		for y := range o.res {
			if !o.rowMayBe(y, z) {
				continue
			}
			var most [maxOccupancy]float32
			o.rowDensity(most[:o.res], grids, y, z, float32(math.Inf(-1)))
			for x, v := range most[:o.res] {
				cell := (z*o.res+y)*o.res + x
				full[cell] = !(v < bound) && o.mayBe(cell)
			}
		}
	})
	clear(o.bits)
	for i, f := range full {
		if f {
			o.bits[i>>6] |= 1 << (i & 63)
		}
	}
}

// mayBe reports whether a cell may be occupied.
func (o *Occupancy) mayBe(cell int) bool { return o.live == nil || o.live[cell>>6]>>(cell&63)&1 != 0 }

// rowMayBe reports whether a cell of a row may be.
func (o *Occupancy) rowMayBe(y, z int) bool {
	for x := range o.res {
		if o.mayBe((z*o.res+y)*o.res + x) {
			return true
		}
	}
	return false
}

// rowDensity finds, for each of the cells of row y, z, a bound on the density of its points: the sum over the grids
// of rowMax, each at least floor. It counts for live cells only.
func (o *Occupancy) rowDensity(most []float32, grids []texelGrid, y, z int, floor float32) {
	var best [maxOccupancy]float32
	clear(most)
	for g := range grids {
		o.rowMax(best[:o.res], &grids[g], y, z)
		for x, v := range best[:o.res] {
			most[x] += max(v, floor)
		}
	}
}

// rowMax finds, for each of the cells of row y, z, the largest first channel among the texels of a grid that its
// points read and that are held.
func (o *Occupancy) rowMax(best []float32, grid *texelGrid, y, z int) {
	res := grid.side
	y0, y1 := o.texels(y, res)
	z0, z1 := o.texels(z, res)
	if grid.spans == nil {
		z1 = min(z1, len(grid.texels)/(4*res*res)-1) // flat grids have no more
	}
	var column [MaxSide]float32 // the largest over y and z
	for x := range res {
		column[x] = float32(math.Inf(-1))
	}
	for z := z0; z <= z1; z++ {
		for y := y0; y <= y1; y++ {
			row, lo := grid.spans.Row(grid.texels, res, z*res+y)
			for i := 0; i < len(row); i += 4 {
				column[lo+i/4] = max(column[lo+i/4], row[i])
			}
		}
	}
	for x := range best {
		x0, x1 := o.texels(x, res)
		best[x] = slices.Max(column[x0 : x1+1])
	}
}

// texels is the range of texels along one axis of a grid that the points of cell i read.
func (o *Occupancy) texels(i, res int) (lo, hi int) {
	return i * (res - 1) / o.res, min((i+1)*(res-1)/o.res+1, res-1)
}
