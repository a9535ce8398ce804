package render

import (
	"math"
	"testing"
)

func TestColorMaps(t *testing.T) {
	for _, m := range ColorMaps {
		t.Run(m.Name, func(t *testing.T) {
			if same, err := FindColorMap(m.Name); err != nil || same.Name != m.Name {
				t.Errorf("FindColorMap(%q) = %q, %v", m.Name, same.Name, err)
			}
			for _, end := range [][2]float64{{-1, 0}, {math.Inf(-1), 0}, {math.NaN(), 0}, {2, 1}, {math.Inf(1), 1}} {
				if got, want := m.At(end[0]), m.At(end[1]); got != want {
					t.Errorf("At(%v) = %v, want that of %v, %v", end[0], got, end[1], want)
				}
			}
			table := m.Table()
			for i := range 256 {
				c := m.At(float64(i) / 255)
				for k, v := range c {
					if !(v >= 0 && v <= 1) || table[4*i+k] != toByte(v) {
						t.Fatalf("entry %d is %v, and %v in the table", i, c, table[4*i:4*i+4])
					}
					// Neighbours look alike: nothing in the data looks like an edge that is none.
					if i > 0 && absDiff(table[4*i+k], table[4*i+k-4]) > 14 {
						t.Errorf("entries %d and %d differ by more than 14: %v", i-1, i, table[4*i-4:4*i+4])
					}
				}
				if table[4*i+3] != 255 {
					t.Fatalf("entry %d is not opaque", i)
				}
			}
		})
	}
	if _, err := FindColorMap("jet"); err == nil {
		t.Error("FindColorMap(jet): no error")
	}
}

// TestColorMapValues has colours of the published tables: turbo's polynomial is as near to its own as its authors say.
func TestColorMapValues(t *testing.T) {
	for _, tt := range []struct {
		name string
		x    float64
		want [3]int
		off  int
	}{
		{"viridis", 0, [3]int{68, 1, 84}, 0}, {"viridis", 0.5, [3]int{33, 145, 140}, 1}, {"viridis", 1, [3]int{253, 231, 37}, 0},
		{"viridis", 0.3125, [3]int{52, 97, 141}, 3},
		{"turbo", 0.5, [3]int{164, 252, 60}, 20}, {"turbo", 0.25, [3]int{40, 188, 235}, 12}, {"turbo", 0.75, [3]int{251, 129, 34}, 12},
		{"grey", 0.2, [3]int{51, 51, 51}, 0},
	} {
		m, err := FindColorMap(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		c := m.At(tt.x)
		for k, v := range c {
			if d := int(toByte(v)) - tt.want[k]; d > tt.off || d < -tt.off {
				t.Errorf("%s at %v is %v, want %v of 255", tt.name, tt.x, c, tt.want)
				break
			}
		}
	}
}

func absDiff(a, b byte) int { return max(int(a), int(b)) - min(int(a), int(b)) }
