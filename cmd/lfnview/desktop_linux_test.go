//go:build cgo && amd64

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test's own binary be lfnview, so that what is tested is what is built.
func TestMain(m *testing.M) {
	if os.Getenv("LFNVIEW_TEST_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for something that has to happen; it never decides what a test finds.
const patience = 60 * time.Second

// desktop is a screen that nobody sees, and hands on its mouse and keys.
type desktop struct {
	t       testing.TB
	display string
	server  *exec.Cmd
	pixels  string // file with the screen's content
}

// newDesktop starts an X server for the test.
func newDesktop(t testing.TB, w, h int) *desktop {
	t.Helper()
	for _, tool := range []string{"Xvfb", "xdotool"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("LFN_NEED_GPU") != "" {
				t.Fatalf("no %s: run .ci/packages.sh", tool)
			}
			t.Skipf("no %s: windows cannot be tested", tool)
		}
	}
	folder := t.TempDir()
	r, fd, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var log bytes.Buffer
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", w, h), "-fbdir", folder, "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{fd}
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fd.Close()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb: %v: %s", err, log.Bytes())
	}
	return &desktop{t, ":" + strings.TrimSpace(number), cmd, filepath.Join(folder, "Xvfb_screen0")}
}

// do has the hands do something, in the words of xdotool.
func (d *desktop) do(args ...string) {
	d.t.Helper()
	cmd := exec.Command("xdotool", args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+d.display)
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("xdotool %v: %v: %s", args, err, out)
	}
}

// drag presses a button at (x, y), moves it by (dx, dy) in steps, and lets it go.
func (d *desktop) drag(button string, x, y, dx, dy int) {
	d.t.Helper()
	d.do("mousemove", fmt.Sprint(x), fmt.Sprint(y), "sleep", "0.1", "mousedown", button, "sleep", "0.1")
	const steps = 10
	for i := 1; i <= steps; i++ {
		d.do("mousemove", fmt.Sprint(x+dx*i/steps), fmt.Sprint(y+dy*i/steps), "sleep", "0.02")
	}
	// Held still before the release, it does not coast.
	d.do("sleep", "0.4", "mouseup", button)
}

// screen is what the screen shows: the file is in the format of xwd, see X11/XWDFile.h.
func (d *desktop) screen() *image.RGBA {
	d.t.Helper()
	b, err := os.ReadFile(d.pixels)
	if err != nil {
		d.t.Fatal(err)
	}
	field := func(i int) int { return int(binary.BigEndian.Uint32(b[4*i:])) }
	header, w, h, stride, colors := field(0), field(4), field(5), field(12), field(19)
	pix := b[header+12*colors:]
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p := pix[y*stride+4*x:]
			img.SetRGBA(x, y, color.RGBA{p[2], p[1], p[0], 255})
		}
	}
	return img
}

// keep writes a picture of the screen to the test's artifacts where the test has failed.
func (d *desktop) keep(name string) {
	if !d.t.Failed() || d.server.ProcessState != nil {
		return
	}
	path := filepath.Join(d.t.ArtifactDir(), name+".png")
	f, err := os.Create(path)
	if err != nil {
		d.t.Log(err)
		return
	}
	defer f.Close()
	if err := png.Encode(f, d.screen()); err != nil {
		d.t.Log(err)
	}
	d.t.Logf("the screen: %s", path)
}

// process is a running lfnview.
type process struct {
	d      *desktop
	cmd    *exec.Cmd
	config string
	folder string // in which it runs

	mu     sync.Mutex
	seen   []map[string]any // events
	next   int              // the first that nobody has waited for
	stderr bytes.Buffer
	more   chan struct{}
	ended  chan struct{}
	err    error
}

// start starts lfnview on the desktop, with its settings in a folder of its own.
func (d *desktop) start(args ...string) *process {
	d.t.Helper()
	p := d.prepare()
	p.run(args...)
	return p
}

// prepare makes what start starts.
func (d *desktop) prepare() *process {
	return &process{d: d, config: d.t.TempDir(), folder: d.t.TempDir(), more: make(chan struct{}, 1)}
}

