package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/lfn/f32"
	"lfnview/plucker"
	"lfnview/render"
)

// benchResult is what lfn bench prints of one device.
type benchResult struct {
	Device     string  `json:"device"`  // cpu or gpu
	Name       string  `json:"name"`    // of the GPU, or the CPU's kernels and threads
	Driver     string  `json:"driver"`  // of a GPU
	Variant    string  `json:"variant"` // of its shader
	Size       [2]int  `json:"size"`
	Precision  string  `json:"precision"`
	Frames     int     `json:"frames"`
	StartMs    float64 `json:"start_ms"`     // from a model in memory to its first picture in memory
	MsPerFrame float64 `json:"ms_per_frame"` // median; of a GPU, by its own clock
	P99Ms      float64 `json:"p99_ms"`
	FPS        float64 `json:"fps"`
	RaysPerS   float64 `json:"rays_per_s"`
	GeometryMs float64 `json:"geometry_ms,omitempty"` // with --geometry: of colours and geometry together, median, in memory
	Geometry   float64 `json:"geometry,omitempty"`    // times as long as colours alone, likewise in memory
	TFLOPS     float64 `json:"tflops"`                // of the dense layers
	PeakTFLOPS float64 `json:"peak_tflops"`           // what the FMA units did in this run; 0 where it is not known
	Share      float64 `json:"share"`                 // of that peak
}

// benchReport is all that lfn bench prints: the device that rendering would choose, and every one that was measured.
type benchReport struct {
	benchResult
	Model struct {
		Parameters  int   `json:"parameters"`
		Bytes       int64 `json:"bytes"`
		Evaluations int   `json:"evaluations_per_pixel"`
	} `json:"model"`
	Results []benchResult `json:"results"`
}

