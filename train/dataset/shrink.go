package dataset

import (
	"image"
	"image/color"
)

// shrink returns m brought down to w×h, which is no larger than m, as RGBA bytes with straight alpha.
//
// A pixel is the mean over the area it covers, with the fraction of each source pixel inside it as weight:
//
//	A = Σ wᵢ·aᵢ / Σ wᵢ        C = Σ wᵢ·aᵢ·cᵢ / Σ wᵢ·aᵢ
//
// so that what is transparent lends no colour, and composing the result over a background equals the mean
// of the composed pixels.
func shrink(m image.Image, w, h int) []byte {
	b := m.Bounds()
	sw, sh := b.Dx(), b.Dy()
	if n, ok := m.(*image.NRGBA); ok && w == sw && h == sh && n.Stride == 4*w {
		return n.Pix[n.PixOffset(b.Min.X, b.Min.Y):][:4*w*h]
	}
	out := make([]byte, 4*w*h)
	row := make([]uint16, 4*sw)  // one source row: R, G, B, A, straight, 16 bit
	mean := make([]float64, 4*w) // the same brought down to w: Σ w·a·c and Σ w·a
	acc := make([]float64, 4*w)  // sum over the rows of the output row y
	readRow := rowReader(m)

	// Source row sy covers [sy·h, (sy+1)·h) and output row y covers [y·sh, (y+1)·sh), so that overlaps are
	// whole numbers.
	y := 0
	for sy := range sh {
		readRow(row, b.Min.Y+sy)
		if w == sw && h == sh {
			for i, c := range row {
				out[4*w*sy+i] = byte((uint32(c) + 128) / 257)
			}
			continue
		}
		shrinkRow(mean, row, w, sw)
		for top, bottom := sy*h, (sy+1)*h; top < bottom; {
			end := min(bottom, (y+1)*sh)
			weight := float64(end - top)
			for i, x := range mean {
				acc[i] += weight * x
			}
			if top = end; end == (y+1)*sh {
				quantise(out[4*w*y:][:4*w], acc, float64(sw)*float64(sh))
				clear(acc)
				y++
			}
		}
	}
	return out
}

// shrinkRow sums a row of sw pixels into w: four numbers each, Σ wᵢ·aᵢ·cᵢ for R, G, B and Σ wᵢ·aᵢ, where
// the weights of an output pixel add to sw.
func shrinkRow(dst []float64, src []uint16, w, sw int) {
	clear(dst)
	x := 0
	for sx := range sw {
		s := src[4*sx:][:4]
		a := float64(s[3])
		for left, right := sx*w, (sx+1)*w; left < right; {
			end := min(right, (x+1)*sw)
			d, aw := dst[4*x:][:4], a*float64(end-left)
			d[0] += aw * float64(s[0])
			d[1] += aw * float64(s[1])
			d[2] += aw * float64(s[2])
			d[3] += aw
			if left = end; end == (x+1)*sw {
				x++
			}
		}
	}
}

// quantise divides the sums in acc, whose weights add to area, and rounds to bytes.
func quantise(dst []byte, acc []float64, area float64) {
	for i := 0; i < len(dst); i += 4 {
		a := acc[i+3]
		if a == 0 {
			continue
		}
		for k := range 3 {
			dst[i+k] = byte(acc[i+k]/a/257 + 0.5)
		}
		dst[i+3] = byte(a/area/257 + 0.5)
	}
}

// rowReader returns a function that reads row y of m, of which the leftmost pixel is at Bounds().Min.X, as
// straight 16-bit R, G, B, A. The layouts that decoders make are read directly; any other through At.
func rowReader(m image.Image) func(dst []uint16, y int) {
	x0 := m.Bounds().Min.X
	switch m := m.(type) {
	case *image.NRGBA:
		return func(dst []uint16, y int) {
			for i, c := range m.Pix[m.PixOffset(x0, y):][:len(dst)] {
				dst[i] = uint16(c) * 257
			}
		}
	case *image.RGBA:
		return func(dst []uint16, y int) {
			src := m.Pix[m.PixOffset(x0, y):][:len(dst)]
			for i := 0; i < len(dst); i += 4 {
				s, d := src[i:][:4], dst[i:][:4]
				if s[3] == 255 {
					d[0], d[1], d[2], d[3] = uint16(s[0])*257, uint16(s[1])*257, uint16(s[2])*257, 0xffff
					continue
				}
				straighten(d, uint32(s[0])*257, uint32(s[1])*257, uint32(s[2])*257, uint32(s[3])*257)
			}
		}
	case *image.YCbCr:
		return func(dst []uint16, y int) {
			for i := 0; i < len(dst); i += 4 {
				yi, ci := m.YOffset(x0+i/4, y), m.COffset(x0+i/4, y)
				r, g, b := color.YCbCrToRGB(m.Y[yi], m.Cb[ci], m.Cr[ci])
				d := dst[i:][:4]
				d[0], d[1], d[2], d[3] = uint16(r)*257, uint16(g)*257, uint16(b)*257, 0xffff
			}
		}
	case *image.Gray:
		return func(dst []uint16, y int) {
			for i, c := range m.Pix[m.PixOffset(x0, y):][:len(dst)/4] {
				d, v := dst[4*i:][:4], uint16(c)*257
				d[0], d[1], d[2], d[3] = v, v, v, 0xffff
			}
		}
	}
	return func(dst []uint16, y int) {
		for i := 0; i < len(dst); i += 4 {
			d := dst[i:][:4]
			switch c := m.At(x0+i/4, y).(type) {
			case color.NRGBA:
				d[0], d[1], d[2], d[3] = uint16(c.R)*257, uint16(c.G)*257, uint16(c.B)*257, uint16(c.A)*257
			case color.NRGBA64:
				d[0], d[1], d[2], d[3] = c.R, c.G, c.B, c.A
			case color.NYCbCrA:
				r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
				d[0], d[1], d[2], d[3] = uint16(r)*257, uint16(g)*257, uint16(b)*257, uint16(c.A)*257
			default:
				r, g, b, a := c.RGBA()
				straighten(d, r, g, b, a)
			}
		}
	}
}

// straighten divides colour that was multiplied by alpha, all 16 bit, by it.
func straighten(d []uint16, r, g, b, a uint32) {
	if a == 0 {
		clear(d[:4])
		return
	}
	for k, c := range [3]uint32{r, g, b} {
		d[k] = uint16(min((c*0xffff+a/2)/a, 0xffff))
	}
	d[3] = uint16(a)
}
