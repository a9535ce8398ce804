package train

import (
	"math"

	"lfnview/lfn"
	"lfnview/lfn/f32"
)

// Adam's constants (Kingma and Ba 2015), and what else is fixed.
const (
	beta1, beta2 = 0.9, 0.99
	adamEps      = 1e-8

	averageEvery = 16 // steps

	decay = 0.4  // of the layers' weights, times the learning rate
	sink  = 0.05 // of densities, times the learning rate
)

// shrink makes smaller, for the last n steps, what no photograph asks for. The weights of the layers behind an encoding with grids
// decay (Loshchilov and Hutter, Decoupled weight decay regularization, 2019), so that the colour depends on the
// direction no more than it has to. The densities of a volume sink, down to [lfn.EmptyDensity], a texel's by as many steps as it can expect to
// have samples, so that space which no ray needs becomes empty and is skipped.
func (t *Trainer) shrink(n int) {
	e := t.options.Config.Encoding
	if len(e.Grids) == 0 {
		return
	}
	keep := float32(1 - decay*t.adam.lr*float64(n))
	for _, l := range t.network.Layers {
		for i := range l.Weight {
			l.Weight[i] *= keep
		}
	}
	if e.Kind != lfn.Volume {
		return
	}
	for i, g := range t.network.Grids {
		r := float64(e.Grids[i])
		seen := min(1, float64(t.options.Batch*e.Points)/(r*r*r))
		by := float32(sink * gridLR * t.adam.lr * float64(n) * seen)
		for j := 0; j < len(g); j += 4 {
			g[j] = max(g[j]-by, min(g[j], lfn.EmptyDensity))
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
