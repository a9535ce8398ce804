package prior

import (
	"math"

	"lfnview/train/dataset"
)

// What a pixel of a photograph says about the light from behind the scene.
const (
	lightUnknown byte = iota // at edges, and where an object may have the background's colour
	lightAll                 // there is nothing but background
	lightNone                // there is an object
)

const (
	// lightLoss is the weight of the mean cross entropy of transmittance, where scenes are volumes, beside imageLoss. It is what
	// gives them depth, as layers can make any colour of a little opacity: bench/quality.md.
	lightLoss  = 16
	leastLight = 0.01 // less of what should be there counts as that much

	sameColor  = 1  // how far a channel of background may be from the background's colour, of 255
	otherColor = 40 // from where on it is an object
)

// lightOf says of each pixel of a photograph, RGBA, what light comes there from behind the scene. Where it is transparent in
// places, that says it; else background is what has the colour of it and goes on to the border. Where that is not of the
// background's colour, for the most part, the camera may be amid the scene, and a line has light or not by what is behind the
// camera, too: nothing is said.
func lightOf(pix []byte, width int, background [3]float32) []byte {
	light := make([]byte, len(pix)/4)
	if transparent(pix) {
		for i := range light {
			switch pix[4*i+3] {
			case 0:
				light[i] = lightAll
			case 255:
				light[i] = lightNone
			}
		}
		return light
	}
	edge := (&dataset.Photograph{Pix: pix, Width: width, Height: len(light) / width}).Border(background)
	if edge == nil || !dataset.Alike(*edge, background) {
		return light
	}
	var color [3]int
	for c, v := range background {
		color[c] = int(math.Round(255 * float64(v)))
	}
	var border []int // pixels of background with neighbours to look at
	reach := func(i int) {
		if light[i] == lightUnknown && apart(pix[4*i:], color) <= sameColor {
			light[i] = lightAll
			border = append(border, i)
		}
	}
	for i := range light {
		if x := i % width; x == 0 || x == width-1 || i < width || i >= len(light)-width {
			reach(i)
		}
		if apart(pix[4*i:], color) >= otherColor {
			light[i] = lightNone
		}
	}
	for len(border) > 0 {
		i := border[len(border)-1]
		border = border[:len(border)-1]
		if i%width > 0 {
			reach(i - 1)
		}
		if i%width < width-1 {
			reach(i + 1)
		}
		if i >= width {
			reach(i - width)
		}
		if i < len(light)-width {
			reach(i + width)
		}
	}
	return light
}

// lightOf is that of a photograph that was read.
func (a *album) lightOf(view int, background [3]float32) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.light[view] == nil {
		a.light[view] = lightOf(a.pix[view], a.set.Views[view].Camera.Width, background)
		a.grow(int64(len(a.light[view])))
	}
	return a.light[view]
}

// lightError writes the derivative of the scene's part of the loss of transmittance.
func (t *Trainer) lightError(scene, first int, trans, dtrans []float32) {
	want := t.light[scene*t.options.Rays+first:]
	scale := float32(lightLoss / float64(len(t.light)))
	for i, v := range trans {
		switch want[i] {
		case lightAll:
			dtrans[i] = -scale / max(v, leastLight)
		case lightNone:
			dtrans[i] = scale / max(1-v, leastLight)
		default:
			dtrans[i] = 0
		}
	}
}

// transparent says whether a photograph is so anywhere.
func transparent(pix []byte) bool {
	for i := 3; i < len(pix); i += 4 {
		if pix[i] < 255 {
			return true
		}
	}
	return false
}

// apart is the largest difference of the channels of two colours.
func apart(pixel []byte, color [3]int) int {
	most := 0
	for c, v := range color {
		most = max(most, int(pixel[c])-v, v-int(pixel[c]))
	}
	return most
}
