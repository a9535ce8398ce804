package prior

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train"
	"lfnview/train/dataset"
)

// baselines say how well unseen instances are told by the training photographs, without a prior.
type baselines struct {
	gallery   *gallery
	instances []int      // of the class, for training
	prior     *lfn.Prior // whose background it is, and the sizes of whose scenes

	mean map[[2]int]*render.Image // of all photographs of a size
}

// mostCompared is among how many training instances the nearest is looked for.
const mostCompared = 5000

func newBaselines(p *lfn.Prior, class *dataset.Class, o dataset.Options) *baselines {
	b := &baselines{prior: p, mean: map[[2]int]*render.Image{}}
	b.gallery = newGallery(class, o, cacheLimit(0, train.FreeMemory()))
	b.instances = train.Spread(class.Split(dataset.Train), mostCompared)
	return b
}

// score compares all views but the input with the nearest instance, and with the mean picture. The nearest instance is that
// whose photograph, from the camera nearest to the input's, is nearest to the input view; for another view it gives its
// photograph from the camera nearest to that. Without any of the same size, both are worth nothing, NaN. The instance itself,
// where it is one of them, is not its nearest.
func (b *baselines) score(instance int, views []dataset.View, input int) (nearest, mean Score, err error) {
	in := photoOf(&views[input], b.prior.Background)
	errs, failed := make([]float64, len(b.instances)), make([]error, len(b.instances))
	b.each(func(k int) {
		errs[k] = math.Inf(1)
		if b.instances[k] == instance {
			return
		}
		var img *render.Image
		if img, failed[k] = b.from(k, &views[input].Camera); img != nil {
			errs[k] = -render.PSNR(in, img)
		}
	})
	for _, err := range failed {
		if err != nil {
			return nearest, mean, err
		}
	}
	best := -1
	for k, e := range errs {
		if !math.IsInf(e, 1) && (best < 0 || e < errs[best]) {
			best = k
		}
	}
	picture, err := b.meanOf(in.Width, in.Height)
	if err != nil {
		return nearest, mean, err
	}
	others := float64(len(views) - 1)
	for i := range views {
		if i == input {
			continue
		}
		photo := photoOf(&views[i], b.prior.Background)
		var other *render.Image
		if best >= 0 {
			if other, err = b.from(best, &views[i].Camera); err != nil {
				return nearest, mean, err
			}
		}
		nearest.add(photo, other, 1/others)
		mean.add(photo, picture, 1/others)
	}
	return nearest, mean, nil
}

// add adds a share of how well a picture tells a photograph.
func (s *Score) add(photo, img *render.Image, share float64) {
	if img == nil || img.Width != photo.Width || img.Height != photo.Height {
		*s = Score{math.NaN(), math.NaN()}
		return
	}
	one := score(photo, img)
	s.PSNRdB += share * one.PSNRdB
	s.SSIM += share * one.SSIM
}

// from is the photograph of an instance whose camera is nearest to one, among those of its size; nil where there is none.
func (b *baselines) from(k int, c *plucker.Camera) (*render.Image, error) {
	a, err := b.gallery.open(b.instances[k], 0)
	if err != nil {
		return nil, err
	}
	class := b.prior.ClassNamed(b.gallery.class.Instances[b.instances[k]].Class)
	radius := b.prior.Classes[class].Scene.Radius
	best, least := -1, math.Inf(1)
	for i := range a.set.Views {
		o := &a.set.Views[i].Camera
		if d := train.CameraDistance(c, o, radius); o.Width == c.Width && o.Height == c.Height && d < least {
			best, least = i, d
		}
	}
	if best < 0 {
		return nil, nil
	}
	v, pix, err := a.photo(best)
	if err != nil {
		return nil, err
	}
	return render.FromRGBA(pix, v.Camera.Width, v.Camera.Height, b.prior.Background), nil
}

// meanOf is the mean of all photographs of a size; nil where there is none.
func (b *baselines) meanOf(w, h int) (*render.Image, error) {
	if m, ok := b.mean[[2]int{w, h}]; ok {
		return m, nil
	}
	sum, count := make([]float64, 3*w*h), 0
	for _, instance := range b.instances {
		a, err := b.gallery.open(instance, 0)
		if err != nil {
			return nil, err
		}
		for i := range a.set.Views {
			if c := &a.set.Views[i].Camera; c.Width != w || c.Height != h {
				continue
			}
			_, pix, err := a.photo(i)
			if err != nil {
				return nil, err
			}
			count++
			for k, v := range render.FromRGBA(pix, w, h, b.prior.Background).Pix {
				sum[k] += float64(v)
			}
		}
		b.gallery.trim(1)
	}
	var m *render.Image
	if count > 0 {
		m = render.NewImage(w, h)
		for k, v := range sum {
			m.Pix[k] = float32(v / float64(count))
		}
	}
	b.mean[[2]int{w, h}] = m
	return m, nil
}

// each calls f for every instance, several at once.
func (b *baselines) each(f func(k int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for k := int(next.Add(1)) - 1; k < len(b.instances); k = int(next.Add(1)) - 1 {
				f(k)
			}
		})
	}
	wg.Wait()
	b.gallery.trim(1)
}
