package render

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
)

// solid is the ball, which tells where it is; shy does not tell normals.
type solid struct {
	ball
	shy bool
}

func (s solid) Surfaces(rgb []float32, surfaces []lfn.Surface, rays []plucker.Coords) {
	s.Colors(rgb, rays)
	for i, c := range rays {
		surfaces[i] = lfn.Surface{}
		p := c.ClosestToOrigin()
		h2 := 0.64 - p.LenSqr()
		if h2 < 0 {
			continue
		}
		along := -math.Sqrt(h2)
		surfaces[i] = lfn.Surface{Along: float32(along), Spread: 0.01, Confidence: 0.9}
		if n := p.Add(c.Dir().Mul(along)).Mul(1 / 0.8); !s.shy {
			surfaces[i].Normal = [3]float32{float32(n[0]), float32(n[1]), float32(n[2])}
		}
	}
}

// moved is a frame that is not the world.
var moved = plucker.Frame{Center: mgl64.Vec3{4, -3, 2}, Radius: 2.5, Up: mgl64.Vec3{0, 0, 1}}

func TestGeometry(t *testing.T) {
	cam := Orbit{AzDeg: 30, ElDeg: 20}.Camera(moved, 150, 100)
	lens := cam
	lens.Distortion = plucker.Distortion{K1: -0.1}
	for _, tt := range []struct {
		name  string
		cam   plucker.Camera
		shy   bool
		bound float64 // of the error of normals
	}{{"told", cam, false, 1e-5}, {"shy", cam, true, 0.2}, {"lens", lens, true, 0.2}} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewCPU(solid{shy: tt.shy}, moved)
			var g Geometry
			var m Image
			if err := r.Geometry(context.Background(), &g, &tt.cam); err != nil {
				t.Fatal(err)
			}
			if err := r.Render(context.Background(), &m, &tt.cam, Options{}); err != nil {
				t.Fatal(err)
			}
			if !math.IsInf(PSNR(&m, &g.Color), 1) {
				t.Error("the colours are others than those of Render")
			}
			seen, sum := 0, 0.
			for i := range tt.cam.Width * tt.cam.Height {
				x, y := i%tt.cam.Width, i/tt.cam.Width
				p, known := g.Point(&tt.cam, x, y)
				if !known {
					if g.Distance[i] != 0 || g.Confidence[i] != 0 || g.Normal[3*i] != 0 {
						t.Fatalf("pixel (%d, %d) sees nothing, and has distance %v", x, y, g.Distance[i])
					}
					continue
				}
				out := p.Sub(moved.Center)
				if math.Abs(out.Len()-0.8*moved.Radius) > 1e-4 || math.Abs(float64(g.Spread[i])-0.01*moved.Radius) > 1e-6 {
					t.Fatalf("pixel (%d, %d) is %v from the centre, spread %v, want %v and %v", x, y, out.Len(), g.Spread[i], 0.8*moved.Radius, 0.01*moved.Radius)
				}
				n := mgl64.Vec3{float64(g.Normal[3*i]), float64(g.Normal[3*i+1]), float64(g.Normal[3*i+2])}
				if math.Abs(n.Len()-1) > 1e-5 {
					t.Fatalf("the normal of pixel (%d, %d) is %v, want length 1", x, y, n)
				}
				seen, sum = seen+1, sum+n.Sub(out.Normalize()).Len()
			}
			if seen < 3000 || sum/float64(seen) > tt.bound {
				t.Errorf("%d pixels, normals off by %v, want at most %v", seen, sum/float64(seen), tt.bound)
			}
		})
	}
}

// strange tells what no light field should: NaN, what is behind the camera, what is infinitely far.
type strange struct{ ball }

