package train

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFraction(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    Progress
		want float64
		left time.Duration
	}{
		{"start by time", Progress{Total: time.Minute}, 0, time.Minute},
		{"start by steps", Progress{Steps: 100}, 0, 0},
		{"time", Progress{Step: 7, Elapsed: 15 * time.Second, Total: time.Minute}, 0.25, 45 * time.Second},
		{"steps", Progress{Step: 50, Steps: 100, Elapsed: 10 * time.Second}, 0.5, 10 * time.Second},
		{"whichever ends first", Progress{Step: 10, Steps: 100, Elapsed: 30 * time.Second, Total: time.Minute}, 0.5, 30 * time.Second},
		{"over", Progress{Elapsed: 2 * time.Minute, Total: time.Minute}, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.p.Fraction(); got != tt.want {
				t.Errorf("Fraction() = %v, want %v", got, tt.want)
			}
			if got := tt.p.Left(); got != tt.left {
				t.Errorf("Left() = %v, want %v", got, tt.left)
			}
		})
	}
}

func TestMeterPlain(t *testing.T) {
	var buf bytes.Buffer
	m := NewMeter(&buf)
	for s := range 61 {
		m.Update(Progress{Step: 100 * s, Elapsed: time.Duration(s) * time.Second, Total: time.Minute,
			RaysPerS: 123456, Loss: 1e-3, TrainPSNRdB: 30, TestPSNRdB: []float64{0, 27.5, 28.25}[(s+14)/30], TestViews: 4})
	}
	m.Close()
	lines := strings.Split(strings.TrimSuffix(buf.String(), "\n"), "\n")
	if len(lines) < 8 || len(lines) > 20 {
		t.Errorf("%d lines in a minute, want about a dozen:\n%s", len(lines), buf.String())
	}
	want := "100 %  1:00  0:00 left  train 30.00 dB  123k rays/s  step 6000  loss 1.00e-03"
	if got := lines[len(lines)-1]; got != want {
		t.Errorf("last line %q, want %q", got, want)
	}
	for _, want := range []string{"held-out 27.50 dB (4 views)  train", "held-out 28.25 dB (4 views)  train"} {
		if n := strings.Count(buf.String(), want); n != 1 {
			t.Errorf("%d lines have %q, want the first after the views were looked at:\n%s", n, want, buf.String())
		}
	}
}

func TestMeterBar(t *testing.T) {
	for _, columns := range []int{20, 40, 80, 160} {
		var buf bytes.Buffer
		m := NewMeter(&buf)
		m.width = func() int { return columns }
		for s := range 61 {
			m.Update(Progress{Step: s, Elapsed: time.Duration(s) * time.Second, Total: time.Minute, RaysPerS: 1e6, TestPSNRdB: 28})
		}
		m.Close()
		if !strings.HasSuffix(buf.String(), "\n") {
			t.Errorf("%d columns: the bar does not end its line", columns)
		}
		var drawn []string
		for _, line := range strings.FieldsFunc(buf.String(), func(r rune) bool { return r == '\r' || r == '\n' }) {
			if strings.TrimSpace(line) != "" {
				drawn = append(drawn, strings.TrimRight(line, " "))
			}
		}
		for _, line := range drawn {
			if n := utf8.RuneCountInString(line); n > max(columns, 32) {
				t.Errorf("%d columns: a line of %d: %q", columns, n, line)
			}
		}
		if last := drawn[len(drawn)-1]; !strings.Contains(last, "100%") || columns >= 80 && !strings.Contains(last, "held-out 28.00 dB") {
			t.Errorf("%d columns: ends with %q, want 100%% and the held-out PSNR", columns, last)
		}
	}
}

func TestShort(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 12: "12", 999: "999", 1000: "1k", 285123: "285k", 1234567: "1.23M", 5.5e9: "5.5G"} {
		if got := short(x); got != want {
			t.Errorf("short(%v) = %q, want %q", x, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0:00", 62 * time.Second: "1:02", 3723 * time.Second: "1:02:03"} {
		if got := clock(d); got != want {
			t.Errorf("clock(%v) = %q, want %q", d, got, want)
		}
	}
}
