package f32

// Adam updates parameters p and their moments m and v by the gradient g (Kingma and Ba 2015, algorithm 1):
//
//	m = β₁·m + (1−β₁)·g
//	v = β₂·v + (1−β₂)·g²
//	p = p − lr·(m/c₁) / (√(v/c₂) + ε)
//
// c1 and c2 are 1 − β₁ᵗ and 1 − β₂ᵗ for step t = 1, 2, …
// g, m and v have at least len(p) values. All implementations agree to the last bit, except that the
// fast ones take numbers smaller than 2⁻¹²⁶ for zero.
func Adam(p, g, m, v []float32, lr, beta1, beta2, eps, c1, c2 float32) {
	n := len(p)
	if len(g) < n || len(m) < n || len(v) < n {
		panic("f32: Adam: len(g), len(m) or len(v) < len(p)")
	}
	if n > 0 {
		adam(p, g[:n], m[:n], v[:n], newAdamFactors(lr, beta1, beta2, eps, c1, c2))
	}
}

// AdamTouched does what Adam does for those lines of 16 values whose byte of touched is not 0, then
// zeroes their gradient and their mark. touched has ⌈len(p)/16⌉ bytes; the last line may be short.
//
// Lines that are not touched keep their moments as they are ("lazy" Adam).
func AdamTouched(p, g, m, v []float32, touched []uint8, lr, beta1, beta2, eps, c1, c2 float32) {
	n := len(p)
	if len(g) < n || len(m) < n || len(v) < n {
		panic("f32: AdamTouched: len(g), len(m) or len(v) < len(p)")
	}
	if len(touched) < (n+15)/16 {
		panic("f32: AdamTouched: len(touched) < len(p)/16")
	}
	if n > 0 {
		adamTouched(p, g[:n], m[:n], v[:n], touched[:(n+15)/16], newAdamFactors(lr, beta1, beta2, eps, c1, c2))
	}
}
