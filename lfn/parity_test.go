package lfn

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// parityFiles are numbers made by the authors' PyTorch code: see testdata/README.md.
var parityFiles = []struct{ dir, name string }{
	{"testdata", "small_relu"},
	{"testdata", "small_siren"},
	{filepath.Join("..", "..", "shared", "parity"), "relu_lego"},
	{filepath.Join("..", "..", "shared", "parity"), "siren_lego"},
	{filepath.Join("..", "..", "shared", "parity"), "steps_relu"},
	{filepath.Join("..", "..", "shared", "parity"), "steps_siren"},
}

// eachParity runs f with the tensors of each file, and skips those that are not there.
func eachParity(t *testing.T, f func(t *testing.T, siren bool, tensors map[string]Tensor)) {
	for _, tt := range parityFiles {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(tt.dir, tt.name+".safetensors")
			if _, err := os.Stat(path); os.IsNotExist(err) && tt.dir != "testdata" {
				t.Skipf("no %s: the authors' larger numbers are not part of the repository", path)
			}
			f(t, strings.Contains(tt.name, "siren"), loadTensors(t, path))
		})
	}
}

// slowParity reports whether the larger files would take long.
func slowParity() bool { return testing.Short() || f32.Impl() == "go" }

// parityNetwork makes a network of the tensors whose names begin with prefix.
func parityNetwork(t *testing.T, siren bool, tensors map[string]Tensor, prefix string) *Network {
	t.Helper()
	c := Config{Encoding: Encoding{Kind: Coordinates}, Norm: NormLayer, Activation: ReLU, Output: OutputSigned}
	if siren {
		c.Norm, c.Activation, c.Omega = NormNone, Sine, 30
	}
	for i := 0; ; i++ {
		w, ok := tensors[parityName(siren, tensors, prefix, i)+".weight"]
		if !ok {
			t.Fatalf("%sphi has no layer %d", prefix, i)
		}
		if w.Shape[0] == 3 {
			break
		}
		c.Hidden = append(c.Hidden, w.Shape[0])
	}
	n, err := New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range n.Tensors() {
		name := parityName(siren, tensors, prefix, i/2) + "." + []string{"weight", "bias"}[i%2]
		want := tensors[name]
		if !slices.Equal(x.Shape, want.Shape) {
			t.Fatalf("%s has shape %v, want %v", name, want.Shape, x.Shape)
		}
		copy(x.Data, want.Data)
	}
	return n
}

// parityName is what the authors call layer i; the last layer has a shorter name.
func parityName(siren bool, tensors map[string]Tensor, prefix string, i int) string {
	name := fmt.Sprintf("%sphi.net.%d", prefix, i)
	if _, last := tensors[name+".weight"]; last {
		return name
	}
	if siren {
		return name + ".linear"
	}
	return name + ".net.0"
}

// parityRays are the rays of a file.
func parityRays(x Tensor) []plucker.Coords {
	rays := make([]plucker.Coords, len(x.Data)/6)
	for i := range rays {
		copy(rays[i][:], x.Data[6*i:])
	}
	return rays
}

// signedMSE is the authors' loss, 200·MSE of colours in [−1, 1].
func signedMSE(target []float32) func(first int, rgb, drgb []float32) float64 {
	return func(first int, rgb, drgb []float32) float64 {
		scale, sum := 200/float64(len(target)), 0.
		for i, v := range rgb {
			d := 2*float64(v) - 1 - float64(target[3*first+i])
			sum += scale * d * d
			drgb[i] = float32(scale * 2 * d * 2)
		}
		return sum
	}
}

