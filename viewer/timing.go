//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"cmp"
	"slices"
	"time"

	"lfnview/plucker"
	"lfnview/render"
)

// timeFrames renders and shows frames along the path as fast as can be.
func (a *app) timeFrames() error {
	w, h := a.area.w, a.area.h
	var cams []plucker.Camera
	if len(a.path.path.Keys) > 0 {
		cams = a.path.path.Cameras(a.Frames, w, h)
	} else {
		cams = render.Orbit{AzDeg: 30, ElDeg: 20}.Turntable(a.model.Scene, a.Frames, w, h)
	}
	for p, ok := a.painter.(*gpuPainter); ok && p.tuning != nil; { // what is timed is what is used
		select {
		case job := <-a.jobs:
			job()
		case <-a.ctx.Done():
			return a.ctx.Err()
		}
	}
	// The first frames warm caches and clocks up.
	warm := min(a.Frames, 50)
	frames := make([]time.Duration, 0, a.Frames)
	took := make([]time.Duration, 0, a.Frames)
	var panels time.Duration
	last := time.Now()
	for i := -warm; i < a.Frames; i++ {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		ui, err := a.timeFrame(&cams[(i+len(cams))%len(cams)])
		if err != nil {
			return err
		}
		now := time.Now()
		if i >= 0 {
			frames = append(frames, now.Sub(last))
			_, t := a.painter.speed()
			took = append(took, t)
			panels += ui
		}
		last = now
	}
	at := a.painter.about()
	t := Timing{Device: at.device, Name: at.name, Precision: at.precision, Show: a.Show.String(), Size: [2]int{w, h}, Frames: a.Frames}
	var sum time.Duration
	for _, f := range frames {
		sum += f
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1e3 }
	slices.SortFunc(frames, cmp.Compare[time.Duration])
	slices.SortFunc(took, cmp.Compare[time.Duration])
	n := len(frames)
	t.FrameMs, t.MeanMs, t.P99Ms, t.MaxMs = ms(frames[n/2]), ms(sum)/float64(n), ms(frames[n*99/100]), ms(frames[n-1])
	t.FPS = float64(n) / sum.Seconds()
	t.RaysPerS = t.FPS * float64(w*h)
	t.TFLOPS = t.RaysPerS * float64(a.model.Network.FLOPs()) / 1e12
	t.RenderMs, t.PanelsMs = ms(took[n/2]), ms(panels)/float64(n)
	a.Timing(t)
	return nil
}
