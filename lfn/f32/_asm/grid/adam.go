package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// adamLoop holds the pointers of a run over parameters and the constants of the step.
type adamLoop struct {
	p, g, m, v                          GPVirtual
	b1, a1, b2, a2, scale, eps, stepLen VecVirtual
}

func newAdamLoop() adamLoop {
	a := adamLoop{p: ptr("p"), g: ptr("grad"), m: ptr("m"), v: ptr("v")}
	f := Mem{Base: ptr("f")}
	for i, y := range []*VecVirtual{&a.b1, &a.a1, &a.b2, &a.a2, &a.scale, &a.eps, &a.stepLen} {
		*y = YMM()
		VBROADCASTSS(f.Offset(4*i), *y) // in the order of adamFactors
	}
	return a
}

// eight updates 8 parameters at byte offset at. No multiplication is fused with an addition, so that
// the result is that of adamGo to the last bit.
func (a adamLoop) eight(at func(GPVirtual) Mem, mask VecVirtual) {
	load := func(p GPVirtual) VecVirtual {
		y := YMM()
		if mask == nil {
			VMOVUPS(at(p), y)
		} else {
			VMASKMOVPS(at(p), mask, y)
		}
		return y
	}
	store := func(y VecVirtual, p GPVirtual) {
		if mask == nil {
			VMOVUPS(y, at(p))
		} else {
			VMASKMOVPS(y, mask, at(p))
		}
	}
	g, m, v, t := load(a.g), load(a.m), load(a.v), YMM()
	VMULPS(m, a.b1, m)
	VMULPS(g, a.a1, t)
	VADDPS(t, m, m)
	store(m, a.m)
	VMULPS(v, a.b2, v)
	VMULPS(g, a.a2, t)
	VMULPS(g, t, t)
	VADDPS(t, v, v)
	store(v, a.v)
	VMULPS(v, a.scale, v)
	VSQRTPS(v, v)
	VADDPS(v, a.eps, v)
	VMULPS(m, a.stepLen, m)
	VDIVPS(v, m, m)
	p := load(a.p)
	VSUBPS(m, p, p)
	store(p, a.p)
}

func adam() {
	text("adamAVX2", "func(p, grad, m, v *float32, n int, f *float32)", "adamAVX2 is adamGo; f points at an adamFactors.")
	restore := flush()
	n := ptr("n")
	a := newAdamLoop()
	i := GP64()
	XORQ(i, i)
	at := func(p GPVirtual) Mem { return Mem{Base: p, Index: i, Scale: 4} }
	JMP(LabelRef("more"))
	Label("eight")
	a.eight(at, nil)
	ADDQ(Imm(8), i)
	Label("more")
	SUBQ(Imm(8), n)
	JGE(LabelRef("eight"))
	ADDQ(Imm(8), n)
	JZ(LabelRef("done"))
	mask := YMM()
	VMOVUPS(firstLanes(n), mask)
	a.eight(at, mask)
	Label("done")
	restore()
	VZEROUPPER()
	RET()
}

func adamTouched() {
	text("adamTouchedAVX2", "func(p, grad, m, v *float32, lines int, touched *uint8, f *float32)",
		"adamTouchedAVX2 is adamTouchedGo for whole lines; f points at an adamFactors.")
	restore := flush()
	lines, touched := ptr("lines"), ptr("touched")
	a := newAdamLoop()
	zero := YMM()
	VXORPS(zero, zero, zero)
	base := GP64() // the floats before the current 32 lines
	XORQ(base, base)
	i := GP64()
	line := func() {
		for h := range 2 {
			at := func(p GPVirtual) Mem { return Mem{Base: p, Index: i, Scale: 4, Disp: 32 * h} }
			a.eight(at, nil)
			VMOVUPS(zero, at(a.g))
		}
	}

	JMP(LabelRef("more"))
	Label("scan")
	marks, bit := GP32(), GP64()
	none := YMM()
	VPCMPEQB(Mem{Base: touched}, zero, none)
	VPMOVMSKB(none, marks)
	NOTL(marks)
	TESTL(marks, marks)
	JZ(LabelRef("next"))
	VMOVDQU(zero, Mem{Base: touched})
	Label("line")
	BSFL(marks, bit.As32())
	MOVQ(bit, i)
	SHLQ(Imm(4), i)
	ADDQ(base, i)
	line()
	MOVL(marks, bit.As32()) // clear the lowest bit
	DECL(bit.As32())
	ANDL(bit.As32(), marks)
	JNZ(LabelRef("line"))
	Label("next")
	ADDQ(Imm(32), touched)
	ADDQ(U32(32*16), base)
	Label("more")
	SUBQ(Imm(32), lines)
	JGE(LabelRef("scan"))
	ADDQ(Imm(32), lines)
	JZ(LabelRef("done"))
	Label("one")
	CMPB(Mem{Base: touched}, Imm(0))
	JEQ(LabelRef("skip"))
	MOVB(Imm(0), Mem{Base: touched})
	MOVQ(base, i)
	line()
	Label("skip")
	INCQ(touched)
	ADDQ(Imm(16), base)
	DECQ(lines)
	JNZ(LabelRef("one"))
	Label("done")
	restore()
	VZEROUPPER()
	RET()
}
