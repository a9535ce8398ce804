package dataset

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg"
	"image/png"
	"io"
	"os"
	"slices"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"lfnview/plucker"
)

// imageSize reads the header of an image file and checks the size it declares.
func imageSize(file string) (w, h int, err error) {
	w, h, _, err = imageHeader(file)
	return w, h, err
}

// imageHeader is imageSize, and says whether the image may be transparent in places.
func imageHeader(file string) (w, h int, alpha bool, err error) {
	switch info, err := os.Stat(file); {
	case err != nil:
		return 0, 0, false, reason(err)
	case info.IsDir():
		return 0, 0, false, errors.New("is a folder: want an image")
	case !info.Mode().IsRegular(): // one that is opened may never answer
		return 0, 0, false, errors.New("is not a regular file: want an image")
	}
	f, err := os.Open(file)
	if err != nil {
		return 0, 0, false, reason(err)
	}
	defer f.Close()
	defer recoverDecoder(&err)
	c, _, err := image.DecodeConfig(bufio.NewReader(f))
	if err != nil {
		return 0, 0, false, imageError(err)
	}
	switch m := c.ColorModel.(type) {
	case color.Palette:
		alpha = slices.ContainsFunc(m, func(c color.Color) bool { _, _, _, a := c.RGBA(); return a < 0xffff })
	default:
		alpha = m == color.NRGBAModel || m == color.NRGBA64Model
	}
	return c.Width, c.Height, alpha, plucker.CheckSize(c.Width, c.Height)
}

// decode reads an image file and returns it scaled to w×h, as RGBA bytes with straight alpha. It decodes
// nothing whose header declares an absurd size.
func decode(file string, w, h int) (pix []byte, err error) {
	if _, _, err := imageSize(file); err != nil {
		return nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	defer recoverDecoder(&err)
	m, _, err := image.Decode(bufio.NewReader(f))
	if err != nil {
		return nil, imageError(err)
	}
	if b := m.Bounds(); b.Dx() < w || b.Dy() < h {
		return nil, fmt.Errorf("is %d×%d pixels, less than its header said", b.Dx(), b.Dy())
	}
	return shrink(m, w, h), nil
}

// recoverDecoder turns a panic of an image decoder, which eats bytes from outside, into an error.
func recoverDecoder(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the image does not decode: %v", p)
	}
}

func imageError(err error) error {
	switch {
	case errors.Is(err, image.ErrFormat):
		return errors.New("is no image that can be read: want PNG, JPEG, WebP, TIFF or BMP")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), err == png.FormatError("not enough pixel data"):
		return errors.New("the image is cut off: copy it again")
	}
	return fmt.Errorf("the image does not decode: %w", err)
}

// load decodes files[i] into views[i].Pix at the size of its camera. A worker holds one decoded image at a
// time. The error is that of the first view that has one.
func load(ctx context.Context, views []View, files []string, workers int) error {
	return forEach(ctx, len(views), workers, func(i int) error {
		v := &views[i]
		pix, err := decode(files[i], v.Camera.Width, v.Camera.Height)
		if err != nil {
			return fmt.Errorf("%s: %w", v.Name, err)
		}
		v.Pix = pix
		return nil
	})
}
