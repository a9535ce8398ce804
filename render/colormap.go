package render

import (
	"fmt"
	"math"
	"strings"
)

// A ColorMap gives the numbers from 0 to 1 colours, of which more is brighter or, for turbo, further along the rainbow.
type ColorMap struct {
	Name string
	at   func(x float64) [3]float64
}

// ColorMaps are all of them; the first is for what has no reason to take another.
var ColorMaps = []ColorMap{
	{"turbo", turbo},
	{"viridis", viridis},
	{"grey", func(x float64) [3]float64 { return [3]float64{x, x, x} }},
}

// FindColorMap returns the colour map of that name.
func FindColorMap(name string) (ColorMap, error) {
	var names []string
	for _, m := range ColorMaps {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return ColorMap{}, fmt.Errorf("render: there is no colour map %q, want one of %s", name, strings.Join(names, ", "))
}

// At is the colour of x, sRGB in [0, 1]. What is beyond 0 or 1 has the colour of the end; NaN that of 0.
func (m ColorMap) At(x float64) [3]float32 {
	if !(x > 0) {
		x = 0
	}
	c := m.at(min(x, 1))
	return [3]float32{float32(c[0]), float32(c[1]), float32(c[2])}
}

// Table is the map for a texture of 256×1 texels of RGBA, of which the first is 0 and the last 1.
func (m ColorMap) Table() (rgba [4 * 256]byte) {
	for i := range 256 {
		for k, v := range m.At(float64(i) / 255) {
			rgba[4*i+k] = toByte(v)
		}
		rgba[4*i+3] = 255
	}
	return rgba
}

// Unknown is the colour of pixel (x, y) where there is nothing to show: a checker of two greys, in no colour map but grey.
func Unknown(x, y int) [3]float32 {
	const side = 8 // pixels
	grey := float32(0.32)
	if (x/side+y/side)%2 != 0 {
		grey = 0.38
	}
	return [3]float32{grey, grey, grey}
}

// turbo is the polynomial of A. Mikhailov, Turbo, An Improved Rainbow Colormap for Visualization (2019), for each channel,
// the constant first: https://research.google/blog/turbo-an-improved-rainbow-colormap-for-visualization/
func turbo(x float64) (rgb [3]float64) {
	for k, p := range [3][6]float64{
		{0.13572138, 4.61539260, -42.66032258, 132.13108234, -152.94239396, 59.28637943},
		{0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604},
		{0.10667330, 12.64194608, -60.58204836, 110.36276771, -89.90310912, 27.34824973},
	} {
		sum := 0.
		for i := len(p) - 1; i >= 0; i-- {
			sum = sum*x + p[i]
		}
		rgb[k] = min(max(sum, 0), 1)
	}
	return rgb
}

// viridis goes straight between nine colours of the map of S. van der Walt and N. Smith (2015), in the public domain:
// https://bids.github.io/colormap/
func viridis(x float64) (rgb [3]float64) {
	colors := [9]uint32{0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725}
	i := min(int(x*8), 7)
	_, t := math.Modf(x * 8)
	if x == 1 {
		t = 1
	}
	for k := range rgb {
		shift := 16 - 8*k
		a, b := float64(colors[i]>>shift&0xff), float64(colors[i+1]>>shift&0xff)
		rgb[k] = (a + (b-a)*t) / 255
	}
	return rgb
}
