//go:build cgo && amd64

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// BenchmarkDrag turns a scene by dragging for some seconds, without a GPU: the picture's size follows the rate of frames
// that is wanted, 30 a second. LFN_MODELS names model files, separated by colons; without it, the built-in scene turns.
func BenchmarkDrag(b *testing.B) {
	models := []string{""}
	if list := os.Getenv("LFN_MODELS"); list != "" {
		models = strings.Split(list, ":")
	}
	for _, model := range models {
		name := model[strings.LastIndex(model, "/")+1:]
		if name == "" {
			name = "built-in"
		}
		b.Run("model="+name, func(b *testing.B) {
			d := newDesktop(b, 1300, 820)
			args := []string{"--size", "1280x800", "--device", "cpu"}
			if model != "" {
				args = append(args, model)
			}
			p := d.start(args...)
			ready := p.wait("ready", nil)
			d.do("mousemove", "200", "400", "sleep", "0.1", "mousedown", "1", "sleep", "0.1")
			for b.Loop() {
				var moves []string
				for i := range 300 {
					x := 200 + 2*i
					if i >= 150 {
						x = 800 - 2*i
					}
					moves = append(moves, "mousemove", fmt.Sprint(x), fmt.Sprint(400+i%20), "sleep", "0.012")
				}
				d.do(moves...)
			}
			d.do("sleep", "0.3", "mouseup", "1")
			// A pause of the hands ends a motion: the longest counts.
			best := p.wait("moved", nil)
			for last := best; ; {
				if last["frames"].(float64) > best["frames"].(float64) {
					best = last
				}
				if last = p.seenNext("moved"); last == nil {
					break
				}
			}
			b.ReportMetric(ready["first_picture_ms"].(float64), "first-picture-ms")
			b.ReportMetric(best["fps"].(float64), "frames/s")
			b.ReportMetric(100*best["scale"].(float64), "%side")
			d.do("key", "Escape")
			p.exit()
		})
	}
}
