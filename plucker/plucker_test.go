package plucker

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
)

func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func randVec(r *rand.Rand) mgl64.Vec3 {
	return mgl64.Vec3{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
}

func randRay(r *rand.Rand) Ray { return Ray{randVec(r), randVec(r).Normalize()} }

func randPose(r *rand.Rand) Pose { return LookAt(randVec(r).Mul(3), randVec(r), randVec(r)) }

func approx(a, b mgl64.Vec3, tol float64) bool { return a.Sub(b).Len() <= tol }

func TestMomentIsTheLinesOwn(t *testing.T) {
	r := newRand()
	f := Frame{Center: mgl64.Vec3{1, -2, 0.5}, Radius: 2.5, Up: mgl64.Vec3{0, 0, 1}}
	for range 1000 {
		ray := randRay(r)
		c := f.Coords(ray)
		slid := f.Coords(Ray{ray.At(4 * r.NormFloat64()), ray.Dir})
		for i := range c {
			if math.Abs(float64(c[i]-slid[i])) > 1e-6 {
				t.Fatalf("Coords(%v) = %v, and from a point further along %v", ray, c, slid)
			}
		}
		if dm := c.Dir().Dot(c.Moment()); math.Abs(dm) > 1e-6 {
			t.Fatalf("d·m = %v for %v, want 0", dm, ray)
		}
		if d := c.Dir().Len(); math.Abs(d-1) > 1e-6 {
			t.Fatalf("|d| = %v for %v, want 1", d, ray)
		}
		p := c.ClosestToOrigin()
		if math.Abs(p.Len()-c.Moment().Len()) > 1e-6 {
			t.Fatalf("closest point at %v, want |m| = %v", p.Len(), c.Moment().Len())
		}
		back := c.Ray()
		if again := UnitFrame().Coords(back); again.Moment().Sub(c.Moment()).Len() > 1e-6 {
			t.Fatalf("Coords(%v) = %v, want %v", back, again, c)
		}
	}
}

func TestReciprocalOfMeetingLines(t *testing.T) {
	r := newRand()
	f := UnitFrame()
	for range 1000 {
		a := randRay(r)
		b := Ray{a.At(r.NormFloat64()), randVec(r).Normalize()}
		if p := Reciprocal(f.Coords(a), f.Coords(b)); math.Abs(p) > 3e-6 {
			t.Fatalf("Reciprocal(%v, %v) = %v, want 0 as they meet", a, b, p)
		}
	}
	skew := Ray{mgl64.Vec3{0, 0, 1}, mgl64.Vec3{0, 1, 0}}
	axis := Ray{mgl64.Vec3{}, mgl64.Vec3{1, 0, 0}}
	if p := Reciprocal(f.Coords(axis), f.Coords(skew)); p != -1 {
		t.Errorf("Reciprocal(x axis, y axis raised by 1) = %v, want −1", p)
	}
}

// bruteDistance walks to the nearest pair of points by minimising over each line in turn.
func bruteDistance(a, b Ray) float64 {
	s := 0.0
	for range 20000 {
		p := a.At(s)
		q := b.At(p.Sub(b.Origin).Dot(b.Dir))
		s = q.Sub(a.Origin).Dot(a.Dir)
	}
	p := a.At(s)
	return p.Sub(b.At(p.Sub(b.Origin).Dot(b.Dir))).Len()
}

func TestDistance(t *testing.T) {
	r := newRand()
	f := UnitFrame()
	for range 100 {
		a, b := randRay(r), randRay(r)
		if a.Dir.Cross(b.Dir).Len() < 0.1 {
			continue
		}
		if got, want := Distance(f.Coords(a), f.Coords(b)), bruteDistance(a, b); math.Abs(got-want) > 1e-5 {
			t.Fatalf("Distance(%v, %v) = %v, want %v", a, b, got, want)
		}
		for _, sign := range []float64{1, -1} {
			p := Ray{randVec(r), a.Dir.Mul(sign)}
			want := p.Origin.Sub(a.Origin).Cross(a.Dir).Len()
			if got := Distance(f.Coords(a), f.Coords(p)); math.Abs(got-want) > 1e-5 {
				t.Fatalf("Distance of parallel lines = %v, want %v", got, want)
			}
		}
	}
}

func TestSphereHit(t *testing.T) {
	for _, tt := range []struct {
		name      string
		origin    mgl64.Vec3
		radius    float64
		near, far float64
		hit       bool
	}{
		{"through the middle", mgl64.Vec3{-3, 0, 0}, 1, 2, 4, true},
		{"from inside", mgl64.Vec3{0.5, 0, 0}, 1, -1.5, 0.5, true},
		{"behind", mgl64.Vec3{3, 0, 0}, 1, -4, -2, true},
		{"touching", mgl64.Vec3{0, 1, 0}, 1, 0, 0, true},
		{"past", mgl64.Vec3{0, 1.01, 0}, 1, 0, 0, false},
		{"from far away", mgl64.Vec3{-1e9, 0.6, 0}, 1, 1e9 - 0.8, 1e9 + 0.8, true},
		{"no radius", mgl64.Vec3{-3, 0, 0}, math.NaN(), 0, 0, false},
		{"negative radius", mgl64.Vec3{-3, 0, 0}, -1, 0, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			near, far, hit := Ray{tt.origin, mgl64.Vec3{1, 0, 0}}.SphereHit(mgl64.Vec3{}, tt.radius)
			if hit != tt.hit || math.Abs(near-tt.near) > 1e-6 || math.Abs(far-tt.far) > 1e-6 {
				t.Errorf("SphereHit = %v, %v, %v, want %v, %v, %v", near, far, hit, tt.near, tt.far, tt.hit)
			}
		})
	}
	r := newRand()
	for range 1000 {
		ray, c, radius := randRay(r), randVec(r), math.Abs(r.NormFloat64())
		near, far, hit := ray.SphereHit(c, radius)
		if !hit {
			continue
		}
		for _, s := range []float64{near, far} {
			if d := ray.At(s).Sub(c).Len(); math.Abs(d-radius) > 1e-9 {
				t.Fatalf("%v meets the sphere %v of radius %v at distance %v", ray, c, radius, d)
			}
		}
	}
}
