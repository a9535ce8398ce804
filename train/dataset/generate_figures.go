package dataset

import (
	"math/rand/v2"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render/mesh"
)

// Figures of Shepard and Metzler (Mental rotation of three-dimensional objects, Science 1971), as in the GQN data set
// (Eslami et al., Neural scene representation and rendering, Science 2018). Lengths are in sides of a cube.
const (
	figureCubes  = 7
	figureTurns  = 3   // at most
	figureRadius = 3.8 // of a ball around every figure; all cubes in a row reach to 3.57, and are not cut
)

// shepardMetzler is a figure whose box has its middle at the origin, each cube of a hue of its own, and cameras all
// around, as far from every figure.
func shepardMetzler(rng *rand.Rand, o *GenerateOptions) (*mesh.Scene, []plucker.Camera) {
	cells := figure(rng)
	lo, hi := cells[0], cells[0]
	for _, c := range cells {
		for k := range 3 {
			lo[k], hi[k] = min(lo[k], c[k]), max(hi[k], c[k])
		}
	}
	var b mesh.Builder
	for _, c := range cells {
		var at mgl64.Vec3
		for k := range at {
			at[k] = float64(c[k]) - float64(lo[k]+hi[k])/2
		}
		b.Box(mgl64.Translate3D(at[0], at[1], at[2]), anyHue(rng, 0.75, 0.95))
	}
	r := RenderOptions{Size: o.Size, Sphere: true}
	var cams []plucker.Camera
	for _, v := range r.around(plucker.Frame{Radius: figureRadius, Up: mgl64.Vec3{0, 0, 1}}, o.Views, Train, rng) {
		cams = append(cams, v.Camera)
	}
	return b.Scene(), cams
}

// figure is the cells of a random walk on the grid which never meets itself: at each cube it goes straight on or turns
// to one of the four sides, as a coin falls, and walks which turn too often are thrown away.
func figure(rng *rand.Rand) [figureCubes][3]int {
walk:
	for {
		var cells [figureCubes][3]int
		axis, sign, turns := rng.IntN(3), 1-2*rng.IntN(2), 0
		for i := 1; i < figureCubes; i++ {
			if i > 1 && rng.IntN(2) == 0 {
				axis, sign = (axis+1+rng.IntN(2))%3, 1-2*rng.IntN(2)
				turns++
			}
			cells[i] = cells[i-1]
			cells[i][axis] += sign
			for _, before := range cells[:i] {
				if before == cells[i] {
					continue walk
				}
			}
		}
		if turns <= figureTurns {
			return cells
		}
	}
}
