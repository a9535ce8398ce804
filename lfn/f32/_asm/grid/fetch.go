package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// cells finds the cells of up to 8 positions at a time; see cell in grid_ref.go for the formula.
type cells struct {
	x, y, z        GPVirtual
	half, top, one VecVirtual
	last, res      VecVirtual // int32
	buf            Mem        // 8 texels, 8 fx, 8 weights for each of the rows (z,y) = 00 01 10 11, lines, texels of each row
}

func newCells() cells { return cellsOf().constants() }

func cellsOf() cells { return cells{x: ptr("x"), y: ptr("y"), z: ptr("z"), buf: scratch(18 * 32)} }

// constants loads what finding cells needs.
func (c cells) constants() cells {
	c.half = all("half")
	c.top, c.one, c.last, c.res = YMM(), YMM(), YMM(), YMM()
	VADDPS(c.half, c.half, c.top)
	VMOVUPS(f32(1), c.one)
	VCVTTPS2DQ(c.top, c.res) // res − 1
	VPSUBD(bits(1), c.res, c.last)
	VPADDD(bits(1), c.res, c.res)
	return c
}

func (c cells) texel(i int) Mem  { return c.buf.Offset(4 * i) }
func (c cells) fx(i int) Mem     { return c.buf.Offset(32 + 4*i) }
func (c cells) w(row, i int) Mem { return c.buf.Offset(32*(2+row) + 4*i) }

// axis loads positions and returns their cells and the places in them. pace, where it is not nil, gets the derivative of
// the place: half, or 0 outside of the cube.
func (c cells) axis(p GPVirtual, mask, pace *Mem) (i, f VecVirtual) {
	u := YMM()
	i, f = YMM(), YMM()
	if mask == nil {
		VMOVUPS(Mem{Base: p}, u)
		ADDQ(U8(32), p)
	} else {
		m := YMM()
		VMOVUPS(*mask, m)
		VMASKMOVPS(Mem{Base: p}, m, u)
	}
	VMULPS(u, c.half, u)
	VADDPS(u, c.half, u)
	free := YMM()
	if pace != nil {
		VMOVAPS(u, free)
	}
	VMAXPS(bits(0), u, u) // NaN becomes zero
	VMINPS(c.top, u, u)
	if pace != nil {
		VCMPPS(Imm(0), u, free, free) // equal
		VANDPS(c.half, free, free)
		VMOVUPS(free, *pace)
	}
	VCVTTPS2DQ(u, i)
	VPMINSD(c.last, i, i)
	VCVTDQ2PS(i, f)
	VSUBPS(f, u, f)
	return i, f
}

// line is where the line of the row's first or second texel is; see lines.
func (c cells) line(row, x, i int) Mem { return c.buf.Offset(32*(6+2*row+x) + 4*i) }

// lines follows find and adds the lines (4 texels) of all corners to buf.
func (c cells) lines() {
	t, next, plane, l := YMM(), YMM(), YMM(), YMM()
	VMOVDQU(c.texel(0), t)
	VPMULLD(c.res, c.res, plane)
	VPADDD(t, plane, plane)
	for row := range 4 {
		switch row {
		case 1, 3:
			VPADDD(c.res, t, t)
		case 2:
			VMOVDQA(plane, t)
		}
		VPADDD(bits(1), t, next)
		VPSRLD(Imm(2), t, l)
		VMOVDQU(l, c.line(row, 0, 0))
		VPSRLD(Imm(2), next, l)
		VMOVDQU(l, c.line(row, 1, 0))
	}
}

// rowsAndColumns fills buf with fx and the weights of the next 8 positions, or of those in mask, and returns their rows and columns.
func (c cells) rowsAndColumns(mask *Mem) (row, ix VecVirtual) {
	iz, fz := c.axis(c.z, mask, nil)
	iy, fy := c.axis(c.y, mask, nil)
	gz, gy := YMM(), YMM()
	VSUBPS(fz, c.one, gz)
	VSUBPS(fy, c.one, gy)
	for row, w := range [4][2]VecVirtual{{gz, gy}, {gz, fy}, {fz, gy}, {fz, fy}} {
		v := YMM()
		VMULPS(w[0], w[1], v)
		VMOVUPS(v, c.w(row, 0))
	}
	VPMULLD(c.res, iz, iz)
	VPADDD(iz, iy, iy)
	ix, fx := c.axis(c.x, mask, nil)
	VMOVUPS(fx, c.fx(0))
	return iy, ix
}

