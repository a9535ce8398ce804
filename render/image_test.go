package render

import (
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFromRGBA(t *testing.T) {
	m := FromRGBA([]byte{255, 0, 51, 255, 255, 0, 51, 0, 255, 0, 51, 102}, 3, 1, [3]float32{0, 1, 0.5})
	want := []float32{1, 0, 0.2, 0, 1, 0.5, 0.4, 0.6, 0.2*0.4 + 0.5*0.6}
	for i, w := range want {
		if math.Abs(float64(m.Pix[i]-w)) > 1e-6 {
			t.Errorf("Pix[%d] = %v, want %v", i, m.Pix[i], w)
		}
	}
}

func TestToNRGBA(t *testing.T) {
	nan := float32(math.NaN())
	inf := float32(math.Inf(1))
	m := &Image{2, 1, []float32{-1, 0.5, 2, nan, inf, -inf}}
	want := []uint8{0, 128, 255, 255, 0, 255, 0, 255}
	for i, v := range m.ToNRGBA().Pix {
		if v != want[i] {
			t.Errorf("Pix[%d] = %d, want %d", i, v, want[i])
		}
	}
}

func TestEightBitsSurvive(t *testing.T) {
	pix := make([]byte, 4*256)
	for i := range 256 {
		pix[4*i], pix[4*i+1], pix[4*i+2], pix[4*i+3] = byte(i), byte(255-i), byte(i/2), 255
	}
	got := FromRGBA(pix, 16, 16, [3]float32{}).ToNRGBA()
	for i, v := range got.Pix {
		if v != pix[i] {
			t.Fatalf("byte %d comes back as %d, want %d", i, v, pix[i])
		}
	}
}

func TestResizeKeepsMemory(t *testing.T) {
	m := NewImage(20, 10)
	p := &m.Pix[0]
	m.Resize(5, 6)
	if len(m.Pix) != 90 || &m.Pix[0] != p {
		t.Errorf("Resize to 5×6 has %d values in other memory, want 90 in the same", len(m.Pix))
	}
}

func TestSavePNG(t *testing.T) {
	dir := t.TempDir()
	m := noise(newRand(), 7, 5)
	path := filepath.Join(dir, "a.png")
	for range 2 { // the second replaces the first
		if err := m.SavePNG(path); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	want := m.ToNRGBA()
	for y := range 5 {
		for x := range 7 {
			r, g, b, _ := got.At(x, y).RGBA()
			if w := want.NRGBAAt(x, y); uint8(r>>8) != w.R || uint8(g>>8) != w.G || uint8(b>>8) != w.B {
				t.Fatalf("pixel (%d, %d) is %v, want %v", x, y, got.At(x, y), w)
			}
		}
	}
	for name, bad := range map[string]struct {
		m    *Image
		path string
	}{
		"no folder": {m, filepath.Join(dir, "none", "a.png")},
		"a folder":  {m, dir},
		"empty":     {new(Image), filepath.Join(dir, "b.png")},
	} {
		if err := bad.m.SavePNG(bad.path); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: SavePNG = %v, want an error of one line", name, err)
		}
	}
	onlyFiles(t, dir, "a.png")
}

// onlyFiles checks that a folder holds just these files: nothing partial was left.
func onlyFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("folder holds %v, want %v", got, want)
	}
}
