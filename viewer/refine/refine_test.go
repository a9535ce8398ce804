package refine

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render"
)

// stripes is a renderer of pictures that change within a pixel, for any camera.
type stripes struct {
	wait <-chan struct{} // each picture waits for one; nil does not wait
}

func (s stripes) Pass(ctx context.Context, dst *render.Image, cam *plucker.Camera, o render.Options, at [2]float64) error {
	if s.wait != nil {
		<-s.wait
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	dst.Resize(cam.Width, cam.Height)
	_, up := o.Lens(at[0], at[1])
	for y := range cam.Height {
		for x := range cam.Width {
			ray := cam.Ray(float64(x)+at[0], float64(y)+at[1])
			for k := range 3 {
				dst.Pix[3*(y*cam.Width+x)+k] = float32(0.5 + 0.5*math.Sin(300*ray.Dir[k]+up))
			}
		}
	}
	return nil
}

// Geometry is what looks back at each pixel, from as far away as its number.
func (s stripes) Geometry(ctx context.Context, dst *render.Geometry, cam *plucker.Camera) error {
	dst.Resize(cam.Width, cam.Height)
	if err := s.Pass(ctx, &dst.Color, cam, render.Options{}, [2]float64{0.5, 0.5}); err != nil {
		return err
	}
	for i := range dst.Distance {
		ray := cam.Ray(float64(i%cam.Width)+0.5, float64(i/cam.Width)+0.5)
		dst.Distance[i], dst.Spread[i], dst.Confidence[i] = float32(i), 0.5, 0.75
		for k, v := range ray.Dir {
			dst.Normal[3*i+k] = float32(-v)
		}
	}
	return nil
}

// mean is what all passes of a picture come to.
func mean(t *testing.T, cam *plucker.Camera, o render.Options) *render.Image {
	t.Helper()
	m := render.NewImage(cam.Width, cam.Height)
	var pass render.Image
	n := o.Samples
	for i := range n * n {
		if err := (stripes{}).Pass(t.Context(), &pass, cam, o, [2]float64{(float64(i%n) + 0.5) / float64(n), (float64(i/n) + 0.5) / float64(n)}); err != nil {
			t.Fatal(err)
		}
		for k, v := range pass.Pix {
			m.Pix[k] += v / float32(n*n)
		}
	}
	return m
}

func camera(w, h int) plucker.Camera { return render.Orbit{}.Camera(plucker.UnitFrame(), w, h) }

// take waits until the picture that was begun is whole.
func take(p *Painter) Picture {
	var pic Picture
	for {
		p.Take(&pic)
		if !p.Busy() {
			p.Take(&pic) // the last
			return pic
		}
		runtime.Gosched()
	}
}

func TestWholePicture(t *testing.T) {
	p := New(func() {})
	defer p.Close()
	p.SetRenderer(stripes{})
	for _, o := range []render.Options{{Samples: 1}, {Samples: 2}, {Samples: 3}, {Samples: 4}, {Samples: 2, Aperture: 1, Focus: 2}} {
		cam := camera(20, 10)
		p.Begin(&cam, o, false)
		pic := take(p)
		if n := o.Samples * o.Samples; pic.Passes != n || pic.Of != n || pic.Camera != cam || len(pic.Geometry) != 0 {
			t.Errorf("%+v: %d of %d passes", o, pic.Passes, pic.Of)
		}
		for i, v := range mean(t, &cam, o).ToNRGBA().Pix {
			if d := int(pic.Pix[i]) - int(v); d > 1 || d < -1 {
				t.Fatalf("%+v: byte %d is %d, want %d", o, i, pic.Pix[i], v)
			}
		}
	}
}

// TestGeometry: a picture with geometry has the colours of its one pass, and what the rays meet.
func TestGeometry(t *testing.T) {
	p := New(func() {})
	defer p.Close()
	p.SetRenderer(stripes{})
	cam := camera(20, 10)
	p.Begin(&cam, render.Options{Samples: 4, Aperture: 1, Focus: 2}, true)
	pic := take(p)
	if pic.Passes != 1 || pic.Of != 1 || len(pic.Geometry) != 4*20*10 {
		t.Fatalf("%d of %d passes, %d numbers of geometry, want 1 of 1 and 800", pic.Passes, pic.Of, len(pic.Geometry))
	}
	for i, v := range mean(t, &cam, render.Options{Samples: 1}).ToNRGBA().Pix {
		if d := int(pic.Pix[i]) - int(v); d > 1 || d < -1 {
			t.Fatalf("byte %d is %d, want %d", i, pic.Pix[i], v)
		}
	}
	if got := [3]float32(pic.Geometry[4*37:]); got != [3]float32{37, 0.5, 0.75} {
		t.Errorf("pixel 37 has %v, want its distance, spread and confidence", got)
	}
	p.Begin(&cam, render.Options{Samples: 1}, false)
	if pic := take(p); len(pic.Geometry) != 0 {
		t.Error("a picture without geometry has some")
	}
}

// normalOf is the unit vector of a code, as glsl/normal_of.glsl of package shaders has it.
func normalOf(code float32) mgl64.Vec3 {
	if code == 0 {
		return mgl64.Vec3{}
	}
	row := math.Floor(float64(code) / 4096)
	u, v := (float64(code)-4096*row-2048)/2047, (row-2048)/2047
	z := 1 - math.Abs(u) - math.Abs(v)
	if z < 0 {
		u, v = math.Copysign(1-math.Abs(v), u), math.Copysign(1-math.Abs(u), v)
	}
	return mgl64.Vec3{u, v, z}.Normalize()
}

// TestCode: a code stands for its normal, within a step.
func TestCode(t *testing.T) {
	vectors := []mgl64.Vec3{{}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {-1, 0, 0}, {0, -1, 0}, {0, 0, -1}}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		vectors = append(vectors, mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}.Normalize())
	}
	for _, n := range vectors {
		c := code([3]float32{float32(n[0]), float32(n[1]), float32(n[2])})
		if got := normalOf(c); got.Sub(n).Len() > 1e-3 || n == (mgl64.Vec3{}) && c != 0 {
			t.Fatalf("the code %v of %v stands for %v", c, n, got)
		}
	}
	if c := code([3]float32{float32(math.NaN()), 0, 0}); c != 0 {
		t.Errorf("the code of what is no number is %v, want 0", c)
	}
}

