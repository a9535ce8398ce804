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
// d' = e, a is ∂c/∂s + ∂c/∂t and b is ∂c/∂t. Two mixtures of channels and two directions e give n = 4 such equations, for
// which one backward for each mixture is enough, and least squares
//
//	Along = Σ ab / Σ a²     Spread² = (Σ (b − Along·a)²/(n − 1) + SlopeNoise²) / Σ a²
//
// Spread is the standard error, and the light of [surfaceAt] is 1.
func (p *Packed) probe(q *probe, dst []Surface, rays []plucker.Coords) {
	for i := range rays {
		q.moves[0][i], q.moves[1][i], q.moves[2][i], q.moves[3][i] = moves(&rays[i])
	}
	for k, mix := range Mixes {
		d := q.strip.dact[0]
		stride := f32.Stride(3)
		clear(d[:len(rays)*stride])
		for i := range rays {
			copy(d[i*stride:], mix[:])
		}
		p.mlp.inputGradient(q.dx[k], q.strip, len(rays))
	}
	if e, ok := p.encoder.(gridEncoder); ok {
		e.slopes(q, rays)
	} else {
		p.slopes(q, rays)
	}
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

// inputGradient takes s.dact[0], the derivative of something by what the layers answer, back to their input, where s has
// what forward computed of n rays.
func (m *mlp) inputGradient(dx []float32, s *strip, n int) {
	d, other := s.dact[0], s.dact[1]
	for i := len(m.shape) - 1; i >= 0; i-- {
		if i < len(m.shape)-1 {
			m.backwardNorm(d, s, i, n)
		}
		if i == 0 {
			other = dx
		}
		f32.MatMul(other, d, &m.wt[i], nil, n)
		d, other = other, d
	}
}

// slopes computes q.slopes: the derivative of each mixture by the input, times that of the input along each move.
func (p *Packed) slopes(q *probe, rays []plucker.Coords) {
	width := p.mlp.config.InputWidth()
	stride := f32.Stride(width)
	dx := q.strip.dact[0]
	for j := range q.moves {
		p.encoder.(tangentEncoder).tangent(dx, q.strip.in(), rays, q.moves[j][:len(rays)], &q.strip.samples)
		for k := range q.dx {
			for i := range rays {
				q.slopes[k][j][i] = inner(dx[i*stride:][:width], q.dx[k][i*stride:])
			}
		}
	}
}

// slopes is that of Packed, without the derivative of the input, most of which is features: those of a grid at sample j of a
// ray, at start + j·step, are taken back to the sample's position, and from all samples to start and step.
func (e gridEncoder) slopes(q *probe, rays []plucker.Coords) {
	s := &q.strip.samples
	n, width := e.tracer.points, 4*len(e.grids)
	for i := range rays {
		x, y, z := s.x[i*n:(i+1)*n], s.y[i*n:(i+1)*n], s.z[i*n:(i+1)*n]
		d := [2][]float32{q.dx[0][i*e.stride:], q.dx[1][i*e.stride:]}
		var sums [f32.SlopeSums]float32
		for g, grid := range e.grids {
			f32.AddSlopes(sums[:], grid, e.res[g], x, y, z, d[0][4*g:n*width], d[1][4*g:n*width], width)
		}
		var by [len(sums) / 4]float32 // the derivative of the mixtures by x, y, z of start, then of step
		for k := range by {
			c := (*[4]float32)(sums[4*k:])
			by[k] = c[0] + c[1] + c[2] + c[3]
		}
		track := e.tracer.of(&rays[i])
		for j := range q.moves {
			move := &q.moves[j][i]
			start, step := e.tracer.tangent(&track, &rays[i], move)
			for k := range d {
				c := (*[6]float32)(d[k][n*width:])
				q.slopes[k][j][i] = c[0]*move[0] + c[1]*move[1] + c[2]*move[2] + c[3]*move[3] + c[4]*move[4] + c[5]*move[5] +
					by[k]*start[0] + by[2+k]*start[1] + by[4+k]*start[2] + by[6+k]*step[0] + by[8+k]*step[1] + by[10+k]*step[2]
			}
		}
	}
}

func inner(a, b []float32) float32 {
	sum := float32(0)
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
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
