package lfn

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// pool is a set of goroutines which share out numbered tasks. Which goroutine does which task is left to
// chance, so a task must write where no other does, and results must not depend on the order.
type pool struct {
	mu    sync.Mutex // one run at a time
	start chan struct{}
	wg    sync.WaitGroup
	task  func(i int)
	n     int64
	next  atomic.Int64
	size  int
}

func newPool() *pool {
	p := &pool{size: runtime.GOMAXPROCS(0)}
	p.start = make(chan struct{}, p.size)
	for range p.size - 1 { // the caller of run is a worker too
		go func() {
			for range p.start {
				p.work()
				p.wg.Done()
			}
		}()
	}
	return p
}

func (p *pool) close() { close(p.start) }

// run calls task(0) … task(n−1), several at once, and returns when all have returned.
func (p *pool) run(n int, task func(i int)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.task, p.n = task, int64(n)
	p.next.Store(0)
	helpers := min(p.size, n) - 1
	p.wg.Add(max(helpers, 0))
	for range helpers {
		p.start <- struct{}{}
	}
	p.work()
	p.wg.Wait()
}

func (p *pool) work() {
	for i := p.next.Add(1) - 1; i < p.n; i = p.next.Add(1) - 1 {
		p.task(int(i))
	}
}
