package train

import (
	"bytes"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// chartTheme colours a chart; train and test are the lines.
type chartTheme struct{ paper, ink, grid, train, test color.Color }

// The lines are blue and orange, which colour-blind readers can tell apart.
var (
	lightChart = chartTheme{color.White, color.Gray{0x30}, color.Gray{0xe4}, color.NRGBA{0x00, 0x66, 0xcc, 0xff}, color.NRGBA{0xd9, 0x5f, 0x02, 0xff}}
	darkChart  = chartTheme{color.NRGBA{0x1a, 0x1d, 0x1f, 0xff}, color.Gray{0xd0}, color.Gray{0x38}, color.NRGBA{0x70, 0xb8, 0xff, 0xff}, color.NRGBA{0xff, 0xa0, 0x57, 0xff}}
)

// curvePNG draws PSNR (above) and loss (below, logarithmic) over steps (left) and seconds (right).
func curvePNG(history []Metric, theme chartTheme) ([]byte, error) {
	step := func(m Metric) float64 { return float64(m.Step) }
	seconds := func(m Metric) float64 { return m.Seconds }
	train := func(m Metric) float64 { return m.TrainPSNRdB }
	test := func(m Metric) float64 { return m.TestPSNRdB }
	loss := func(m Metric) float64 { return m.Loss }

	plots := make([][]*plot.Plot, 2)
	for _, x := range []struct {
		label string
		of    func(Metric) float64
	}{{"step", step}, {"seconds", seconds}} {
		psnr := theme.plot(x.label, "PSNR, dB")
		if err := theme.line(psnr, "train", theme.train, points(history, x.of, train), false); err != nil {
			return nil, err
		}
		if err := theme.line(psnr, "held-out", theme.test, points(history, x.of, test), true); err != nil {
			return nil, err
		}
		psnr.Legend.Left = false

		mse := theme.plot(x.label, "loss (MSE)")
		mse.Y.Scale = plot.LogScale{}
		mse.Y.Tick.Marker = logTicks{}
		if err := theme.line(mse, "", theme.train, points(history, x.of, loss), false); err != nil {
			return nil, err
		}
		if !(mse.Y.Min > 0) || math.IsInf(mse.Y.Max, 0) { // no loss above 0 at all
			mse.Y.Min, mse.Y.Max = 1e-3, 1
		}
		mse.Y.Min, mse.Y.Max = mse.Y.Min/1.2, mse.Y.Max*1.2

		plots[0] = append(plots[0], psnr)
		plots[1] = append(plots[1], mse)
	}

	canvas := vgimg.NewWith(vgimg.UseWH(11*vg.Inch, 7*vg.Inch), vgimg.UseDPI(120), vgimg.UseBackgroundColor(theme.paper))
	tiles := draw.Tiles{Rows: 2, Cols: 2, PadX: vg.Millimeter * 6, PadY: vg.Millimeter * 6,
		PadTop: vg.Millimeter * 4, PadBottom: vg.Millimeter * 4, PadLeft: vg.Millimeter * 4, PadRight: vg.Millimeter * 6}
	for row, cs := range plot.Align(plots, tiles, draw.New(canvas)) {
		for col, c := range cs {
			plots[row][col].Draw(c)
		}
	}
	var buf bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(&buf); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// plot is an empty chart with named axes.
func (t chartTheme) plot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = t.paper
	p.X.Label.Text, p.Y.Label.Text = x, y
	p.X.Min = 0
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color = t.ink
		a.Label.TextStyle.Color = t.ink
		a.Label.TextStyle.Font.Size = 12
		a.Tick.Color = t.ink
		a.Tick.Label.Color = t.ink
		a.Tick.Label.Font.Size = 11
		a.Label.Padding = vg.Points(4)
	}
	p.Legend.TextStyle.Color = t.ink
	p.Legend.TextStyle.Font.Size = 12
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = t.grid, t.grid
	p.Add(grid)
	return p
}

// line adds one curve, with dots where it has few points. No points, no curve.
func (t chartTheme) line(p *plot.Plot, name string, c color.Color, xys plotter.XYs, dots bool) error {
	if len(xys) == 0 {
		return nil
	}
	line, marks, err := plotter.NewLinePoints(xys)
	if err != nil {
		return err
	}
	line.Color, line.Width = c, vg.Points(1.6)
	marks.Color, marks.Shape, marks.Radius = c, draw.CircleGlyph{}, vg.Points(2.2)
	p.Add(line)
	if dots || len(xys) == 1 {
		p.Add(marks)
	}
	if name != "" {
		p.Legend.Add(name, line)
	}
	return nil
}

// points are those of the history whose y is finite and above 0: a PSNR that was not measured is 0.
func points(history []Metric, x, y func(Metric) float64) plotter.XYs {
	var xys plotter.XYs
	for _, m := range history {
		if v := y(m); v > 0 && !math.IsInf(v, 1) {
			xys = append(xys, plotter.XY{X: x(m), Y: v})
		}
	}
	return xys
}

// logTicks marks 1, 2 and 5 times every power of ten, and writes a number at each.
type logTicks struct{}

func (logTicks) Ticks(lo, hi float64) []plot.Tick {
	var ticks []plot.Tick
	wide := math.Log10(hi/lo) > 2.5
	for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
		for _, k := range []float64{1, 2, 5} {
			v := k * math.Pow(10, e)
			if v < lo || v > hi {
				continue
			}
			tick := plot.Tick{Value: v}
			if k == 1 || !wide {
				tick.Label = plotLabel(v)
			}
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// plotLabel writes 0.002 or 2e-05, whichever is shorter.
func plotLabel(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
