package viewer

import (
	"context"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
	"lfnview/train/prior"
)

// poseSource is where the pose of a photograph is from.
type poseSource int

const (
	poseOfData  poseSource = iota // that of the data set which the file is in, and else searched
	poseUnknown                   // searched
	poseOfView                    // that of the window's view
)

// cutting says what is background in the photographs that are opened.
type cutting struct {
	plain bool       // what has nearly this colour
	color [3]float32 // sRGB
	mask  string     // of the next one only; "" for none
}

// begin takes what is said of the first photograph.
func (c *cutting) begin(first dataset.Cutout) {
	c.mask, c.plain = first.Mask, first.Color != nil
	if c.plain {
		c.color = *first.Color
	}
}

// next is what is background in the next photograph.
func (c *cutting) next() dataset.Cutout {
	cut := dataset.Cutout{Mask: c.mask}
	if c.mask = ""; c.plain {
		color := c.color
		cut.Color = &color
	}
	return cut
}

// openPhotograph opens a photograph to reconstruct a scene of a prior from: at is the pose of the window's view of a scene of a
// class.
func openPhotograph(p *lfn.Prior, file string, cut dataset.Cutout, from poseSource, at plucker.Pose, class int) (*prior.Photograph, error) {
	if from == poseOfData {
		return prior.OpenOfInstance(p, 0, file, cut)
	}
	photo, err := prior.OpenPhotograph(p, class, file, cut, prior.Lens(&p.Classes[class]))
	if err == nil && from == poseOfView {
		photo.Camera.Pose, photo.Known = at, true
	}
	return photo, err
}

// reconstruct looks for the scene that a photograph shows, of a class, or "" for any, and calls seen with how far that is,
// every so often and in the end, and with the photograph from where it is taken to be then: its pose is searched where it is
// not known.
func reconstruct(ctx context.Context, p *lfn.Prior, photo *prior.Photograph, class string, seen func(prior.Glimpse, dataset.View)) error {
	v := photo.View
	o := prior.ReconstructOptions{Class: class, Watch: func(g prior.Glimpse) error {
		if !photo.Known {
			v.Camera = g.Orbit.Camera(p.Classes[g.Class].Scene, v.Camera.Width, v.Camera.Height)
		}
		seen(g, v)
		return nil
	}}
	var err error
	if photo.Known {
		_, err = prior.Reconstruct(ctx, p, []dataset.View{v}, o)
	} else {
		_, err = prior.ReconstructUnknown(ctx, p, v, o)
	}
	return err
}
