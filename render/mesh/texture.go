package mesh

import (
	"image"
	"image/draw"
	"math"
)

// texture is a picture on surfaces: sRGB bytes with straight alpha, in ever smaller levels. It is filtered in linear
// light.
type texture struct {
	levels []*image.NRGBA
	sampler
}

// sampler is how a texture is filtered, and what it is beyond its sides.
type sampler struct {
	wrap         [2]wrapping
	magNearest   bool // where a texel is larger than what the ray sees
	minNearest   bool // where it is smaller
	mipmaps      bool // take smaller levels there
	nearestLevel bool // and no mean of two of them
}

type wrapping int

const (
	repeat wrapping = iota
	mirror
	clamp
)

// newTexture makes the levels that the sampler needs.
func newTexture(m image.Image, s sampler) *texture {
	top := image.NewNRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(top, top.Rect, m, m.Bounds().Min, draw.Src)
	t := &texture{levels: []*image.NRGBA{top}, sampler: s}
	for s.mipmaps && (top.Rect.Dx() > 1 || top.Rect.Dy() > 1) {
		top = half(top)
		t.levels = append(t.levels, top)
	}
	return t
}

// half is the next smaller level: means of 2×2 texels, in linear light, weighed by alpha.
func half(m *image.NRGBA) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, max(w/2, 1), max(h/2, 1)))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			var sum [4]float32
			for k := range 4 {
				p := m.Pix[m.PixOffset(min(2*x+k&1, w-1), min(2*y+k>>1, h-1)):][:4]
				a := float32(p[3])
				for c := range 3 {
					sum[c] += a * decoded[p[c]]
				}
				sum[3] += a
			}
			p := out.Pix[out.PixOffset(x, y):][:4]
			if sum[3] > 0 {
				for c := range 3 {
					p[c] = toByte(sum[c] / sum[3])
				}
			}
			p[3] = byte(sum[3]/4 + 0.5)
		}
	}
	return out
}

// at is the texture at a point, (0, 0) its upper left corner and (1, 1) the lower right one, for a ray that sees so much
// of it, as a share of its side.
func (t *texture) at(uv [2]float64, footprint float64) [4]float32 {
	top := t.levels[0]
	level := math.Log2(footprint * math.Sqrt(float64(top.Rect.Dx())*float64(top.Rect.Dy())))
	switch {
	case !(level > 0):
		return t.filter(top, uv, t.magNearest)
	case !t.mipmaps:
		return t.filter(top, uv, t.minNearest)
	}
	last := float64(len(t.levels) - 1)
	level = min(level, last)
	if t.nearestLevel {
		return t.filter(t.levels[int(level+0.5)], uv, t.minNearest)
	}
	lower := math.Floor(level)
	c := t.filter(t.levels[int(lower)], uv, t.minNearest)
	if f := float32(level - lower); f > 0 {
		d := t.filter(t.levels[int(lower)+1], uv, t.minNearest)
		for k := range c {
			c[k] += f * (d[k] - c[k])
		}
	}
	return c
}

// filter takes the nearest texel of a level, or the mean of the four around, with straight alpha.
func (t *texture) filter(m *image.NRGBA, uv [2]float64, nearest bool) [4]float32 {
	size := [2]int{m.Rect.Dx(), m.Rect.Dy()}
	var i [2][2]int // texels along each axis
	var f [2]float32
	for k := range 2 {
		x := uv[k] * float64(size[k])
		if !(math.Abs(x) < 1<<40) {
			x = 0
		}
		if !nearest {
			x -= 0.5
		}
		low := math.Floor(x)
		f[k] = float32(x - low)
		for n := range 2 {
			i[k][n] = t.wrap[k].inside(int(low)+n, size[k])
		}
	}
	if nearest {
		return texel(m, i[0][0], i[1][0])
	}
	c00, c10 := texel(m, i[0][0], i[1][0]), texel(m, i[0][1], i[1][0])
	c01, c11 := texel(m, i[0][0], i[1][1]), texel(m, i[0][1], i[1][1])
	var c [4]float32
	for k := range c {
		upper := c00[k] + f[0]*(c10[k]-c00[k])
		lower := c01[k] + f[0]*(c11[k]-c01[k])
		c[k] = upper + f[1]*(lower-upper)
	}
	return c
}

func texel(m *image.NRGBA, x, y int) [4]float32 {
	p := m.Pix[m.PixOffset(x, y):][:4]
	return [4]float32{decoded[p[0]], decoded[p[1]], decoded[p[2]], float32(p[3]) * (1. / 255)}
}

// inside is the texel below n that is seen at i.
func (w wrapping) inside(i, n int) int {
	switch w {
	case clamp:
		return min(max(i, 0), n-1)
	case mirror:
		i = ((i % (2 * n)) + 2*n) % (2 * n)
		return min(i, 2*n-1-i)
	}
	return ((i % n) + n) % n
}