func newBench() *cobra.Command {
	size, seconds, asJSON, table, geometry := cli.Size{W: 256, H: 256}, 3*time.Second, false, false, false
	var on cli.RenderDevice
	cmd := &cobra.Command{
		Use:   "bench [MODEL…]",
		Short: "Measure how fast a model renders here",
		Long: `bench renders a model, or the default scene, from around it for a few seconds, on the CPU and on the GPU where there
is one. The time of a frame is the median; on a GPU it is that of its own clock, without the way back of the picture.
FLOPs are those of the dense layers, a multiply-add as two, against a loop of nothing but such.

With --geometry it also says how long colours and geometry take together, against colours alone, both with the way back.

With --table it measures models side by side, at 256×256 and 1920×1080 unless --size says otherwise, and beside them what
the layers of the paper's network cost where they are evaluated at 192 points of every ray, as in a radiance field.`,
		Example: `  lfn bench
  lfn bench --size 512x512 --json
  lfn bench --geometry --time 1s
  lfn bench --table data/small.lfn data/paper.lfn`,
		Args: cli.Args(0, math.MaxInt, "a model or none"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if seconds <= 0 || seconds > time.Hour {
				return cli.Usagef("--time %v: want up to an hour", seconds)
			}
			if table {
				sizes := []cli.Size{{W: 256, H: 256}, {W: 1920, H: 1080}}
				if cmd.Flags().Changed("size") {
					sizes = []cli.Size{size}
				}
				if len(args) == 0 {
					return cli.Usagef("--table compares models: name some")
				}
				if geometry {
					return cli.Usagef("--table and --geometry do not go together")
				}
				return tellTable(cmd, args, &on, sizes, seconds, asJSON)
			}
			if len(args) > 1 {
				return cli.Usagef("%d models: say --table", len(args))
			}
			m, name, err := cli.OpenModel(args)
			if err != nil {
				return err
			}
			var report benchReport
			report.Model.Parameters, report.Model.Evaluations = m.Network.Params(), 1
			if report.Model.Bytes, err = modelBytes(m); err != nil {
				return err
			}
			if report.Results, err = benchDevices(cmd, m, &on, []cli.Size{size}, seconds, geometry); err != nil {
				return err
			}
			report.benchResult = report.Results[len(report.Results)-1]
			if asJSON {
				return cli.PrintJSON(cmd.OutOrStdout(), report)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintf(w, "model\t%s: %s parameters, %s bytes, one evaluation a pixel\n", name, count(float64(report.Model.Parameters)), count(float64(report.Model.Bytes)))
			for i := range report.Results {
				report.Results[i].text(w)
			}
			return w.Flush()
		},
	}
	cmd.Flags().Var(&size, "size", "width and height in pixels")
	cmd.Flags().DurationVar(&seconds, "time", seconds, "how long to measure")
	cmd.Flags().BoolVar(&geometry, "geometry", false, "measure geometry, too")
	cmd.Flags().BoolVar(&table, "table", false, "compare models")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object on stdout")
	on.Flags(cmd)
	return cmd
}

// modelBytes is the size of the model's file.
func modelBytes(m *lfn.Model) (int64, error) {
	var n counter
	err := m.Encode(&n)
	return int64(n), err
}

// counter is a writer that counts.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (r *benchResult) text(w io.Writer) {
	fmt.Fprintf(w, "device\t%s: %s, %s", r.Device, r.Name, r.Precision)
	if r.Driver != "" {
		fmt.Fprintf(w, ", %s, shader %s", r.Driver, r.Variant)
	}
	fmt.Fprintf(w, "\nfirst frame\tafter %.0f ms\n", r.StartMs)
	fmt.Fprintf(w, "frame\t%d×%d: %.3f ms median, %.3f ms p99 of %d\n", r.Size[0], r.Size[1], r.MsPerFrame, r.P99Ms, r.Frames)
	fmt.Fprintf(w, "rate\t%.1f fps, %s rays/s\n", r.FPS, count(r.RaysPerS))
	if r.GeometryMs > 0 {
		fmt.Fprintf(w, "geometry\twith the colours %.3f ms, %.2f times as long as they alone, the way to memory included\n", r.GeometryMs, r.Geometry)
	}
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

// benchCameras go around the scene.
func benchCameras(m *lfn.Model, s cli.Size) []plucker.Camera {
	return render.Orbit{ElDeg: 20}.Turntable(m.Scene, 24, s.W, s.H)
}

// benchDevice renders m from around the scene on r for about d, and at least five times.
func benchDevice(ctx context.Context, m *lfn.Model, r *cli.Rendering, s cli.Size, d time.Duration) (*benchResult, error) {
	cams := benchCameras(m, s)
	img := render.NewImage(s.W, s.H)
	start := time.Now()
	if err := r.Render(ctx, img, &cams[0], render.Options{}); err != nil {
		return nil, err
	}
	b := &benchResult{Device: r.Device, Name: r.Name, Size: [2]int{s.W, s.H}, Precision: r.Precision, StartMs: (r.Startup + time.Since(start)).Seconds() * 1e3}
	frame := timed(func(cam *plucker.Camera) error { return r.Render(ctx, img, cam, render.Options{}) })
	var peak float64
	if r.GPU != nil {
		b.Driver, b.Variant = r.GPU.Device().Driver, r.GPU.Variant().String()
		frame = func(cam *plucker.Camera) (time.Duration, error) { return r.GPU.Time(ctx, cam, render.Options{}) }
		var err error
		if peak, err = r.GPU.Peak(r.GPU.Variant().Half); err != nil {
			return nil, err
		}
	} else {
		peak = f32.Peak(runtime.GOMAXPROCS(0), 300*time.Millisecond)
		b.Name = fmt.Sprintf("%s kernels, %d threads", f32.Impl(), runtime.GOMAXPROCS(0))
	}
	ms, err := frameTimes(cams, d, frame)
	if err != nil {
		return nil, err
	}
	b.Frames, b.MsPerFrame, b.P99Ms, b.PeakTFLOPS = len(ms), ms[len(ms)/2], ms[len(ms)*99/100], peak/1e12
	b.FPS = 1000 / b.MsPerFrame
	b.RaysPerS = float64(s.W*s.H) * b.FPS
	b.TFLOPS = b.RaysPerS * float64(m.Network.FLOPs()) / 1e12
	if peak > 0 {
		b.Share = b.TFLOPS / b.PeakTFLOPS
	}
	return b, nil
}

// measureGeometry measures colours alone, and together with geometry, in turn for about d, so that what else the machine
// does slows both.
func (b *benchResult) measureGeometry(ctx context.Context, m *lfn.Model, r *cli.Rendering, d time.Duration) error {
	var img render.Image
	var g render.Geometry
	var colors []float64
	alone := timed(func(cam *plucker.Camera) error { return r.Render(ctx, &img, cam, render.Options{}) })
	together := timed(func(cam *plucker.Camera) error { return r.Geometry(ctx, &g, cam) })
	both, err := frameTimes(benchCameras(m, cli.Size{W: b.Size[0], H: b.Size[1]}), d, func(cam *plucker.Camera) (time.Duration, error) {
		t, err := alone(cam)
		if err != nil {
			return 0, err
		}
		colors = append(colors, t.Seconds()*1e3)
		return together(cam)
	})
	if err != nil {
		return err
	}
	slices.Sort(colors)
	b.GeometryMs = both[len(both)/2]
	b.Geometry = b.GeometryMs / colors[len(colors)/2]
	return nil
}

// timed is frame, and how long it took.
func timed(frame func(cam *plucker.Camera) error) func(cam *plucker.Camera) (time.Duration, error) {
	return func(cam *plucker.Camera) (time.Duration, error) {
		begin := time.Now()
		err := frame(cam)
		return time.Since(begin), err
	}
}

// frameTimes has frame render one camera after another for about d, and at least five times: milliseconds, sorted.
func frameTimes(cams []plucker.Camera, d time.Duration, frame func(cam *plucker.Camera) (time.Duration, error)) ([]float64, error) {
	var ms []float64
	for start, i := time.Now(), -2; len(ms) < 5 || time.Since(start) < d; i++ {
		t, err := frame(&cams[(i+len(cams))%len(cams)])
		if err != nil {
			return nil, err
		}
		if i >= 0 { // two frames to warm up
			ms = append(ms, t.Seconds()*1e3)
		}
	}
	slices.Sort(ms)
	return ms, nil
}
