package prior

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"lfnview/lfn"
	"lfnview/lfn/f32"
	"lfnview/plucker"
	"lfnview/train"
	"lfnview/train/dataset"
)

// Adam's constants (Kingma and Ba 2015), and what else is fixed.
const (
	beta1, beta2 = 0.9, 0.99
	adamEps      = 1e-8

	round        = 32      // steps between two looks at the clock and at ctx
	viewsOfScene = 4       // photographs that the rays of an instance are from, in one step
	pieceSize    = 1 << 15 // numbers that one goroutine updates
	latentStd    = 0.01    // of new latents, as in the authors' LFAutoDecoder

	framed      = 64 // instances that the frame is found from
	manyCameras = 64 // of one instance, that the prior remembers
)

// Trainer learns a prior from the training instances of a class.
type Trainer struct {
	options   Options
	class     *dataset.Class
	instances []int // of the class, in the order of the prior's
	gallery   *gallery
	prior     *lfn.Prior
	learner   *lfn.HyperLearner

	step    int
	elapsed time.Duration // of the steps so far, those before a resume included
	clock   time.Time     // up to which elapsed counts
	loss    float64       // mean squared error of colours in [0, 1], smoothed over steps

	moments       [][2][]float32 // m and v of each tensor
	latentMoments [2][]float32   // of the latents
	order         []int          // of the instances in this epoch
	epoch         int

	// Of the batch at hand.
	slots  []slot
	z      []float32 // latents, one after the other
	target []float32 // colours
	adam   struct{ lr, c1, c2 float32 }
	pieces []piece

	// Made once, so that handing them on allocates nothing.
	fetch   func(i int)
	draw    func(scene, first int, dst []plucker.Coords)
	measure func(scene, first int, rgb, drgb []float32) float64
	update  func(i int)
}

// slot is one instance of a batch.
type slot struct {
	instance int // in the order of the prior's
	epoch    int
	views    [viewsOfScene]*dataset.View
	pix      [viewsOfScene][]byte
	err      error
}

// piece is a part of a tensor that one goroutine updates.
type piece struct{ tensor, lo, hi int }

// New makes a trainer with a prior of random weights. Close gives its goroutines back.
func New(class *dataset.Class, o Options) (*Trainer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("prior: %w", err)
	}
	t := &Trainer{options: o, class: class, instances: class.Split(dataset.Train), epoch: -1}
	if len(t.instances) == 0 {
		return nil, fmt.Errorf("prior: %s has no instance to train on: all are held out", class.Path)
	}
	t.options.Scenes = min(o.Scenes, len(t.instances))
	free := train.FreeMemory()
	if err := train.CheckMemory(t.memoryNeeded(), free); err != nil {
		return nil, fmt.Errorf("prior: %w", err)
	}
	t.gallery = newGallery(class, o.View, cacheLimit(o.Cache, free-t.memoryNeeded()))
	if err := t.newPrior(); err != nil {
		return nil, fmt.Errorf("prior: %w", err)
	}
	t.learner = t.prior.Hyper.NewLearner(t.options.Scenes)
	for i, g := range t.learner.Grads() {
		t.moments = append(t.moments, [2][]float32{make([]float32, len(g.D)), make([]float32, len(g.D))})
		for lo := 0; lo < len(g.D); lo += pieceSize {
			t.pieces = append(t.pieces, piece{tensor: i, lo: lo, hi: min(lo+pieceSize, len(g.D))})
		}
	}
	for i := range t.latentMoments {
		t.latentMoments[i] = make([]float32, len(t.prior.Latents))
	}
	t.slots = make([]slot, t.options.Scenes)
	t.z = make([]float32, t.options.Scenes*o.Config.Latent)
	t.target = make([]float32, 3*t.options.Scenes*o.Rays)
	t.fetch, t.draw, t.measure, t.update = t.fetchSlot, t.drawRays, t.squaredError, t.updatePiece
	return t, nil
}

