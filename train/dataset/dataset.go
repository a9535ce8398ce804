package dataset

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"lfnview/plucker"
)

// Split says what a view is for.
type Split int

const (
	Train Split = iota // its pixels are learned
	Test               // held out: it only measures
)

// String returns "train" or "test".
func (s Split) String() string {
	switch s {
	case Train:
		return "train"
	case Test:
		return "test"
	}
	return fmt.Sprintf("Split(%d)", int(s))
}

// A View is one photograph and the camera that took it.
type View struct {
	Name   string         // the image's path below the data set, with slashes, such as "train/r_0.png"
	Camera plucker.Camera // intrinsics fit Width×Height of Pix, whatever the size on disk
	Split  Split

	// Pix is Camera.Height·Camera.Width·4 bytes, row-major, row 0 the top: R, G, B, A, sRGB, straight alpha.
	// Peek leaves it nil.
	Pix []byte

	// Depth is Height·Width distances along the viewing axis, in world units, of what the ray through a pixel's middle
	// meets; 0 where that is nothing. Nil where it is not known, or [Options.Depth] did not ask for it.
	Depth []float32

	depthFile string // that has it; empty where none does
}

// A Set is a data set: views of one scene.
type Set struct {
	Path     string   // as given to Open; empty for Procedural
	Format   string   // the name of its layout, see [Formats]
	Views    []View   // in the order of the files, training file first
	Space             // where the content is; its Frame puts it into the unit ball
	Warnings []string // what a user should be told, one line each

	// Fresh is not nil where the scene can be looked at from anywhere, see [Options.Endless]. For each key it chooses a ray
	// of a camera that nobody has used, and says its colour: sRGB, straight alpha. It may be called concurrently.
	Fresh func(keys []uint64, rays []plucker.Ray, rgba [][4]float32)
}

// Options say how to open a data set. The zero value means full size and every 8th view held out where the
// data set has no test split of its own.
type Options struct {
	Format string // the name of the layout, see [Formats]; "" finds it by looking

	Scale   int // width and height are divided by Scale and rounded; 0 and 1 keep them
	MaxSize int // then the longer side is brought down to MaxSize pixels; 0 has no limit

	// Holdout makes every Holdout-th view, from the first, a test view where the data set has no split.
	// 0 means 8; a negative number holds none out.
	Holdout int

	Grid GridOptions // of views from a regular grid of places

	Render RenderOptions // of a glTF scene

	// Endless is for training: where the data set is a glTF scene, the Set has Fresh, and its training views have no Pix.
	Endless bool

	// Depth asks for the true depth of views, where the data set has it: of the built-in scene and glTF scenes, in .npy and
	// .pfm files that a transforms JSON names by depth_file_path, and in HCI's gt_depth_lowres_Cam040.pfm. In a photograph
	// that is read smaller, a pixel has that of its middle.
	Depth bool

	Workers int // images decoded at a time; 0 means GOMAXPROCS
}

// Open reads the data set at path, a folder or, of some layouts, a file, with all of its images.
//
// Images are decoded and scaled down in parallel; of each, only the scaled pixels are kept. An image that
// is missing is skipped, and all of those make one line of Warnings; anything else that is wrong is an error,
// a *FormatError where it stands in a file that describes cameras. Open returns ctx.Err() soon after ctx is done.
func Open(ctx context.Context, path string, o Options) (*Set, error) {
	if isGLTF(path, o.Format) {
		return openGLTF(ctx, path, o, true)
	}
	s, files, err := plan(path, o)
	if err == nil {
		err = load(ctx, s.Views, files, o.Workers)
	}
	if err == nil && o.Depth {
		err = loadDepths(ctx, s.Views, o.Workers)
	}
	if err == nil {
		err = s.checkFocus(ctx, o.Workers)
	}
	if err == nil && s.Format != lytroLayout.name { // whose dark views are told of
		err = s.checkExposure(ctx, o.Workers)
	}
	if err == nil {
		err = s.checkTransparent()
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("dataset: open %s: %w", path, err)
	}
	return s, nil
}

// Peek opens the data set at path as Open does, but reads no more of an image than its header: the cameras, sizes,
// splits and Frame are there, and Pix is nil. Only where nothing but the photographs tells how far things are, as in
// views from a grid, it looks into some.
func Peek(path string, o Options) (*Set, error) {
	if isGLTF(path, o.Format) {
		return openGLTF(context.Background(), path, o, false)
	}
	s, _, err := plan(path, o)
	if err != nil {
		return nil, fmt.Errorf("dataset: open %s: %w", path, err)
	}
	return s, nil
}

