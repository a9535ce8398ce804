package bench

import (
	"math"
	"slices"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/assets"
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// depthPixels are rays of the held-out views of the built-in scene, which the default scene was trained on, and what they
// meet in truth.
func depthPixels(t *testing.T, m *lfn.Model, every int) (rays []plucker.Coords, along []float64, normals []mgl64.Vec3) {
	scene := dataset.DefaultScene()
	for _, v := range m.Cameras {
		if v.Split != dataset.Test.String() {
			continue
		}
		for i := 0; i < v.Camera.Width*v.Camera.Height; i += every {
			u, w := float64(i%v.Camera.Width)+0.5, float64(i/v.Camera.Width)+0.5
			at := func(du, dw float64) (mgl64.Vec3, bool) {
				ray := v.Camera.Ray(u+du, w+dw)
				_, depth, hit := scene.Trace(ray)
				return ray.At(depth), hit
			}
			coords := v.Camera.Coords(m.Scene, u, w)
			ray := coords.Ray()
			p, hit := at(0, 0)
			right, hitRight := at(1e-3, 0)
			below, hitBelow := at(0, 1e-3)
			normal := right.Sub(p).Cross(below.Sub(p))
			if normal = normal.Normalize(); normal.Dot(ray.Dir) > 0 {
				normal = normal.Mul(-1)
			}
			if !hit || !hitRight || !hitBelow {
				normal = mgl64.Vec3{}
			}
			rays, normals = append(rays, coords), append(normals, normal)
			if along = append(along, math.NaN()); hit {
				along[len(along)-1] = p.Sub(ray.Origin).Dot(ray.Dir)
			}
		}
	}
	if len(rays) < 10_000 {
		t.Fatalf("only %d rays", len(rays))
	}
	return rays, along, normals
}

// TestDepth holds how exact the depth of the default preset is, where it is sure of it: in radii of the scene.
func TestDepth(t *testing.T) {
	m, err := assets.Scene()
	if err != nil {
		t.Fatal(err)
	}
	rays, along, normals := depthPixels(t, m, 29)
	rgb, surfaces := make([]float32, 3*len(rays)), make([]lfn.Surface, len(rays))
	m.Network.Pack().Surfaces(rgb, surfaces, rays)
	var errs, turns []float64
	hits, beside, sum := 0, 0, 0.
	for i, s := range surfaces {
		hit := !math.IsNaN(along[i])
		if hit {
			hits++
		}
		switch {
		case s.Confidence < lfn.Confident:
		case !hit:
			beside++
		default:
			errs = append(errs, math.Abs(float64(s.Along)-along[i]))
			sum += errs[len(errs)-1]
			if n := (mgl64.Vec3{float64(s.Normal[0]), float64(s.Normal[1]), float64(s.Normal[2])}); normals[i] != (mgl64.Vec3{}) {
				turns = append(turns, 180/math.Pi*math.Acos(min(n.Dot(normals[i]), 1)))
			}
		}
	}
	slices.Sort(errs)
	slices.Sort(turns)
	mean, p95, cover := sum/float64(len(errs)), errs[len(errs)*95/100], float64(len(errs))/float64(hits)
	t.Logf("sure of %.1f %% of the pixels on objects: mean error %.4f, median %.4f, 95th percentile %.4f; normals: median %.1f°; sure of %d of %d rays beside",
		100*cover, mean, errs[len(errs)/2], p95, turns[len(turns)/2], beside, len(rays)-hits)
	if !(mean <= 0.01 && p95 <= 0.04 && cover >= 0.5) {
		t.Errorf("mean error %.4f, 95th percentile %.4f, of %.2f of the pixels; want at most 0.01 and 0.04, of at least half", mean, p95, cover)
	}
	if beside > (len(rays)-hits)/200 || turns[len(turns)/2] > 10 {
		t.Errorf("sure of %d of %d rays beside the objects, normals off by %.1f°; want at most 1 in 200, and 10°", beside, len(rays)-hits, turns[len(turns)/2])
	}
}

// TestDepthTwoWays compares what the compositing of a volume says with what the derivatives of its colours do, which know
// nothing of it: ∂c/∂(turn) = λ·∂c/∂(shift), by small differences, and both with the truth.
func TestDepthTwoWays(t *testing.T) {
	m, err := assets.Scene()
	if err != nil {
		t.Fatal(err)
	}
	p := m.Network.Pack()
	rays, along, _ := depthPixels(t, m, 37)
	surfaces := make([]lfn.Surface, len(rays))
	p.Surfaces(make([]float32, 3*len(rays)), surfaces, rays)
	const step = 1. / 1000
	var volume, slopes, between []float64
	for i, s := range surfaces {
		if s.Confidence < lfn.Confident || math.IsNaN(along[i]) {
			continue
		}
		ray := rays[i].Ray()
		right := ray.Dir.Cross(mgl64.Vec3{0.6, 0, 0.8}).Normalize()
		var moved []plucker.Coords
		for _, e := range [2]mgl64.Vec3{right, ray.Dir.Cross(right)} {
			for _, h := range [2]float64{step, -step} {
				moved = append(moved,
					plucker.UnitFrame().Coords(plucker.Ray{Origin: ray.Origin.Add(e.Mul(h)), Dir: ray.Dir}),
					plucker.UnitFrame().Coords(plucker.Ray{Origin: ray.Origin, Dir: ray.Dir.Add(e.Mul(h)).Normalize()}))
			}
		}
		var rgb [3 * 8]float32
		p.Colors(rgb[:], moved)
		var ab, aa, bb float64
		for _, side := range [2][]float32{rgb[:12], rgb[12:]} {
			for c := range 3 {
				a, b := float64(side[c]-side[6+c])/(2*step), float64(side[3+c]-side[9+c])/(2*step)
				aa, ab, bb = aa+a*a, ab+a*b, bb+b*b
			}
		}
		if unsure := math.Sqrt(((bb-ab*ab/aa)/5 + 0.01) / aa); !(unsure < 0.03) {
			continue
		}
		volume = append(volume, math.Abs(float64(s.Along)-along[i]))
		slopes = append(slopes, math.Abs(ab/aa-along[i]))
		between = append(between, math.Abs(ab/aa-float64(s.Along)))
	}
	median := func(x []float64) float64 { slices.Sort(x); return x[len(x)/2] }
	t.Logf("%d rays, median error of the volume %.4f, of the derivatives %.4f, difference %.4f", len(volume), median(volume), median(slopes), median(between))
	if len(volume) < 500 || !(median(volume) <= 0.01 && median(slopes) <= 0.05 && median(between) <= 0.05) {
		t.Errorf("%d rays, median error of the volume %.4f, of the derivatives %.4f, difference %.4f; want 500, and at most 0.01, 0.05 and 0.05",
			len(volume), median(volume), median(slopes), median(between))
	}
}
