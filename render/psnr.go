package render

import "math"

// PSNR returns the peak signal-to-noise ratio of two images of the same size in decibels,
// −10·log₁₀ of the mean squared difference over all pixels and channels; +Inf where they are equal.
func PSNR(a, b *Image) float64 {
	checkSameSize(a, b)
	sum := 0.0
	for i, x := range a.Pix {
		d := float64(x) - float64(b.Pix[i])
		sum += d * d
	}
	if sum == 0 {
		return math.Inf(1)
	}
	return -10 * math.Log10(sum/float64(len(a.Pix)))
}

func checkSameSize(a, b *Image) {
	if a.Width != b.Width || a.Height != b.Height || len(a.Pix) != len(b.Pix) {
		panic("render: images differ in size")
	}
}
