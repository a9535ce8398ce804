package lfn

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	reference "github.com/nlpodyssey/safetensors"
)

// loadTensors reads all tensors of a safetensors file, which must be floats, by name.
func loadTensors(t testing.TB, path string) map[string]Tensor {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := openSafetensors(f, info.Size())
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	tensors := map[string]Tensor{}
	for i := range file.tensors {
		s := &file.tensors[i]
		if !slices.Contains(floatTypes, s.dtype) {
			t.Fatalf("%s: %s has dtype %s", path, s.name, s.dtype)
		}
		x := Tensor{Name: s.name, Data: make([]float32, (s.end-s.begin)/dtypeSizes[s.dtype])}
		for _, d := range s.shape {
			x.Shape = append(x.Shape, int(d))
		}
		if err := file.floats(x.Data, s, 0); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		tensors[s.name] = x
	}
	return tensors
}

func TestLoadParity(t *testing.T) {
	for _, tt := range []struct {
		name, last string
	}{
		{"small_relu", "init.phi.net.7.weight"},
		{"small_siren", "init.phi.net.9.weight"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tensors := loadTensors(t, "testdata/"+tt.name+".safetensors")
			for name, shape := range map[string][]int{tt.last: {3, 32}, "coords": {128, 6}, "output": {128, 3}, "losses": {10}} {
				if got := tensors[name].Shape; !slices.Equal(got, shape) {
					t.Errorf("%s has shape %v, want %v", name, got, shape)
				}
			}
			for i := range 128 {
				d := tensors["coords"].Data[6*i:]
				if l := math.Hypot(math.Hypot(float64(d[0]), float64(d[1])), float64(d[2])); math.Abs(l-1) > 1e-5 {
					t.Errorf("ray %d has a direction of length %v, want 1", i, l)
				}
			}
		})
	}
}

// fileOf puts a header and n bytes of data together.
func fileOf(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	return append(b, make([]byte, n)...)
}

func TestSafetensorsRefuses(t *testing.T) {
	long := func(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }
	for _, tt := range []struct {
		name string
		data []byte
		want string // "" for a sound file
	}{
		{"sound", fileOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[],"data_offsets":[8,10]}}`, 10), ""},
		{"padded", fileOf(`{"a":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]}}    `, 0), ""},
		{"no bytes", nil, "has 0 bytes, want at least the 8"},
		{"short", []byte("{}"), "has 2 bytes, want at least the 8"},
		{"PNG", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "header length is 727905341920923785, want at most 8"},
		{"JSON", []byte(`{"version": 1, "network": {}}`), "is cut off or not a model file"},
		{"zip", append([]byte("PK\x03\x04\x00\x00\x00\x00"), make([]byte, 100)...), "is cut off or not a model file"},
		{"huge header", append(long(1<<40), make([]byte, 100)...), "header length is 1099511627776, want at most 100"},
		{"negative header", append(long(1<<64-1), make([]byte, 100)...), "header length is 18446744073709551615"},
		{"zeros", make([]byte, 100), "JSON is cut off"},
		{"array", fileOf(`[1,2]`, 0), "want a JSON object"},
		{"number", fileOf(`12`, 0), "want a JSON object"},
		{"cut JSON", fileOf(`{"a":{"dtype":"F32","shape":[2],`, 0), "JSON is cut off"},
		{"cut object", fileOf(`{"a":{}`, 0), "JSON is cut off"},
		{"bad JSON", fileOf(`{"a" 1}`, 0), "header: JSON at its byte 5: expected colon"},
		{"trailing comma", fileOf(`{"a":1,}`, 0), "header: JSON at its byte 7: invalid character"},
		{"NaN", fileOf(`{"a":NaN}`, 0), "header: JSON at its byte"},
		{"two objects", fileOf(`{}{}`, 0), "has something after the JSON object"},
		{"tensor twice", fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `the key "a" comes twice`},
		{"shape twice", fileOf(`{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}`, 4), `a: the key "shape" comes twice`},
		{"metadata twice", fileOf(`{"__metadata__":{"k":"1","k":"2"}}`, 0), `__metadata__: the key "k" comes twice`},
		{"metadata not strings", fileOf(`{"__metadata__":{"k":1}}`, 0), "__metadata__: k: want a string"},
		{"metadata null", fileOf(`{"__metadata__":{"k":null}}`, 0), "__metadata__: k: want a string"},
		{"no shape", fileOf(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4), "a: shape is missing"},
		{"null shape", fileOf(`{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}`, 4), "a: shape is missing"},
		{"more keys", fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}`, 4), "a: has 4 keys, want dtype, shape and data_offsets"},
		{"not an object", fileOf(`{"a":[0,4]}`, 4), "a: want a JSON object"},
		{"dtype", fileOf(`{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}`, 8), `a: dtype "C64" is not known`},
		{"fraction", fileOf(`{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, 4), "a: shape: "},
		{"negative size", fileOf(`{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, 4), "a: shape [-1 -1] has a size that is negative"},
		{"overflow", fileOf(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "too large"},
		{"overflow to fit", fileOf(`{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}`, 4), "too large"},
		{"rank", fileOf(`{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}`, 4), "a: shape has 9 numbers, want at most 8"},
		{"wrong length", fileOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), "a: has 4 bytes, want 8 for shape [2] of F32"},
		{"negative offset", fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`, 4), "a: data_offsets are [-4 0], want two ascending numbers from 0 to 4"},
		{"descending", fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4), "data_offsets are [4 0]"},
		{"three offsets", fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}`, 8), "data_offsets are [0 4 8]"},
		{"past the end", fileOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4), "data_offsets are [0 8], and the file has 4 bytes of data: it is cut off"},
		{"overlap", fileOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12), "b: begins at byte 4 of the data, want 8"},
		{"hole", fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12), "b: begins at byte 8 of the data, want 4"},
		{"hole at the start", fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "a: begins at byte 4 of the data, want 0"},
		{"too long", fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 5), "has 67 bytes, want 66"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := openSafetensors(bytes.NewReader(tt.data), int64(len(tt.data)))
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("openSafetensors = %v, want %q", err, tt.want)
			}
			if _, ok := errors.AsType[*FormatError](err); !ok {
				t.Errorf("openSafetensors answers a %T, want a *FormatError", err)
			}
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%q is more than a line", err)
			}
		})
	}
}

