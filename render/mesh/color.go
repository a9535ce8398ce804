package mesh

import "math"

// EncodeSRGB turns linear light into an sRGB value in [0, 1] (IEC 61966-2-1); a NaN is 0.
func EncodeSRGB(x float64) float64 {
	switch {
	case !(x > 0):
		return 0
	case x >= 1:
		return 1
	case x <= 0.0031308:
		return 12.92 * x
	}
	return 1.055*math.Pow(x, 1/2.4) - 0.055
}

// DecodeSRGB is its inverse.
func DecodeSRGB(v float64) float32 {
	if v <= 0.04045 {
		return float32(v / 12.92)
	}
	return float32(math.Pow((v+0.055)/1.055, 2.4))
}

// decoded are the values of bytes.
var decoded = func() (t [256]float32) {
	for i := range t {
		t[i] = DecodeSRGB(float64(i) / 255)
	}
	return t
}()

// toByte is encode for pictures of bytes.
func toByte(x float32) byte { return byte(EncodeSRGB(float64(x))*255 + 0.5) }