// find fills buf for the next 8 positions, or for those in mask.
func (c cells) find(mask *Mem) {
	row, ix := c.rowsAndColumns(mask)
	VPMULLD(c.res, row, row)
	VPADDD(row, ix, ix)
	VMOVUPS(ix, c.texel(0))
}

// held is where the first texel of a row is; see findHeld.
func (c cells) held(row, i int) Mem { return c.buf.Offset(32*(14+row) + 4*i) }

// findHeld is find for a grid of which some texels are held, and lines where they are wanted. starts are those of the rows,
// and of the rows a plane on.
func (c cells) findHeld(mask *Mem, starts [2]GPVirtual, lines bool) {
	q, ix := c.rowsAndColumns(mask)
	for row := range 4 {
		all, t := YMM(), YMM()
		VPCMPEQD(all, all, all)
		VPXOR(t, t, t)
		VPGATHERDD(all, Mem{Base: starts[row/2], Index: q, Scale: 4, Disp: 4 * (row % 2)}, t)
		VPADDD(ix, t, t)
		VMOVDQU(t, c.held(row, 0))
		for x := 0; lines && x < 2; x++ {
			line := YMM()
			VPSRLD(Imm(2), t, line)
			VMOVDQU(line, c.line(row, x, 0))
			VPADDD(bits(1), t, t)
		}
	}
}

// points emits the loop over n positions: body handles one, whose cell is number i of buf;
// find prepares the next 8, or those in mask.
func (c cells) points(name string, find func(mask *Mem), body func(c cells, i int)) {
	n := ptr("n")
	JMP(LabelRef(name + "_more"))
	Label(name + "_eight")
	find(nil)
	for i := range 8 {
		body(c, i)
	}
	Label(name + "_more")
	SUBQ(Imm(8), n)
	JGE(LabelRef(name + "_eight"))
	ADDQ(Imm(8), n)
	JZ(LabelRef(name + "_done"))
	mask := firstLanes(n)
	find(&mask)
	Label(name + "_one")
	body(c, 0)
	ADDQ(Imm(4), c.buf.Base)
	DECQ(n)
	JNZ(LabelRef(name + "_one"))
	Label(name + "_done")
}

// corners returns the addresses of the four rows of two texels around texel t.
func corners(grid, t GPVirtual, rows [4]GPVirtual) (m [4]Mem) {
	for i, r := range rows {
		m[i] = Mem{Base: r, Index: t, Scale: 8}
	}
	return m
}

// rowPointers returns grid, grid + a row, grid + a plane, grid + a plane and a row.
func rowPointers(grid GPVirtual) [4]GPVirtual {
	row, plane := ptr("row"), ptr("plane")
	r := [4]GPVirtual{grid, GP64(), GP64(), GP64()}
	LEAQ(Mem{Base: grid, Index: row, Scale: 1}, r[1])
	LEAQ(Mem{Base: grid, Index: plane, Scale: 1}, r[2])
	LEAQ(Mem{Base: r[1], Index: plane, Scale: 1}, r[3])
	return r
}

func fetch() {
	text("fetchAVX2", "func(dst *float32, stride int, grid *float32, row, plane int, half float32, x, y, z *float32, n int)",
		"fetchAVX2 is fetchGo; stride, row (of texels) and plane are in bytes, half is (res-1)/2.")
	dst, stride, grid := ptr("dst"), ptr("stride"), ptr("grid")
	rows := rowPointers(grid)
	c := newCells()
	c.points("fetch", c.find, func(c cells, i int) {
		t := GP64()
		MOVL(c.texel(i), t.As32())
		ADDQ(t, t) // in pairs of floats
		c.mix(corners(grid, t, rows), i, dst)
		ADDQ(stride, dst)
	})
	VZEROUPPER()
	RET()
}

