package shaders

import (
	"encoding/binary"
	"fmt"
	"sync"

	"lfnview/lfn"
)

// brickCells is how many cells along its side a brick of a sparse grid has. It has all their texels, one more: those on its
// faces are in the bricks beside it, too, so that the eight around a point are in one.
const brickCells = 8

const brickTexels = brickCells + 1

// bricks are a sparse grid's texels, in cubes side by side of which the first is empty, and pages, which say for each cube
// of the grid's cells which brick it is: the empty one where all its texels are. Pages have four bytes a texel: the column,
// row and slice of the brick, and 0. They take less room than the whole grid where less than 0.7 of the cubes have anything
// in them.
func bricks(n *lfn.Network, grid int) (texels, pages Texture) {
	side := n.Config.Encoding.Sides()[grid]
	res := (side - 1 + brickCells - 1) / brickCells
	filled := make([]bool, res*res*res)
	var wg sync.WaitGroup
	for z := range res {
		wg.Go(func() { findFilled(filled[z*res*res:][:res*res], res, n, grid, z) })
	}
	wg.Wait()

	number := 1
	for _, f := range filled {
		if f {
			number++
		}
	}
	across := 1
	for across*across*across < number {
		across++
	}
	deep := (number + across*across - 1) / (across * across)
	width := across * brickTexels
	texels = Texture{width, deep * brickTexels, make([]byte, 8*width*width*deep*brickTexels)}
	pages = Texture{res, res, make([]byte, 4*len(filled))}
	number = 0
	for i, f := range filled {
		if f {
			number++
			page := pages.Data[4*i:]
			page[0], page[1], page[2] = byte(number%across), byte(number/across%across), byte(number/(across*across))
		}
	}
	fillBrick(&texels, [3]int{}, n, grid, [3]int{side, side, side}) // there is nothing of the grid
	for z := range res {
		wg.Go(func() {
			for i := z * res * res; i < (z+1)*res*res; i++ {
				if filled[i] {
					page := pages.Data[4*i:]
					fillBrick(&texels, [3]int{int(page[0]), int(page[1]), int(page[2])}, n, grid,
						[3]int{i % res * brickCells, i / res % res * brickCells, z * brickCells})
				}
			}
		})
	}
	wg.Wait()
	return texels, pages
}

// emptyTexel is what texels are that a network does not hold.
var emptyTexel = [4]float32{lfn.EmptyDensity}

// findFilled finds which of the res×res bricks of slice z have a texel that is not empty.
func findFilled(filled []bool, res int, n *lfn.Network, grid, z int) {
	side := n.Config.Encoding.Sides()[grid]
	// with are the bricks, from … to, that a texel is in.
	with := func(texel int) (from, to int) {
		return max(texel-1, 0) / brickCells, min(texel/brickCells, res-1)
	}
	for v := z * brickCells; v < min(z*brickCells+brickTexels, side); v++ {
		for y := range side {
			held, lo := n.Held(grid, y, v)
			y0, y1 := with(y)
			for i := 0; i < len(held); i += 4 {
				if [4]float32(held[i:]) == emptyTexel {
					continue
				}
				x0, x1 := with(lo + i/4)
				for _, y := range [2]int{y0, y1} {
					filled[y*res+x0], filled[y*res+x1] = true, true
				}
			}
		}
	}
}

// fillBrick writes the brick in column, row and slice at, with the grid's texels from first on.
func fillBrick(texels *Texture, at [3]int, n *lfn.Network, grid int, first [3]int) {
	var empty [8]byte
	putHalf(empty[:], emptyTexel[:])
	side := n.Config.Encoding.Sides()[grid]
	for i := range brickTexels * brickTexels {
		y, z := i%brickTexels, i/brickTexels
		row := texels.Data[8*(((at[2]*brickTexels+z)*texels.Res+at[1]*brickTexels+y)*texels.Res+at[0]*brickTexels):][:8*brickTexels]
		for x := range brickTexels {
			copy(row[8*x:], empty[:])
		}
		if y, z = first[1]+y, first[2]+z; y >= side || z >= side {
			continue // no point is beyond
		}
		held, lo := n.Held(grid, y, z)
		from, to := max(first[0], lo), min(first[0]+brickTexels, lo+len(held)/4)
		if from < to {
			putHalf(row[8*(from-first[0]):], held[4*(from-lo):4*(to-lo)])
		}
	}
}

// putHalf writes numbers in half precision.
func putHalf(to []byte, from []float32) {
	for i, v := range from {
		binary.LittleEndian.PutUint16(to[2*i:], toHalf(v))
	}
}

// sparseGrids lists the grids that are in bricks.
func sparseGrids(e lfn.Encoding) (grids []int) {
	for g, side := range e.Sides() {
		if e.Sparse(side) {
			grids = append(grids, g)
		}
	}
	return grids
}

// Pages lists the sparse grids, with the units of their pages, which are behind the occupancies.
func (p *plan) Pages() (all []struct{ Grid, Unit int }) {
	for i, g := range sparseGrids(p.config.Encoding) {
		all = append(all, struct{ Grid, Unit int }{g, len(p.Units()) + len(p.Spaces()) + i})
	}
	return all
}

func (p *plan) BrickCells() int { return brickCells }

// Fetch is what reads grid g at a point of the cube.
func (p *plan) Fetch(g int) string {
	e := p.config.Encoding
	if side := e.Sides()[g]; e.Sparse(side) {
		return fmt.Sprintf("fetch(grid%d, pages%d, %s, p)", g, g, float(float64(side-1)))
	}
	return fmt.Sprintf("fetch(grid%d, p)", g)
}
