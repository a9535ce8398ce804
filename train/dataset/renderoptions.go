package dataset

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render/mesh"
)

// RenderOptions say how photographs are made of a scene that is known. The zero value makes 100 training views and 20
// test views.
type RenderOptions struct {
	Views     int    // training views; 0 means 100
	TestViews int    // 0 means 20; a negative number makes none
	Size      int    // width and height in pixels; 0 means what suits the scene
	Samples   int    // rays along each side of a pixel: Samples² rays a pixel; 0 means what suits the scene
	Seed      uint64 // where the cameras stand, and of Vary
	Sphere    bool   // the cameras stand all around, not only above
	Depth     bool   // views have their depth
	Vary      bool   // of a glTF scene: its sides are scaled by 0.85 to 1.15, and its linear colours by 0.55 to 1

	Progress func(done, of int) // of a glTF scene, called after each view; may be nil
}

const (
	viewDistance = 3.0  // of the cameras from the centre, in radii of the scene
	viewTangent  = 0.34 // of half the field of view: what is seen of the unit ball is hardly cut
)

// withDefaults fills in what is not said.
func (o RenderOptions) withDefaults(size, samples int) RenderOptions {
	o.Views = cmp.Or(o.Views, 100)
	o.TestViews = max(cmp.Or(o.TestViews, 20), 0)
	o.Size = cmp.Or(o.Size, size)
	o.Samples = cmp.Or(o.Samples, samples)
	return o
}

// maxViews bounds what is rendered.
const maxViews = 100_000

// Validate returns an error which names the first option that is out of range for a glTF scene, or says that all together
// need too much memory.
func (o RenderOptions) Validate() error { return o.withDefaults(gltfSize, gltfSamples).check() }

// check is Validate with everything filled in.
func (o RenderOptions) check() error {
	switch {
	case o.Views < 1 || o.Views > maxViews || o.TestViews > maxViews:
		return fmt.Errorf("%d training views and %d test views, want 1 to %d", o.Views, o.TestViews, maxViews)
	case o.Samples < 1 || o.Samples > mesh.MaxSamples:
		return fmt.Errorf("%d samples, want 1 to %d", o.Samples, mesh.MaxSamples)
	}
	if err := plucker.CheckSize(o.Size, o.Size); err != nil {
		return err
	}
	perPixel := 4
	if o.Depth {
		perPixel = 8
	}
	return checkMemory(o.Views+o.TestViews, o.Size, perPixel)
}

// checkMemory returns an error where so many square photographs, size pixels wide, need too much memory.
func checkMemory(views, size, bytesPerPixel int) error {
	if total := int64(bytesPerPixel) * int64(views) * int64(size) * int64(size); total > maxSetBytes {
		return fmt.Errorf("%d views of %d×%d pixels need %.1f GB of memory, at most %.1f are taken: take fewer or smaller ones",
			views, size, size, float64(total)/1e9, float64(maxSetBytes)/1e9)
	}
	return nil
}

// heights are the sines of the least and the greatest elevation of the cameras.
func (o RenderOptions) heights() (low, high float64) {
	if o.Sphere {
		return -0.95, 0.95
	}
	return 0.10, 0.95
}

// vary is the scene with sides and colours that the seed says.
func (o RenderOptions) vary(s *mesh.Scene) *mesh.Scene {
	rng := rand.New(rand.NewPCG(o.Seed, 2))
	var size mgl64.Vec3
	var color [3]float32
	for k := range 3 {
		size[k] = between(rng, 0.85, 1.15)
	}
	for k := range 3 {
		color[k] = float32(between(rng, 0.55, 1))
	}
	return s.Varied(size, color)
}

// views are those of both splits, without pixels: training views spread evenly around the scene, test views at other
// places, all looking at its centre.
func (o RenderOptions) views(f plucker.Frame) []View {
	rng := rand.New(rand.NewPCG(o.Seed, 1))
	return append(o.around(f, o.Views, Train, rng), o.around(f, o.TestViews, Test, rng)...)
}

// around returns n views from a Fibonacci spiral, shaken a little: the heights are n equal strata, and the azimuth
// turns by the golden angle.
func (o RenderOptions) around(f plucker.Frame, n int, sp Split, rng *rand.Rand) []View {
	low, high := o.heights()
	golden := math.Pi * (3 - math.Sqrt(5))
	turn := 2 * math.Pi * rng.Float64()
	views := make([]View, n)
	for i := range views {
		z := low + (high-low)*(float64(i)+rng.Float64())/float64(n)
		views[i] = View{Name: imageName(sp, i) + ".png", Camera: o.camera(f, z, turn+golden*float64(i)), Split: sp}
	}
	return views
}

// camera looks at the scene from an elevation whose sine is z.
func (o RenderOptions) camera(f plucker.Frame, z, azimuth float64) plucker.Camera {
	sin, cos := math.Sincos(azimuth)
	r := math.Sqrt(1 - z*z)
	eye := mgl64.Vec3{r * cos, r * sin, z}.Mul(viewDistance * f.Radius)
	return plucker.Pinhole(plucker.LookAt(f.Center.Add(eye), f.Center, mgl64.Vec3{0, 0, 1}), o.Size, o.Size, 2*math.Atan(viewTangent))
}

// imageName is the path, without extension, of the i-th image of a split in a data set that we make.
func imageName(sp Split, i int) string { return fmt.Sprintf("%s/r_%d", sp, i) }