// mix writes to dst what position i of buf reads from rows of two texels.
func (c cells) mix(rows [4]Mem, i int, dst GPVirtual) {
	sum, w := YMM(), YMM()
	for k, m := range rows {
		VBROADCASTSS(c.w(k, i), w)
		if k == 0 {
			VMULPS(m, w, sum)
		} else {
			VFMADD231PS(m, w, sum)
		}
	}
	hi, fx := XMM(), XMM()
	VEXTRACTF128(Imm(1), sum, hi)
	VSUBPS(sum.AsX(), hi, hi)
	VBROADCASTSS(c.fx(i), fx)
	VFMADD231PS(fx, hi, sum.AsX())
	VMOVUPS(sum.AsX(), Mem{Base: dst})
}

// heldCorners returns the addresses of the four rows of two texels around position i of buf.
func (c cells) heldCorners(grid GPVirtual, i int) (m [4]Mem) {
	for row := range m {
		t := GP64()
		MOVL(c.held(row, i), t.As32())
		ADDQ(t, t)
		m[row] = Mem{Base: grid, Index: t, Scale: 8}
	}
	return m
}

// startPointers returns starts, and starts a plane on.
func startPointers() [2]GPVirtual {
	starts, plane := ptr("starts"), ptr("plane")
	next := GP64()
	LEAQ(Mem{Base: starts, Index: plane, Scale: 1}, next)
	return [2]GPVirtual{starts, next}
}

func fetchHeld() {
	text("fetchHeldAVX2", "func(dst *float32, stride int, grid *float32, starts *int32, plane int, half float32, x, y, z *float32, n int)",
		"fetchHeldAVX2 is fetchHeldGo; stride and plane (of starts) are in bytes, half is (res-1)/2.")
	dst, stride, grid, starts := ptr("dst"), ptr("stride"), ptr("grid"), startPointers()
	c := newCells()
	c.points("fetch", func(mask *Mem) { c.findHeld(mask, starts, false) }, func(c cells, i int) {
		c.mix(c.heldCorners(grid, i), i, dst)
		ADDQ(stride, dst)
	})
	VZEROUPPER()
	RET()
}

func scatter() {
	text("scatterAVX2", "func(grad *float32, touched *uint8, row, plane int, half float32, x, y, z, d *float32, stride, n int)",
		"scatterAVX2 is scatterGo; row (of texels), plane and stride are in bytes, half is (res-1)/2.")
	restore := flush()
	grad, touched, d, stride := ptr("grad"), ptr("touched"), ptr("d"), ptr("stride")
	rows := rowPointers(grad)
	c := newCells()
	find := func(mask *Mem) {
		c.find(mask)
		c.lines()
	}
	c.points("scatter", find, func(c cells, i int) {
		c.touch(touched, i)
		t := GP64()
		MOVL(c.texel(i), t.As32())
		ADDQ(t, t)
		c.add(corners(grad, t, rows), i, d)
		ADDQ(stride, d)
	})
	restore()
	VZEROUPPER()
	RET()
}

// touch marks the lines of position i of buf.
func (c cells) touch(touched GPVirtual, i int) {
	t := GP64()
	for row := range 4 {
		for x := range 2 {
			MOVL(c.line(row, x, i), t.As32())
			MOVB(Imm(1), Mem{Base: touched, Index: t, Scale: 1})
		}
	}
}

// add adds d to rows of two texels, with the weights of position i of buf.
func (c cells) add(rows [4]Mem, i int, d GPVirtual) {
	lo, hi := XMM(), XMM()
	VBROADCASTSS(c.fx(i), hi)
	VSUBPS(hi, c.one.AsX(), lo)
	VMULPS(Mem{Base: d}, lo, lo)
	VMULPS(Mem{Base: d}, hi, hi)
	// Halves of 16 bytes: a load of what the last position stored must not straddle two stores.
	for k, m := range rows {
		w, v := XMM(), XMM()
		VBROADCASTSS(c.w(k, i), w)
		VMOVUPS(m, v)
		VFMADD231PS(w, lo, v)
		VMOVUPS(v, m)
		VFMADD213PS(m.Offset(16), hi, w)
		VMOVUPS(w, m.Offset(16))
	}
}

