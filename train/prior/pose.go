package prior

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/train/dataset"
)

// FoundPose is a scene that was reconstructed, and where its photograph was taken from.
type FoundPose struct {
	Found
	Orbit render.Orbit
}

// The search for a pose: ever fewer poses, for ever more steps.
const (
	searchStepDeg = 22.5 // between neighbours, at first
	searchRays    = 64   // of a step, for each pose
	searchLR      = 5e-2
	searchSteps   = 48 // for all poses
	searchKept    = 24 // of which these go on
	refineKept    = 6  // and of those these, each with its neighbours
	refineRounds  = 5  // after which these are half as far
	refineSteps   = 40
	refineLR      = 1e-2
)

// ReconstructUnknown finds the scene that a photograph shows, and from where. The camera is as far off as those of the
// prior's photographs, with their lens, and looks at the middle of the scene; azimuth and elevation are searched, the latter
// as far up and down as those cameras are. The camera of view is ignored but for its size.
func ReconstructUnknown(ctx context.Context, p *lfn.Prior, view dataset.View, o ReconstructOptions) (*FoundPose, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("prior: reconstruct: %w", err)
	}
	if err := checkLens(p, &view); err != nil {
		return nil, err
	}
	_, colors := raysOf(p, []dataset.View{view})
	if err := checkObject(colors); err != nil {
		return nil, err
	}
	poses := startPoses(p)
	s := newSolver(p.Hyper, max(len(poses), refineKept*neighbours), o)
	defer s.Close()
	at := func(orbit render.Orbit, z lfn.Latent) *problem {
		view.Camera = orbit.Camera(p.Scene, view.Camera.Width, view.Camera.Height)
		rays, colors := raysOf(p, []dataset.View{view})
		x := newProblem(rays, colors, slices.Clone(z))
		x.orbit = orbit
		return x
	}
	all := make([]*problem, len(poses))
	for i, orbit := range poses {
		all[i] = at(orbit, make(lfn.Latent, p.Hyper.Config.Latent))
	}
	s.work = len(all)*searchSteps*searchRays + searchKept*4*searchSteps*searchRays +
		refineRounds*refineKept*neighbours*refineSteps*2*searchRays + o.startsOf(p).work()
	for _, round := range []struct{ steps, rays, kept int }{{searchSteps, searchRays, searchKept}, {2 * searchSteps, 2 * searchRays, refineKept}} {
		if all, err = s.best(ctx, all, round.steps, round.rays, searchLR, round.kept); err != nil {
			return nil, err
		}
	}
	step := searchStepDeg / 2
	for range refineRounds {
		var around []*problem
		for _, x := range all {
			for _, d := range [neighbours][2]float64{{0, 0}, {step, 0}, {-step, 0}, {0, step}, {0, -step}} {
				orbit := x.orbit
				// As many degrees of azimuth as make the same way.
				orbit.AzDeg += d[0] / max(math.Cos(orbit.ElDeg*math.Pi/180), 0.2)
				orbit.ElDeg = min(max(orbit.ElDeg+d[1], -90), 90)
				around = append(around, at(orbit, x.z))
			}
		}
		if all, err = s.best(ctx, around, refineSteps, 2*searchRays, refineLR, refineKept); err != nil {
			return nil, err
		}
		step /= 2
	}
	orbit := all[0].orbit
	orbit.AzDeg = math.Remainder(orbit.AzDeg, 360)
	view.Camera = orbit.Camera(p.Scene, view.Camera.Width, view.Camera.Height)
	if watch := o.Watch; watch != nil {
		searched := float64(s.done) / float64(s.work)
		o.Watch = func(g Glimpse) error {
			g.Orbit, g.Done = orbit, searched+(1-searched)*g.Done
			return watch(g)
		}
	}
	found, err := Reconstruct(ctx, p, []dataset.View{view}, o)
	if err != nil {
		return nil, err
	}
	return &FoundPose{*found, orbit}, nil
}

// neighbours is how many poses come of one: itself, and one on each side.
const neighbours = 5

// best works on all, and returns those with the least errors, the best first.
func (s *solver) best(ctx context.Context, all []*problem, steps, rays int, lr float64, kept int) ([]*problem, error) {
	if err := s.run(ctx, all, steps, rays, lr); err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b *problem) int { return cmp.Compare(a.error, b.error) })
	return all[:min(kept, len(all))], nil
}

// startPoses are poses all around, in rows of elevation, as far up and down as the cameras of the prior are.
func startPoses(p *lfn.Prior) []render.Orbit {
	o := Lookout(p)
	low, high := 90., -90.
	for i := range p.Cameras {
		el := render.OrbitAt(p.Scene, p.Cameras[i].Pose.Pos).ElDeg
		low, high = min(low, el), max(high, el)
	}
	if low > high { // no camera tells
		low, high = 0, 60
	}
	rows := int(math.Ceil((high-low)/searchStepDeg)) + 1
	var poses []render.Orbit
	for r := range rows {
		o.ElDeg = low + (float64(r)+0.5)*(high-low)/float64(rows)
		around := max(1, int(math.Round(360/searchStepDeg*math.Cos(o.ElDeg*math.Pi/180))))
		for k := range around {
			o.AzDeg = 360 * (float64(k) + 0.5*float64(r%2)) / float64(around)
			poses = append(poses, o)
		}
	}
	return poses
}