func TestParityColors(t *testing.T) {
	eachParity(t, func(t *testing.T, siren bool, tensors map[string]Tensor) {
		prefix, coords, output := "init.", tensors["coords"], tensors["output"]
		if coords.Data == nil {
			prefix, coords, output = "weights.", tensors["plucker"], tensors["rgb"]
		}
		rays := parityRays(coords)
		if len(rays) == 0 || len(output.Data) != 3*len(rays) {
			t.Fatalf("%d rays and %d values of colours", len(rays), len(output.Data))
		}
		colors := output.Data
		if slowParity() { // every ninth ray is enough
			for i := range (len(rays) + 8) / 9 {
				rays[i] = rays[9*i]
				copy(colors[3*i:3*i+3], colors[27*i:])
			}
			rays = rays[:(len(rays)+8)/9]
		}
		n := parityNetwork(t, siren, tensors, prefix)
		rgb := make([]float32, 3*len(rays))
		n.Pack().Colors(rgb, rays)
		worst, clamped := 0., 0
		for i, v := range rgb {
			if colors[i] < -1 || colors[i] > 1 {
				clamped++
			}
			got, want := 2*float64(v)-1, float64(min(max(colors[i], -1), 1))
			err := math.Abs(got - want)
			if worst = max(worst, err); !(err <= 1e-4) {
				t.Fatalf("channel %d of ray %d is %v, want %v", i%3, i/3, got, want)
			}
		}
		t.Logf("%d rays, %d values clamped, worst difference %.3g", len(rays), clamped, worst)

		// The colours of a learner are not clamped.
		rays = rays[:min(len(rays), 600)]
		l := n.NewLearner(len(rays))
		defer l.Close()
		l.Batch(len(rays), give(rays), func(first int, rgb, drgb []float32) float64 {
			clear(drgb)
			for i, v := range rgb {
				got, want := 2*float64(v)-1, float64(colors[3*first+i])
				if !(math.Abs(got-want) <= 1e-4) {
					t.Errorf("channel %d of ray %d is %v for the learner, want %v", i%3, first+i/3, got, want)
					break
				}
			}
			return 0
		})
	})
}

// TestParityDerivatives: the derivatives of the sum of the channels, in [−1, 1], as either end of a ray's piece of length 1
// from the camera on moves along a unit vector, the authors' ∂c/∂s and ∂c/∂t.
func TestParityDerivatives(t *testing.T) {
	eachParity(t, func(t *testing.T, siren bool, tensors map[string]Tensor) {
		to, want := tensors["depth_dprime"], tensors["depth_dcdst"].Data
		if to.Data == nil {
			t.Skip("has no derivatives")
		}
		n := parityNetwork(t, siren, tensors, "weights.")
		rays := parityRays(tensors["plucker"])
		if len(to.Data) != 3*len(rays) || len(want) != 2*len(rays) {
			t.Fatalf("%d rays, %d directions, %d derivatives", len(rays), len(to.Data)/3, len(want)/2)
		}
		poses := tensors["cam2world"].Data
		var along [4][]plucker.Coords // of which two are wanted
		for j := range along {
			along[j] = make([]plucker.Coords, len(rays))
		}
		for i := range rays {
			pose := poses[16*(i*len(poses)/16/len(rays)):]
			x := mgl64.Vec3{float64(pose[3]), float64(pose[7]), float64(pose[11])}
			e := mgl64.Vec3{float64(to.Data[3*i]), float64(to.Data[3*i+1]), float64(to.Data[3*i+2])}
			d := rays[i].Dir()
			turn := e.Sub(d.Mul(d.Dot(e)))
			for end, v := range [2][2]mgl64.Vec3{{turn.Mul(-1), e.Cross(d).Sub(x.Cross(turn))}, {turn, x.Cross(turn)}} {
				for k := range 3 {
					along[end][i][k], along[end][i][3+k] = float32(v[0][k]), float32(v[1][k])
				}
			}
		}
		slopes := slopesAlong(n, rays, along)[0] // of the sum of the channels, over √3
		got := make([]float32, len(want))
		for i := range got {
			got[i] = 2 / Mixes[0][0] * slopes[i%2][i/2]
		}
		size := 0.
		for _, v := range want {
			size = max(size, math.Abs(float64(v)))
		}
		off := 0 // rays for which rounding decides on which side of a kink they are
		for i, v := range want {
			if !(math.Abs(float64(got[i]-v)) <= 1e-3*size) {
				off++
				got[i] = v
			}
		}
		norm, _ := difference(got, want)
		t.Logf("%d of %d differ by more than 1e-3 of the largest, the others by %.3g in norm", off, len(want), norm)
		if !(norm <= 1e-3) || off > len(want)/1000 {
			t.Errorf("%d of %d differ by more than 1e-3 of the largest, the others by %.3g in norm; want 1 in 1000, and 1e-3", off, len(want), norm)
		}
	})
}

