package lfn

import (
	"math"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// TestMoves: a shift and a turn leave a ray a line, and move what is on it as they say.
func TestMoves(t *testing.T) {
	for i, ray := range testRays(60) {
		if ray.Moment().Len() > 10 {
			continue
		}
		shift1, turn1, shift2, turn2 := moves(&ray)
		for _, m := range [2][2]plucker.Coords{{shift1, turn1}, {shift2, turn2}} {
			e := m[1].Dir()
			d, x := ray.Dir(), ray.ClosestToOrigin()
			if math.Abs(e.Len()-1) > 1e-6 || math.Abs(e.Dot(d)) > 1e-6 {
				t.Errorf("ray %d: e is %v", i, e)
			}
			if shifted := m[0].Moment().Sub(e.Cross(d)).Len() + m[0].Dir().Len(); shifted > 1e-6 {
				t.Errorf("ray %d: the shift is %v", i, m[0])
			}
			if turned := m[1].Moment().Sub(x.Cross(e)).Len(); turned > 1e-5 {
				t.Errorf("ray %d: the turn is %v", i, m[1])
			}
		}
		if math.Abs(turn1.Dir().Dot(turn2.Dir())) > 1e-6 {
			t.Errorf("ray %d: moves to one side", i)
		}
	}
}

// TestSurfaceOfSlopes: slopes of a textured point give its distance, more surely the stronger they are, and what says nothing
// gives none.
func TestSurfaceOfSlopes(t *testing.T) {
	ray := plucker.Coords{0, 0, 1, 0, 0.3, 0}
	of := func(a [4]float32, along, error float32) Surface {
		q := newProbe(twinConfigs()[0])
		for i, a := range a {
			q.slopes[i/2][i%2*2][0] = a
			q.slopes[i/2][i%2*2+1][0] = along*a + error*float32(1-i%2*2)
		}
		return q.surface(0, &ray, mgl64.Vec3{}, false)
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	strong, weak, torn := of([4]float32{9, -4, 1, 2}, -0.4, 0), of([4]float32{0.9, -0.4, 0.1, 0.2}, -0.4, 0), of([4]float32{9, -4, 1, 2}, -0.4, 1)
	for name, s := range map[string]Surface{"strong": strong, "weak": weak} {
		if math.Abs(float64(s.Along+0.4)) > 1e-6 || !(s.Spread > 0) {
			t.Errorf("%s: %+v, want -0.4", name, s)
		}
	}
	if !(strong.Confidence > Confident && weak.Confidence < Confident && torn.Confidence < strong.Confidence && torn.Spread > strong.Spread) {
		t.Errorf("strong %+v, weak %+v, torn %+v", strong, weak, torn)
	}
	for name, s := range map[string]Surface{
		"no texture": of([4]float32{}, 0, 0), "NaN": of([4]float32{1, nan, 1, 1}, 0.1, 0), "infinite": of([4]float32{1, 1, inf, 1}, 0.1, 0),
		"hardly any texture": of([4]float32{1e-6, 0, 0, 0}, 0, 0), "turns alone": of([4]float32{}, 0, 3), "far away": of([4]float32{1, 1, 1, 1}, 2*Farthest, 0),
	} {
		if s != (Surface{}) {
			t.Errorf("%s: %+v, want none", name, s)
		}
	}
}

// TestSurfacesOfAPlane: a network whose answers are waves on the plane z = c, to first order around rays along −z. The point
// p of such a ray on the plane is pₓ = m_y − c·dₓ, p_y = −mₓ − c·d_y.
func TestSurfacesOfAPlane(t *testing.T) {
	for _, c := range []float32{-0.4, 0, 0.3} {
		n, err := New(Config{Encoding: Encoding{Kind: Coordinates}, Hidden: []int{24}, Norm: NormNone, Activation: Sine, Omega: 9}, 1)
		if err != nil {
			t.Fatal(err)
		}
		l := n.Layers[0]
		for i := range l.Out {
			sin, cos := math.Sincos(float64(i))
			x, y := float32(sin), float32(cos) // the wave goes along (x, y)
			copy(l.Weight[6*i:], []float32{-c * x, -c * y, 0, -y, x, 0})
		}
		for i := range n.Layers[1].Weight {
			n.Layers[1].Weight[i] *= 10
		}
		var rays []plucker.Coords
		for i := range 81 {
			x, y := 0.2*float32(i%9-4), 0.2*float32(i/9-4)
			rays = append(rays, plucker.Coords{0, 0, -1, -y, x, 0})
		}
		surfaces := make([]Surface, len(rays))
		n.Pack().Surfaces(make([]float32, 3*len(rays)), surfaces, rays)
		sure := 0
		for i, s := range surfaces {
			if s.Confidence < Confident {
				continue
			}
			sure++
			if math.Abs(float64(s.Along+c)) > 1e-3 {
				t.Errorf("plane %v: ray %d meets %+v", c, i, s)
			}
		}
		if sure < len(rays)/2 {
			t.Errorf("plane %v: %d of %d rays meet it for sure", c, sure, len(rays))
		}
	}
}

// TestMixes: least squares takes mixtures for ones of alike and independent noise, so they are orthonormal.
func TestMixes(t *testing.T) {
	for i, a := range Mixes {
		for j, b := range Mixes {
			dot, want := a[0]*b[0]+a[1]*b[1]+a[2]*b[2], float32(0)
			if i == j {
				want = 1
			}
			if math.Abs(float64(dot-want)) > 1e-6 {
				t.Errorf("the product of mixtures %d and %d is %v, want %v", i, j, dot, want)
			}
		}
	}
}
