package train

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
	"os"
	"path/filepath"

	"lfnview/lfn"
	"lfnview/render"
)

// ReportData is what a report tells about one run.
type ReportData struct {
	Title    string
	Settings []Setting
	History  []Metric
	Views    []ViewResult // held-out views; those with pictures are also shown
	Of       string       // what Views are of, such as "instance"; "" for a view each
	Plates   []Plate      // what else is shown
}

// Plate is a picture of a report, with a file of its own beside it.
type Plate struct {
	Title, File string // such as "Latents", "latents.png"
	PNG         []byte
}

// URL is the picture as a URL that needs no file.
func (p Plate) URL() template.URL { return dataURL(p.PNG) }

// Setting is a row of the report's first table.
type Setting struct{ Key, Value string }

// ViewResult is how well one view came out. Photo and Render have one size, and are nil where the view
// stands in the table only.
type ViewResult struct {
	Name          string        `json:"name"`
	PSNRdB        float64       `json:"psnr_db"`
	SSIM          float64       `json:"ssim"`
	Photo, Render *render.Image `json:"-"`
}

// WriteReport writes curve.png, views.png, the plates and report.html into dir, which it makes where it is missing.
// report.html needs nothing beside it: the pictures are inside. Where there is no history, or no view
// with pictures, that picture is left out.
func WriteReport(dir string, d ReportData) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("train: report: %w", err)
	}
	page := reportPage{ReportData: d, Mean: NewQuality(d.Views)}
	if len(d.History) > 0 {
		for _, c := range []struct {
			theme  chartTheme
			inline *template.URL
			file   string
		}{{lightChart, &page.Curve, "curve.png"}, {darkChart, &page.DarkCurve, ""}} {
			data, err := curvePNG(d.History, c.theme)
			if err != nil {
				return fmt.Errorf("train: report: curve: %w", err)
			}
			*c.inline = dataURL(data)
			if c.file == "" {
				continue
			}
			if err := writeBytes(filepath.Join(dir, c.file), data); err != nil {
				return fmt.Errorf("train: report: %w", err)
			}
		}
	}
	data, err := viewsPNG(d.Views)
	if err != nil {
		return fmt.Errorf("train: report: views: %w", err)
	}
	if data != nil {
		page.Sheet = dataURL(data)
		if err := writeBytes(filepath.Join(dir, "views.png"), data); err != nil {
			return fmt.Errorf("train: report: %w", err)
		}
	}
	for _, p := range d.Plates {
		if err := writeBytes(filepath.Join(dir, p.File), p.PNG); err != nil {
			return fmt.Errorf("train: report: %w", err)
		}
	}
	var buf bytes.Buffer
	if err := reportTemplate.Execute(&buf, page); err != nil {
		return fmt.Errorf("train: report: %w", err)
	}
	if err := writeBytes(filepath.Join(dir, "report.html"), buf.Bytes()); err != nil {
		return fmt.Errorf("train: report: %w", err)
	}
	return nil
}

// settings are the rows of the report's first table.
func (t *Trainer) settings(r *Result) []Setting {
	o := t.options
	return []Setting{
		{"preset", o.Preset},
		{"encoding", t.network.Config.Encoding.String()},
		{"hidden layers", fmt.Sprint(o.Config.Hidden)},
		{"parameters", fmt.Sprint(t.network.Params())},
		{"batch", fmt.Sprintf("%d rays", o.Batch)},
		{"learning rate", fmt.Sprint(o.LR)},
		{"seed", fmt.Sprint(o.Seed)},
		{"steps", fmt.Sprint(r.Steps)},
		{"time", fmt.Sprintf("%.1f s", r.Seconds)},
		{"rays a second", short(r.RaysPerS)},
	}
}

// reportPage is what the template sees.
type reportPage struct {
	ReportData
	Mean             Quality
	Curve, DarkCurve template.URL
	Sheet            template.URL
}

// Held is what a row of Views is.
func (p reportPage) Held() string { return cmp.Or(p.Of, "view") }

// Last is the end of the history.
func (p reportPage) Last() *Metric {
	if len(p.History) == 0 {
		return nil
	}
	return &p.History[len(p.History)-1]
}

//go:embed report.html
var reportHTML string

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"db": func(x float64) string {
		if math.IsInf(x, 1) || x >= maxPSNRdB {
			return "∞"
		}
		return fmt.Sprintf("%.2f", x)
	},
	"ssim":  func(x float64) string { return fmt.Sprintf("%.4f", x) },
	"short": short,
	"count": func(n int64) string { return short(float64(n)) },
	// A data URL of our own PNG: safe in srcset, where the template would not let a data: URL through.
	"srcset": func(u template.URL) template.Srcset { return template.Srcset(u) },
}).Parse(reportHTML))

// writeBytes is lfn.WriteFile for what is in memory already.
func writeBytes(path string, data []byte) error {
	return lfn.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// dataURL is a PNG as a URL that needs no file.
func dataURL(png []byte) template.URL {
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png))
}
