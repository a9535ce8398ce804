package lfn

import "math"

// maxFloat16 is the first float32 that rounds to infinity in float16, half a step above 65504.
const maxFloat16 = 65520

// Float16Bits rounds x to the nearest IEEE 754 binary16, ties to even, and returns its bits.
// Values of maxFloat16 and above become infinity; a NaN stays a NaN.
func Float16Bits(x float32) uint16 {
	b := math.Float32bits(x)
	sign := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000: // NaN: the top of its payload, and the quiet bit so that some bit stays
		return sign | 0x7e00 | uint16(b>>13&0x3ff)
	case b >= 0x477ff000: // maxFloat16
		return sign | 0x7c00
	case b >= 0x38800000: // 2⁻¹⁴, the least normal number: rebias the exponent, drop 13 bits; a carry may go into it
		b -= (127 - 15) << 23
		return sign | uint16((b+0xfff+b>>13&1)>>13)
	}
	// Subnormal, a multiple of 2⁻²⁴. The sum has the exponent of ½, where a float32 step is 2⁻²⁴,
	// so the addition rounds as wanted and leaves the multiple in the low bits.
	return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-math.Float32bits(0.5))
}

// FromFloat16Bits returns the value of the binary16 with the bits h, which is exact.
func FromFloat16Bits(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp, frac := uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 0:
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*0x1p-24))
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// fromBFloat16 returns the value of the bfloat16 with the bits h: the upper half of a float32.
func fromBFloat16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }
