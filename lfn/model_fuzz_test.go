package lfn

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"testing"

	"lfnview/plucker"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// checkDecode holds the reader to its promises: no panic, memory a small multiple of the file, and what it
// accepts can be written and is then the same model.
func checkDecode(t *testing.T, data []byte) {
	var m *Model
	var err error
	if n := allocated(func() { m, err = decodeBytes(data) }); n > 64*uint64(len(data))+1<<20 {
		t.Fatalf("%d bytes made Decode allocate %d", len(data), n)
	}
	if err != nil {
		if _, ok := errors.AsType[*FormatError](err); !ok {
			t.Errorf("Decode answers %q, which is no *FormatError", err)
		}
		return
	}
	// The first writing rounds grids to float16 and leaves out what is empty; from then on it stays.
	var files [3]bytes.Buffer
	for i := range files {
		if err := m.Encode(&files[i]); err != nil {
			t.Fatalf("writing %d: %v", i, err)
		}
		if m, err = decodeBytes(files[i].Bytes()); err != nil {
			t.Fatalf("reading what writing %d wrote: %v", i, err)
		}
	}
	if !bytes.Equal(files[1].Bytes(), files[2].Bytes()) {
		t.Error("reading and writing a file changes it")
	}
}

// FuzzDecode changes bytes anywhere in a file.
func FuzzDecode(f *testing.F) {
	data, err := os.ReadFile("testdata/blocks.lfn")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	c := Config{Encoding: Encoding{Kind: Coordinates}, Norm: NormNone, Activation: Sine, Omega: 30}
	n, err := New(c, 1)
	if err != nil {
		f.Fatal(err)
	}
	var small bytes.Buffer
	if err := (&Model{Network: n, Scene: plucker.UnitFrame()}).Encode(&small); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	f.Add(sparseFile(f))
	f.Add(fileOf(`{"__metadata__":{"lfn":"{\"version\":1,\"network\":{\"encoding\":{\"kind\":\"grid\",\"points\":1,\"grids\":[512]}}}"}}`, 0))
	f.Fuzz(checkDecode)
}

// sparseFile is that of a network which holds a few texels of a large grid.
func sparseFile(t testing.TB) []byte {
	c := Config{Encoding: Encoding{Kind: Volume, Points: 1, Grids: []int{136}}, Norm: NormNone, Activation: ReLU}
	cells := make([]uint64, 64*64*64/64)
	cells[100], cells[3000] = 1, 1<<40
	n, err := newZeroOf(c, SpansOf(c, cells))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(n.Grids[0]); i += 4 {
		n.Grids[0][i] = float32(i % 7)
	}
	n.FindEmptySpace()
	var file bytes.Buffer
	if err := (&Model{Network: n, Scene: plucker.UnitFrame()}).Encode(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// FuzzHeader changes the header and the data of a file each by itself; the header's length is right.
func FuzzHeader(f *testing.F) {
	header, data := splitFile(f, "testdata/blocks.lfn")
	f.Add(header, data)
	f.Add(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[],"data_offsets":[8,10]}}`, make([]byte, 10))
	f.Fuzz(func(t *testing.T, header string, data []byte) {
		checkDecode(t, append(fileOf(header, 0), data...))
	})
}

// FuzzModelJSON changes the JSON of a model in a file that is sound otherwise.
func FuzzModelJSON(f *testing.F) {
	header, data := splitFile(f, "testdata/blocks.lfn")
	entries, err := parseObject([]byte(header))
	if err != nil {
		f.Fatal(err)
	}
	var metadata map[string]string
	if err := json.Unmarshal(entries[metadataKey], &metadata); err != nil {
		f.Fatal(err)
	}
	f.Add(metadata[modelKey])
	f.Add(`{"version":2}`)
	f.Fuzz(func(t *testing.T, text string) {
		metadata[modelKey] = text
		m, err := json.Marshal(metadata)
		if err != nil {
			t.Fatal(err)
		}
		entries[metadataKey] = m
		header, err := json.Marshal(entries)
		if err != nil {
			t.Fatal(err)
		}
		checkDecode(t, append(fileOf(string(header), 0), data...))
	})
}

// splitFile returns the header and the data of a file.
func splitFile(f *testing.F, path string) (header string, data []byte) {
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	n := lenSize + binary.LittleEndian.Uint64(b)
	return string(b[lenSize:n]), b[n:]
}
