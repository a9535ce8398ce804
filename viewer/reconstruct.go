package viewer

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
	"lfnview/train/prior"
)

// isPhotograph says whether the name of a file is that of an image.
func isPhotograph(file string) bool {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp":
		return true
	}
	return false
}

// poseSource is where the pose of a photograph is from.
type poseSource int

const (
	poseOfData  poseSource = iota // that of the data set which the file is in, and else searched
	poseUnknown                   // searched
	poseOfView                    // that of the window's view
)

// openPhotograph opens a photograph to reconstruct a scene of a prior from, no larger than those that the prior was trained
// on, and says whether its pose is known: at is that of the window's view.
func openPhotograph(p *lfn.Prior, file string, from poseSource, at plucker.Pose) (v dataset.View, known bool, err error) {
	side := 0
	for i := range p.Cameras {
		side = max(side, p.Cameras[i].Width, p.Cameras[i].Height)
	}
	side = cmp.Or(side, unknownSide)
	if from == poseOfData {
		v, known, err = openOfInstance(file, side)
	}
	if err == nil && !known {
		v, err = openAlone(p, file, side)
		if known = from == poseOfView; known {
			v.Camera.Pose = at
		}
	}
	return v, known, err
}

// unknownSide is how large photographs of a prior are taken for where it does not say, in pixels.
const unknownSide = 64

// openAlone opens a photograph with the lens of a prior's.
func openAlone(p *lfn.Prior, file string, side int) (v dataset.View, err error) {
	pix, w, h, err := dataset.OpenPhotograph(file, side)
	if err != nil {
		return v, err
	}
	if len(p.Cameras) > 0 {
		c := &p.Cameras[0]
		if r := float64(w) * float64(c.Height) / (float64(h) * float64(c.Width)); r < 0.98 || r > 1.02 {
			return v, fmt.Errorf("%s: is %d×%d pixels, and the photographs of this prior are %d×%d: cut it to that aspect", file, w, h, c.Width, c.Height)
		}
	}
	return dataset.View{Name: filepath.Base(file), Pix: pix, Camera: prior.Lookout(p).Camera(p.Scene, w, h)}, nil
}

// openOfInstance opens a photograph with its camera where it is in an instance of a class that has some, see
// [dataset.Class].
func openOfInstance(file string, side int) (v dataset.View, known bool, err error) {
	dir := filepath.Dir(filepath.Dir(absolute(file)))
	if !exists(filepath.Join(dir, "pose")) && !exists(filepath.Join(dir, "cameras.npz")) {
		return v, false, nil
	}
	class := dataset.Class{Path: filepath.Dir(dir), Instances: []dataset.Instance{{Name: filepath.Base(dir)}}}
	a, err := class.Peek(0, dataset.Options{MaxSize: side})
	if err != nil {
		return v, false, err
	}
	for i := range a.Views {
		if filepath.Join(dir, filepath.FromSlash(a.Views[i].Name)) == absolute(file) {
			v = a.Views[i]
			v.Pix, err = a.Read(i)
			return v, err == nil, err
		}
	}
	return v, false, nil
}

// glimpse is how far a reconstruction is.
type glimpse struct {
	prior.Found
	view dataset.View // with the camera that is known by now
	done float64      // of the work, from 0 to 1
}

// firstGlimpse is about how many steps the first glimpse takes.
const firstGlimpse = 25

// reconstruct looks for the scene that a photograph shows, ever more thoroughly, and calls seen with what it has found each
// time: first for few steps, and then for twice as many, up to [prior.DefaultReconstructSteps].
func reconstruct(ctx context.Context, p *lfn.Prior, v dataset.View, known bool, seen func(glimpse)) error {
	steps := prior.DefaultReconstructSteps
	all, done := 0, 0
	look := func(found *prior.Found) {
		done += steps
		steps *= 2
		seen(glimpse{*found, v, float64(done) / float64(all)})
	}
	for n := steps; n >= firstGlimpse; n /= 2 {
		all, steps = all+n, n
	}
	if !known {
		found, err := prior.ReconstructUnknown(ctx, p, v, prior.ReconstructOptions{Steps: steps})
		if err != nil {
			return err
		}
		v.Camera = found.Orbit.Camera(p.Scene, v.Camera.Width, v.Camera.Height)
		look(&found.Found)
	}
	for done < all {
		found, err := prior.Reconstruct(ctx, p, []dataset.View{v}, prior.ReconstructOptions{Steps: steps})
		if err != nil {
			return err
		}
		look(found)
	}
	return nil
}