func scatterHeld() {
	text("scatterHeldAVX2", "func(grad *float32, touched *uint8, starts *int32, plane int, half float32, x, y, z, d *float32, stride, n int)",
		"scatterHeldAVX2 is scatterHeldGo; plane (of starts) and stride are in bytes, half is (res-1)/2.")
	restore := flush()
	grad, touched, starts := ptr("grad"), ptr("touched"), startPointers()
	d, stride := ptr("d"), ptr("stride")
	c := newCells()
	c.points("scatter", func(mask *Mem) { c.findHeld(mask, starts, true) }, func(c cells, i int) {
		c.touch(touched, i)
		c.add(c.heldCorners(grad, i), i, d)
		ADDQ(stride, d)
	})
	restore()
	VZEROUPPER()
	RET()
}

// findPlaces fills buf for the next 8 positions, or for those in mask, with their texels, and along each axis their places
// in the cells and the paces of those. It has constants of its own, for which there is no room among the sums of addSlopes.
func (c cells) findPlaces(mask *Mem) {
	c = c.constants()
	t := YMM()
	for i, p := range [3]GPVirtual{c.z, c.y, c.x} {
		pace := c.pace(2-i, 0)
		cell, place := c.axis(p, mask, &pace)
		VMOVUPS(place, c.place(2-i, 0))
		if i == 0 {
			VMOVDQA(cell, t)
			continue
		}
		VPMULLD(c.res, t, t)
		VPADDD(cell, t, t)
	}
	VMOVUPS(t, c.texel(0))
}

func (c cells) place(axis, i int) Mem { return c.buf.Offset(32*(1+axis) + 4*i) }
func (c cells) pace(axis, i int) Mem  { return c.buf.Offset(32*(4+axis) + 4*i) }

func addSlopes() {
	text("addSlopesAVX2", "func(sums, grid *float32, row, plane int, half float32, x, y, z, d0, d1 *float32, stride, n int)",
		"addSlopesAVX2 is addSlopesGo; row (of texels), plane and stride are in bytes, half is (res-1)/2.")
	sums, d0, d1, stride := ptr("sums"), ptr("d0"), ptr("d1"), ptr("stride")
	rows := rowPointers(ptr("grid"))
	c := cellsOf()
	k := YMM() // which position
	VXORPS(k, k, k)
	var acc [6]VecVirtual
	for j := range acc {
		acc[j] = YMM()
		VMOVUPS(Mem{Base: sums, Disp: 32 * j}, acc[j])
	}
	c.points("slopes", c.findPlaces, func(c cells, i int) {
		t := GP64()
		MOVL(c.texel(i), t.As32())
		ADDQ(t, t)
		m := corners(rows[0], t, rows)
		var v [4]VecVirtual
		for j := range v {
			v[j] = YMM()
			VMOVUPS(m[j], v[j])
		}
		VSUBPS(v[0], v[1], v[1]) // what changes along y, near
		VSUBPS(v[2], v[3], v[3]) // and far
		f := YMM()
		VBROADCASTSS(c.place(1, i), f)
		VFMADD231PS(f, v[1], v[0]) // front
		VFMADD231PS(f, v[3], v[2]) // back
		VSUBPS(v[0], v[2], v[2])   // what changes along z
		VSUBPS(v[1], v[3], v[3])
		VBROADCASTSS(c.place(2, i), f)
		VFMADD231PS(f, v[3], v[1]) // along y
		VFMADD231PS(f, v[2], v[0]) // the values
		d := YMM()
		VBROADCASTF128(Mem{Base: d0}, d)
		VINSERTF128(Imm(1), Mem{Base: d1}, d, d)
		ADDQ(stride, d0)
		ADDQ(stride, d1)
		VBROADCASTSS(c.place(0, i), f)
		for axis, s := range v[:3] {
			lo, hi := YMM(), YMM() // the texels along x, each twice
			VPERM2F128(Imm(0x00), s, s, lo)
			VPERM2F128(Imm(0x11), s, s, hi)
			VSUBPS(lo, hi, hi)
			if axis > 0 {
				VFMADD213PS(lo, f, hi)
			}
			VMULPS(d, hi, hi)
			VBROADCASTSS(c.pace(axis, i), lo)
			VMULPS(lo, hi, hi)
			VADDPS(hi, acc[axis], acc[axis])
			VFMADD231PS(k, hi, acc[3+axis])
		}
		VADDPS(f32(1), k, k)
	})
	for j := range acc {
		VMOVUPS(acc[j], Mem{Base: sums, Disp: 32 * j})
	}
	VZEROUPPER()
	RET()
}
