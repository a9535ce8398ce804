package prior

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train"
	"lfnview/train/dataset"
)

// RefineOptions say how a decoded network is fitted to photographs. The zero value of a field means what its comment says.
type RefineOptions struct {
	Steps int     // updates; 0 means [DefaultRefineSteps]
	Rays  int     // of an update; 0 means 1024
	LR    float64 // highest learning rate; 0 means 1e-4
	Keep  float64 // weight of the mean square of what the weights change by; 0 means [DefaultKeep]
	Seed  uint64
}

const (
	DefaultRefineSteps = 200
	DefaultKeep        = 1e4
)

// Refine returns a network that tells photographs better than that of m, which a prior decoded, and is not far from it: what
// the prior does not know, it learns from the photographs alone, so views from elsewhere may come out worse.
func Refine(ctx context.Context, m *lfn.Model, views []dataset.View, o RefineOptions) (*lfn.Network, error) {
	if o.Steps == 0 {
		o.Steps = DefaultRefineSteps
	}
	if o.Rays == 0 {
		o.Rays = 1024
	}
	if o.LR == 0 {
		o.LR = 1e-4
	}
	if o.Keep == 0 {
		o.Keep = DefaultKeep
	}
	if o.Steps < 1 || o.Steps > maxSteps || o.Rays < 1 || o.Rays > maxRays || !(o.LR > 0 && o.LR <= 1) || math.IsNaN(o.Keep) {
		return nil, fmt.Errorf("prior: refine: %d steps, %d rays, learning rate %v, weight %v: want more than 0", o.Steps, o.Rays, o.LR, o.Keep)
	}
	n := m.Network.Clone()
	rays, colors := raysOf(views, m.Scene), colorsOf(views, m.Background)
	l := n.NewLearner(o.Rays)
	defer l.Close()
	var before [][]float32
	for _, g := range l.Grads() {
		before = append(before, slices.Clone(g.Data))
	}
	adam := train.NewAdam(l.Grads())
	target := make([]float32, 3*o.Rays)
	var key uint64
	draw := func(first int, dst []plucker.Coords) {
		for i := range dst {
			k := train.Mix(key+uint64(first+i)) % uint64(len(rays))
			dst[i] = rays[k]
			copy(target[3*(first+i):][:3], colors[3*k:])
		}
	}
	loss := func(first int, rgb, drgb []float32) float64 {
		return signedError(rgb, drgb, target[3*first:][:len(rgb)], imageLoss/float64(len(target)))
	}
	for step := 1; step <= o.Steps; step++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		key = train.Mix(train.Mix(o.Seed) ^ uint64(step))
		l.Batch(o.Rays, draw, loss)
		pull := float32(2 * o.Keep / float64(n.Params()))
		for i, g := range l.Grads() {
			for j, w := range g.Data {
				g.D[j] += pull * (w - before[i][j])
			}
			for j := range g.Touched {
				g.Touched[j] = 1 // all texels of a grid are pulled
			}
		}
		adam.Step, adam.LR = step, o.LR*train.Fall(float64(step)/float64(o.Steps))
		l.Run(adam.Pieces(), func(i int) { adam.Update(l.Grads(), i) })
	}
	return n, nil
}
