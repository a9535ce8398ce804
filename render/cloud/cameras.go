package cloud

import (
	"math"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
)

const (
	mostCameras = 64
	perPoint    = 10 // pixels of all cameras, of which many see the same, and many nothing
	leastSide   = 64 // pixels
	mostSide    = 1024
)

// Cameras are those from which to gather about so many points of m: of its photographs, spread over all of them, or on a
// spiral around the scene where it does not know them. Their pictures are of a size for that.
func Cameras(m *lfn.Model, points int) []plucker.Camera {
	var cams []plucker.Camera
	n := min(len(m.Cameras), mostCameras)
	for i := range n {
		cams = append(cams, m.Cameras[i*len(m.Cameras)/n].Camera)
	}
	if n == 0 {
		cams = render.Orbit{ElDeg: -10}.Spiral(m.Scene, mostCameras, 7, 80, mostSide, mostSide)
	}
	if points == 0 {
		points = defaultPoints
	}
	for i := range cams {
		c := &cams[i]
		pixels := float64(points) * perPoint / float64(len(cams))
		scale := math.Sqrt(pixels / float64(c.Width) / float64(c.Height))
		longest := float64(max(c.Width, c.Height))
		scale = min(max(scale, leastSide/longest), mostSide/longest)
		side := func(n int) int { return max(int(math.Round(float64(n)*scale)), 1) }
		*c = c.Scaled(side(c.Width), side(c.Height))
	}
	return cams
}
