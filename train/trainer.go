package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// manyParams is from how many parameters on all of them are written to every fourth round only; a variable for tests.
var manyParams = 1 << 24

// Trainer fits a network to the training views of a data set.
type Trainer struct {
	options Options
	set     *dataset.Set
	pixels  *pixels
	network *lfn.Network
	learner *lfn.Learner

	rounds         Rounds
	adam           *Adam
	grown          bool         // the grids are as fine as options say, see grow
	shrunk         int          // step up to which weights have been made smaller, see shrink
	kept           int          // step of good, −1 before the first
	good           [][]float32  // the weights of each tensor some rounds ago
	average        *lfn.Network // nil without EMA; averageTensors are its
	averageTensors []lfn.Tensor

	target    []float32 // colours of the batch
	exposures *exposures
	refiner   *refiner // nil where the poses stay
	lens      *lens    // nil where the focal lengths stay
	settling  settling // room of settle

	// Made once, so that handing them on allocates nothing.
	draw        func(first int, dst []plucker.Coords)
	measure     func(first int, rgb, drgb []float32) float64
	update      func(i int)
	blend       func(i int)
	settleTasks [3]func(z int)
	keepTask    func(i int)
}

// New makes a trainer with a network of random weights. The set must have pixels. Close gives its goroutines back.
func New(set *dataset.Set, o Options) (*Trainer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	o.Config = fitted(o.Config, set)
	if err := CheckMemory(memoryNeeded(&o), FreeMemory()); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	start := startOf(o.Config)
	n, err := lfn.New(start, o.Seed)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	if len(set.Split(dataset.Train)) == 0 {
		return nil, errors.New("train: the data set has no training view: all are held out")
	}
	t := &Trainer{options: o, set: set, network: n, learner: n.NewLearner(o.Batch),
		rounds: Rounds{Steps: o.Steps, Time: o.Time}, grown: reflect.DeepEqual(start, o.Config), kept: -1, target: make([]float32, 3*o.Batch)}
	t.adam = NewAdam(t.learner.Grads())
	t.pixels = newPixels(set, o.Background, o.Seed)
	t.exposures = newExposures(t.pixels, o)
	if o.RefineCameras && set.Fresh == nil {
		t.refiner = newRefiner(t.pixels)
	}
	if o.RefineLens && set.Fresh == nil {
		if t.lens, err = newLens(t.pixels); err != nil {
			t.Close()
			return nil, fmt.Errorf("train: %w", err)
		}
	}
	for _, g := range t.learner.Grads() {
		t.good = append(t.good, make([]float32, len(g.D)))
	}
	if o.EMA > 0 {
		t.average = n.Clone()
		t.averageTensors = t.average.Tensors()
	}
	t.draw, t.measure, t.blend, t.keepTask = t.drawRays, t.squaredError, t.blendPiece, t.keepPiece
	t.update = func(i int) { t.adam.Update(t.learner.Grads(), i) }
	t.settleTasks = t.settling.tasks()
	return t, nil
}

// fitted is the configuration of a network for the scene of a data set, where that kind of network has what is needed.
func fitted(c lfn.Config, set *dataset.Set) lfn.Config {
	e := &c.Encoding
	if e.Points == 0 {
		return c
	}
	e.Window = set.Window
	if e.Kind == lfn.Volume {
		e.Clear = set.Clear
	}
	e.Grids = slices.Clone(e.Grids)
	most := finest(e, set)
	for i, side := range e.Grids {
		if side > most {
			e.Points = e.Points * most / side
			e.Grids[i] = most
		}
		if e.Window != nil {
			e.Grids[i] = e.Grids[i] * 3 / 2 // and less deep: an eighth more texels in all
		}
	}
	if e.Clear > 0 {
		e.Points *= 2 // on rays that are twice as long
	}
	return c
}

const (
	enough   = 128  // texels along the side of a grid that any photographs may have, and multiples of half of it
	perPixel = 1.25 // texels side by side that a pixel may have to tell
)

// finest is how many texels along the side of a grid the photographs of a set can tell. Where they are of more than the
// ball, finer grids than [enough] have gained nothing.
func finest(e *lfn.Encoding, set *dataset.Set) int {
	if e.Window != nil || e.Clear > 0 {
		return enough
	}
	size := pixelSize(set)
	if size == 0 {
		return math.MaxInt
	}
	const step = enough / 2
	return max(enough, int(min(perPixel*2/size, math.MaxInt32))/step*step)
}

// Close ends the trainer's goroutines.
func (t *Trainer) Close() { t.learner.Close() }

// Run trains until Steps or Time is reached, or ctx is done, which is not an error: [Trainer.Done] tells. It
// calls between after every few steps, and stops with its error. A loss that is not finite is a [*DivergedError],
// and the network is then as it was some steps before.
func (t *Trainer) Run(ctx context.Context, between func() error) error {
	return t.rounds.Run(ctx, t.round, between)
}

// round does that many steps, and what is done after some only.
func (t *Trainer) round(steps int) error {
	if t.rounds.Step%t.spell() == 0 || t.kept < 0 {
		t.keep()
	}
	fraction := t.rounds.Fraction()
	for range steps {
		if err := t.oneStep(fraction); err != nil {
			t.restore()
			return err
		}
	}
	if t.rounds.Step%t.spell() == 0 || t.rounds.Done() {
		t.shrink(t.rounds.Step - t.shrunk)
		t.shrunk = t.rounds.Step
	}
	if t.exposures.on {
		t.exposures.adjust()
	}
	t.learner.FindEmptySpace()
	t.grow()
	t.refineLens()
	t.refineCameras()
	return nil
}

