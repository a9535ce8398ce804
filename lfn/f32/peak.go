package f32

import (
	"sync"
	"time"
)

// Peak measures what the processor's fused multiply-add units can do, in FLOP/s, with the widest
// instructions it has, on that many threads at once for about d. Zero means that there is no loop for
// this processor.
func Peak(threads int, d time.Duration) float64 {
	const rounds = 100_000 // tens of microseconds
	flops := make([]float64, threads)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range flops {
		wg.Go(func() {
			for time.Since(start) < d {
				flops[i] += peakLoop(rounds)
				if flops[i] == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	total := 0.0
	for _, f := range flops {
		total += f
	}
	return total / time.Since(start).Seconds()
}
