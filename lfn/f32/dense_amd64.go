//go:build !noasm

package f32

func gemm(cols, m, k int, a []float32, ars, aks int, b []float32, bs int, init []float32, is int, c []float32, cs int) {
	switch {
	case !useAVX2:
		gemmGo(cols, m, k, a, ars, aks, b, bs, init, is, c, cs)
	case useAVX512 && cols == 32:
		gemm32AVX512(m, k, &a[0], 4*ars, 4*aks, &b[0], 4*bs, &init[0], 4*is, &c[0], 4*cs)
	case useAVX512:
		gemm16AVX512(m, k, &a[0], 4*ars, 4*aks, &b[0], 4*bs, &init[0], 4*is, &c[0], 4*cs)
	default:
		for j := 0; j < cols; j += 16 {
			gemm16AVX2(m, k, &a[0], 4*ars, 4*aks, &b[j], 4*bs, &init[j], 4*is, &c[j], 4*cs)
		}
	}
}

func sumRows(sum, x []float32, s, n int) {
	switch {
	case useAVX512:
		sumRowsAVX512(n, s, &x[0], 4*s, &sum[0])
	case useAVX2:
		sumRowsAVX2(n, s, &x[0], 4*s, &sum[0])
	default:
		sumRowsGo(sum, x, s, n)
	}
}

func norm(y, x, rstd []float32, lo float32, width, n int) {
	switch {
	case width%16 != 0 || !useAVX2:
		normGo(y, x, rstd, lo, width, n)
	case useAVX512:
		normForwardAVX512(n, width, &x[0], &y[0], 4*width, &rstd[0], lo)
	default:
		normForwardAVX2(n, width, &x[0], &y[0], 4*width, &rstd[0], lo)
	}
}

func normBackward(d, x, rstd []float32, lo float32, width, n int) {
	switch {
	case width%16 != 0 || !useAVX2:
		normBackwardGo(d, x, rstd, lo, width, n)
	case useAVX512:
		normBackwardAVX512(n, width, &x[0], &d[0], 4*width, &rstd[0], lo)
	default:
		normBackwardAVX2(n, width, &x[0], &d[0], 4*width, &rstd[0], lo)
	}
}

// peakLoop runs n rounds of fused multiply-adds and returns the floating-point operations done.
func peakLoop(n int) float64 {
	if impls[len(impls)-1] == "avx512" {
		peakAVX512(n)
		return 2 * 12 * 16 * float64(n)
	}
	if len(impls) > 1 {
		peakAVX2(n)
		return 2 * 12 * 8 * float64(n)
	}
	return 0
}
