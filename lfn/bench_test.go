package lfn_test

import (
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

// report adds rays/s, and the share of the peak that the dense layers' FLOPs make.
func report(b *testing.B, n *lfn.Network, rays int, times float64) {
	perS := float64(rays) * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perS, "rays/s")
	flops := 0.0
	for _, l := range n.Layers {
		flops += 2 * times * float64(l.In*l.Out)
	}
	b.ReportMetric(perS*flops/1e9, "GFLOP/s")
	if peak := f32.Peak(runtime.GOMAXPROCS(0), 300*time.Millisecond); peak > 0 {
		b.ReportMetric(100*perS*flops/peak, "%peak")
	}
}

func BenchmarkForward(b *testing.B) {
	for _, preset := range []string{"paper", "small", "tiny"} {
		b.Run("preset="+preset, func(b *testing.B) {
			n := benchNetwork(b, preset)
			rays := benchRays(4096)
			p := n.Pack()
			procs := runtime.GOMAXPROCS(0)
			rgb := make([]float32, 3*len(rays))
			for b.Loop() {
				var wg sync.WaitGroup
				for i := range procs {
					lo, hi := i*len(rays)/procs, (i+1)*len(rays)/procs
					wg.Go(func() { p.Colors(rgb[3*lo:3*hi], rays[lo:hi]) })
				}
				wg.Wait()
			}
			report(b, n, len(rays), 1)
		})
	}
}

func BenchmarkBatch(b *testing.B) {
	for _, preset := range []string{"paper", "small", "tiny"} {
		b.Run("preset="+preset, func(b *testing.B) {
			n := benchNetwork(b, preset)
			rays := benchRays(4096)
			l := n.NewLearner(len(rays))
			defer l.Close()
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
			for b.Loop() {
				l.Batch(len(rays), give, loss)
			}
			report(b, n, len(rays), 3)
		})
	}
}
