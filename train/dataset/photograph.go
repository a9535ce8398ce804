package dataset

import (
	"errors"
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

// OpenPhotograph reads one image file that is of no data set, its longer side brought down to maxSide pixels where it is
// longer; 0 has no limit. Pix is as in [View], transparent where cut says that there is background. One with nothing else is
// an error.
func OpenPhotograph(file string, maxSide int, cut Cutout) (pix []byte, w, h int, err error) {
	if w, h, err = imageSize(file); err == nil {
		pix, w, h, err = cut.open(file, w, h, maxSide)
	}
	if err != nil {
		return nil, 0, 0, fmt.Errorf("dataset: open %s: %w", file, err)
	}
	return pix, w, h, nil
}

// open reads a photograph, fullW×fullH pixels large in its file.
func (c Cutout) open(file string, fullW, fullH, maxSide int) (pix []byte, w, h int, err error) {
	w, h = Options{MaxSize: maxSide}.size(fullW, fullH)
	if c == (Cutout{}) {
		pix, err = decode(file, w, h)
	} else if pix, err = c.cut(file, fullW, fullH); err == nil {
		pix = shrink(&image.NRGBA{Pix: pix, Stride: 4 * fullW, Rect: image.Rect(0, 0, fullW, fullH)}, w, h)
	}
	if err != nil {
		return nil, 0, 0, err
	}
	for i := 3; i < len(pix); i += 4 {
		if pix[i] > 0 {
			return pix, w, h, nil
		}
	}
	switch {
	case c.Mask != "":
		return nil, 0, 0, fmt.Errorf("mask %s leaves no object: want it white where the object is", c.Mask)
	case c.Color != nil:
		return nil, 0, 0, errors.New("all of it has nearly the colour of the background: want another colour")
	}
	return nil, 0, 0, errors.New("all of it is transparent: want an object in it")
}

// cut reads a photograph in full size, so that pixels at the object's edge are not yet mixed with the background.
func (c Cutout) cut(file string, w, h int) ([]byte, error) {
	pix, err := decode(file, w, h)
	if err != nil {
		return nil, err
	}
	if c.Mask != "" {
		if err := cutByMask(pix, c.Mask, w, h); err != nil {
			return nil, fmt.Errorf("mask %s: %w", c.Mask, err)
		}
	}
	if c.Color != nil {
		cutByColor(pix, *c.Color)
	}
	return pix, nil
}

// cutByMask multiplies alpha by how bright the mask is.
func cutByMask(pix []byte, mask string, w, h int) error {
	maskW, maskH, err := imageSize(mask)
	if err != nil {
		return err
	}
	if maskW != w || maskH != h {
		return fmt.Errorf("is %d×%d pixels, want the photograph's %d×%d", maskW, maskH, w, h)
	}
	m, err := decode(mask, w, h)
	if err != nil {
		return err
	}
	for i := 0; i < len(pix); i += 4 {
		const white = 3 * 255 * 255
		bright := (int(m[i]) + int(m[i+1]) + int(m[i+2])) * int(m[i+3])
		pix[i+3] = byte((int(pix[i+3])*bright + white/2) / white)
	}
	return nil
}

// cutByColor makes transparent what nearly has a colour.
func cutByColor(pix []byte, color [3]float32) {
	for i := 0; i < len(pix); i += 4 {
		apart := 0.
		for k := range 3 {
			apart = max(apart, math.Abs(float64(pix[i+k])/255-float64(color[k])))
		}
		if apart <= nearly {
			pix[i+3] = 0
		}
	}
}
