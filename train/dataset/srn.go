package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// srnLayout is that of Scene Representation Networks (Sitzmann et al. 2019), one instance: rgb/NAME.png,
// pose/NAME.txt and intrinsics.txt, with camera-to-world matrices and OpenCV's axes. A folder of instances is told
// apart, so that the message can say what to open.
//
// Pixel centres are where Blender, which made these images, had them: at half pixels from the principal point
// of the file. The authors' code samples at whole pixels; the difference is in it and not in the images.
var srnLayout = layout{
	name:  "srn",
	needs: "rgb with pose and intrinsics.txt",
	find: func(f *listing) bool {
		if !f.isDir {
			return false
		}
		if isInstance(f) {
			return true
		}
		inner, err := instances(f.path)
		return err == nil && len(inner) > 0
	},
	read: readSRN,
}

const (
	intrinsicsFile = "intrinsics.txt"
	maxTextBytes   = 4 << 10 // bounds a file of sixteen numbers
)

// isInstance says whether a folder has what SRN and NSVF put there.
func isInstance(f *listing) bool {
	return f.has("rgb") && f.has("pose") && f.has(intrinsicsFile)
}

// instances returns the names of the folders in path that are instances.
func instances(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, reason(err)
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			continue
		}
		dir := filepath.Join(path, e.Name())
		if _, err := os.Stat(filepath.Join(dir, intrinsicsFile)); err != nil {
			continue // so that no folder of many images is listed in vain
		}
		if f, err := list(dir); err == nil && isInstance(f) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func readSRN(path string) (*source, error) {
	f, err := list(path)
	if err != nil {
		return nil, err
	}
	if !isInstance(f) {
		c, err := openClass(path, 0)
		if err != nil {
			return nil, fmt.Errorf("has no rgb, pose and %s: want the folder of one instance", intrinsicsFile)
		}
		return nil, &ClassError{c}
	}
	data, err := readBounded(filepath.Join(path, intrinsicsFile), maxTextBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", intrinsicsFile, err)
	}
	lens, worldToCam, err := parseSRN(intrinsicsFile, data)
	if err != nil {
		return nil, err
	}
	return readPosed(path, lens, worldToCam)
}

// parseSRN reads SRN's intrinsics.txt: "f cx cy 0", the barycentre of a grid that is not used here, the near plane,
// which some files lack, a scale, "height width", and 1 where poses are world to camera, which most files lack.
// The error is a *FormatError.
func parseSRN(file string, data []byte) (lens *pinhole, worldToCam bool, err error) {
	lines, err := parseNumbers(file, data, 16)
	if err != nil {
		return nil, false, err
	}
	fail := func(at, format string, args ...any) (*pinhole, bool, error) {
		return nil, false, &FormatError{file, at, fmt.Sprintf(format, args...)}
	}
	size := len(lines) // the line of the size: the first of two numbers
	for i := range lines {
		if n := len(lines[i].x); i > 1 && n == 2 {
			size = i
			break
		}
	}
	for i, want := range []struct {
		n    int
		text string
	}{{4, "f cx cy 0"}, {3, "the barycentre x y z"}} {
		if i >= len(lines) {
			return fail("", "ends after %d lines, want f cx cy 0, the barycentre, near, scale, height width", len(lines))
		}
		if n := len(lines[i].x); n != want.n && !(i == 0 && n == 3) {
			return fail(lines[i].at, "has %d numbers, want %d: %s", n, want.n, want.text)
		}
	}
	for i, l := range lines[2:] {
		if i+2 != size && len(l.x) != 1 {
			return fail(l.at, "has %d numbers, want 1, or 2 for height and width", len(l.x))
		}
	}
	if size == len(lines) {
		return fail("", "has no line with height and width")
	}
	if size < 3 || size > 4 || len(lines) > size+2 {
		return fail(lines[size].at, "has height and width after %d lines of %d, want it after 3 or 4, and at most one more", size, len(lines))
	}
	h, w := lines[size].x[0], lines[size].x[1]
	if !(w >= 1 && w <= plucker.MaxSide && h >= 1 && h <= plucker.MaxSide && w == float64(int(w)) && h == float64(int(h))) {
		return fail(lines[size].at, "image size is %v×%v, want whole numbers of pixels from 1 to %d", w, h, plucker.MaxSide)
	}
	k := lines[0].x
	lens = &pinhole{file: file, at: lines[0].at, fx: k[0], fy: k[0], cx: k[1], cy: k[2], w: int(w), h: int(h)}
	if len(lines) == size+2 {
		switch x := lines[size+1].x[0]; x {
		case 0:
		case 1:
			worldToCam = true
		default:
			return fail(lines[size+1].at, "is %v, want 1 where poses are world to camera, else 0", x)
		}
	}
	return lens, worldToCam, lens.check()
}

