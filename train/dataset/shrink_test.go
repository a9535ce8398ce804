package dataset

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// randomImage has pixels of any colour, a third of them transparent and a third in between.
func randomImage(rng *rand.Rand, w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(rng.UintN(256))
		if i%4 == 3 {
			m.Pix[i] = [3]byte{0, 255, m.Pix[i]}[rng.IntN(3)]
		}
	}
	return m
}

// shrinkSlow is the definition of shrink: each output pixel from all source pixels.
func shrinkSlow(m *image.NRGBA, w, h int) []byte {
	sw, sh := m.Rect.Dx(), m.Rect.Dy()
	overlap := func(i, n, j, m int) float64 { // of [i, i+1)/n and [j, j+1)/m
		return max(0, min(float64(i+1)/float64(n), float64(j+1)/float64(m))-max(float64(i)/float64(n), float64(j)/float64(m)))
	}
	var out []byte
	for y := range h {
		for x := range w {
			var sum [3]float64
			var alpha, area float64
			for sy := range sh {
				for sx := range sw {
					wt := overlap(x, w, sx, sw) * overlap(y, h, sy, sh)
					p := m.NRGBAAt(sx, sy)
					a := wt * float64(p.A) / 255
					sum[0] += a * float64(p.R)
					sum[1] += a * float64(p.G)
					sum[2] += a * float64(p.B)
					alpha += a
					area += wt
				}
			}
			for _, s := range sum {
				if alpha > 0 {
					s /= alpha
				}
				out = append(out, byte(math.Round(s)))
			}
			out = append(out, byte(math.Round(255*alpha/area)))
		}
	}
	return out
}

func TestShrinkIsTheAreaMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][4]int{{8, 8, 4, 4}, {8, 6, 8, 6}, {9, 6, 3, 2}, {7, 5, 3, 2}, {10, 3, 9, 3}, {5, 13, 5, 4}, {13, 11, 1, 1}, {17, 1, 5, 1}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			m := randomImage(rng, size[0], size[1])
			got, want := shrink(m, size[2], size[3]), shrinkSlow(m, size[2], size[3])
			if size[0] == size[2] && size[1] == size[3] {
				want = m.Pix
			}
			for i := range want {
				// Only a mean within rounding of half a step may fall to the other side.
				if d := int(got[i]) - int(want[i]); d < -1 || d > 1 {
					t.Fatalf("byte %d = %d, want %d", i, got[i], want[i])
				}
			}
		})
	}
}

// TestShrinkByWholeFactor: blocks of one colour come out as they went in.
func TestShrinkByWholeFactor(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	small := randomImage(rng, 5, 4)
	for n := 1; n <= 7; n++ {
		big := image.NewNRGBA(image.Rect(0, 0, 5*n, 4*n))
		for y := range 4 * n {
			for x := range 5 * n {
				big.SetNRGBA(x, y, small.NRGBAAt(x/n, y/n))
			}
		}
		got := shrink(big, 5, 4)
		for i := 0; i < len(got); i += 4 {
			want := [4]byte(small.Pix[i:])
			if want[3] == 0 && n > 1 {
				want = [4]byte{} // a transparent pixel has no colour
			}
			if [4]byte(got[i:]) != want {
				t.Fatalf("factor %d, pixel %d = %v, want %v", n, i/4, got[i:i+4], want)
			}
		}
	}
}

// TestShrinkDoesNotBleed: what is transparent lends no colour to its neighbour.
func TestShrinkDoesNotBleed(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	m.SetNRGBA(0, 0, color.NRGBA{0, 0, 0, 0})
	m.SetNRGBA(1, 0, color.NRGBA{250, 100, 40, 255})
	if got := [4]byte(shrink(m, 1, 1)); got != [4]byte{250, 100, 40, 128} {
		t.Errorf("shrink = %v, want [250 100 40 128]", got)
	}
}

// TestRowReaders: each layout with a direct reader gives what the generic one does, for a part of an image.
func TestRowReaders(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	part := image.Rect(3, 2, 8, 6)
	ycc := image.NewYCbCr(image.Rect(0, 0, 9, 7), image.YCbCrSubsampleRatio420)
	for _, p := range [][]byte{ycc.Y, ycc.Cb, ycc.Cr} {
		for i := range p {
			p[i] = byte(rng.UintN(256))
		}
	}
	rgba, gray := image.NewRGBA(image.Rect(0, 0, 9, 7)), image.NewGray(image.Rect(0, 0, 9, 7))
	src := randomImage(rng, 9, 7)
	for y := range 7 {
		for x := range 9 {
			rgba.Set(x, y, src.At(x, y))
			gray.Set(x, y, color.Gray{src.NRGBAAt(x, y).R})
		}
	}
	for _, m := range []interface {
		image.Image
		SubImage(image.Rectangle) image.Image
	}{src, rgba, gray, ycc} {
		sub := m.SubImage(part)
		got, want := shrink(sub, 5, 4), shrink(struct{ image.Image }{sub}, 5, 4)
		for i := range want {
			// YCbCr is rounded to bytes, as image/draw does, where At keeps more bits.
			if d := int(got[i]) - int(want[i]); d < -1 || d > 1 {
				t.Errorf("%T: byte %d = %d, want %d", m, i, got[i], want[i])
			}
		}
	}
}

func BenchmarkShrink(b *testing.B) {
	m := randomImage(rand.New(rand.NewPCG(1, 2)), 800, 800)
	for _, size := range []int{400, 300, 100} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			b.SetBytes(int64(len(m.Pix)))
			for b.Loop() {
				shrink(m, size, size)
			}
		})
	}
}