// run starts lfnview, again where it has run before, with the same settings.
func (p *process) run(args ...string) {
	d := p.d
	d.t.Helper()
	p.ended = make(chan struct{})
	p.cmd = exec.Command(os.Args[0], append([]string{"--events"}, args...)...)
	p.cmd.Dir = p.folder
	p.cmd.Env = append(os.Environ(), "LFNVIEW_TEST_MAIN=1", "DISPLAY="+d.display, "XDG_CONFIG_HOME="+p.config, "XDG_CACHE_HOME="+p.config)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	p.cmd.Stderr = &p.stderr
	if err := p.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			var e map[string]any
			if json.Unmarshal(s.Bytes(), &e) == nil {
				p.mu.Lock()
				p.seen = append(p.seen, e)
				p.mu.Unlock()
				select {
				case p.more <- struct{}{}:
				default:
				}
			}
		}
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	d.t.Cleanup(func() {
		d.keep("screen")
		p.cmd.Process.Kill()
		<-p.ended
	})
}

// wait returns the next event of a name for which ok is true; nil takes any.
func (p *process) wait(name string, ok func(e map[string]any) bool) map[string]any {
	t := p.d.t
	t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		for p.next < len(p.seen) {
			e := p.seen[p.next]
			p.next++
			if e["event"] == name && (ok == nil || ok(e)) {
				p.mu.Unlock()
				return e
			}
		}
		p.mu.Unlock()
		select {
		case <-p.more:
		case <-p.ended:
			p.mu.Lock()
			left := p.next < len(p.seen)
			p.mu.Unlock()
			if !left {
				t.Fatalf("lfnview ended (%v) before %q: %s\nevents: %v", p.err, name, p.stderr.Bytes(), p.seen)
			}
		case <-deadline:
			t.Fatalf("no event %q after %v\nevents: %v", name, patience, p.seen)
		}
	}
}

// exit waits for the end of the program, and returns its status.
func (p *process) exit() int {
	p.d.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.d.t.Fatalf("lfnview still runs after %v", patience)
	}
	return p.cmd.ProcessState.ExitCode()
}

// closeWindow asks the window to close, as the button of its frame does; xdotool has no word for that.
func closeWindow(d *desktop) {
	d.t.Helper()
	cmd := exec.Command("xdotool", "search", "--name", "lfnview")
	cmd.Env = append(os.Environ(), "DISPLAY="+d.display)
	out, err := cmd.Output()
	if err != nil {
		d.t.Fatal(err)
	}
	window, err := strconv.ParseUint(strings.Fields(string(out))[0], 10, 32)
	if err != nil {
		d.t.Fatal(err)
	}
	c, err := net.Dial("unix", "/tmp/.X11-unix/X"+d.display[1:])
	if err != nil {
		d.t.Fatal(err)
	}
	defer c.Close()
	send := func(b []byte) {
		if _, err := c.Write(b); err != nil {
			d.t.Fatal(err)
		}
	}
	receive := func(n int) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(c, b); err != nil {
			d.t.Fatal(err)
		}
		return b
	}
	le := binary.LittleEndian
	send([]byte{'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	receive(4 * int(le.Uint16(receive(8)[6:])))
	atom := func(name string) uint32 {
		b := []byte{16, 0, byte(2 + (len(name)+3)/4), 0, byte(len(name)), 0, 0, 0}
		b = append(b, name...)
		send(append(b, make([]byte, -len(name)&3)...))
		return le.Uint32(receive(32)[8:])
	}
	b := []byte{25, 0, 11, 0}
	b = le.AppendUint32(b, uint32(window))
	b = append(b, 0, 0, 0, 0, 33, 32, 0, 0)
	for _, v := range []uint32{uint32(window), atom("WM_PROTOCOLS"), atom("WM_DELETE_WINDOW"), 0, 0, 0, 0} {
		b = le.AppendUint32(b, v)
	}
	send(b)
	atom("WM_PROTOCOLS") // answered once the event was sent
}

// seenNext is the next event of a name that has happened already; nil where there is none.
func (p *process) seenNext(name string) map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.next < len(p.seen) {
		e := p.seen[p.next]
		p.next++
		if e["event"] == name {
			return e
		}
	}
	return nil
}
