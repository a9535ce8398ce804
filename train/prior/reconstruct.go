package prior

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train"
	"lfnview/train/dataset"
)

// ReconstructOptions say how a scene is looked for. The zero value of a field means what its comment says.
type ReconstructOptions struct {
	Steps      int     // updates of the latent; 0 means [DefaultReconstructSteps]
	Rays       int     // of an update, for each start; 0 means 256
	LR         float64 // highest learning rate; 0 means [DefaultReconstructLR]
	Regularize float64 // weight of the mean square of the latent; 0 means [DefaultRegularize], a negative number none
	Seed       uint64

	// Starts is how many latents are started from: zero, and those of the training instances that tell most of the
	// photographs. 0 means [DefaultStarts].
	Starts int

	// Class is the name of the class that the scene is of; where it is "", the photographs tell.
	Class string

	// Watch, where it is not nil, is called every so often with what is best by then, and in the end with what is returned.
	// An error ends the search, which returns it. [Evaluate], which looks for many scenes at once, does not call it.
	Watch func(Glimpse) error
}

// Glimpse is how far a reconstruction is. [Reconstruct] leaves its Orbit alone, for [ReconstructUnknown] it may still change.
type Glimpse struct {
	FoundPose
	Done float64 // of the work, about; from 0 to 1
}

const (
	DefaultReconstructSteps = 400
	DefaultReconstructLR    = 5e-3
	DefaultStarts           = 8

	reconstructRays = 256

	maxStarts  = 256
	startRays  = 128  // of a step, for each start
	startShare = 4    // a part of the steps is for all starts
	startsKept = 2    // which go on
	mostTried  = 2000 // training instances, for starts
)

// Validate says what is wrong with o.
func (o ReconstructOptions) Validate() error {
	_, err := o.withDefaults()
	return err
}

func (o ReconstructOptions) withDefaults() (ReconstructOptions, error) {
	if o.Steps == 0 {
		o.Steps = DefaultReconstructSteps
	}
	if o.Rays == 0 {
		o.Rays = reconstructRays
	}
	if o.LR == 0 {
		o.LR = DefaultReconstructLR
	}
	if o.Regularize == 0 {
		o.Regularize = DefaultRegularize
	}
	if o.Starts == 0 {
		o.Starts = DefaultStarts
	}
	switch {
	case o.Starts < 1 || o.Starts > maxStarts:
		return o, fmt.Errorf("%d starts, want 1 to %d", o.Starts, maxStarts)
	case o.Steps < 1 || o.Steps > maxSteps:
		return o, fmt.Errorf("%d steps, want 1 to %d", o.Steps, int(maxSteps))
	case o.Rays < 1 || o.Rays > maxRays:
		return o, fmt.Errorf("%d rays, want 1 to %d", o.Rays, maxRays)
	case !(o.LR > 0 && o.LR <= 1):
		return o, fmt.Errorf("learning rate is %v, want more than 0 and at most 1", o.LR)
	case math.IsNaN(o.Regularize) || math.IsInf(o.Regularize, 0):
		return o, fmt.Errorf("weight of the latent is %v, want a finite number", o.Regularize)
	}
	return o, nil
}

// Found is a scene that was reconstructed.
type Found struct {
	Latent lfn.Latent
	Class  int     // of the prior, that the scene is as large as
	PSNRdB float64 // of the rays that it was found from
}

// Reconstruct finds the scene that photographs with known cameras show: the latent whose network has their colours, and that
// is not far from zero. Where classes are of several sizes, it finds too which of these the scene has. Transparent pixels are
// over the prior's background.
func Reconstruct(ctx context.Context, p *lfn.Prior, views []dataset.View, o ReconstructOptions) (*Found, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("prior: reconstruct: %w", err)
	}
	if len(views) == 0 {
		return nil, errors.New("prior: reconstruct: there is no photograph")
	}
	classes, err := o.classes(p)
	if err == nil {
		classes, err = facing(p, classes, views)
	}
	if err != nil {
		return nil, fmt.Errorf("prior: reconstruct: %w", err)
	}
	x := newSought(p, classes, views)
	if err := checkObject(x.colors); err != nil {
		return nil, err
	}
	return findOne(ctx, p, x, o)
}

func findOne(ctx context.Context, p *lfn.Prior, x sought, o ReconstructOptions) (*Found, error) {
	f := newFinder(p, 1, o)
	defer f.Close()
	found, err := f.find(ctx, []sought{x})
	if err != nil {
		return nil, err
	}
	best := found[0].found()
	return &best.Found, nil
}

// classes are the numbers of those that a scene may be of.
func (o *ReconstructOptions) classes(p *lfn.Prior) ([]int, error) {
	var may []int
	var names []string
	for k := range p.Classes {
		if o.Class == "" || o.Class == p.Classes[k].Name {
			may = append(may, k)
		}
		names = append(names, p.Classes[k].Name)
	}
	switch {
	case may != nil:
		return may, nil
	case len(names) == 1:
		return nil, fmt.Errorf("class is %q, and the prior has one only, of one size: leave it out", o.Class)
	}
	return nil, fmt.Errorf("class is %q, want one of %s", o.Class, strings.Join(names, ", "))
}

// sought is what a scene is to be found by.
type sought struct {
	rays   [][]plucker.Coords // in the frame of each class; nil for those that it is not of
	colors []float32
}

