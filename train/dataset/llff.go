package dataset

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render/raster"
)

// llffLayout is that of Local Light Field Fusion (Mildenhall et al. 2019), of NeRF's forward-facing scenes and of
// the captures of mip-NeRF 360: poses_bounds.npy, and beside it the images, in images or in one of the folders
// with smaller ones, images_2, images_4, images_8. A row of the file is 3×5 numbers, [R|t|h w f], and the
// distances between which the view has something to see. Rows belong to images in the order of their names.
var llffLayout = layout{
	name:  "llff",
	needs: boundsFile,
	find: func(f *listing) bool {
		if !f.isDir {
			return filepath.Base(f.path) == boundsFile
		}
		return f.has(boundsFile)
	},
	read: readLLFF,
}

const (
	boundsFile = "poses_bounds.npy"
	boundsCols = 17

	maxBoundsBytes = 64 << 20 // half a million images
)

// llffFolders hold the same images, the largest first.
var llffFolders = []string{"images", "images_2", "images_4", "images_8"}

// An llffView is a row of poses_bounds.npy.
type llffView struct {
	pose      plucker.Pose
	lens      pinhole
	near, far float64 // distances along the axis
}

// readLLFF reads the poses at p, the folder or its poses_bounds.npy.
func readLLFF(p string) (*source, error) {
	if filepath.Base(p) == boundsFile {
		p = filepath.Dir(p)
	}
	data, err := readBounded(filepath.Join(p, boundsFile), maxBoundsBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", boundsFile, err)
	}
	views, err := parseLLFF(boundsFile, data)
	if err != nil {
		return nil, err
	}
	folder, names, err := llffImages(p, len(views))
	if err != nil {
		return nil, err
	}
	src := &source{open: true, near: math.Inf(1), far: math.Inf(1)}
	for i := range views {
		v := &views[i]
		src.near = min(src.near, nearer*v.near)
		src.shots = append(src.shots, shot{dir: p, name: path.Join(folder, names[i]),
			camera: func(w, h int) (plucker.Camera, error) { return v.lens.camera(v.pose, w, h) }})
	}
	f := boundsFrame(views)
	src.frame = &f
	return src, nil
}

// parseLLFF reads poses_bounds.npy; file is its name in errors, all of them *FormatError.
func parseLLFF(file string, data []byte) ([]llffView, error) {
	x, shape, err := raster.DecodeNPY(data)
	switch {
	case err != nil:
		return nil, &FormatError{file, "", err.Error()}
	case len(shape) != 2 || shape[1] != boundsCols:
		return nil, &FormatError{file, "", fmt.Sprintf("shape is %v, want N rows of %d", shape, boundsCols)}
	case shape[0] == 0:
		return nil, &FormatError{file, "", "has no rows, want one for each image"}
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, &FormatError{file, "", fmt.Sprintf("row %d, column %d is %v, want a finite number", i/boundsCols, i%boundsCols, v)}
		}
	}
	views := make([]llffView, len(x)/boundsCols)
	for i := range views {
		at := fmt.Sprintf("row %d", i)
		r := x[i*boundsCols:][:boundsCols]
		col := func(j int) mgl64.Vec3 { return mgl64.Vec3{r[j], r[5+j], r[10+j]} }
		// The axes are down, right, backwards; poseOf takes right, down, forward.
		m := mgl64.Mat4FromCols(col(1).Vec4(0), col(0).Vec4(0), col(2).Mul(-1).Vec4(0), col(3).Vec4(1))
		v := &views[i]
		if v.pose, err = poseOf(file, at, m); err != nil {
			return nil, err
		}
		h, w, f := r[4], r[9], r[14]
		if !(w >= 1 && w <= plucker.MaxSide && h >= 1 && h <= plucker.MaxSide && w == float64(int(w)) && h == float64(int(h))) {
			return nil, &FormatError{file, at, fmt.Sprintf("image size is %v×%v, want whole numbers of pixels from 1 to %d", w, h, plucker.MaxSide)}
		}
		v.lens = pinhole{file: file, at: at, fx: f, fy: f, cx: w / 2, cy: h / 2, w: int(w), h: int(h)}
		if err := v.lens.check(); err != nil {
			return nil, err
		}
		v.near, v.far = r[15], r[16]
		if !(v.near > 0 && v.far > v.near && v.far <= maxDistance) {
			return nil, &FormatError{file, at, fmt.Sprintf("bounds are %.6g and %.6g, want two distances from above 0 to %g, the nearer first", v.near, v.far, maxDistance)}
		}
	}
	return views, nil
}

