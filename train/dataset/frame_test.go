package dataset

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// TestFrameOf: what cameras look at lies in the unit ball, and all of them look at it.
func TestFrameOf(t *testing.T) {
	up := mgl64.Vec3{0, 0, 1}
	cam := func(at, to mgl64.Vec3) plucker.Camera { return plucker.Pinhole(plucker.LookAt(at, to, up), 60, 40, 1) }
	around := func(radius float64, to func(at mgl64.Vec3) mgl64.Vec3) (cams []plucker.Camera) {
		for i := range 24 {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / 24)
			at := mgl64.Vec3{radius * cos, radius * sin, 0.2 * radius * math.Sin(float64(i))}
			cams = append(cams, cam(at, to(at)))
		}
		return cams
	}
	var wall []plucker.Camera
	for i := range 25 {
		at := mgl64.Vec3{float64(i%5)*0.1 - 0.2, 0, float64(i/5)*0.1 - 0.2}
		wall = append(wall, cam(at, at.Add(mgl64.Vec3{0, 1, 0})))
	}
	ball := func(r *rand.Rand) mgl64.Vec3 {
		return mgl64.Vec3{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}.Normalize().Mul(math.Cbrt(r.Float64()))
	}
	for _, tt := range []struct {
		name   string
		cams   []plucker.Camera
		point  func(r *rand.Rand) mgl64.Vec3
		center mgl64.Vec3
		lo, hi float64 // of the radius
	}{
		{"an object", around(5, func(mgl64.Vec3) mgl64.Vec3 { return mgl64.Vec3{} }), ball, mgl64.Vec3{}, 1, 1.6},
		{"an object in a landscape", around(5, func(mgl64.Vec3) mgl64.Vec3 { return mgl64.Vec3{} }), func(r *rand.Rand) mgl64.Vec3 {
			if p := ball(r); r.IntN(3) > 0 {
				return p
			}
			return ball(r).Normalize().Mul(20 + 100*r.Float64())
		}, mgl64.Vec3{}, 1, 2},
		{"a room, from its middle", around(0.5, func(at mgl64.Vec3) mgl64.Vec3 { return at.Mul(2) }), func(r *rand.Rand) mgl64.Vec3 {
			sin, cos := math.Sincos(2 * math.Pi * r.Float64())
			return mgl64.Vec3{4 * cos, 4 * sin, 2*r.Float64() - 1}
		}, mgl64.Vec3{}, 4, 6.5},
		{"a wall, from the front", wall, func(r *rand.Rand) mgl64.Vec3 {
			return mgl64.Vec3{4*r.Float64() - 2, 5, 3*r.Float64() - 1.5}
		}, mgl64.Vec3{0, 5, 0}, 1, 2.5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			var s seenPoints
			for range 3000 {
				at := tt.point(r)
				p := s.add(at, 0.5)
				for i := range tt.cams {
					c := &tt.cams[i]
					if u, v, _, ok := c.Project(at); ok && u >= 0 && v >= 0 && u <= 60 && v <= 40 {
						p.see(c)
					}
				}
			}
			f := frameOf(tt.cams, s.kept)
			if err := f.Validate(); err != nil {
				t.Fatal(err)
			}
			if off := f.Center.Sub(tt.center).Len(); off > 0.2*f.Radius || f.Radius < tt.lo || f.Radius > tt.hi {
				t.Errorf("frame %+v, want the centre about %v and a radius from %v to %v", f, tt.center, tt.lo, tt.hi)
			}
			held, looked := 0, 0
			for _, p := range s.kept {
				if p.views >= minPointViews && 2*p.near >= p.views {
					looked++
					if p.pos.Sub(f.Center).Len() <= f.Radius {
						held++
					}
				}
			}
			if 10*held < 9*looked || looked < 100 {
				t.Errorf("the ball holds %d of the %d points which cameras look at, want 9 in 10", held, looked)
			}
			for i := range tt.cams {
				if m := f.Coords(tt.cams[i].Ray(30, 20)).Moment().Len(); m > 1 {
					t.Errorf("camera %d looks past the ball, at %v radii", i, m)
				}
			}
			for i := range s.kept { // points without views are better than none
				s.kept[i].views, s.kept[i].near = 0, 0
			}
			if err := frameOf(tt.cams, s.kept).Validate(); err != nil {
				t.Error(err)
			}
			if got, want := frameOf(tt.cams, s.kept[:3]), plucker.FrameOf(tt.cams); got != want {
				t.Errorf("frame of three points = %+v, want that of the cameras, %+v", got, want)
			}
		})
	}
	if got, want := frameOf(nil, nil), plucker.UnitFrame(); got != want {
		t.Errorf("frame of nothing = %+v, want %+v", got, want)
	}
	same := make([]seenPoint, 100)
	if err := frameOf(wall, same).Validate(); err != nil {
		t.Errorf("frame of points at one place: %v", err)
	}
}
