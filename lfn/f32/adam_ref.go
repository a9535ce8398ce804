package f32

import (
	"encoding/binary"
	"math"
)

// adamFactors are the numbers that the loop needs: step = lr/c₁, scale = 1/c₂.
type adamFactors struct {
	b1, a1, b2, a2   float32 // β₁, 1−β₁, β₂, 1−β₂
	scale, eps, step float32
}

func newAdamFactors(lr, beta1, beta2, eps, c1, c2 float32) *adamFactors {
	return &adamFactors{b1: beta1, a1: 1 - beta1, b2: beta2, a2: 1 - beta2, scale: 1 / c2, eps: eps, step: lr / c1}
}

func adamGo(p, g, m, v []float32, f *adamFactors) {
	for i, gi := range g[:len(p)] {
		// The conversions keep the compiler from fusing: see Adam on the last bit.
		mi := float32(f.b1*m[i]) + float32(f.a1*gi)
		vi := float32(f.b2*v[i]) + float32(float32(f.a2*gi)*gi)
		m[i], v[i] = mi, vi
		root := float32(math.Sqrt(float64(float32(vi * f.scale))))
		p[i] -= float32(float32(f.step*mi) / (root + f.eps))
	}
}

func adamTouchedGo(p, g, m, v []float32, touched []uint8, f *adamFactors) {
	for line := 0; line < len(touched); line++ {
		for line+8 <= len(touched) && binary.LittleEndian.Uint64(touched[line:]) == 0 {
			line += 8
		}
		if line == len(touched) || touched[line] == 0 {
			continue
		}
		lo, hi := line*16, min(line*16+16, len(p))
		adamGo(p[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], f)
		clear(g[lo:hi])
		touched[line] = 0
	}
}
