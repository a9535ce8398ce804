package prior

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train"
	"lfnview/train/dataset"
)

const (
	viewsOfScene = 4    // photographs that the rays of an instance are from, in one step
	latentStd    = 0.01 // of new latents, as in the authors' LFAutoDecoder

	framed      = 64 // instances that the frame of a class is found from
	manyCameras = 64 // of one instance of a class, that the prior remembers
)

// Trainer learns a prior from the training instances of a class.
type Trainer struct {
	options   Options
	class     *dataset.Class
	instances []int // of the class, in the order of the prior's
	gallery   *gallery
	start     *gallery // smaller photographs, of the first steps; nil where there are none, or no more
	prior     *lfn.Prior
	learner   *lfn.HyperLearner

	rounds        train.Rounds
	adam          *train.Adam  // of the hypernetwork
	latentMoments [2][]float32 // m and v of the latents
	order         []int        // of the instances in this epoch
	epoch         int

	// Of the batch at hand.
	slots  []slot
	z      []float32 // latents, one after the other
	target []float32 // colours
	light  []byte    // see lightOf; nil where scenes are no volumes

	// Made once, so that handing them on allocates nothing.
	fetch   func(i int)
	draw    func(scene, first int, dst []plucker.Coords)
	measure func(scene, first int, rgb, drgb []float32) float64
	update  func(i int)
}

// slot is one instance of a batch.
type slot struct {
	instance int           // in the order of the prior's
	scene    plucker.Frame // of its class
	epoch    int
	views    [viewsOfScene]*dataset.View
	pix      [viewsOfScene][]byte
	light    [viewsOfScene][]byte
	err      error
}

// New makes a trainer with a prior of random weights. Close gives its goroutines back.
func New(class *dataset.Class, o Options) (*Trainer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("prior: %w", err)
	}
	t := &Trainer{options: o, class: class, instances: class.Split(dataset.Train), epoch: -1, rounds: train.Rounds{Steps: o.Steps, Time: o.Time}}
	if len(t.instances) == 0 {
		return nil, fmt.Errorf("prior: %s has no instance to train on: all are held out", class.Path)
	}
	t.options.Scenes = min(o.Scenes, len(t.instances))
	free := train.FreeMemory()
	if err := train.CheckMemory(t.memoryNeeded(), free); err != nil {
		return nil, fmt.Errorf("prior: %w", err)
	}
	t.gallery = newGallery(class, o.View, cacheLimit(o.Cache, free-t.memoryNeeded()))
	if o.StartSize > 0 {
		small := o.View
		small.MaxSize = o.StartSize
		t.start = newGallery(class, small, t.gallery.limit)
	}
	if err := t.newPrior(); err != nil {
		return nil, fmt.Errorf("prior: %w", err)
	}
	t.learner = t.prior.Hyper.NewLearner(t.options.Scenes)
	t.adam = train.NewAdam(t.learner.Grads())
	t.adam.Decay = decay(o.Config)
	for i := range t.latentMoments {
		t.latentMoments[i] = make([]float32, len(t.prior.Latents))
	}
	t.slots = make([]slot, t.options.Scenes)
	t.z = make([]float32, t.options.Scenes*o.Config.Latent)
	t.target = make([]float32, 3*t.options.Scenes*o.Rays)
	t.fetch, t.draw, t.measure = t.fetchSlot, t.drawRays, t.squaredError
	if o.Config.Network.Encoding.Kind == lfn.Volume {
		t.light = make([]byte, t.options.Scenes*o.Rays)
		t.learner.Light = t.lightError
	}
	t.update = func(i int) { t.adam.Update(t.learner.Grads(), i) }
	return t, nil
}

// memoryNeeded is about what a trainer takes beside photographs, in bytes.
func (t *Trainer) memoryNeeded() int64 {
	c := t.options.Config
	const copies = 4 // weights, gradient, and two moments
	need := 4 * copies * int64(c.Params())
	need += 4 * 3 * int64(len(t.instances)) * int64(c.Latent)
	return need + 4*12*int64(t.options.Scenes)*int64(c.Network.Params()) // φ of each scene, and what becomes of it
}

