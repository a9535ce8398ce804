package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
)

// tableRow is what lfn bench --table prints of a model, or of what it is compared with.
type tableRow struct {
	Model       string        `json:"model"`
	Preset      string        `json:"preset,omitempty"`
	Evaluations int           `json:"evaluations_per_ray"` // of the layers
	Fetches     int           `json:"fetches_per_ray"`     // of features from grids, where no space is empty
	Frames      []benchResult `json:"frames"`
	Bytes       int64         `json:"bytes,omitempty"`
	PSNRdB      float64       `json:"psnr_db,omitempty"` // of held-out views, as the file says
	SSIM        float64       `json:"ssim,omitempty"`
}

// marched is what a network like the paper's would cost where it is a field of points and not of rays: evaluated at the
// samples of every ray, and the results added up (Mildenhall et al., NeRF, 2020; pixelNeRF has as many samples).
type marched struct {
	field lfn.LightField
	rooms sync.Pool
}

const marchSamples = 192

func (m *marched) Colors(rgb []float32, rays []plucker.Coords) {
	type room struct {
		points [marchSamples]plucker.Coords // a point and a direction are six numbers, too
		rgb    [3 * marchSamples]float32
	}
	r, _ := m.rooms.Get().(*room)
	if r == nil {
		r = new(room)
	}
	defer m.rooms.Put(r)
	for i, ray := range rays {
		middle, d := ray.ClosestToOrigin(), ray.Dir()
		half := math.Sqrt(max(1-middle.LenSqr(), 0))
		for k := range r.points {
			p := middle.Add(d.Mul(half * (2*(float64(k)+0.5)/marchSamples - 1)))
			r.points[k] = plucker.Coords{float32(p[0]), float32(p[1]), float32(p[2]), ray[0], ray[1], ray[2]}
		}
		m.field.Colors(r.rgb[:], r.points[:])
		for c := range 3 {
			sum := float32(0)
			for k := range marchSamples {
				sum += r.rgb[3*k+c]
			}
			rgb[3*i+c] = sum / marchSamples
		}
	}
}

// tellTable measures models side by side, and prints the table.
func tellTable(cmd *cobra.Command, paths []string, on *cli.RenderDevice, sizes []cli.Size, seconds time.Duration, asJSON bool) error {
	rows, err := benchTable(cmd, paths, on, sizes, seconds)
	if err != nil {
		return err
	}
	if asJSON {
		return cli.PrintJSON(cmd.OutOrStdout(), rows)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	printTable(w, rows)
	return w.Flush()
}

// benchTable measures models side by side, on the CPU and on the GPU where there is one.
func benchTable(cmd *cobra.Command, paths []string, on *cli.RenderDevice, sizes []cli.Size, seconds time.Duration) ([]tableRow, error) {
	var rows []tableRow
	for _, path := range paths {
		m, err := lfn.Open(path)
		if err != nil {
			return nil, err
		}
		e := m.Network.Config.Encoding
		row := tableRow{Model: path, Preset: m.Training.Preset, Evaluations: 1, Fetches: e.Points * len(e.Grids), PSNRdB: m.Training.PSNRdB, SSIM: m.Training.SSIM}
		if row.Bytes, err = modelBytes(m); err != nil {
			return nil, err
		}
		if row.Frames, err = benchDevices(cmd, m, on, sizes, seconds, false); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	row, err := benchMarched(cmd.Context(), sizes, seconds)
	if err != nil {
		return nil, err
	}
	return append(rows, row), nil
}

// benchDevices measures a model at some sizes on the chosen device, and on the CPU beside a GPU that nobody asked for by
// name.
func benchDevices(cmd *cobra.Command, m *lfn.Model, on *cli.RenderDevice, sizes []cli.Size, seconds time.Duration, geometry bool) ([]benchResult, error) {
	r, err := on.Open(m, cmd.ErrOrStderr())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	runs := []*cli.Rendering{r}
	if r.GPU != nil && on.Device.Value == "auto" {
		runs = []*cli.Rendering{cli.CPURendering(m), r}
	}
	var results []benchResult
	for _, r := range runs {
		for _, size := range sizes {
			b, err := benchDevice(cmd.Context(), m, r, size, seconds)
			if err == nil && geometry {
				err = b.measureGeometry(cmd.Context(), m, r, seconds)
			}
			if err != nil {
				return nil, err
			}
			results = append(results, *b)
		}
	}
	return results, nil
}

// benchMarched measures the volumetric twin of the paper's network on the CPU.
func benchMarched(ctx context.Context, sizes []cli.Size, seconds time.Duration) (row tableRow, err error) {
	c, err := lfn.Preset("paper")
	if err != nil {
		return row, err
	}
	n, err := lfn.New(c, 1)
	if err != nil {
		return row, err
	}
	m := &lfn.Model{Network: n, Scene: plucker.UnitFrame()}
	r := cli.CPURendering(m)
	r.GeometryRenderer = render.NewCPU(&marched{field: n.Pack()}, m.Scene)
	// A tile of the renderer for each thread is enough: larger pictures take as much for each pixel.
	timed := cli.Size{W: min(sizes[0].W, 64*runtime.GOMAXPROCS(0)), H: min(sizes[0].H, 32)}
	b, err := benchDevice(ctx, m, r, timed, seconds)
	if err != nil {
		return row, err
	}
	row = tableRow{Model: "paper's layers at points", Evaluations: marchSamples}
	for _, size := range sizes {
		f := *b
		more := float64(size.W*size.H) / float64(timed.W*timed.H)
		f.Size = [2]int{size.W, size.H}
		f.MsPerFrame *= more
		f.P99Ms *= more
		f.FPS /= more
		f.TFLOPS, f.Share = marchSamples*f.TFLOPS, marchSamples*f.Share
		row.Frames = append(row.Frames, f)
	}
	return row, nil
}

// printTable writes rows under a heading.
func printTable(w io.Writer, rows []tableRow) {
	fmt.Fprint(w, "model\tpreset\tevaluations a ray\tfetches a ray")
	for _, f := range rows[0].Frames {
		fmt.Fprintf(w, "\tms at %d×%d, %s", f.Size[0], f.Size[1], f.Device)
	}
	fmt.Fprint(w, "\tbytes\theld-out\n")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d", r.Model, r.Preset, r.Evaluations, r.Fetches)
		for i := range rows[0].Frames {
			if i < len(r.Frames) {
				fmt.Fprintf(w, "\t%.3g", r.Frames[i].MsPerFrame)
			} else {
				fmt.Fprint(w, "\t")
			}
		}
		bytes, psnr := "", ""
		if r.Bytes > 0 {
			bytes = count(float64(r.Bytes))
		}
		if r.PSNRdB > 0 {
			psnr = heldOut(r.PSNRdB, r.SSIM)
		}
		fmt.Fprintf(w, "\t%s\t%s\n", bytes, psnr)
	}
	fmt.Fprintf(w, "CPU: %s\n", rows[0].Frames[0].Name)
	for _, f := range rows[0].Frames {
		if f.Device == "gpu" {
			fmt.Fprintf(w, "GPU: %s, %s, %s\n", f.Name, f.Driver, f.Precision)
			break
		}
	}
}
