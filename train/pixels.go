package train

import (
	"sort"

	"lfnview/plucker"
	"lfnview/train/dataset"
)

// pixels are all pixels of the training views, which rays are drawn from.
type pixels struct {
	views      []*dataset.View
	first      []uint64 // number of the first pixel of each view
	total      uint64
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
	return p
}

// draw picks len(rays) pixels at random, those numbered from first on in the run, and gives the rays through
// their centres and their colours over the background. The pixel depends on the number and the seed alone.
func (p *pixels) draw(first uint64, rays []plucker.Coords, rgb []float32) {
	for i := range rays {
		k := p.at(first + uint64(i))
		j := sort.Search(len(p.first), func(j int) bool { return p.first[j] > k }) - 1
		v := p.views[j]
		k -= p.first[j]
		w := uint64(v.Camera.Width)
		rays[i] = v.Camera.Coords(p.frame, float64(k%w)+0.5, float64(k/w)+0.5)
		px := v.Pix[4*k:][:4]
		a := float32(px[3]) / 255
		for c := range 3 {
			rgb[3*i+c] = a*float32(px[c])/255 + (1-a)*p.background[c]
		}
	}
}

// at is the pixel that the n-th draw of a run takes. Every pixel is drawn once in each round of total draws,
// in an order that differs from round to round: a Feistel network over the smallest even number of bits that
// holds total permutes them, and numbers beyond total are sent through again (Black and Rogaway, Ciphers with
// arbitrary finite domains, 2002: cycle walking).
func (p *pixels) at(n uint64) uint64 {
	round, k := n/p.total, n%p.total
	half := uint(1)
	for 1<<(2*half) < p.total {
		half++
	}
	mask := uint64(1)<<half - 1
	key := p.seed ^ mix(round+1)
	for {
		l, r := k>>half, k&mask
		for i := range uint64(4) {
			l, r = r, l^(mix(r+key+i<<32)&mask)
		}
		if k = l<<half | r; k < p.total {
			return k
		}
	}
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
