package viewer

import (
	"math"
	"slices"
	"testing"

	"lfnview/lfn"
	"lfnview/train/prior"
)

func TestMix(t *testing.T) {
	var m mix
	a, b := end{"a", lfn.Latent{1, 2}, 4}, end{"b", lfn.Latent{3, -2}, 5}
	at := func(name string, class int, want ...float32) {
		t.Helper()
		if !slices.Equal(m.z, want) || m.name() != name || m.class() != class {
			t.Errorf("at %v, %q, of class %d, want %v, %q, %d", m.z, m.name(), m.class(), want, name, class)
		}
	}
	m.take(a)
	at("a", 4, 1, 2)
	m.ends[1] = b
	m.blend(0.25)
	at("a, 25 % b", 4, 1.5, 1)
	c := &prior.Components{Mean: lfn.Latent{0, 0}, Axes: []lfn.Latent{{0, 1}, {1, 0}}, Std: []float64{2, 4}}
	m.push(c, 0, 1.5)
	at("a, 25 % b, changed", 4, 1.5, 4)
	if got := c.At(m.z)[0]; got != 2 {
		t.Errorf("pushed to %v standard deviations, want 2", got)
	}
	m.blend(1)
	at("a, 100 % b", 5, 3, -2)
	m.take(a)
	at("a", 4, 1, 2)
	m.push(c, 1, 1)
	if !slices.Equal(a.z, lfn.Latent{1, 2}) {
		t.Errorf("the end has become %v", a.z)
	}
}

func TestInSight(t *testing.T) {
	for _, tt := range []struct {
		n, perRow        int
		scrolled, height float64
		first, last      int
	}{
		{100, 4, 0, 30, 0, 12},
		{100, 4, 5, 30, 0, 16},
		{100, 4, 10, 30, 4, 16},
		{100, 4, 235, 30, 92, 100},
		{5, 4, 0, 30, 0, 5},
		{5, 4, 900, 30, 5, 5},
		{50000, 3, 100000, 224, 30000, 30069},
	} {
		if first, last := inSight(tt.n, tt.perRow, 10, tt.scrolled, tt.height); first != tt.first || last != tt.last {
			t.Errorf("inSight(%d, %d, 10, %v, %v) = %d, %d, want %d, %d", tt.n, tt.perRow, tt.scrolled, tt.height, first, last, tt.first, tt.last)
		}
	}
}

// TestShelf: every window of instances gets all of its thumbnails, wherever it has been scrolled to.
func TestShelf(t *testing.T) {
	var s shelf
	for _, first := range []int{0, 30000, maxThumbnails - 5, 0} {
		made := 0
		for i := s.missing(first, first+40); i >= 0; i = s.missing(first, first+40) {
			s.put(i)
			if made++; made > 40 {
				t.Fatalf("from %d: thumbnail %d is made again", first, i)
			}
		}
		for i := range 40 {
			if !s.has(first + i) {
				t.Errorf("from %d: %d has no thumbnail", first, first+i)
			}
		}
	}
	if i := s.missing(7, 7); i != -1 {
		t.Errorf("of none in sight, %d is missing", i)
	}
	if i := s.missing(0, math.MaxInt32); i >= maxThumbnails {
		t.Errorf("%d is missing, for which there is no slot", i)
	}
}
