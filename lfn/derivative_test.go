package lfn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lfnview/plucker"
)

// TestDerivatives compares with central differences of the twin, in float64.
func TestDerivatives(t *testing.T) {
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
			rays := smoothRays(t, slow, 90) // more than go through the network together
			rays = slices.DeleteFunc(rays, func(r plucker.Coords) bool {
				// Along an axis or through the centre, between texels; and nearly touching the ball.
				return r[0]*r[1]*r[2] == 0 || r.Moment().Len() < 0.01 || math.Abs(r.Moment().Len()-1) < 0.01
			})
			rng := rand.New(rand.NewPCG(1, 2))
			along := [][]plucker.Coords{make([]plucker.Coords, len(rays)), make([]plucker.Coords, len(rays))}
			for i := range rays {
				for k := range 6 {
					along[0][i][k] = float32(rng.NormFloat64())
				}
				_, along[1][i], _, _ = moves(&rays[i])
			}
			want := make([][]float64, len(along))
			for j := range along {
				for i := range rays {
					for c := range 3 {
						want[j] = append(want[j], slope(func(h float64) float64 {
							at := lineOf(rays[i])
							for k, v := range along[j][i] {
								at[k] += h * float64(v)
							}
							return slow.colorOf(at).rgb[c]
						}))
					}
				}
			}
			eachImpl(t, func(t *testing.T) {
				p := n.Pack()
				rgb, colors := make([]float32, 3*len(rays)), make([]float32, 3*len(rays))
				drgb := [][]float32{make([]float32, 3*len(rays)), make([]float32, 3*len(rays))}
				p.derivatives(newStrip(c, tangentRays, keepSlopes), rgb, drgb, rays, along)
				p.Colors(colors, rays)
				for i, v := range rgb {
					if math.Abs(float64(min(max(v, 0), 1)-colors[i])) > 1e-6 {
						t.Fatalf("value %d is %v, and %v of Colors", i, v, colors[i])
					}
				}
				for j := range drgb {
					largest, worst := 0., 0.
					for _, w := range want[j] {
						largest = max(largest, math.Abs(w))
					}
					for i, w := range want[j] {
						worst = max(worst, math.Abs(float64(drgb[j][i])-w)/largest)
					}
					t.Logf("worst %.3g of the largest", worst)
					if !(worst <= tol) {
						t.Errorf("direction %d: off by %.3g of the largest, %v, want %v", j, worst, largest, tol)
					}
				}
			})
		})
	}
}
