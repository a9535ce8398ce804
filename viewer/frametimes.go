//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import "time"

// frameTimes is where the time of frames goes.
type frameTimes struct {
	start time.Time
	last  time.Time // of the newest mark
	part  [parts]time.Duration

	shown [64]time.Time // when the newest pictures were shown
	next  int
}

type framePart int

const (
	uiTime    framePart = iota // events and panels
	paintTime                  // the painter's share of this thread
	drawTime                   // handing the window's content to OpenGL
	swapTime                   // showing it, and waiting for the monitor
	parts
)

// begin begins a frame, and returns how long ago the last one began.
func (f *frameTimes) begin(now time.Time) time.Duration {
	dt := time.Duration(0)
	if !f.start.IsZero() {
		dt = now.Sub(f.start)
	}
	f.start, f.last = now, now
	clear(f.part[:])
	return dt
}

// mark ends a part of the frame.
func (f *frameTimes) mark(p framePart) {
	now := time.Now()
	f.part[p] = now.Sub(f.last)
	f.last = now
}

// end ends a frame that was shown; fresh says that its picture is new.
func (f *frameTimes) end(fresh bool) {
	f.mark(swapTime)
	if fresh {
		f.shown[f.next] = f.last
		f.next = (f.next + 1) % len(f.shown)
	}
}

// fps is how many new pictures were shown in the last second, or the rate of the newest ones where there were more.
func (f *frameTimes) fps(now time.Time) float64 {
	n, oldest := 0, now
	for _, t := range f.shown {
		if now.Sub(t) < time.Second {
			n++
			if t.Before(oldest) {
				oldest = t
			}
		}
	}
	if n == len(f.shown) {
		return float64(n-1) / max(now.Sub(oldest).Seconds(), 1e-6)
	}
	return float64(n)
}
