package prior

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lfnview/lfn"
	"lfnview/train/dataset"
)

// What [Contradiction] does with each photograph.
const (
	aloneSteps  = 128
	aloneRays   = 128
	aloneLR     = 1e-2 // by which the limit below was chosen
	measureRays = 1024
	mostDoubted = 12 // photographs, those that are told worst

	// contradicts is the doubt from which on photographs contradict each other. Sets of views of one scene have at most 0.11,
	// most with a view of another, or by a wrong camera, more than 0.15: bench/quality.md.
	contradicts = 0.13
)

// witness is a photograph among others, with latents that tell it: that of all photographs, that of the mean scene, and two
// that were looked for from the first on, by this photograph alone and by all others.
type witness struct {
	name                           string
	together, mean, alone, unasked *problem
	others                         *problem // by which the latent of unasked was looked for
}

// doubt is how much speaks against a photograph. With E its mean squared error by one of the latents,
//
//	lost = (E(together) − E(alone)) / max(E(mean) − E(alone), E(mean)/2)
//	untold = E(unasked) / E(mean)
//
// are the share of what it tells of itself that the others take away, and the share of it that they tell nothing of: the doubt
// is their product.
func (w *witness) doubt() float64 {
	lost := (w.together.error - w.alone.error) / max(w.mean.error-w.alone.error, w.mean.error/2)
	return lost * w.unasked.error / w.mean.error
}

// witnesses are photographs of which z was found, of a class.
func witnesses(p *lfn.Prior, class int, photographs []dataset.View, z lfn.Latent) (ws []*witness) {
	twice := slices.Concat(photographs, photographs) // so that all others of each follow it
	rays, colors := raysOf(twice, p.Classes[class].Scene), colorsOf(twice, p.Background)
	part := func(from, to int, z lfn.Latent) *problem {
		return newProblem(class, rays[from:to], colors[3*from:3*to], slices.Clone(z))
	}
	first := 0
	for i := range photographs {
		v := &photographs[i]
		end := first + v.Camera.Width*v.Camera.Height
		w := &witness{name: v.Name, together: part(first, end, z), mean: part(first, end, make(lfn.Latent, len(z))),
			alone: part(first, end, z), unasked: part(first, end, z), others: part(end, first+len(rays)/2, z)}
		w.unasked.z = w.others.z
		ws, first = append(ws, w), end
	}
	return ws
}

// Contradiction says that some photographs do not show one scene, and which of them does not go with the others; else it says
// nothing. z is the latent that was found by all of them, of a class.
func Contradiction(ctx context.Context, p *lfn.Prior, class int, photographs []dataset.View, z lfn.Latent, o ReconstructOptions) (string, error) {
	n := len(photographs)
	if n < 2 {
		return "", nil
	}
	o, err := o.withDefaults()
	if err != nil {
		return "", fmt.Errorf("prior: contradiction: %w", err)
	}
	o.Watch = nil
	s := newSolver(p.Hyper, n, o)
	defer s.Close()
	ws := witnesses(p, class, photographs, z)
	if err := s.look(ctx, problemsOf(ws, func(w *witness) *problem { return w.together }), measureRays); err != nil {
		return "", err
	}
	if n > mostDoubted {
		slices.SortStableFunc(ws, func(a, b *witness) int { return cmp.Compare(b.together.error, a.together.error) })
		ws = ws[:mostDoubted]
	}
	alone := problemsOf(ws, func(w *witness) *problem { return w.alone })
	others := problemsOf(ws, func(w *witness) *problem { return w.others })
	for _, problems := range [][]*problem{alone, others} {
		if err := s.run(ctx, problems, aloneSteps, aloneRays, aloneLR); err != nil {
			return "", err
		}
	}
	mean := problemsOf(ws, func(w *witness) *problem { return w.mean })
	unasked := problemsOf(ws, func(w *witness) *problem { return w.unasked })
	for _, problems := range [][]*problem{alone, mean, unasked} {
		if err := s.look(ctx, problems, measureRays); err != nil {
			return "", err
		}
	}
	if !slices.ContainsFunc(ws, func(w *witness) bool { return w.doubt() >= contradicts }) {
		return "", nil
	}
	if a, b := ws[0], ws[1]; n == 2 {
		return fmt.Sprintf("%s and %s do not go together: by themselves they are told with %.1f and %.1f dB, both with %.1f and %.1f: "+
			"are they of one object, and their cameras right?", a.name, b.name, a.alone.psnrDB(), b.alone.psnrDB(), a.together.psnrDB(), b.together.psnrDB()), nil
	}
	odd := slices.MaxFunc(ws, func(a, b *witness) int { return cmp.Compare(a.unasked.error, b.unasked.error) })
	return fmt.Sprintf("%s does not go with the others: by itself it is told with %.1f dB, with them with %.1f: is it of the same object, and its camera right?",
		odd.name, odd.alone.psnrDB(), odd.together.psnrDB()), nil
}

func problemsOf(ws []*witness, which func(*witness) *problem) (problems []*problem) {
	for _, w := range ws {
		problems = append(problems, which(w))
	}
	return problems
}
