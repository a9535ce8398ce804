package prior

import (
	"fmt"
	"path/filepath"
	"slices"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// longerSide is the longer side of the photographs that a prior was trained on, in pixels, which others are brought down to.
func longerSide(p *lfn.Prior) int {
	side := 0
	for _, c := range p.Classes {
		for i := range c.Cameras {
			side = max(side, c.Cameras[i].Width, c.Cameras[i].Height)
		}
	}
	if side == 0 {
		side = unknownSide
	}
	return side
}

// unknownSide is how large photographs of a prior are taken for where it does not say, in pixels.
const unknownSide = 64

// A Photograph is one to reconstruct a scene from.
type Photograph struct {
	dataset.View
	Known bool     // its camera is; else it is at [Lookout]
	Notes []string // what a user should be told, one line each
}

// OpenPhotograph opens a photograph to reconstruct from, no larger than those that the prior was trained on. Its camera has
// the lens of those of a class, and is at [Lookout]: from where it was taken is not known here. cut says what in it is
// background. It is brought to the aspect of what the camera like takes, see [dataset.PhotographOptions]; nil leaves it.
func OpenPhotograph(p *lfn.Prior, class int, file string, cut dataset.Cutout, like *plucker.Camera) (*Photograph, error) {
	o := dataset.PhotographOptions{Cutout: cut, MaxSide: longerSide(p), Background: p.Background}
	if like != nil {
		o.Width, o.Height = like.Width, like.Height
	}
	photo, err := dataset.OpenPhotograph(file, o)
	if err != nil {
		return nil, err
	}
	c := &p.Classes[class]
	camera := Lookout(c).Camera(c.Scene, photo.Width, photo.Height)
	notes := photo.Notes
	if note := foreignBorder(p, photo); note != "" {
		notes = append(notes, note)
	}
	return &Photograph{View: dataset.View{Name: filepath.Base(file), Pix: photo.Pix, Camera: camera}, Notes: notes}, nil
}

// OpenOfInstance opens a photograph as [OpenPhotograph] does. Its camera is known where the file is in the folder of an
// instance, see [dataset.IsInstanceFolder], and is the one that it has there. Else it has the aspect of [Lens].
func OpenOfInstance(p *lfn.Prior, class int, file string, cut dataset.Cutout) (*Photograph, error) {
	own, err := inInstance(p, file)
	if err != nil {
		return nil, err
	}
	if own == nil {
		return OpenPhotograph(p, class, file, cut, Lens(&p.Classes[class]))
	}
	photo, err := OpenPhotograph(p, class, file, cut, nil)
	if err != nil {
		return nil, err
	}
	photo.Name, photo.Camera, photo.Known = own.Name, own.Camera, true
	return photo, nil
}

// inInstance is the view of an instance that a file has the photograph of; nil where it has none.
func inInstance(p *lfn.Prior, file string) (*dataset.View, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("prior: %s: %w", file, err)
	}
	dir := filepath.Dir(filepath.Dir(path))
	if !dataset.IsInstanceFolder(dir) {
		return nil, nil
	}
	a, err := OpenFolder(p, dir)
	if err != nil {
		return nil, err
	}
	for i := range a.Views {
		if filepath.Join(dir, filepath.FromSlash(a.Views[i].Name)) == path {
			return &a.Views[i], nil
		}
	}
	return nil, nil
}

// Lens is a camera with the lens of those of a class; nil where the prior does not say.
func Lens(c *lfn.Class) *plucker.Camera {
	if len(c.Cameras) == 0 {
		return nil
	}
	return &c.Cameras[0].Camera
}

// OpenFolder opens an instance with its cameras, from its folder, as [OpenPhotograph] opens a photograph. None is read yet.
func OpenFolder(p *lfn.Prior, folder string) (*dataset.Album, error) {
	alone := dataset.Class{Path: folder, Instances: []dataset.Instance{{}}}
	return alone.Peek(0, dataset.Options{MaxSize: longerSide(p)})
}