// difference is how far a is from b: the norm of the difference over that of b, and its largest value over b's.
func difference(a, b []float32) (norm, largest float64) {
	var d2, b2, dmax, bmax float64
	for i, v := range b {
		d := float64(a[i]) - float64(v)
		d2 += d * d
		b2 += float64(v) * float64(v)
		dmax, bmax = max(dmax, math.Abs(d)), max(bmax, math.Abs(float64(v)))
	}
	return math.Sqrt(d2 / b2), dmax / bmax
}

func TestParityGradients(t *testing.T) {
	eachParity(t, func(t *testing.T, siren bool, tensors map[string]Tensor) {
		if tensors["coords"].Data == nil {
			t.Skip("has no gradients with the rays that they are of")
		}
		n := parityNetwork(t, siren, tensors, "init.")
		want := parityNetwork(t, siren, tensors, "grad.").Tensors()
		rays := parityRays(tensors["coords"])
		l := n.NewLearner(len(rays))
		defer l.Close()
		loss := l.Batch(len(rays), give(rays), signedMSE(tensors["target"].Data))
		if w := float64(tensors["losses"].Data[0]); !(math.Abs(loss-w) <= 1e-4*w) {
			t.Errorf("loss %v, want %v", loss, w)
		}
		worst := 0.
		for i, g := range l.Grads() {
			norm, largest := difference(g.D, want[i].Data)
			if !(norm <= 1e-3) || !(largest <= 1e-3) {
				t.Errorf("%s: gradient differs by %.3g in norm and %.3g of its largest value, want at most 1e-3", g.Name, norm, largest)
			}
			worst = max(worst, norm, largest)
		}
		t.Logf("worst difference %.3g", worst)
	})
}

// TestParitySteps trains for ten steps as the authors' code did.
func TestParitySteps(t *testing.T) {
	const (
		lr           = 1e-4
		beta1, beta2 = 0.9, 0.999
		eps          = 1e-8
		steps        = 10
	)
	eachParity(t, func(t *testing.T, siren bool, tensors map[string]Tensor) {
		if tensors["coords"].Data == nil {
			t.Skip("has no steps")
		}
		if slowParity() && len(tensors["coords"].Data) > 6*128 {
			t.Skip("large: left out with -short and with the kernels in Go, which would take some seconds")
		}
		n := parityNetwork(t, siren, tensors, "init.")
		start := n.Clone().Tensors()
		rays := parityRays(tensors["coords"])
		l := n.NewLearner(len(rays))
		defer l.Close()
		m, v := copyGrads(l.Grads()), copyGrads(l.Grads())
		rayOf, loss := give(rays), signedMSE(tensors["target"].Data)
		for s := range steps {
			got, want := l.Batch(len(rays), rayOf, loss), float64(tensors["losses"].Data[s])
			if !(math.Abs(got-want) <= 1e-3*want) {
				t.Errorf("step %d: loss %v, want %v", s, got, want)
			}
			c1, c2 := 1-math.Pow(beta1, float64(s+1)), 1-math.Pow(beta2, float64(s+1))
			for i, g := range l.Grads() {
				f32.Adam(g.Data, g.D, m[i], v[i], lr, beta1, beta2, eps, float32(c1), float32(c2))
			}
		}
		// A weight moves by at most about lr a step, in the direction of a sign where its gradient is small:
		// so the way that was gone is compared, in norm.
		worst := 0.
		for i, want := range parityNetwork(t, siren, tensors, "after10.").Tensors() {
			got := n.Tensors()[i].Data
			var d2, way2 float64
			for j, w := range want.Data {
				d, way := float64(got[j])-float64(w), float64(start[i].Data[j])-float64(w)
				d2, way2 = d2+d*d, way2+way*way
			}
			if far := math.Sqrt(d2 / way2); !(far <= 2e-3) {
				t.Errorf("%s: ends %.3g of its way from the authors', want at most 0.002", want.Name, far)
			} else {
				worst = max(worst, far)
			}
		}
		t.Logf("ends at most %.3g of the way from the authors'", worst)
	})
}
