package lfn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lfnview/plucker"
)

// slopesAlong are the derivatives of the mixtures of colours, [Mixes], that are not clamped, as rays move along four directions
// of their coordinates: that of mixture k, ray i and move j is at [k][j][i].
func slopesAlong(n *Network, rays []plucker.Coords, moves [4][]plucker.Coords) (slopes [len(Mixes)][4][]float32) {
	p, q := n.Pack(), newProbe(n.Config)
	scale := float32(1)
	if p.signed {
		scale = 0.5
	}
	for first := 0; first < len(rays); first += tangentRays {
		some := rays[first:min(first+tangentRays, len(rays))]
		for j := range moves {
			copy(q.moves[j], moves[j][first:])
		}
		p.strip(q.strip, make([]float32, 3*len(some)), some)
		p.slopes(q, some)
		for k := range slopes {
			for j := range slopes[k] {
				for _, v := range q.slopes[k][j][:len(some)] {
					slopes[k][j] = append(slopes[k][j], scale*v)
				}
			}
		}
	}
	return slopes
}

// TestSlopes compares with central differences of the twin, in float64.
func TestSlopes(t *testing.T) {
	for _, c := range twinConfigs() {
		if c.Encoding.Kind == Volume {
			continue
		}
		t.Run(configName(c), func(t *testing.T) {
			n := newTest(t, c)
			slow := newTwin(n)
			tol := 1e-4
			if c.Activation == Sine && c.Norm == NormLayer {
				tol = 1e-3
			}
			rays := smoothRays(t, slow, 90)
			rays = slices.DeleteFunc(rays, func(r plucker.Coords) bool {
				// Along an axis or through the centre, between texels; and nearly touching the ball.
				return r[0]*r[1]*r[2] == 0 || r.Moment().Len() < 0.01 || math.Abs(r.Moment().Len()-1) < 0.01
			})
			rng := rand.New(rand.NewPCG(1, 2))
			var along [4][]plucker.Coords
			for i := range rays {
				shift, turn, _, turn2 := moves(&rays[i])
				var random plucker.Coords
				for k := range random {
					random[k] = float32(rng.NormFloat64())
				}
				for j, move := range [4]plucker.Coords{random, shift, turn, turn2} {
					along[j] = append(along[j], move)
				}
			}
			var want [len(Mixes)][4][]float64
			for j := range along {
				for i := range rays {
					var d [3]float64 // of the channels
					for c := range d {
						d[c] = slope(func(h float64) float64 {
							at := lineOf(rays[i])
							for k, v := range along[j][i] {
								at[k] += h * float64(v)
							}
							return slow.colorOf(at).rgb[c]
						})
					}
					for k, mix := range Mixes {
						want[k][j] = append(want[k][j], float64(mix[0])*d[0]+float64(mix[1])*d[1]+float64(mix[2])*d[2])
					}
				}
			}
			eachImpl(t, func(t *testing.T) {
				got := slopesAlong(n, rays, along)
				for k := range got {
					for j := range got[k] {
						largest, worst := 0., 0.
						for _, w := range want[k][j] {
							largest = max(largest, math.Abs(w))
						}
						for i, w := range want[k][j] {
							if off := math.Abs(float64(got[k][j][i])-w) / largest; !(off <= worst) {
								worst = off
							}
						}
						if !(worst <= tol) {
							t.Errorf("mixture %d, move %d: off by %.3g of the largest, %v, want %v", k, j, worst, largest, tol)
						}
					}
				}
			})
		})
	}
}
