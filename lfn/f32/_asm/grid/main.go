// Command grid writes grid_amd64.s: fetch and scatter of grids, compositing along a ray, Adam.
//
// All kernels are AVX2 with FMA. AVX-512 has nothing to add: a texel pair fills 8 lanes, and
// square roots and divisions run no faster in 16.
package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!noasm")
	fetch()
	scatter()
	fetchHeld()
	scatterHeld()
	addSlopes()
	for _, grids := range []int{1, 2} {
		composite(grids)
		compositeBackward(grids)
	}
	adam()
	adamTouched()
	Generate()
}

// text starts a function. It may use the stack: its frame is larger than NOSPLIT functions should have.
func text(name, signature, doc string, a ...any) {
	TEXT(name, 0, signature)
	Pragma("noescape")
	Doc(fmt.Sprintf(doc, a...))
}

// ptr loads a pointer or integer argument.
func ptr(name string) GPVirtual { return Load(Param(name), GP64()).(GPVirtual) }

// all loads a float32 argument into all lanes.
func all(name string) VecVirtual {
	y := YMM()
	a, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(a.Addr, y)
	return y
}

// table is read-only data of 32-bit words.
func table(name string, words ...uint32) Mem {
	m := GLOBL(name, 8+16) // RODATA|NOPTR
	for i, w := range words {
		DATA(4*i, U32(w))
	}
	return m
}

var vectors = map[uint32]Mem{}

// bits is a vector of 8 equal words.
func bits(w uint32) Mem {
	m, ok := vectors[w]
	if !ok {
		m = table(fmt.Sprintf("x%08x", w), w, w, w, w, w, w, w, w)
		vectors[w] = m
	}
	return m
}

// f32 is a vector of 8 equal numbers.
func f32(v float64) Mem { return bits(math.Float32bits(float32(v))) }

// words is a table of 8 words that is made once.
func words(name string, w ...uint32) Mem {
	m, ok := named[name]
	if !ok {
		m = table(name, w...)
		named[name] = m
	}
	return m
}

var named = map[string]Mem{}

// firstLanes returns the address of a mask of the first rem lanes of 8, 0 ≤ rem ≤ 8.
// Four bytes on is the mask of the first rem−1.
func firstLanes(rem GPVirtual) Mem {
	p := GP64()
	at := GP64()
	LEAQ(words("firstlanes", ones(8, 24)...), p)
	MOVQ(U32(8), at)
	SUBQ(rem, at)
	LEAQ(Mem{Base: p, Index: at, Scale: 4}, p)
	return Mem{Base: p}
}

// ones is n words, the first k of which have all bits set.
func ones(k, n int) []uint32 {
	w := make([]uint32, n)
	for i := range k {
		w[i] = 0xffffffff
	}
	return w
}

// scratch allocates n bytes of the stack at an address that 32 divides.
func scratch(n int) Mem {
	m := AllocLocal(n + 32)
	p := GP64()
	LEAQ(m.Offset(31), p)
	ANDQ(I8(-32), p)
	return Mem{Base: p}
}

// flush makes numbers below 2⁻¹²⁶ zero, which spares a hundred cycles where the processor meets one.
// The returned function undoes it and must stand before every return.
func flush() (restore func()) {
	was, now := AllocLocal(8), AllocLocal(8)
	r := GP32()
	STMXCSR(was)
	MOVL(was, r)
	ORL(U32(0x8040), r) // flush to zero, denormals are zero
	MOVL(r, now)
	LDMXCSR(now)
	return func() { LDMXCSR(was) }
}