// TestNewest: what is begun later is what comes out, and what was begun before is dropped.
func TestNewest(t *testing.T) {
	wait := make(chan struct{})
	p := New(func() {})
	defer p.Close()
	p.SetRenderer(stripes{wait})
	first, second := camera(20, 10), camera(30, 10)
	p.Begin(&first, render.Options{Samples: 2}, false)
	wait <- struct{}{} // the first picture is in the making
	p.Begin(&second, render.Options{Samples: 1}, false)
	close(wait)
	if pic := take(p); pic.Width != 30 || pic.Of != 1 {
		t.Errorf("%d×%d, %d rays a pixel, want the picture that was begun last", pic.Width, pic.Height, pic.Of)
	}
}

// TestCoarseFirst: before the speed is known, a small picture goes before the whole one, also where that has one pass.
func TestCoarseFirst(t *testing.T) {
	for _, samples := range []int{1, 2} {
		wait := make(chan struct{})
		notified := make(chan struct{}, 100)
		p := New(func() { notified <- struct{}{} })
		defer p.Close()
		p.SetRenderer(stripes{wait})
		cam := camera(160, 80)
		p.Begin(&cam, render.Options{Samples: samples}, false)
		wait <- struct{}{}
		<-notified
		var pic Picture
		if !p.Take(&pic) || pic.Width != 20 || pic.Height != 10 || pic.Passes != 0 || !p.Busy() {
			t.Errorf("the first picture is %d×%d with %d passes, want 20×10 with none", pic.Width, pic.Height, pic.Passes)
		}
		close(wait)
		if pic := take(p); pic.Width != 160 || pic.Passes != samples*samples {
			t.Errorf("the last picture is %d×%d with %d passes", pic.Width, pic.Height, pic.Passes)
		}
	}
}

// TestNoPicture: a camera that sees nothing ends, too.
func TestNoPicture(t *testing.T) {
	p := New(func() {})
	defer p.Close()
	r := render.NewCPU(nil, plucker.UnitFrame())
	p.SetRenderer(r)
	var cam plucker.Camera
	p.Begin(&cam, render.Options{Samples: 1}, false)
	for p.Busy() {
		time.Sleep(time.Millisecond)
	}
	var pic Picture
	if p.Take(&pic) {
		t.Error("there is a picture of no camera")
	}
}
