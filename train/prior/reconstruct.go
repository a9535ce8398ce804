package prior

import (
	"context"
	"errors"
	"fmt"
	"math"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// ReconstructOptions say how a scene is looked for. The zero value of a field means what its comment says.
type ReconstructOptions struct {
	Steps      int     // updates of the latent; 0 means [DefaultReconstructSteps]
	Rays       int     // of an update, at least; 0 means [DefaultRays]
	LR         float64 // highest learning rate; 0 means [DefaultReconstructLR]
	Regularize float64 // weight of the mean square of the latent; 0 means [DefaultRegularize], a negative number none
	Seed       uint64
}

const (
	DefaultReconstructSteps = 400
	DefaultReconstructLR    = 2e-2
)

func (o ReconstructOptions) withDefaults() (ReconstructOptions, error) {
	if o.Steps == 0 {
		o.Steps = DefaultReconstructSteps
	}
	if o.Rays == 0 {
		o.Rays = DefaultRays
	}
	if o.LR == 0 {
		o.LR = DefaultReconstructLR
	}
	if o.Regularize == 0 {
		o.Regularize = DefaultRegularize
	}
	switch {
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
	PSNRdB float64 // of the rays that it was found from
}

// Reconstruct finds the scene that photographs with known cameras show: the latent, from zero, whose network has their
// colours. Transparent pixels are over the prior's background.
func Reconstruct(ctx context.Context, p *lfn.Prior, views []dataset.View, o ReconstructOptions) (*Found, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("prior: reconstruct: %w", err)
	}
	if len(views) == 0 {
		return nil, errors.New("prior: reconstruct: there is no photograph")
	}
	rays, colors := raysOf(p, views)
	sought := newProblem(rays, colors, make(lfn.Latent, p.Hyper.Config.Latent))
	s := newSolver(p.Hyper, 1, o)
	defer s.Close()
	if err := s.run(ctx, []*problem{sought}, o.Steps, o.Rays, o.LR); err != nil {
		return nil, err
	}
	return sought.found(), nil
}

func (p *problem) found() *Found {
	return &Found{Latent: p.z, PSNRdB: -10 * math.Log10(p.error)}
}

// raysOf are the rays of all pixels of some views, and their colours.
func raysOf(p *lfn.Prior, views []dataset.View) (rays []plucker.Coords, colors []float32) {
	for i := range views {
		v := &views[i]
		first := len(rays)
		rays = append(rays, make([]plucker.Coords, v.Camera.Width*v.Camera.Height)...)
		v.Camera.Rows(rays[first:], p.Scene, 0, v.Camera.Height)
		colors = append(colors, make([]float32, 3*(len(rays)-first))...)
		for k := range len(rays) - first {
			over(colors[3*(first+k):][:3], v.Pix[4*k:], p.Background)
		}
	}
	return rays, colors
}
