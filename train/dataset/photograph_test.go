package dataset

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestOpenPhotograph(t *testing.T) {
	dir := folder(t, map[string][]byte{"a.png": pngOf(8, 4), "b.png": []byte("text")})
	p, err := OpenPhotograph(dir+"/a.png", PhotographOptions{MaxSide: 4})
	if err != nil || p.Width != 4 || p.Height != 2 || len(p.Pix) != 4*4*2 || p.Notes != nil {
		t.Errorf("%+v, %v, want 4×2 pixels", p, err)
	}
	if p, err = OpenPhotograph(dir+"/a.png", PhotographOptions{MaxSide: 100}); err != nil || p.Width != 8 || p.Height != 4 {
		t.Errorf("%+v, %v, want 8×4 pixels", p, err)
	}
	if _, err = OpenPhotograph(dir+"/b.png", PhotographOptions{}); err == nil || !strings.Contains(err.Error(), "b.png: is no image that can be read") {
		t.Errorf("of a text: %v", err)
	}
}

// pngSquare is a picture of one colour with a rectangle of another in it.
func pngSquare(t *testing.T, w, h int, around, inside color.Color, at image.Rectangle) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, m.Rect, image.NewUniform(around), image.Point{}, draw.Src)
	draw.Draw(m, at, image.NewUniform(inside), image.Point{}, draw.Src)
	return pngData(t, m)
}

// TestPhotographAspect: nothing before the background is cut, and nothing else is put around a photograph.
func TestPhotographAspect(t *testing.T) {
	white, red, green, clear := color.Gray{255}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}, color.NRGBA{}
	dir := folder(t, map[string][]byte{
		"wide.png": pngSquare(t, 60, 30, white, red, image.Rect(5, 10, 55, 20)),
		"high.png": pngSquare(t, 10, 40, clear, red, image.Rect(4, 2, 6, 36)),
		"bare.png": pngSquare(t, 60, 30, white, red, image.Rect(20, 10, 40, 20)), "spot.png": pngSquare(t, 60, 30, white, red, image.Rect(3, 3, 5, 5)),
		"green.png": pngSquare(t, 60, 30, green, red, image.Rect(5, 10, 55, 20)),
		"near.png":  pngSquare(t, 100, 99, white, red, image.Rect(0, 0, 100, 99)), "line.png": pngSquare(t, 900, 1, white, red, image.Rect(100, 0, 200, 1)),
	})
	for _, tt := range []struct {
		file       string
		aspect     [2]int
		size       [2]int
		red        image.Rectangle
		background bool // all else is transparent, or white
		note       string
	}{
		{"wide.png", [2]int{8, 8}, [2]int{60, 60}, image.Rect(5, 25, 55, 35), true, "60×30 pixels where the aspect of 8×8 is wanted: background is put above and below"},
		{"wide.png", [2]int{60, 10}, [2]int{60, 10}, image.Rect(5, 0, 55, 10), true, "its middle, 60×10, is taken"},
		{"high.png", [2]int{64, 64}, [2]int{40, 40}, image.Rect(19, 2, 21, 36), true, "background is put on both sides"},
		{"bare.png", [2]int{8, 8}, [2]int{30, 30}, image.Rect(5, 10, 25, 20), true, "60×30 pixels where the aspect of 8×8 is wanted: its middle, 30×30, is taken"},
		{"spot.png", [2]int{8, 8}, [2]int{30, 30}, image.Rectangle{}, true, "its middle, 30×30, is taken"},
		{"green.png", [2]int{8, 8}, [2]int{30, 30}, image.Rect(0, 10, 30, 20), false, "its middle, 30×30, is taken"},
		{"near.png", [2]int{8, 8}, [2]int{100, 99}, image.Rect(0, 0, 100, 99), true, ""},
		{"wide.png", [2]int{0, 0}, [2]int{60, 30}, image.Rect(5, 10, 55, 20), true, ""},
	} {
		t.Run(tt.file, func(t *testing.T) {
			p, err := OpenPhotograph(dir+"/"+tt.file, PhotographOptions{Width: tt.aspect[0], Height: tt.aspect[1], Background: [3]float32{1, 1, 1}})
			if err != nil {
				t.Fatal(err)
			}
			if p.Width != tt.size[0] || p.Height != tt.size[1] || len(p.Pix) != 4*p.Width*p.Height {
				t.Fatalf("%d×%d pixels, %d bytes, want %v", p.Width, p.Height, len(p.Pix), tt.size)
			}
			if note := strings.Join(p.Notes, "; "); !strings.HasSuffix(note, tt.note) || (note == "") != (tt.note == "") {
				t.Errorf("note %q, want %q", note, tt.note)
			}
			for i := range p.Width * p.Height {
				c := p.over(i, [3]float32{1, 1, 1})
				inside := (image.Point{i % p.Width, i / p.Width}).In(tt.red)
				if (c == [3]float32{1, 0, 0}) != inside || !inside && (c == [3]float32{1, 1, 1}) != tt.background {
					t.Fatalf("pixel %d is %v: want red in %v, and white around it: %v", i, c, tt.red, tt.background)
				}
			}
		})
	}
	p, err := OpenPhotograph(dir+"/line.png", PhotographOptions{Width: 8, Height: 8, MaxSide: 20, Background: [3]float32{1, 1, 1}})
	if err != nil || p.Width != 20 || p.Height != 20 {
		t.Errorf("a line is brought to %+v, %v, want 20×20 pixels", p, err)
	}
}

