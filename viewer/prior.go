//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-gl/gl/v3.3-core/gl"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
	"lfnview/train/prior"
	"lfnview/viewer/motion"
)

// openPrior is the prior that is open: many scenes, of which the window shows one.
type openPrior struct {
	*lfn.Prior // nil where none is open
	mix
	components *prior.Components // nil before they are known

	ctx      context.Context // until another file is opened
	close    context.CancelFunc
	decoding bool
	stale    bool // the latent has changed since
	raise    bool // the panel is to be in front

	shownClass int // that the window shows a scene of
	photoClass int // in whose frame the camera of photo is

	thumbnails uint32 // one texture, with a slot for each of the shelf
	shelf      shelf
	sight      [2]int // instances that the panel shows, from the first to before the last
	making     bool   // a thumbnail

	from    poseSource         // of the photographs that are opened
	cut     cutting            // what in them is background
	photo   *dataset.View      // that the latent was reconstructed from; nil where it is an instance's
	shown   *dataset.View      // that the window compares with; nil for the cameras of the class
	seeking context.CancelFunc // nil where nothing is being reconstructed
	file    string             // with the photograph
	done    float64            // of the work, from 0 to 1; 0 before anything was found
	psnr    float64            // of the photograph
}

// shownComponents is how many principal components have sliders.
const shownComponents = 8

func (p *openPrior) open() bool { return p.Prior != nil }

// decode makes the model of a latent of a class, with the camera of the photograph that it was reconstructed from, or of nil
// with those of the class.
func decode(p *lfn.Prior, z lfn.Latent, class int, photo *dataset.View) *lfn.Model {
	if photo == nil {
		return p.Model(z, class)
	}
	return prior.Model(p, z, class, []dataset.View{*photo})
}

// instance is instance i of the prior, as an end of blends.
func (p *openPrior) instance(i int) end { return end{p.Instances[i].Name, p.Latent(i), p.ClassOf(i)} }

// setPrior shows the first instance of a prior, which m is.
func (a *app) setPrior(p *lfn.Prior, m *lfn.Model, name string) error {
	if err := a.setModel(m, name); err != nil {
		return err
	}
	a.bytes = fileBytes(m, "") // of what is shown, not of the prior
	x := &a.prior              // as forget has left it
	x.Prior, x.shownClass, x.raise = p, p.ClassOf(0), true
	x.ctx, x.close = context.WithCancel(a.ctx)
	x.take(x.instance(0))
	ctx := x.ctx
	go func() {
		if !a.afterFirst(ctx) {
			return
		}
		c := prior.NewComponents(p, shownComponents)
		a.post(func() {
			if ctx.Err() == nil {
				x.components = c
			}
		})
	}()
	a.event("prior", map[string]any{"name": name, "instances": len(p.Instances)})
	return nil
}

// forget closes the prior. What was chosen for photographs is of them, and stays for the next prior.
func (p *openPrior) forget() {
	if p.open() {
		p.close()
		gl.DeleteTextures(1, &p.thumbnails)
		*p = openPrior{from: p.from, cut: p.cut}
	}
}

// choose shows an instance; as the second of the two ends of blends, what was shown stays until the blend goes there.
func (p *openPrior) choose(a *app, i int, second bool) {
	e := p.instance(i)
	p.stop(a)
	if second {
		p.take(end{p.mix.name(), p.z, p.mix.class()})
		p.ends[1] = e
		return
	}
	p.take(e)
	p.photo = nil
	p.show(a)
}

// show shows the latent, which is decoded in a goroutine. While that goes on only the newest of others waits.
func (p *openPrior) show(a *app) {
	if p.stale = p.decoding; p.stale {
		return
	}
	p.decoding = true
	ctx, of, z, class, photo, name := p.ctx, p.Prior, slices.Clone(p.z), p.mix.class(), p.photo, p.mix.name()
	if class != p.photoClass {
		photo = nil // its camera is in another world
	}
	prepare := a.painter.prepare()
	go func() {
		m := decode(of, z, class, photo)
		ready := prepare(m)
		a.post(func() {
			if ctx.Err() != nil {
				return
			}
			p.decoding = false
			if err := a.exchange(m, ready); err != nil {
				a.warn("%v", err)
				return
			}
			if class != p.shownClass {
				a.surround()
				a.jump(motion.Carry(a.view, reach(&of.Classes[p.shownClass]), reach(&of.Classes[class])))
				p.shownClass, p.shown = class, nil
			}
			p.compare(a, photo)
			a.movedAt = time.Now() // pictures come as fast as when the camera moves
			a.event("latent", map[string]any{"name": name})
			if p.stale {
				p.show(a)
			}
		})
	}()
}

// compare makes a photograph the one that the window compares with, and goes where it was taken.
func (p *openPrior) compare(a *app, photo *dataset.View) {
	if photo == p.shown {
		return
	}
	p.shown = photo
	a.photos.setModel(a)
	if photo != nil {
		a.photos.data = p.file
		a.photos.attach(a, &dataset.Set{Path: p.file, Views: []dataset.View{*photo}})
		a.photos.goTo(a, 0)
	}
}

