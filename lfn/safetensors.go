package lfn

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// A FormatError says what is wrong with the bytes of a model file.
type FormatError struct {
	Offset int64  // byte of the file at which the wrong part begins
	Msg    string // what it is and what it should be
}

func (e *FormatError) Error() string { return e.Msg }

// formatErrorf makes a FormatError about the part of the file at off.
func formatErrorf(off int64, format string, args ...any) error {
	return &FormatError{off, fmt.Sprintf(format, args...)}
}

// The safetensors format (https://huggingface.co/docs/safetensors): the length of a header (8 bytes, little
// endian), the header (JSON: for each tensor its dtype, shape and place in what follows, and a map of
// strings under __metadata__), and the tensors, row-major, little endian, without holes.
const (
	lenSize       = 8
	metadataKey   = "__metadata__"
	maxHeaderSize = 100_000_000 // the limit of the format's own implementation
	maxRank       = 8
)

// dtypeSizes has the bytes of one value of each dtype that a file may hold.
var dtypeSizes = map[string]int64{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1,
	"U16": 2, "I16": 2, "F16": 2, "BF16": 2,
	"U32": 4, "I32": 4, "F32": 4,
	"U64": 8, "I64": 8, "F64": 8,
}

// stored is a tensor in a file: its place is [begin, end) from the start of the file.
type stored struct {
	name, dtype string
	shape       []int64
	begin, end  int64
}

// safetensors is an open file whose header has been checked: the tensors fill the file to its end,
// one after the other, each as long as its shape says.
type safetensors struct {
	r        io.ReaderAt
	tensors  []stored // in the order of the file
	metadata map[string]string
	buf      []byte
}

// openSafetensors reads and checks the header of a file of size bytes. It allocates at most a small multiple
// of the header, which is not longer than the file.
func openSafetensors(r io.ReaderAt, size int64) (*safetensors, error) {
	if size < lenSize {
		return nil, formatErrorf(0, "has %d bytes, want at least the %d of a header's length", size, lenSize)
	}
	s := &safetensors{r: r, metadata: map[string]string{}}
	var length [lenSize]byte
	if err := s.readAt(length[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > uint64(size-lenSize) || n > maxHeaderSize {
		return nil, formatErrorf(0, "is cut off or not a model file: header length is %d, want at most %d", n, min(size-lenSize, maxHeaderSize))
	}
	header := make([]byte, n)
	if err := s.readAt(header, lenSize); err != nil {
		return nil, err
	}
	entries, err := parseObject(header)
	if err != nil {
		return nil, formatErrorf(lenSize, "is not a model file: header: %v", err)
	}
	if m, ok := entries[metadataKey]; ok {
		if err := s.parseMetadata(m); err != nil {
			return nil, formatErrorf(lenSize, "%s: %v", metadataKey, err)
		}
		delete(entries, metadataKey)
	}
	data := lenSize + int64(n)
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		t, err := parseEntry(entries[name], size-data)
		if err != nil {
			return nil, formatErrorf(lenSize, "%s: %v", name, err)
		}
		t.name = name
		t.begin += data
		t.end += data
		s.tensors = append(s.tensors, t)
	}
	slices.SortFunc(s.tensors, func(a, b stored) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.name, b.name))
	})
	at := data
	for _, t := range s.tensors {
		if t.begin != at {
			return nil, formatErrorf(t.begin, "%s: begins at byte %d of the data, want %d, the end of the tensor before", t.name, t.begin-data, at-data)
		}
		at = t.end
	}
	if at != size {
		return nil, formatErrorf(at, "has %d bytes, want %d", size, at)
	}
	return s, nil
}

// parseMetadata reads the map of strings under __metadata__.
func (s *safetensors) parseMetadata(raw json.RawMessage) error {
	entries, err := parseObject(raw)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		var text *string
		if err := json.Unmarshal(entries[key], &text); err != nil || text == nil {
			return fmt.Errorf("%s: want a string", key)
		}
		s.metadata[key] = *text
	}
	return nil
}

