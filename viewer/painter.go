//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"time"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
)

// A painter makes pictures of a model in a texture of the window. None of its methods but load waits for a picture.
type painter interface {
	// load takes another model; the former stays where it fails.
	load(m *lfn.Model) error

	// prepare returns a function that makes what update needs in any goroutine; update takes newer weights of a network
	// of the same shape.
	prepare() func(m *lfn.Model) prepared
	update(m *lfn.Model, p prepared) error

	// begin begins a picture of what cam sees, with the lens and the rays a pixel of o, of which Samples is above 0, and
	// drops what was in the making. With geometry, the picture has what its rays meet, too.
	begin(cam *plucker.Camera, o render.Options, geometry bool)

	// advance goes on with it for about so long, and says whether the picture that is shown has changed.
	advance(budget time.Duration) (changed bool, err error)

	// busy says whether the picture begun is not yet whole, with all its rays.
	busy() bool

	// picture is the newest that can be shown.
	picture() picture

	// speed is how many rays a second it renders, and how long it took for the newest picture; 0 before that is known.
	speed() (raysPerS float64, took time.Duration)

	about() about
	close()
}

// prepared is what a painter makes of a model outside the window's goroutine.
type prepared any

// picture is a texture and what it shows.
type picture struct {
	texture            uint32 // 0 before the first
	geometry           uint32 // as gpu.Canvas.GeometryTexture says, of the same size; 0 where the picture has none
	w, h               int    // the part of the texture in use, from its first texel on
	textureW, textureH int
	cam                plucker.Camera
	passes, of         int // rays a pixel so far, and when it is done
}

// about says what a painter is.
type about struct {
	device    string // cpu or gpu
	name      string
	precision string
}
