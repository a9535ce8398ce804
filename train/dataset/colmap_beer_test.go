package dataset

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
)

// TestColmapBeer: the points of a real reconstruction lie where its photographs have them, by the cameras of the
// data set.
func TestColmapBeer(t *testing.T) {
	dir := sharedData(t, "colmap_beer")
	s, err := Peek(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Format != "colmap" || len(s.Views) != 71 || len(s.Split(Test)) != 9 || len(s.Warnings) != 0 {
		t.Fatalf("%s with %d views, %d held out, warnings %q, want colmap, 71, 9, none", s.Format, len(s.Views), len(s.Split(Test)), s.Warnings)
	}
	views := map[string]*View{}
	for i := range s.Views {
		views[s.Views[i].Name] = &s.Views[i]
	}

	// Positions of the points, then the points of the images: x, y, id.
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, "sparse", "0", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	points := map[uint64]mgl64.Vec3{}
	data := read("points3D.bin")[8:]
	for len(data) > 0 {
		points[binary.LittleEndian.Uint64(data)] = mgl64.Vec3{float(data[8:]), float(data[16:]), float(data[24:])}
		data = data[51+8*binary.LittleEndian.Uint64(data[43:]):]
	}
	var off []float64
	data = read("images.bin")[8:]
	for len(data) > 0 {
		data = data[64:]
		end := slices.Index(data, 0)
		v := views["images/"+string(data[:end])]
		n := binary.LittleEndian.Uint64(data[end+1:])
		for data = data[end+9:]; n > 0; n-- {
			if p, ok := points[binary.LittleEndian.Uint64(data[16:])]; ok {
				x, y, _, ok := v.Camera.Project(p)
				if !ok {
					t.Errorf("%s has a point behind it", v.Name)
				}
				off = append(off, math.Hypot(x-float(data), y-float(data[8:])))
			}
			data = data[24:]
		}
	}
	slices.Sort(off)
	median := off[len(off)/2]
	t.Logf("%d observations of %d points: median %.3f pixels off, 90 %% within %.3f, all within %.3f; frame %+v",
		len(off), len(points), median, off[len(off)*9/10], off[len(off)-1], s.Frame)
	if median > 1 {
		t.Errorf("points are %.3f pixels off, want at most 1", median)
	}
}
