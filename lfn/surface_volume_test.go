package lfn

import (
	"fmt"
	"math"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// fillBall makes the density that of a ball in the scene frame, growing over a fifth of its radius.
func fillBall(n *Network, center mgl64.Vec3, radius float64) {
	e := n.Config.Encoding
	sides := e.Sides()
	tracer := newTracer(e)
	for k, grid := range n.Grids {
		side := sides[k]
		for i := 0; i < len(grid); i += 4 {
			var p mgl64.Vec3
			for a, j := range [3]int{i / 4 % side, i / 4 / side % side, i / 4 / side / side} {
				p[a] = float64(2*j)/float64(side-1) - 1
			}
			x := p
			switch {
			case e.Window != nil:
				x = mgl64.TransformCoordinate(mgl64.Vec3{p[0], p[1], (p[2]+1)*Flat - 1}, tracer.toScene)
			case k >= len(e.Grids):
				x = p.Mul(1 / (2 * (1 - min(p.Len(), 0.999)) * p.Len())) // |p| = 1 − 1/2r
			}
			depth := (radius - x.Sub(center).Len()) / radius // NaN in the middle of what is outside
			grid[i] = float32(min(max(5*depth, -1), 1)) / float32(len(e.Grids))
			if !(x.Len() < 100) {
				grid[i] = -1
			}
		}
	}
}

// TestSurfacesOfABall looks at a ball in each of the spaces that there are.
func TestSurfacesOfABall(t *testing.T) {
	for _, tt := range []struct {
		name   string
		e      Encoding
		center mgl64.Vec3
		radius float64
		eye    mgl64.Vec3
	}{
		{"ball", Encoding{}, mgl64.Vec3{0.1, -0.2, 0.15}, 0.5, mgl64.Vec3{2, 2, -1}},
		{"window", Encoding{Window: twinWindow(), Grids: []int{48, 128}}, mgl64.Vec3{0.1, -0.2, 0.15}, 0.5, mgl64.Vec3{0.15, -0.25, 2.5}},
		{"outside", Encoding{Clear: 0.7}, mgl64.Vec3{0.4, 2.4, -0.3}, 1, mgl64.Vec3{0, -1, 0.1}},
		{"beside what is outside", Encoding{Clear: 1.5}, mgl64.Vec3{0.1, -0.2, 0.15}, 0.5, mgl64.Vec3{2, 2, -1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.e.Kind, tt.e.Points = Volume, 160
			if tt.e.Grids == nil {
				tt.e.Grids = []int{48, 96}
			}
			n := newTest(t, Config{Encoding: tt.e, Hidden: []int{16}, Norm: NormLayer, Activation: ReLU})
			fillBall(n, tt.center, tt.radius)
			n.FindEmptySpace()
			var rays []plucker.Coords
			ahead := tt.center.Sub(tt.eye)
			right := ahead.Cross(mgl64.Vec3{0, 0.6, 0.8}).Normalize()
			up := right.Cross(ahead).Normalize()
			for i := range 41 * 41 {
				to := ahead.Add(right.Mul(tt.radius * float64(i%41-20) / 15)).Add(up.Mul(tt.radius * float64(i/41-20) / 15))
				rays = append(rays, plucker.UnitFrame().Coords(plucker.Ray{Origin: tt.eye, Dir: to.Normalize()}))
			}
			rgb, want := make([]float32, 3*len(rays)), make([]float32, 3*len(rays))
			surfaces := make([]Surface, len(rays))
			p := n.Pack()
			p.Colors(want, rays)
			p.Surfaces(rgb, surfaces, rays)
			if fmt.Sprint(rgb) != fmt.Sprint(want) {
				t.Error("the colours are not those of Colors")
			}
			var hits, worst, worstNormal float64
			for i, s := range surfaces {
				ray := rays[i].Ray()
				near, _, hit := ray.SphereHit(tt.center, tt.radius)
				if !hit {
					if _, _, close := ray.SphereHit(tt.center, 1.05*tt.radius); !close && s != (Surface{}) {
						t.Fatalf("ray %d misses the ball, and meets %+v", i, s)
					}
					continue
				}
				normal := ray.At(near).Sub(tt.center).Mul(1 / tt.radius)
				if ray.Dir.Dot(normal) > -0.5 { // nearly touches
					continue
				}
				hits++
				got := mgl64.Vec3{float64(s.Normal[0]), float64(s.Normal[1]), float64(s.Normal[2])}
				if math.Abs(got.Len()-1) > 1e-6 || got.Dot(ray.Dir) > 0 {
					t.Fatalf("ray %d along %v has the normal %v", i, ray.Dir, got)
				}
				worst = max(worst, math.Abs(float64(s.Along)-near)/tt.radius)
				worstNormal = max(worstNormal, 180/math.Pi*math.Acos(min(got.Dot(normal), 1)))
				if !(s.Spread > 0 && float64(s.Spread) < 0.25*tt.radius && s.Confidence >= 0 && s.Confidence <= 1) {
					t.Fatalf("ray %d: %+v", i, s)
				}
			}
			t.Logf("%v rays: off by up to %.3f of the radius and %.1f°", hits, worst, worstNormal)
			most := 0.05
			if tt.e.Window != nil {
				most = 0.12 // the mean of what grows over a fifth
			}
			if hits < 300 || worst > most || worstNormal > 10 {
				t.Errorf("%v rays: off by up to %.3f of the radius and %.1f°, want at most %v and 10°", hits, worst, worstNormal, most)
			}
		})
	}
}
