package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	gain = 10 // as in composite.go of the package
	bias = -1
)

// log1pOver is the polynomial for ln(1+e)/e on [0, 1]: relative error 6e-9, 9e-8 with rounding.
// expm1Over is the one for (eʳ − 1 − r)/r² on ±0.35: error of eʳ 3e-8.
var (
	log1pOver = chebyshev(func(e float64) float64 { return math.Log1p(e) / e }, 0, 1, 9)
	expm1Over = chebyshev(func(r float64) float64 { return (math.Expm1(r) - r) / (r * r) }, -.35, .351, 4) // no node at 0
)

// chebyshev returns the coefficients, lowest first, of the polynomial that equals f at the Chebyshev
// nodes of [lo, hi], which is near the best of its degree.
func chebyshev(f func(float64) float64, lo, hi float64, degree int) []float64 {
	x, d := make([]float64, degree+1), make([]float64, degree+1)
	for i := range x {
		x[i] = (lo+hi)/2 + (hi-lo)/2*math.Cos(math.Pi*(float64(i)+.5)/float64(degree+1))
		d[i] = f(x[i])
	}
	for k := 1; k <= degree; k++ { // divided differences
		for i := degree; i >= k; i-- {
			d[i] = (d[i] - d[i-1]) / (x[i] - x[i-k])
		}
	}
	c := make([]float64, degree+1)
	for i := degree; i >= 0; i-- { // c = c·(t − x[i]) + d[i]
		for j := degree; j > 0; j-- {
			c[j] = c[j-1] - x[i]*c[j]
		}
		c[0] = d[i] - x[i]*c[0]
	}
	return c
}

// horner returns c[0] + c[1]·x + c[2]·x² …
func horner(x VecVirtual, c []float64) VecVirtual {
	p := YMM()
	VMOVUPS(f32(c[len(c)-1]), p)
	for i := len(c) - 2; i >= 0; i-- {
		VFMADD213PS(f32(c[i]), x, p)
	}
	return p
}

// exp splits the exponential of y ≤ 0 into eʸ = scale·(1 + p), scale a power of two ≤ 1 and
// |p| < 0.42. y is overwritten; below −87 it counts as −87.
func exp(y VecVirtual) (scale, p VecVirtual) {
	scale = YMM()
	n, low := YMM(), YMM()
	VMOVUPS(f32(-87), n)
	VMAXPS(y, n, y) // NaN stays
	VMULPS(f32(math.Log2E), y, n)
	VCVTPS2DQ(n, scale)
	VCVTDQ2PS(scale, n)
	// y − n·ln 2 in two steps: the first factor has 12 bits, so that its product is exact.
	hi := math.Floor(math.Ln2*4096) / 4096
	VFNMADD231PS(f32(hi), n, y)
	VFNMADD231PS(f32(math.Ln2-hi), n, y)
	VPADDD(bits(127), scale, scale)
	VPSLLD(Imm(23), scale, scale)
	p = horner(y, expm1Over)
	VMULPS(y, y, low)
	VFMADD213PS(y, low, p)
	return scale, p
}

// sample holds what follows from the density number s of 8 samples.
type sample struct {
	s VecVirtual // overwritten
	e VecVirtual // exp(−|s|)
}

// logit turns the sums of the densities into s, and finds exp(−|s|).
func logit(s VecVirtual) sample {
	g, y, e := YMM(), YMM(), YMM()
	VMOVUPS(f32(gain), g)
	VFMADD213PS(f32(bias), g, s)
	VMOVUPS(f32(math.MaxFloat32), g)
	VMINPS(s, g, s) // NaN stays
	VORPS(bits(1<<31), s, y)
	scale, p := exp(y)
	VMOVAPS(scale, e)
	VFMADD231PS(p, scale, e)
	return sample{s, e}
}

