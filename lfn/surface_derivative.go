package lfn

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// Mixes are the mixtures of the three channels whose derivatives say where a surface is: their sum, and red against blue.
// A third finds nothing that these two do not.
var Mixes = [2][3]float32{{0.57735027, 0.57735027, 0.57735027}, {0.70710678, 0, -0.70710678}}

// SlopeNoise is the least standard deviation that derivatives of colours, in [0, 1], by the scene frame's lengths are taken
// to have.
const SlopeNoise = 0.1

// A probe is what one goroutine needs to find surfaces from derivatives.
type probe struct {
	strip  *strip
	moves  [4][]plucker.Coords // of each ray: its shift and turn towards one side, and towards another; see moves
	dx     [len(Mixes)][]float32
	slopes [len(Mixes)][4][]float32 // of each ray: the derivative of a mixture along a move
}

func newProbe(c Config) *probe {
	q := &probe{strip: newStrip(c, tangentRays, keepSlopes)}
	size := f32.Rows(tangentRays) * f32.Stride(c.InputWidth())
	for j := range q.moves {
		q.moves[j] = make([]plucker.Coords, tangentRays)
	}
	for k := range q.dx {
		q.dx[k] = make([]float32, size)
		for j := range q.slopes[k] {
			q.slopes[k][j] = make([]float32, tangentRays)
		}
	}
	return q
}

// probe finds what rays meet from how the network's answers change as rays move (Sitzmann et al., Light Field Networks,
// equations 7 and 8). q.strip has what forward computed of them.
//
// A ray with direction d and the point x closest to the centre may shift along a unit vector e ⟂ d, or turn about x towards
// e. Where it meets a point at x + λd whose colour is the same from all sides, a turn moves it over the surface λ times as
// far as a shift: with the derivatives a and b of a colour along the two, b = λ·a. In the paper's words, with D = 1 and
// d' = e, a is ∂c/∂s + ∂c/∂t and b is ∂c/∂t. Two mixtures of channels and two directions e give n = 4 such equations, and
// least squares
//
//	Along = Σ ab / Σ a²     Spread² = (Σ (b − Along·a)²/(n − 1) + SlopeNoise²) / Σ a²
//
// Spread is the standard error, and the light of [surfaceAt] is 1.
func (p *Packed) probe(q *probe, dst []Surface, rays []plucker.Coords) {
	for i := range rays {
		q.moves[0][i], q.moves[1][i], q.moves[2][i], q.moves[3][i] = moves(&rays[i])
	}
	p.slopes(q, rays)
	var eye mgl64.Vec3
	if w := p.mlp.config.Encoding.Window; w != nil {
		eye = w.Eye
	}
	for i := range rays {
		dst[i] = q.surface(i, &rays[i], eye, p.signed)
	}
}

func (q *probe) surface(i int, ray *plucker.Coords, eye mgl64.Vec3, signed bool) Surface {
	var aa, ab, bb float64
	for k := range q.slopes {
		for side := range 2 {
			a, b := float64(q.slopes[k][2*side][i]), float64(q.slopes[k][2*side+1][i])
			aa, ab, bb = aa+a*a, ab+a*b, bb+b*b
		}
	}
	if signed {
		aa, ab, bb = 0.25*aa, 0.25*ab, 0.25*bb
	}
	along := ab / aa
	spread := math.Sqrt((max(bb-along*ab, 0)/3 + SlopeNoise*SlopeNoise) / aa)
	surface, _ := surfaceAt(ray, eye, along, spread, 1)
	return surface
}

// moves returns directions of the coordinates of a ray: those of its shift along a unit vector e ⟂ d, and of its turn about
// its point x closest to the centre towards e,
//
//	(0, e × d)     (e, x × e)
//
// and the same for another such vector. The two and d are at right angles (Duff et al., Building an Orthonormal Basis,
// Revisited, JCGT 6(1), 2017).
func moves(ray *plucker.Coords) (shift1, turn1, shift2, turn2 plucker.Coords) {
	d, m := [3]float32(ray[:3]), [3]float32(ray[3:])
	sign := float32(1)
	if d[2] < 0 {
		sign = -1
	}
	a := -1 / (sign + d[2])
	b := d[0] * d[1] * a
	e1 := [3]float32{1 + sign*d[0]*d[0]*a, sign * b, -sign * d[0]}
	e2 := [3]float32{b, sign + d[1]*d[1]*a, -d[1]}
	x := cross(d, m)
	x1, x2 := cross(x, e1), cross(x, e2)
	for i := range 3 {
		shift1[3+i], shift2[3+i] = -e2[i], e1[i] // e1 × e2 = d
		turn1[i], turn1[3+i] = e1[i], x1[i]
		turn2[i], turn2[3+i] = e2[i], x2[i]
	}
	return shift1, turn1, shift2, turn2
}

func cross(a, b [3]float32) [3]float32 {
	return [3]float32{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}
