package train

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func metricsAt(steps ...int) []Metric {
	var ms []Metric
	for _, s := range steps {
		ms = append(ms, Metric{Step: s, Seconds: float64(s) / 10, Rays: int64(s) * 1024, RaysPerS: 1e5, LR: 1e-3, Loss: 1 / float64(s), TrainPSNRdB: 20})
	}
	return ms
}

func writeMetrics(t *testing.T, path string, step int, ms []Metric) []Metric {
	t.Helper()
	l, kept, err := OpenMetrics(path, step)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range ms {
		if err := l.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestMetricsResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	writeMetrics(t, path, 0, metricsAt(10, 20, 30, 40))
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"step":50,"seco`)
	f.Close()

	// Resumed from a checkpoint at step 30: 40 is done again.
	kept := writeMetrics(t, path, 30, metricsAt(40, 50))
	if want := metricsAt(10, 20, 30); !reflect.DeepEqual(kept, want) {
		t.Errorf("kept %v, want %v", kept, want)
	}
	kept = writeMetrics(t, path, 1000, nil)
	if want := metricsAt(10, 20, 30, 40, 50); !reflect.DeepEqual(kept, want) {
		t.Errorf("after a resume the log holds %v, want %v", kept, want)
	}
	if kept = writeMetrics(t, path, 0, nil); len(kept) != 0 {
		t.Errorf("a new run keeps %v, want nothing", kept)
	}
}

func TestMetricsBad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "metrics.jsonl")
	if err := os.WriteFile(path, []byte("{\"step\":1}\nnot JSON\n{\"step\":2}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenMetrics(path, 5); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("OpenMetrics of a broken log: %v, want line 2 named", err)
	}
	if _, _, err := OpenMetrics(filepath.Join(dir, "nowhere", "metrics.jsonl"), 0); err == nil {
		t.Error("OpenMetrics in a folder that does not exist succeeds")
	}
	l, _, err := OpenMetrics(filepath.Join(dir, "new.jsonl"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Write(Metric{Step: 3, Loss: math.NaN()}); err == nil || !strings.Contains(err.Error(), "step 3: loss is NaN") {
		t.Errorf("Write with loss NaN: %v", err)
	}
	if err := l.Write(Metric{Step: 4, TrainPSNRdB: math.Inf(1)}); err != nil {
		t.Errorf("Write with a perfect picture: %v", err)
	}
}