// parseEntry reads one tensor's entry of the header. Its place is relative to the data, which has size bytes;
// it is checked against the size and the shape.
func parseEntry(raw json.RawMessage, size int64) (stored, error) {
	entries, err := parseObject(raw)
	if err != nil {
		return stored{}, err
	}
	var t stored
	var offsets []int64
	for _, f := range []struct {
		key   string
		value any
	}{{"dtype", &t.dtype}, {"shape", &t.shape}, {"data_offsets", &offsets}} {
		if v := entries[f.key]; v == nil || string(v) == "null" {
			return t, fmt.Errorf("%s is missing", f.key)
		} else if err := json.Unmarshal(v, f.value); err != nil {
			return t, fmt.Errorf("%s: %w", f.key, err)
		}
	}
	if len(entries) != 3 {
		return t, fmt.Errorf("has %d keys, want dtype, shape and data_offsets", len(entries))
	}
	width, ok := dtypeSizes[t.dtype]
	if !ok {
		return t, fmt.Errorf("dtype %q is not known, want F32 or F16", t.dtype)
	}
	if len(offsets) != 2 || offsets[0] < 0 || offsets[1] < offsets[0] {
		return t, fmt.Errorf("data_offsets are %v, want two ascending numbers from 0 to %d", offsets, size)
	}
	if offsets[1] > size {
		return t, fmt.Errorf("data_offsets are %v, and the file has %d bytes of data: it is cut off", offsets, size)
	}
	if len(t.shape) > maxRank {
		return t, fmt.Errorf("shape has %d numbers, want at most %d", len(t.shape), maxRank)
	}
	t.begin, t.end = offsets[0], offsets[1]
	want := width
	for _, d := range t.shape {
		if d < 0 || d > 0 && want > math.MaxInt64/d {
			return t, fmt.Errorf("shape %v has a size that is negative or too large", t.shape)
		}
		want *= d
	}
	if t.end-t.begin != want {
		return t, fmt.Errorf("has %d bytes, want %d for shape %v of %s", t.end-t.begin, want, t.shape, t.dtype)
	}
	return t, nil
}

// parseObject reads a JSON object, and nothing but white space after it, without going into its values.
// Unlike json.Unmarshal it refuses a key that comes twice.
func parseObject(data []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	open, err := d.Token()
	if err == nil && open != json.Delim('{') {
		return nil, errors.New("want a JSON object")
	}
	m := map[string]json.RawMessage{}
	for err == nil && d.More() {
		var key json.Token
		if key, err = d.Token(); err != nil {
			break
		}
		name := key.(string) // in an object the decoder takes no other key
		if _, ok := m[name]; ok {
			return nil, fmt.Errorf("the key %q comes twice", name)
		}
		var value json.RawMessage
		if err = d.Decode(&value); err == nil {
			m[name] = value
		}
	}
	if err == nil {
		_, err = d.Token()
	}
	if err == nil {
		if _, end := d.Token(); end != io.EOF {
			return nil, fmt.Errorf("has something after the JSON object, at its byte %d", d.InputOffset())
		}
		return m, nil
	}
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("JSON is cut off")
	}
	return nil, fmt.Errorf("JSON at its byte %d: %w", d.InputOffset(), err)
}

// find returns the tensor of that name, or nil.
func (s *safetensors) find(name string) *stored {
	for i := range s.tensors {
		if s.tensors[i].name == name {
			return &s.tensors[i]
		}
	}
	return nil
}

// ioChunk is how many bytes of a tensor are read or written at once, a multiple of every dtype's size.
const ioChunk = 1 << 16

// floats reads len(dst) values of t, from value number first on, as float32, and refuses those that are
// not finite. It wants t to be F32, F16 or BF16.
func (s *safetensors) floats(dst []float32, t *stored, first int64) error {
	return s.values(t, first, int64(len(dst)), func(i int, b []byte) error {
		var x float32
		switch t.dtype {
		case "F32":
			x = math.Float32frombits(binary.LittleEndian.Uint32(b))
		case "F16":
			x = FromFloat16Bits(binary.LittleEndian.Uint16(b))
		case "BF16":
			x = fromBFloat16(binary.LittleEndian.Uint16(b))
		}
		if x-x != 0 {
			at := first + int64(i)
			return formatErrorf(t.begin+at*dtypeSizes[t.dtype], "%s: value %d is %v, want a finite number", t.name, at, x)
		}
		dst[i] = x
		return nil
	})
}

// floatTypes are the dtypes that floats can read.
var floatTypes = []string{"F32", "F16", "BF16"}

// int32s reads all of t, which must be I32 and as long as dst.
func (s *safetensors) int32s(dst []int32, t *stored) error {
	return s.values(t, 0, int64(len(dst)), func(i int, b []byte) error {
		dst[i] = int32(binary.LittleEndian.Uint32(b))
		return nil
	})
}

// values calls f with the number, from 0, and the bytes of each of the n values of t from first on.
func (s *safetensors) values(t *stored, first, n int64, f func(i int, b []byte) error) error {
	if s.buf == nil {
		s.buf = make([]byte, ioChunk)
	}
	width := dtypeSizes[t.dtype]
	at, end := t.begin+first*width, t.begin+(first+n)*width
	for i := 0; at < end; {
		b := s.buf[:min(ioChunk, end-at)]
		if err := s.readAt(b, at); err != nil {
			return err
		}
		at += int64(len(b))
		for ; len(b) > 0; i++ {
			if err := f(i, b[:width]); err != nil {
				return err
			}
			b = b[width:]
		}
	}
	return nil
}

// readAt fills b from byte off of the file.
func (s *safetensors) readAt(b []byte, off int64) error {
	_, err := io.ReadFull(io.NewSectionReader(s.r, off, int64(len(b))), b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return formatErrorf(off, "is cut off: want %d bytes at byte %d", len(b), off)
	}
	return err
}
