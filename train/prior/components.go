package prior

import (
	"math"
	"math/rand/v2"

	"lfnview/lfn"
)

// Components are the directions in which the latents of a prior differ most, its principal components.
type Components struct {
	Mean lfn.Latent
	Axes []lfn.Latent // of length 1, perpendicular to each other
	Std  []float64    // standard deviation of the latents along each
}

// mostCounted is how many latents decide on the directions.
const mostCounted = 5000

// NewComponents finds the first k of them, by orthogonal iteration on the covariance of the latents, evenly chosen ones where
// there are many.
func NewComponents(p *lfn.Prior, k int) *Components {
	dim := p.Hyper.Config.Latent
	c := &Components{Mean: p.Mean()}
	rng := rand.New(rand.NewPCG(1, uint64(dim)))
	axes := make([][]float64, min(k, dim))
	for i := range axes {
		axes[i] = make([]float64, dim)
		for j := range axes[i] {
			axes[i][j] = rng.NormFloat64()
		}
	}
	const turns = 50
	variance := make([]float64, len(axes))
	counted := min(mostCounted, len(p.Instances))
	for range turns {
		next := make([][]float64, len(axes))
		for i := range next {
			next[i] = make([]float64, dim)
		}
		for n := range counted {
			z := p.Latent(n * len(p.Instances) / counted)
			for i, axis := range axes {
				dot := 0.
				for j, v := range z {
					dot += float64(v-c.Mean[j]) * axis[j]
				}
				for j, v := range z {
					next[i][j] += dot * float64(v-c.Mean[j]) / float64(counted)
				}
			}
		}
		for i := range next {
			variance[i] = orthonormal(next, i)
			if variance[i] == 0 { // there are fewer: any direction will do
				copy(next[i], axes[i])
				orthonormal(next, i)
			}
		}
		axes = next
	}
	for i, axis := range axes {
		z := make(lfn.Latent, dim)
		for j, v := range axis {
			z[j] = float32(v)
		}
		c.Axes = append(c.Axes, z)
		c.Std = append(c.Std, math.Sqrt(variance[i]))
	}
	return c
}

// orthonormal makes axis i perpendicular to those before and of length 1. It returns the length that it had.
func orthonormal(axes [][]float64, i int) float64 {
	dotWith := func(other []float64) (dot float64) {
		for j, v := range axes[i] {
			dot += v * other[j]
		}
		return dot
	}
	for range 2 { // once more for what rounding left
		for _, before := range axes[:i] {
			dot := dotWith(before)
			for j, v := range before {
				axes[i][j] -= dot * v
			}
		}
	}
	length := math.Sqrt(dotWith(axes[i]))
	const nothing = 1e-15
	if length < nothing {
		return 0
	}
	for j := range axes[i] {
		axes[i][j] /= length
	}
	return length
}

// At is where a latent is along the axes, in standard deviations of them.
func (c *Components) At(z lfn.Latent) []float64 {
	at := make([]float64, len(c.Axes))
	for i, axis := range c.Axes {
		for j, v := range z {
			at[i] += float64(v-c.Mean[j]) * float64(axis[j])
		}
		if c.Std[i] > 0 {
			at[i] /= c.Std[i]
		}
	}
	return at
}

// Latent is that at a place along the axes, in standard deviations of them.
func (c *Components) Latent(at ...float64) lfn.Latent {
	z := append(lfn.Latent(nil), c.Mean...)
	for i, x := range at {
		c.Push(z, i, x)
	}
	return z
}

// Push moves a latent along an axis, by so many standard deviations.
func (c *Components) Push(z lfn.Latent, axis int, by float64) {
	for j, v := range c.Axes[axis] {
		z[j] += float32(by*c.Std[axis]) * v
	}
}
