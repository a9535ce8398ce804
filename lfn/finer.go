package lfn

import "lfnview/lfn/f32"

// Finer returns a network of shape c, whose finer grids hold what spans say, and show what those of n do. The rest is n's own.
// n and c differ in the number of points and in the sides of grids that n holds whole; spans are those of [SpansOf].
func (n *Network) Finer(c Config, spans []*Spans) *Network {
	m := &Network{Config: c, Layers: n.Layers, Grids: make([][]float32, len(n.Grids)), Spans: spans, occ: newOccupancies(c)}
	m.occ[0].confine(spans)
	for i := range m.Grids {
		if s := spans[i]; s == nil {
			m.Grids[i] = n.Grids[i]
		} else {
			m.Grids[i] = s.newTexels()
			s.interpolate(m.Grids[i], n.Grids[i], n.Config.Encoding.Grids[i])
		}
	}
	m.FindEmptySpace()
	return m
}

// interpolate fills a grid with what a whole one, with side texels along its side, has at the same places.
func (s *Spans) interpolate(grid, from []float32, side int) {
	x, y, z := make([]float32, s.side), make([]float32, s.side), make([]float32, s.side)
	at := func(i int) float32 { return float32(2*float64(i)/float64(s.side-1) - 1) }
	for row := range s.lo {
		texels, lo := s.Row(grid, s.side, row)
		k := len(texels) / 4
		for i := range k {
			x[i], y[i], z[i] = at(lo+i), at(row%s.side), at(row/s.side)
		}
		f32.Fetch(texels, 4, from, side, x[:k], y[:k], z[:k])
	}
}
