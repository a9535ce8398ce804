//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"context"
	"math"
	"path/filepath"

	"github.com/go-gl/gl/v3.3-core/gl"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train/dataset"
	"lfnview/viewer/motion"
)

// photos are the photographs that the model was made from, and their cameras in the scene.
type photos struct {
	views   []photo
	data    string // the data set that is open, or being opened
	loading context.CancelFunc

	at   int            // the view's camera is that of this photograph; −1
	cam  plucker.Camera // of it, for the window
	mode comparison
	wipe float64 // part of the window's width that shows the photograph

	psnr      float64 // of the photograph at; NaN while it is not known
	psnrFor   request // what it was last asked for, and then was of
	measuring bool

	frusta     bool
	size       float32 // of the cameras in the scene, in scene radii
	hovered    int     // −1 where the pointer is on none
	thumbnails uint32
	perRow     int // thumbnails
	texture    uint32
	textured   int // whose photograph the texture holds; −1
}

// photo is one photograph. pix is as in [dataset.View], and nil without the data set.
type photo struct {
	lfn.View
	pix  []byte
	w, h int
}

const (
	photoBytes    = 1 << 28 // of all photographs
	unknownPhotos = 256     // taken for their number where the model has no cameras
)

// setModel takes the cameras that the model remembers.
func (p *photos) setModel(a *app) {
	if p.loading != nil {
		p.loading()
	}
	p.forgetTextures()
	*p = photos{at: -1, hovered: -1, textured: -1, wipe: 0.5, size: 0.12, mode: p.mode, frusta: p.frusta, psnr: math.NaN()}
	for _, v := range a.model.Cameras {
		p.views = append(p.views, photo{View: v})
	}
	a.overlayChanged()
}

// forgetTextures lets go of what lives in the window's context.
func (p *photos) forgetTextures() {
	gl.DeleteTextures(1, &p.texture)
	gl.DeleteTextures(1, &p.thumbnails)
	p.texture, p.thumbnails, p.textured = 0, 0, -1
}

// want opens the data set that the model remembers, unless it is there.
func (p *photos) want(a *app) {
	if p.data != "" || p.loading != nil {
		return
	}
	if a.prior.open() {
		a.note("a prior keeps no photographs: drop one on the window, and what it shows is reconstructed")
		return
	}
	data := a.model.Training.Data
	if data == "" {
		a.warn("the model does not say which photographs it was made from: give their folder by --data, or drop it on the window")
		return
	}
	if beside := filepath.Join(filepath.Dir(a.name), data); !exists(data) && exists(beside) {
		data = beside
	}
	p.load(a, data)
}

// load opens a data set in a goroutine of its own.
func (p *photos) load(a *app, data string) {
	if p.loading != nil {
		p.loading()
	}
	var ctx context.Context
	ctx, p.loading = context.WithCancel(a.ctx)
	p.data = data
	// As large as they are, within a quarter of a gigabyte for all, and at least as the model was trained on.
	n := len(p.views)
	if n == 0 {
		n = unknownPhotos
	}
	side := int(math.Sqrt(photoBytes / 4 / float64(n)))
	for _, v := range p.views {
		side = max(side, v.Width, v.Height)
	}
	o := dataset.Options{MaxSize: side}
	a.note("opening the photographs: %s", data)
	go func() {
		set, err := a.OpenData(ctx, data, o)
		a.post(func() {
			if ctx.Err() != nil {
				return
			}
			p.loading = nil
			if err != nil {
				p.data = ""
				a.warn("the photographs cannot be shown: %v (--data FOLDER, or a folder dropped on the window, says where they are)", err)
				return
			}
			if found := p.attach(a, set); found > 0 {
				a.note("%s: %s", p.data, number(found, "photograph"))
			}
		})
	}()
}

// attach takes the photographs of a data set, each to the model's camera of its name. It returns how many it found.
func (p *photos) attach(a *app, set *dataset.Set) (found int) {
	for _, w := range set.Warnings {
		a.warn("%s: %s", p.data, w)
	}
	if len(a.model.Cameras) == 0 {
		a.stop()
		p.leave(a)
		p.views, p.hovered = nil, -1
		for i := range set.Views {
			v := &set.Views[i]
			p.views = append(p.views, photo{View: lfn.View{Name: v.Name, Split: v.Split.String(), Camera: v.Camera}})
		}
	}
	byName := map[string]int{}
	for i := range p.views {
		byName[p.views[i].Name] = i
	}
	for i := range set.Views {
		v := &set.Views[i]
		if j, ok := byName[v.Name]; ok && samePlace(&v.Camera, &p.views[j].Camera, a.model.Scene.Radius) {
			p.views[j].pix, p.views[j].w, p.views[j].h = v.Pix, v.Camera.Width, v.Camera.Height
			found++
		}
	}
	if found == 0 {
		a.warn("%s does not belong to this model: none of its %d cameras is one of the model's %d", p.data, len(set.Views), len(p.views))
		p.data = ""
		return 0
	}
	p.makeThumbnails(a)
	p.textured = -1
	a.overlayChanged()
	a.event("photographs", map[string]any{"data": p.data, "count": found})
	return found
}

