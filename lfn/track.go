package lfn

import (
	"math"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// tracer says where on a ray its samples are. What it says follows from the coordinates of the ray alone.
type tracer struct {
	points int
	window *[6][6]float32 // what [plucker.Window.Lines] says, nil without a window
	clear  float32        // Encoding.Clear

	toCube, toScene mgl64.Mat4 // of the window: what [plucker.Window.Points] says, and its inverse
	eye             mgl64.Vec3 // from which distances count: of the window, else the centre
}

func newTracer(e Encoding) tracer {
	p := tracer{points: e.Points, clear: float32(e.Clear)}
	if e.Window != nil {
		p.window = new([6][6]float32)
		p.toCube = e.Window.Points()
		p.toScene, p.eye = p.toCube.Inv(), e.Window.Eye
		for r, row := range e.Window.Lines() {
			for c, v := range row {
				p.window[r][c] = float32(v)
			}
		}
	}
	return p
}

// A track is where the samples of one ray are. Those from in to out−1 are in the unit ball, or in the cube of a window, as
// far apart as spacing says: sample k is at start + k·step. The others are outside of the ball; see outside.
type track struct {
	start, step [3]float32
	spacing     float32 // 0 for a ray without samples
	in, out     int

	// Sample k is where the contracted distance from mid along dir is from + k·spacing.
	mid, dir [3]float32
	mid2     float32 // |mid|²
	from     float32
}

// mapped is what the window makes of Plücker coordinates, up to a factor.
func (p *tracer) mapped(ray *plucker.Coords) (line plucker.Coords) {
	for r, row := range p.window {
		line[r] = row[0]*ray[0] + row[1]*ray[1] + row[2]*ray[2] + row[3]*ray[3] + row[4]*ray[4] + row[5]*ray[5]
	}
	return line
}

// of returns the track of a ray.
func (p *tracer) of(ray *plucker.Coords) track {
	line := *ray
	if p.window != nil {
		line = p.mapped(ray)
		scale := 1 / float32(math.Sqrt(float64(line[0]*line[0]+line[1]*line[1]+line[2]*line[2])))
		for i := range line {
			line[i] *= scale
		}
	}
	d, m := [3]float32(line[:3]), [3]float32(line[3:])
	t := track{out: p.points, dir: d}
	t.mid = [3]float32{d[1]*m[2] - d[2]*m[1], d[2]*m[0] - d[0]*m[2], d[0]*m[1] - d[1]*m[0]} // closest to the origin
	t.mid2 = t.mid[0]*t.mid[0] + t.mid[1]*t.mid[1] + t.mid[2]*t.mid[2]
	lo, hi := inBall(t.mid2)
	if p.window != nil {
		lo, hi = inCube(t.mid, d)
	}
	if p.clear > 0 {
		in, out := lo, hi
		lo, hi = 0, 2
		if h2 := p.clear*p.clear - t.mid2; h2 > 0 {
			lo = -contract(float32(math.Sqrt(float64(h2))))
		}
		t.in = p.points
		if in < out {
			t.in, t.out = p.behind((in-lo)/(hi-lo)), p.behind((out-lo)/(hi-lo))
		}
	}
	t.start = t.mid
	if lo < hi {
		t.spacing = (hi - lo) / float32(p.points)
		t.from = lo + 0.5*t.spacing
		for i := range 3 {
			t.step[i] = d[i] * t.spacing
			t.start[i] = t.mid[i] + d[i]*lo + 0.5*t.step[i]
		}
	}
	if p.window != nil {
		t.start[2] = min((t.start[2]+1)*(1./Flat)-1, Deepest)
		t.step[2] *= 1. / Flat
		if end := t.start[2] + float32(p.points-1)*t.step[2]; !(end <= Deepest) { // or is not a number
			t.spacing, t.step = 0, [3]float32{}
		}
	}
	return t
}

// tangent returns the derivative of start and step of the track t of a ray, as the ray's coordinates change along dray.
func (p *tracer) tangent(t *track, ray, dray *plucker.Coords) (start, step [3]float32) {
	d, dd, dm := t.dir, [3]float32(dray[:3]), [3]float32(dray[3:])
	m := [3]float32(ray[3:])
	if p.window != nil {
		line, dline := p.mapped(ray), p.mapped(dray)
		scale := 1 / float32(math.Sqrt(float64(line[0]*line[0]+line[1]*line[1]+line[2]*line[2])))
		longer := scale * (d[0]*dline[0] + d[1]*dline[1] + d[2]*dline[2]) // of the direction, before it is made unit
		for i := range line {
			dline[i] = scale * (dline[i] - longer*line[i])
		}
		dd, dm = [3]float32(dline[:3]), [3]float32(dline[3:])
		m = [3]float32{scale * line[3], scale * line[4], scale * line[5]}
	}
	start = [3]float32{dd[1]*m[2] - dd[2]*m[1] + d[1]*dm[2] - d[2]*dm[1], dd[2]*m[0] - dd[0]*m[2] + d[2]*dm[0] - d[0]*dm[2],
		dd[0]*m[1] - dd[1]*m[0] + d[0]*dm[1] - d[1]*dm[0]} // of mid
	if t.spacing > 0 {
		lo, hi := inBall(t.mid2)
		dhi := -(t.mid[0]*start[0] + t.mid[1]*start[1] + t.mid[2]*start[2]) / hi
		dlo := -dhi
		if p.window != nil {
			lo, hi = inCube(t.mid, d)
			for i := range 3 {
				for _, face := range [2]float32{-1, 1} {
					at := (face - t.mid[i]) / d[i]
					move := -(start[i] + at*dd[i]) / d[i]
					if at == lo {
						dlo = move
					}
					if at == hi {
						dhi = move
					}
				}
			}
		}
		dspacing := (dhi - dlo) / float32(p.points)
		lo, dlo = lo+0.5*t.spacing, dlo+0.5*dspacing
		for i := range 3 {
			step[i] = dd[i]*t.spacing + d[i]*dspacing
			start[i] += dd[i]*lo + d[i]*dlo
		}
	}
	if p.window != nil {
		start[2] *= 1. / Flat
		step[2] *= 1. / Flat
	}
	return start, step
}

// Deepest is where z ends in flat grids, and a little more.
const Deepest = -1 + 2./Flat + 0.25/MaxSide

// behind is the first sample behind that share of a track.
func (p *tracer) behind(share float32) int {
	return min(max(int(math.Ceil(float64(share*float32(p.points)-0.5))), 0), p.points)
}

// inBall is where a line at a distance from the origin, the square of which is mid2, is in the unit ball, by the distance
// along the line; nowhere is 0, 0.
func inBall(mid2 float32) (lo, hi float32) {
	if h2 := 1 - mid2; h2 > 0 {
		h := float32(math.Sqrt(float64(h2)))
		return -h, h
	}
	return 0, 0
}

// inCube is where the line mid + t·d is in the cube [−1, 1]³.
func inCube(mid, d [3]float32) (lo, hi float32) {
	lo, hi = -4, 4
	for i := range 3 {
		a, b := (-1-mid[i])/d[i], (1-mid[i])/d[i]
		if a > b {
			a, b = b, a
		}
		if a > lo { // and is not NaN
			lo = a
		}
		if b < hi {
			hi = b
		}
	}
	return lo, hi
}

// contract brings all distances below 2, those above 1 as the inverse says: 2 − 1/x (Barron et al., Mip-NeRF 360,
// CVPR 2022, equation 10).
func contract(x float32) float32 {
	if x <= 1 {
		return x
	}
	return 2 - 1/x
}

// longest is the longest spacing that a track has.
func (e Encoding) longest() float64 {
	length := 2.0
	switch {
	case e.Window != nil:
		length = 2 * math.Sqrt(3)
	case e.Clear > 0:
		length = 2 + float64(contract(float32(e.Clear)))
	}
	return length / float64(e.Points)
}

// at returns sample k of those that are in the ball or cube.
func (t *track) at(k int) [3]float32 {
	x := float32(k)
	return [3]float32{t.start[0] + x*t.step[0], t.start[1] + x*t.step[1], t.start[2] + x*t.step[2]}
}

// outside returns sample k of those that are outside of the ball: a point p of length r > 1 is p/r·(1 − 1/2r) in the
// grids there, so that infinity is on the unit sphere.
func (t *track) outside(k int) [3]float32 {
	s := t.from + float32(k)*t.spacing
	if s > 1 {
		s = 1 / (2 - s)
	} else if s < -1 {
		s = -1 / (2 + s)
	}
	inv := 1 / float32(math.Sqrt(float64(t.mid2+s*s)))
	scale := inv * (1 - 0.5*inv)
	return [3]float32{(t.mid[0] + s*t.dir[0]) * scale, (t.mid[1] + s*t.dir[1]) * scale, (t.mid[2] + s*t.dir[2]) * scale}
}
