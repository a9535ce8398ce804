//go:build cgo && linux

package gpu

// sampleOrder is an order of the points of a side×side grid in a pixel in which every part of it is spread well.
type sampleOrder struct {
	side, n int
	at      [16 * 16][2]float32
}

// set makes the order for a side: that of Bayer's matrix, of which points outside of the grid are left out, moved
// around so that the first is at the pixel's centre or next to it.
func (o *sampleOrder) set(side int) {
	if side == o.side {
		return
	}
	o.side, o.n = side, 0
	bits := 0
	for 1<<bits < side {
		bits++
	}
	for i := range 1 << (2 * bits) {
		x, y := 0, 0
		for b := range bits { // two bits of i choose the quarter: 0 is across from 1, and 2 from 3
			y |= i >> (2 * b) & 1 << (bits - 1 - b)
			x |= (i>>(2*b) ^ i>>(2*b+1)) & 1 << (bits - 1 - b)
		}
		if x < side && y < side {
			x, y = (x+side/2)%side, (y+side/2)%side
			o.at[o.n] = [2]float32{(float32(x) + 0.5) / float32(side), (float32(y) + 0.5) / float32(side)}
			o.n++
		}
	}
}