// cacheLimit is how many bytes photographs may take, where as many are free beside the trainer; 0 is not known.
func cacheLimit(asked, free int64) int64 {
	const least, most = 64 << 20, 4 << 30
	if asked > 0 {
		return asked
	}
	if free <= 0 {
		return most / 4
	}
	return min(max(free/4, least), most)
}

// newPrior makes the prior, with the classes that its instances are of.
func (t *Trainer) newPrior() error {
	o := t.options
	h, err := lfn.NewHyper(o.Config, o.Seed)
	if err != nil {
		return err
	}
	p := &lfn.Prior{Hyper: h, Background: o.Background}
	members := map[string][]int{} // instances of each class
	for _, i := range t.instances {
		x := lfn.Instance{Name: t.class.Instances[i].Name, Class: t.class.Instances[i].Class}
		p.Instances = append(p.Instances, x)
		members[x.Class] = append(members[x.Class], i)
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x7a))
	p.Latents = make([]float32, len(p.Instances)*o.Config.Latent)
	for i := range p.Latents {
		p.Latents[i] = float32(latentStd * rng.NormFloat64())
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		c, err := t.newClass(name, members[name])
		if err != nil {
			return err
		}
		p.Classes = append(p.Classes, c)
	}
	t.prior = p
	return nil
}

// newClass makes a class of instances, with the frame that the cameras of some of them have in common.
func (t *Trainer) newClass(name string, instances []int) (lfn.Class, error) {
	c := lfn.Class{Name: name}
	var cams []plucker.Camera
	for k, i := range train.Spread(instances, framed) {
		a, err := t.gallery.open(i, 0)
		if err != nil {
			return c, err
		}
		for i := range a.set.Views {
			v := &a.set.Views[i]
			cams = append(cams, v.Camera)
			if k == 0 && len(c.Cameras) < manyCameras {
				c.Cameras = append(c.Cameras, lfn.View{Name: v.Name, Split: dataset.Train.String(), Camera: v.Camera})
			}
		}
	}
	if c.Scene = plucker.FrameOf(cams); len(cams) == 0 {
		return c, errors.New("there is no view to train on")
	}
	return c, nil
}

// Close ends the trainer's goroutines, and gives back what only steps need. Prior and Save may still be called.
func (t *Trainer) Close() {
	if t.learner != nil {
		t.learner.Close()
		t.learner = nil
	}
}

// Run trains until Steps or Time is reached, or ctx is done, which is not an error. It calls between after every few
// steps, and stops with its error. A loss that is not finite is a [*train.DivergedError].
func (t *Trainer) Run(ctx context.Context, between func() error) error {
	return t.rounds.Run(ctx, t.round, between)
}

func (t *Trainer) round(steps int) error {
	fraction := t.rounds.Fraction()
	if t.start != nil && fraction >= StartShare {
		t.start = nil
	}
	for range steps {
		if err := t.oneStep(fraction); err != nil {
			return err
		}
	}
	return nil
}

// Prior returns the prior as it is. It shares the trainer's memory, which the next step changes.
func (t *Trainer) Prior() *lfn.Prior {
	t.prior.Training = t.rounds.Training(t.class.Path, t.options.Preset, t.options.Seed)
	return t.prior
}

// Progress says where the run stands; the rate is not known here.
func (t *Trainer) Progress() train.Progress {
	return t.rounds.Progress(t.options.Scenes*t.options.Rays, t.adam.LR)
}

// oneStep draws a batch, and updates hypernetwork and latents by its gradient.
func (t *Trainer) oneStep(fraction float64) error {
	if err := t.fetchBatch(); err != nil {
		return err
	}
	scenes, latent := t.options.Scenes, t.options.Config.Latent
	loss := t.learner.Batch(t.z, t.options.Rays, t.draw, t.measure)
	loss /= imageLoss * 4 // colours in [0, 1] differ by half as much
	if err := t.rounds.Count(loss, t.options.LR); err != nil {
		return err
	}

	share := train.Rate(t.rounds.Step, fraction)
	t.adam.Step, t.adam.LR = t.rounds.Step, t.options.LR*share
	t.learner.Run(t.adam.Pieces(), t.update)
	dz := t.learner.DLatents()
	if w := t.options.Regularize; w > 0 {
		for i, v := range t.z {
			dz[i] += float32(2*w/float64(scenes*latent)) * v
		}
	}
	for i := range t.slots {
		s := &t.slots[i]
		at := s.instance * latent
		train.UpdateByAdam(t.prior.Latents[at:at+latent], dz[i*latent:], t.latentMoments[0][at:], t.latentMoments[1][at:],
			float32(t.options.LatentLR*share), s.epoch+1) // a latent learns once an epoch
	}
	t.photographs().trim(t.rounds.Step)
	return nil
}

