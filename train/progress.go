package train

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Progress is one moment of a training run, as the trainer sends it.
type Progress struct {
	Step  int
	Steps int // at which the run ends; 0 where Total ends it

	Elapsed time.Duration
	Total   time.Duration // after which the run ends; 0 where Steps end it

	Rays     int64   // seen so far
	RaysPerS float64 // over the last second or so

	LR          float64 // learning rate of the layers; 0 before the first step
	Loss        float64 // mean squared error of colours in [0, 1], smoothed over steps
	TrainPSNRdB float64 // the same as a PSNR
	TestPSNRdB  float64 // of the last look at some of the held-out views; 0 before the first
	TestViews   int     // how many were looked at
}

// Fraction is the part of the run that is done, in [0, 1].
func (p Progress) Fraction() float64 {
	var f float64
	if p.Steps > 0 {
		f = float64(p.Step) / float64(p.Steps)
	}
	if p.Total > 0 {
		f = max(f, float64(p.Elapsed)/float64(p.Total))
	}
	return min(max(f, 0), 1)
}

// Left estimates the time to the end of the run from the time so far; 0 where it cannot be known yet.
func (p Progress) Left() time.Duration {
	f := p.Fraction()
	if f == 0 {
		return p.Total
	}
	return time.Duration(float64(p.Elapsed) * (1 - f) / f)
}

// fields are the parts of a line of progress, the most important first.
func (p Progress) fields() []string {
	fields := []string{clock(p.Left()) + " left"}
	if p.TestPSNRdB != 0 {
		fields = append(fields, fmt.Sprintf("held-out %.2f dB (%d views)", p.TestPSNRdB, p.TestViews))
	}
	fields = append(fields, fmt.Sprintf("train %.2f dB", p.TrainPSNRdB), short(p.RaysPerS)+" rays/s")
	if p.Steps > 0 {
		fields = append(fields, fmt.Sprintf("step %d/%d", p.Step, p.Steps))
	} else {
		fields = append(fields, fmt.Sprintf("step %d", p.Step))
	}
	return append(fields, fmt.Sprintf("loss %.2e", p.Loss))
}

// Meter shows Progress: a bar on a terminal, and a plain line every few seconds anywhere else.
// It is not safe for concurrent use.
type Meter struct {
	w     io.Writer
	width func() int // columns of the terminal; nil where there is none
	bar   *progressbar.ProgressBar
	next  time.Duration // Elapsed at which something is shown again
	test  float64       // TestPSNRdB of the last line
}

// NewMeter returns a Meter that writes to w, a terminal or not.
func NewMeter(w io.Writer) *Meter {
	m := &Meter{w: w}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		m.width = func() int {
			columns, _, err := term.GetSize(int(f.Fd()))
			if err != nil || columns <= 0 {
				return 80
			}
			return columns
		}
	}
	return m
}

// Update shows p, unless the last one is too recent: ten times a second on a terminal; elsewhere
// after 2 seconds at first, and in a long run every 30.
func (m *Meter) Update(p Progress) {
	last := p.Fraction() == 1
	if p.Elapsed < m.next && !last {
		return
	}
	if m.width != nil {
		m.next = p.Elapsed + 100*time.Millisecond
		m.draw(p)
		return
	}
	m.next = p.Elapsed + min(max(p.Elapsed/4, 2*time.Second), 30*time.Second)
	if p.TestPSNRdB == m.test {
		p.TestPSNRdB = 0 // what a line above says
	} else {
		m.test = p.TestPSNRdB
	}
	fmt.Fprintf(m.w, "%3.0f %%  %s\n", 100*p.Fraction(), strings.Join(append([]string{clock(p.Elapsed)}, p.fields()...), "  "))
}

// Close ends the line of the bar. The next thing written to w begins a line.
func (m *Meter) Close() {
	if m.bar != nil {
		m.bar.Exit()
		fmt.Fprintln(m.w)
		m.bar = nil
	}
}

// draw moves the bar. What does not fit beside it on the line is left out, the least important first.
func (m *Meter) draw(p Progress) {
	const parts, barWidth, rest = 1000, 20, 12 // rest: per cent, edges and spaces
	if m.bar == nil {
		m.bar = progressbar.NewOptions64(parts,
			progressbar.OptionSetWriter(m.w),
			progressbar.OptionSetWidth(barWidth),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}))
	}
	room := m.width() - barWidth - rest
	var line string
	for _, f := range p.fields() {
		if len(line)+len(f)+2 > room {
			break
		}
		if line != "" {
			line += "  "
		}
		line += f
	}
	m.bar.Describe(line)
	m.bar.Set64(int64(parts * p.Fraction()))
}

// clock writes a duration as 1:02 or 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// short writes a count with three digits and k, M or G.
func short(x float64) string {
	for _, unit := range []string{"", "k", "M"} {
		if x < 999.5 {
			return fmt.Sprintf("%.3g%s", x, unit)
		}
		x /= 1000
	}
	return fmt.Sprintf("%.4gG", x)
}
