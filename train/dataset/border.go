package dataset

import (
	"iter"
	"slices"
)

// plain is the share of a border that has to have one colour, or nearly, to be called plain: an object may touch it.
const plain = 0.8

// Border is the colour that a photograph has along its edges, over a background; nil where that is of several.
func (p *Photograph) Border(background [3]float32) *[3]float32 {
	var colors [][3]float32
	for i := range border(p.Width, p.Height) {
		colors = append(colors, p.over(i, background))
	}
	var median [3]float32
	for k := range median {
		channel := make([]float32, len(colors))
		for i, c := range colors {
			channel[i] = c[k]
		}
		slices.Sort(channel)
		median[k] = channel[len(channel)/2]
	}
	same := 0
	for _, c := range colors {
		if Alike(c, median) {
			same++
		}
	}
	if float64(same) < plain*float64(len(colors)) {
		return nil
	}
	return &median
}

// over is the colour of pixel i over a background.
func (p *Photograph) over(i int, background [3]float32) (c [3]float32) {
	a := float32(p.Pix[4*i+3]) / 255
	for k := range c {
		c[k] = a*float32(p.Pix[4*i+k])/255 + (1-a)*background[k]
	}
	return c
}

// border yields the numbers of the pixels along the edges of a picture, each once.
func border(w, h int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for y := range h {
			step := max(1, w-1)
			if y == 0 || y == h-1 {
				step = 1
			}
			for x := 0; x < w; x += step {
				if !yield(y*w + x) {
					return
				}
			}
		}
	}
}