// fetchBatch chooses the instances of the step and reads their photographs. Each instance comes once in an epoch.
func (t *Trainer) fetchBatch() error {
	latent := t.options.Config.Latent
	for i := range t.slots {
		k := t.rounds.Step*t.options.Scenes + i
		s := &t.slots[i]
		s.epoch = k / len(t.instances)
		if t.epoch != s.epoch {
			t.epoch = s.epoch
			t.order = rand.New(rand.NewPCG(t.options.Seed, uint64(s.epoch))).Perm(len(t.instances))
		}
		s.instance = t.order[k%len(t.instances)]
		s.scene = t.prior.Classes[t.prior.ClassOf(s.instance)].Scene
		copy(t.z[i*latent:], t.prior.Latent(s.instance))
	}
	t.learner.Run(len(t.slots), t.fetch)
	for i := range t.slots {
		if err := t.slots[i].err; err != nil {
			return err
		}
	}
	return nil
}

// photographs are those that a step learns from.
func (t *Trainer) photographs() *gallery {
	if t.start != nil {
		return t.start
	}
	return t.gallery
}

func (t *Trainer) fetchSlot(i int) {
	s := &t.slots[i]
	a, err := t.photographs().open(t.instances[s.instance], t.rounds.Step+1)
	for k := 0; err == nil && k < viewsOfScene; k++ {
		view := t.chance(i, k) % uint64(len(a.set.Views))
		s.views[k], s.pix[k], err = a.photo(int(view))
		if err == nil && t.light != nil {
			s.light[k] = a.lightOf(int(view), t.options.Background)
		}
	}
	s.err = err
}

// chance is a random number that depends on the seed, the step, the slot and what it is for.
func (t *Trainer) chance(slot, what int) uint64 {
	return train.Mix(train.Mix(train.Mix(t.options.Seed)^uint64(t.rounds.Step)*maxScenes+uint64(slot)) + uint64(what))
}

// drawRays chooses pixels of the slot's photographs.
func (t *Trainer) drawRays(scene, first int, dst []plucker.Coords) {
	s := &t.slots[scene]
	target := t.target[3*(scene*t.options.Rays+first):]
	for i := range dst {
		k := (first + i) * viewsOfScene / t.options.Rays
		c := &s.views[k].Camera
		pixel := int(t.chance(scene, viewsOfScene+first+i) % uint64(c.Width*c.Height))
		dst[i] = c.Coords(s.scene, float64(pixel%c.Width)+0.5, float64(pixel/c.Width)+0.5)
		over(target[3*i:3*i+3], s.pix[k][4*pixel:], t.options.Background)
		if t.light != nil {
			t.light[scene*t.options.Rays+first+i] = s.light[k][pixel]
		}
	}
}

// over is the colour of a pixel, RGBA with straight alpha, over a background.
func over(rgb []float32, rgba []byte, background [3]float32) {
	a := float32(rgba[3]) * (1. / 255)
	for c := range rgb {
		rgb[c] = a*float32(rgba[c])*(1./255) + (1-a)*background[c]
	}
}

// squaredError returns the scene's part of the image loss, and writes its derivative.
func (t *Trainer) squaredError(scene, first int, rgb, drgb []float32) float64 {
	target := t.target[3*(scene*t.options.Rays+first):][:len(rgb)]
	return signedError(rgb, drgb, target, imageLoss/float64(len(t.target)))
}

// signedError is a weight times the sum of the squared differences of colours in [−1, 1], which come in [0, 1], and writes
// its derivative to drgb.
func signedError(rgb, drgb, target []float32, weight float64) float64 {
	sum, scale := 0., float32(8*weight)
	for i, v := range rgb {
		d := v - target[i]
		drgb[i] = scale * d
		sum += float64(d) * float64(d)
	}
	return 4 * weight * sum
}
