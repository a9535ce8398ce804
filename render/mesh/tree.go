package mesh

import (
	"math"
	"sort"

	"github.com/go-gl/mathgl/mgl64"
)

// node is a box of the tree. The left child comes next in the list. 32 bytes.
type node struct {
	lo, hi [3]float32 // no smaller than what is inside
	first  uint32     // of a leaf's triangles, or the right child
	count  uint16     // of a leaf's triangles; 0 for an inner node
	axis   uint16     // along which the children lie
}

const (
	leafSize = 4  // triangles that are not worth parting
	bins     = 16 // places at which a box may be parted
)

type box struct{ lo, hi mgl64.Vec3 }

func emptyBox() box {
	inf := math.Inf(1)
	return box{mgl64.Vec3{inf, inf, inf}, mgl64.Vec3{-inf, -inf, -inf}}
}

func (b *box) add(p mgl64.Vec3) {
	for k := range 3 {
		b.lo[k], b.hi[k] = min(b.lo[k], p[k]), max(b.hi[k], p[k])
	}
}

func (b *box) join(o *box) {
	for k := range 3 {
		b.lo[k], b.hi[k] = min(b.lo[k], o.lo[k]), max(b.hi[k], o.hi[k])
	}
}

// area is half of the surface; 0 for an empty box.
func (b *box) area() float64 {
	d := b.hi.Sub(b.lo)
	if d[0] < 0 {
		return 0
	}
	return d[0]*d[1] + d[1]*d[2] + d[2]*d[0]
}

// part is a triangle on its way into the tree.
type part struct {
	triangle triangle
	box      box
	middle   mgl64.Vec3
}

// grow builds the tree, and puts the triangles into the order of its leaves: boxes are parted where the surface area
// heuristic says that the fewest boxes and triangles are met (Wald, On fast construction of SAH-based bounding volume
// hierarchies, 2007).
func (s *Scene) grow() {
	parts := make([]part, len(s.triangles))
	for i, t := range s.triangles {
		p := part{triangle: t, box: emptyBox()}
		for _, v := range t.v {
			p.box.add(s.vertices[v].pos)
		}
		p.middle = p.box.lo.Add(p.box.hi).Mul(0.5)
		parts[i] = p
	}
	s.triangles = s.triangles[:0]
	s.branch(parts, 0)
}

// maxDepth of the tree; below it, halves are made.
const maxDepth = 40

func (s *Scene) branch(parts []part, depth int) {
	whole, middles := emptyBox(), emptyBox()
	for i := range parts {
		whole.join(&parts[i].box)
		middles.add(parts[i].middle)
	}
	at := len(s.nodes)
	n := node{first: uint32(len(s.triangles))}
	for k := range 3 {
		n.lo[k] = math.Nextafter32(float32(whole.lo[k]), float32(math.Inf(-1)))
		n.hi[k] = math.Nextafter32(float32(whole.hi[k]), float32(math.Inf(1)))
	}
	s.nodes = append(s.nodes, n)
	axis, cut := 0, len(parts)
	if len(parts) > leafSize {
		axis, cut = divide(parts, &whole, &middles, depth)
	}
	if cut == len(parts) {
		for i := range parts {
			s.triangles = append(s.triangles, parts[i].triangle)
		}
		s.nodes[at].count = uint16(len(parts))
		return
	}
	s.branch(parts[:cut], depth+1)
	s.nodes[at].axis = uint16(axis)
	s.nodes[at].first = uint32(len(s.nodes))
	s.branch(parts[cut:], depth+1)
}

// divide sorts parts in two and says along which axis, and how many are in the first; all of them where that is best.
func divide(parts []part, whole, middles *box, depth int) (axis, cut int) {
	extent := middles.hi.Sub(middles.lo)
	best, bestAt := math.Inf(1), 0
	for k := range 3 {
		if extent[k] <= 0 || depth >= maxDepth {
			continue
		}
		var boxes [bins]box
		var counts [bins]int
		for b := range boxes {
			boxes[b] = emptyBox()
		}
		for i := range parts {
			b := bin(&parts[i], k, middles)
			boxes[b].join(&parts[i].box)
			counts[b]++
		}
		var right [bins]float64
		after, n := emptyBox(), 0
		for b := bins - 1; b > 0; b-- {
			after.join(&boxes[b])
			n += counts[b]
			right[b] = after.area() * float64(n)
		}
		before, n := emptyBox(), 0
		for b := range bins - 1 {
			before.join(&boxes[b])
			n += counts[b]
			if cost := before.area()*float64(n) + right[b+1]; n > 0 && n < len(parts) && cost < best {
				best, axis, bestAt = cost, k, b
			}
		}
	}
	const boxCost = 1.5 // in triangles
	switch {
	case math.IsInf(best, 1):
		// All middles are one, or the tree is very deep.
		for k := range 3 {
			if extent[k] > extent[axis] {
				axis = k
			}
		}
		sort.Slice(parts, func(i, j int) bool { return parts[i].middle[axis] < parts[j].middle[axis] })
		return axis, len(parts) / 2
	case best+boxCost*whole.area() >= float64(len(parts))*whole.area() && len(parts) <= 4*leafSize:
		return 0, len(parts)
	}
	for i := range parts {
		if bin(&parts[i], axis, middles) <= bestAt {
			parts[i], parts[cut] = parts[cut], parts[i]
			cut++
		}
	}
	return axis, cut
}

func bin(p *part, k int, middles *box) int {
	return min(int(bins*(p.middle[k]-middles.lo[k])/(middles.hi[k]-middles.lo[k])), bins-1)
}
