package train

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"lfnview/train/dataset"
)

func TestWriteCameras(t *testing.T) {
	set := dataset.Procedural(dataset.RenderOptions{Views: 30, TestViews: 3, Size: 16, Samples: 1})
	bare := &dataset.Set{Space: dataset.Space{Frame: set.Frame}}
	for _, v := range set.Views {
		v.Pix = nil
		bare.Views = append(bare.Views, v)
	}
	for _, tt := range []struct {
		name string
		set  *dataset.Set
		rows int // of photographs
	}{{"with photographs", set, 3}, {"without", bare, 0}, {"empty", &dataset.Set{Space: dataset.Space{Frame: set.Frame}}, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "cameras.png")
			if err := WriteCameras(path, tt.set); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			img, err := png.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			if b := img.Bounds(); b.Dx() != camerasW || b.Dy() != camerasH+tt.rows*camerasW/contactRow {
				t.Errorf("%v, want %d×%d and %d rows of photographs", b, camerasW, camerasH, tt.rows)
			}
			// The view from above is the left half.
			ink := 0
			for y := range camerasH {
				for x := range camerasW / 2 {
					if r, g, b, _ := img.At(x, y).RGBA(); r+g+b < 0x18000 {
						ink++
					}
				}
			}
			if ink < 500 {
				t.Errorf("%d dark pixels in the view from above, want a circle and axes", ink)
			}
		})
	}
}
