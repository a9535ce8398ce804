package refine

import (
	"context"
	"math"
	"runtime"
	"testing"
	"time"

	"lfnview/plucker"
	"lfnview/render"
)

// stripes is a renderer of pictures that change within a pixel, for any camera.
type stripes struct {
	wait <-chan struct{} // each picture waits for one; nil does not wait
}

func (s stripes) Render(ctx context.Context, dst *render.Image, cam *plucker.Camera, o render.Options) error {
	if s.wait != nil {
		<-s.wait
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	n, _ := o.Side(cam, plucker.UnitFrame())
	dst.Resize(cam.Width, cam.Height)
	for y := range cam.Height {
		for x := range cam.Width {
			var sum [3]float64
			for i := range n * n {
				ray := cam.Ray(float64(x)+(float64(i%n)+0.5)/float64(n), float64(y)+(float64(i/n)+0.5)/float64(n))
				for k := range sum {
					sum[k] += 0.5 + 0.5*math.Sin(300*ray.Dir[k])
				}
			}
			for k := range sum {
				dst.Pix[3*(y*cam.Width+x)+k] = float32(sum[k] / float64(n*n))
			}
		}
	}
	return nil
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
	for _, side := range []int{1, 2, 3, 4} {
		cam := camera(20, 10)
		p.Begin(&cam, side)
		pic := take(p)
		if pic.Passes != side*side || pic.Of != side*side || pic.Camera != cam {
			t.Errorf("side %d: %d of %d passes", side, pic.Passes, pic.Of)
		}
		var want render.Image
		if err := (stripes{}).Render(t.Context(), &want, &cam, render.Options{Samples: side}); err != nil {
			t.Fatal(err)
		}
		for i, v := range want.ToNRGBA().Pix {
			if d := int(pic.Pix[i]) - int(v); d > 1 || d < -1 {
				t.Fatalf("side %d: byte %d is %d, want %d", side, i, pic.Pix[i], v)
			}
		}
	}
}

// TestNewest: what is begun later is what comes out, and what was begun before is dropped.
func TestNewest(t *testing.T) {
	wait := make(chan struct{})
	p := New(func() {})
	defer p.Close()
	p.SetRenderer(stripes{wait})
	first, second := camera(20, 10), camera(30, 10)
	p.Begin(&first, 2)
	wait <- struct{}{} // the first picture is in the making
	p.Begin(&second, 1)
	close(wait)
	if pic := take(p); pic.Width != 30 || pic.Of != 1 {
		t.Errorf("%d×%d, %d rays a pixel, want the picture that was begun last", pic.Width, pic.Height, pic.Of)
	}
}

// TestCoarseFirst: before the speed is known, a small picture goes before the whole one.
func TestCoarseFirst(t *testing.T) {
	wait := make(chan struct{})
	notified := make(chan struct{}, 100)
	p := New(func() { notified <- struct{}{} })
	defer p.Close()
	p.SetRenderer(stripes{wait})
	cam := camera(160, 80)
	p.Begin(&cam, 2)
	wait <- struct{}{}
	<-notified
	var pic Picture
	if !p.Take(&pic) || pic.Width != 20 || pic.Height != 10 || pic.Passes != 0 || !p.Busy() {
		t.Errorf("the first picture is %d×%d with %d passes, want 20×10 with none", pic.Width, pic.Height, pic.Passes)
	}
	close(wait)
	if pic := take(p); pic.Width != 160 || pic.Passes != 4 {
		t.Errorf("the last picture is %d×%d with %d passes", pic.Width, pic.Height, pic.Passes)
	}
}

// TestNoPicture: a camera that sees nothing ends, too.
func TestNoPicture(t *testing.T) {
	p := New(func() {})
	defer p.Close()
	r := render.NewCPU(nil, plucker.UnitFrame())
	p.SetRenderer(r)
	var cam plucker.Camera
	p.Begin(&cam, 1)
	for p.Busy() {
		time.Sleep(time.Millisecond)
	}
	var pic Picture
	if p.Take(&pic) {
		t.Error("there is a picture of no camera")
	}
}
