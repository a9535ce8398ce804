package dataset

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// forEach calls f for 0 to n − 1 in as many goroutines as workers says, where 0 means GOMAXPROCS. It begins no more
// calls once one has failed or ctx is done. The error is that of the first number that has one, or ctx.Err().
func forEach(ctx context.Context, n, workers int, f func(i int) error) error {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if errs[i] = f(i); errs[i] != nil {
					cancel()
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
