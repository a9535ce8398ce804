//go:build cgo && linux && amd64

package viewer

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"lfnview/assets"
	"lfnview/train/dataset"
	"lfnview/viewer/motion"
)

// TestMain starts a display that nobody sees.
func TestMain(m *testing.M) {
	os.Exit(withDisplay(m.Run))
}

var noDisplay error

func withDisplay(run func() int) int {
	r, w, err := os.Pipe()
	if err != nil {
		noDisplay = err
		return run()
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1300x900x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{w}
	if noDisplay = cmd.Start(); noDisplay != nil {
		return run()
	}
	w.Close()
	defer func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	}()
	number, err := bufio.NewReader(r).ReadString('\n')
	if noDisplay = err; err == nil {
		os.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
	}
	return run()
}

// newTestApp opens a window on the built-in scene. Windows need a thread of their own.
func newTestApp(t *testing.T, o Options) *app {
	t.Helper()
	if noDisplay != nil {
		if os.Getenv("LFN_NEED_GPU") != "" {
			t.Fatalf("no display: %v", noDisplay)
		}
		t.Skipf("no display: %v", noDisplay)
	}
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	m, err := assets.Scene()
	if err != nil {
		t.Fatal(err)
	}
	o.Model, o.Name = m, "the default scene"
	o.OpenData = func(context.Context, string, dataset.Options) (*dataset.Set, error) {
		return nil, fmt.Errorf("no data set here")
	}
	a, err := newApp(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	return a
}

// step makes one turn of the loop.
func (a *app) step(t *testing.T) {
	t.Helper()
	if err := a.frame(time.Now()); err != nil {
		t.Fatal(err)
	}
}

// settleDown makes turns until the picture at rest is whole.
func (a *app) settleDown(t *testing.T) {
	t.Helper()
	for a.rested != a.asked || !a.asked.rest || a.painter.busy() {
		time.Sleep(time.Millisecond)
		a.step(t)
	}
}

func TestFramesWithoutGarbage(t *testing.T) {
	for _, device := range []string{"cpu", "gpu"} {
		for _, noUI := range []bool{true, false} {
			t.Run(fmt.Sprintf("device=%s/noUI=%v", device, noUI), func(t *testing.T) {
				a := newTestApp(t, Options{Device: device, NoUI: noUI, Size: [2]int{100, 80}})
				turn := func() {
					a.move(motion.Orbit(a.view, a.up, 1, 0, 100, 80), time.Now())
					a.step(t)
				}
				for range 50 {
					turn()
				}
				// Panels are built anew some times a second only, which does allocate: the frames between are counted.
				const frames = 20
				least := uint64(math.MaxUint64)
				for round := 0; round < 30 && least >= frames; round++ {
					var before, after runtime.MemStats
					runtime.ReadMemStats(&before)
					for range frames {
						a.ui.wants, a.ui.built = 0, time.Now()
						turn()
					}
					runtime.ReadMemStats(&after)
					least = min(least, after.Mallocs-before.Mallocs)
				}
				if least >= frames {
					t.Errorf("%d frames allocate %d times, want 0 a frame", frames, least)
				}
			})
		}
	}
}