func (s strange) Surfaces(rgb []float32, surfaces []lfn.Surface, rays []plucker.Coords) {
	s.Colors(rgb, rays)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	all := []lfn.Surface{
		{Along: nan, Confidence: 1}, {Along: -1e6, Confidence: 1}, {Along: inf, Confidence: 1}, {Along: 0, Confidence: nan},
		{Along: 0, Confidence: 2, Spread: nan, Normal: [3]float32{nan, 0, 0}}, {Along: 0, Confidence: 1, Spread: inf},
	}
	for i := range rays {
		surfaces[i] = all[i%len(all)]
	}
}

func TestGeometryIsFinite(t *testing.T) {
	cam := Orbit{}.Camera(moved, 64, 48)
	var g Geometry
	if err := NewCPU(strange{}, moved).Geometry(context.Background(), &g, &cam); err != nil {
		t.Fatal(err)
	}
	for _, values := range [][]float32{g.Distance, g.Spread, g.Confidence, g.Normal} {
		for i, v := range values {
			if !(math.Abs(float64(v)) < 1e6) {
				t.Fatalf("value %d is %v", i, v)
			}
		}
	}
	if g.Confidence[0] != 0 || g.Confidence[1] != 0 || g.Confidence[4] != 1 || !(g.Distance[4] > 0) {
		t.Errorf("confidences are %v, want 0 0 0 0 1 1", g.Confidence[:6])
	}
}

