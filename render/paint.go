package render

import (
	"image"
	"math"
	"slices"
	"strconv"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"lfnview/lfn"
)

// A Scale gives numbers the colours of a map: From that of 0, To that of 1. To may be below From.
type Scale struct {
	Map      ColorMap
	From, To float64
}

// At is the colour of v.
func (s Scale) At(v float64) [3]float32 { return s.Map.At((v - s.From) / (s.To - s.From)) }

// NearFar is from where to where most of the depths are: all but a fiftieth at either end. ok is false where none is known.
func NearFar(depths []float32) (near, far float64, ok bool) {
	known := make([]float32, 0, len(depths))
	for _, d := range depths {
		if d > 0 {
			known = append(known, d)
		}
	}
	if len(known) == 0 {
		return 0, 0, false
	}
	slices.Sort(known)
	cut := len(known) / 50
	near, far = float64(known[cut]), float64(known[len(known)-1-cut])
	if far-near < 1e-3*far { // a wall in front: not its noise
		near, far = near*0.9, far*1.1
	}
	return near, far, true
}

// Fill gives pixels that are not [lfn.Confident] distances from those to both sides of them, in any of four directions, that
// are and have a like colour: it closes holes in surfaces, and goes not beyond their edges. They then count as confident. It
// is made up: for the eye, not for measuring.
func (g *Geometry) Fill() {
	const (
		likeness = 0.1 // standard deviation of the colours of one surface
		least    = 0.1 // likeness to either side
	)
	picture := &g.Color
	w, h := picture.Width, picture.Height
	known := slices.Clone(g.Distance)
	for i, confidence := range g.Confidence {
		if confidence < lfn.Confident {
			known[i] = 0
		}
	}
	like := func(i, k int) float64 {
		d2 := 0.
		for c := range 3 {
			d := float64(picture.Pix[3*i+c] - picture.Pix[3*k+c])
			d2 += d * d
		}
		return math.Exp(-d2 / (2 * likeness * likeness))
	}
	for i, v := range known {
		if v != 0 {
			continue
		}
		var sum, weight float64
		for _, d := range [4][2]int{{1, 0}, {0, 1}, {1, 1}, {1, -1}} {
			a, far1 := nextKnown(known, w, h, i, d[0], d[1])
			b, far2 := nextKnown(known, w, h, i, -d[0], -d[1])
			if far1 == 0 || far2 == 0 || like(i, a) < least || like(i, b) < least {
				continue
			}
			n := float64(far1 + far2)
			between := (float64(known[a])*float64(far2) + float64(known[b])*float64(far1)) / n
			part := like(i, a) * like(i, b) / n
			sum, weight = sum+part*between, weight+part
		}
		if weight > 0 {
			g.Distance[i], g.Confidence[i] = float32(sum/weight), lfn.Confident
		}
	}
}

// nextKnown is the first known pixel from pixel i on in a direction, and how many steps away; 0 where there is none near.
func nextKnown(known []float32, w, h, i, dx, dy int) (at, steps int) {
	const reach = 64
	x, y := i%w, i/w
	for n := 1; n <= reach; n++ {
		x, y = x+dx, y+dy
		if x < 0 || y < 0 || x >= w || y >= h {
			return 0, 0
		}
		if known[y*w+x] != 0 {
			return y*w + x, n
		}
	}
	return 0, 0
}

// The bar of DrawBar, in pixels.
const (
	barHeight = 10
	barMargin = 8
	barText   = 13 // a line of the font
	barLeast  = 120
)

// DrawBar draws the scale in the lower left of a picture: its colours, and the numbers of its ends and its middle, and title
// above. A picture that is too small for that stays as it is.
func (s Scale) DrawBar(m *Image, title string) {
	w := min(m.Width-4*barMargin, 320)
	h := 2*barText + barHeight + 2*barMargin
	if w < barLeast || m.Height < 2*h {
		return
	}
	x0, y0 := barMargin, m.Height-barMargin-h
	m.darken(image.Rect(x0, y0, x0+w+2*barMargin, y0+h))
	x0, y0 = x0+barMargin, y0+barMargin
	m.write(title, x0, y0, 0)
	for x := range w {
		t := float64(x) / float64(w-1)
		c := s.At(s.From + t*(s.To-s.From))
		for y := range barHeight {
			copy(m.Pix[3*((y0+barText+y)*m.Width+x0+x):], c[:])
		}
	}
	digits := numberDigits(s.From, s.To)
	for i := range 3 {
		t := float64(i) / 2
		text := strconv.FormatFloat(s.From+t*(s.To-s.From), 'f', digits, 64)
		m.write(text, x0+int(t*float64(w)), y0+barText+barHeight, t)
	}
}

// numberDigits is how many digits behind the point tell a hundredth of what is between from and to.
func numberDigits(from, to float64) int {
	return min(max(2-int(math.Floor(math.Log10(math.Abs(to-from)))), 0), 6)
}

// darken leaves 0.3 of what is in r.
func (m *Image) darken(r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[3*(y*m.Width+r.Min.X) : 3*(y*m.Width+r.Max.X)]
		for i := range row {
			row[i] *= 0.3
		}
	}
}

// write writes white text with its top at y, of which x is the left end, or that part of it.
func (m *Image) write(text string, x, y int, part float64) {
	d := font.Drawer{Src: image.Opaque, Face: basicfont.Face7x13}
	width := d.MeasureString(text).Ceil()
	x -= int(part * float64(width))
	mask := image.NewAlpha(image.Rect(0, 0, width, barText))
	d.Dst, d.Dot = mask, fixed.P(0, basicfont.Face7x13.Ascent)
	d.DrawString(text)
	for ty := range barText {
		for tx := range width {
			if mask.AlphaAt(tx, ty).A > 127 && x+tx < m.Width {
				i := 3 * ((y+ty)*m.Width + x + tx)
				m.Pix[i], m.Pix[i+1], m.Pix[i+2] = 1, 1, 1
			}
		}
	}
}
