//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	const w, h = 1000, 1000
	for _, tt := range []struct {
		name     string
		raysPerS float64
		spent    time.Duration
		most     float64 // the largest scale that keeps the rate
	}{
		{"fast", 1e9, 0, 1},
		{"half of the pixels", 15e6, 0, 0.7},
		{"slow", 1e6, 0, 0.18},
		{"hopeless", 1e3, 0, 1. / 16},
		{"most of the time is spent elsewhere", 30e6, 20 * time.Millisecond, 0.65},
		{"all of it is", 30e6, time.Second, 0.5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := pace{target: 30}
			for range 3 {
				s := p.choose(w, h, tt.raysPerS, tt.spent)
				if s > tt.most || s < tt.most/2 {
					t.Errorf("scale %v, want at most %v and not much less", s, tt.most)
				}
			}
		})
	}
}

func TestPaceIsSteady(t *testing.T) {
	p := pace{target: 30}
	changes, last := 0, 0.
	for i := range 100 {
		s := p.choose(1000, 1000, 10e6*(1+0.04*float64(i%3)), 0) // a speed that is never measured twice the same
		if i > 3 && s != last {
			changes++
		}
		last = s
	}
	if changes > 0 {
		t.Errorf("the scale changes %d times, want it to stay", changes)
	}
}

func TestPaceFixed(t *testing.T) {
	p := pace{target: 30, fixed: 0.5}
	if s := p.choose(1000, 1000, 1, 0); s != 0.5 {
		t.Errorf("scale %v, want 0.5 whatever the speed", s)
	}
}

func TestPaceBeforeAnythingIsKnown(t *testing.T) {
	p := pace{target: 30}
	if s := p.choose(1000, 1000, 0, 0); !(s > 0 && s <= 1) {
		t.Errorf("scale %v, want one between 0 and 1", s)
	}
}
