package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lfnview/lfn"
	"lfnview/lfn/f32"
	"lfnview/render"
)

// benchResult is what lfn bench prints.
type benchResult struct {
	Device     string  `json:"device"`
	Kernels    string  `json:"kernels"`
	Threads    int     `json:"threads"`
	Size       [2]int  `json:"size"`
	Precision  string  `json:"precision"`
	Frames     int     `json:"frames"`
	MsPerFrame float64 `json:"ms_per_frame"` // median
	P99Ms      float64 `json:"p99_ms"`
	FPS        float64 `json:"fps"`
	RaysPerS   float64 `json:"rays_per_s"`
	TFLOPS     float64 `json:"tflops"`      // of the dense layers
	PeakTFLOPS float64 `json:"peak_tflops"` // what the FMA units did in this run; 0 where it is not known
	Share      float64 `json:"share"`       // of that peak
}

func newBench() *cobra.Command {
	size, seconds, asJSON := size{256, 256}, 3*time.Second, false
	var device device
	cmd := &cobra.Command{
		Use:   "bench [MODEL]",
		Short: "Measure how fast a model renders here",
		Long: `bench renders a model, or the default scene, from around it for a few seconds. The time of a frame is the
median. FLOPs are those of the dense layers, a multiply-add as two, against a loop of nothing but such.`,
		Example: `  lfn bench
  lfn bench --size 512x512 --json`,
		Args: args(0, 1, "a model or none"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if seconds <= 0 || seconds > time.Hour {
				return usagef("--time %v: want up to an hour", seconds)
			}
			name, err := device.choose()
			if err != nil {
				return err
			}
			m, _, err := openModel(args)
			if err != nil {
				return err
			}
			r, err := benchFrames(cmd.Context(), m, size, seconds)
			if err != nil {
				return err
			}
			r.Device = name
			if asJSON {
				return printJSON(cmd.OutOrStdout(), r)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			r.text(w)
			return w.Flush()
		},
	}
	cmd.Flags().Var(&size, "size", "width and height in pixels")
	cmd.Flags().DurationVar(&seconds, "time", seconds, "how long to measure")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object on stdout")
	device.flag(cmd)
	return cmd
}

func (r *benchResult) text(w io.Writer) {
	fmt.Fprintf(w, "device\t%s, %s kernels, %d threads, %s\n", r.Device, r.Kernels, r.Threads, r.Precision)
	fmt.Fprintf(w, "frame\t%d×%d: %.2f ms median, %.2f ms p99 of %d\n", r.Size[0], r.Size[1], r.MsPerFrame, r.P99Ms, r.Frames)
	fmt.Fprintf(w, "rate\t%.1f fps, %s rays/s\n", r.FPS, count(r.RaysPerS))
	fmt.Fprintf(w, "layers\t%.1f GFLOP/s", 1e3*r.TFLOPS)
	if r.PeakTFLOPS > 0 {
		fmt.Fprintf(w, ", %.0f %% of the %.0f that the FMA units do", 100*r.Share, 1e3*r.PeakTFLOPS)
	}
	fmt.Fprintln(w)
}

// count writes 1234567 as 1,234,567.
func count(x float64) string {
	digits := strconv.FormatInt(int64(x+0.5), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// benchFrames renders m from around the scene for about d, and at least five times.
func benchFrames(ctx context.Context, m *lfn.Model, s size, d time.Duration) (*benchResult, error) {
	peak := f32.Peak(runtime.GOMAXPROCS(0), 300*time.Millisecond)
	cams := render.Orbit{ElDeg: 20}.Turntable(m.Scene, 24, s.w, s.h)
	r := render.NewCPU(m.Network.Pack(), m.Scene)
	img := render.NewImage(s.w, s.h)
	var ms []float64
	for start, i := time.Now(), -2; len(ms) < 5 || time.Since(start) < d; i++ {
		begin := time.Now()
		if err := r.Render(ctx, img, &cams[(i+24)%24], render.Options{}); err != nil {
			return nil, err
		}
		if i >= 0 { // two frames to warm up
			ms = append(ms, time.Since(begin).Seconds()*1e3)
		}
	}
	slices.Sort(ms)
	flops := 0
	for _, l := range m.Network.Layers {
		flops += 2 * l.In * l.Out
	}
	b := &benchResult{
		Kernels: f32.Impl(), Threads: runtime.GOMAXPROCS(0), Size: [2]int{s.w, s.h}, Precision: "fp32", Frames: len(ms),
		MsPerFrame: ms[len(ms)/2], P99Ms: ms[len(ms)*99/100],
		PeakTFLOPS: peak / 1e12,
	}
	b.FPS = 1000 / b.MsPerFrame
	b.RaysPerS = float64(s.w*s.h) * b.FPS
	b.TFLOPS = b.RaysPerS * float64(flops) / 1e12
	if peak > 0 {
		b.Share = b.TFLOPS / b.PeakTFLOPS
	}
	return b, nil
}
