package lfn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"lfnview/lfn"
	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// benchRays are n rays from a sphere of radius 3 through the unit ball.
func benchRays(n int) []plucker.Coords {
	rng := rand.New(rand.NewPCG(1, 2))
	rays := make([]plucker.Coords, n)
	for i := range rays {
		var o, p [3]float64
		var l float64
		for k := range 3 {
			o[k], p[k] = rng.NormFloat64(), rng.NormFloat64()/3
			l += o[k] * o[k]
		}
		var d [3]float64
		var dl float64
		for k := range 3 {
			o[k] *= 3 / math.Sqrt(l)
			d[k] = p[k] - o[k]
			dl += d[k] * d[k]
		}
		for k := range 3 {
			d[k] /= math.Sqrt(dl)
		}
		m := [3]float64{o[1]*d[2] - o[2]*d[1], o[2]*d[0] - o[0]*d[2], o[0]*d[1] - o[1]*d[0]}
		for k := range 3 {
			rays[i][k], rays[i][3+k] = float32(d[k]), float32(m[k])
		}
	}
	return rays
}

func benchNetwork(b *testing.B, preset string) *lfn.Network {
	c, err := lfn.Preset(preset)
	if err != nil {
		b.Fatal(err)
	}
	n, err := lfn.New(c, 1)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// eachImpl runs f for each implementation of the kernels, with all goroutines, and reports what f, which works on
// so many rays, does in a second: the dense layers' FLOPs are times those of a forward. The peak that they are
// compared with is that of the processor, measured just before and just after.
func eachImpl(b *testing.B, n *lfn.Network, rays int, times float64, f func()) {
	flops := 0.0
	for _, l := range n.Layers {
		flops += 2 * times * float64(l.In*l.Out)
	}
	before, impls := f32.Impl(), f32.Impls()
	defer func() { _ = f32.SetImpl(before) }()
	halfPeak := func() float64 {
		_ = f32.SetImpl(impls[len(impls)-1])
		return f32.Peak(runtime.GOMAXPROCS(0), 150*time.Millisecond) / 2
	}
	for _, impl := range impls {
		b.Run("impl="+impl, func(b *testing.B) {
			peak := halfPeak()
			_ = f32.SetImpl(impl)
			f() // makes the memory it needs
			for b.Loop() {
				f()
			}
			perS := float64(rays) * float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(perS, "rays/s")
			b.ReportMetric(perS*flops/1e9, "GFLOP/s")
			if peak += halfPeak(); peak > 0 {
				b.ReportMetric(100*perS*flops/peak, "%peak")
			}
		})
	}
}

// BenchmarkForward/preset=paper/rays=4096/impl=avx2 and so on: inference.
func BenchmarkForward(b *testing.B) {
	rays := benchRays(4096)
	rgb := make([]float32, 3*len(rays))
	for _, preset := range []string{"paper", "pure", "small", "tiny"} {
		b.Run(fmt.Sprintf("preset=%s/rays=%d", preset, len(rays)), func(b *testing.B) {
			n := benchNetwork(b, preset)
			p := n.Pack()
			procs := runtime.GOMAXPROCS(0)
			eachImpl(b, n, len(rays), 1, func() {
				var wg sync.WaitGroup
				for i := range procs {
					lo, hi := i*len(rays)/procs, (i+1)*len(rays)/procs
					wg.Go(func() { p.Colors(rgb[3*lo:3*hi], rays[lo:hi]) })
				}
				wg.Wait()
			})
		})
	}
}

// BenchmarkBatch is the forward and the backward of a step of training: three times the FLOPs.
func BenchmarkBatch(b *testing.B) {
	rays := benchRays(4096)
	give := func(first int, dst []plucker.Coords) { copy(dst, rays[first:]) }
	loss := func(first int, rgb, drgb []float32) float64 {
		s := 0.0
		for i, v := range rgb {
			d := v - 0.3
			drgb[i] = 2 * d / float32(3*len(rays))
			s += float64(d * d)
		}
		return s
	}
	for _, preset := range []string{"paper", "pure", "small", "tiny"} {
		b.Run(fmt.Sprintf("preset=%s/rays=%d", preset, len(rays)), func(b *testing.B) {
			n := benchNetwork(b, preset)
			l := n.NewLearner(len(rays))
			defer l.Close()
			eachImpl(b, n, len(rays), 3, func() { l.Batch(len(rays), give, loss) })
		})
	}
}

// BenchmarkColors and BenchmarkSurfaces on one goroutine: depth costs at most twice what colour does.
func BenchmarkColors(b *testing.B) {
	benchmarkRays(b, func(p *lfn.Packed, rgb []float32, _ []lfn.Surface, rays []plucker.Coords) { p.Colors(rgb, rays) })
}
func BenchmarkSurfaces(b *testing.B) { benchmarkRays(b, (*lfn.Packed).Surfaces) }

func benchmarkRays(b *testing.B, f func(p *lfn.Packed, rgb []float32, surfaces []lfn.Surface, rays []plucker.Coords)) {
	rays := benchRays(2048)
	rgb, surfaces := make([]float32, 3*len(rays)), make([]lfn.Surface, len(rays))
	for _, preset := range []string{"tiny", "small", "paper", "pure"} {
		b.Run("preset="+preset, func(b *testing.B) {
			p := benchNetwork(b, preset).Pack()
			f(p, rgb, surfaces, rays)
			for b.Loop() {
				f(p, rgb, surfaces, rays)
			}
			b.ReportMetric(float64(len(rays))*float64(b.N)/b.Elapsed().Seconds(), "rays/s")
		})
	}
}