// alpha returns 1 − exp(−softplus(s)·c), softplus(s) = max(s, 0) + ln(1 + exp(−|s|)).
// 1 − scale·(1+p) is taken as (1 − scale) − scale·p, which keeps its digits where it is small.
func alpha(v sample, c VecVirtual) VecVirtual {
	p := horner(v.e, log1pOver)
	a := YMM()
	VXORPS(a, a, a)
	VMAXPS(v.s, a, a)
	VFMADD231PS(v.e, p, a)
	VMULPS(c, a, a)
	VXORPS(bits(1<<31), a, a)
	scale, p := exp(a)
	VMOVUPS(f32(1), a)
	VSUBPS(scale, a, a)
	VFNMADD231PS(p, scale, a)
	return a
}

// halves loads channels 4·g … 4·g+3 of rows k and k+4 (each 16·grids bytes) into one register.
func halves(f GPVirtual, grids, g, k int) VecVirtual {
	y := YMM()
	VBROADCASTF128(Mem{Base: f, Disp: 16 * (grids*k + g)}, y)
	VINSERTF128(Imm(1), Mem{Base: f, Disp: 16 * (grids*(k+4) + g)}, y, y)
	return y
}

// column returns channel 0 of 8 rows in order, given those of rows k and k+4 in y[k].
func column(y [4]VecVirtual) VecVirtual {
	VUNPCKLPS(y[1], y[0], y[0])
	VUNPCKLPS(y[3], y[2], y[2])
	VUNPCKLPD(y[2], y[0], y[0])
	return y[0]
}

// copyRows copies the first rem of 8 rows of f to buf and zeroes the rest, and points f at buf.
func copyRows(f GPVirtual, grids int, mask Mem, buf Mem) {
	for k := range 8 {
		m, row := YMM(), YMM()
		at, to := Mem{Base: f, Disp: 16 * grids * k}, buf.Offset(16*grids*k)
		VBROADCASTSS(mask.Offset(4*k), m)
		if grids == 2 {
			VMASKMOVPS(at, m, row)
			VMOVUPS(row, to)
		} else {
			VMASKMOVPS(at, m.AsX(), row.AsX())
			VMOVUPS(row.AsX(), to)
		}
	}
	LEAQ(buf, f)
}

// wide is a register as wide as a row.
func wide(grids int) VecVirtual {
	if grids == 2 {
		return YMM()
	}
	return XMM()
}