// TestSafetensorsReference reads what we write with another program's reader.
func TestSafetensorsReference(t *testing.T) {
	many := make([]float32, 3*ioChunk) // longer than the buffer
	for i := range many {
		many[i] = float32(i) / 64
	}
	parts := []part{
		{"half", "F16", []int{3}, []float32{1, -0.5, 0x1p-24}, nil},
		{"many", "F32", []int{3, ioChunk}, many, nil},
		{"index", "I32", []int{2, 1}, nil, []int32{-1, 7}},
		{"none", "F32", []int{0, 4}, nil, nil},
		{"one", "F32", []int{}, []float32{math.MaxFloat32}, nil},
	}
	metadata := map[string]string{"lfn": `{"a": "<>&\u00e9é"}`, "other": "x"}
	var b bytes.Buffer
	if err := writeSafetensors(&b, metadata, parts); err != nil {
		t.Fatal(err)
	}
	if n := binary.LittleEndian.Uint64(b.Bytes()); n%8 != 0 {
		t.Errorf("header has %d bytes, want a multiple of 8", n)
	}
	st, err := reference.Deserialize(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	_, meta, err := reference.ReadMetadata(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range metadata {
		if got := meta.Metadata()[key]; got != want {
			t.Errorf("metadata %s = %q, want %q", key, got, want)
		}
	}
	if st.Len() != len(parts) {
		t.Errorf("has %d tensors, want %d", st.Len(), len(parts))
	}
	for _, p := range parts {
		v, ok := st.Tensor(p.name)
		if !ok {
			t.Errorf("has no %s", p.name)
			continue
		}
		if v.DType().String() != p.dtype || len(v.Shape()) != len(p.shape) {
			t.Errorf("%s is %v of %v, want %v of %s", p.name, v.Shape(), v.DType(), p.shape, p.dtype)
		}
		for i, x := range p.floats {
			var got float32
			if p.dtype == "F16" {
				got = FromFloat16Bits(binary.LittleEndian.Uint16(v.Data()[2*i:]))
			} else {
				got = math.Float32frombits(binary.LittleEndian.Uint32(v.Data()[4*i:]))
			}
			if got != x {
				t.Fatalf("%s[%d] = %v, want %v", p.name, i, got, x)
			}
		}
		for i, x := range p.ints {
			if got := int32(binary.LittleEndian.Uint32(v.Data()[4*i:])); got != x {
				t.Errorf("%s[%d] = %v, want %v", p.name, i, got, x)
			}
		}
	}

	ours, err := openSafetensors(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 2*ioChunk+5)
	if err := ours.floats(got, ours.find("many"), 3); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, many[3:3+len(got)]) {
		t.Error("floats from the third on are not those that were written")
	}
}

// TestSafetensorsShrinks cuts the file off behind the reader's back.
func TestSafetensorsShrinks(t *testing.T) {
	b := fileOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8)
	s, err := openSafetensors(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	s.r = bytes.NewReader(b[:len(b)-1])
	err = s.floats(make([]float32, 2), s.find("a"), 0)
	if _, ok := errors.AsType[*FormatError](err); !ok || !strings.Contains(err.Error(), "is cut off") {
		t.Errorf("floats of a shorter file: %v, want that it is cut off", err)
	}
	s.r = brokenReader{}
	if err := s.floats(make([]float32, 2), s.find("a"), 0); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("floats of a broken disk: %v, want its error", err)
	}
}

type brokenReader struct{}

func (brokenReader) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

func TestBFloat16(t *testing.T) {
	b := fileOf(`{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`, 0)
	b = append(b, 0x80, 0x3f, 0x20, 0xc0) // the upper halves of 1 and −2.5
	s, err := openSafetensors(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 2)
	if err := s.floats(got, s.find("a"), 0); err != nil || got[0] != 1 || got[1] != -2.5 {
		t.Errorf("bfloat16 = %v, %v, want [1 -2.5]", got, err)
	}
}