// Split returns the indices into Views of the views for sp, in order.
func (s *Set) Split(sp Split) []int {
	var idx []int
	for i := range s.Views {
		if s.Views[i].Split == sp {
			idx = append(idx, i)
		}
	}
	return idx
}

// plan finds the files of a data set and works out its cameras. The files are the paths of the images, one
// for each view.
func plan(path string, o Options) (s *Set, files []string, err error) {
	if o.Scale < 0 || o.MaxSize < 0 || o.Workers < 0 {
		return nil, nil, fmt.Errorf("scale %d, max size %d, workers %d: must not be negative", o.Scale, o.MaxSize, o.Workers)
	}
	if o.Holdout == 1 {
		return nil, nil, fmt.Errorf("holdout 1 leaves no view to train on: take 2 or more, or a negative number to hold none out")
	}
	l, err := findLayout(path, o.Format)
	if err != nil {
		return nil, nil, err
	}
	src, err := l.source(path, o.Grid)
	if err != nil {
		return nil, nil, err
	}
	s = &Set{Path: path, Format: l.name, Warnings: src.warnings}
	missing, firstMissing, hasSplit, cutOut := 0, "", false, false
	folded, otherCase, firstOther := foldedNames{}, 0, ""
	for _, sh := range src.shots {
		file, name, ok := findImage(sh.dir, sh.name)
		if !ok {
			if file, name, ok = folded.find(sh.dir, sh.name); ok {
				if otherCase == 0 {
					firstOther = fmt.Sprintf("%s for %s", name, sh.name)
				}
				otherCase++
			}
		}
		if !ok {
			if missing == 0 {
				firstMissing = sh.name
			}
			missing++
			continue
		}
		w, h, hasAlpha, err := imageHeader(file)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		cutOut = cutOut || hasAlpha
		cam, err := sh.camera(w, h)
		if err != nil {
			return nil, nil, fmt.Errorf("%w (image %s is %d×%d)", err, name, w, h)
		}
		hasSplit = hasSplit || sh.split == Test
		v := View{Name: name, Camera: cam.Scaled(o.size(w, h)), Split: sh.split}
		if sh.depth != "" {
			v.depthFile = filepath.Join(sh.dir, filepath.FromSlash(sh.depth))
		}
		s.Views = append(s.Views, v)
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("none of the %d images is there, such as %s: unpack them there", missing, firstMissing)
	}
	if missing > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d of %d images are missing, such as %s: their frames are skipped", missing, len(src.shots), firstMissing))
	}
	if otherCase > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d of %d images are found by names in which upper and lower case differ, such as %s", otherCase, len(src.shots), firstOther))
	}
	if err := s.checkNames(files); err != nil {
		return nil, nil, err
	}
	if !hasSplit {
		holdOut(s.Views, o.Holdout)
	}
	var total int64
	cams := make([]plucker.Camera, len(s.Views))
	for i := range s.Views {
		cams[i] = s.Views[i].Camera
		total += 4 * int64(cams[i].Width) * int64(cams[i].Height)
	}
	if total > maxSetBytes {
		return nil, nil, fmt.Errorf("%d images need %.1f GB of memory, at most %.1f are taken: open it with a scale or maximum size",
			len(cams), float64(total)/1e9, float64(maxSetBytes)/1e9)
	}
	if src.space != nil {
		s.Space = *src.space
	} else {
		frame := src.frame
		if frame == nil {
			f := plucker.FrameOf(cams)
			frame = &f
		}
		s.Space = src.spaceOf(cams, *frame, cutOut)
	}
	if err := s.checkPoses(); err != nil {
		return nil, nil, err
	}
	s.checkCapture(src.frame == nil && src.space == nil)
	return s, files, nil
}

// maxSetBytes bounds the pixels that a Set may hold: a thousand photographs of four megapixels.
const maxSetBytes int64 = 16 << 30

// size returns the size at which a w×h image is kept.
func (o Options) size(w, h int) (int, int) {
	if o.Scale > 1 {
		w, h = share(w, 1, o.Scale), share(h, 1, o.Scale)
	}
	if n, long := o.MaxSize, max(w, h); n > 0 && long > n {
		w, h = share(w, n, long), share(h, n, long)
	}
	return w, h
}

// share returns x·num/den, rounded, and at least 1.
func share(x, num, den int) int {
	return max(1, int(math.Round(float64(x)*float64(num)/float64(den))))
}

// holdOut makes every n-th view a test view, but leaves one to train on.
func holdOut(views []View, n int) {
	if n == 0 {
		n = 8
	}
	if n < 0 || len(views) < 2 {
		return
	}
	for i := 0; i < len(views); i += n {
		views[i].Split = Test
	}
}
