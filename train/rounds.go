package train

import (
	"context"
	"fmt"
	"math"
	"time"

	"lfnview/lfn"
)

// round is how many steps are done between two looks at the clock, at ctx, and at which space is empty. A run
// stops and is saved between rounds only, so that the state is that of the network alone.
const round = 32

// Rounds are the steps of a run, some at a time: how far it is, and when it ends.
type Rounds struct {
	Steps int           // at which the run ends; 0 where Time ends it
	Time  time.Duration // after which it ends; 0 where Steps end it

	Step    int
	Elapsed time.Duration // of the steps so far, those before a resume included
	Loss    float64       // mean squared error of colours in [0, 1], smoothed over steps

	clock time.Time // up to which Elapsed counts
}

// Run does rounds of steps until Steps or Time is reached, or ctx is done. It calls between after each, and stops with the
// error of either.
func (r *Rounds) Run(ctx context.Context, round func(steps int) error, between func() error) error {
	r.start()
	for !r.Done() && ctx.Err() == nil {
		if err := round(r.next()); err != nil {
			return err
		}
		r.tick()
		if err := between(); err != nil {
			return err
		}
		r.tick()
	}
	return nil
}

// next is how many steps the next round has.
func (r *Rounds) next() int {
	if r.Steps > 0 {
		return min(round, r.Steps-r.Step)
	}
	return round
}

// start makes time count from now on.
func (r *Rounds) start() { r.clock = time.Now() }

// tick brings Elapsed up to date.
func (r *Rounds) tick() {
	now := time.Now()
	r.Elapsed += now.Sub(r.clock)
	r.clock = now
}

// Count counts a step whose loss was that. One that is not finite is a [*DivergedError], and does not count.
func (r *Rounds) Count(loss, lr float64) error {
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return &DivergedError{loss, r.Step + 1, lr}
	}
	const smooth = 1. / 64
	if r.Step == 0 {
		r.Loss = loss
	}
	r.Loss += smooth * (loss - r.Loss)
	r.Step++
	return nil
}

// A DivergedError says that training left the numbers.
type DivergedError struct {
	Loss float64 // NaN or infinite
	Step int
	LR   float64 // learning rate of the run
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("train: the loss is %v at step %d: take a lower learning rate than %g, such as %.1g", e.Loss, e.Step, e.LR, e.LR/4)
}

// Done reports whether the run has reached its end.
func (r *Rounds) Done() bool { return r.Fraction() >= 1 }

// Fraction is how much of the run is done, from 0 to 1.
func (r *Rounds) Fraction() float64 {
	return Progress{Step: r.Step, Steps: r.Steps, Elapsed: r.Elapsed, Total: r.Time}.Fraction()
}

// Progress says where a run stands whose steps have so many rays; the rate and the held-out views are not known here.
func (r *Rounds) Progress(rays int, lr float64) Progress {
	return Progress{Step: r.Step, Steps: r.Steps, Elapsed: r.Elapsed, Total: r.Time, Rays: int64(r.Step) * int64(rays),
		LR: lr, Loss: r.Loss, TrainPSNRdB: -10 * math.Log10(r.Loss)}
}

// Training is what a file says of the run.
func (r *Rounds) Training(data, preset string, seed uint64) lfn.Training {
	t := lfn.Training{Data: data, Preset: preset, Steps: r.Step, Seed: seed}
	if r.Time > 0 { // a run with Steps alone gives the same file every time
		t.Seconds = r.Elapsed.Seconds()
	}
	return t
}
