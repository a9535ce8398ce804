package raster

import (
	"fmt"
	"io"
)

// A Map is Channels numbers for each of Width×Height pixels, row-major, row 0 the top, in float32.
type Map struct {
	Width, Height, Channels int // channels are 1 or 3
	Pix                     []float32
}

// The endings of files that hold maps.
const (
	NPY = ".npy"
	PFM = ".pfm"
	PNG = ".png" // 16-bit, see [Map.EncodePNG]
)

// Encode writes the map in the form that ending, NPY or PFM, stands for. A number that is not finite is an error.
func (m *Map) Encode(w io.Writer, ending string) error {
	if err := m.check(); err != nil {
		return err
	}
	switch ending {
	case NPY:
		shape := []int{m.Height, m.Width}
		if m.Channels > 1 {
			shape = append(shape, m.Channels)
		}
		return EncodeNPY(w, m.Pix, shape...)
	case PFM:
		return m.encodePFM(w)
	}
	return fmt.Errorf("a map does not become a %s file, want %s or %s", ending, NPY, PFM)
}

// Decode reads what Encode writes, and what others write of the kind, which may hold NaN and infinities.
func Decode(data []byte, ending string) (*Map, error) {
	switch ending {
	case NPY:
		x, shape, err := DecodeNPY(data)
		if err != nil {
			return nil, err
		}
		if len(shape) == 2 {
			shape = append(shape, 1)
		}
		if len(shape) != 3 || shape[2] != 1 && shape[2] != 3 || len(x) == 0 {
			return nil, fmt.Errorf("shape is %v, want height and width, and perhaps 3", shape)
		}
		m := &Map{shape[1], shape[0], shape[2], make([]float32, len(x))}
		for i, v := range x {
			m.Pix[i] = float32(v)
		}
		return m, nil
	case PFM:
		return decodePFM(data)
	}
	return nil, fmt.Errorf("is a %q file, want %s or %s", ending, NPY, PFM)
}

// check says what is wrong with the map.
func (m *Map) check() error {
	if m.Width < 1 || m.Height < 1 || m.Channels != 1 && m.Channels != 3 {
		return fmt.Errorf("map is %d×%d with %d channels, want at least 1×1 with 1 or 3", m.Width, m.Height, m.Channels)
	}
	if want := m.Width * m.Height * m.Channels; len(m.Pix) != want {
		return fmt.Errorf("map of %d×%d with %d channels has %d numbers, want %d", m.Width, m.Height, m.Channels, len(m.Pix), want)
	}
	for i, v := range m.Pix {
		if v-v != 0 { // NaN or infinite
			x, y := i/m.Channels%m.Width, i/m.Channels/m.Width
			return fmt.Errorf("pixel (%d, %d) is %v, want a finite number", x, y, float64(v))
		}
	}
	return nil
}
