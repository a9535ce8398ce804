package mesh

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// A beam is some rays from one point, such as those through a pixel, which go through the tree together.
type beam struct {
	origin mgl64.Vec3
	dirs   []mgl64.Vec3
	hits   []hit   // the nearest of each ray so far
	near   float64 // what is nearer is not seen
	far    float64 // the farthest of hits

	// The directions are between lo and hi.
	lo, hi, invLo, invHi mgl64.Vec3
}

// hit is where a ray meets a triangle: at the distance t, and at the point (1−u−v)·a + u·b + v·c.
type hit struct {
	t, u, v  float64
	triangle int // −1 for none
}

// aim readies the beam for its origin and directions; hits has room for as many.
func (b *beam) aim(near float64) {
	b.near, b.far = near, math.Inf(1)
	b.lo, b.hi = b.dirs[0], b.dirs[0]
	for i, d := range b.dirs {
		for k := range 3 {
			b.lo[k], b.hi[k] = min(b.lo[k], d[k]), max(b.hi[k], d[k])
		}
		b.hits[i] = hit{t: math.Inf(1), triangle: -1}
	}
	for k := range 3 {
		b.invLo[k], b.invHi[k] = 1/b.lo[k], 1/b.hi[k]
	}
}

// meets says whether a ray of the beam may meet the box before what it has met, and the least distance at which.
func (b *beam) meets(n *node) (float64, bool) {
	near, far := b.near, b.far
	for k := range 3 {
		lo, hi := float64(n.lo[k])-b.origin[k], float64(n.hi[k])-b.origin[k]
		switch {
		case lo > 0: // it has to go up
			if b.hi[k] <= 0 {
				return 0, false
			}
			near = max(near, lo*b.invHi[k])
			if b.lo[k] > 0 {
				far = min(far, hi*b.invLo[k])
			}
		case hi < 0:
			if b.lo[k] >= 0 {
				return 0, false
			}
			near = max(near, hi*b.invLo[k])
			if b.hi[k] < 0 {
				far = min(far, lo*b.invHi[k])
			}
		case b.lo[k] > 0:
			far = min(far, hi*b.invLo[k])
		case b.hi[k] < 0:
			far = min(far, lo*b.invHi[k])
		}
	}
	return near, near <= far
}

// cast finds the nearest triangle of each ray.
func (s *Scene) cast(b *beam) {
	type later struct {
		node uint32
		near float64
	}
	var stack [2 * maxDepth]later // no tree is so deep: its lowest part are halves of at most maxTriangles
	if len(s.nodes) == 0 {
		return
	}
	near, ok := b.meets(&s.nodes[0])
	if !ok {
		return
	}
	stack[0] = later{0, near}
	for top := 1; top > 0; {
		top--
		if stack[top].near > b.far {
			continue
		}
		at := stack[top].node
		n := &s.nodes[at]
		if n.count > 0 {
			changed := false
			for i := range int(n.count) {
				if s.meet(b, int(n.first)+i) {
					changed = true
				}
			}
			if changed {
				b.far = 0
				for i := range b.hits {
					b.far = max(b.far, b.hits[i].t)
				}
			}
			continue
		}
		first, second := at+1, n.first
		if b.dirs[0][n.axis] < 0 {
			first, second = second, first
		}
		if near, ok := b.meets(&s.nodes[second]); ok {
			stack[top] = later{second, near}
			top++
		}
		if near, ok := b.meets(&s.nodes[first]); ok {
			stack[top] = later{first, near}
			top++
		}
	}
}

// meet lets the beam meet a triangle, and says whether a ray did (Möller and Trumbore, Fast, minimum storage ray-triangle
// intersection, 1997; products that the direction has no part in are taken once for the beam).
func (s *Scene) meet(b *beam, i int) bool {
	t := &s.triangles[i]
	both := s.materials[t.material].doubleSided
	p0, p1, p2 := s.corners(t)
	e1, e2, to := p1.Sub(p0), p2.Sub(p0), b.origin.Sub(p0)
	n, u, v := e2.Cross(e1), e2.Cross(to), to.Cross(e1)
	along := e2.Dot(v)
	met := false
	for k := range b.dirs {
		d := &b.dirs[k]
		sign := 1.0
		det := d[0]*n[0] + d[1]*n[1] + d[2]*n[2]
		if det <= 0 { // the triangle's back, or edge
			if !both || det == 0 {
				continue
			}
			sign, det = -1, -det
		}
		du := sign * (d[0]*u[0] + d[1]*u[1] + d[2]*u[2])
		dv := sign * (d[0]*v[0] + d[1]*v[1] + d[2]*v[2])
		if du < 0 || dv < 0 || du+dv > det {
			continue
		}
		h := &b.hits[k]
		if dist := sign * along / det; dist > b.near && dist < h.t {
			*h = hit{dist, du / det, dv / det, i}
			met = true
		}
	}
	return met
}
