package train

import (
	"fmt"
	"slices"

	"lfnview/lfn"
)

// Fine grids of which a network may hold a part are coarser when training begins, until it is known where nothing is: most
// of space empties in the first thousand steps, which are the faster the fewer texels there are. What is thin must not be
// coarse for longer, or it sinks along with the rest.
const (
	growAfter = 0.05 // share of the run, or
	growSteps = 1000 // that many steps, whichever comes first, after which they grow,
	growShare = 0.25 // as soon as that share of their texels, or less, are to be held
)

// startOf is the configuration with which training begins: of coarser grids, and as many points less.
func startOf(c lfn.Config) lfn.Config {
	e := &c.Encoding
	e.Grids = slices.Clone(e.Grids)
	finest := 0
	for i, side := range e.Grids {
		if e.Sparse(side) {
			e.Grids[i] = lfn.DenseSide
			finest = max(finest, side)
		}
	}
	if finest > 0 {
		e.Points = max(1, e.Points*lfn.DenseSide/finest)
	}
	return c
}

// grow makes the grids as fine as they are to be, when it is time.
func (t *Trainer) grow() {
	if t.grown || t.rounds.Fraction() < growAfter && t.rounds.Step < growSteps {
		return
	}
	o := t.network.Occupancies()[0]
	if o.Fraction() > growShare {
		return // spans, which take longer, hold no less
	}
	if spans := t.spansOf(o.Cells()); spans != nil {
		t.growTo(spans)
	}
}

// spansOf is what the grids are to hold where space is not empty but in cells; nil where that is too much.
func (t *Trainer) spansOf(cells []uint64) []*lfn.Spans {
	spans := lfn.SpansOf(t.options.Config, cells)
	for i, side := range t.options.Config.Encoding.Grids {
		if s := spans[i]; s != nil && float64(s.Texels()) > growShare*float64(side*side*side) {
			return nil
		}
	}
	return spans
}

// growTo goes on with finer grids that hold what spans say.
func (t *Trainer) growTo(spans []*lfn.Spans) {
	t.grown = true
	t.learner.Close()
	t.network = t.network.Finer(t.options.Config, spans)
	t.learner = t.network.NewLearner(t.options.Batch)
	t.adam = t.adam.grown(t.learner.Grads())
	for i, g := range t.learner.Grads() {
		if len(t.good[i]) != len(g.D) {
			t.good[i] = make([]float32, len(g.D))
		}
	}
	if t.average != nil {
		t.average = t.average.Finer(t.options.Config, spans)
		t.averageTensors = t.average.Tensors()
	}
	t.settling.before = nil
	t.kept = -1 // what is kept has the former grids
}

// live are the cells that the grids have grown in; nil before that.
func (t *Trainer) live() []uint64 {
	if !t.grown {
		return nil
	}
	return t.network.Occupancies()[0].Live()
}

// growAgain is growTo for the cells that a checkpoint has, whose tensors it returns.
func (t *Trainer) growAgain(live []uint64) ([]lfn.Tensor, error) {
	cells := t.network.Occupancies()[0].Cells()
	if t.grown || len(live) != len(cells) {
		return nil, fmt.Errorf("grown has %d numbers, which this network cannot have: train anew", len(live))
	}
	spans := t.spansOf(live)
	if spans == nil {
		return nil, fmt.Errorf("grown has more than %v of space: train anew", growShare)
	}
	t.growTo(spans)
	return t.tensors(), nil
}
