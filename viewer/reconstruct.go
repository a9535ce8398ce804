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

// openPhotograph opens a photograph to reconstruct a scene of a prior from, and says whether its pose is known: at is that of
// the window's view.
func openPhotograph(p *lfn.Prior, file string, from poseSource, at plucker.Pose) (v dataset.View, known bool, err error) {
	if from == poseOfData {
		return prior.OpenOfInstance(p, file, dataset.Cutout{})
	}
	v, err = prior.OpenPhotograph(p, file, dataset.Cutout{})
	if known = err == nil && from == poseOfView; known {
		v.Camera.Pose = at
		err = prior.CheckLens(p, &v)
	}
	return v, known, err
}

// reconstruct looks for the scene that a photograph shows, and calls seen with how far that is, every so often and in the
// end, and with the photograph from where it is taken to be then: its pose is searched where it is not known.
func reconstruct(ctx context.Context, p *lfn.Prior, v dataset.View, known bool, seen func(prior.Glimpse, dataset.View)) error {
	o := prior.ReconstructOptions{Watch: func(g prior.Glimpse) error {
		if !known {
			v.Camera = g.Orbit.Camera(p.Scene, v.Camera.Width, v.Camera.Height)
		}
		seen(g, v)
		return nil
	}}
	var err error
	if known {
		_, err = prior.Reconstruct(ctx, p, []dataset.View{v}, o)
	} else {
		_, err = prior.ReconstructUnknown(ctx, p, v, o)
	}
	return err
}
