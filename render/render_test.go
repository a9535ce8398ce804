package render

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"lfnview/lfn"
	"lfnview/plucker"
)

var update = flag.Bool("update", false, "rewrite testdata/golden")

// ball is a light field in closed form: a ball of radius 0.8, coloured by its normal, before a white world.
// Its colours are a function of the line, as a network's are.
type ball struct{}

func (ball) Colors(rgb []float32, rays []plucker.Coords) {
	for i, c := range rays {
		out := rgb[3*i:][:3]
		p := c.ClosestToOrigin()
		h2 := 0.64 - p.LenSqr()
		if h2 < 0 {
			out[0], out[1], out[2] = 1, 1, 1
			continue
		}
		normal := p.Sub(c.Dir().Mul(math.Sqrt(h2))).Mul(1 / 0.8)
		shade := 1.0
		if (int(math.Floor(normal[0]*4))+int(math.Floor(normal[1]*4))+int(math.Floor(normal[2]*4)))&1 != 0 {
			shade = 0.7
		}
		for k := range 3 {
			out[k] = float32(shade * (0.5 + 0.5*normal[k]))
		}
	}
}

func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func noise(r *rand.Rand, w, h int) *Image {
	m := NewImage(w, h)
	for i := range m.Pix {
		m.Pix[i] = r.Float32()
	}
	return m
}

func shoot(t *testing.T, f lfn.LightField, cam plucker.Camera, o Options) *Image {
	t.Helper()
	var m Image
	if err := NewCPU(f, plucker.UnitFrame()).Render(context.Background(), &m, &cam, o); err != nil {
		t.Fatal(err)
	}
	return &m
}

func TestGolden(t *testing.T) {
	f := plucker.UnitFrame()
	lens := Orbit{AzDeg: -60, ElDeg: 15}.Camera(f, 64, 64)
	lens.Distortion = plucker.Distortion{K1: -0.8, K2: 0.3}
	for _, tt := range []struct {
		name string
		cam  plucker.Camera
		o    Options
	}{
		{"front", Orbit{}.Camera(f, 64, 64), Options{}},
		{"raised", Orbit{AzDeg: 30, ElDeg: 40}.Camera(f, 64, 64), Options{Samples: 3}},
		{"above", Orbit{ElDeg: 90, Dist: 2}.Camera(f, 64, 64), Options{Samples: 2}},
		{"lens", lens, Options{Samples: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := shoot(t, ball{}, tt.cam, tt.o)
			path := filepath.Join("testdata", "golden", tt.name+".png")
			if *update {
				if err := got.SavePNG(path); err != nil {
					t.Fatal(err)
				}
			}
			compareGolden(t, got.ToNRGBA(), path, &tt.cam)
		})
	}
}

// compareGolden allows 2/255 in any channel and 0.25/255 in the mean.
func compareGolden(t *testing.T, got *image.NRGBA, path string, cam *plucker.Camera) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	defer file.Close()
	want, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds() != want.Bounds() {
		t.Fatalf("image is %v, want %v", got.Bounds(), want.Bounds())
	}
	diff := image.NewNRGBA(got.Bounds())
	worst, sum := 0, 0
	var at image.Point
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			g, w := got.NRGBAAt(x, y), color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA)
			d := [3]int{abs(int(g.R) - int(w.R)), abs(int(g.G) - int(w.G)), abs(int(g.B) - int(w.B))}
			for _, d := range d {
				sum += d
				if d > worst {
					worst, at = d, image.Pt(x, y)
				}
			}
			diff.SetNRGBA(x, y, color.NRGBA{uint8(min(255, 16*d[0])), uint8(min(255, 16*d[1])), uint8(min(255, 16*d[2])), 255})
		}
	}
	mean := float64(sum) / float64(3*got.Rect.Dx()*got.Rect.Dy())
	if worst <= 2 && mean < 0.25 {
		return
	}
	t.Errorf("%s: worst pixel %v is off by %d (ray %v), mean %.3f, want at most 2 and 0.25",
		path, at, worst, cam.Ray(float64(at.X)+0.5, float64(at.Y)+0.5), mean)
	dir := t.ArtifactDir()
	for name, m := range map[string]image.Image{"got.png": got, "diff.png": diff} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func abs(x int) int { return max(x, -x) }

// rayColors gives each ray a colour that names it, so that a pixel shows which ray it got.
type rayColors struct{}

func (rayColors) Colors(rgb []float32, rays []plucker.Coords) {
	for i, c := range rays {
		rgb[3*i], rgb[3*i+1], rgb[3*i+2] = 0.5+0.5*c[0], 0.5+0.5*c[1], 0.5+0.5*c[3]
	}
}

// TestPixels compares the tiles with one ray after another, at sizes around those of a tile.
func TestPixels(t *testing.T) {
	f := plucker.UnitFrame()
	for _, size := range [][2]int{{1, 1}, {63, 31}, {64, 32}, {65, 33}, {200, 3}, {3, 100}} {
		for _, samples := range []int{0, 1, 2, 3, 16} {
			w, h := size[0], size[1]
			cam := Orbit{AzDeg: 20, ElDeg: 10}.Camera(f, w, h)
			got := shoot(t, rayColors{}, cam, Options{Samples: samples})
			if got.Width != w || got.Height != h || len(got.Pix) != 3*w*h {
				t.Fatalf("image is %d×%d with %d values, want %d×%d", got.Width, got.Height, len(got.Pix), w, h)
			}
			n := max(samples, 1)
			for y := range h {
				for x := range w {
					var want, one [3]float32
					for i := range n * n {
						u := float64(x) + (float64(i%n)+0.5)/float64(n)
						v := float64(y) + (float64(i/n)+0.5)/float64(n)
						rayColors{}.Colors(one[:], []plucker.Coords{f.Coords(cam.Ray(u, v))})
						for k := range want {
							want[k] += one[k] / float32(n*n)
						}
					}
					for k, v := range got.Pix[3*(y*w+x):][:3] {
						if math.Abs(float64(v-want[k])) > 1e-5 {
							t.Fatalf("%d×%d, %d samples: pixel (%d, %d) is %v, want %v", w, h, samples, x, y, v, want[k])
						}
					}
				}
			}
		}
	}
}

