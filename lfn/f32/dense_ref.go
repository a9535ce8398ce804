package f32

// gemmGo computes, for m rows (a multiple of 4) and cols columns (16 or 32),
//
//	c[r·cs+j] = init[r·is+j] + Σₖ a[r·ars+k·aks]·b[k·bs+j]
//
// c may be init. Strides count values.
func gemmGo(cols, m, k int, a []float32, ars, aks int, b []float32, bs int, init []float32, is int, c []float32, cs int) {
	for r := 0; r < m; r += 4 {
		for j := 0; j < cols; j += 4 {
			var acc [4][4]float32
			for i := range acc {
				copy(acc[i][:], init[(r+i)*is+j:][:4])
			}
			c0, c1, c2, c3 := acc[0], acc[1], acc[2], acc[3]
			for kk := range k {
				w := b[kk*bs+j:][:4:4]
				ak := a[r*ars+kk*aks:]
				x0, x1, x2, x3 := ak[0], ak[ars], ak[2*ars], ak[3*ars]
				c0[0] += x0 * w[0]
				c0[1] += x0 * w[1]
				c0[2] += x0 * w[2]
				c0[3] += x0 * w[3]
				c1[0] += x1 * w[0]
				c1[1] += x1 * w[1]
				c1[2] += x1 * w[2]
				c1[3] += x1 * w[3]
				c2[0] += x2 * w[0]
				c2[1] += x2 * w[1]
				c2[2] += x2 * w[2]
				c2[3] += x2 * w[3]
				c3[0] += x3 * w[0]
				c3[1] += x3 * w[1]
				c3[2] += x3 * w[2]
				c3[3] += x3 * w[3]
			}
			for i, row := range [...][4]float32{c0, c1, c2, c3} {
				copy(c[(r+i)*cs+j:], row[:])
			}
		}
	}
}

// sumRowsGo adds n rows of s values to sum.
func sumRowsGo(sum, x []float32, s, n int) {
	for r := range n {
		for j, v := range x[r*s:][:s] {
			sum[j] += v
		}
	}
}
