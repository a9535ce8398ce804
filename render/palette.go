package render

import (
	"cmp"
	"image/color"
	"slices"
)

// histogram counts colours with paletteBits bits a channel.
type histogram struct {
	count [1 << (3 * paletteBits)]uint32
}

const paletteBits = 6

// bin returns where the histogram and the table of the palette keep an 8-bit colour.
func bin(r, g, b uint8) int {
	const drop = 8 - paletteBits
	return int(r>>drop)<<(2*paletteBits) | int(g>>drop)<<paletteBits | int(b>>drop)
}

// binColor returns the 8-bit colour in the middle of a bin, with 0 and 255 kept at the ends.
func binColor(i int) [3]float32 {
	const levels = 1<<paletteBits - 1
	return [3]float32{
		float32(i>>(2*paletteBits)&levels) * 255 / levels,
		float32(i>>paletteBits&levels) * 255 / levels,
		float32(i&levels) * 255 / levels,
	}
}

func (h *histogram) add(rgb []uint8) {
	for ; len(rgb) >= 3; rgb = rgb[3:] {
		h.count[bin(rgb[0], rgb[1], rgb[2])]++
	}
}

// weighted is an occupied bin.
type weighted struct {
	c [3]float32
	n float32
}

// palette returns at most n colours that stand for all that were added: median cut, which splits the box of
// largest squared error at its mean until there are n, then some rounds of k-means, which move each colour to
// the mean of what is nearest to it.
func (h *histogram) palette(n int) [][3]float32 {
	var all []weighted
	for i, k := range h.count {
		if k > 0 {
			all = append(all, weighted{binColor(i), float32(k)})
		}
	}
	boxes := []box{newBox(all)}
	for len(boxes) < n {
		worst := slices.MaxFunc(boxes, func(a, b box) int { return cmp.Compare(a.err, b.err) })
		if worst.err == 0 {
			break
		}
		at := slices.IndexFunc(boxes, func(b box) bool { return b.err == worst.err })
		lo, hi := worst.split()
		boxes[at] = lo
		boxes = append(boxes, hi)
	}
	colors := make([][3]float32, len(boxes))
	for i, b := range boxes {
		colors[i] = b.mean
	}
	const rounds = 4
	for range rounds {
		sums := make([][4]float64, len(colors))
		for _, w := range all {
			s := &sums[nearest(colors, w.c)]
			for k, v := range w.c {
				s[k] += float64(v * w.n)
			}
			s[3] += float64(w.n)
		}
		for i, s := range sums {
			if s[3] > 0 {
				colors[i] = [3]float32{float32(s[0] / s[3]), float32(s[1] / s[3]), float32(s[2] / s[3])}
			}
		}
	}
	return colors
}

// A box is some of the colours.
type box struct {
	in   []weighted
	mean [3]float32
	axis int     // the channel in which they differ most
	err  float64 // the sum of squared differences from the mean in that channel
}

func newBox(in []weighted) box {
	b := box{in: in}
	var n float64
	var sum, sum2 [3]float64
	for _, w := range in {
		n += float64(w.n)
		for k, v := range w.c {
			sum[k] += float64(v) * float64(w.n)
			sum2[k] += float64(v) * float64(v) * float64(w.n)
		}
	}
	for k := range 3 {
		b.mean[k] = float32(sum[k] / n)
		if e := sum2[k] - sum[k]*sum[k]/n; e > b.err && len(in) > 1 {
			b.err, b.axis = e, k
		}
	}
	return b
}

func (b box) split() (lo, hi box) {
	slices.SortFunc(b.in, func(x, y weighted) int { return cmp.Compare(x.c[b.axis], y.c[b.axis]) })
	at := slices.IndexFunc(b.in, func(w weighted) bool { return w.c[b.axis] > b.mean[b.axis] })
	at = min(max(at, 1), len(b.in)-1) // rounding may put the mean at an end
	return newBox(b.in[:at:at]), newBox(b.in[at:])
}

// nearest returns the index of the colour nearest to c.
func nearest(colors [][3]float32, c [3]float32) int {
	best, at := float32(1e9), 0
	for i, p := range colors {
		dr, dg, db := p[0]-c[0], p[1]-c[1], p[2]-c[2]
		if d := dr*dr + dg*dg + db*db; d < best {
			best, at = d, i
		}
	}
	return at
}

func toPalette(colors [][3]float32) color.Palette {
	p := make(color.Palette, len(colors))
	for i, c := range colors {
		p[i] = color.RGBA{toByte(c[0] / 255), toByte(c[1] / 255), toByte(c[2] / 255), 255}
	}
	return p
}
