package train

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"lfnview/render"
)

// errorGain makes an error of a quarter of the range full brightness.
const errorGain = 4

// The sheet is dark, so that it reads the same on a light and on a dark page.
var (
	sheetPaper = color.NRGBA{0x1a, 0x1d, 0x1f, 0xff}
	sheetInk   = color.NRGBA{0xe6, 0xe8, 0xeb, 0xff}
)

// viewsPNG lays out photograph, render and amplified error of each view that has pictures, a view a row. It returns nil where
// no view has pictures.
func viewsPNG(views []ViewResult) ([]byte, error) {
	var rows [][]Picture
	for _, v := range views {
		if v.Photo == nil || v.Render == nil {
			continue
		}
		if v.Photo.Width != v.Render.Width || v.Photo.Height != v.Render.Height {
			return nil, fmt.Errorf("view %s: photograph is %d×%d, render %d×%d, want one size",
				v.Name, v.Photo.Width, v.Photo.Height, v.Render.Width, v.Render.Height)
		}
		rows = append(rows, []Picture{
			{v.Name, v.Photo},
			{fmt.Sprintf("render, %.2f dB", v.PSNRdB), v.Render},
			{fmt.Sprintf("error × %d", errorGain), difference(v.Photo, v.Render)},
		})
	}
	if len(rows) == 0 {
		return nil, nil
	}
	const least = 260
	return SheetPNG(rows, least)
}

// Picture is one of a sheet.
type Picture struct {
	Title string
	Image *render.Image
}

// SheetPNG lays out rows of pictures of one size each, every picture under its title. Small ones are enlarged by a whole
// number, to least pixels of width or more.
func SheetPNG(rows [][]Picture, least int) ([]byte, error) {
	const (
		gap    = 12 // between pictures, pixels
		header = 34 // above each row, pixels
	)
	zoom := func(row []Picture) int { return max(1, (least+row[0].Image.Width-1)/row[0].Image.Width) }
	var width, height int
	for _, row := range rows {
		width = max(width, len(row)*(zoom(row)*row[0].Image.Width+gap)+gap)
		height += header + zoom(row)*row[0].Image.Height
	}
	sheet := image.NewNRGBA(image.Rect(0, 0, width, height+gap))
	draw.Draw(sheet, sheet.Bounds(), image.NewUniform(sheetPaper), image.Point{}, draw.Src)

	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 15, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, err
	}
	defer face.Close()
	pen := &font.Drawer{Dst: sheet, Src: image.NewUniform(sheetInk), Face: face}

	y := 0
	for _, row := range rows {
		x, z := gap, zoom(row)
		for _, p := range row {
			pen.Dot = fixed.P(x, y+header-10)
			pen.DrawString(fit(pen, p.Title, z*p.Image.Width))
			enlarge(sheet, image.Pt(x, y+header), p.Image, z)
			x += z*p.Image.Width + gap
		}
		y += header + z*row[0].Image.Height
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, sheet); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// difference is |a − b|, amplified.
func difference(a, b *render.Image) *render.Image {
	d := &render.Image{Width: a.Width, Height: a.Height, Pix: make([]float32, len(a.Pix))}
	for i := range d.Pix {
		d.Pix[i] = errorGain * max(a.Pix[i]-b.Pix[i], b.Pix[i]-a.Pix[i])
	}
	return d
}

// enlarge draws img with its top left corner at p, a pixel as zoom×zoom pixels.
func enlarge(dst *image.NRGBA, p image.Point, img *render.Image, zoom int) {
	src := img.ToNRGBA()
	for y := range zoom * img.Height {
		for x := range zoom * img.Width {
			dst.SetNRGBA(p.X+x, p.Y+y, src.NRGBAAt(x/zoom, y/zoom))
		}
	}
}

// fit shortens a title to a width in pixels, keeping its end, where names differ.
func fit(pen *font.Drawer, s string, width int) string {
	if pen.MeasureString(s).Ceil() <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && pen.MeasureString("…"+string(r)).Ceil() > width {
		r = r[1:]
	}
	return "…" + string(r)
}
