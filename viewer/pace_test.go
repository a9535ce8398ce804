//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"fmt"
	"testing"
	"time"
)

// machine shows a picture of 1000×1000 pixels in a fixed time and one for each pixel.
type machine struct{ fixed, whole time.Duration }

func (m machine) interval(scale float64) time.Duration {
	return m.fixed + time.Duration(scale*scale*float64(m.whole))
}

// drive lets p choose for so many frames, and returns the scales.
func (m machine) drive(p *pace, frames int, noise bool) []float64 {
	now := time.Unix(0, 0)
	var scales []float64
	for i := range frames {
		s := p.choose(1000, 1000, 1e6/m.whole.Seconds())
		scales = append(scales, s)
		dt := m.interval(s)
		if noise {
			dt += dt * time.Duration(i%3-1) / 20
		}
		now = now.Add(dt)
		p.shown(now)
	}
	return scales
}

func TestPace(t *testing.T) {
	const ms = time.Millisecond
	for _, m := range []machine{
		{ms, ms}, {ms, 30 * ms}, {ms, 100 * ms}, {10 * ms, 1000 * ms}, {20 * ms, 30 * ms}, {0, 10 * ms}, {16 * ms, 0},
	} {
		t.Run(fmt.Sprint(m), func(t *testing.T) {
			p := pace{target: 30}
			scales := m.drive(&p, 200, true)
			last := scales[len(scales)-1]
			if d := m.interval(last); d > 40*ms && last > 1./16 {
				t.Errorf("scale %v takes %v, want 33 ms", last, d)
			}
			// The next larger one would be too slow.
			for i, s := range steps {
				if s == last && i > 0 {
					if d := m.interval(steps[i-1]); d < 25*ms {
						t.Errorf("scale %v, but %v takes only %v", last, steps[i-1], d)
					}
				}
			}
			for i, s := range scales[100:] {
				if s != last {
					t.Fatalf("frame %d has scale %v, and the last %v: it does not settle", 100+i, s, last)
				}
			}
		})
	}
}

func TestPaceFixed(t *testing.T) {
	p := pace{target: 30, fixed: 0.5}
	for _, s := range (machine{time.Second, time.Second}).drive(&p, 20, false) {
		if s != 0.5 {
			t.Errorf("scale %v, want 0.5 whatever the speed", s)
		}
	}
}

// TestPaceAfterRest: a pause is not a slow frame.
func TestPaceAfterRest(t *testing.T) {
	p := pace{target: 30}
	m := machine{time.Millisecond, 20 * time.Millisecond}
	m.drive(&p, 50, false)
	was := p.scale
	for i := range 20 {
		p.choose(1000, 1000, 1e6)
		p.shown(p.last.Add(time.Duration(1+i%2*1000) * 20 * time.Millisecond))
	}
	if p.scale != was {
		t.Errorf("scale %v, want %v still", p.scale, was)
	}
}
