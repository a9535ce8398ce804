// Command dense writes dense_amd64.s: the tiles of the matrix product, the norms of rows and the
// processor's peak.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!noasm")
	for _, isa := range []isa{avx2, avx512} {
		for _, halves := range []int{1, 2} {
			gemm(isa, halves)
		}
		peak(isa)
		normForward(isa)
		normBackward(isa)
		sumRows(isa)
	}
	Generate()
}

// isa is what differs between the two instruction sets.
type isa struct {
	name  string
	lanes int   // floats in a register
	rows  []int // heights of the tiles, tallest first; the last divides every row count
	vec   func() VecVirtual
}

var (
	avx2   = isa{"AVX2", 8, []int{6, 4}, YMM}
	avx512 = isa{"AVX512", 16, []int{12, 8, 4}, ZMM}
)

func (s isa) vecs(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = s.vec()
	}
	return v
}

// zero clears a register.
func (s isa) zero(v VecVirtual) {
	if s.lanes == 16 {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
}

// gemm writes gemm16AVX512 and its kin: for m rows and a panel of 16 columns (halves = 1) or 32 (2),
//
//	c[r][j] = init[r][j] + Σₖ a[r][k]·b[k][j]
//
// Each operand has a stride in bytes from row to row, a also one from k to k, so that the same tile
// serves x·wᵀ, dz·w and dzᵀ·x.
func gemm(s isa, halves int) {
	cols := 16 * halves
	if s.lanes == 8 && halves == 2 {
		return // 6×16 is all that 16 registers hold
	}
	vecs := cols / s.lanes
	name := fmt.Sprintf("gemm%d%s", cols, s.name)
	TEXT(name, NOSPLIT, "func(m, k int, a *float32, ars, aks int, b *float32, bs int, init *float32, is int, c *float32, cs int)")
	Doc(fmt.Sprintf("%s computes c = init + a·b for m rows of %d columns; strides are in bytes, m is a multiple of 4.", name, cols))
	m := Load(Param("m"), GP64())
	a := Load(Param("a"), GP64())
	ars := Load(Param("ars"), GP64())
	init := Load(Param("init"), GP64())
	c := Load(Param("c"), GP64())

	for i, rows := range s.rows {
		label := fmt.Sprintf("rows%d", rows)
		next := "done"
		if i+1 < len(s.rows) {
			next = fmt.Sprintf("rows%d", s.rows[i+1])
		}
		Label(label)
		// A tile of 6 must not leave 2 rows behind: take it while 10 or more, or just 6, remain… m is a
		// multiple of 4 and 6·2 = 12, so 6s are taken in pairs.
		step := rows
		if rows == 6 {
			step = 12
		}
		CMPQ(m, Imm(uint64(step)))
		JLT(LabelRef(next))
		for range step / rows {
			tile(s, rows, vecs, a, ars, init, c)
		}
		SUBQ(Imm(uint64(step)), m)
		JMP(LabelRef(label))
	}
	Label("done")
	VZEROUPPER()
	RET()
}

var unique int

// tile computes rows×vecs registers of c and moves a, init and c down by as many rows.
func tile(s isa, rows, vecs int, a, ars, init, c Register) {
	unique++
	acc := make([][]VecVirtual, rows)
	is := Load(Param("is"), GP64())
	p := GP64()
	MOVQ(init, p)
	for r := range acc {
		acc[r] = s.vecs(vecs)
		for v := range acc[r] {
			VMOVUPS(Mem{Base: p, Disp: v * s.lanes * 4}, acc[r][v])
		}
		ADDQ(is, p)
	}
	MOVQ(p, init)

	// Rows are reached from every third one: base, base+ars, base+2·ars.
	bases := make([]GPVirtual, (rows+2)/3)
	three := GP64()
	LEAQ(Mem{Base: ars, Index: ars, Scale: 2}, three)
	for i := range bases {
		bases[i] = GP64()
		if i == 0 {
			MOVQ(a, bases[i])
		} else {
			LEAQ(Mem{Base: bases[i-1], Index: three, Scale: 1}, bases[i])
		}
	}
	row := func(r int) Mem {
		b := bases[r/3]
		if r%3 == 0 {
			return Mem{Base: b}
		}
		return Mem{Base: b, Index: ars, Scale: uint8(r % 3)}
	}
	b := Load(Param("b"), GP64())
	bs := Load(Param("bs"), GP64())
	aks := Load(Param("aks"), GP64())
	k := Load(Param("k"), GP64())
	loop, end := fmt.Sprintf("loop%d", unique), fmt.Sprintf("end%d", unique)
	TESTQ(k, k)
	JE(LabelRef(end))
	w := s.vecs(vecs)
	Label(loop)
	for v := range w {
		VMOVUPS(Mem{Base: b, Disp: v * s.lanes * 4}, w[v])
	}
	for r := range acc {
		x := s.vec()
		VBROADCASTSS(row(r), x)
		for v := range w {
			VFMADD231PS(x, w[v], acc[r][v])
		}
	}
	ADDQ(bs, b)
	for _, base := range bases {
		ADDQ(aks, base)
	}
	DECQ(k)
	JNE(LabelRef(loop))
	Label(end)

	cs := Load(Param("cs"), GP64())
	for r := range acc {
		for v := range acc[r] {
			VMOVUPS(acc[r][v], Mem{Base: c, Disp: v * s.lanes * 4})
		}
		ADDQ(cs, c)
	}
	// a moves down by rows·ars.
	down := GP64()
	MOVQ(ars, down)
	IMUL3Q(Imm(uint64(rows)), down, down)
	ADDQ(down, a)
}

// peak writes a loop of nothing but independent fused multiply-adds: 12 registers, n rounds.
func peak(s isa) {
	TEXT("peak"+s.name, NOSPLIT, "func(n int)")
	Doc("peak" + s.name + fmt.Sprintf(" does n·12·%d fused multiply-adds.", s.lanes))
	n := Load(Param("n"), GP64())
	acc := s.vecs(12)
	x := s.vec()
	s.zero(x)
	for _, v := range acc {
		s.zero(v)
	}
	Label("loop")
	for _, v := range acc {
		VFMADD231PS(x, x, v)
	}
	DECQ(n)
	JNE(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
