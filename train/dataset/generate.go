package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render/mesh"
)

// GenerateOptions say how many scenes [Generate] makes, and how they are photographed. The zero value makes 100 scenes
// with 50 views of 64×64 pixels, a training set of the size of SRN's few-shot experiments.
type GenerateOptions struct {
	Instances int    // 0 means 100
	Views     int    // of each instance; 0 means 50
	Size      int    // width and height in pixels; 0 means 64
	Samples   int    // rays along each side of a pixel: Samples² rays a pixel; 0 means 4
	Seed      uint64 // of everything that is random

	// Holdout puts every Holdout-th instance, from the first, into the test set. 0 means 8; a negative number none.
	Holdout int

	// Progress, where it is not nil, is called after each instance with how many there are.
	Progress func(done int)
}

// GenerateKinds are the names of the kinds of scenes that [Generate] makes.
func GenerateKinds() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// kind is a class of scenes that have something in common: make invents one of them, and the cameras around it or in it.
type kind struct {
	name string
	make func(rng *rand.Rand, o *GenerateOptions) (*mesh.Scene, []plucker.Camera)
}

var kinds = []kind{
	{"shepard-metzler", shepardMetzler},
	{"rooms", room},
}

// Generate makes scenes of a kind, see [GenerateKinds], for learning what they have in common, and writes photographs
// of them into the folder dir, in the layout of Scene Representation Networks (Sitzmann et al. 2019): dir/train/000001
// and so on are instances, as [Set.SaveSRN] writes them, and dir/test/000000 and so on are instances to try.
//
// The same options give the same bytes, and how many instances there are, or are held out, changes none of them. dir is
// made; one that has anything in it is refused. When Generate fails or ctx is done, the instances which
// Progress has told of stay, and are whole; without any, nothing is left.
func Generate(ctx context.Context, dir, kindName string, o GenerateOptions) error {
	err := generate(ctx, dir, kindName, o.withDefaults())
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("dataset: generate %s: %w", kindName, err)
	}
	return nil
}

func generate(ctx context.Context, dir, kindName string, o GenerateOptions) error {
	at := slices.IndexFunc(kinds, func(k kind) bool { return k.name == kindName })
	if at < 0 {
		return fmt.Errorf("is not known, want %s", strings.Join(GenerateKinds(), " or "))
	}
	if err := o.Validate(); err != nil {
		return err
	}
	isNew, err := NewFolder(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	for i := range o.Instances {
		s, err := kinds[at].instance(ctx, i, &o)
		if err == nil {
			err = s.SaveSRN(ctx, filepath.Join(dir, o.split(i).String(), fmt.Sprintf("%06d", i)))
		}
		if err != nil {
			for _, sp := range []Split{Train, Test} {
				os.Remove(filepath.Join(dir, sp.String())) // if it is empty
			}
			if isNew {
				os.Remove(dir)
			}
			return err
		}
		if o.Progress != nil {
			o.Progress(i + 1)
		}
	}
	return nil
}

// withDefaults fills in what is not said.
func (o GenerateOptions) withDefaults() GenerateOptions {
	o.Instances = cmp.Or(o.Instances, 100)
	o.Views = cmp.Or(o.Views, 50)
	o.Size = cmp.Or(o.Size, 64)
	o.Samples = cmp.Or(o.Samples, 4)
	o.Holdout = cmp.Or(o.Holdout, 8)
	return o
}

// maxInstances is as many as have names of six digits.
const maxInstances = 1_000_000

// Validate returns an error which names the first option that is out of range.
func (o GenerateOptions) Validate() error {
	o = o.withDefaults()
	switch {
	case o.Instances < 1 || o.Instances > maxInstances:
		return fmt.Errorf("%d instances, want 1 to %d", o.Instances, maxInstances)
	case o.Views < 1 || o.Views > maxViews:
		return fmt.Errorf("%d views, want 1 to %d", o.Views, maxViews)
	case o.Samples < 1 || o.Samples > mesh.MaxSamples:
		return fmt.Errorf("%d samples, want 1 to %d", o.Samples, mesh.MaxSamples)
	case o.Holdout == 1:
		return errors.New("holdout 1 leaves no instance to train on: take 2 or more, or a negative number to hold none out")
	}
	if err := plucker.CheckSize(o.Size, o.Size); err != nil {
		return err
	}
	return checkMemory(o.Views, o.Size, 4)
}

// split says what instance i is for.
func (o *GenerateOptions) split(i int) Split {
	if o.Holdout > 0 && i%o.Holdout == 0 {
		return Test
	}
	return Train
}

// instance makes instance i.
func (k *kind) instance(ctx context.Context, i int, o *GenerateOptions) (*Set, error) {
	scene, cams := k.make(rand.New(rand.NewPCG(o.Seed, uint64(i))), o)
	s := &Set{Views: make([]View, len(cams))}
	err := forEach(ctx, len(cams), 0, func(n int) error {
		p, err := scene.Photograph(ctx, &cams[n], o.Samples)
		if err != nil {
			return err
		}
		s.Views[n] = View{Name: fmt.Sprintf("view %d", n), Camera: cams[n], Pix: p.Pix}
		return nil
	})
	return s, err
}

// between is a random number from low to high.
func between(rng *rand.Rand, low, high float64) float64 { return low + (high-low)*rng.Float64() }

// anyHue is a random hue with that saturation and value of HSV, sRGB (Smith, Color gamut transform pairs, 1978).
func anyHue(rng *rand.Rand, saturation, value float64) [3]float64 {
	hue := 6 * rng.Float64()
	var c [3]float64
	for k := range c {
		x := math.Mod(hue+[3]float64{5, 3, 1}[k], 6)
		c[k] = value * (1 - saturation*min(max(min(x, 4-x), 0), 1))
	}
	return c
}

// scaledAt is the transform that scales along the axes, turns about Z, and moves.
func scaledAt(pos mgl64.Vec3, turn float64, size mgl64.Vec3) mgl64.Mat4 {
	return mgl64.Translate3D(pos[0], pos[1], pos[2]).Mul4(mgl64.HomogRotate3DZ(turn)).Mul4(mgl64.Scale3D(size[0], size[1], size[2]))
}
