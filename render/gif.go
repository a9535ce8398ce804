package render

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io"
	"iter"
	"math"
)

// WriteGIF writes frames, all of one size, to an endless animated GIF. Its 255 colours are chosen for all
// frames together, so that still parts stay still. GIF counts time in hundredths of a second; no frame stays
// for less than two, which is 50 frames a second. An error of frames ends it, and so does ctx.
func WriteGIF(ctx context.Context, path string, frames iter.Seq2[*Image, error], fps float64) error {
	if !(fps >= 0.01 && fps <= maxFPS) {
		return fmt.Errorf("render: save %s: %v frames a second, want 0.01 to %v", path, fps, maxFPS)
	}
	var raw [][]uint8 // RGB of each frame
	var w, h int
	seen := new(histogram)
	for m, err := range frames {
		if err != nil {
			return err
		}
		if len(raw) == 0 {
			w, h = m.Width, m.Height
			if w < 1 || h < 1 || w > math.MaxUint16 || h > math.MaxUint16 {
				return fmt.Errorf("render: save %s: frames are %d×%d pixels, a GIF has 1 to %d a side", path, w, h, math.MaxUint16)
			}
		}
		rgb, err := m.appendRGB(nil, w, h)
		if err != nil {
			return fmt.Errorf("render: save %s: frame %d: %w", path, len(raw), err)
		}
		seen.add(rgb)
		raw = append(raw, rgb)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if len(raw) == 0 {
		return fmt.Errorf("render: save %s: %w", path, errNoFrames)
	}
	g := encodeGIF(ctx, raw, w, h, seen.palette(255), fps)
	err := writeFile(path, func(out io.Writer) error {
		b := bufio.NewWriter(untilDone{ctx, out})
		if err := gif.EncodeAll(b, g); err != nil {
			return err
		}
		return b.Flush()
	})
	if ctx.Err() != nil && err != nil {
		return ctx.Err()
	}
	return err
}

// untilDone is a writer that fails when ctx is done.
type untilDone struct {
	ctx context.Context
	w   io.Writer
}

func (u untilDone) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(p)
}

var errNoFrames = errors.New("there are no frames, want at least one")

// appendRGB appends the pixels with 8 bits a channel. w and h are what the size must be.
func (m *Image) appendRGB(dst []uint8, w, h int) ([]uint8, error) {
	if m.Width != w || m.Height != h {
		return nil, fmt.Errorf("is %d×%d pixels, want %d×%d as the first", m.Width, m.Height, w, h)
	}
	for _, v := range m.Pix {
		dst = append(dst, toByte(v))
	}
	return dst, nil
}

// encodeGIF maps frames to a palette. Index 0 is transparent and stands for a pixel that does not change; only
// the rectangle that does is in a frame. Where ctx is done, frames are missing.
func encodeGIF(ctx context.Context, raw [][]uint8, w, h int, colors [][3]float32, fps float64) *gif.GIF {
	pal := append(color.Palette{color.RGBA{}}, toPalette(colors)...)
	g := &gif.GIF{Config: image.Config{ColorModel: pal, Width: w, Height: h}}
	table := make([]uint8, 1<<(3*paletteBits)) // of each bin: 1 + the nearest colour, or 0 where not yet known
	shown := make([]uint8, w*h)
	for i, rgb := range raw {
		if ctx.Err() != nil {
			break
		}
		next := make([]uint8, w*h)
		changed := image.Rectangle{}
		for p := range next {
			at := bin(rgb[3*p], rgb[3*p+1], rgb[3*p+2])
			if table[at] == 0 {
				table[at] = uint8(1 + nearest(colors, binColor(at)))
			}
			if next[p] = table[at]; next[p] != shown[p] {
				x, y := p%w, p/w
				changed = changed.Union(image.Rect(x, y, x+1, y+1))
			}
		}
		if changed.Empty() {
			changed = image.Rect(0, 0, 1, 1) // a frame has at least a pixel
		}
		m := image.NewPaletted(changed, pal)
		for y := changed.Min.Y; y < changed.Max.Y; y++ {
			for x := changed.Min.X; x < changed.Max.X; x++ {
				if p := y*w + x; next[p] != shown[p] {
					m.Pix[m.PixOffset(x, y)] = next[p]
				}
			}
		}
		shown = next
		g.Image = append(g.Image, m)
		g.Disposal = append(g.Disposal, gif.DisposalNone)
		// The difference of rounded times, so that rounding does not add up.
		delay := int(math.Round(float64(i+1)*100/fps)) - int(math.Round(float64(i)*100/fps))
		g.Delay = append(g.Delay, max(delay, 2))
	}
	return g
}
