package prior

import (
	"context"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/train/dataset"
)

// TestLightOf: a pixel of a letter has a colour, '.' is white, '+' half way to white, '?' as good as white, ' ' transparent.
func TestLightOf(t *testing.T) {
	for _, tt := range []struct{ name, picture, want string }{
		{"object", `
			.....
			.+XX.
			?XXX.
			....X`, `
			-----
			-?##-
			-###-
			----#`},
		{"white in the object", `
			.....
			.XXX.
			.X.X.
			.XXX.
			.....`, `
			-----
			-###-
			-#?#-
			-###-
			-----`},
		{"cut out", `
			  .  
			 .X~ 
			  X  `, `
			--#--
			-##?-
			--#--`},
		{"amid the scene", `
			XX...
			X..XX
			XXXXX`, `
			?????
			?????
			?????`},
	} {
		rows := func(s string) []string { return strings.Split(strings.ReplaceAll(s, "\t", "")[1:], "\n") }
		picture := rows(tt.picture)
		var pix []byte
		for _, row := range picture {
			for _, c := range row {
				p := map[rune][4]byte{'.': {255, 255, 255, 255}, '?': {255, 254, 255, 255}, '+': {255, 230, 255, 255}, 'X': {255, 30, 200, 255}, '~': {255, 30, 200, 120}}[c]
				pix = append(pix, p[:]...)
			}
		}
		var got []string
		light := lightOf(pix, len(picture[0]), [3]float32{1, 1, 1})
		for len(light) > 0 {
			row := ""
			for _, l := range light[:len(picture[0])] {
				row += map[byte]string{lightUnknown: "?", lightAll: "-", lightNone: "#"}[l]
			}
			got, light = append(got, row), light[len(picture[0]):]
		}
		if want := rows(tt.want); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// smallVolume is a prior of a second or two whose scenes are volumes.
func smallVolume() lfn.HyperConfig {
	return lfn.HyperConfig{Conditioning: lfn.HyperFilm, Latent: 16, Width: 16, Basis: []int{16},
		Network: lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 24, Grids: []int{9}}, Hidden: []int{16, 16},
			Norm: lfn.NormLayer, Activation: lfn.ReLU}}
}

// TestLight: volumes are opaque where photographs show an object, and let all light through beside it.
func TestLight(t *testing.T) {
	class := generated(t, 9, 6, 16)
	o := smallOptions(600)
	o.Config = smallVolume()
	p := trained(t, class, o).Prior()
	var objects, opaque, nothing, clear int
	for k, i := range class.Split(dataset.Train) {
		views, err := OpenInstance(class, i, dataset.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := render.NewCPU(p.Hyper.Decode(p.Latent(k)).Pack(), p.Classes[0].Scene)
		for i := range views {
			v := &views[i]
			var g render.Geometry
			if err := r.Geometry(context.Background(), &g, &v.Camera); err != nil {
				t.Fatal(err)
			}
			for i, l := range lightOf(v.Pix, v.Camera.Width, o.Background) {
				met := g.Distance[i] > 0 // and less than half of the light comes through
				switch {
				case l == lightNone:
					objects++
					if met {
						opaque++
					}
				case l == lightAll:
					nothing++
					if !met {
						clear++
					}
				}
			}
		}
	}
	t.Logf("%d of %d pixels of objects are opaque, %d of %d beside them clear", opaque, objects, clear, nothing)
	if opaque < objects*6/10 || clear < nothing*95/100 || objects == 0 {
		t.Errorf("%d of %d pixels of objects are opaque, want 60 %%; %d of %d beside them clear, want 95 %%", opaque, objects, clear, nothing)
	}
}
