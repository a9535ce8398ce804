package bench

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/lfn/f32"
	"lfnview/plucker"
)

var python = flag.String("python", "/usr/bin/python3", "a Python that has PyTorch")

// torchResult is what pytorch.py prints.
type torchResult struct {
	Torch      string
	BLAS       []string
	Parameters int
	Threads    int
	Forward    float64 `json:"forward_rays_per_s"`
	Step       float64 `json:"step_rays_per_s"`
}

// runPython decodes what a script of this folder prints.
func runPython(result any, script string, args ...string) error {
	out, err := exec.Command(*python, append([]string{script}, args...)...).Output()
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		lines := strings.Split(strings.TrimSpace(string(e.Stderr)), "\n")
		return fmt.Errorf("%s %s: %s", *python, script, lines[len(lines)-1])
	} else if err != nil {
		return err
	}
	return json.Unmarshal(out, result)
}

// runTorch times one operation, or with "" both.
func runTorch(op string, rays, threads int, d time.Duration, options ...string) (r torchResult, err error) {
	args := append([]string{fmt.Sprint("--rays=", rays), fmt.Sprint("--threads=", threads), fmt.Sprint("--seconds=", d.Seconds())}, options...)
	if op != "" {
		args = append(args, "--op="+op)
	}
	err = runPython(&r, "pytorch.py", args...)
	return r, err
}

// needTorch skips where PyTorch is missing, or would be slow for want of a BLAS.
func needTorch(tb testing.TB) {
	tb.Helper()
	r, err := runTorch("forward", 1, 1, 0)
	if err != nil {
		tb.Skipf("no PyTorch: %v", err)
	}
	for _, path := range r.BLAS {
		if strings.Contains(path, "/blas/libblas.so") {
			tb.Skipf("PyTorch multiplies by the reference BLAS, %s: install OpenBLAS", path)
		}
	}
	tb.Logf("PyTorch %s %v, Go %s with %s", r.Torch, r.BLAS, runtime.Version(), f32.Impl())
}

