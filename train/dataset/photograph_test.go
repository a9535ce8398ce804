package dataset

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestOpenPhotograph(t *testing.T) {
	dir := folder(t, map[string][]byte{"a.png": pngOf(8, 4), "b.png": []byte("text")})
	pix, w, h, err := OpenPhotograph(dir+"/a.png", 4, Cutout{})
	if err != nil || w != 4 || h != 2 || len(pix) != 4*4*2 {
		t.Errorf("%d bytes, %d×%d, %v, want 32, 4×2", len(pix), w, h, err)
	}
	if _, w, h, err = OpenPhotograph(dir+"/a.png", 100, Cutout{}); err != nil || w != 8 || h != 4 {
		t.Errorf("%d×%d, %v, want 8×4", w, h, err)
	}
	if _, _, _, err = OpenPhotograph(dir+"/b.png", 0, Cutout{}); err == nil || !strings.Contains(err.Error(), "b.png: is no image that can be read") {
		t.Errorf("of a text: %v", err)
	}
}

// pngRow is a picture one pixel high.
func pngRow(t *testing.T, colors ...color.NRGBA) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, len(colors), 1))
	for x, c := range colors {
		m.SetNRGBA(x, 0, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCutout(t *testing.T) {
	gray := func(v uint8) color.NRGBA { return color.NRGBA{v, v, v, 255} }
	red, green, shade, clear := color.NRGBA{200, 10, 10, 255}, color.NRGBA{0, 255, 0, 255}, color.NRGBA{24, 231, 9, 255}, color.NRGBA{}
	beyond := color.NRGBA{26, 255, 0, 255} // more than a tenth of 255 from green
	dir := folder(t, map[string][]byte{
		"photo.png": pngRow(t, green, red, shade, beyond, clear, red),
		"green.png": pngRow(t, green, shade), "clear.png": pngRow(t, clear, clear),
		"mask.png": pngRow(t, gray(0), gray(255), gray(0), gray(0), gray(255), color.NRGBA{255, 255, 255, 51}),
		"half.png": pngRow(t, gray(0), gray(51), gray(255), gray(255), gray(0), gray(0)), "black.png": pngRow(t, gray(0), gray(0)),
		"text.png": []byte("text"),
	})
	mask := func(name string) Cutout { return Cutout{Mask: dir + "/" + name} }
	screen := Cutout{Color: &[3]float32{0, 1, 0}}
	for _, tt := range []struct {
		name  string
		cut   Cutout
		alpha []byte
	}{
		{"as it is", Cutout{}, []byte{255, 255, 255, 255, 0, 255}},
		{"mask", mask("mask.png"), []byte{0, 255, 0, 0, 0, 51}},
		{"soft mask", mask("half.png"), []byte{0, 51, 255, 255, 0, 0}},
		{"colour", screen, []byte{0, 255, 0, 255, 0, 255}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pix, _, _, err := OpenPhotograph(dir+"/photo.png", 0, tt.cut)
			if err != nil {
				t.Fatal(err)
			}
			var alpha []byte
			for i := 3; i < len(pix); i += 4 {
				alpha = append(alpha, pix[i])
			}
			if !slices.Equal(alpha, tt.alpha) || [3]byte(pix[4:]) != [3]byte{200, 10, 10} {
				t.Errorf("alpha is %v, want %v; pixel 1 is %v", alpha, tt.alpha, pix[4:8])
			}
		})
	}

	// Brought down, what is cut away lends no colour: of three pixels only red is left, and green has no part in it.
	pix, w, h, err := OpenPhotograph(dir+"/photo.png", 2, mask("mask.png"))
	if want := []byte{200, 10, 10, 85, 200, 10, 10, 17}; err != nil || w != 2 || h != 1 || !slices.Equal(pix, want) {
		t.Errorf("brought down: %v, %d×%d, %v, want %v", pix, w, h, err, want)
	}

	for _, tt := range []struct {
		name, photo string
		cut         Cutout
		want        string
	}{
		{"all transparent", "clear.png", Cutout{}, "clear.png: all of it is transparent: want an object in it"},
		{"all of the colour", "green.png", screen, "green.png: all of it has nearly the colour of the background"},
		{"all black", "green.png", mask("black.png"), "black.png leaves no object: want it white where the object is"},
		{"another size", "photo.png", mask("black.png"), "black.png: is 2×1 pixels, want the photograph's 6×1"},
		{"no image", "photo.png", mask("text.png"), "text.png: is no image that can be read"},
		{"not there", "photo.png", mask("none.png"), "none.png: no such file"},
		{"folder", ".", Cutout{}, "is a folder: want an image"},
		{"no file", "photo.png", Cutout{Mask: os.DevNull}, "is not a regular file: want an image"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, _, err := OpenPhotograph(dir+"/"+tt.photo, 0, tt.cut)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("OpenPhotograph = %v, want %s", err, tt.want)
			}
		})
	}
}
