package lfn

import (
	"fmt"
	"slices"
)

// A grid most of whose space is empty is stored as cubes of texels: those that are needed, one after the
// other in "grids.i.blocks" [n, 8, 8, 8, 4], and where each belongs in "grids.i.index" [bz, by, bx], int32:
// its number, counted up in the order of the index, or −1 for a cube that was left out. A cube at the edge is
// filled up with zeros. Texels left out are read as emptyTexel. Of a grid that may be sparse only these blocks are in memory,
// those between them along x, and a texel around.
const (
	blockSide    = 8
	blockTexels  = blockSide * blockSide * blockSide
	blockFloats  = 4 * blockTexels
	blocksSuffix = ".blocks"
	indexSuffix  = ".index"

	// keepOneIn bounds how much larger a grid is in memory than what the file holds of it: at least one block in
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
	space := grid / len(n.Config.Encoding.Grids)
	o := n.occ[space]
	bound := densityBound(n.Config.Encoding)
	grids := n.gridsOf(space)
	r := n.Config.Encoding.Sides()[grid]
	side, deep := blocksAlong(r), blocksAlong(n.Config.Encoding.Slices(r))
	empty := slices.Repeat([]bool{true}, deep*side*side)
	for row := range o.res * o.res {
		y, z := row%o.res, row/o.res
		if !o.rowMayBe(y, z) {
			continue
		}
		var most [maxOccupancy]float32
		o.rowDensity(most[:o.res], grids, y, z, EmptyDensity)
		y0, y1 := o.texels(y, r)
		z0, z1 := o.texels(z, r)
		for x, v := range most[:o.res] {
			if v < bound || !o.mayBe(row*o.res+x) {
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

// blockRuns are the blocks, from … up to, of which at least one in keepOneIn is stored: all, or of a grid that may be sparse
// those from the first to the last that is stored along x, which are all that a reader holds.
func blockRuns(stored func(block int) bool, side, blocks int, sparse bool) (runs [][2]int) {
	if !sparse {
		return [][2]int{{0, blocks}}
	}
	for row := 0; row < blocks; row += side {
		from, to := row+side, row
		for b := row; b < row+side; b++ {
			if stored(b) {
				from, to = min(from, b), b+1
			}
		}
		if from < to {
			runs = append(runs, [2]int{from, to})
		}
	}
	return runs
}

// leastBlocks is how many blocks of runs have to be stored.
func leastBlocks(runs [][2]int) int {
	n := 0
	for _, r := range runs {
		n += r[1] - r[0]
	}
	return max((n+keepOneIn-1)/keepOneIn, 1)
}

// blockParts returns a grid as blocks and index, or as it is where that is not larger. It is dense, [z, y, x, 4], or what
// spans say is held of it, which never is as it is. sparse says that a reader may hold a part of it, too.
func blockParts(dense part, spans *Spans, empty []bool, sparse bool) []part {
	if empty == nil {
		return []part{dense}
	}
	planes, r := dense.shape[0], dense.shape[1]
	side, deep := blocksAlong(r), blocksAlong(planes)
	index := make([]int32, deep*side*side)
	runs := blockRuns(func(b int) bool { return !empty[b] }, side, len(index), sparse)
	if len(runs) == 0 {
		runs = [][2]int{{0, 1}}
	}
	spare := leastBlocks(runs)
	for b, e := range empty {
		index[b] = -1
		if !e {
			spare--
		}
	}
	n := 0
	for _, run := range runs {
		for b := run[0]; b < run[1]; b++ {
			if empty[b] && spare <= 0 {
				continue
			}
			if empty[b] {
				spare--
			}
			index[b] = int32(n)
			n++
		}
	}
	blocks := part{dense.name + blocksSuffix, dense.dtype, []int{n, blockSide, blockSide, blockSide, 4}, nil, nil}
	places := part{dense.name + indexSuffix, "I32", []int{deep, side, side}, nil, index}
	if size := int64(n) * blockFloats * dtypeSizes[dense.dtype]; spans == nil && size+places.size() >= dense.size() {
		return []part{dense}
	}
	blocks.floats = make([]float32, n*blockFloats)
	for b, i := range index {
		if i < 0 {
			continue
		}
		to := blocks.floats[int(i)*blockFloats:][:blockFloats]
		blockRows(r, planes, b, func(inGrid, inBlock, n int) {
			if spans != nil {
				spans.Read(to[inBlock:inBlock+n], dense.floats, inGrid/(4*r), inGrid/4%r)
			} else {
				copy(to[inBlock:inBlock+n], dense.floats[inGrid:])
			}
		})
	}
	return []part{blocks, places}
}

// blockGrid is where a file has a grid that is stored in blocks.
type blockGrid struct {
	side, planes  int // texels, along x and y, and along z
	sparse        bool
	blocks, index *stored
	places        []int32 // what index holds
}

// findBlocks finds and checks the blocks and the index of a grid. sparse says that a part of it is to be held in memory.
func findBlocks(file *safetensors, grid wanted, sparse bool) (*blockGrid, error) {
	b := &blockGrid{planes: int(grid.shape[0]), side: int(grid.shape[1]), sparse: sparse}
	side, deep := int64(blocksAlong(b.side)), int64(blocksAlong(b.planes))
	total := deep * side * side
	n := int64(-1)
	name := grid.name + blocksSuffix
	if t := file.find(name); t != nil && len(t.shape) > 0 {
		n = t.shape[0]
	}
	least := int64(1)
	if !sparse {
		least = (total + keepOneIn - 1) / keepOneIn
	}
	if n < least || n > total {
		return nil, formatErrorf(lenSize, "%s has %d blocks, want %d to %d", name, n, least, total)
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
	if least := leastBlocks(b.runs()); n < int64(least) {
		return nil, formatErrorf(b.index.begin, "%s has %d blocks, want %d or more where they are as far apart", name, n, least)
	}
	return b, nil
}

func (b *blockGrid) runs() [][2]int {
	return blockRuns(func(i int) bool { return b.places[i] >= 0 }, blocksAlong(b.side), len(b.places), b.sparse)
}

// spans are of the runs of blocks, and a texel around, where the blocks beside them were left out. Rows at the edges of two
// runs hold what is between them, too: at worst 29 texels for each that is stored, where runs of one block alternate in 512³.
func (b *blockGrid) spans() *Spans {
	side, r := blocksAlong(b.side), b.side
	lo, hi := slices.Repeat([]int16{int16(r)}, r*r), make([]int16, r*r)
	for _, run := range b.runs() {
		x0, x1 := max(run[0]%side*blockSide-1, 0), min((run[1]-1)%side*blockSide+blockSide+1, r)
		y, z := run[0]/side%side*blockSide, run[0]/(side*side)*blockSide
		for w := max(z-1, 0); w < min(z+blockSide+1, r); w++ {
			for v := max(y-1, 0); v < min(y+blockSide+1, r); v++ {
				lo[w*r+v], hi[w*r+v] = min(lo[w*r+v], int16(x0)), max(hi[w*r+v], int16(x1))
			}
		}
	}
	return newSpans(r, lo, hi)
}

// read fills grid, [z, y, x, 4], or what spans say of it.
func (b *blockGrid) read(file *safetensors, grid []float32, spans *Spans) error {
	var from [blockFloats]float32
	for block, place := range b.places {
		if place < 0 && spans != nil {
			continue // it is empty
		}
		if place >= 0 {
			if err := file.floats(from[:], b.blocks, int64(place)*blockFloats); err != nil {
				return err
			}
		} else {
			fillEmpty(from[:])
		}
		blockRows(b.side, b.planes, block, func(inGrid, inBlock, n int) {
			if spans != nil {
				spans.write(grid, from[inBlock:inBlock+n], inGrid/(4*b.side), inGrid/4%b.side)
			} else {
				copy(grid[inGrid:inGrid+n], from[inBlock:])
			}
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