func TestBorder(t *testing.T) {
	white, green, clear := color.Gray{255}, color.NRGBA{0, 255, 0, 255}, color.NRGBA{}
	colors := func(r, g, b float32) *[3]float32 { return &[3]float32{r, g, b} }
	for _, tt := range []struct {
		name string
		png  []byte
		want *[3]float32
	}{
		{"plain", pngSquare(t, 20, 20, green, white, image.Rect(5, 5, 15, 15)), colors(0, 1, 0)},
		{"touched", pngSquare(t, 20, 20, green, white, image.Rect(5, 5, 15, 20)), colors(0, 1, 0)},
		{"half", pngSquare(t, 20, 20, green, white, image.Rect(0, 0, 20, 10)), nil},
		{"shades", pngSquare(t, 20, 20, color.Gray{200}, color.Gray{220}, image.Rect(0, 0, 7, 20)), colors(200./255, 200./255, 200./255)},
		{"transparent", pngSquare(t, 20, 20, clear, white, image.Rect(5, 5, 15, 15)), colors(0, 0, 1)},
		{"one pixel", pngSquare(t, 1, 1, green, white, image.Rectangle{}), colors(0, 1, 0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := OpenPhotograph(folder(t, map[string][]byte{"a.png": tt.png})+"/a.png", PhotographOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := p.Border([3]float32{0, 0, 1})
			if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
				t.Errorf("border %v, want %v", got, tt.want)
			}
		})
	}
	for _, size := range [][2]int{{1, 1}, {1, 5}, {5, 1}, {2, 2}, {3, 4}, {7, 5}} {
		w, h := size[0], size[1]
		var want []int
		for i := range w * h {
			if x, y := i%w, i/w; x == 0 || y == 0 || x == w-1 || y == h-1 {
				want = append(want, i)
			}
		}
		if got := slices.Collect(border(w, h)); !slices.Equal(got, want) {
			t.Errorf("the border of %d×%d pixels is %v, want %v", w, h, got, want)
		}
	}
}

// TestMaskOutside: of a mask that is white outside of the object it is said, and of no other.
func TestMaskOutside(t *testing.T) {
	white, black := color.Gray{255}, color.Gray{}
	for _, tt := range []struct {
		name string
		mask []byte
		told bool
	}{
		{"as it should be", pngSquare(t, 20, 20, black, white, image.Rect(5, 5, 15, 15)), false},
		{"touches an edge", pngSquare(t, 20, 20, black, white, image.Rect(2, 0, 18, 18)), false},
		{"turned round", pngSquare(t, 20, 20, white, black, image.Rect(5, 5, 15, 15)), true},
		{"turned round, touches an edge", pngSquare(t, 20, 20, white, black, image.Rect(5, 5, 15, 20)), true},
		{"all white", pngSquare(t, 20, 20, white, black, image.Rect(9, 9, 11, 10)), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t, map[string][]byte{"a.png": pngOf(20, 20), "mask.png": tt.mask})
			p, err := OpenPhotograph(dir+"/a.png", PhotographOptions{Cutout: Cutout{Mask: dir + "/mask.png"}})
			if err != nil || len(p.Notes) != 0 != tt.told {
				t.Errorf("%+v, %v, want it told: %v", p.Notes, err, tt.told)
			}
		})
	}
}

// pngRow is a picture one pixel high.
func pngRow(t *testing.T, colors ...color.NRGBA) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, len(colors), 1))
	for x, c := range colors {
		m.SetNRGBA(x, 0, c)
	}
	return pngData(t, m)
}

func pngData(t *testing.T, m image.Image) []byte {
	t.Helper()
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
			p, err := OpenPhotograph(dir+"/photo.png", PhotographOptions{Cutout: tt.cut})
			if err != nil {
				t.Fatal(err)
			}
			var alpha []byte
			for i := 3; i < len(p.Pix); i += 4 {
				alpha = append(alpha, p.Pix[i])
			}
			if !slices.Equal(alpha, tt.alpha) || [3]byte(p.Pix[4:]) != [3]byte{200, 10, 10} {
				t.Errorf("alpha is %v, want %v; pixel 1 is %v", alpha, tt.alpha, p.Pix[4:8])
			}
		})
	}

	// Brought down, what is cut away lends no colour: of three pixels only red is left, and green has no part in it.
	p, err := OpenPhotograph(dir+"/photo.png", PhotographOptions{MaxSide: 2, Cutout: mask("mask.png")})
	if want := []byte{200, 10, 10, 85, 200, 10, 10, 17}; err != nil || p.Width != 2 || p.Height != 1 || !slices.Equal(p.Pix, want) {
		t.Errorf("brought down: %+v, %v, want %v", p, err, want)
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
			_, err := OpenPhotograph(dir+"/"+tt.photo, PhotographOptions{Cutout: tt.cut})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("OpenPhotograph = %v, want %s", err, tt.want)
			}
		})
	}
}