// reach is the frame of a class, as large as it is far to where the photographs are from.
func reach(c *lfn.Class) plucker.Frame {
	f := c.Scene
	f.Radius *= cmp.Or(prior.Lookout(c).Dist, 1)
	return f
}

// makeThumbnail begins with that of the first instance in sight that has none, where none is being made.
func (p *openPrior) makeThumbnail(a *app) {
	i := p.shelf.missing(p.sight[0], p.sight[1])
	if p.making || i < 0 {
		return
	}
	p.making = true
	ctx, of := p.ctx, p.Prior
	go func() {
		if !a.afterFirst(ctx) {
			return
		}
		img, err := prior.Thumbnail(ctx, of, of.Latent(i), of.ClassOf(i), thumbnailSide)
		a.post(func() {
			if ctx.Err() != nil {
				return
			}
			p.making = false
			if err != nil {
				a.warn("%v", err)
				return
			}
			if p.thumbnails == 0 {
				p.thumbnails = newTexture(thumbnailsPerRow*thumbnailSide, maxThumbnails/thumbnailsPerRow*thumbnailSide)
			}
			slot := i % maxThumbnails
			setPixels(p.thumbnails, slot%thumbnailsPerRow*thumbnailSide, slot/thumbnailsPerRow*thumbnailSide, thumbnailSide, thumbnailSide, img.ToNRGBA().Pix)
			p.shelf.put(i)
			p.makeThumbnail(a)
		})
	}()
}

// thumbnailsPerRow are in a row of the texture.
const thumbnailsPerRow = 32

// reconstruct begins to look for the scene that a photograph shows; what was being looked for is given up.
func (p *openPrior) reconstruct(a *app, file string) {
	p.stop(a)
	var ctx context.Context
	ctx, p.seeking = context.WithCancel(p.ctx)
	p.file, p.done, p.psnr, p.raise = file, 0, 0, true
	of, cut, from, at, class := p.Prior, p.cut.next(), p.from, a.view.Pose, p.mix.class()
	a.event("reconstructing", map[string]any{"file": file})
	go func() {
		photo, err := openPhotograph(of, file, cut, from, at, class)
		if err == nil {
			a.post(func() {
				for _, note := range photo.Notes {
					a.note("%s: %s", file, note)
				}
			})
			name := ""
			if from == poseOfView {
				name = of.Classes[class].Name
			}
			err = reconstruct(ctx, of, photo, name, func(g prior.Glimpse, v dataset.View) {
				a.post(func() {
					if ctx.Err() == nil {
						p.found(a, &g, &v)
					}
				})
			})
			if err != nil {
				err = fmt.Errorf("%s: %w", file, err)
			}
		}
		a.post(func() {
			if ctx.Err() == nil {
				p.finished(a, err)
			}
		})
	}()
}

// found shows what a reconstruction has come to. The photograph has the camera that is the best by then.
func (p *openPrior) found(a *app, g *prior.Glimpse, photo *dataset.View) {
	if p.done == 0 || p.photo.Camera != photo.Camera {
		p.photo = photo
	}
	p.done, p.psnr, p.photoClass = g.Done, g.PSNRdB, g.Class
	p.take(end{photo.Name, g.Latent, g.Class})
	p.show(a)
	a.event("glimpse", map[string]any{"done": g.Done, "psnr_db": g.PSNRdB})
}

// progress is how far a reconstruction is, in words.
func (p *openPrior) progress() string {
	if p.done == 0 {
		return "begins"
	}
	return fmt.Sprintf("%.0f %%, %.2f dB", 100*p.done, p.psnr)
}

// finished tells what a reconstruction came to.
func (p *openPrior) finished(a *app, err error) {
	p.seeking()
	p.seeking = nil
	if err != nil {
		a.warn("%v", err)
		return
	}
	like := p.Instances[p.Nearest(p.z, 1)[0]].Name
	a.note("%s: %.2f dB; the instance most like it: %s", p.file, p.psnr, like)
	for _, doubt := range prior.Doubts(p.Prior, p.mix.class(), []dataset.View{*p.photo}, []float64{p.psnr}) {
		a.warn("%s", doubt)
	}
	a.event("reconstructed", map[string]any{"file": p.file, "psnr_db": p.psnr, "nearest": like})
}

// stop gives up what is being reconstructed; what was found stays.
func (p *openPrior) stop(a *app) {
	if p.seeking != nil {
		p.seeking()
		p.seeking = nil
		a.note("%s: stopped", p.file)
	}
}

// save writes what is shown as a model.
func (p *openPrior) save(a *app) {
	base := filepath.Base(a.name)
	file := FreeName(strings.TrimSuffix(base, filepath.Ext(base)) + ".lfn")
	if err := a.model.Save(file); err != nil {
		a.warn("%v", err)
		return
	}
	a.note("wrote %s", absolute(file))
	a.event("saved", map[string]any{"file": file})
}