// memoryNeeded is about what a trainer takes beside photographs, in bytes.
func (t *Trainer) memoryNeeded() int64 {
	c := t.options.Config
	const copies = 6 // weights, gradient, two moments, and packed in two ways
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

// newPrior makes the prior, with the frame that the cameras of some instances have in common.
func (t *Trainer) newPrior() error {
	o := t.options
	h, err := lfn.NewHyper(o.Config, o.Seed)
	if err != nil {
		return err
	}
	p := &lfn.Prior{Hyper: h, Background: o.Background}
	for _, i := range t.instances {
		p.Instances = append(p.Instances, lfn.Instance{Name: t.class.Instances[i].Name, Class: t.class.Instances[i].Class})
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x7a))
	p.Latents = make([]float32, len(p.Instances)*o.Config.Latent)
	for i := range p.Latents {
		p.Latents[i] = float32(latentStd * rng.NormFloat64())
	}
	var cams []plucker.Camera
	for k := range min(framed, len(t.instances)) {
		a, err := t.gallery.open(t.instances[k*len(t.instances)/min(framed, len(t.instances))], 0)
		if err != nil {
			return err
		}
		for i := range a.set.Views {
			v := &a.set.Views[i]
			cams = append(cams, v.Camera)
			if k == 0 && len(p.Cameras) < manyCameras {
				p.Cameras = append(p.Cameras, lfn.View{Name: v.Name, Split: dataset.Train.String(), Camera: v.Camera})
			}
		}
	}
	if p.Scene = plucker.FrameOf(cams); len(cams) == 0 {
		return errors.New("there is no view to train on")
	}
	t.prior = p
	return nil
}

// Close ends the trainer's goroutines, and gives back what only steps need. Prior and Save may still be called.
func (t *Trainer) Close() {
	if t.learner != nil {
		t.learner.Close()
		t.learner = nil
	}
}

// Run trains until Steps or Time is reached, or ctx is done, which is not an error: [Trainer.Done] tells. It calls between
// after every few steps, and stops with its error. A loss that is not finite is a [*train.DivergedError].
func (t *Trainer) Run(ctx context.Context, between func() error) error {
	t.clock = time.Now()
	for !t.Done() && ctx.Err() == nil {
		n := round
		if left := t.options.Steps - t.step; t.options.Steps > 0 {
			n = min(n, left)
		}
		fraction := t.fraction()
		for range n {
			if err := t.oneStep(fraction); err != nil {
				return err
			}
		}
		t.tick()
		if err := between(); err != nil {
			return err
		}
		t.tick()
	}
	return nil
}

// tick brings elapsed up to date.
func (t *Trainer) tick() {
	now := time.Now()
	t.elapsed += now.Sub(t.clock)
	t.clock = now
}

// Prior returns the prior as it is. It shares the trainer's memory, which the next step changes.
func (t *Trainer) Prior() *lfn.Prior {
	t.prior.Training = lfn.Training{Data: t.class.Path, Preset: t.options.Preset, Steps: t.step, Seed: t.options.Seed}
	if t.options.Time > 0 { // a run with Steps alone gives the same file every time
		t.prior.Training.Seconds = t.elapsed.Seconds()
	}
	return t.prior
}

// Progress says where the run stands; the rate is not known here.
func (t *Trainer) Progress() train.Progress {
	return train.Progress{Step: t.step, Steps: t.options.Steps, Elapsed: t.elapsed, Total: t.options.Time,
		Rays: int64(t.step) * int64(t.options.Scenes*t.options.Rays),
		LR:   float64(t.adam.lr), Loss: t.loss, TrainPSNRdB: -10 * math.Log10(t.loss)}
}

// Done reports whether the run has reached its end.
func (t *Trainer) Done() bool { return t.fraction() >= 1 }

// fraction is how much of the run is done, from 0 to 1.
func (t *Trainer) fraction() float64 { return t.Progress().Fraction() }

