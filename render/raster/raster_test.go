package raster

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func encoded(t *testing.T, m *Map, ending string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Encode(&b, ending); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ramp has another number in each place.
func ramp(w, h, channels int) *Map {
	m := &Map{w, h, channels, make([]float32, w*h*channels)}
	for i := range m.Pix {
		m.Pix[i] = float32(i) - 2.5
	}
	return m
}

func TestRoundTrip(t *testing.T) {
	for _, ending := range []string{NPY, PFM} {
		for _, m := range []*Map{ramp(1, 1, 1), ramp(3, 2, 1), ramp(2, 5, 3), ramp(70, 33, 1)} {
			got, err := Decode(encoded(t, m, ending), ending)
			if err != nil || !reflect.DeepEqual(got, m) {
				t.Errorf("%s of %d×%d with %d channels: %v", ending, m.Width, m.Height, m.Channels, err)
			}
		}
	}
}

// TestGolden has the bytes of small files: what other programs read.
func TestGolden(t *testing.T) {
	m := &Map{2, 2, 1, []float32{1, 2, 3, 4}}
	numbers := func(x ...float32) string {
		b, _ := binary.Append(nil, binary.LittleEndian, x)
		return string(b)
	}
	header := "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"
	npy := "\x93NUMPY\x01\x00\x76\x00" + header + strings.Repeat(" ", 117-len(header)) + "\n" + numbers(1, 2, 3, 4)
	if got := string(encoded(t, m, NPY)); got != npy {
		t.Errorf(".npy is\n%q, want\n%q", got, npy)
	}
	if got, want := string(encoded(t, m, PFM)), "Pf\n2 2\n-1.0\n"+numbers(3, 4, 1, 2); got != want { // from the bottom up
		t.Errorf(".pfm is\n%q, want\n%q", got, want)
	}
}

func TestOthersFiles(t *testing.T) {
	if inf, err := Decode([]byte("Pf 1 1 -1\n\x00\x00\x80\x7f"), PFM); err != nil || !math.IsInf(float64(inf.Pix[0]), 1) {
		t.Errorf("infinity is %v, %v", inf, err)
	}
	big, _ := binary.Append([]byte("PF 1 2 1.5\n"), binary.BigEndian, []float32{4, 5, 6, 1, 2, 3})
	got, err := Decode(big, PFM)
	if want := (&Map{1, 2, 3, []float32{1, 2, 3, 4, 5, 6}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("big-endian .pfm is %v, %v, want %v", got, err, want)
	}
	npy := func(descr, fortran, shape string, x any) []byte {
		header := "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n"
		b := append([]byte("\x93NUMPY\x02\x00"), binary.LittleEndian.AppendUint32(nil, uint32(len(header)))...)
		b, _ = binary.Append(append(b, header...), binary.LittleEndian, x)
		return b
	}
	x, shape, err := DecodeNPY(npy("<f8", "True", "(2L, 3L)", []float64{1, 4, 2, 5, 3, 6}))
	if err != nil || !slices.Equal(x, []float64{1, 2, 3, 4, 5, 6}) || !slices.Equal(shape, []int{2, 3}) {
		t.Errorf("columns first: %v %v, %v", x, shape, err)
	}
	x, shape, err = DecodeNPY(npy("<f4", "True", "(2, 2, 2)", []float32{0, 4, 2, 6, 1, 5, 3, 7}))
	if err != nil || !slices.Equal(x, []float64{0, 1, 2, 3, 4, 5, 6, 7}) || !slices.Equal(shape, []int{2, 2, 2}) {
		t.Errorf("three dimensions: %v %v, %v", x, shape, err)
	}
	if _, shape, err = DecodeNPY(npy("<f4", "False", "(2,)", []float32{1, 2})); err != nil || !slices.Equal(shape, []int{2}) {
		t.Errorf("one dimension: %v, %v", shape, err)
	}
}

func TestNotFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		m := ramp(3, 2, 1)
		m.Pix[4] = float32(bad)
		var b bytes.Buffer
		for _, err := range []error{m.Encode(&b, NPY), m.Encode(&b, PFM), m.EncodePNG(&b, Code{0, 1})} {
			if err == nil || !strings.Contains(err.Error(), "pixel (1, 1)") || b.Len() > 0 {
				t.Errorf("%v: error is %v, %d bytes written", bad, err, b.Len())
			}
		}
	}
}

