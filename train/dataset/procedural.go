package dataset

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// ProceduralOptions say how the built-in scene is photographed. The zero value makes 100 training views and
// 20 test views of 128×128.
type ProceduralOptions struct {
	Views     int    // training views; 0 means 100
	TestViews int    // 0 means 20; a negative number makes none
	Size      int    // width and height in pixels; 0 means 128
	Samples   int    // rays along each side of a pixel: Samples² rays a pixel; 0 means 3
	Seed      uint64 // where the cameras stand
}

const (
	viewDistance = 3.0  // of the cameras from the origin, in radii of the scene
	viewTangent  = 0.34 // of half the field of view: what is seen of the unit ball is hardly cut
)

// Procedural returns photographs of [DefaultScene]: training views spread evenly over the upper hemisphere,
// test views at other places, all looking at the origin. Alpha is the share of a pixel that the scene covers;
// what it does not is white. The same options give the same bytes. It panics if a number is absurd.
func Procedural(o ProceduralOptions) *Set {
	set := func(x *int, n int) {
		if *x == 0 {
			*x = n
		}
	}
	set(&o.Views, 100)
	set(&o.TestViews, 20)
	set(&o.Size, 128)
	set(&o.Samples, 3)
	o.TestViews = max(o.TestViews, 0)
	if o.Views < 0 || o.Samples < 0 || plucker.CheckSize(o.Size, o.Size) != nil {
		panic("dataset: ProceduralOptions out of range")
	}
	rng := rand.New(rand.NewPCG(o.Seed, 1))
	s := &Set{Frame: plucker.UnitFrame()}
	s.Views = append(s.Views, hemisphere(o.Views, o.Size, Train, rng)...)
	s.Views = append(s.Views, hemisphere(o.TestViews, o.Size, Test, rng)...)

	scene := DefaultScene()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(s.Views) {
					return
				}
				scene.photograph(&s.Views[i], o.Samples)
			}
		})
	}
	wg.Wait()
	return s
}

// hemisphere returns n views from a Fibonacci spiral over the upper hemisphere, shaken a little: the heights
// are n equal strata, from nearly level to nearly overhead, and the azimuth turns by the golden angle.
func hemisphere(n, size int, sp Split, rng *rand.Rand) []View {
	const low, high = 0.10, 0.95 // sine of the elevation
	golden := math.Pi * (3 - math.Sqrt(5))
	turn := 2 * math.Pi * rng.Float64()
	views := make([]View, n)
	for i := range views {
		z := low + (high-low)*(float64(i)+rng.Float64())/float64(n)
		sin, cos := math.Sincos(turn + golden*float64(i))
		r := math.Sqrt(1 - z*z)
		eye := mgl64.Vec3{r * cos, r * sin, z}.Mul(viewDistance)
		views[i] = View{
			Name:   imageName(sp, i) + ".png",
			Camera: plucker.Pinhole(plucker.LookAt(eye, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), size, size, 2*math.Atan(viewTangent)),
			Split:  sp,
		}
	}
	return views
}

// imageName is the path, without extension, of the i-th image of a split in a data set that we make.
func imageName(sp Split, i int) string { return fmt.Sprintf("%s/r_%d", sp, i) }

// photograph renders v.Pix, with n×n rays a pixel.
func (s *Scene) photograph(v *View, n int) {
	w, h := v.Camera.Width, v.Camera.Height
	v.Pix = make([]byte, 4*w*h)
	total := float64(n * n)
	for y := range h {
		for x := range w {
			var sum mgl64.Vec3
			hits := 0.0
			for k := range n * n {
				du, dv := (float64(k%n)+0.5)/float64(n), (float64(k/n)+0.5)/float64(n)
				if c, _, hit := s.Trace(v.Camera.Ray(float64(x)+du, float64(y)+dv)); hit {
					sum = sum.Add(c)
					hits++
				}
			}
			c := mgl64.Vec3{1, 1, 1}
			if hits > 0 {
				c = sum.Mul(1 / hits)
			}
			p := v.Pix[4*(y*w+x):][:4]
			for k := range 3 {
				p[k] = byte(c[k]*255 + 0.5)
			}
			p[3] = byte(hits/total*255 + 0.5)
		}
	}
}