// samePlace says whether two cameras stand and look alike.
func samePlace(a, b *plucker.Camera, radius float64) bool {
	if !(a.Pose.Pos.Sub(b.Pose.Pos).Len() < 1e-3*radius) {
		return false
	}
	for i, v := range a.Pose.Rot {
		if !(math.Abs(v-b.Pose.Rot[i]) < 1e-3) {
			return false
		}
	}
	return true
}

// makeThumbnails puts small photographs side by side into one texture.
func (p *photos) makeThumbnails(a *app) {
	if p.data == "" || p.loading != nil {
		return
	}
	n := min(len(p.views), maxThumbnails)
	p.perRow = int(math.Ceil(math.Sqrt(float64(n))))
	gl.DeleteTextures(1, &p.thumbnails)
	p.thumbnails = newTexture(p.perRow*thumbnailSide, max((n+p.perRow-1)/max(p.perRow, 1), 1)*thumbnailSide)
	cell := make([]byte, 4*thumbnailSide*thumbnailSide)
	for i := range n {
		v := &p.views[i]
		if v.pix == nil {
			continue
		}
		shrink(cell, thumbnailSide, thumbnailSide, v.pix, v.w, v.h, a.model.Background)
		setPixels(p.thumbnails, i%p.perRow*thumbnailSide, i/p.perRow*thumbnailSide, thumbnailSide, thumbnailSide, cell)
	}
}

// shrink fills dst, w×h pixels of RGBA, with src over a background: each pixel is the mean of those it covers.
func shrink(dst []byte, w, h int, src []byte, sw, sh int, background [3]float32) {
	for y := range h {
		for x := range w {
			x0, y0 := x*sw/w, y*sh/h
			x1, y1 := max((x+1)*sw/w, x0+1), max((y+1)*sh/h, y0+1)
			var sum [3]float32
			for v := y0; v < y1; v++ {
				for u := x0; u < x1; u++ {
					at := src[4*(v*sw+u):][:4]
					alpha := float32(at[3]) / 255
					for k := range 3 {
						sum[k] += alpha*float32(at[k]) + (1-alpha)*255*background[k]
					}
				}
			}
			to := dst[4*(y*w+x):][:4]
			for k := range 3 {
				to[k] = byte(sum[k]/float32((x1-x0)*(y1-y0)) + 0.5)
			}
			to[3] = 255
		}
	}
}

// exact is the camera of the photograph that the view is at, widened to a window of w×h pixels; nil at none.
func (p *photos) exact(a *app, w, h int) *plucker.Camera {
	if p.at < 0 {
		return nil
	}
	c := p.views[p.at].Camera
	x, y, s := fit(&c, w, h)
	k := &c.Intrinsics
	k.Fx, k.Fy, k.Cx, k.Cy = k.Fx*s, k.Fy*s, k.Cx*s+x, k.Cy*s+y
	c.Width, c.Height = w, h
	p.cam = c
	return &p.cam
}

// fit says where a photograph lies in a window of w×h pixels, as large as it fits, and its scale.
func fit(c *plucker.Camera, w, h int) (x, y, s float64) {
	s = min(float64(w)/float64(c.Width), float64(h)/float64(c.Height))
	return (float64(w) - s*float64(c.Width)) / 2, (float64(h) - s*float64(c.Height)) / 2, s
}

// over is the photograph that lies over the picture.
func (p *photos) over(a *app, w, h int) overlaid {
	if p.at < 0 || p.mode == onlyPicture || p.views[p.at].pix == nil {
		return overlaid{}
	}
	v := &p.views[p.at]
	if p.textured != p.at {
		if p.texture == 0 { // and else the same, which the panels may be about to show
			p.texture = newTexture(1, 1)
		}
		setImage(p.texture, v.w, v.h, v.pix)
		p.textured = p.at
	}
	x, y, s := fit(&v.Camera, w, h)
	return overlaid{mode: p.mode, texture: p.texture, wipe: float32(p.wipe * float64(w)), background: a.model.Background,
		rect: [4]float32{float32(x), float32(y), float32(x + s*float64(v.Width)), float32(y + s*float64(v.Height))}}
}