func TestPNG(t *testing.T) {
	m := &Map{3, 2, 1, []float32{0, 0.5, 1, 2, -1, 1e9}}
	var b bytes.Buffer
	if err := m.EncodePNG(&b, Code{0, 1e-3}, Text{"Title", "Depth"}, Text{"Scale", "0.001 ± 0"}); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, b.Bytes()); !slices.Equal(got, []Text{{"Title", "Depth"}, {"Scale", "0.001 \xb1 0"}}) {
		t.Errorf("texts are %q", got)
	}
	read, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	grey, ok := read.(*image.Gray16)
	if !ok {
		t.Fatalf("is a %T, want *image.Gray16", read)
	}
	for i, want := range []uint16{0, 500, 1000, 2000, 0, 65535} {
		if got := grey.Gray16At(i%3, i/3).Y; got != want {
			t.Errorf("pixel %d is %d, want %d", i, got, want)
		}
	}

	b.Reset()
	if err := (&Map{1, 1, 3, []float32{-1, 0, 1}}).EncodePNG(&b, Code{-1, 2. / 65535}); err != nil {
		t.Fatal(err)
	}
	if read, err = png.Decode(&b); err != nil {
		t.Fatal(err)
	}
	if r, g, bl, _ := read.At(0, 0).RGBA(); r != 0 || g != 32768 || bl != 65535 {
		t.Errorf("colour is %d %d %d, want 0 32768 65535", r, g, bl)
	}
	if _, alpha := read.(*image.NRGBA64); alpha {
		t.Error("the file has alpha")
	}
	for _, bad := range []Text{{"", "x"}, {strings.Repeat("k", 80), "x"}, {"k", "π"}, {"k", "\x00"}} {
		if err := m.EncodePNG(&b, Code{0, 1}, bad); err == nil {
			t.Errorf("text %q: no error", bad)
		}
	}
}

// texts are the text chunks of a PNG, the sums of which are checked.
func texts(t *testing.T, data []byte) (all []Text) {
	t.Helper()
	for data = data[8:]; len(data) > 0; {
		n := int(binary.BigEndian.Uint32(data))
		body := data[4 : 8+n]
		if binary.BigEndian.Uint32(data[8+n:]) != crc32.ChecksumIEEE(body) {
			t.Errorf("chunk %q has a wrong sum", body[:4])
		}
		if string(body[:4]) == "tEXt" {
			key, value, _ := strings.Cut(string(body[4:]), "\x00")
			all = append(all, Text{key, value})
		}
		data = data[12+n:]
	}
	return all
}

func TestBadFiles(t *testing.T) {
	good := ramp(3, 2, 1)
	npy, pfm := encoded(t, good, NPY), encoded(t, good, PFM)
	for _, tt := range []struct {
		name, ending string
		data         []byte
		want         string
	}{
		{"empty", PFM, nil, "does not begin"},
		{"colours", PFM, []byte("P6 1 1 255\nabc"), "begins with"},
		{"cut off", PFM, pfm[:len(pfm)-1], "23 bytes of numbers"},
		{"too long", PFM, append(slices.Clone(pfm), 0), "25 bytes of numbers"},
		{"lies", PFM, []byte("Pf 9223372036854775807 2 -1\nabcdefgh"), "want 7"},
		{"negative", PFM, []byte("Pf -1 -1 -1\nabcd"), "-1×-1"},
		{"scale 0", PFM, []byte("Pf 1 1 0\nabcd"), "begins with"},
		{"no array", NPY, pfm, "does not begin"},
		{"array cut off", NPY, npy[:len(npy)-1], "23 bytes of numbers"},
		{"picture", PNG, nil, "want .npy or .pfm"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Decode(tt.data, tt.ending); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, m := range []*Map{ramp(3, 2, 1), ramp(2, 2, 3)} {
		for _, ending := range []string{NPY, PFM} {
			var b bytes.Buffer
			if err := m.Encode(&b, ending); err != nil {
				f.Fatal(err)
			}
			f.Add(b.Bytes())
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, ending := range []string{NPY, PFM} {
			m, err := Decode(data, ending)
			if err != nil || m.check() != nil { // of numbers that are not finite
				continue
			}
			if again, err := Decode(encoded(t, m, ending), ending); err != nil || !reflect.DeepEqual(again, m) {
				t.Errorf("%s does not survive: %v", ending, err)
			}
		}
	})
}
