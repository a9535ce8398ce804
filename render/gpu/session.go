//go:build cgo && linux

package gpu

import (
	"errors"
	"runtime"
	"sync"
)

// session is an OpenGL context and the goroutine, locked to its thread, that alone calls it.
type session struct {
	driver

	do     chan func()
	closed chan struct{}
	ended  chan struct{} // closed when the context is current no more
	once   sync.Once
}

// open makes a context on device i.
func open(i int) (*session, error) { return begin(i, eglContext(i)) }

// begin makes a context current on a thread of its own. index is that of its device, or −1.
func begin(index int, in Context) (*session, error) {
	c := &session{driver: driver{Device: Device{Index: index}}, do: make(chan func()), closed: make(chan struct{}), ended: make(chan struct{})}
	ready := make(chan error)
	go c.run(in, ready)
	err := <-ready
	if err != nil {
		<-c.ended
	}
	return c, err
}

// run has the context until it is closed.
func (c *session) run(in Context, ready chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	defer close(c.ended)
	err := in.MakeCurrent()
	if err == nil {
		defer in.Release()
		err = c.init(in.Proc)
	}
	if err == nil {
		err = c.listen()
	}
	ready <- err
	if err != nil {
		return
	}
	for {
		select {
		case f := <-c.do:
			f()
		case <-c.closed:
			return
		}
	}
}

// call runs f on the context's thread, and returns its error or else what the driver reported meanwhile.
func (c *session) call(f func() error) error {
	result := make(chan error, 1)
	run := func() {
		err := f()
		if glErr := c.check(); err == nil || glErr == ErrLost {
			err = glErr
		}
		result <- err
	}
	select {
	case c.do <- run:
		return <-result
	case <-c.closed:
		return errors.New("gpu: the renderer is closed")
	}
}

// close lets go of the context and ends its thread, from another one.
func (c *session) close() {
	c.once.Do(func() { close(c.closed) })
	<-c.ended
}