// wipes says whether there is a border between photograph and render.
func (p *photos) wipes() bool { return p.mode == wiped && p.at >= 0 && p.views[p.at].pix != nil }

// atWipe says whether x is where the wipe can be taken hold of.
func (p *photos) atWipe(a *app, x float64) bool {
	return p.wipes() && math.Abs(x-p.wipe*float64(a.area.w)) < 8*float64(a.ui.scale)
}

// goTo takes the view of photograph i.
func (p *photos) goTo(a *app, i int) {
	a.jump(a.viewOf(&p.views[i].Camera))
	p.arrive(a, i)
}

// viewOf is the view in which a photograph's camera fills the window.
func (a *app) viewOf(c *plucker.Camera) motion.View {
	v := motion.FromCamera(c, a.model.Scene)
	_, _, s := fit(c, a.area.w, a.area.h)
	v.FovDeg = 2 * math.Atan(float64(a.area.w)/2/(c.Intrinsics.Fx*s)) * 180 / math.Pi
	return v
}

// arrive is at photograph i.
func (p *photos) arrive(a *app, i int) {
	p.at, p.psnr, p.psnrFor = i, math.NaN(), request{}
	a.overlayChanged() // its own card would hide the picture
	v := &p.views[i]
	a.event("photograph", map[string]any{"name": v.Name, "split": v.Split, "index": p.indexInSplit(i)})
	a.dirty = true
}

// leave is at no photograph any more.
func (p *photos) leave(a *app) {
	if p.at >= 0 {
		p.at = -1
		a.overlayChanged()
	}
}

// indexInSplit is the index by which lfn render --camera knows the photograph.
func (p *photos) indexInSplit(i int) int {
	n := 0
	for j := range i {
		if p.views[j].Split == p.views[i].Split {
			n++
		}
	}
	return n
}

// nearest is the photograph whose camera is most like the view; −1 where there are no photographs.
func (p *photos) nearest(a *app) int {
	best, least := -1, math.Inf(1)
	for i := range p.views {
		pose := &p.views[i].Pose
		d := pose.Pos.Sub(a.view.Pose.Pos).Len()/a.model.Scene.Radius + 1 - pose.Forward().Dot(a.view.Pose.Forward())
		if best < 0 || d < least || math.IsNaN(least) { // cameras may be too far away for a distance
			best, least = i, d
		}
	}
	return best
}

// step goes to the photograph after, or before; from elsewhere to the nearest.
func (p *photos) step(a *app, by int) {
	n := len(p.views)
	switch {
	case n == 0:
		a.note("the model remembers no cameras")
	case p.at < 0:
		p.goTo(a, p.nearest(a))
	default:
		p.goTo(a, ((p.at+by)%n+n)%n)
	}
	if n > 0 && p.mode != onlyPicture {
		p.want(a)
	}
}

func (p *photos) first(a *app) { p.jumpTo(a, 0) }

func (p *photos) last(a *app) { p.jumpTo(a, len(p.views)-1) }

func (p *photos) jumpTo(a *app, i int) {
	if i >= 0 && i < len(p.views) {
		p.goTo(a, i)
	}
}

// toggle shows the photograph in some way, or the render alone.
func (p *photos) toggle(a *app, mode comparison) {
	a.dirty = true
	if p.mode == mode {
		p.mode = onlyPicture
		return
	}
	p.mode = mode
	p.want(a)
	if p.at < 0 && len(p.views) > 0 {
		p.goTo(a, p.nearest(a))
	}
}

func (p *photos) toggleFrusta(a *app) {
	p.frusta = !p.frusta
	p.hovered = -1
	if p.frusta {
		p.want(a)
	}
	a.overlayChanged()
}

// measure finds the PSNR of the render of the photograph that the view is at, where it is not known.
func (p *photos) measure(a *app) {
	if p.at < 0 || p.views[p.at].pix == nil {
		return
	}
	want := request{cam: p.views[p.at].Camera, version: a.version}
	if p.psnrFor == want || p.measuring {
		return
	}
	p.psnrFor, p.measuring = want, true
	v, m := p.views[p.at], a.model
	go func() {
		var img render.Image
		cam := v.Camera.Scaled(v.w, v.h)
		err := render.NewCPU(m.Network.Pack(), m.Scene).Render(a.ctx, &img, &cam, render.Options{Detail: render.Detail(m)})
		psnr := math.NaN()
		if err == nil {
			psnr = render.PSNR(&img, render.FromRGBA(v.pix, v.w, v.h, m.Background))
		}
		a.post(func() {
			p.measuring = false
			if err == nil && p.psnrFor == want {
				p.psnr = psnr
				a.event("psnr", map[string]any{"name": v.Name, "psnr_db": psnr})
			}
		})
	}()
}
