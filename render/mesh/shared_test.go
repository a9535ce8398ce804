package mesh

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// models are real files, where they are there.
const models = "../../../shared/data"

func openModel(tb testing.TB, path string) *Scene {
	tb.Helper()
	path = filepath.Join(models, filepath.FromSlash(path))
	if _, err := os.Stat(path); err != nil {
		tb.Skip(err)
	}
	s, err := Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// Box.glb is a cube with sides of 1: what a camera sees of it, and how far it is, is known without a mesh.
func TestBoxIsWhereItIs(t *testing.T) {
	s := openModel(t, "khronos_gltf/Box/glTF-Binary/Box.glb")
	if center, radius := s.Bounds(); center.Len() > 1e-9 || math.Abs(radius-math.Sqrt(0.75)) > 1e-6 {
		t.Errorf("bounds %v, %v", center, radius)
	}
	for _, eye := range []mgl64.Vec3{{3, 1, 0.4}, {-1.2, 2, -1.5}, {0.1, -2.5, 0.2}} {
		cam := plucker.Pinhole(plucker.LookAt(eye, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 80, 60, 0.8)
		p, err := s.Photograph(context.Background(), &cam, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, depth := range p.Depth {
			r := cam.Ray(float64(i%80)+0.5, float64(i/80)+0.5)
			near, far := 0.0, math.Inf(1)
			for k := range 3 {
				a, b := (-0.5-r.Origin[k])/r.Dir[k], (0.5-r.Origin[k])/r.Dir[k]
				near, far = max(near, min(a, b)), min(far, max(a, b))
			}
			want := 0.0
			if near < far {
				_, _, want, _ = cam.Project(r.Origin.Add(r.Dir.Mul(near)))
			}
			if math.Abs(float64(depth)-want) > 1e-5 || p.Pix[4*i+3] != 255*byte(math.Ceil(min(want, 1))) {
				t.Fatalf("from %v, pixel %d: depth %v and alpha %d, want %v", eye, i, depth, p.Pix[4*i+3], want)
			}
		}
	}
}

// In TextureSettingsTest.glb each row shows twice the same, once by the sampler that the row is about.
func TestTextureSettings(t *testing.T) {
	s := openModel(t, "khronos_gltf/TextureSettingsTest/glTF-Binary/TextureSettingsTest.glb")
	center, radius := s.Bounds()
	cam := plucker.Pinhole(plucker.LookAt(center.Add(mgl64.Vec3{0, -3 * radius, 0}), center, mgl64.Vec3{0, 0, 1}), 256, 256, 2*math.Atan(0.34))
	p, err := s.Photograph(context.Background(), &cam, 2)
	if err != nil {
		t.Fatal(err)
	}
	red, green := 0, 0 // the crosses of what fails, and the ticks of what does not
	for i := range 256 * 256 {
		r, g, b, a := int(p.Pix[4*i]), int(p.Pix[4*i+1]), int(p.Pix[4*i+2]), p.Pix[4*i+3]
		switch {
		case a < 255:
		case r > 2*g && r > 2*b:
			red++
		case g > 2*r && g > 2*b:
			green++
		}
	}
	if red > 0 || green < 1000 {
		t.Errorf("%d pixels are red, and %d green", red, green)
	}
}

// All models that are there can be read, and are seen from above.
func TestModels(t *testing.T) {
	n := 0
	err := filepath.WalkDir(models, func(path string, _ os.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || ext != ".glb" && ext != ".gltf" {
			return err
		}
		s, err := Open(path)
		if err != nil {
			t.Error(err)
			return nil
		}
		n++
		center, radius := s.Bounds()
		cam := plucker.Pinhole(plucker.LookAt(center.Add(mgl64.Vec3{0, -2 * radius, 2 * radius}), center, mgl64.Vec3{0, 0, 1}), 32, 32, 0.8)
		p, err := s.Photograph(context.Background(), &cam, 1)
		if err != nil {
			t.Fatal(err)
		}
		covered := 0
		for i := range 32 * 32 {
			if p.Pix[4*i+3] > 0 {
				covered++
			}
		}
		if len(s.Warnings) > 0 || covered < 50 || covered > 900 {
			t.Errorf("%s: %d of 1024 pixels are covered, warnings %q", path, covered, s.Warnings)
		}
		return nil
	})
	if n == 0 {
		t.Skip("no models:", err)
	}
	if err != nil {
		t.Error(err)
	}
}

// BenchmarkPhotograph is a view of 400×400 pixels, 16 rays each, of a car of 3,000 triangles.
func BenchmarkPhotograph(b *testing.B) {
	s := openModel(b, "kenney_carkit/kart-oobi.glb")
	center, radius := s.Bounds()
	cam := plucker.Pinhole(plucker.LookAt(center.Add(mgl64.Vec3{1, -2, 1}.Normalize().Mul(3*radius)), center, mgl64.Vec3{0, 0, 1}), 400, 400, 2*math.Atan(0.34))
	for b.Loop() {
		if _, err := s.Photograph(context.Background(), &cam, 4); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTrace is a ray from anywhere around the car to anywhere in it.
func BenchmarkTrace(b *testing.B) {
	s := openModel(b, "kenney_carkit/kart-oobi.glb")
	center, radius := s.Bounds()
	i := 0.0
	for b.Loop() {
		i++
		sin, cos := math.Sincos(2.4 * i)
		eye := mgl64.Vec3{cos, sin, math.Sin(i)}.Mul(3 * radius).Add(center)
		to := mgl64.Vec3{math.Sin(3 * i), math.Sin(5 * i), math.Sin(7 * i)}.Mul(0.5 * radius).Add(center)
		s.Trace(plucker.Ray{Origin: eye, Dir: to.Sub(eye).Normalize()}, 1e-3)
	}
}
