package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train/dataset"
)

// averaged is how many photographs the average of the nearest ones takes.
const averaged = 4

// Baselines says how well a view is told by the training photographs beside it, without any network: by the nearest
// one as it is, and by the mean of the nearest four, each weighted by the inverse of its distance. A network that is
// not better has learned little. See [CameraDistance].
func Baselines(set *dataset.Set, view int, background [3]float32) (nearest, average ViewResult, err error) {
	v := &set.Views[view]
	near := neighbours(set, view)
	if len(near) == 0 {
		return nearest, average, fmt.Errorf("baselines of %s: no other view for training has its size, %d×%d pixels", v.Name, v.Camera.Width, v.Camera.Height)
	}
	photo := photoOf(v, background)
	sum := render.NewImage(v.Camera.Width, v.Camera.Height)
	total := 0.0
	for _, n := range near {
		total += n.weight
	}
	for i, n := range near {
		other := photoOf(&set.Views[n.view], background)
		if i == 0 {
			nearest = compare(v.Name, photo, other)
		}
		w := float32(n.weight / total)
		for k, x := range other.Pix {
			sum.Pix[k] += w * x
		}
	}
	return nearest, compare(v.Name, photo, sum), nil
}

type neighbour struct {
	view     int
	distance float64
	weight   float64
}

// neighbours returns the training views of the same size that are next to one, the nearest first.
func neighbours(set *dataset.Set, view int) []neighbour {
	v := &set.Views[view].Camera
	all := slices.DeleteFunc(byDistance(set, view), func(n neighbour) bool {
		c := &set.Views[n.view].Camera
		return c.Width != v.Width || c.Height != v.Height
	})
	all = all[:min(averaged, len(all))]
	const same = 1e-9
	for i := range all {
		all[i].weight = 1 / max(all[i].distance, same)
	}
	return all
}

// byDistance returns the training views but that one, the nearest to it first.
func byDistance(set *dataset.Set, view int) []neighbour {
	var all []neighbour
	for _, i := range set.Split(dataset.Train) {
		if i != view {
			all = append(all, neighbour{view: i, distance: CameraDistance(&set.Views[view].Camera, &set.Views[i].Camera, set.Frame.Radius)})
		}
	}
	slices.SortStableFunc(all, func(a, b neighbour) int { return cmp.Compare(a.distance, b.distance) })
	return all
}

// CameraDistance is how far apart two cameras are: the root of the sum of squares of the distance of their places, in radii, and
// of that of their directions, which are unit vectors.
func CameraDistance(a, b *plucker.Camera, radius float64) float64 {
	return math.Hypot(a.Pose.Pos.Sub(b.Pose.Pos).Len()/radius, a.Pose.Forward().Sub(b.Pose.Forward()).Len())
}
