package f32

import "math"

// density returns s = gain·Σσ + bias of one row of f.
func density(row []float32) float64 {
	sum := 0.0
	for j := 0; j < len(row); j += 4 {
		sum += float64(row[j])
	}
	return min(DensityGain*sum+DensityBias, math.MaxFloat32)
}

// softplus is ln(1 + eˢ), written so that nothing overflows.
func softplus(s float64) float64 { return max(s, 0) + math.Log1p(math.Exp(-math.Abs(s))) }

func compositeGo(acc, f []float32, grids, n int, c, T float32, alpha, trans []float32) float32 {
	acc = acc[:4*grids]
	for k := range n {
		row := f[k*len(acc):][:len(acc)]
		a := float32(-math.Expm1(-softplus(density(row)) * float64(c)))
		alpha[k], trans[k] = a, T
		w := T * a
		for j, v := range row {
			acc[j] += w * v
		}
		T *= 1 - a
	}
	return T
}

func compositeBackwardGo(d, f []float32, grids, n int, c float32, alpha, trans, dacc []float32, dT, T float32) {
	dacc = dacc[:4*grids]
	behind := dT * T
	for k := n - 1; k >= 0; k-- {
		row, out := f[k*len(dacc):][:len(dacc)], d[k*len(dacc):][:len(dacc)]
		w := trans[k] * alpha[k]
		var v float32
		for j, g := range dacc {
			v += g * row[j]
			out[j] = w * g
		}
		sigmoid := 1 / (1 + math.Exp(-density(row)))
		ds := (trans[k]*(1-alpha[k])*v - behind) * c * DensityGain * float32(sigmoid)
		for j := 0; j < len(out); j += 4 {
			out[j] += ds
		}
		behind += w * v
	}
}
