package lfn

import (
	"math"

	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// tangentRays is how many rays go through the network together where derivatives are wanted: the layers' values before the
// norms are kept.
const tangentRays = 128

// A tangentEncoder is an encoder with a derivative. A [gridEncoder], most of whose values are features, has one of another
// form: see its slopes.
type tangentEncoder interface {
	encoder
	// tangent writes the derivative of x, which encode wrote for rays, along drays: a direction of the six coordinates
	// for each ray.
	tangent(dx, x []float32, rays, drays []plucker.Coords)
}

// slopes computes q.slopes: how the mixtures of what the layers answer change as rays move along q.moves. q.strip has what
// forward computed of rays. One backward for each mixture is enough: the derivative by the input, times that of the input
// along each move. Networks with the encoding [Volume] have none.
func (p *Packed) slopes(q *probe, rays []plucker.Coords) {
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
		return
	}
	width := p.mlp.config.InputWidth()
	stride := f32.Stride(width)
	dx := q.strip.dact[0]
	for j := range q.moves {
		p.encoder.(tangentEncoder).tangent(dx, q.strip.in(), rays, q.moves[j][:len(rays)])
		for k := range q.dx {
			for i := range rays {
				q.slopes[k][j][i] = inner(dx[i*stride:][:width], q.dx[k][i*stride:])
			}
		}
	}
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

// slopes is that of Packed, without the derivative of the input: features of a grid at sample j of a ray, at start + j·step, are
// taken back to the sample's position, and from all samples to start and step.
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

func (e coordinatesEncoder) tangent(dx, _ []float32, _, drays []plucker.Coords) {
	for i := range drays {
		copy(dx[i*e.stride:], drays[i][:])
	}
}

func (e frequencyEncoder) tangent(dx, x []float32, _, drays []plucker.Coords) {
	for i := range drays {
		row := append(dx[i*e.stride:i*e.stride], drays[i][:]...)
		wavesTangent(row, drays[i][:], x[i*e.stride+6:], e.octaves)
	}
}

// wavesTangent appends the derivatives of waves to row, where the values change by dvs.
func wavesTangent(row, dvs, waves []float32, octaves int) []float32 {
	for f := range octaves {
		for _, d := range dvs {
			d *= math.Pi * float32(int(1)<<f)
			row = append(row, d*waves[1], -d*waves[0])
			waves = waves[2:]
		}
	}
	return row
}

func (e pointsEncoder) tangent(dx, x []float32, rays, drays []plucker.Coords) {
	each := 3 + 6*e.octaves // values of a point
	for i := range rays {
		row := append(dx[i*e.stride:i*e.stride], drays[i][:]...)
		track := e.tracer.of(&rays[i])
		track.start, track.step = e.tracer.tangent(&track, &rays[i], &drays[i])
		for k := range e.tracer.points {
			dp := track.at(k)
			row = append(row, dp[:]...)
			row = wavesTangent(row, dp[:], x[i*e.stride+6+k*each+3:], e.octaves)
		}
	}
}