func composite(grids int) {
	name := fmt.Sprintf("composite%dAVX2", grids)
	text(name, "func(acc, f *float32, n int, c, T float32, alpha, trans *float32) float32",
		"%s is compositeGo with %d grids.", name, grids)
	restore := flush()
	accp, f, n := ptr("acc"), ptr("f"), ptr("n")
	alphap, transp := ptr("alpha"), ptr("trans")
	c, T := all("c"), all("T")
	w := scratch(32 + 8*16*grids)
	buf := w.Offset(32)
	var acc [2]VecVirtual
	for i := range acc {
		acc[i] = wide(grids)
		VXORPS(acc[i], acc[i], acc[i])
	}
	// Lane i of previous is i−1, for VPERMPS.
	previous, last, one := YMM(), YMM(), YMM()
	VMOVDQU(words("previous", 0, 0, 1, 2, 3, 4, 5, 6), previous)
	VPCMPEQD(last, last, last)
	VPSRLD(Imm(29), last, last) // 7 in all lanes
	VMOVUPS(f32(1), one)

	block := func(mask *Mem) {
		var y [4]VecVirtual
		for k := range y {
			y[k] = halves(f, grids, 0, k)
			if grids == 2 {
				VADDPS(halves(f, grids, 1, k), y[k], y[k])
			}
		}
		a := alpha(logit(column(y)), c)
		if mask != nil {
			VANDPS(*mask, a, a)
		}
		// Products of 1 − a over the lanes up to each: shift by 1, by 2, by 4, with ones from the left.
		q, t := YMM(), YMM()
		VSUBPS(a, one, q)
		VPERMILPS(Imm(0b10_01_00_00), q, t)
		VBLENDPS(Imm(0x11), one, t, t)
		VMULPS(t, q, q)
		VPERMILPS(Imm(0b01_00_00_00), q, t)
		VBLENDPS(Imm(0x33), one, t, t)
		VMULPS(t, q, q)
		VPERMILPS(Imm(0xff), q, t)
		VPERM2F128(Imm(0), t, t, t)
		VBLENDPS(Imm(0x0f), one, t, t)
		VMULPS(t, q, q)
		VMULPS(T, q, q)
		VPERMPS(q, previous, t)
		VBLENDPS(Imm(1), T, t, t) // transmittance before each sample
		VPERMPS(q, last, T)
		if mask == nil {
			VMOVUPS(a, Mem{Base: alphap})
			VMOVUPS(t, Mem{Base: transp})
		} else {
			m := YMM()
			VMOVUPS(*mask, m)
			VMASKMOVPS(a, m, Mem{Base: alphap})
			VMASKMOVPS(t, m, Mem{Base: transp})
		}
		VMULPS(a, t, t)
		VMOVUPS(t, w)
		for k := range 8 {
			wk := wide(grids)
			VBROADCASTSS(w.Offset(4*k), wk)
			VFMADD231PS(Mem{Base: f, Disp: 16 * grids * k}, wk, acc[k%2])
		}
	}

	JMP(LabelRef("more"))
	Label("eight")
	block(nil)
	ADDQ(U32(8*16*grids), f)
	ADDQ(Imm(32), alphap)
	ADDQ(Imm(32), transp)
	Label("more")
	SUBQ(Imm(8), n)
	JGE(LabelRef("eight"))
	ADDQ(Imm(8), n)
	JZ(LabelRef("done"))
	mask := firstLanes(n)
	copyRows(f, grids, mask, buf)
	block(&mask)
	Label("done")
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(Mem{Base: accp}, acc[0], acc[0])
	VMOVUPS(acc[0], Mem{Base: accp})
	ret, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	VMOVSS(T.AsX(), ret.Addr)
	restore()
	VZEROUPPER()
	RET()
}