// oneStep draws a batch, and updates hypernetwork and latents by its gradient.
func (t *Trainer) oneStep(fraction float64) error {
	if err := t.fetchBatch(); err != nil {
		return err
	}
	scenes, latent := t.options.Scenes, t.options.Config.Latent
	loss := t.learner.Batch(t.z, t.options.Rays, t.draw, t.measure)
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return &train.DivergedError{Loss: loss, Step: t.step + 1, LR: t.options.LR}
	}
	loss /= imageLoss * 4 // colours in [0, 1] differ by half as much
	const smooth = 1. / 64
	if t.step == 0 {
		t.loss = loss
	}
	t.loss += smooth * (loss - t.loss)
	t.step++

	share := rate(t.step, fraction)
	t.adam.lr = float32(t.options.LR * share)
	t.adam.c1, t.adam.c2 = corrections(t.step)
	t.learner.Run(len(t.pieces), t.update)
	dz := t.learner.DLatents()
	if w := t.options.Regularize; w > 0 {
		for i, v := range t.z {
			dz[i] += float32(2*w/float64(scenes*latent)) * v
		}
	}
	for i := range t.slots {
		s := &t.slots[i]
		at := s.instance * latent
		c1, c2 := corrections(s.epoch + 1) // a latent learns once an epoch
		f32.Adam(t.prior.Latents[at:at+latent], dz[i*latent:], t.latentMoments[0][at:], t.latentMoments[1][at:],
			float32(t.options.LatentLR*share), beta1, beta2, adamEps, c1, c2)
	}
	t.gallery.trim(t.step)
	return nil
}

// corrections are Adam's, of the moments' bias, in step step.
func corrections(step int) (c1, c2 float32) {
	return float32(1 - math.Pow(beta1, float64(step))), float32(1 - math.Pow(beta2, float64(step)))
}

func (t *Trainer) updatePiece(i int) {
	p := t.pieces[i]
	g := &t.learner.Grads()[p.tensor]
	m, v := t.moments[p.tensor][0], t.moments[p.tensor][1]
	f32.Adam(g.Data[p.lo:p.hi], g.D[p.lo:p.hi], m[p.lo:p.hi], v[p.lo:p.hi], t.adam.lr, beta1, beta2, adamEps, t.adam.c1, t.adam.c2)
}

// fetchBatch chooses the instances of the step and reads their photographs. Each instance comes once in an epoch.
func (t *Trainer) fetchBatch() error {
	latent := t.options.Config.Latent
	for i := range t.slots {
		k := t.step*t.options.Scenes + i
		s := &t.slots[i]
		s.epoch = k / len(t.instances)
		if t.epoch != s.epoch {
			t.epoch = s.epoch
			t.order = rand.New(rand.NewPCG(t.options.Seed, uint64(s.epoch))).Perm(len(t.instances))
		}
		s.instance = t.order[k%len(t.instances)]
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

func (t *Trainer) fetchSlot(i int) {
	s := &t.slots[i]
	a, err := t.gallery.open(t.instances[s.instance], t.step+1)
	for k := 0; err == nil && k < viewsOfScene; k++ {
		view := t.chance(i, k) % uint64(len(a.set.Views))
		s.views[k], s.pix[k], err = a.photo(int(view))
	}
	s.err = err
}

// chance is a random number that depends on the seed, the step, the slot and what it is for.
func (t *Trainer) chance(slot, what int) uint64 {
	return mix(mix(mix(t.options.Seed)^uint64(t.step)*maxScenes+uint64(slot)) + uint64(what))
}

// drawRays chooses pixels of the slot's photographs.
func (t *Trainer) drawRays(scene, first int, dst []plucker.Coords) {
	s := &t.slots[scene]
	target := t.target[3*(scene*t.options.Rays+first):]
	for i := range dst {
		k := (first + i) * viewsOfScene / t.options.Rays
		c := &s.views[k].Camera
		pixel := int(t.chance(scene, viewsOfScene+first+i) % uint64(c.Width*c.Height))
		dst[i] = c.Coords(t.prior.Scene, float64(pixel%c.Width)+0.5, float64(pixel/c.Width)+0.5)
		over(target[3*i:3*i+3], s.pix[k][4*pixel:], t.options.Background)
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

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