// llffImages returns the folder of the largest images of which there are n, and their names, sorted.
func llffImages(dir string, n int) (folder string, names []string, err error) {
	var counts []string
	for _, folder := range llffFolders {
		names, err := imagesIn(filepath.Join(dir, folder))
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", folder, err)
		}
		if len(names) == n {
			return folder, names, nil
		}
		if len(names) > 0 {
			counts = append(counts, fmt.Sprintf("%s has %d images", folder, len(names)))
		}
	}
	if len(counts) == 0 {
		return "", nil, fmt.Errorf("no images in %s: unpack them there", strings.Join(llffFolders, ", "))
	}
	return "", nil, &FormatError{boundsFile, "", fmt.Sprintf("has %d poses, and %s: want one image for each pose", n, strings.Join(counts, ", "))}
}

// imagesIn returns the names, sorted, of the images in a folder: none where there is no folder.
func imagesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, reason(err)
	}
	var names []string
	for _, e := range entries {
		if n := e.Name(); !e.IsDir() && n[0] != '.' && IsPhotograph(n) {
			names = append(names, n)
		}
	}
	return names, nil
}

// nearer than the near bound of a view, by this share, there is nothing at all: the bound leaves some points out.
const nearer = 0.8

// farthest is how many times the nearest distance of a view its content reaches in boundsFrame. What is beyond
// has an eighth of the inverse distances, hardly moves from view to view, and would make the ball so large that
// nothing near is resolved.
const farthest = 8

// boundsFrame chooses the ball. Where no camera comes to lie in the smallest around all that the views can see between
// their near and far bounds, cameras are side by side: each of them is outside the ball around its own part of the
// view, whatever the bounds. But the corners of the far planes make that ball large, and behind them half of it is
// empty. So it is the smallest around the axes from near to far, and the corners as far as the middle of the inverse
// distances: those are seen to move. On LLFF's fern it has half the radius, and trained on it the held-out views are
// 3.3 dB better (126×95 pixels, 800 steps of the preset small).
//
// Where cameras surround what they look at, the ball around all holds them too; then it is that of [plucker.FrameOf],
// about where the axes meet and, if it must be, somewhat smaller, so that the cameras are outside. Cameras that look
// outwards are inside of any ball, and it is the one around all.
func boundsFrame(views []llffView) plucker.Frame {
	cams := make([]plucker.Camera, 0, len(views))
	var seen, moving []mgl64.Vec3
	for i := range views {
		v := &views[i]
		c, err := v.lens.camera(v.pose, v.lens.w, v.lens.h)
		if err != nil {
			continue // it is told when the image is opened
		}
		cams = append(cams, c)
		w, h := float64(c.Width), float64(c.Height)
		corners := func(depth float64) []mgl64.Vec3 {
			return []mgl64.Vec3{c.Unproject(0, 0, depth), c.Unproject(w, 0, depth), c.Unproject(0, h, depth), c.Unproject(w, h, depth)}
		}
		far := min(v.far, farthest*v.near)
		seen = slices.Concat(seen, corners(v.near), corners(far))
		moving = append(slices.Concat(moving, corners(v.near), corners(2/(1/v.near+1/far))), c.Unproject(w/2, h/2, far))
	}
	around := plucker.FrameOf(cams)
	if len(seen) == 0 {
		return around
	}
	all := around
	all.Center, all.Radius = ballOf(seen)
	if all.Radius < nearest(cams, all.Center) {
		tight := all
		tight.Center, tight.Radius = ballOf(moving)
		if tight.Radius < nearest(cams, tight.Center) {
			return tight
		}
		return all
	}
	const clear = 0.95
	if d := nearest(cams, around.Center); inFront(cams, around.Center) && d > around.Radius/2 {
		around.Radius = min(around.Radius, clear*d)
		return around
	}
	return all
}

// nearest is the distance of the camera that is next to p.
func nearest(cams []plucker.Camera, p mgl64.Vec3) float64 {
	d := cams[0].Pose.Pos.Sub(p).Len()
	for i := range cams {
		d = min(d, cams[i].Pose.Pos.Sub(p).Len())
	}
	return d
}

// inFront says whether most of the cameras have p before them.
func inFront(cams []plucker.Camera, p mgl64.Vec3) bool {
	n := 0
	for i := range cams {
		if pose := &cams[i].Pose; p.Sub(pose.Pos).Dot(pose.Forward()) > 0 {
			n++
		}
	}
	return 2*n > len(cams)
}

// ballOf returns a ball around all points that is hardly larger than the smallest: from the mean, the centre goes
// towards the farthest point, by 1/(i+1) of the way in step i (Bădoiu and Clarkson 2003).
func ballOf(points []mgl64.Vec3) (center mgl64.Vec3, radius float64) {
	for _, p := range points {
		center = center.Add(p.Mul(1 / float64(len(points))))
	}
	for i := 1; ; i++ {
		far := points[0]
		radius = 0
		for _, p := range points {
			if d := p.Sub(center).Len(); d > radius {
				far, radius = p, d
			}
		}
		if i > 200 {
			return center, radius * (1 + 1e-9)
		}
		center = center.Add(far.Sub(center).Mul(1 / float64(i+1)))
	}
}
