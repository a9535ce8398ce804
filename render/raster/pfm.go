package raster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// encodePFM writes a portable float map: https://www.pauldebevec.com/Research/HDR/PFM/
func (m *Map) encodePFM(w io.Writer) error {
	kind := "Pf"
	if m.Channels == 3 {
		kind = "PF"
	}
	// The last number is negative where the bytes of a number begin with the lowest.
	if _, err := fmt.Fprintf(w, "%s\n%d %d\n-1.0\n", kind, m.Width, m.Height); err != nil {
		return err
	}
	row := m.Width * m.Channels
	for y := m.Height - 1; y >= 0; y-- {
		if err := binary.Write(w, binary.LittleEndian, m.Pix[y*row:][:row]); err != nil {
			return err
		}
	}
	return nil
}

func decodePFM(data []byte) (*Map, error) {
	var words [4]string // kind, width, height, scale: white space between them, and one after the last
	rest := data
	for i := range words {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		n := bytes.IndexAny(rest, " \t\r\n")
		if n < 1 || n > 32 {
			return nil, errors.New("does not begin as a .pfm file does: Pf or PF, width, height and scale")
		}
		words[i], rest = string(rest[:n]), rest[n:]
	}
	rest = rest[1:]
	channels := map[string]int{"Pf": 1, "PF": 3}[words[0]]
	w, err1 := strconv.Atoi(words[1])
	h, err2 := strconv.Atoi(words[2])
	scale, err3 := strconv.ParseFloat(words[3], 64)
	if channels == 0 || err1 != nil || err2 != nil || err3 != nil || scale == 0 {
		return nil, fmt.Errorf("begins with %.40q, want Pf or PF, width, height and scale", words)
	}
	count := len(rest) / 4
	if w < 1 || h < 1 || w > count || h > count || w*channels > count/h || 4*w*h*channels != len(rest) {
		return nil, fmt.Errorf("is %d×%d with %d channels, and %d bytes of numbers are there, want %.0f: copy it again",
			w, h, channels, len(rest), 4*float64(w)*float64(h)*float64(channels))
	}
	var order binary.ByteOrder = binary.LittleEndian
	if scale > 0 {
		order = binary.BigEndian
	}
	m := &Map{w, h, channels, make([]float32, count)}
	row := w * channels
	for i := range m.Pix {
		y, x := i/row, i%row
		m.Pix[(h-1-y)*row+x] = math.Float32frombits(order.Uint32(rest[4*i:]))
	}
	return m, nil
}
