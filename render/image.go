package render

import (
	"fmt"
	"image"
	"io"
	"slices"

	"lfnview/lfn"
	"lfnview/render/raster"
)

// An Image is a picture of Width×Height pixels: Pix holds red, green, blue for each, row-major, row 0 the top,
// as sRGB values in [0, 1]. The zero value is an empty image.
type Image struct {
	Width, Height int
	Pix           []float32
}

// NewImage returns a black image.
func NewImage(w, h int) *Image { return &Image{w, h, make([]float32, 3*w*h)} }

// Resize gives the image a size. It keeps the memory where that is enough; the pixels are undefined.
func (m *Image) Resize(w, h int) {
	m.Width, m.Height = w, h
	m.Pix = slices.Grow(m.Pix[:0], 3*w*h)[:3*w*h]
}

// FromRGBA composes w×h pixels of 8-bit RGBA with straight alpha, row-major, over a background.
func FromRGBA(pix []byte, w, h int, background [3]float32) *Image {
	if len(pix) < 4*w*h {
		panic("render: len(pix) < 4*w*h")
	}
	m := NewImage(w, h)
	for i := range w * h {
		p := pix[4*i:][:4]
		a := float32(p[3]) / 255
		for c, bg := range background {
			m.Pix[3*i+c] = float32(p[c])/255*a + bg*(1-a)
		}
	}
	return m
}

// ToNRGBA returns the image with 8 bits a channel, clamped and rounded, opaque.
func (m *Image) ToNRGBA() *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, m.Width, m.Height))
	for i := range m.Width * m.Height {
		for c := range 3 {
			out.Pix[4*i+c] = toByte(m.Pix[3*i+c])
		}
		out.Pix[4*i+3] = 255
	}
	return out
}

// Finite says whether all pixels are numbers, and not infinite. Those that are not numbers become black in files.
func (m *Image) Finite() bool {
	for _, v := range m.Pix {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// toByte returns v·255, rounded and clamped; a NaN is 0.
func toByte(v float32) byte {
	if !(v > 0) {
		return 0
	}
	return byte(min(v, 1)*255 + 0.5)
}

// SavePNG writes the image to a PNG file with 8 bits a channel, and with these texts.
func (m *Image) SavePNG(path string, texts ...raster.Text) error {
	if m.Width < 1 || m.Height < 1 {
		return fmt.Errorf("render: save %s: image is %d×%d pixels, want at least 1×1", path, m.Width, m.Height)
	}
	return writeFile(path, func(w io.Writer) error { return raster.EncodeTexts(w, m.ToNRGBA(), texts...) })
}

// writeFile is lfn.WriteFile with an error that says who speaks.
func writeFile(path string, write func(io.Writer) error) error {
	if err := lfn.WriteFile(path, write); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	return nil
}
