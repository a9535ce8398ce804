package prior

import (
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
	measureRays = 1024

	// Views of one object lose at most 0.12, and the others tell each by 2 dB more than the mean scene does; sets with a view
	// of another or by a wrong camera: bench/quality.md.
	muchLost = 0.2
	someLost = 0.05
	told     = 0.79 // of the mean scene's error, 1 dB less: what the others leave where they say something of a photograph
)

// Contradiction says that some photographs do not show one scene, and which of them does not go with the others; else it says
// nothing. z is the latent of a class that was found by all of them.
//
// With E the mean squared error of a photograph, zero the latent of the mean scene, zᵢ one looked for from z on by this photograph
// alone,
//
//	lost = (E(z) − E(zᵢ)) / max(E(zero) − E(zᵢ), E(zero)/2)
//
// is the share of what it tells of itself that is lost by the others. The photographs contradict each other where much is lost
// of one, or some of one of which the others say next to nothing: the latent that is looked for by them alone is hardly better
// than zero. That which the others tell worst is the odd one.
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
	zero := make(lfn.Latent, len(z))
	var alone, others, left, together, mean []*problem
	for i := range photographs {
		problemOf := func(views []dataset.View, z lfn.Latent) *problem {
			return newProblem(class, raysOf(views, p.Classes[class].Scene), colorsOf(views, p.Background), z)
		}
		own, rest := photographs[i:i+1], slices.Delete(slices.Clone(photographs), i, i+1)
		alone = append(alone, problemOf(own, slices.Clone(z)))
		others = append(others, problemOf(rest, slices.Clone(z)))
		left = append(left, problemOf(own, others[i].z))
		together = append(together, problemOf(own, z))
		mean = append(mean, problemOf(own, zero))
	}
	for _, problems := range [][]*problem{alone, others} {
		if err := s.run(ctx, problems, aloneSteps, aloneRays, o.LR/2); err != nil {
			return "", err
		}
	}
	for _, problems := range [][]*problem{alone, left, together, mean} {
		if err := s.look(ctx, problems, measureRays); err != nil {
			return "", err
		}
	}
	contradict, odd := false, 0
	for i := range photographs {
		lost := (together[i].error - alone[i].error) / max(mean[i].error-alone[i].error, mean[i].error/2)
		contradict = contradict || lost >= muchLost || lost >= someLost && left[i].error > told*mean[i].error
		if left[i].error > left[odd].error {
			odd = i
		}
	}
	switch {
	case !contradict:
		return "", nil
	case n == 2:
		return fmt.Sprintf("%s and %s do not go together: by themselves they are told with %.1f and %.1f dB, both with %.1f and %.1f: "+
			"are they of one object, and their cameras right?", photographs[0].Name, photographs[1].Name,
			alone[0].psnrDB(), alone[1].psnrDB(), together[0].psnrDB(), together[1].psnrDB()), nil
	}
	return fmt.Sprintf("%s does not go with the others: by itself it is told with %.1f dB, with them with %.1f: is it of the same object, and its camera right?",
		photographs[odd].Name, alone[odd].psnrDB(), together[odd].psnrDB()), nil
}
