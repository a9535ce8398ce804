package dataset

import (
	"fmt"
	"image"
	"math"
)

// A Cutout says what is background in a photograph, beside what is transparent in it. The zero value says nothing more.
type Cutout struct {
	Mask  string      // an image file of the photograph's size, white where the object is and black elsewhere; "" for none
	Color *[3]float32 // of the background, sRGB: what is this, or nearly; nil for none
}

// nearly is how far colours may be apart, in each channel, to be taken for the same: shades and JPEG move a plain one.
const nearly = 0.1

// Alike says whether two colours are the same, or nearly.
func Alike(a, b [3]float32) bool {
	for k := range a {
		if !(math.Abs(float64(a[k])-float64(b[k])) <= nearly) {
			return false
		}
	}
	return true
}

// cut reads a photograph in full size, so that pixels at the object's edge are not yet mixed with the background.
func (c Cutout) cut(file string, w, h int) (m *image.NRGBA, notes []string, err error) {
	pix, err := decode(file, w, h)
	if err != nil {
		return nil, nil, err
	}
	if c.Mask != "" {
		outside, err := cutByMask(pix, c.Mask, w, h)
		if err != nil {
			return nil, nil, fmt.Errorf("mask %s: %w", c.Mask, err)
		}
		if outside {
			notes = append(notes, fmt.Sprintf("mask %s is white along its edges and black within: want the object white, and not what is around it", c.Mask))
		}
	}
	if c.Color != nil {
		cutByColor(pix, *c.Color)
	}
	return &image.NRGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}, notes, nil
}

// cutByMask multiplies alpha by how bright the mask is, and says whether it looks as if it were white outside of the object.
func cutByMask(pix []byte, mask string, w, h int) (outside bool, err error) {
	maskW, maskH, err := imageSize(mask)
	if err != nil {
		return false, err
	}
	if maskW != w || maskH != h {
		return false, fmt.Errorf("is %d×%d pixels, want the photograph's %d×%d", maskW, maskH, w, h)
	}
	m, err := decode(mask, w, h)
	if err != nil {
		return false, err
	}
	const white = 3 * 255 * 255
	bright := func(i int) int { return (int(m[4*i]) + int(m[4*i+1]) + int(m[4*i+2])) * int(m[4*i+3]) }
	dark := 0
	for i := range w * h {
		b := bright(i)
		pix[4*i+3] = byte((int(pix[4*i+3])*b + white/2) / white)
		if b < white/2 {
			dark++
		}
	}
	edge, light := 0, 0
	for i := range border(w, h) {
		edge++
		if bright(i) >= white/2 {
			light++
		}
	}
	const hole = 0.02 // of the picture: less is a blemish
	return float64(light) >= plain*float64(edge) && float64(dark) >= hole*float64(w*h), nil
}

// cutByColor makes transparent what nearly has a colour.
func cutByColor(pix []byte, color [3]float32) {
	for i := 0; i < len(pix); i += 4 {
		if Alike([3]float32{float32(pix[i]) / 255, float32(pix[i+1]) / 255, float32(pix[i+2]) / 255}, color) {
			pix[i+3] = 0
		}
	}
}
