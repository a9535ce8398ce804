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
// photographs of its class, with their lens, and looks at the middle of the scene; azimuth and elevation are searched, the
// latter as far up and down as those cameras are. The camera of view is ignored but for its size.
func ReconstructUnknown(ctx context.Context, p *lfn.Prior, view dataset.View, o ReconstructOptions) (*FoundPose, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("prior: reconstruct: %w", err)
	}
	searches, err := searchesOf(p, &view, o)
	if err != nil {
		return nil, err
	}
	colors := colorsOf([]dataset.View{view}, p.Background)
	if err := checkObject(colors); err != nil {
		return nil, err
	}
	poses, most := 0, refineKept*neighbours
	for _, x := range searches {
		poses, most = poses+len(x.poses), max(most, len(x.poses))
	}
	s := newSolver(p.Hyper, most, o)
	defer s.Close()
	at := func(class int, orbit render.Orbit, z lfn.Latent) *problem {
		scene := p.Classes[class].Scene
		view.Camera = orbit.Camera(scene, view.Camera.Width, view.Camera.Height)
		x := newProblem(class, raysOf([]dataset.View{view}, scene), colors, slices.Clone(z))
		x.orbit = orbit
		return x
	}
	s.work = poses*searchSteps*searchRays + searchKept*4*searchSteps*searchRays +
		refineRounds*refineKept*neighbours*refineSteps*2*searchRays + o.work(o.startsOf(p).Starts)
	var all []*problem
	for _, x := range searches { // one class after the other, as all at once may not fit into memory
		var own []*problem
		for _, orbit := range x.poses {
			own = append(own, at(x.class, orbit, make(lfn.Latent, p.Hyper.Config.Latent)))
		}
		if own, err = s.best(ctx, own, searchSteps, searchRays, searchLR, searchKept); err != nil {
			return nil, err
		}
		all = append(all, own...)
	}
	all = leastErrors(all, searchKept)
	if all, err = s.best(ctx, all, 2*searchSteps, 2*searchRays, searchLR, refineKept); err != nil {
		return nil, err
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
				around = append(around, at(x.class, orbit, x.z))
			}
		}
		if all, err = s.best(ctx, around, refineSteps, 2*searchRays, refineLR, refineKept); err != nil {
			return nil, err
		}
		step /= 2
	}
	class, orbit := all[0].class, all[0].orbit
	// Where the same is up, an orbit has the same rays in the frame of each class: which it is, the latent tells.
	if near := p.ClassNear(all[0].z); o.Class == "" && checkLens(&p.Classes[near], &view) == nil && p.Classes[near].Scene.Up.Dot(p.Classes[class].Scene.Up) > alikeUps {
		class = near
	}
	orbit.AzDeg = math.Remainder(orbit.AzDeg, 360)
	view.Camera = orbit.Camera(p.Classes[class].Scene, view.Camera.Width, view.Camera.Height)
	if watch := o.Watch; watch != nil {
		searched := float64(s.done) / float64(s.work)
		o.Watch = func(g Glimpse) error {
			g.Orbit, g.Done = orbit, searched+(1-searched)*g.Done
			return watch(g)
		}
	}
	found, err := findOne(ctx, p, newSought(p, []int{class}, []dataset.View{view}), o)
	if err != nil {
		return nil, err
	}
	return &FoundPose{*found, orbit}, nil
}

// alikeUps is the least cosine between what is up in two classes and the same in both.
const alikeUps = 0.9999

// neighbours is how many poses come of one: itself, and one on each side.
const neighbours = 5

// best works on all, and returns those with the least errors, the best first.
func (s *solver) best(ctx context.Context, all []*problem, steps, rays int, lr float64, kept int) ([]*problem, error) {
	if err := s.run(ctx, all, steps, rays, lr); err != nil {
		return nil, err
	}
	return leastErrors(all, kept), nil
}

// leastErrors are so many of all that have the least errors, the best first.
func leastErrors(all []*problem, kept int) []*problem {
	slices.SortStableFunc(all, func(a, b *problem) int { return cmp.Compare(a.error, b.error) })
	return all[:min(kept, len(all))]
}

// search is where the camera of a photograph is looked for, if it shows a scene of a class.
type search struct {
	class int
	poses []render.Orbit
}

// searchesOf are those of the classes that a scene may be of: which were photographed by the lens of the photograph. Of
// classes that are of one size, and were photographed alike, it is the first.
func searchesOf(p *lfn.Prior, v *dataset.View, o ReconstructOptions) ([]search, error) {
	classes, err := o.classes(p)
	if err != nil {
		return nil, fmt.Errorf("prior: reconstruct: %w", err)
	}
	var all []search
	for _, k := range classes {
		c := &p.Classes[k]
		if wrong := checkLens(c, v); wrong != nil {
			err = wrong
			continue
		}
		poses := startPoses(c)
		if !slices.ContainsFunc(all, func(x search) bool { return p.Classes[x.class].Scene == c.Scene && slices.Equal(x.poses, poses) }) {
			all = append(all, search{k, poses})
		}
	}
	if all == nil {
		return nil, err
	}
	return all, nil
}

// startPoses are poses all around, in rows of elevation, as far up and down as the cameras of a class are.
func startPoses(c *lfn.Class) []render.Orbit {
	o := Lookout(c)
	low, high := 90., -90.
	for i := range c.Cameras {
		el := render.OrbitAt(c.Scene, c.Cameras[i].Pose.Pos).ElDeg
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
