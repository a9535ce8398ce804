package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// columns writes a loop over the registers of one row: w bytes, body gets the offset register.
func columns(s isa, w Register, body func(off Register)) {
	unique++
	loop := fmt.Sprintf("columns%d", unique)
	off := GP64()
	XORQ(off, off)
	Label(loop)
	body(off)
	ADDQ(Imm(uint64(s.lanes*4)), off)
	CMPQ(off, w)
	JLT(LabelRef(loop))
}

// sum adds the lanes of v and leaves the total in lane 0 of the result.
func sum(s isa, v VecVirtual) VecVirtual {
	if s.lanes == 16 {
		hi := YMM()
		VEXTRACTF64X4(Imm(1), v, hi)
		VADDPS(v.AsY(), hi, hi)
		v = hi
	}
	x, hi := XMM(), XMM()
	VEXTRACTF128(Imm(1), v.AsY(), hi)
	VADDPS(v.AsX(), hi, x)
	VPERMILPS(Imm(0b1110), x, hi)
	VADDPS(x, hi, x)
	VPERMILPS(Imm(1), x, hi)
	VADDPS(x, hi, x)
	return x
}

// normForward writes the LayerNorm of rows, with the activation max(·, lo).
func normForward(s isa) {
	TEXT("normForward"+s.name, NOSPLIT, "func(n, width int, x, y *float32, stride int, rstd *float32, lo float32)")
	Doc("normForward"+s.name+" normalises n rows of x in place and writes max(x, lo) to y; stride is in bytes,",
		"width a multiple of 16.")
	n := Load(Param("n"), GP64())
	width := Load(Param("width"), GP64())
	x := Load(Param("x"), GP64())
	y := Load(Param("y"), GP64())
	stride := Load(Param("stride"), GP64())
	rstd := Load(Param("rstd"), GP64())
	lo := s.vec()
	VBROADCASTSS(NewParamAddr("lo", 48), lo)
	// 1/width, the smallest variance, and 1.
	inv, eps, one := XMM(), XMM(), XMM()
	VXORPS(inv, inv, inv)
	VCVTSI2SSQ(width, inv, inv)
	VMOVSS(floatConst("one", 1), one)
	VDIVSS(inv, one, inv)
	VMOVSS(floatConst("epsilon", 1e-5), eps)
	w := GP64()
	MOVQ(width, w)
	SHLQ(Imm(2), w)

	Label("row")
	acc := s.vec()
	s.zero(acc)
	columns(s, w, func(off Register) { VADDPS(Mem{Base: x, Index: off, Scale: 1}, acc, acc) })
	mean1 := sum(s, acc)
	VMULSS(inv, mean1, mean1)
	mean := s.vec()
	VBROADCASTSS(mean1.AsX(), mean)
	acc2 := s.vec()
	s.zero(acc2)
	columns(s, w, func(off Register) {
		d := s.vec()
		VMOVUPS(Mem{Base: x, Index: off, Scale: 1}, d)
		VSUBPS(mean, d, d)
		VFMADD231PS(d, d, acc2)
	})
	v := sum(s, acc2)
	VFMADD213SS(eps, inv, v)
	VSQRTSS(v, v, v)
	VDIVSS(v, one, v)
	VMOVSS(v.AsX(), Mem{Base: rstd})
	scale := s.vec()
	VBROADCASTSS(v.AsX(), scale)
	columns(s, w, func(off Register) {
		d := s.vec()
		VMOVUPS(Mem{Base: x, Index: off, Scale: 1}, d)
		VSUBPS(mean, d, d)
		VMULPS(scale, d, d)
		VMOVUPS(d, Mem{Base: x, Index: off, Scale: 1})
		VMAXPS(d, lo, d) // in this order a NaN stays one
		VMOVUPS(d, Mem{Base: y, Index: off, Scale: 1})
	})
	ADDQ(stride, x)
	ADDQ(stride, y)
	ADDQ(Imm(4), rstd)
	DECQ(n)
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// normBackward writes the backward of normForward.
func normBackward(s isa) {
	TEXT("normBackward"+s.name, NOSPLIT, "func(n, width int, x, d *float32, stride int, rstd *float32, lo float32)")
	Doc("normBackward"+s.name+" turns n rows of d, the derivative by the activations, into that by the rows before",
		"the norm; x holds the normalised rows. stride is in bytes, width a multiple of 16.")
	n := Load(Param("n"), GP64())
	width := Load(Param("width"), GP64())
	x := Load(Param("x"), GP64())
	d := Load(Param("d"), GP64())
	stride := Load(Param("stride"), GP64())
	rstd := Load(Param("rstd"), GP64())
	lo := s.vec()
	VBROADCASTSS(NewParamAddr("lo", 48), lo)
	inv, one := XMM(), XMM()
	VXORPS(inv, inv, inv)
	VCVTSI2SSQ(width, inv, inv)
	VMOVSS(floatConst("one", 1), one)
	VDIVSS(inv, one, inv)
	w := GP64()
	MOVQ(width, w)
	SHLQ(Imm(2), w)

	Label("row")
	s1, s2 := s.vec(), s.vec()
	s.zero(s1)
	s.zero(s2)
	masked := func(off Register, xv VecVirtual) VecVirtual {
		t := s.vec()
		VMOVUPS(Mem{Base: x, Index: off, Scale: 1}, xv)
		if s.lanes == 16 {
			k := K()
			VCMPPS(Imm(1), xv, lo, k) // lo < x
			VMOVUPS_Z(Mem{Base: d, Index: off, Scale: 1}, k, t)
		} else {
			VCMPPS(Imm(1), xv, lo, t)
			VANDPS(Mem{Base: d, Index: off, Scale: 1}, t, t)
		}
		return t
	}
	columns(s, w, func(off Register) {
		xv := s.vec()
		t := masked(off, xv)
		VADDPS(t, s1, s1)
		VFMADD231PS(xv, t, s2)
	})
	m1 := sum(s, s1)
	VMULSS(inv, m1, m1)
	m2 := sum(s, s2)
	VMULSS(inv, m2, m2)
	b1, b2, scale := s.vec(), s.vec(), s.vec()
	VBROADCASTSS(m1.AsX(), b1)
	VBROADCASTSS(m2.AsX(), b2)
	VBROADCASTSS(Mem{Base: rstd}, scale)
	columns(s, w, func(off Register) {
		xv := s.vec()
		t := masked(off, xv)
		VSUBPS(b1, t, t)
		VFNMADD231PS(xv, b2, t)
		VMULPS(scale, t, t)
		VMOVUPS(t, Mem{Base: d, Index: off, Scale: 1})
	})
	ADDQ(stride, x)
	ADDQ(stride, d)
	ADDQ(Imm(4), rstd)
	DECQ(n)
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// sumRows writes the sum of each column, for the gradient of a bias.
func sumRows(s isa) {
	TEXT("sumRows"+s.name, NOSPLIT, "func(n, width int, x *float32, stride int, sum *float32)")
	Doc("sumRows" + s.name + " adds n rows of x to sum; stride is in bytes, width a multiple of 16.")
	width := Load(Param("width"), GP64())
	x := Load(Param("x"), GP64())
	stride := Load(Param("stride"), GP64())
	dst := Load(Param("sum"), GP64())
	Label("block")
	acc := s.vecs(16 / s.lanes)
	for i := range acc {
		VMOVUPS(Mem{Base: dst, Disp: i * s.lanes * 4}, acc[i])
	}
	p, n := GP64(), Load(Param("n"), GP64())
	MOVQ(x, p)
	Label("row")
	for i := range acc {
		VADDPS(Mem{Base: p, Disp: i * s.lanes * 4}, acc[i], acc[i])
	}
	ADDQ(stride, p)
	DECQ(n)
	JNE(LabelRef("row"))
	for i := range acc {
		VMOVUPS(acc[i], Mem{Base: dst, Disp: i * s.lanes * 4})
	}
	ADDQ(Imm(64), x)
	ADDQ(Imm(64), dst)
	SUBQ(Imm(16), width)
	JG(LabelRef("block"))
	VZEROUPPER()
	RET()
}

var consts = map[string]Mem{}

// floatConst returns a read-only float32.
func floatConst(name string, v float32) Mem {
	if m, ok := consts[name]; ok {
		return m
	}
	consts[name] = ConstData(name, F32(v))
	return consts[name]
}
