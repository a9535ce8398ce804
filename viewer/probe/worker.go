package probe

import (
	"context"
	"sync"
)

// Worker answers questions in a goroutine of its own: after each the newest that was asked meanwhile. Its methods may be
// called from any goroutine.
type Worker[Q comparable, A any] struct {
	answer func(ctx context.Context, q Q, to *A)
	notify func()
	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex // of what follows
	wake   *sync.Cond
	asked  Q
	begun  bool // anything was asked
	idle   bool // the newest question is answered
	closed bool
	made   A // the newest answer, not yet taken
	fresh  bool
}

// NewWorker makes a worker. answer writes an answer over an older one, whose memory it may use; its context ends with the
// worker. notify is called from the goroutine after each.
func NewWorker[Q comparable, A any](answer func(ctx context.Context, q Q, to *A), notify func()) *Worker[Q, A] {
	w := &Worker[Q, A]{answer: answer, notify: notify, idle: true}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.wake = sync.NewCond(&w.mu)
	go w.run()
	return w
}

// Ask asks, unless q is what was asked last.
func (w *Worker[Q, A]) Ask(q Q) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.begun && q == w.asked {
		return
	}
	w.asked, w.begun, w.idle = q, true, false
	w.wake.Signal()
}

// Busy says whether the newest question is not yet answered.
func (w *Worker[Q, A]) Busy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.idle
}

// Take exchanges the newest answer for dst, whose memory is used again, and says whether there was one.
func (w *Worker[Q, A]) Take(dst *A) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.fresh {
		return false
	}
	w.made, *dst = *dst, w.made
	w.fresh = false
	return true
}

// Close ends the goroutine.
func (w *Worker[Q, A]) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.cancel()
	w.wake.Signal()
}

func (w *Worker[Q, A]) run() {
	var made A
	for {
		w.mu.Lock()
		for w.idle && !w.closed {
			w.wake.Wait()
		}
		if w.closed {
			w.mu.Unlock()
			return
		}
		q := w.asked
		w.mu.Unlock()

		w.answer(w.ctx, q, &made)

		w.mu.Lock()
		w.made, made = made, w.made
		w.fresh = true
		w.idle = q == w.asked
		w.mu.Unlock()
		w.notify()
	}
}
