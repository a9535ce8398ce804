//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"lfnview/plucker"
	"lfnview/render"
	"lfnview/render/gpu"
)

// film makes pictures and films, in a goroutine and with a renderer of its own.
type film struct {
	size    [2]int // of what is made; zero is the window's
	samples int    // a side of a pixel's grid; 0: as many as the picture needs
	file    string // of the film

	cancel context.CancelFunc // nil while nothing is made
	ended  chan struct{}
	in     *offscreen // that the renderer is in; nil on the CPU
	what   string
	done   atomic.Int64 // frames
	total  int
}

func (f *film) running() bool { return f.cancel != nil }

// stop ends what is being made, without a trace.
func (f *film) stop() {
	if f.cancel != nil {
		f.cancel()
		<-f.ended
		f.letGo()
	}
}

// letGo gives back what was needed for what has been made.
func (f *film) letGo() {
	f.cancel = nil
	if f.in != nil {
		f.in.destroy()
		f.in = nil
	}
}

// pictureSize is that of what is made.
func (f *film) pictureSize(a *app) (w, h int) {
	if f.size != [2]int{} {
		return f.size[0], f.size[1]
	}
	return a.area.w, a.area.h
}

// picture takes a picture of what the window shows.
func (f *film) picture(a *app) {
	w, h := f.pictureSize(a)
	base := strings.TrimSuffix(filepath.Base(a.name), ".lfn")
	f.make(a, FreeName(strings.ReplaceAll(base, " ", "-")+".png"), []plucker.Camera{a.camera(w, h)}, 1)
}

// record makes a film of the path.
func (f *film) record(a *app) {
	w, h := f.pictureSize(a)
	p := &a.path.path
	if len(p.Keys) == 0 {
		a.note("a film needs a camera path: K adds the view as a keyframe")
		return
	}
	f.make(a, FreeName(f.file), p.Cameras(a.path.frames(), w, h), p.FPS)
}

// toggle makes a film of the path, or stops what is being made.
func (f *film) toggle(a *app) {
	if f.running() {
		f.cancel()
	} else {
		f.record(a)
	}
}

// checkFolder finds out before minutes of rendering whether the folder of a file takes one.
func checkFolder(file string) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".lfn-*")
	if err != nil {
		var reason *os.PathError // names a file that nobody asked for
		if errors.As(err, &reason) {
			err = reason.Err
		}
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	f.Close()
	return os.Remove(f.Name())
}

// make renders cams to a file in a goroutine.
func (f *film) make(a *app, file string, cams []plucker.Camera, fps float64) {
	if f.running() {
		a.note("%s is still being made", f.what)
		return
	}
	err := render.CheckFrames(file, len(cams), cams[0].Width, cams[0].Height)
	if err == nil {
		err = checkFolder(file)
	}
	if err != nil {
		a.warn("%v", err)
		return
	}
	var ctx context.Context
	ctx, f.cancel = context.WithCancel(a.ctx)
	ended := make(chan struct{})
	f.ended, f.what, f.total = ended, file, len(cams)
	f.done.Store(0)
	m, s, o := a.model, a.shot(f.samples), a.gpuOptions()
	if a.painter.about().device == "gpu" {
		if f.in, err = a.newOffscreen(); err != nil {
			a.note("%v: the CPU renders %s", err, file)
		}
	}
	in := f.in
	go func() {
		var r render.GeometryRenderer = render.NewCPU(m.Network.Pack(), m.Scene)
		release := func() {}
		if in != nil {
			if g, err := gpu.NewIn(ctx, in.context(), m, o); err == nil {
				r, release = g, g.Close
			} else if ctx.Err() == nil {
				go a.post(func() { a.note("%v: the CPU renders %s", err, file) }) // stop, which takes no posts, waits for the frames
			}
		}
		frames := func(yield func(*render.Image, error) bool) {
			for i := range cams {
				err := s.render(ctx, r, &cams[i])
				if !yield(&s.img, err) || err != nil {
					return
				}
				f.done.Add(1)
			}
		}
		files, err := render.WriteFrames(ctx, file, len(cams), frames, fps)
		release()
		close(ended)
		a.post(func() {
			if f.ended == ended {
				f.letGo()
			}
			switch {
			case errors.Is(err, context.Canceled):
				a.note("%s: stopped", file)
			case err != nil:
				a.warn("%v", err)
			default:
				text := absolute(files[0])
				if len(files) > 1 {
					text += " … " + filepath.Base(files[len(files)-1])
				}
				a.note("wrote %s", text)
				a.event("wrote", map[string]any{"files": files})
			}
		})
	}()
}