func compositeBackward(grids int) {
	name := fmt.Sprintf("compositeBackward%dAVX2", grids)
	text(name, "func(d, f *float32, n int, c float32, alpha, trans, dacc *float32, behind float32)",
		"%s is compositeBackwardGo with %d grids; behind is dT·T.", name, grids)
	restore := flush()
	d, f, n := ptr("d"), ptr("f"), ptr("n")
	alphap, transp, daccp := ptr("alpha"), ptr("trans"), ptr("dacc")
	c, behind := all("c"), all("behind")
	VMULPS(f32(gain), c, c)
	buf := scratch(8*16*grids + 2*32 + 32*grids)
	ws, dss := buf.Offset(8*16*grids), buf.Offset(8*16*grids+32)
	next := YMM()
	VMOVDQU(words("next", 1, 2, 3, 4, 5, 6, 7, 0), next)
	// dacc of each grid in both halves, for two rows at a time.
	both := func(g int) Mem { return buf.Offset(8*16*grids + 64 + 32*g) }
	for g := range grids {
		y := YMM()
		VBROADCASTF128(Mem{Base: daccp, Disp: 16 * g}, y)
		VMOVUPS(y, both(g))
	}
	dacc, first := wide(grids), wide(grids)
	VMOVUPS(Mem{Base: daccp}, dacc)
	VMOVUPS(words("first", 0xffffffff, 0, 0, 0, 0xffffffff, 0, 0, 0), first)

	// block leaves w and ds of 8 samples in ws and dss.
	block := func(mask *Mem) {
		var y, p [4]VecVirtual
		for k := range y {
			y[k], p[k] = halves(f, grids, 0, k), YMM()
			VMULPS(both(0), y[k], p[k])
			if grids == 2 {
				h := halves(f, grids, 1, k)
				VFMADD231PS(both(1), h, p[k])
				VADDPS(h, y[k], y[k])
			}
		}
		v := p[0]
		VHADDPS(p[1], p[0], p[0])
		VHADDPS(p[3], p[2], p[2])
		VHADDPS(p[2], p[0], v)
		s := logit(column(y))
		// sigmoid(s) = (1 or exp(−|s|)) / (1 + exp(−|s|)), by the sign of s
		sigmoid, den, one := YMM(), YMM(), YMM()
		VMOVUPS(f32(1), one)
		VADDPS(s.e, one, den)
		VBLENDVPS(s.s, s.e, one, sigmoid)
		VDIVPS(den, sigmoid, sigmoid)

		a, t, m := YMM(), YMM(), YMM()
		if mask == nil {
			VMOVUPS(Mem{Base: alphap}, a)
			VMOVUPS(Mem{Base: transp}, t)
		} else {
			VMOVUPS(*mask, m)
			VMASKMOVPS(Mem{Base: alphap}, m, a)
			VMASKMOVPS(Mem{Base: transp}, m, t)
			VANDPS(m, v, v)
		}
		w, q := YMM(), YMM()
		VMULPS(a, t, w)
		VMOVUPS(w, ws)
		VSUBPS(a, one, q)
		VMULPS(q, t, q)
		// Sums of w·v over the lanes from each to the last.
		sum, sh := w, YMM()
		VMULPS(v, w, sum)
		VPSRLDQ(Imm(4), sum, sh)
		VADDPS(sh, sum, sum)
		VPSRLDQ(Imm(8), sum, sh)
		VADDPS(sh, sum, sum)
		VPERM2F128(Imm(0x81), sum, sum, sh) // upper half down, zero above
		VPERMILPS(Imm(0), sh, sh)
		VADDPS(sh, sum, sum)
		VPERMPS(sum, next, sh)
		zero := YMM()
		VXORPS(zero, zero, zero)
		VBLENDPS(Imm(0x80), zero, sh, sh)
		VADDPS(behind, sh, sh) // what lies behind each sample
		VBROADCASTSS(sum.AsX(), sum)
		VADDPS(sum, behind, behind)
		VFMSUB213PS(sh, v, q)
		VMULPS(c, q, q)
		VMULPS(sigmoid, q, q)
		VMOVUPS(q, dss)
	}
	row := func(k int) {
		wk, dk := wide(grids), wide(grids)
		VBROADCASTSS(ws.Offset(4*k), wk)
		VBROADCASTSS(dss.Offset(4*k), dk)
		VANDPS(first, dk, dk)
		VFMADD231PS(dacc, wk, dk)
		VMOVUPS(dk, Mem{Base: d, Disp: 16 * grids * k})
	}
	// at moves all pointers to sample n.
	at := func(by GPVirtual) {
		LEAQ(Mem{Base: alphap, Index: by, Scale: 4}, alphap)
		LEAQ(Mem{Base: transp, Index: by, Scale: 4}, transp)
		r := GP64()
		MOVQ(by, r)
		SHLQ(Imm(uint64(3+grids)), r)
		ADDQ(r, f)
		ADDQ(r, d)
	}

	rem, start := GP64(), GP64()
	MOVQ(n, rem)
	ANDQ(Imm(7), rem)
	MOVQ(n, start)
	SUBQ(rem, start)
	at(start)
	TESTQ(rem, rem)
	JZ(LabelRef("more"))
	behindRows := GP64()
	MOVQ(f, behindRows)
	mask := firstLanes(rem)
	copyRows(f, grids, mask, buf)
	block(&mask)
	MOVQ(behindRows, f)
	for k := range 7 {
		row(k)
		if k < 6 {
			CMPQ(rem, U8(k+1))
			JEQ(LabelRef("more"))
		}
	}
	Label("more")
	SUBQ(Imm(8), n)
	JL(LabelRef("done"))
	SUBQ(Imm(32), alphap)
	SUBQ(Imm(32), transp)
	SUBQ(U32(8*16*grids), f)
	SUBQ(U32(8*16*grids), d)
	block(nil)
	for k := range 8 {
		row(k)
	}
	JMP(LabelRef("more"))
	Label("done")
	restore()
	VZEROUPPER()
	RET()
}
