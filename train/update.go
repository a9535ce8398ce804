package train

import (
	"math"
	"slices"

	"lfnview/lfn"
	"lfnview/lfn/f32"
)

// Adam's constants (Kingma and Ba 2015), and what else is fixed.
const (
	beta1, beta2 = 0.9, 0.99
	adamEps      = 1e-8

	averageEvery = 16 // steps

	// What follows is times the learning rate. Where the finest grid has more than coarse texels a side, decay and sink
	// are smaller by as much, since a texel there is seen by fewer rays, and what is missing to 1 is smooth's.
	decay  = 0.4  // of the layers' weights
	sink   = 0.05 // of densities
	smooth = 0.04 // of the differences between texels that are side by side
	coarse = 64

	// Real photographs agree less: they are smoothed all the more.
	smoothWindow, smoothOutside = 0.3, 0.1
)

// coarseness is 1 up to coarse texels a side, and smaller for finer grids.
func coarseness(e lfn.Encoding) float64 { return min(1, coarse/float64(slices.Max(e.Grids))) }

// smoothness is what grids are smoothed by, times the learning rate.
func smoothness(e lfn.Encoding) float64 {
	switch {
	case e.Window != nil:
		return smoothWindow
	case e.Clear > 0:
		return smoothOutside
	}
	return smooth * (1 - coarseness(e))
}

// shrink makes smaller, for the last n steps, what no photograph asks for. The weights of the layers behind an encoding with grids
// decay (Loshchilov and Hutter, Decoupled weight decay regularization, 2019), so that the colour depends on the
// direction no more than it has to. The densities of a volume sink, down to [lfn.EmptyDensity], a texel's by as many steps as it can expect to
// have samples, so that space which no ray needs becomes empty and is skipped. Fine grids are smoothed as well.
func (t *Trainer) shrink(n int) {
	e := t.options.Config.Encoding
	if len(e.Grids) == 0 {
		return
	}
	coarse := coarseness(e)
	keep := float32(1 - decay*coarse*t.adam.lr*float64(n))
	for _, l := range t.network.Layers {
		for i := range l.Weight {
			l.Weight[i] *= keep
		}
	}
	if e.Kind != lfn.Volume {
		return
	}
	for i, side := range e.Sides() {
		g, texels := t.network.Grids[i], float64(side*side*e.Slices(side))
		seen := min(1, float64(t.options.Batch*e.Points)/texels)
		rate := gridLR * t.adam.lr * float64(n) * seen
		if by := smoothness(e) * rate; by > 0 {
			t.diffuse(g, side, float32(min(by, 0.5)))
		}
		by := float32(sink * coarse * rate)
		for j := 0; j < len(g); j += 4 {
			g[j] = max(g[j]-by, min(g[j], lfn.EmptyDensity))
		}
	}
}

// diffusion is a grid that is smoothed, and as it was before.
type diffusion struct {
	grid, before []float32
	res          int
	by           float32
}

// diffuse brings the texels of a grid nearer to the mean of their six neighbours, by a share of the difference; those of
// empty space stay.
func (t *Trainer) diffuse(grid []float32, res int, by float32) {
	d := &t.diffusion
	d.before = append(d.before[:0], grid...)
	d.grid, d.res, d.by = grid, res, by
	t.learner.Run(len(grid)/(4*res*res), t.smoothen)
}

// smoothSlice smooths the texels with z.
func (d *diffusion) smoothSlice(z int) {
	r := d.res
	last := len(d.grid)/(4*r*r) - 1
	row := func(y, z int) []float32 { return d.before[4*(z*r+y)*r:][:4*r] }
	for y := range r {
		here := row(y, z)
		rows := [4][]float32{row(max(y-1, 0), z), row(min(y+1, r-1), z), row(y, max(z-1, 0)), row(y, min(z+1, last))}
		out := d.grid[4*(z*r+y)*r:][:4*r]
		for i := 0; i < 4*r; i += 4 {
			if here[i] <= lfn.EmptyDensity {
				continue
			}
			left, right := max(i-4, 0), min(i+4, 4*r-4)
			for k := range 4 {
				mean := (here[left+k] + here[right+k] + rows[0][i+k] + rows[1][i+k] + rows[2][i+k] + rows[3][i+k]) * (1. / 6)
				out[i+k] += d.by * (mean - here[i+k])
			}
		}
	}
}

// gradientNorm is the norm of the dense layers' gradient, through which that of the grids has come too.
func (t *Trainer) gradientNorm() float64 {
	sum := 0.0
	for _, g := range t.learner.Grads() {
		if g.Touched == nil {
			for _, v := range g.D {
				sum += float64(v) * float64(v)
			}
		}
	}
	return math.Sqrt(sum)
}

// updatePiece moves the weights of one piece against their gradient, those of grids only where the batch had
// a sample.
func (t *Trainer) updatePiece(i int) {
	p := t.pieces[i]
	g := t.learner.Grads()[p.tensor]
	w, d := g.Data[p.lo:p.hi], g.D[p.lo:p.hi]
	m, v := t.moments[p.tensor][0][p.lo:p.hi], t.moments[p.tensor][1][p.lo:p.hi]
	if t.adam.scale != 1 {
		for j := range d {
			d[j] *= t.adam.scale
		}
	}
	lr, c1, c2 := float32(t.adam.lr), float32(t.adam.c1), float32(t.adam.c2)
	if g.Touched == nil {
		f32.Adam(w, d, m, v, lr, beta1, beta2, adamEps, c1, c2)
	} else {
		f32.AdamTouched(w, d, m, v, g.Touched[p.lo/16:(p.hi+15)/16], gridLR*lr, beta1, beta2, adamEps, c1, c2)
	}
}

// blendPiece moves the average of one piece towards the weights.
func (t *Trainer) blendPiece(i int) {
	p := t.pieces[i]
	keep := float32(math.Pow(t.options.EMA, averageEvery))
	avg := t.averageTensors[p.tensor].Data[p.lo:p.hi]
	for j, w := range t.learner.Grads()[p.tensor].Data[p.lo:p.hi] {
		avg[j] = keep*avg[j] + (1-keep)*w
	}
}
