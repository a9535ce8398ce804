package f32

// cell finds the cell of position p along one axis, and the place in it. half is (res−1)/2.
// The product is rounded before the sum (no fused operation), so that every
// implementation finds the same cell.
func cell(p, half float32, res int) (i int, f float32) {
	u := float32(p*half) + half
	if !(u > 0) {
		u = 0
	}
	u = min(u, half+half)
	i = min(int(u), res-2)
	return i, u - float32(i)
}

func fetchGo(dst []float32, stride int, grid []float32, res int, x, y, z []float32) {
	half := float32(res-1) / 2
	row, plane := res*4, res*res*4
	for n := range x {
		ix, fx := cell(x[n], half, res)
		iy, fy := cell(y[n], half, res)
		iz, fz := cell(z[n], half, res)
		t := ((iz*res+iy)*res + ix) * 4
		mix(dst[n*stride:], grid, [4]int{t, t + row, t + plane, t + plane + row}, fx, fy, fz)
	}
}

func fetchHeldGo(dst []float32, stride int, grid []float32, starts []int32, res int, x, y, z []float32) {
	half := float32(res-1) / 2
	for n := range x {
		ix, fx := cell(x[n], half, res)
		iy, fy := cell(y[n], half, res)
		iz, fz := cell(z[n], half, res)
		mix(dst[n*stride:], grid, heldRows(starts, res, ix, iy, iz), fx, fy, fz)
	}
}

// heldRows is where the two texels of each row of a cell are in a grid of which some texels are held.
func heldRows(starts []int32, res, ix, iy, iz int) (at [4]int) {
	for k := range at {
		at[k] = 4 * (int(starts[(iz+k>>1)*res+iy+k&1]) + ix)
	}
	return at
}

// mix writes to dst what is at a place in the cell whose rows of two texels are there in grid.
func mix(dst, grid []float32, rows [4]int, fx, fy, fz float32) {
	w00, w01 := (1-fz)*(1-fy), (1-fz)*fy
	w10, w11 := fz*(1-fy), fz*fy
	a, b := (*[8]float32)(grid[rows[0]:]), (*[8]float32)(grid[rows[1]:])
	c, d := (*[8]float32)(grid[rows[2]:]), (*[8]float32)(grid[rows[3]:])
	o := (*[4]float32)(dst)
	for j := range o {
		lo := w00*a[j] + w01*b[j] + w10*c[j] + w11*d[j]
		hi := w00*a[j+4] + w01*b[j+4] + w10*c[j+4] + w11*d[j+4]
		o[j] = lo + fx*(hi-lo)
	}
}

// pace is the derivative of u in cell by p: 0 outside of the cube.
func pace(p, half float32) float32 {
	if u := float32(p*half) + half; !(u >= 0 && u <= half+half) {
		return 0
	}
	return half
}

func addSlopesGo(sums, grid []float32, res int, x, y, z, d0, d1 []float32, stride int) {
	half := float32(res-1) / 2
	for n := range x {
		ix, fx := cell(x[n], half, res)
		iy, fy := cell(y[n], half, res)
		iz, fz := cell(z[n], half, res)
		px, py, pz := pace(x[n], half), pace(y[n], half), pace(z[n], half)
		t := ((iz*res+iy)*res + ix) * 4
		row, plane := res*4, res*res*4
		a, b := (*[8]float32)(grid[t:]), (*[8]float32)(grid[t+row:])
		c, d := (*[8]float32)(grid[t+plane:]), (*[8]float32)(grid[t+plane+row:])
		for j := range 4 {
			// Of the two texels along x: what they are between the rows and planes, and its changes along y and z.
			var v, vy, vz [2]float32
			for s := range v {
				k := j + 4*s
				near, far := b[k]-a[k], d[k]-c[k]
				front, back := a[k]+fy*near, c[k]+fy*far
				vy[s], vz[s] = near+fz*(far-near), back-front
				v[s] = front + fz*vz[s]
			}
			slopes := [3]float32{px * (v[1] - v[0]), py * (vy[0] + fx*(vy[1]-vy[0])), pz * (vz[0] + fx*(vz[1]-vz[0]))}
			for axis, slope := range slopes {
				for k, dk := range [2][]float32{d0, d1} {
					v := dk[n*stride+j] * slope
					sums[8*axis+4*k+j] += v
					sums[24+8*axis+4*k+j] += float32(n) * v
				}
			}
		}
	}
}

func scatterGo(grad []float32, touched []uint8, res int, x, y, z, d []float32, stride int) {
	half := float32(res-1) / 2
	row, plane := res*4, res*res*4
	for n := range x {
		ix, fx := cell(x[n], half, res)
		iy, fy := cell(y[n], half, res)
		iz, fz := cell(z[n], half, res)
		t := ((iz*res+iy)*res + ix) * 4
		add(grad, touched, [4]int{t, t + row, t + plane, t + plane + row}, fx, fy, fz, d[n*stride:])
	}
}

func scatterHeldGo(grad []float32, touched []uint8, starts []int32, res int, x, y, z, d []float32, stride int) {
	half := float32(res-1) / 2
	for n := range x {
		ix, fx := cell(x[n], half, res)
		iy, fy := cell(y[n], half, res)
		iz, fz := cell(z[n], half, res)
		add(grad, touched, heldRows(starts, res, ix, iy, iz), fx, fy, fz, d[n*stride:])
	}
}

// add is the adjoint of mix: it adds d to the rows of two texels, and marks their lines.
func add(grad []float32, touched []uint8, rows [4]int, fx, fy, fz float32, d []float32) {
	v := (*[4]float32)(d)
	for k, w := range [4]float32{(1 - fz) * (1 - fy), (1 - fz) * fy, fz * (1 - fy), fz * fy} {
		t := rows[k]
		touched[t/(4*lineTexels)] = 1
		touched[(t+4)/(4*lineTexels)] = 1
		g := (*[8]float32)(grad[t:])
		for j := range 4 {
			g[j] += w * ((1 - fx) * v[j])
			g[j+4] += w * (fx * v[j])
		}
	}
}
