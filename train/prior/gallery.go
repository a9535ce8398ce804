package prior

import (
	"sync"

	"lfnview/train/dataset"
)

// gallery holds photographs of a class, as many as there is room for. They are read when they are needed, and those that
// were not needed in the last step make room for others.
type gallery struct {
	class   *dataset.Class
	options dataset.Options
	limit   int64 // bytes

	mu     sync.Mutex
	size   int64
	albums map[int]*album // by instance
}

// album is an instance in a gallery.
type album struct {
	gallery *gallery
	step    int // in which it was last opened

	mu    sync.Mutex // of what follows
	set   *dataset.Album
	pix   [][]byte // of each view; nil where it was not read
	light [][]byte // what lightOf says of each view; nil where nobody asked
	size  int64
}

// viewBytes is about what a view takes beside its pixels.
const viewBytes = 512

func newGallery(class *dataset.Class, o dataset.Options, limit int64) *gallery {
	return &gallery{class: class, options: o, limit: limit, albums: map[int]*album{}}
}

// open returns an instance for a step, until [gallery.trim] of a later one. It may be called by several goroutines.
func (g *gallery) open(instance, step int) (*album, error) {
	g.mu.Lock()
	a := g.albums[instance]
	if a == nil {
		a = &album{gallery: g}
		g.albums[instance] = a
	}
	a.step = step
	g.mu.Unlock()

	a.mu.Lock()
	defer a.mu.Unlock()
	if a.set != nil {
		return a, nil
	}
	set, err := g.class.Peek(instance, g.options)
	if err != nil {
		return nil, err
	}
	a.set, a.pix, a.light = set, make([][]byte, len(set.Views)), make([][]byte, len(set.Views))
	a.grow(int64(len(set.Views)) * viewBytes)
	return a, nil
}

// photo is a view with its pixels.
func (a *album) photo(view int) (*dataset.View, []byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pix[view] == nil {
		pix, err := a.set.Read(view)
		if err != nil {
			return nil, nil, err
		}
		a.pix[view] = pix
		a.grow(int64(len(pix)))
	}
	return &a.set.Views[view], a.pix[view], nil
}

func (a *album) grow(bytes int64) {
	a.size += bytes
	a.gallery.mu.Lock()
	a.gallery.size += bytes
	a.gallery.mu.Unlock()
}

// trim takes out what was not opened in that step until the rest fits. Which is left to chance: where instances come in a
// new order each time, none is more likely to be needed next.
func (g *gallery) trim(step int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for instance, a := range g.albums {
		if g.size <= g.limit {
			return
		}
		if a.step != step {
			g.size -= a.size
			delete(g.albums, instance)
		}
	}
}
