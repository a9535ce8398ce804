package dataset

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render/mesh"
)

// gltfName is the name of the layout that is no photographs but a scene: they are rendered, of such a size with so many
// samples where the options do not say.
const (
	gltfName    = "gltf"
	gltfSize    = 400
	gltfSamples = 4
)

// IsScene says whether the name of a file is that of a glTF scene, .glb or .gltf.
func IsScene(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	return ext == ".glb" || ext == ".gltf"
}

// isGLTF says whether the path is that of a glTF scene, by its name unless format says so.
func isGLTF(path, format string) bool { return format == gltfName || format == "" && IsScene(path) }

// openGLTF renders photographs of a glTF scene. With pixels unset, there are the cameras alone.
func openGLTF(ctx context.Context, path string, o Options, pixels bool) (*Set, error) {
	fail := func(err error) (*Set, error) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("dataset: open %s: %w", path, err)
	}
	if o.Grid != (GridOptions{}) {
		return fail(errors.New("baseline, focus and field of view are those of views from a grid, and this is a scene"))
	}
	scene, err := mesh.Open(path)
	if err != nil {
		return nil, err // says which file
	}
	r := o.Render.withDefaults(gltfSize, gltfSamples)
	r.Size, _ = o.size(r.Size, r.Size)
	if err := r.check(); err != nil {
		return fail(err)
	}
	if r.Vary {
		scene = r.vary(scene)
	}
	center, radius := scene.Bounds()
	s := &Set{Path: path, Format: gltfName, Space: Space{Frame: plucker.Frame{Center: center, Radius: radius, Up: mgl64.Vec3{0, 0, 1}}}, Warnings: scene.Warnings}
	if err := s.Frame.Validate(); err != nil {
		return fail(err)
	}
	s.Views = r.views(s.Frame)
	for i := range s.Views {
		for _, x := range s.Views[i].Camera.Pose.Pos {
			if math.Abs(x) > maxDistance {
				return fail(fmt.Errorf("it is so large, or far from the origin, that a camera would be at %.3g, want at most %g: scale or move it", x, maxDistance))
			}
		}
	}
	if o.Endless {
		s.Fresh = r.fresh(scene, s.Frame)
	}
	for i := range s.Views {
		v := &s.Views[i]
		if !pixels || o.Endless && v.Split == Train {
			continue
		}
		p, err := scene.Photograph(ctx, &v.Camera, r.Samples)
		if err != nil {
			return fail(err)
		}
		v.Pix = p.Pix
		if r.Depth || o.Depth {
			v.Depth = p.Depth
		}
		if r.Progress != nil {
			r.Progress(i+1, len(s.Views))
		}
	}
	return s, nil
}

// fresh is [Set.Fresh]: rays through any points of pictures by cameras that stand like those of views.
func (o RenderOptions) fresh(scene *mesh.Scene, f plucker.Frame) func(keys []uint64, rays []plucker.Ray, rgba [][4]float32) {
	low, high := o.heights()
	cone := 2 * viewTangent / float64(o.Size)
	return func(keys []uint64, rays []plucker.Ray, rgba [][4]float32) {
		var pcg rand.PCG
		random := func() float64 { return float64(pcg.Uint64()>>11) / (1 << 53) }
		for i, key := range keys {
			pcg.Seed(key, o.Seed)
			cam := o.camera(f, low+(high-low)*random(), 2*math.Pi*random())
			rays[i] = cam.Ray(random()*float64(o.Size), random()*float64(o.Size))
			h := scene.Trace(rays[i], cone)
			rgba[i] = [4]float32{float32(h.Color[0]), float32(h.Color[1]), float32(h.Color[2]), float32(h.Alpha)}
		}
	}
}