func TestRenderErrors(t *testing.T) {
	good := Orbit{}.Camera(plucker.UnitFrame(), 64, 64)
	huge := good
	huge.Width, huge.Height = 100000, 100000
	nan := good
	nan.Pose.Pos[0] = math.NaN()
	for _, tt := range []struct {
		name string
		cam  plucker.Camera
		o    Options
	}{
		{"no camera", plucker.Camera{}, Options{}},
		{"huge", huge, Options{}},
		{"NaN", nan, Options{}},
		{"negative samples", good, Options{Samples: -1}},
		{"many samples", good, Options{Samples: 17}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := NewCPU(ball{}, plucker.UnitFrame()).Render(context.Background(), new(Image), &tt.cam, tt.o); err == nil {
				t.Error("no error")
			}
		})
	}
}

// cancelling ends its context at the third tile, and counts the tiles that are rendered in spite of it.
type cancelling struct {
	cancel func()
	tiles  *atomic.Int64
}

func (c cancelling) Colors(rgb []float32, rays []plucker.Coords) {
	if c.tiles.Add(1) == 3 {
		c.cancel()
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var tiles atomic.Int64
	cam := Orbit{}.Camera(plucker.UnitFrame(), 2048, 2048)
	r := NewCPU(cancelling{cancel, &tiles}, plucker.UnitFrame())
	if err := r.Render(ctx, new(Image), &cam, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Render = %v, want %v", err, context.Canceled)
	}
	if n := tiles.Load(); n > 3+int64(runtime.GOMAXPROCS(0)) {
		t.Errorf("%d tiles rendered, want it to stop after 3 and what was under way", n)
	}
	for _, err := range Frames(ctx, r, []plucker.Camera{cam, cam}, Options{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Frames gives %v, want %v", err, context.Canceled)
		}
	}
}

func TestNoGarbage(t *testing.T) {
	r := NewCPU(solid{shy: true}, plucker.UnitFrame())
	cam := Orbit{}.Camera(plucker.UnitFrame(), 150, 100)
	var m Image
	var g Geometry
	render := func() {
		if err := r.Render(context.Background(), &m, &cam, Options{Samples: 2}); err != nil {
			t.Fatal(err)
		}
		if err := r.Render(context.Background(), &m, &cam, Options{Samples: 2, Aperture: 0.1, Focus: 2}); err != nil {
			t.Fatal(err)
		}
		if err := r.Geometry(context.Background(), &g, &cam); err != nil {
			t.Fatal(err)
		}
	}
	// AllocsPerRun runs on one processor; the second count has several workers.
	if n := testing.AllocsPerRun(5, render); n != 0 {
		t.Errorf("a frame allocates %v times, want 0", n)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	// Some frames fill the processors' lists of goroutines to use again, and each collection of garbage empties
	// some. A frame that allocates does it in every round.
	const frames = 20
	least := uint64(math.MaxUint64)
	for round := 0; round < 30 && least >= frames; round++ {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range frames {
			render()
		}
		runtime.ReadMemStats(&after)
		least = min(least, after.Mallocs-before.Mallocs)
	}
	if least >= frames {
		t.Errorf("%d frames on 4 processors allocate %d times, want 0 a frame", frames, least)
	}
}

func TestAnyNumberOfProcessors(t *testing.T) {
	cam := Orbit{AzDeg: 10}.Camera(plucker.UnitFrame(), 300, 200)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := shoot(t, ball{}, cam, Options{Samples: 2})
	runtime.GOMAXPROCS(7)
	if many := shoot(t, ball{}, cam, Options{Samples: 2}); !math.IsInf(PSNR(one, many), 1) {
		t.Error("7 processors give another picture than 1")
	}
}

func TestConcurrentRenders(t *testing.T) {
	r := NewCPU(ball{}, plucker.UnitFrame())
	want := shoot(t, ball{}, Orbit{}.Camera(plucker.UnitFrame(), 100, 80), Options{})
	errs := make(chan error)
	for range 4 {
		go func() {
			var m Image
			for range 5 {
				cam := Orbit{}.Camera(plucker.UnitFrame(), 100, 80)
				if err := r.Render(context.Background(), &m, &cam, Options{}); err != nil {
					errs <- err
					return
				}
				if !math.IsInf(PSNR(&m, want), 1) {
					errs <- errors.New("concurrent renders mix")
					return
				}
			}
			errs <- nil
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	// A light field that costs nothing: what the renderer itself takes.
	for _, size := range []int{128, 400, 800} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			r := NewCPU(rayColors{}, plucker.UnitFrame())
			cam := Orbit{}.Camera(plucker.UnitFrame(), size, size)
			var m Image
			for b.Loop() {
				if err := r.Render(context.Background(), &m, &cam, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size*size)*float64(b.N)/b.Elapsed().Seconds(), "rays/s")
		})
	}
}