func TestGeometryErrors(t *testing.T) {
	cam := Orbit{}.Camera(moved, 8, 8)
	if err := NewCPU(ball{}, moved).Geometry(context.Background(), new(Geometry), &cam); err == nil || !strings.Contains(err.Error(), "colours only") {
		t.Errorf("of colours only: %v", err)
	}
	if err := NewCPU(solid{}, moved).Geometry(context.Background(), new(Geometry), new(plucker.Camera)); err == nil {
		t.Error("of no camera: no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := NewCPU(solid{}, moved).Geometry(ctx, new(Geometry), &cam); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// TestLens checks that what is in focus is where the pinhole has it, whatever the lens, and that the rest is not.
func TestLens(t *testing.T) {
	cam := Orbit{AzDeg: 30, ElDeg: 20}.Camera(moved, 40, 30)
	cam.Distortion = plucker.Distortion{K1: -0.1}
	o := Options{Aperture: 0.3, Focus: 5}
	most := 0.
	for i := range 64 {
		u, v := (float64(i%8)+0.5)/8, (float64(i/8)+0.5)/8
		r := o.lensRay(&cam, 11, 7, u, v)
		right, up := o.Lens(u, v)
		most = max(most, math.Hypot(right, up))
		if d := r.Origin.Sub(cam.Pose.Pos).Len(); math.Abs(d-math.Hypot(right, up)) > 1e-9 {
			t.Fatalf("ray %d is from %v beside the pinhole, want %v", i, d, math.Hypot(right, up))
		}
		sharp := cam.Unproject(11+u, 7+v, o.Focus)
		if off := sharp.Sub(r.Origin).Cross(r.Dir).Len(); off > 1e-9 {
			t.Fatalf("ray %d passes what is in focus by %v", i, off)
		}
	}
	if !(most > 0.25 && most <= 0.3) {
		t.Errorf("the rays come from up to %v beside the pinhole, want nearly 0.3", most)
	}
}

// TestLensOfAnyFocus: rays of a small lens are the pinhole's, whether it is sharp nearly at the camera or nearly at infinity.
func TestLensOfAnyFocus(t *testing.T) {
	cam := Orbit{AzDeg: 30, ElDeg: 20}.Camera(moved, 40, 30)
	for _, focus := range []float64{minFocus, 1e-9, 1e-3, 1e9, maxLens} {
		o := Options{Aperture: 1e-9 * focus, Focus: focus}
		got, want := o.lensRay(&cam, 11, 7, 0.1, 0.7), cam.Ray(11.1, 7.7)
		if off := got.Dir.Sub(want.Dir).Len(); !(off < 1e-8) {
			t.Errorf("with the focus at %v a ray goes along %v, want %v", focus, got.Dir, want.Dir)
		}
	}
}

func TestAperture(t *testing.T) {
	cam := Orbit{AzDeg: 30, ElDeg: 20}.Camera(plucker.UnitFrame(), 100, 80)
	near := cam.Pose.Pos.Len() - 0.8
	sharp := shoot(t, ball{}, cam, Options{Samples: 8})
	auto := shoot(t, ball{}, cam, Options{Aperture: 0.1, Focus: near})
	if eight := shoot(t, ball{}, cam, Options{Aperture: 0.1, Focus: near, Samples: 8}); !math.IsInf(PSNR(auto, eight), 1) {
		t.Error("as many rays as needed are not 8×8")
	}
	middle := func(m *Image) *Image { // what is in focus
		c := NewImage(10, 10)
		for y := range 10 {
			copy(c.Pix[30*y:30*y+30], m.Pix[3*((35+y)*100+45):])
		}
		return c
	}
	far := shoot(t, ball{}, cam, Options{Aperture: 0.1, Focus: 3 * near})
	if in, out := PSNR(middle(auto), middle(sharp)), PSNR(middle(far), middle(sharp)); in < 40 || out > in-6 {
		t.Errorf("in focus %.1f dB of the sharp picture, out of focus %.1f dB", in, out)
	}
	fisheye := cam
	fisheye.Distortion.Fisheye = true
	for _, tt := range []struct {
		name string
		cam  plucker.Camera
		o    Options
		want string
	}{
		{"negative", cam, Options{Aperture: -1, Focus: 1}, "aperture is -1"},
		{"NaN", cam, Options{Aperture: math.NaN(), Focus: 1}, "aperture is NaN"},
		{"infinite", cam, Options{Aperture: math.Inf(1), Focus: 1}, "aperture is +Inf"},
		{"absurd", cam, Options{Aperture: 1e200, Focus: 1}, "aperture is 1e+200"},
		{"focus nowhere", cam, Options{Aperture: 1, Focus: 1e200}, "focus is at 1e+200"},
		{"focus in the lens", cam, Options{Aperture: 1, Focus: 1e-200}, "focus is at 1e-200"},
		{"focus 0", cam, Options{Aperture: 1}, "focus is at 0"},
		{"focus behind", cam, Options{Aperture: 1, Focus: -2}, "focus is at -2"},
		{"focus NaN", cam, Options{Aperture: 1, Focus: math.NaN()}, "focus is at NaN"},
		{"fisheye", fisheye, Options{Aperture: 1, Focus: 2}, "fisheye"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := NewCPU(ball{}, plucker.UnitFrame()).Render(context.Background(), new(Image), &tt.cam, tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
}

// TestPass: the mean of all passes is the picture, with a lens and without.
func TestPass(t *testing.T) {
	cam := Orbit{AzDeg: 30, ElDeg: 20}.Camera(plucker.UnitFrame(), 90, 70)
	cam.Distortion = plucker.Distortion{K1: -0.1}
	r := NewCPU(ball{}, plucker.UnitFrame())
	for _, aperture := range []float64{0, 0.4} {
		o := Options{Samples: 3, Aperture: aperture, Focus: 2.5}
		var order SampleOrder
		order.Set(o.Samples)
		mean := NewImage(cam.Width, cam.Height)
		var m Image
		for _, at := range order.At[:order.N] {
			if err := r.Pass(context.Background(), &m, &cam, o, at); err != nil {
				t.Fatal(err)
			}
			for i, v := range m.Pix {
				mean.Pix[i] += v / float32(order.N)
			}
		}
		if psnr := PSNR(mean, shoot(t, ball{}, cam, o)); psnr < 100 {
			t.Errorf("aperture %v: the mean of the passes is %.1f dB off the picture", aperture, psnr)
		}
	}
	if err := r.Pass(context.Background(), new(Image), &cam, Options{Aperture: 1}, [2]float64{0.5, 0.5}); err == nil {
		t.Error("a lens without a focus makes a pass")
	}
}
