package lfn

import (
	"fmt"
	"slices"
)

// A grid most of whose space is empty is stored as cubes of texels: those that are needed, one after the
// other in "grids.i.blocks" [n, 8, 8, 8, 4], and where each belongs in "grids.i.index" [bz, by, bx], int32:
// its number, counted up in the order of the index, or −1 for a cube that was left out. A cube at the edge is
// filled up with zeros. Texels left out are read as emptyTexel.
const (
	blockSide    = 8
	blockTexels  = blockSide * blockSide * blockSide
	blockFloats  = 4 * blockTexels
	blocksSuffix = ".blocks"
	indexSuffix  = ".index"

	// keepOneIn bounds how much larger a grid is than what the file holds of it: at least one block in
	// so many is stored, empty or not, so that a reader need not trust a small file with a large grid.
	keepOneIn = 8
)

// EmptyDensity is a density, in the first channel of a grid, so low that no ray sees it.
const EmptyDensity = -1

// emptyTexel has no features either.
var emptyTexel = [4]float32{EmptyDensity, 0, 0, 0}

// emptyBlocks answers for each block of a grid, in the order of the index, whether all its texels are read by
// points of empty cells only, so that no ray ever sees them. nil: the encoding knows no empty cells.
//
// A cell counts as empty as in [Network.FindEmptySpace], but no texel counts for less than emptyTexel:
// so a cell is still empty when a texel of it that was left out comes back as that.
func emptyBlocks(n *Network, grid int) []bool {
	if n.Config.Encoding.Kind != Volume {
		return nil
	}
	o := newOccupancy(n.Config)
	bound := densityBound(n.Config.Encoding)
	grids := n.gridsOf(grid / len(n.Config.Encoding.Grids))
	r := n.Config.Encoding.Sides()[grid]
	side, deep := blocksAlong(r), blocksAlong(n.Config.Encoding.Slices(r))
	empty := slices.Repeat([]bool{true}, deep*side*side)
	for row := range o.res * o.res {
		y, z := row%o.res, row/o.res
		var most [maxOccupancy]float32
		o.rowDensity(most[:o.res], n.Config, grids, y, z, EmptyDensity)
		y0, y1 := o.texels(y, r)
		z0, z1 := o.texels(z, r)
		for x, v := range most[:o.res] {
			if v < bound {
				continue
			}
			x0, x1 := o.texels(x, r)
			for bz := z0 / blockSide; bz <= min(z1/blockSide, deep-1); bz++ {
				for by := y0 / blockSide; by <= y1/blockSide; by++ {
					for bx := x0 / blockSide; bx <= x1/blockSide; bx++ {
						empty[(bz*side+by)*side+bx] = false
					}
				}
			}
		}
	}
	return empty
}

// blocksAlong is the number of blocks along the side of a grid of r texels.
func blocksAlong(r int) int { return (r + blockSide - 1) / blockSide }

// blockParts returns dense, a grid [z, y, x, 4], as blocks and index, or as it is where that is not larger.
func blockParts(dense part, empty []bool) []part {
	if empty == nil {
		return []part{dense}
	}
	planes, r := dense.shape[0], dense.shape[1]
	side, deep := blocksAlong(r), blocksAlong(planes)
	index := make([]int32, deep*side*side)
	spare := (len(index) + keepOneIn - 1) / keepOneIn
	for _, e := range empty {
		if !e {
			spare--
		}
	}
	n := 0
	for b := range index {
		if empty[b] && spare <= 0 {
			index[b] = -1
			continue
		}
		if empty[b] {
			spare--
		}
		index[b] = int32(n)
		n++
	}
	blocks := part{dense.name + blocksSuffix, dense.dtype, []int{n, blockSide, blockSide, blockSide, 4}, nil, nil}
	places := part{dense.name + indexSuffix, "I32", []int{deep, side, side}, nil, index}
	if size := int64(n) * blockFloats * dtypeSizes[dense.dtype]; size+places.size() >= dense.size() {
		return []part{dense}
	}
	blocks.floats = make([]float32, n*blockFloats)
	for b, i := range index {
		if i < 0 {
			continue
		}
		to := blocks.floats[int(i)*blockFloats:][:blockFloats]
		blockRows(r, planes, b, func(inGrid, inBlock, n int) {
			copy(to[inBlock:inBlock+n], dense.floats[inGrid:])
		})
	}
	return []part{blocks, places}
}

// blockGrid is where a file has a grid that is stored in blocks.
type blockGrid struct {
	side, planes  int // texels, along x and y, and along z
	blocks, index *stored
	places        []int32 // what index holds
}

// findBlocks finds and checks the blocks and the index of a grid.
func findBlocks(file *safetensors, grid wanted) (*blockGrid, error) {
	b := &blockGrid{planes: int(grid.shape[0]), side: int(grid.shape[1])}
	side, deep := int64(blocksAlong(b.side)), int64(blocksAlong(b.planes))
	total := deep * side * side
	n := int64(-1)
	name := grid.name + blocksSuffix
	if t := file.find(name); t != nil && len(t.shape) > 0 {
		n = t.shape[0]
	}
	if n < (total+keepOneIn-1)/keepOneIn || n > total {
		return nil, formatErrorf(lenSize, "%s has %d blocks, want %d to %d", name, n, (total+keepOneIn-1)/keepOneIn, total)
	}
	var err error
	if b.blocks, err = findTensor(file, name, []int64{n, blockSide, blockSide, blockSide, 4}, floatTypes...); err != nil {
		return nil, err
	}
	if b.index, err = findTensor(file, grid.name+indexSuffix, []int64{deep, side, side}, "I32"); err != nil {
		return nil, err
	}
	b.places = make([]int32, total)
	if err := file.int32s(b.places, b.index); err != nil {
		return nil, err
	}
	next := int32(0)
	for i, p := range b.places {
		if p != -1 && p != next || int64(p) >= n {
			want := "-1"
			if int64(next) < n {
				want = fmt.Sprintf("%d or -1", next)
			}
			return nil, formatErrorf(b.index.begin+4*int64(i), "%s: value %d is %d, want %s", b.index.name, i, p, want)
		}
		if p >= 0 {
			next++
		}
	}
	if int64(next) != n {
		return nil, formatErrorf(b.index.begin, "%s has %d blocks, want %d, as many as %s", b.index.name, next, n, b.blocks.name)
	}
	return b, nil
}

// read fills grid, [z, y, x, 4].
func (b *blockGrid) read(file *safetensors, grid []float32) error {
	var from [blockFloats]float32
	for block, place := range b.places {
		if place >= 0 {
			if err := file.floats(from[:], b.blocks, int64(place)*blockFloats); err != nil {
				return err
			}
		} else {
			for i := range from {
				from[i] = emptyTexel[i%4]
			}
		}
		blockRows(b.side, b.planes, block, func(inGrid, inBlock, n int) {
			copy(grid[inGrid:inGrid+n], from[inBlock:])
		})
	}
	return nil
}

// blockRows calls f for each row of texels that a block of a grid of r texels along its side, and as many planes, has:
// n floats, which begin at those places of the grid and of the block.
func blockRows(r, planes, block int, f func(inGrid, inBlock, n int)) {
	side := blocksAlong(r)
	x := block % side * blockSide
	y := block / side % side * blockSide
	z := block / (side * side) * blockSide
	for dz := range min(blockSide, planes-z) {
		for dy := range min(blockSide, r-y) {
			f(4*(((z+dz)*r+y+dy)*r+x), 4*blockSide*(blockSide*dz+dy), 4*min(blockSide, r-x))
		}
	}
}
