package lfn

import (
	"math"
	"slices"
	"testing"
)

// TestSurfaces: the colours are those of Colors, the surfaces those of each ray by itself, and nothing that is not a number
// or not a confidence gets out, not even of a network that has such numbers.
func TestSurfaces(t *testing.T) {
	for _, c := range twinConfigs() {
		t.Run(configName(c), func(t *testing.T) {
			n := newTest(t, c)
			rays := testRays(300)
			rgb, want := make([]float32, 3*len(rays)), make([]float32, 3*len(rays))
			surfaces, single := make([]Surface, len(rays)), make([]Surface, 1)
			for _, bad := range []bool{false, true} {
				if bad {
					for i := range n.Layers[0].Weight {
						n.Layers[0].Weight[i] = float32(math.NaN())
					}
					for _, g := range n.Grids {
						g[len(g)/2] = float32(math.NaN())
						g[len(g)/3&^3] = float32(math.Inf(1))
					}
				}
				p := n.Pack()
				p.Colors(want, rays)
				p.Surfaces(rgb, surfaces, rays)
				met := 0
				for i, s := range surfaces {
					if !bad && !slices.Equal(rgb[3*i:3*i+3], want[3*i:3*i+3]) {
						t.Fatalf("ray %d has the colour %v, want %v", i, rgb[3*i:3*i+3], want[3*i:3*i+3])
					}
					p.Surfaces(rgb[:3], single, rays[i:i+1])
					if d := math.Abs(float64(s.Along - single[0].Along)); !(d <= 1e-3*float64(1+s.Spread)) {
						t.Fatalf("ray %d meets %+v, by itself %+v", i, s, single[0])
					}
					for _, v := range []float32{s.Along, s.Spread, s.Normal[0], s.Normal[1], s.Normal[2]} {
						if v-v != 0 {
							t.Fatalf("ray %d meets %+v", i, s)
						}
					}
					if !(s.Confidence >= 0 && s.Confidence <= 1 && s.Spread >= 0) {
						t.Fatalf("ray %d meets %+v", i, s)
					}
					if s != (Surface{}) {
						met++
					}
				}
				if !bad && met < 50 {
					t.Errorf("%d of %d rays meet something", met, len(rays))
				}
				if bad && c.Encoding.Kind != Volume && met > 0 {
					t.Errorf("%d rays meet something by numbers that are none", met)
				}
			}
		})
	}
}
