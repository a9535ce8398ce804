package render

import (
	"fmt"
	"math"
	"slices"

	"lfnview/lfn"
	"lfnview/plucker"
)

const (
	maxSamples = 16
	// coarser is how much wider than a ray sees a pixel may be before it has more rays.
	coarser = 1.1
	// lensSamples is how many rays a side of a pixel has at least where they come from all over a lens.
	lensSamples = 8
)

// Detail returns how wide a ray of m sees, in the world at the distance of the scene's centre: as wide as a pixel of its
// training photographs, their median. It is 0 where m does not know them.
func Detail(m *lfn.Model) float64 {
	var widths []float64
	for i := range m.Cameras {
		if v := &m.Cameras[i]; v.Split == "train" {
			widths = append(widths, pixelWidth(&v.Camera, m.Scene))
		}
	}
	if len(widths) == 0 {
		return 0
	}
	slices.Sort(widths)
	return widths[len(widths)/2]
}

// pixelWidth is how wide a pixel of cam is at the distance of the scene's centre, or a radius away for a camera inside of it.
func pixelWidth(cam *plucker.Camera, f plucker.Frame) float64 {
	return max(cam.Pose.Pos.Sub(f.Center).Len(), f.Radius) / math.Sqrt(cam.Intrinsics.Fx*cam.Intrinsics.Fy)
}

// Side returns n, of the n×n rays a pixel that cam gets in a scene with the frame f, or what is wrong with it or with cam.
//
// Where Samples is 0, the rays stand as close as each of them sees wide, so that a picture which is coarser than the
// photographs has no aliasing, and one that is finer has one ray a pixel; through a lens they are at least 8×8.
func (o Options) Side(cam *plucker.Camera, f plucker.Frame) (int, error) {
	if o.Samples < 0 || o.Samples > maxSamples {
		return 0, fmt.Errorf("render: %d samples, want 0 to %d", o.Samples, maxSamples)
	}
	if err := cam.Validate(); err != nil {
		return 0, fmt.Errorf("render: %w", err)
	}
	if err := o.checkLens(cam); err != nil {
		return 0, err
	}
	if o.Samples > 0 {
		return o.Samples, nil
	}
	least := 1
	if o.Aperture > 0 {
		least = lensSamples
	}
	wider := pixelWidth(cam, f) / o.Detail
	if !(o.Detail > 0) || !(wider > coarser) {
		return least, nil
	}
	return max(least, int(math.Ceil(min(wider/coarser, maxSamples)))), nil
}