// The script has the network that it is compared with.
func TestPyTorch(t *testing.T) {
	needTorch(t)
	r, err := runTorch("", 16, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := lfn.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	if r.Parameters != c.Params() || r.Threads != 1 || !(r.Forward > 0 && r.Step > 0) {
		t.Errorf("pytorch.py answers %+v, want %d parameters, 1 thread, rates above 0", r, c.Params())
	}
}

// The prior that ours is compared with is the authors': their colours, loss and gradients.
func TestPyTorchPrior(t *testing.T) {
	needTorch(t)
	path := filepath.Join("..", "..", "shared", "parity", "prior_hyper.safetensors")
	if _, err := os.Stat(path); os.IsNotExist(err) {
		t.Skipf("no %s: the authors' larger numbers are not part of the repository", path)
	}
	var r struct{ Coordinates, Colors, Loss, Gradients float64 }
	err := runPython(&r, "pytorch_prior.py", "--parity="+path, "--threads=1")
	if err != nil && strings.Contains(err.Error(), "No module named") {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	if !(max(r.Coordinates, r.Colors) < 1e-4 && max(r.Loss, r.Gradients) < 1e-3) {
		t.Errorf("pytorch_prior.py is off by %+v, want less than 1e-4 in colours and 1e-3 in gradients", r)
	}
}

// paper is the authors' network with what is needed to use and to train it on the same rays again and again.
type paper struct {
	learner *lfn.Learner
	packed  *lfn.Packed
	rays    []plucker.Coords
	rgb     []float32
	target  []float32
	moments [][2][]float32 // of each tensor, for Adam
	steps   int
}

// newPaper makes one that works on GOMAXPROCS processors.
func newPaper(b *testing.B, rays int) *paper {
	c, err := lfn.Preset("paper")
	if err != nil {
		b.Fatal(err)
	}
	n, err := lfn.New(c, 1)
	if err != nil {
		b.Fatal(err)
	}
	p := &paper{learner: n.NewLearner(rays), packed: n.Pack(), rgb: make([]float32, 3*rays)}
	b.Cleanup(p.learner.Close)
	for _, g := range p.learner.Grads() {
		p.moments = append(p.moments, [2][]float32{make([]float32, len(g.D)), make([]float32, len(g.D))})
	}
	rng := rand.New(rand.NewPCG(1, 2))
	normal := func() mgl64.Vec3 { return mgl64.Vec3{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()} }
	for range rays {
		o := normal().Normalize().Mul(3)
		d := normal().Mul(1. / 3).Sub(o).Normalize()
		m := o.Cross(d)
		p.rays = append(p.rays, plucker.Coords{float32(d[0]), float32(d[1]), float32(d[2]), float32(m[0]), float32(m[1]), float32(m[2])})
		p.target = append(p.target, rng.Float32(), rng.Float32(), rng.Float32())
	}
	return p
}

// forward computes the colours, strip by strip as a renderer does.
func (p *paper) forward() {
	const strip = 256
	p.learner.Run((len(p.rays)+strip-1)/strip, func(i int) {
		lo, hi := i*strip, min((i+1)*strip, len(p.rays))
		p.packed.Colors(p.rgb[3*lo:3*hi], p.rays[lo:hi])
	})
}

// step is an update by Adam for the mean squared error, as package train does it.
func (p *paper) step() {
	scale := 1 / float32(len(p.target))
	p.learner.Batch(len(p.rays),
		func(first int, dst []plucker.Coords) { copy(dst, p.rays[first:]) },
		func(first int, rgb, drgb []float32) float64 {
			sum := 0.0
			for i, want := range p.target[3*first:][:len(rgb)] {
				d := rgb[i] - want
				drgb[i] = 2 * scale * d
				sum += float64(d * d)
			}
			return sum * float64(scale)
		})
	p.steps++
	c1, c2 := 1-math.Pow(0.9, float64(p.steps)), 1-math.Pow(0.999, float64(p.steps))
	grads := p.learner.Grads()
	p.learner.Run(len(grads), func(i int) {
		f32.Adam(grads[i].Data, grads[i].D, p.moments[i][0], p.moments[i][1], 1e-4, 0.9, 0.999, 1e-8, float32(c1), float32(c2))
	})
}

// raysPerS measures as the function of that name in pytorch.py does.
func raysPerS(rays int, d time.Duration, call func()) float64 {
	for range 3 {
		call()
	}
	var times []float64
	for end := time.Now().Add(d); len(times) < 3 || time.Now().Before(end); {
		start := time.Now()
		call()
		times = append(times, time.Since(start).Seconds())
	}
	return float64(rays) / median(times)
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// BenchmarkPyTorch takes turns with PyTorch on the authors' network, as it is installed, and with memory=kept as
// fast as it can be made: see pytorch.py. The rates are medians of the turns; ratio is how many times as many rays a
// second we do, the median of the turns, and best-ratio that of the fastest turns.
//
// Where these two differ, the machine had other work, which is no comparison: PyTorch's threads wait for each other,
// so one that has to give its processor away stops all.
func BenchmarkPyTorch(b *testing.B) {
	needTorch(b)
	const (
		rays  = 4096
		turns = 5
		turn  = 700 * time.Millisecond
	)
	threads := runtime.GOMAXPROCS(0)
	for _, op := range []string{"forward", "step"} {
		for _, memory := range []string{"default", "kept"} {
			b.Run(fmt.Sprintf("op=%s/rays=%d/memory=%s", op, rays, memory), func(b *testing.B) {
				p := newPaper(b, rays)
				call := p.forward
				if op == "step" {
					call = p.step
				}
				var options []string
				if memory == "kept" {
					options = []string{"--keep-memory"}
				}
				var ours, theirs, ratio []float64
				for b.Loop() {
					for range turns {
						r, err := runTorch(op, rays, threads, turn, options...)
						if err != nil {
							b.Fatal(err)
						}
						ours, theirs = append(ours, raysPerS(rays, turn, call)), append(theirs, r.Forward+r.Step)
						ratio = append(ratio, ours[len(ours)-1]/theirs[len(theirs)-1])
					}
				}
				b.Logf("rays/s in turn: ours %.0f, PyTorch %.0f", ours, theirs)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(median(ours), "rays/s")
				b.ReportMetric(median(theirs), "torch-rays/s")
				b.ReportMetric(median(ratio), "ratio")
				b.ReportMetric(slices.Max(ours)/slices.Max(theirs), "best-ratio")
			})
		}
	}
}
