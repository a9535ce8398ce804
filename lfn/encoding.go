package lfn

import (
	"math"

	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// stripRays is how many rays go through the network together: few enough that a strip's
// activations stay in the second-level cache, many enough to fill the tiles of the product.
const stripRays = 256

// encoder is what comes before the MLP. It reads the network that it was made for, keeps no state
// of its own between calls, and may be used by several goroutines at once, each with its own strip.
type encoder interface {
	// encode writes what the MLP gets of each ray: rows of InputWidth values, f32.Stride apart.
	// It leaves in s what the backward of the same rays needs.
	encode(x []float32, rays []plucker.Coords, s *samples)
	// backward turns dx, the derivative by what encode wrote, into the derivative by the features
	// of each sample, s.d. Encoders without tensors do nothing.
	backward(dx []float32, rays []plucker.Coords, s *samples)
}

// newEncoder returns the encoder of a network.
func newEncoder(n *Network) encoder {
	e := n.Config.Encoding
	stride := f32.Stride(n.Config.InputWidth())
	tracer := newTracer(e)
	switch e.Kind {
	case Frequency:
		return frequencyEncoder{stride, e.Frequencies}
	case Points:
		return pointsEncoder{stride, e.Frequencies, tracer}
	case Grid:
		return gridEncoder{stride, tracer, n.Grids, e.Grids}
	case Volume:
		return volumeEncoder{stride, tracer, n.grids(), e.Grids, n.occ}
	}
	return coordinatesEncoder{stride}
}

// coordinatesEncoder hands the six Plücker coordinates on: the paper.
type coordinatesEncoder struct{ stride int }

func (e coordinatesEncoder) encode(x []float32, rays []plucker.Coords, _ *samples) {
	for i := range rays {
		copy(x[i*e.stride:], rays[i][:])
	}
}

func (coordinatesEncoder) backward([]float32, []plucker.Coords, *samples) {}

// frequencyEncoder adds sin(2ᶠπ·v) and cos(2ᶠπ·v) of each coordinate v for f = 0 … octaves−1.
type frequencyEncoder struct{ stride, octaves int }

func (e frequencyEncoder) encode(x []float32, rays []plucker.Coords, _ *samples) {
	for i := range rays {
		row := append(x[i*e.stride:i*e.stride], rays[i][:]...)
		waves(row, rays[i][:], e.octaves)
	}
}

func (frequencyEncoder) backward([]float32, []plucker.Coords, *samples) {}

// waves appends sin(2ᶠπ·v) and cos(2ᶠπ·v) of each v of at most 6 to row, octave by octave. Each follows from those of the
// octave before: sin 2a = 2·sin a·cos a, cos 2a = 1 − 2·sin² a, in float64, which leaves float32 exact for far more octaves
// than there may be.
func waves(row, vs []float32, octaves int) []float32 {
	var sin, cos [6]float64
	for f := range octaves {
		for i, v := range vs {
			if f == 0 {
				sin[i], cos[i] = math.Sincos(math.Pi * float64(v))
			} else {
				sin[i], cos[i] = 2*sin[i]*cos[i], 1-2*sin[i]*sin[i]
			}
			row = append(row, float32(sin[i]), float32(cos[i]))
		}
	}
	return row
}

// pointsEncoder gives the coordinates, and the points of the ray with their waves.
type pointsEncoder struct {
	stride, octaves int
	tracer          tracer
}

func (e pointsEncoder) encode(x []float32, rays []plucker.Coords, _ *samples) {
	for i := range rays {
		row := append(x[i*e.stride:i*e.stride], rays[i][:]...)
		track := e.tracer.of(&rays[i])
		for k := range e.tracer.points {
			p := track.at(k)
			row = append(row, p[:]...)
			row = waves(row, p[:], e.octaves)
		}
	}
}

func (pointsEncoder) backward([]float32, []plucker.Coords, *samples) {}

// gridEncoder gives the features of every grid at every point of the ray, side by side, and the
// coordinates.
type gridEncoder struct {
	stride int
	tracer tracer
	grids  [][]float32
	res    []int
}

func (e gridEncoder) encode(x []float32, rays []plucker.Coords, s *samples) {
	k, width := e.tracer.points, 4*len(e.grids)
	s.reset(len(rays), k, width)
	for i := range rays {
		track := e.tracer.of(&rays[i])
		for j := range k {
			s.put(i*k+j, track.at(j))
		}
		s.n = (i + 1) * k
		row := x[i*e.stride:]
		for g, grid := range e.grids {
			f32.Fetch(row[4*g:k*width], width, grid, e.res[g], s.x[i*k:s.n], s.y[i*k:s.n], s.z[i*k:s.n])
		}
		copy(row[k*width:], rays[i][:])
	}
}

func (e gridEncoder) backward(dx []float32, rays []plucker.Coords, s *samples) {
	n := e.tracer.points * 4 * len(e.grids)
	for i := range rays {
		copy(s.d[i*n:(i+1)*n], dx[i*e.stride:])
	}
}