// newSought makes what a scene of one of some classes is to be found by.
func newSought(p *lfn.Prior, classes []int, views []dataset.View) sought {
	x := sought{make([][]plucker.Coords, len(p.Classes)), colorsOf(views, p.Background)}
	for _, k := range classes {
		x.rays[k] = raysOf(views, p.Classes[k].Scene)
	}
	return x
}

// finder finds scenes.
type finder struct {
	prior *lfn.Prior
	*solver
}

// newFinder makes a finder of n scenes at a time. Close gives its goroutines back.
func newFinder(p *lfn.Prior, n int, o ReconstructOptions) *finder {
	o = o.startsOf(p)
	return &finder{p, newSolver(p.Hyper, n*max(o.Starts, startsKept), o)}
}

// startsOf leaves no more starts than a prior has.
func (o ReconstructOptions) startsOf(p *lfn.Prior) ReconstructOptions {
	o.Starts = min(o.Starts, 1+len(p.Instances))
	return o
}

// find finds scenes: from every start by some steps, from those that came out best by more, and of these the best.
func (f *finder) find(ctx context.Context, all []sought) ([]*problem, error) {
	o := f.options
	problems := make([][]*problem, len(all))
	for i, x := range all {
		starts, err := f.starts(ctx, x)
		if err != nil {
			return nil, err
		}
		problems[i] = starts
		f.work += o.work(len(starts))
	}
	for _, stage := range o.stages() {
		var now []*problem
		for i := range problems {
			problems[i] = problems[i][:min(stage.starts, len(problems[i]))]
			now = append(now, problems[i]...)
		}
		if err := f.run(ctx, now, stage.steps, stage.rays, o.LR); err != nil {
			return nil, err
		}
		for _, ps := range problems {
			slices.SortStableFunc(ps, f.compare)
		}
	}
	best := make([]*problem, len(all))
	for i, ps := range problems {
		best[i] = ps[0]
	}
	return best, nil
}

// stage is a part of what [finder.find] does: so many steps, of so many rays, from each of the starts.
type stage struct{ starts, steps, rays int }

func (o ReconstructOptions) stages() [2]stage {
	return [2]stage{
		{o.Starts, max(1, o.Steps/startShare), min(startRays, o.Rays)},
		{min(startsKept, o.Starts), o.Steps, o.Rays},
	}
}

// work is how many rays one scene takes, from so many starts.
func (o ReconstructOptions) work(starts int) int {
	sum := 0
	for _, s := range o.stages() {
		sum += min(s.starts, starts) * s.steps * s.rays
	}
	return sum
}

// starts are the problems to start with: zero, and the best of the training instances, each in the frame of its class, and
// zero in that where it is best.
func (f *finder) starts(ctx context.Context, x sought) ([]*problem, error) {
	var zeros, tried []*problem
	for k, rays := range x.rays {
		if rays != nil {
			zeros = append(zeros, newProblem(k, rays, x.colors, make(lfn.Latent, f.latent)))
		}
	}
	if f.options.Starts > 1 {
		var like []int // instances
		for i := range f.prior.Instances {
			if x.rays[f.prior.ClassOf(i)] != nil {
				like = append(like, i)
			}
		}
		for _, i := range train.Spread(like, mostTried) {
			class := f.prior.ClassOf(i)
			tried = append(tried, newProblem(class, x.rays[class], x.colors, slices.Clone(f.prior.Latent(i))))
		}
	}
	for _, ps := range [][]*problem{zeros, tried} {
		if err := f.sort(ctx, ps); err != nil {
			return nil, err
		}
	}
	return append(zeros[:1], tried[:min(f.options.Starts-1, len(tried))]...), nil
}

// sort sorts problems by how well they tell some rays as they are.
func (f *finder) sort(ctx context.Context, problems []*problem) error {
	if len(problems) < 2 {
		return nil
	}
	for rest := problems; len(rest) > 0; {
		some := rest[:min(len(rest), f.most)]
		if err := f.look(ctx, some, startRays); err != nil {
			return err
		}
		rest = rest[len(some):]
	}
	leastErrors(problems, len(problems))
	return nil
}

// checkObject refuses photographs that show none: whose colours are within a few steps of 8 bits of their mean, as a root mean
// square. Noise has less than that, an object more.
func checkObject(colors []float32) error {
	const steps = 4. / 255
	n := float64(len(colors) / 3)
	var sum, square [3]float64
	for i, v := range colors {
		sum[i%3] += float64(v)
		square[i%3] += float64(v) * float64(v)
	}
	variance := 0.
	for k := range sum {
		variance += square[k]/n - (sum[k]/n)*(sum[k]/n)
	}
	if variance/3 < steps*steps {
		return errors.New("prior: reconstruct: what is photographed has one colour all over, or nearly so: there is no object")
	}
	return nil
}

// raysOf are the rays of all pixels of some views, in a frame.
func raysOf(views []dataset.View, scene plucker.Frame) (rays []plucker.Coords) {
	for i := range views {
		c := &views[i].Camera
		first := len(rays)
		rays = append(rays, make([]plucker.Coords, c.Width*c.Height)...)
		c.Rows(rays[first:], scene, 0, c.Height)
	}
	return rays
}

// colorsOf are the colours of those rays.
func colorsOf(views []dataset.View, background [3]float32) (colors []float32) {
	for i := range views {
		pix := views[i].Pix
		first := len(colors)
		colors = append(colors, make([]float32, len(pix)/4*3)...)
		for k := range len(pix) / 4 {
			over(colors[first+3*k:][:3], pix[4*k:], background)
		}
	}
	return colors
}
