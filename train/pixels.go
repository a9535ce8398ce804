package train

import (
	"encoding/binary"
	"sync"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// pixels are all pixels of the training views, which rays are drawn from, or the rays of a scene that is looked at from
// ever new places.
type pixels struct {
	fresh      func(keys []uint64, rays []plucker.Ray, rgba [][4]float32) // nil where there are views alone
	scratch    sync.Pool                                                  // of *fresher
	views      []*dataset.View
	cameras    []plucker.Camera // of the views
	gains      []float32        // 3 of each view, that its colours are divided by
	first      []uint64         // number of the first pixel of each view, and total
	total      uint64
	density    float64 // views a pixel
	half       uint    // bits: 2^(2·half) ≥ total
	frame      plucker.Frame
	size       float64 // see pixelSize
	background [3]float32
	seed       uint64
}

func newPixels(set *dataset.Set, background [3]float32, seed uint64) *pixels {
	p := &pixels{fresh: set.Fresh, frame: set.Frame, size: pixelSize(set), background: background, seed: Mix(seed)}
	for _, i := range set.Split(dataset.Train) {
		v := &set.Views[i]
		p.views = append(p.views, v)
		p.cameras = append(p.cameras, v.Camera)
		p.gains = append(p.gains, 1, 1, 1)
		p.first = append(p.first, p.total)
		p.total += uint64(v.Camera.Width) * uint64(v.Camera.Height)
	}
	p.first = append(p.first, p.total)
	p.density = float64(len(p.views)) / float64(p.total)
	for p.half = 1; 1<<(2*p.half) < p.total; p.half++ {
	}
	return p
}

// pixelSize is how many scene radii a pixel of the training views is wide at the scene's centre, in the mean; 0 for fresh
// rays, which are as fine as anything.
func pixelSize(set *dataset.Set) float64 {
	if set.Fresh != nil {
		return 0
	}
	sum := 0.0
	views := set.Split(dataset.Train)
	for _, i := range views {
		sum += footprint(&set.Views[i].Camera, &set.Frame)
	}
	return sum / float64(max(len(views), 1))
}

// footprint is how many scene radii a pixel of a camera is wide at the scene's centre, and at its edge where the camera is
// within.
func footprint(c *plucker.Camera, f *plucker.Frame) float64 {
	return max(1, c.Pose.Pos.Sub(f.Center).Len()/f.Radius) / c.Intrinsics.Fx
}

// draw picks len(rays) pixels at random, those numbered from first on in the run, and gives the rays through
// their centres, their colours without the gains and over the background, and the views, which fresh rays do not have.
// The pixel, or the fresh ray, depends on the number and the seed alone.
func (p *pixels) draw(first uint64, rays []plucker.Coords, rgb []float32, views []int32) {
	if p.fresh != nil {
		p.drawFresh(first, rays, rgb)
		return
	}
	var picked [64]struct {
		view  int
		pixel uint32
		rgba  uint32
	}
	for len(rays) > 0 {
		some := picked[:min(len(rays), len(picked))]
		epoch, k := first/p.total, first%p.total
		key := p.key(epoch)
		for i := range some {
			some[i].view, some[i].pixel = p.at(key, k)
			if k++; k == p.total {
				epoch, k = epoch+1, 0
				key = p.key(epoch)
			}
		}
		for i := range some { // a loop of nothing else, so that the cache misses overlap
			pick := &some[i]
			pick.rgba = p.rgba(pick.view, pick.pixel)
		}
		for i := range some {
			pick := &some[i]
			views[i] = int32(pick.view)
			p.color(pick.view, pick.rgba, rgb[3*i:])
			cam := &p.cameras[pick.view]
			y, x := pick.pixel/uint32(cam.Width), pick.pixel%uint32(cam.Width)
			rays[i] = cam.Coords(p.frame, float64(x)+0.5, float64(y)+0.5)
		}
		first += uint64(len(some))
		rays, rgb, views = rays[len(some):], rgb[3*len(some):], views[len(some):]
	}
}

// some picks n pixels of a view at random, by the step and the seed, and gives their colours as in draw.
func (p *pixels) some(view, step, n int) (at []uint32, rgb []float32) {
	c := &p.cameras[view]
	at, rgb = make([]uint32, n), make([]float32, 3*n)
	key := p.seed ^ Mix(uint64(step)<<32|uint64(view))
	for i := range at {
		at[i] = uint32(Mix(key+uint64(i)) % (uint64(c.Width) * uint64(c.Height)))
		p.color(view, p.rgba(view, at[i]), rgb[3*i:])
	}
	return at, rgb
}

// seen is what field answers at some pixels of a camera.
func seen(field lfn.LightField, c plucker.Camera, f plucker.Frame, at []uint32) []float32 {
	rays := make([]plucker.Coords, len(at))
	for i, pixel := range at {
		y, x := pixel/uint32(c.Width), pixel%uint32(c.Width)
		rays[i] = c.Coords(f, float64(x)+0.5, float64(y)+0.5)
	}
	rgb := make([]float32, 3*len(at))
	field.Colors(rgb, rays)
	return rgb
}

// rgba is a pixel of a view.
func (p *pixels) rgba(view int, pixel uint32) uint32 {
	return binary.LittleEndian.Uint32(p.views[view].Pix[4*int(pixel):])
}

// color is the colour of a pixel of a view without the gains and over the background.
func (p *pixels) color(view int, rgba uint32, rgb []float32) {
	a := float32(rgba>>24) * (1. / 255)
	for c, gain := range p.gains[3*view:][:3] {
		rgb[c] = a*(float32(rgba>>(8*c)&0xff)*(1./255)/gain) + (1-a)*p.background[c]
	}
}

// freshRays is how many fresh rays are asked for at a time.
const freshRays = 256

// fresher is room for them.
type fresher struct {
	keys [freshRays]uint64
	rays [freshRays]plucker.Ray
	rgba [freshRays][4]float32
}

// drawFresh is draw for fresh rays.
func (p *pixels) drawFresh(first uint64, rays []plucker.Coords, rgb []float32) {
	f, _ := p.scratch.Get().(*fresher)
	if f == nil {
		f = new(fresher)
	}
	defer p.scratch.Put(f)
	for len(rays) > 0 {
		n := min(len(rays), freshRays)
		for i := range n {
			f.keys[i] = Mix(p.seed ^ (first + uint64(i)))
		}
		p.fresh(f.keys[:n], f.rays[:n], f.rgba[:n])
		for i := range n {
			rays[i] = p.frame.Coords(f.rays[i])
			c := &f.rgba[i]
			for k, bg := range p.background {
				rgb[3*i+k] = c[3]*c[k] + (1-c[3])*bg
			}
		}
		first += uint64(n)
		rays, rgb = rays[n:], rgb[3*n:]
	}
}

// key is what the order of an epoch depends on.
func (p *pixels) key(epoch uint64) uint64 { return p.seed ^ Mix(epoch+1) }

// at is the pixel that is drawn as number k, below total, of the epoch with that key. Every pixel is drawn once in
// each epoch: a Feistel network over the smallest even number of bits that holds total permutes them, and numbers
// beyond total are sent through again (Black and Rogaway, Ciphers with arbitrary finite domains, 2002: cycle walking).
func (p *pixels) at(key, k uint64) (view int, pixel uint32) {
	mask := uint64(1)<<p.half - 1
	for again := true; again; again = k >= p.total {
		l, r := k>>p.half, k&mask
		for i := range uint64(4) {
			l, r = r, l^Mix(r+key+i<<32)&mask
		}
		k = l<<p.half | r
	}
	view = int(float64(k) * p.density) // right, or next to it, where all views have one size
	for k < p.first[view] {
		view--
	}
	for k >= p.first[view+1] {
		view++
	}
	return view, uint32(k - p.first[view])
}

// Mix is the finaliser of SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014).
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