// spell is after how many steps all weights are made smaller and kept, which takes as long as some steps where they are many.
func (t *Trainer) spell() int {
	if t.network.Params() < manyParams {
		return round
	}
	return 4 * round
}

// keep remembers the weights, restore brings them back.
func (t *Trainer) keep() {
	t.learner.Run(t.adam.Pieces(), t.keepTask)
	t.kept = t.rounds.Step
}

func (t *Trainer) keepPiece(i int) {
	p := t.adam.pieces[i]
	copy(t.good[p.tensor][p.lo:p.hi], t.learner.Grads()[p.tensor].Data[p.lo:p.hi])
}

func (t *Trainer) restore() {
	for i, w := range t.network.Tensors() {
		copy(w.Data, t.good[i])
	}
	if t.average != nil {
		for i, w := range t.averageTensors {
			copy(w.Data, t.good[i])
		}
	}
	t.network.FindEmptySpace()
	t.rounds.Step = t.kept
}

// Model returns the network as it is, with what is needed to look at it; data is the name of the data set for the
// record. It shares the trainer's memory, which the next step changes.
func (t *Trainer) Model(data string) *lfn.Model {
	n := t.result()
	if t.average != nil {
		n.FindEmptySpace()
	}
	return t.model(n, data)
}

// result is the network that the run is for.
func (t *Trainer) result() *lfn.Network {
	if t.average != nil {
		return t.average
	}
	return t.network
}

// snapshot is [Trainer.Model] with memory of its own: that of into where it is of the same shape, and not nil.
func (t *Trainer) snapshot(into *lfn.Model, data string) *lfn.Model {
	n := t.result()
	if into == nil || !reflect.DeepEqual(into.Network.Config, n.Config) || !slices.Equal(into.Network.Spans, n.Spans) {
		into = &lfn.Model{Network: n.Clone()}
	} else {
		own := into.Network.Tensors()
		for i, w := range n.Tensors() {
			copy(own[i].Data, w.Data)
		}
	}
	into.Network.FindEmptySpace()
	return t.model(into.Network, data)
}

// model is n with what is needed to look at it.
func (t *Trainer) model(n *lfn.Network, data string) *lfn.Model {
	m := &lfn.Model{Network: n, Scene: t.pixels.frame, Background: t.options.Background}
	for i := range t.set.Views {
		v := &t.set.Views[i]
		cam := v.Camera
		if t.lens != nil {
			cam = t.lens.refocused(cam)
		}
		m.Cameras = append(m.Cameras, lfn.View{Name: v.Name, Split: v.Split.String(), Camera: cam})
	}
	for k, i := range t.set.Split(dataset.Train) {
		m.Cameras[i].Camera = t.pixels.cameras[k]
	}
	m.Training = t.rounds.Training(data, t.options.Preset, t.options.Seed)
	return m
}

// Progress says where the run stands; the rate and the held-out views are not known here.
func (t *Trainer) Progress() Progress { return t.rounds.Progress(t.options.Batch, t.adam.LR) }

// Done reports whether the run has reached its end.
func (t *Trainer) Done() bool { return t.rounds.Done() }

// oneStep draws a batch, and updates the network by its gradient.
func (t *Trainer) oneStep(fraction float64) error {
	n := t.options.Batch
	loss := t.learner.Batch(n, t.draw, t.measure)
	if err := t.rounds.Count(loss, t.options.LR); err != nil {
		return err
	}
	if t.exposures.on && t.rounds.Step%exposureEvery == 0 {
		t.exposures.add(t.target, t.trust)
	}

	a := t.adam
	a.Scale = 1
	if norm := t.gradientNorm(); t.options.Clip > 0 && norm > t.options.Clip {
		a.Scale = float32(t.options.Clip / norm)
	}
	a.Step, a.LR = t.rounds.Step, t.options.LR*Rate(t.rounds.Step, fraction)
	t.learner.Run(t.adam.Pieces(), t.update)
	if t.average != nil && t.rounds.Step%averageEvery == 0 {
		t.learner.Run(t.adam.Pieces(), t.blend)
	}
	return nil
}

func (t *Trainer) drawRays(first int, dst []plucker.Coords) {
	t.pixels.draw(uint64(t.rounds.Step)*uint64(t.options.Batch)+uint64(first), dst, t.target[3*first:], t.exposures.views[first:])
}

// squaredError returns the part of the mean squared error that rgb makes, and writes the derivative of the loss: of that
// error, or of a robust one.
func (t *Trainer) squaredError(first int, rgb, drgb []float32) float64 {
	scale := 1 / float32(len(t.target))
	if t.exposures.on {
		copy(t.exposures.colors[3*first:], rgb)
	}
	sum := 0.0
	target := t.target[3*first:][:len(rgb)]
	for i := 0; i < len(rgb); i += 3 {
		var d [3]float32
		square := float32(0)
		for c := range d {
			d[c] = rgb[i+c] - target[i+c]
			square += d[c] * d[c]
		}
		weight := 2 * scale * t.trust(square)
		for c := range d {
			drgb[i+c] = weight * d[c]
		}
		sum += float64(square)
	}
	return sum / float64(len(t.target))
}

// trust is how much a ray whose colour is off by as much, squared, counts: all the same, or less beyond farOff (Huber,
// Robust estimation of a location parameter, 1964).
func (t *Trainer) trust(square float32) float32 {
	if !t.options.Robust || square <= farOff*farOff {
		return 1
	}
	return farOff / float32(math.Sqrt(float64(square)))
}
