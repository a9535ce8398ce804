package lfn

import (
	"math"

	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// tangentRays is how many rays go through the network together with their derivatives: their activations, and those
// before the norms, are kept.
const tangentRays = 128

// A tangentEncoder is an encoder with a derivative.
type tangentEncoder interface {
	encoder
	// tangent writes the derivative of x, which encode wrote for rays, along drays: a direction of the six coordinates
	// for each ray. s is as encode left it.
	tangent(dx, x []float32, rays, drays []plucker.Coords, s *samples)
}

// derivatives computes the colours of rays, not clamped, and their derivatives along directions of the six coordinates:
// drgb[j] is that along drays[j], which has one for each ray. It is the forward mode: with each value of the network goes its
// derivative, through each formula by the chain rule. Networks with the encoding [Volume] have none.
func (p *Packed) derivatives(s *strip, rgb []float32, drgb [][]float32, rays []plucker.Coords, drays [][]plucker.Coords) {
	e := p.encoder.(tangentEncoder)
	for first := 0; first < len(rays); first += tangentRays {
		n := min(len(rays)-first, tangentRays)
		e.encode(s.in(), rays[first:first+n], &s.samples)
		p.mlp.forward(s, n)
		s.colors(rgb[3*first:3*(first+n)], p.signed)
		for j := range drays {
			e.tangent(s.dact[0], s.in(), rays[first:first+n], drays[j][first:first+n], &s.samples)
			d := p.mlp.tangent(s, n)
			scale := float32(1)
			if p.signed {
				scale = 0.5
			}
			for i := range n {
				for c, v := range d[i*f32.Stride(3):][:3] {
					drgb[j][3*(first+i)+c] = scale * v
				}
			}
		}
	}
}

// tangent takes s.dact[0], the derivative of the input along some direction, through the layers, where s has what forward
// computed of n rays, and returns that of the last layer's answers.
func (m *mlp) tangent(s *strip, n int) []float32 {
	d, other := s.dact[0], s.dact[1]
	for i, l := range m.shape {
		f32.MatMul(other, d, &m.w[i], nil, n)
		d, other = other, d
		if i == len(m.shape)-1 {
			break
		}
		size := n * f32.Stride(l.Out)
		if m.config.Norm == NormLayer {
			f32.NormTangent(d, s.pre[i], s.rstd[i], m.lo(), l.Out, n)
		} else if m.config.Activation == ReLU {
			f32.RectifyBackward(d[:size], s.pre[i]) // the derivative of each value by itself is the same both ways
		}
		if m.config.Activation == Sine {
			f32.SineBackward(d[:size], s.pre[i], float32(m.config.Omega))
		}
	}
	return d
}

func (e coordinatesEncoder) tangent(dx, _ []float32, _, drays []plucker.Coords, _ *samples) {
	for i := range drays {
		copy(dx[i*e.stride:], drays[i][:])
	}
}

func (e frequencyEncoder) tangent(dx, x []float32, _, drays []plucker.Coords, _ *samples) {
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

func (e pointsEncoder) tangent(dx, x []float32, rays, drays []plucker.Coords, _ *samples) {
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

func (e gridEncoder) tangent(dx, _ []float32, rays, drays []plucker.Coords, s *samples) {
	k, width := e.tracer.points, 4*len(e.grids)
	for i := range rays {
		track := e.tracer.of(&rays[i])
		track.start, track.step = e.tracer.tangent(&track, &rays[i], &drays[i])
		for j := range k {
			dp := track.at(j)
			s.dx[j], s.dy[j], s.dz[j] = dp[0], dp[1], dp[2]
		}
		row := dx[i*e.stride:]
		x, y, z := s.x[i*k:(i+1)*k], s.y[i*k:(i+1)*k], s.z[i*k:(i+1)*k]
		for g, grid := range e.grids {
			f32.FetchTangent(row[4*g:k*width], width, grid, e.res[g], x, y, z, s.dx, s.dy, s.dz)
		}
		copy(row[k*width:], drays[i][:])
	}
}
