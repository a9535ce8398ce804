package train

import (
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// pixels are all pixels of the training views, which rays are drawn from.
type pixels struct {
	views      []*dataset.View
	first      []uint64 // number of the first pixel of each view, and total
	total      uint64
	half       uint // bits: 2^(2·half) ≥ total
	frame      plucker.Frame
	background [3]float32
	seed       uint64
}

func newPixels(set *dataset.Set, background [3]float32, seed uint64) *pixels {
	p := &pixels{frame: set.Frame, background: background, seed: mix(seed)}
	for _, i := range set.Split(dataset.Train) {
		v := &set.Views[i]
		p.views = append(p.views, v)
		p.first = append(p.first, p.total)
		p.total += uint64(v.Camera.Width) * uint64(v.Camera.Height)
	}
	p.first = append(p.first, p.total)
	for p.half = 1; 1<<(2*p.half) < p.total; p.half++ {
	}
	return p
}

// draw picks len(rays) pixels at random, those numbered from first on in the run, and gives the rays through
// their centres and their colours over the background. The pixel depends on the number and the seed alone.
func (p *pixels) draw(first uint64, rays []plucker.Coords, rgb []float32) {
	var picked [64]struct {
		view  int
		pixel uint64
	}
	for len(rays) > 0 {
		some := picked[:min(len(rays), len(picked))]
		for i := range some { // apart from the rest, so that the next loop's cache misses overlap
			some[i].view, some[i].pixel = p.at(first + uint64(i))
		}
		for i, k := range some {
			px := p.views[k.view].Pix[4*k.pixel:][:4]
			a := float32(px[3]) * (1. / 255)
			for c := range 3 {
				rgb[3*i+c] = a*(float32(px[c])*(1./255)) + (1-a)*p.background[c]
			}
		}
		for i, k := range some {
			c := &p.views[k.view].Camera
			y, x := k.pixel/uint64(c.Width), k.pixel%uint64(c.Width)
			rays[i] = c.Coords(p.frame, float64(x)+0.5, float64(y)+0.5)
		}
		first += uint64(len(some))
		rays, rgb = rays[len(some):], rgb[3*len(some):]
	}
}

// at is the pixel that the n-th draw of a run takes. Every pixel is drawn once in each epoch of total draws,
// in an order that differs from epoch to epoch: a Feistel network over the smallest even number of bits that
// holds total permutes them, and numbers beyond total are sent through again (Black and Rogaway, Ciphers with
// arbitrary finite domains, 2002: cycle walking).
func (p *pixels) at(n uint64) (view int, pixel uint64) {
	epoch, k := n/p.total, n%p.total
	mask := uint64(1)<<p.half - 1
	key := p.seed ^ mix(epoch+1)
	for again := true; again; again = k >= p.total {
		l, r := k>>p.half, k&mask
		for i := range uint64(4) {
			l, r = r, l^mix(r+key+i<<32)&mask
		}
		k = l<<p.half | r
	}
	view = int(k * uint64(len(p.views)) / p.total) // exact where all views have one size
	for k < p.first[view] {
		view--
	}
	for k >= p.first[view+1] {
		view++
	}
	return view, k - p.first[view]
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
