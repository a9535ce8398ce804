//go:build cgo && linux

package gpu

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/render"
)

// lent is a context of the device that tests run on, which counts how often it was made current and let go.
type lent struct {
	Context
	taken, released int
}

func lend(t *testing.T) *lent {
	t.Helper()
	l := &lent{Context: eglContext(device(t).Index)}
	take, release := l.MakeCurrent, l.Release
	l.MakeCurrent = func() error { l.taken++; return take() }
	l.Release = func() { l.released++; release() }
	return l
}

// TestNewIn: in a context of another owner, a picture is the CPU's, and the context is let go at the end.
func TestNewIn(t *testing.T) {
	m, l := model(t, configs()["volume"]), lend(t)
	r, err := NewIn(bg, l.Context, m, Options{Cache: t.TempDir(), Precision: FP32})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(m.Scene, 33, 22)
	var got, want render.Image
	if err := render.NewCPU(m.Network.Pack(), m.Scene).Render(bg, &want, &cam, render.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := r.Render(bg, &got, &cam, render.Options{}); err != nil {
		t.Fatal(err)
	}
	if most, _ := difference(&got, &want); !(most <= fullMost) {
		t.Errorf("the picture differs by %v/255", most)
	}
	if l.taken != 1 || l.released != 0 {
		t.Errorf("the context was taken %d times and released %d times before Close, want 1 and 0", l.taken, l.released)
	}
	r.session.reset = func() uint32 { return gl.UNKNOWN_CONTEXT_RESET }
	if err := r.Render(bg, &got, &cam, render.Options{}); !errors.Is(err, ErrLost) || l.taken != 1 {
		t.Errorf("Render in a lost context = %v, and it was taken %d times, want ErrLost and 1", err, l.taken)
	}
	if r.Close(); l.released != 1 {
		t.Errorf("the context was released %d times by Close, want 1", l.released)
	}
}

// TestNewInFails: a context in which there is no renderer is let go, and tuning that has not ended leaves nothing.
func TestNewInFails(t *testing.T) {
	m := model(t, configs()["volume"])
	ended, cancel := context.WithCancel(bg)
	cancel()
	during, cancelDuring := context.WithCancel(bg)
	for _, tt := range []struct {
		name string
		ctx  context.Context
		hook func()
	}{{"before tuning", ended, func() {}}, {"while tuning", during, cancelDuring}} {
		t.Run(tt.name, func(t *testing.T) {
			l, folder := lend(t), t.TempDir()
			beforeDispatch = tt.hook
			defer func() { beforeDispatch = func() {} }()
			if _, err := NewIn(tt.ctx, l.Context, m, Options{Cache: folder}); !errors.Is(err, context.Canceled) {
				t.Errorf("NewIn = %v, want %v", err, context.Canceled)
			}
			if l.taken != 1 || l.released != 1 {
				t.Errorf("the context was taken %d times and released %d times, want 1 and 1", l.taken, l.released)
			}
			if files, err := os.ReadDir(folder); err != nil || len(files) > 0 {
				t.Errorf("the cache has %v, %v, want nothing", files, err)
			}
		})
	}
	t.Run("no context", func(t *testing.T) {
		l := lend(t)
		missing := errors.New("no context")
		l.MakeCurrent = func() error { return missing }
		if _, err := NewIn(bg, l.Context, m, Options{Cache: t.TempDir()}); err != missing || l.released != 0 {
			t.Errorf("NewIn = %v, and the context was released %d times, want %v and 0", err, l.released, missing)
		}
	})
}
