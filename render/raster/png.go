package raster

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"math"
)

// A Code says how numbers become whole numbers from 0 to 65535: what v becomes is (v − Zero)/Scale, rounded. What is beyond
// either end becomes the end.
type Code struct{ Zero, Scale float64 }

// Text is one text chunk of a PNG: a keyword, and what it says, in Latin-1.
type Text struct{ Key, Value string }

const deepest = 1<<16 - 1

// EncodePNG writes the map as a PNG of 16 bits a channel, grey or RGB, and with these texts. A number that is not finite is
// an error.
func (m *Map) EncodePNG(w io.Writer, code Code, texts ...Text) error {
	if err := m.check(); err != nil {
		return err
	}
	if !(code.Scale > 0) {
		return fmt.Errorf("scale is %v, want above 0", code.Scale)
	}
	var picture image.Image
	rect := image.Rect(0, 0, m.Width, m.Height)
	if m.Channels == 1 {
		grey := image.NewGray16(rect)
		for i, v := range m.Pix {
			binary.BigEndian.PutUint16(grey.Pix[2*i:], code.number(v))
		}
		picture = grey
	} else {
		rgb := image.NewNRGBA64(rect) // opaque, so that the file has no alpha
		for i, v := range m.Pix {
			binary.BigEndian.PutUint16(rgb.Pix[2*(i/3*4+i%3):], code.number(v))
		}
		for i := range m.Width * m.Height {
			binary.BigEndian.PutUint16(rgb.Pix[2*(4*i+3):], deepest)
		}
		picture = rgb
	}
	return EncodeTexts(w, picture, texts...)
}

func (c Code) number(v float32) uint16 {
	return uint16(min(max(math.Round((float64(v)-c.Zero)/c.Scale), 0), deepest))
}

// EncodeTexts writes a picture as PNG with text chunks.
func EncodeTexts(w io.Writer, m image.Image, texts ...Text) error {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return err
	}
	// They stand between the header, of a fixed length, and all else: https://www.w3.org/TR/png-3/#11tEXt
	const header = 8 + 4 + 4 + 13 + 4
	out := bytes.Clone(b.Bytes()[:header])
	for _, t := range texts {
		chunk, err := t.chunk()
		if err != nil {
			return err
		}
		out = append(out, chunk...)
	}
	if _, err := w.Write(out); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes()[header:])
	return err
}

// chunk is a tEXt chunk: length, type, data, and the sum of both.
func (t Text) chunk() ([]byte, error) {
	if len(t.Key) < 1 || len(t.Key) > 79 {
		return nil, fmt.Errorf("the keyword of a text has %d characters, want 1 to 79", len(t.Key))
	}
	data := []byte("tEXt")
	for i, part := range []string{t.Key, t.Value} {
		if i > 0 {
			data = append(data, 0)
		}
		for _, r := range part {
			if r < ' ' && r != '\n' || r > 255 {
				return nil, fmt.Errorf("text %s has %q, want characters of Latin-1", t.Key, r)
			}
			data = append(data, byte(r))
		}
	}
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)-4))
	chunk = append(chunk, data...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(data)), nil
}
