package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
)

// Metric is one line of metrics.jsonl.
type Metric struct {
	Step        int     `json:"step"`
	Seconds     float64 `json:"seconds"`
	Rays        int64   `json:"rays"`
	RaysPerS    float64 `json:"rays_per_s"`
	LR          float64 `json:"lr"`
	Loss        float64 `json:"loss"`
	TrainPSNRdB float64 `json:"train_psnr_db"`
	TestPSNRdB  float64 `json:"test_psnr_db,omitempty"` // where held-out views were looked at
}

// maxPSNRdB stands for the PSNR of a perfect picture, which JSON cannot write.
const maxPSNRdB = 200

// MetricsLog appends to a metrics.jsonl, one JSON object a line, each in the file as soon as it is written.
type MetricsLog struct {
	f *os.File
}

// OpenMetrics opens the log at path for a run that goes on after the given step, and returns the lines
// it keeps: those up to that step. Later ones belong to steps that will be done again, and are removed;
// so is a last line that was cut off. With step 0 the log starts empty.
func OpenMetrics(path string, step int) (*MetricsLog, []Metric, error) {
	var kept []Metric
	if step > 0 {
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("train: metrics: %w", err)
		}
		if kept, err = parseMetrics(data, step); err != nil {
			return nil, nil, fmt.Errorf("train: metrics: %s: %w", path, err)
		}
	}
	var buf bytes.Buffer
	for _, m := range kept {
		line, err := json.Marshal(m)
		if err != nil {
			return nil, nil, fmt.Errorf("train: metrics: %s: %w", path, err)
		}
		buf.Write(append(line, '\n'))
	}
	if err := writeBytes(path, buf.Bytes()); err != nil {
		return nil, nil, fmt.Errorf("train: metrics: %w", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, nil, fmt.Errorf("train: metrics: %w", err)
	}
	return &MetricsLog{f}, kept, nil
}

// Write appends m. A loss that is not finite is an error.
func (l *MetricsLog) Write(m Metric) error {
	m.TrainPSNRdB = min(m.TrainPSNRdB, maxPSNRdB)
	m.TestPSNRdB = min(m.TestPSNRdB, maxPSNRdB)
	if math.IsNaN(m.Loss) || math.IsInf(m.Loss, 0) {
		return fmt.Errorf("train: metrics: step %d: loss is %v, want a finite number", m.Step, m.Loss)
	}
	line, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("train: metrics: step %d: %w", m.Step, err)
	}
	if _, err := l.f.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("train: metrics: %w", err)
	}
	return nil
}

// Close closes the file.
func (l *MetricsLog) Close() error { return l.f.Close() }

// parseMetrics returns the lines of data up to the given step. A last line without an end was cut off by
// a crash and is passed over; any other that cannot be read is an error.
func parseMetrics(data []byte, step int) ([]Metric, error) {
	var kept []Metric
	for n := 1; ; n++ {
		line, rest, whole := bytes.Cut(data, []byte{'\n'})
		if !whole {
			return kept, nil
		}
		data = rest
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var m Metric
		if err := json.Unmarshal(line, &m); err != nil {
			return nil, fmt.Errorf("line %d: %w; repair or remove the file", n, err)
		}
		if m.Step > step {
			return kept, nil
		}
		kept = append(kept, m)
	}
}
