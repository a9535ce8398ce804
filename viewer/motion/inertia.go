package motion

import "math"

const (
	inertiaMemory = 0.04 // s: what the hand did long before it let go does not count
	inertiaStill  = 0.1  // s: a hand that rested so long before it let go means to stop
	inertiaDecay  = 0.25 // s in which the motion slows down to 1/e
	inertiaLeast  = 5    // pixels/s at which it stops
	inertiaMost   = 8000 // pixels/s
)

// Inertia lets a drag run on after the hand has let go, slower and slower. The zero value is at rest.
//
// Press begins a drag, Drag tells of its motions, and Release lets go; then Step, once a frame until Done, has the
// motions that follow. Speed falls as e^(−t/0.25 s), and ends in finite time, so that the sum of the motions does
// not depend on how time is cut into frames.
type Inertia struct {
	x, y, t float64 // motion and time of the drag, older ones counting less
	still   float64 // s since the hand moved
	vx, vy  float64 // pixels/s after the release
	left    float64 // s until it stops
}

// Press tells that a drag begins. It ends what is left of an earlier motion.
func (in *Inertia) Press() { *in = Inertia{} }

// Drag tells that the hand moved by (dx, dy) pixels in the last dt seconds; (0, 0) is no motion.
func (in *Inertia) Drag(dx, dy, dt float64) {
	if !finite(dx, dy, dt) || dt < 0 {
		return
	}
	// With u the time before now, a moment counts e^(−u/memory), and so the last dt share·dt, which is
	// ∫ e^(−u/memory) du from 0 to dt: it does not matter how the drag is cut.
	k, share := math.Exp(-dt/inertiaMemory), 1.0
	if dt > 0 {
		share = inertiaMemory * (1 - k) / dt
	}
	in.x, in.y, in.t = in.x*k+dx*share, in.y*k+dy*share, in.t*k+dt*share
	if in.still += dt; dx != 0 || dy != 0 {
		in.still = 0
	}
}

// Release tells that the hand let go, dt seconds after the last call of Drag. There is no motion after it if the
// hand had been still for a tenth of a second.
func (in *Inertia) Release(dt float64) {
	in.Drag(0, 0, dt)
	vx, vy, still := in.x/in.t, in.y/in.t, in.still
	*in = Inertia{}
	speed := math.Hypot(vx, vy)
	if !finite(speed) || speed <= inertiaLeast || still >= inertiaStill {
		return
	}
	k := min(1, inertiaMost/speed)
	in.vx, in.vy = vx*k, vy*k
	in.left = inertiaDecay * math.Log(speed*k/inertiaLeast)
}

// Step returns the motion in pixels of the next dt seconds.
func (in *Inertia) Step(dt float64) (dx, dy float64) {
	if in.Done() || !(dt > 0) {
		return 0, 0
	}
	k := math.Exp(-min(dt, in.left) / inertiaDecay)
	dx, dy = in.vx*inertiaDecay*(1-k), in.vy*inertiaDecay*(1-k)
	in.vx, in.vy = in.vx*k, in.vy*k
	if in.left -= dt; in.left <= 0 {
		in.Stop()
	}
	return dx, dy
}

// Done says that there is no motion left.
func (in *Inertia) Done() bool { return in.left <= 0 }

// Stop ends the motion at once.
func (in *Inertia) Stop() { *in = Inertia{} }

func finite(xs ...float64) bool {
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
