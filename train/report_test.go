package train

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lfnview/render"
)

// picture is a gradient with some noise.
func picture(w, h int, noise float32, rng *rand.Rand) *render.Image {
	img := &render.Image{Width: w, Height: h, Pix: make([]float32, 3*w*h)}
	for i := range img.Pix {
		x, y := float32(i/3%w)/float32(w), float32(i/3/w)/float32(h)
		img.Pix[i] = []float32{x, y, 1 - x}[i%3] + noise*(rng.Float32()-0.5)
	}
	return img
}

func reportData() ReportData {
	rng := seeded()
	d := ReportData{
		Title:    "lego & <friends>",
		Settings: []Setting{{"data", "../data/lego"}, {"preset", "small"}},
	}
	for i := range 60 {
		s := float64(i + 1)
		loss := 0.1 / s * (1 + 0.2*rng.Float64())
		m := Metric{Step: 20 * (i + 1), Seconds: s, Rays: int64(i+1) * 250_000, RaysPerS: 250_000, Loss: loss, TrainPSNRdB: -10 * math.Log10(loss)}
		if i%10 == 9 {
			m.TestPSNRdB = m.TrainPSNRdB - 1
		}
		d.History = append(d.History, m)
	}
	for _, name := range []string{"r_0.png", "a/very/long/folder/name/for/a/photograph/of/a/toy/r_8.png"} {
		d.Views = append(d.Views, ViewResult{Name: name, PSNRdB: 25.125, SSIM: 0.912, Photo: picture(64, 48, 0, rng), Render: picture(64, 48, 0.2, rng)})
	}
	d.Views = append(d.Views, ViewResult{Name: "r_16.png", PSNRdB: 27, SSIM: 0.95})
	return d
}

func TestWriteReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "report")
	if err := WriteReport(dir, reportData()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"curve.png", "views.png"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(bytes.NewReader(data)); err != nil || img.Bounds().Dx() < 600 {
			t.Errorf("%s: %v, bounds %v, want a picture at least 600 wide", name, err, img.Bounds())
		}
	}
	html, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"lego &amp; &lt;friends&gt;", "r_16.png", "27.00", "../data/lego", "25.75 dB"} {
		if !strings.Contains(string(html), want) {
			t.Errorf("report.html lacks %q", want)
		}
	}
	// Self-contained: every src is inside, and each decodes.
	urls := regexp.MustCompile(`src(?:set)?="([^"]*)"`).FindAllSubmatch(html, -1)
	if len(urls) != 3 {
		t.Errorf("%d pictures, want 3", len(urls))
	}
	for _, u := range urls {
		data, ok := strings.CutPrefix(strings.ReplaceAll(string(u[1]), "&#43;", "+"), "data:image/png;base64,")
		if !ok {
			t.Errorf("a picture is outside: %.60q", u[1])
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(raw)); err != nil {
			t.Error(err)
		}
	}
	if bytes.Contains(html, []byte("http")) || bytes.Contains(html, []byte("ZgotmplZ")) {
		t.Error("report.html names an outside resource, or the template refused a URL")
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 3 {
		t.Errorf("folder holds %v, want three files", left)
	}
}

// TestReportSparse draws what little there is after a run that stopped at once.
func TestReportSparse(t *testing.T) {
	full := reportData()
	for _, tt := range []struct {
		name string
		d    ReportData
	}{
		{"nothing", ReportData{}},
		{"one point", ReportData{History: full.History[:1]}},
		{"two equal points", ReportData{History: []Metric{{Loss: 0.5, TrainPSNRdB: 3}, {Loss: 0.5, TrainPSNRdB: 3}}}},
		{"no loss", ReportData{History: []Metric{{}, {Step: 1}}}},
		{"perfect", ReportData{History: []Metric{{TrainPSNRdB: math.Inf(1)}}, Views: []ViewResult{{PSNRdB: math.Inf(1), SSIM: 1}}}},
		{"table only", ReportData{Views: full.Views[2:]}},
		{"one pixel", ReportData{Views: []ViewResult{{Photo: picture(1, 1, 0, seeded()), Render: picture(1, 1, 1, seeded())}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := WriteReport(t.TempDir(), tt.d); err != nil {
				t.Error(err)
			}
		})
	}
}

func seeded() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func TestReportErrors(t *testing.T) {
	d := reportData()
	d.Views[0].Render = picture(32, 32, 0, seeded())
	if err := WriteReport(t.TempDir(), d); err == nil || !strings.Contains(err.Error(), "64×48") {
		t.Errorf("WriteReport with two sizes: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := WriteReport(filepath.Join(file, "report"), reportData()); err == nil {
		t.Error("WriteReport below a file succeeds")
	}
}