// readPosed reads the poses of the images in rgb, from the file in pose that has the image's name but for the
// extension. What has no partner is left out.
func readPosed(dir string, lens *pinhole, worldToCam bool) (*source, error) {
	images, err := imagesIn(filepath.Join(dir, "rgb"))
	if err != nil {
		return nil, fmt.Errorf("rgb: %w", err)
	}
	if len(images) == 0 {
		return nil, errors.New("rgb: has no images: unpack them there")
	}
	f, err := list(filepath.Join(dir, "pose"))
	if err != nil {
		return nil, fmt.Errorf("pose: %w", err)
	}
	unposed := map[string]bool{} // pose files that no image has taken yet
	for _, n := range f.names {
		if strings.HasSuffix(n, ".txt") && n[0] != '.' {
			unposed[n] = true
		}
	}
	src := &source{}
	poses, without, firstWithout := len(unposed), 0, ""
	last := ""
	for _, im := range images {
		stem := strings.TrimSuffix(im, filepath.Ext(im))
		name := stem + ".txt"
		if !unposed[name] {
			if stem == last {
				return nil, fmt.Errorf("rgb: more than one image has the name %s, such as %s: keep one", stem, im)
			}
			if without == 0 {
				firstWithout = im
			}
			without++
			continue
		}
		delete(unposed, name)
		last = stem
		data, err := readBounded(filepath.Join(dir, "pose", name), maxTextBytes)
		if err != nil {
			return nil, fmt.Errorf("pose/%s: %w", name, err)
		}
		pose, err := parsePose("pose/"+name, data, worldToCam)
		if err != nil {
			return nil, err
		}
		src.shots = append(src.shots, shot{dir: dir, name: "rgb/" + im,
			camera: func(w, h int) (plucker.Camera, error) { return lens.camera(pose, w, h) }})
	}
	if len(src.shots) == 0 {
		return nil, fmt.Errorf("none of the %d images in rgb has a pose among the %d in pose, such as %s for %s", len(images), poses,
			strings.TrimSuffix(images[0], filepath.Ext(images[0]))+".txt", images[0])
	}
	if without > 0 {
		src.warnings = append(src.warnings, fmt.Sprintf("%d of %d images have no pose, such as rgb/%s: they are skipped", without, len(images), firstWithout))
	}
	if n := len(unposed); n > 0 {
		for _, name := range f.names {
			if unposed[name] {
				src.warnings = append(src.warnings, fmt.Sprintf("%d of %d poses have no image, such as pose/%s: they are skipped", n, poses, name))
				break
			}
		}
	}
	return src, nil
}

// parsePose reads a pose: four lines of four numbers, three where the last one, 0 0 0 1, is left out, or all of
// them in one line. The error is a *FormatError.
func parsePose(file string, data []byte, worldToCam bool) (plucker.Pose, error) {
	m, at, err := parseMat4(file, data)
	if err != nil {
		return plucker.Pose{}, err
	}
	if worldToCam {
		// The inverse of a rigid transform, written for any m, so that what is not rigid is refused below.
		r := m.Mat3().Transpose()
		t := r.Mul3x1(m.Col(3).Vec3()).Mul(-1)
		bottom := m.Row(3)
		m = r.Mat4()
		m.SetCol(3, t.Vec4(1))
		m.SetRow(3, bottom)
	}
	return poseOf(file, at, m)
}

// parseMat4 reads a 4×4 matrix as parsePose has it, or 3×3 with the rest as in the identity.
func parseMat4(file string, data []byte) (m mgl64.Mat4, at string, err error) {
	m = mgl64.Ident4()
	lines, err := parseNumbers(file, data, 16)
	if err != nil {
		return m, "", err
	}
	cols := 4
	var x []float64
	switch len(lines) {
	case 0:
		return m, "", &FormatError{file, "", "has no numbers, want a 4×4 matrix"}
	case 1:
		at = lines[0].at
		if x = lines[0].x; len(x) != 16 && len(x) != 12 {
			return m, at, &FormatError{file, at, fmt.Sprintf("has %d numbers, want 16", len(x))}
		}
	case 3, 4:
		if len(lines) == 3 && len(lines[0].x) == 3 {
			cols = 3
		}
		for _, l := range lines {
			if len(l.x) != cols {
				return m, l.at, &FormatError{file, l.at, fmt.Sprintf("has %d numbers, want %d", len(l.x), cols)}
			}
			x = append(x, l.x...)
		}
	default:
		return m, "", &FormatError{file, "", fmt.Sprintf("has %d lines, want a 4×4 matrix", len(lines))}
	}
	for i, v := range x {
		m.Set(i/cols, i%cols, v)
	}
	return m, at, nil
}
