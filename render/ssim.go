package render

import "math"

// Constants of SSIM for values in [0, 1], from Wang, Bovik, Sheikh and Simoncelli, Image quality assessment,
// IEEE Transactions on Image Processing 13(4), 2004, section III.C.
const (
	ssimWindow = 11 // pixels a side
	ssimSigma  = 1.5
	ssimC1     = 0.01 * 0.01
	ssimC2     = 0.03 * 0.03
)

// SSIM returns the mean structural similarity of two images of the same size: 1 where they are equal.
// For each channel and each 11×11 window that lies inside the image, with Gaussian weights w of σ = 1.5,
//
//	μa = Σ w·a, σa² = Σ w·a² − μa², σab = Σ w·a·b − μa·μb, and likewise for b
//	ssim = (2·μa·μb + C1)·(2·σab + C2) / ((μa² + μb² + C1)·(σa² + σb² + C2))
//
// and the answer is the mean over windows and channels. In an image smaller than that, the window is the
// largest odd square that fits. An empty image gives 1.
func SSIM(a, b *Image) float64 {
	checkSameSize(a, b)
	if len(a.Pix) == 0 {
		return 1
	}
	taps := gaussian(min(ssimWindow, (a.Width-1)|1, (a.Height-1)|1))
	s := ssimRows{taps: taps, width: a.Width - len(taps) + 1}
	for i := range s.ring {
		s.ring[i] = make([]float64, len(taps)*s.width)
		s.line[i] = make([]float64, a.Width)
	}
	sum := 0.0
	for channel := range 3 {
		for y := range a.Height {
			s.push(a, b, y, channel)
			if y >= len(taps)-1 {
				sum += s.sum(y)
			}
		}
	}
	return sum / float64(3*s.width*(a.Height-len(taps)+1))
}

// ssimRows slides a window down one channel. The Gaussian is separable: each row is filtered across once,
// when it enters, and the last len(taps) rows are filtered down.
type ssimRows struct {
	taps  []float64
	width int          // windows in a row
	line  [4][]float64 // a, b, a² + b², a·b of one row; the variances occur in SSIM only as their sum
	ring  [4][]float64 // len(taps) rows of width, filtered across; row y is at y mod len(taps)
}

func (s *ssimRows) push(a, b *Image, y, channel int) {
	row := 3*y*a.Width + channel
	for x := range a.Width {
		p, q := float64(a.Pix[row+3*x]), float64(b.Pix[row+3*x])
		s.line[0][x], s.line[1][x], s.line[2][x], s.line[3][x] = p, q, p*p+q*q, p*q
	}
	at := y % len(s.taps) * s.width
	for i, line := range s.line {
		out := s.ring[i][at:][:s.width]
		for x := range out {
			sum := 0.0
			for k, v := range line[x:][:len(s.taps)] {
				sum += s.taps[k] * v
			}
			out[x] = sum
		}
	}
}

// sum returns the sum of SSIM over the row of windows that ends with row y.
func (s *ssimRows) sum(y int) float64 {
	for i, ring := range s.ring {
		out := s.line[i][:s.width]
		clear(out)
		for k, tap := range s.taps {
			at := (y + 1 + k) % len(s.taps) * s.width
			for x, v := range ring[at:][:s.width] {
				out[x] += tap * v
			}
		}
	}
	sum := 0.0
	for x := range s.width {
		ma, mb, squares, product := s.line[0][x], s.line[1][x], s.line[2][x], s.line[3][x]
		means := ma*ma + mb*mb
		sum += (2*ma*mb + ssimC1) * (2*(product-ma*mb) + ssimC2) / ((means + ssimC1) * (squares - means + ssimC2))
	}
	return sum
}

// gaussian returns n weights of a Gaussian of σ = ssimSigma around the middle, with sum 1.
func gaussian(n int) []float64 {
	w := make([]float64, n)
	sum := 0.0
	for i := range w {
		x := float64(i) - float64(n-1)/2
		w[i] = math.Exp(-x * x / (2 * ssimSigma * ssimSigma))
		sum += w[i]
	}
	for i := range w {
		w[i] /= sum
	}
	return w
}