// checkLens says what keeps a photograph from having the lens of those of a class.
func checkLens(class *lfn.Class, v *dataset.View) error {
	lens := Lens(class)
	if c := &v.Camera; lens != nil && !dataset.SameAspect(c.Width, c.Height, lens.Width, lens.Height) {
		return fmt.Errorf("prior: %s is %d×%d pixels, and the photographs of the prior are %d×%d: cut it to that aspect", v.Name, c.Width, c.Height, lens.Width, lens.Height)
	}
	return nil
}

// facing are those of some classes which views may show: it leaves out one where a camera has all of the scene at its back,
// but for classes that have been photographed so. Where none is left, it says so.
func facing(p *lfn.Prior, classes []int, views []dataset.View) ([]int, error) {
	var may []int
	var away *dataset.View
	for _, k := range classes {
		c := &p.Classes[k]
		i := slices.IndexFunc(views, func(v dataset.View) bool { return turnedAway(&v.Camera, c.Scene) })
		if i < 0 || slices.ContainsFunc(c.Cameras, func(v lfn.View) bool { return turnedAway(&v.Camera, c.Scene) }) {
			may = append(may, k)
		} else {
			away = &views[i]
		}
	}
	if may == nil {
		return nil, fmt.Errorf("the camera of %s has the scene at its back: its axes are not those that the layout has, or it is of another scene", away.Name)
	}
	return may, nil
}

// turnedAway says whether all of a scene is behind a camera.
func turnedAway(c *plucker.Camera, f plucker.Frame) bool {
	return f.Center.Sub(c.Pose.Pos).Dot(c.Pose.Forward()) < -f.Radius
}

// Model decodes a latent of a class to a model of the scene that photographs show, with their cameras.
func Model(p *lfn.Prior, z lfn.Latent, class int, photographs []dataset.View) *lfn.Model {
	m := p.Model(z, class)
	m.Cameras = nil
	for i := range photographs {
		v := &photographs[i]
		m.Cameras = append(m.Cameras, lfn.View{Name: v.Name, Split: dataset.Train.String(), Camera: v.Camera})
	}
	return m
}

const (
	leastPSNRdB = 16 // below what a photograph of a prior's class comes out with

	// severalDB is how far below what views of unseen instances have that were not given several photographs may come out: what
	// is hard to tell has less than the mean, while a single photograph has more in any case. See bench/quality.md.
	severalDB = 1
)

// Doubts say, a line each, what speaks against a reconstruction, of a class, from photographs, of which each came out with so
// many dB: a camera that is upside down where none of that class is, and photographs that come out with less in the mean than
// views of unseen instances did that were not given, and several of them with clearly less.
func Doubts(p *lfn.Prior, class int, photographs []dataset.View, psnrsDB []float64) []string {
	var doubts []string
	if c := &p.Classes[class]; upright(c) {
		for i := range photographs {
			if v := &photographs[i]; v.Camera.Pose.Up().Dot(c.Scene.Up) < -slightly {
				doubts = append(doubts, fmt.Sprintf("the camera of %s is upside down, as none of those is that the prior was trained on", v.Name))
				break
			}
		}
	}
	mean, worst := 0., 0
	for i, db := range psnrsDB {
		mean += db / float64(len(psnrsDB))
		if db < psnrsDB[worst] {
			worst = i
		}
	}
	name := photographs[worst].Name
	least := p.Training.PSNRdB
	if len(photographs) > 1 {
		least -= severalDB
	}
	switch {
	case mean >= max(leastPSNRdB, least):
	case len(photographs) == 1:
		doubts = append(doubts, fmt.Sprintf("%s is told with %.1f dB only: is it of the prior's class, and its camera right?", name, mean))
	default:
		doubts = append(doubts, fmt.Sprintf("%d photographs are told with %.1f dB only, %s with %.1f: are they of the prior's class, and their cameras right?",
			len(photographs), mean, name, psnrsDB[worst]))
	}
	return doubts
}

// slightly is how far a camera's +Y may be below the horizon and the camera upright: the sine of that angle.
const slightly = 0.1

// upright says whether all cameras of a class are.
func upright(c *lfn.Class) bool {
	return !slices.ContainsFunc(c.Cameras, func(v lfn.View) bool { return v.Pose.Up().Dot(c.Scene.Up) < -slightly })
}
