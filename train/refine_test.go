package train

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/train/dataset"
)

// shake turns the training cameras by about a degree, and moves them by a per cent of their distance.
func shake(set *dataset.Set) {
	rng := rand.New(rand.NewPCG(1, 2))
	vector := func(length float64) mgl64.Vec3 {
		return mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}.Mul(length / math.Sqrt(3))
	}
	for _, i := range set.Split(dataset.Train) {
		p := &set.Views[i].Camera.Pose
		turn := vector(math.Pi / 180)
		p.Rot = mgl64.QuatRotate(turn.Len(), turn.Normalize()).Mat4().Mat3().Mul3(p.Rot)
		p.Pos = p.Pos.Add(vector(0.01 * p.Pos.Sub(set.Frame.Center).Len()))
	}
}

// pixelsOff is by how many pixels, in the root mean square, cams see the corners of a cube elsewhere than the first cameras
// of set do.
func pixelsOff(set *dataset.Set, cams []plucker.Camera) float64 {
	sum, n := 0.0, 0.0
	for i := range cams {
		for k := range 8 {
			p := mgl64.Vec3{float64(k&1) - 0.5, float64(k>>1&1) - 0.5, float64(k>>2&1) - 0.5}
			u0, v0, _, _ := set.Views[i].Camera.Project(p)
			u1, v1, _, _ := cams[i].Project(p)
			sum += (u1-u0)*(u1-u0) + (v1-v0)*(v1-v0)
			n++
		}
	}
	return math.Sqrt(sum / n)
}

// Cameras that are a little off come back to where the photographs were taken, those of the model file as well.
func TestRefineCameras(t *testing.T) {
	exact := testSet(t)
	o := testOptions(300)
	good := newTrainer(t, exact, o)
	if err := good.Run(context.Background(), nothing); err != nil {
		t.Fatal(err)
	}

	set := testSet(t)
	shake(set)
	o.Steps, o.RefineCameras = 1e6, true
	tr := newTrainer(t, set, o)
	before := pixelsOff(exact, tr.pixels.cameras)
	tr.network, tr.rounds.Step = good.network, warmUp
	for range 80 {
		tr.refineCameras()
		tr.rounds.Step += round
	}
	m := tr.Model("")
	var cams []plucker.Camera
	for i, v := range m.Cameras {
		if v.Split == dataset.Train.String() {
			cams = append(cams, v.Camera)
		} else if v.Camera != set.Views[i].Camera {
			t.Errorf("held-out camera %d has moved", i)
		}
	}
	after := pixelsOff(exact, cams)
	t.Logf("cameras are off by %.2f pixels, and by %.2f as refined", before, after)
	if after > before/3 {
		t.Errorf("cameras are off by %.2f pixels, and still by %.2f as refined", before, after)
	}
}

// What all cameras have in common is no correction.
func TestRefineKeepsTheScene(t *testing.T) {
	set := testSet(t)
	p := newPixels(set, [3]float32{}, 1)
	r := newRefiner(p)
	for i := range r.given {
		q := r.given[i].Pose.Pos
		r.setTwist(i, twist{0.01, 0.02, -0.01, 0.1 + 0.02*q[0], 0.02 * q[1], -0.1 + 0.02*q[2]})
	}
	for range 100 {
		r.center()
	}
	for i, v := range r.twists {
		if math.Abs(float64(v)) > 1e-3 {
			t.Errorf("value %d of the corrections is %v, want about 0", i, v)
		}
	}
}

// A set of one camera, and photographs of one colour, leave the cameras where they are.
func TestRefineNothing(t *testing.T) {
	set := testSet(t)
	set.Views = set.Views[:1]
	for i := range set.Views[0].Pix {
		set.Views[0].Pix[i] = 255
	}
	o := testOptions(6 * round)
	o.RefineCameras, o.Batch = true, 64
	tr := newTrainer(t, set, o)
	if err := tr.Run(context.Background(), nothing); err != nil {
		t.Fatal(err)
	}
	if off := pixelsOff(set, tr.pixels.cameras); !(off < 0.05) {
		t.Errorf("the camera is off by %v pixels", off)
	}
}

func TestSolve(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var a, l [6][6]float64
	var want, b [6]float64
	for i := range 6 {
		want[i] = rng.NormFloat64()
		for j := range i {
			l[i][j] = rng.NormFloat64()
		}
		l[i][i] = 1 + rng.Float64()
	}
	for i := range 6 {
		for j := range 6 {
			for k := range 6 {
				a[i][j] += l[i][k] * l[j][k]
			}
			b[i] += a[i][j] * want[j]
		}
	}
	for i, got := range solve(a, b) {
		if math.Abs(got-want[i]) > 1e-9 {
			t.Errorf("x[%d] = %v, want %v", i, got, want[i])
		}
	}
}
