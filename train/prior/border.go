package prior

import (
	"context"
	"fmt"
	"math"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/train"
	"lfnview/train/dataset"
)

// foreignBorder says that a photograph has one colour along its edges which is not the prior's background, where the scenes of
// the prior have background there; else it says nothing.
func foreignBorder(p *lfn.Prior, photo *dataset.Photograph) string {
	edge := photo.Border(p.Background)
	if edge == nil || dataset.Alike(*edge, p.Background) || !standFree(p) {
		return ""
	}
	return fmt.Sprintf("it is %s along its edges, and what the prior has learned from is %s there: say --background '%s', or --mask", hex(*edge), hex(p.Background), hex(*edge))
}

// standFree says whether there is nothing but background along the edges of a prior's photographs, by what it tells of some.
func standFree(p *lfn.Prior) bool {
	const some, side = 4, 16
	all := make([]int, len(p.Instances))
	for i := range all {
		all[i] = i
	}
	for k, i := range train.Spread(all, some) {
		m := p.Model(p.Latent(i), p.ClassOf(i))
		if len(m.Cameras) == 0 {
			return false
		}
		camera := m.Cameras[k%len(m.Cameras)].Scaled(side, side)
		img, err := renderView(context.Background(), render.NewCPU(m.Network.Pack(), m.Scene), &camera)
		if err != nil {
			return false
		}
		edge := (&dataset.Photograph{Pix: img.ToNRGBA().Pix, Width: side, Height: side}).Border(p.Background)
		if edge == nil || !dataset.Alike(*edge, p.Background) {
			return false
		}
	}
	return true
}

// hex writes a colour as #rrggbb.
func hex(c [3]float32) string {
	var b [3]int
	for i, v := range c {
		b[i] = int(math.Round(float64(v) * 255))
	}
	return fmt.Sprintf("#%02x%02x%02x", b[0], b[1], b[2])
}
