package train

import (
	"math"
	"slices"

	"lfnview/lfn"
)

const (
	averageEvery = 16 // steps

	coarse = 64 // texels a side, see priorsOf

	fadeSteps = 10000 // after which densities sink no more where they sink for a part of the run only
)

// priors are how much smaller, or smoother, everything becomes that no photograph asks for; times the learning rate.
type priors struct {
	decay  float64 // of the layers' weights
	sink   float64 // of densities
	fade   float64 // share of the run after which they sink no more, less and less up to there, once grown; 0: they always do
	smooth float64 // of the differences between texels that are side by side
	edge   float32 // more than that, a difference of densities counts as that much: it is a surface
}

// priorsOf are those that won; see bench/quality.md. Where the finest grid has more than coarse texels a side, decay and
// sink are smaller by as much, since a texel there is seen by fewer rays, and what is missing to 1 is smooth's. In the ball
// alone, such grids sink faster, and only at first, so that thin things stay, and are the smoother the more of their texels
// a pixel has to tell; perPixel is how many side by side are as wide as one at the scene's centre. Photographs of what goes
// on to infinity, few of which show the same, need more.
func priorsOf(e lfn.Encoding, perPixel float64) priors {
	if e.Window != nil {
		return priors{decay: 0.4, sink: 0.067, fade: 0.3, smooth: 0.6, edge: 0.1}
	}
	c := min(1, coarse/float64(slices.Max(e.Grids)))
	p := priors{decay: 0.4 * c, sink: 0.05 * c, smooth: 0.04 * (1 - c), edge: math.MaxFloat32}
	switch {
	case e.Clear > 0:
		p.smooth, p.edge = 0.2, 0.1
	case c < 1:
		p.sink, p.fade = 0.2*c, 0.3
		p.smooth += 0.4 * max(0, perPixel-0.45)
	}
	return p
}

// shrink makes smaller, for the last n steps, what no photograph asks for. The weights of the layers behind an encoding
// with grids decay (Loshchilov and Hutter, Decoupled weight decay regularization, 2019), so that the colour depends on
// the direction no more than it has to. The densities of a volume sink, down to [lfn.EmptyDensity], a texel's by as many
// steps as it can expect to have samples, so that space which no ray needs becomes empty and is skipped. Its grids are
// smoothed as well.
func (t *Trainer) shrink(n int) {
	e := t.network.Config.Encoding
	if len(e.Grids) == 0 {
		return
	}
	p := priorsOf(e, 0.5*float64(slices.Max(e.Grids)-1)*t.pixels.size)
	if p.fade > 0 {
		faded := float64(t.rounds.Step) / fadeSteps
		if t.grown { // before that there has to be room, also in a run that was to be shorter
			faded = max(faded, t.rounds.Fraction()/p.fade)
		}
		p.sink *= max(0, 1-faded)
	}
	keep := float32(1 - p.decay*t.adam.LR*float64(n))
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
		rate := gridLR * t.adam.LR * float64(n) * seen
		var spans *lfn.Spans
		if t.network.Spans != nil {
			spans = t.network.Spans[i]
		}
		t.settle(g, spans, side, float32(min(p.smooth*rate, 0.5)), p.edge, float32(p.sink*rate))
	}
}

// settling is a grid that is smoothed and sinks, and as it was before.
type settling struct {
	grid, before   []float32
	spans          *lfn.Spans // nil: all of the grid is there
	res, slices    int
	by, edge, sink float32
}

// settle brings the texels of a grid nearer to the mean of their six neighbours, by a share of the difference, where one
// of densities counts as edge if it is more; those of empty space stay. Then densities sink.
func (t *Trainer) settle(grid []float32, spans *lfn.Spans, res int, by, edge, sink float32) {
	s := &t.settling
	s.grid, s.spans, s.res, s.by, s.edge, s.sink = grid, spans, res, by, edge, sink
	s.slices = res
	if spans == nil {
		s.slices = len(grid) / (4 * res * res)
	}
	if by > 0 {
		if len(s.before) < len(grid) {
			s.before = make([]float32, len(grid))
		}
		t.learner.Run(s.slices, t.settleTasks[0])
		t.learner.Run(s.slices, t.settleTasks[1])
	}
	if sink > 0 {
		t.learner.Run(s.slices, t.settleTasks[2])
	}
}

// tasks are the steps of settle for the texels with z, or as many.
func (s *settling) tasks() [3]func(z int) {
	return [3]func(z int){s.rememberShare, s.smoothSlice, s.sinkShare}
}

// share is one of as many parts of the grid in memory as it has slices.
func (s *settling) share(i int) (from, to int) {
	texels := len(s.grid) / 4
	return 4 * (i * texels / s.slices), 4 * ((i + 1) * texels / s.slices)
}

func (s *settling) rememberShare(i int) {
	from, to := s.share(i)
	copy(s.before[from:to], s.grid[from:to])
}

func (s *settling) sinkShare(i int) {
	from, to := s.share(i)
	g := s.grid[from:to]
	for j := 0; j < len(g); j += 4 {
		g[j] = max(g[j]-s.sink, min(g[j], lfn.EmptyDensity))
	}
}

// rowBefore is a whole row, as it was: in room where it is not in memory.
func (s *settling) rowBefore(row int, room *[4 * lfn.MaxSide]float32) []float32 {
	if s.spans == nil {
		return s.before[4*row*s.res:][:4*s.res]
	}
	s.spans.Read(room[:4*s.res], s.before, row, 0)
	return room[:4*s.res]
}

func (s *settling) smoothSlice(z int) {
	r, last := s.res, s.slices-1
	var room [5][4 * lfn.MaxSide]float32
	for y := range r {
		out, lo := s.spans.Row(s.grid, r, z*r+y)
		if len(out) == 0 {
			continue
		}
		here := s.rowBefore(z*r+y, &room[4])
		var rows [4][]float32
		for k, row := range [4]int{z*r + max(y-1, 0), z*r + min(y+1, r-1), max(z-1, 0)*r + y, min(z+1, last)*r + y} {
			rows[k] = s.rowBefore(row, &room[k])
		}
		for j := 0; j < len(out); j += 4 {
			i := 4*lo + j
			if here[i] <= lfn.EmptyDensity {
				continue
			}
			left, right := max(i-4, 0), min(i+4, 4*r-4)
			sum := float32(0)
			for _, v := range [6]float32{here[left], here[right], rows[0][i], rows[1][i], rows[2][i], rows[3][i]} {
				sum += max(-s.edge, min(s.edge, v-here[i]))
			}
			out[j] += s.by * (1. / 6) * sum
			for k := 1; k < 4; k++ {
				mean := (here[left+k] + here[right+k] + rows[0][i+k] + rows[1][i+k] + rows[2][i+k] + rows[3][i+k]) * (1. / 6)
				out[j+k] += s.by * (mean - here[i+k])
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

// blendPiece moves the average of one piece towards the weights.
func (t *Trainer) blendPiece(i int) {
	p := t.adam.pieces[i]
	keep := float32(math.Pow(t.options.EMA, averageEvery))
	avg := t.averageTensors[p.tensor].Data[p.lo:p.hi]
	for j, w := range t.learner.Grads()[p.tensor].Data[p.lo:p.hi] {
		avg[j] = keep*avg[j] + (1-keep)*w
	}
}
