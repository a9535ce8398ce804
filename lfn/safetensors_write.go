package lfn

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
)

// part is a tensor on its way into a file: floats as F32 or F16, or ints as I32.
type part struct {
	name, dtype string
	shape       []int
	floats      []float32
	ints        []int32
}

func (p *part) size() int64 { return dtypeSizes[p.dtype] * int64(len(p.floats)+len(p.ints)) }

// writeSafetensors writes a file. The bytes depend on nothing but the arguments: tensors of wide dtypes come
// first, so that each is aligned to its values, otherwise in the order given. Spaces after the header align
// the data to 8 bytes.
func writeSafetensors(w io.Writer, metadata map[string]string, parts []part) error {
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b part) int { return int(dtypeSizes[b.dtype] - dtypeSizes[a.dtype]) })
	header, err := marshalHeader(metadata, parts)
	if err != nil {
		return err
	}
	if len(header) > maxHeaderSize {
		return fmt.Errorf("header has %d bytes, want at most %d: too many cameras", len(header), maxHeaderSize)
	}
	buf := make([]byte, 0, ioChunk)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(len(header)))
	if _, err := w.Write(buf); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for i := range parts {
		if err := writeValues(w, &parts[i], buf); err != nil {
			return err
		}
	}
	return nil
}

// marshalHeader returns the JSON header, padded.
func marshalHeader(metadata map[string]string, parts []part) ([]byte, error) {
	var h bytes.Buffer
	e := json.NewEncoder(&h)
	e.SetEscapeHTML(false)
	h.WriteByte('{')
	field := func(key string, value any) error {
		if h.Len() > 1 {
			h.WriteByte(',')
		}
		if err := e.Encode(key); err != nil {
			return err
		}
		h.Truncate(h.Len() - 1) // Encode ends its line
		h.WriteByte(':')
		err := e.Encode(value)
		h.Truncate(h.Len() - 1)
		return err
	}
	if err := field(metadataKey, metadata); err != nil {
		return nil, err
	}
	at := int64(0)
	for i := range parts {
		p := &parts[i]
		err := field(p.name, struct {
			DType   string   `json:"dtype"`
			Shape   []int    `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}{p.dtype, p.shape, [2]int64{at, at + p.size()}})
		if err != nil {
			return nil, err
		}
		at += p.size()
	}
	h.WriteByte('}')
	for h.Len()%lenSize != 0 {
		h.WriteByte(' ')
	}
	return h.Bytes(), nil
}

// writeValues writes the values of p by way of buf.
func writeValues(w io.Writer, p *part, buf []byte) error {
	buf = buf[:0]
	room := func() error {
		if len(buf)+lenSize <= cap(buf) {
			return nil
		}
		_, err := w.Write(buf)
		buf = buf[:0]
		return err
	}
	for _, x := range p.floats {
		if err := room(); err != nil {
			return err
		}
		if p.dtype == "F16" {
			buf = binary.LittleEndian.AppendUint16(buf, Float16Bits(x))
		} else {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(x))
		}
	}
	for _, x := range p.ints {
		if err := room(); err != nil {
			return err
		}
		buf = binary.LittleEndian.AppendUint32(buf, uint32(x))
	}
	_, err := w.Write(buf)
	return err
}
