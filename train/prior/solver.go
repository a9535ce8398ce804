package prior

import (
	"cmp"
	"context"
	"math"
	"slices"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train"
)

// A problem is a latent that is to be found: that of the scene in which some rays have some colours.
type problem struct {
	class  int // of the prior: the rays are in its frame
	rays   []plucker.Coords
	colors []float32 // 3 of each, in [0, 1]
	z      lfn.Latent
	m, v   []float32    // Adam's moments
	error  float64      // mean squared error of colours in [0, 1], in the last round of run
	orbit  render.Orbit // that the rays are from; zero where cameras are known
}

// newProblem begins with z, which it changes.
func newProblem(class int, rays []plucker.Coords, colors []float32, z lfn.Latent) *problem {
	return &problem{class: class, rays: rays, colors: colors, z: z, m: make([]float32, len(z)), v: make([]float32, len(z))}
}

// loss is what the last round of run came to, the weight of the latent included.
func (p *problem) loss(regularize float64) float64 {
	square := 0.
	for _, v := range p.z {
		square += float64(v) * float64(v)
	}
	return 4*imageLoss*p.error + max(regularize, 0)*square/float64(len(p.z))
}

func (p *problem) found() FoundPose {
	return FoundPose{Found{Latent: slices.Clone(p.z), Class: p.class, PSNRdB: p.psnrDB()}, p.orbit}
}

// psnrDB is that of the colours when their error was last measured.
func (p *problem) psnrDB() float64 { return -10 * math.Log10(p.error) }

// solver finds the latents of several problems at once, with a hypernetwork that stays as it is.
type solver struct {
	options ReconstructOptions
	learner *lfn.HyperLearner
	latent  int
	most    int // problems at a time
	each    int // scenes of the learner for one problem: each has a part of its rays

	problems []*problem
	rays     int // of a step, for each scene
	step     int // of all runs, for what is left to chance
	done     int // rays of all problems in all runs
	work     int // what done will come to
	z        []float32
	errors   []float64 // of each scene, in this step
	target   []float32
}

// newSolver makes a solver for up to n problems at a time. Close gives its goroutines back.
func newSolver(h *lfn.Hyper, n int, o ReconstructOptions) *solver {
	s := &solver{options: o, latent: h.Config.Latent, most: n}
	s.each = max(1, (leastScenes+n-1)/n)
	s.learner = h.NewLatentLearner(n * s.each)
	s.z = make([]float32, n*s.each*s.latent)
	s.errors = make([]float64, n*s.each)
	return s
}

// leastScenes are enough to share out among processors.
const leastScenes = 8

func (s *solver) Close() { s.learner.Close() }

// measuredSteps is how many steps a round of run has, over which errors are measured, but for the first, which may have fewer.
const measuredSteps = 16

// run does some steps of so many rays for some problems, with a learning rate that falls from lr to floorLR of it by half a
// cosine. All problems that have as many rays see the same ones, so that their errors can be compared. After each round it
// calls Watch.
func (s *solver) run(ctx context.Context, problems []*problem, steps, rays int, lr float64) error {
	s.take(problems, rays)
	for _, p := range problems {
		clear(p.m)
		clear(p.v)
	}
	for step := 0; step < steps; {
		round := (steps-step-1)%measuredSteps + 1
		for _, p := range problems {
			p.error = 0
		}
		for range round {
			if err := ctx.Err(); err != nil {
				return err
			}
			step++
			s.update(step, lr*train.Fall(float64(step)/float64(steps)))
			for i, p := range problems {
				for _, e := range s.errors[i*s.each:][:s.each] {
					p.error += e / float64(round)
				}
			}
		}
		s.done += round * len(problems) * rays
		if err := s.tell(); err != nil {
			return err
		}
	}
	return nil
}

// update does one step, the step-th of run, for the problems at hand.
func (s *solver) update(step int, lr float64) {
	s.step++
	s.learner.Batch(s.latents(), s.rays, s.draw, s.measure)
	dz := s.learner.DLatents()
	for i, p := range s.problems {
		d := dz[i*s.each*s.latent:][:s.latent]
		for k := 1; k < s.each; k++ {
			for j, v := range dz[(i*s.each+k)*s.latent:][:s.latent] {
				d[j] += v
			}
		}
		if w := s.options.Regularize; w > 0 {
			for j, v := range p.z {
				d[j] += float32(2*w/float64(s.latent)) * v
			}
		}
		train.UpdateByAdam(p.z, d, p.m, p.v, float32(lr), step)
	}
}

// tell calls Watch with the best of the problems at hand.
func (s *solver) tell() error {
	if s.options.Watch == nil {
		return nil
	}
	best := slices.MinFunc(s.problems, s.compare)
	return s.options.Watch(Glimpse{best.found(), float64(s.done) / float64(s.work)})
}

// compare compares two problems by what run came to.
func (s *solver) compare(a, b *problem) int {
	return cmp.Compare(a.loss(s.options.Regularize), b.loss(s.options.Regularize))
}

// look measures the errors of some problems by so many rays, the same for all that have as many, and leaves their latents.
func (s *solver) look(ctx context.Context, problems []*problem, rays int) error {
	s.take(problems, rays)
	s.learner.Loss(s.latents(), s.rays, s.draw, s.measure)
	for i, p := range problems {
		p.error = 0
		for _, e := range s.errors[i*s.each:][:s.each] {
			p.error += e
		}
	}
	return ctx.Err()
}

// take makes problems those at hand.
func (s *solver) take(problems []*problem, rays int) {
	s.problems, s.rays = problems, rays
	if n := 3 * len(problems) * s.each * rays; len(s.target) < n {
		s.target = make([]float32, n)
	}
}

// latents are those of the learner's scenes.
func (s *solver) latents() []float32 {
	n := len(s.problems) * s.each
	for i := range n {
		copy(s.z[i*s.latent:], s.problems[i/s.each].z)
	}
	return s.z[:n*s.latent]
}

// draw chooses rays of the scene's problem.
func (s *solver) draw(scene, first int, dst []plucker.Coords) {
	p := s.problems[scene/s.each]
	target := s.target[3*(scene*s.rays+first):]
	key := train.Mix(train.Mix(s.options.Seed)^uint64(s.step)) + uint64(scene%s.each)<<32
	for i := range dst {
		k := train.Mix(key+uint64(first+i)) % uint64(len(p.rays))
		dst[i] = p.rays[k]
		copy(target[3*i:3*i+3], p.colors[3*k:])
	}
}

// measure is the image loss of one problem by itself: that of others does not count in its gradient.
func (s *solver) measure(scene, first int, rgb, drgb []float32) float64 {
	if first == 0 {
		s.errors[scene] = 0
	}
	count := float64(3 * s.rays * s.each)
	loss := signedError(rgb, drgb, s.target[3*(scene*s.rays+first):][:len(rgb)], imageLoss/count)
	s.errors[scene] += loss / (4 * imageLoss)
	return loss
}
