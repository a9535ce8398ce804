package render

// SampleOrder is an order of the side×side points in a pixel at which [Options.Samples] has rays, in which every part
// of it is spread well: for pictures that become finer while somebody looks. The zero value has no points.
type SampleOrder struct {
	N    int // points
	At   [maxSamples * maxSamples][2]float64
	side int
}

// Set makes the order for a side: that of Bayer's matrix, of which points outside of the grid are left out, moved
// around so that the first is at the pixel's centre or next to it.
func (o *SampleOrder) Set(side int) {
	if side == o.side {
		return
	}
	o.side, o.N = side, 0
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
			o.At[o.N] = [2]float64{(float64(x) + 0.5) / float64(side), (float64(y) + 0.5) / float64(side)}
			o.N++
		}
	}
}
