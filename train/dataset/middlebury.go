package dataset

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// middleburyLayout is that of the Middlebury multi-view stereo sets (Seitz et al. 2006): NAME_par.txt beside the
// images. Its first line is the number of images; each of the others is an image's name, K and R, rows first, and
// t. The point x of the world is seen at K·(R·x + t): the axes are OpenCV's, and R, t go from world to camera.
var middleburyLayout = layout{
	name:  "middlebury",
	needs: "a *" + parSuffix,
	find: func(f *listing) bool {
		return len(parFiles(f)) > 0
	},
	read: readMiddlebury,
}

const (
	parSuffix   = "_par.txt"
	maxParBytes = 64 << 20 // a hundred thousand images
	parNumbers  = 21       // in a line, after the name
)

// A parView is a line of a _par.txt.
type parView struct {
	name string
	pose plucker.Pose
	lens pinhole
}

// parFiles are the names of the files with cameras in a folder, or that of the one file.
func parFiles(f *listing) []string {
	if !f.isDir {
		if strings.HasSuffix(f.path, parSuffix) {
			return []string{filepath.Base(f.path)}
		}
		return nil
	}
	var names []string
	for _, n := range f.names {
		if strings.HasSuffix(n, parSuffix) && n[0] != '.' {
			names = append(names, n)
		}
	}
	return names
}

// readMiddlebury reads the cameras at path, the folder or its _par.txt.
func readMiddlebury(path string) (*source, error) {
	f, err := list(path)
	if err != nil {
		return nil, err
	}
	names := parFiles(f)
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("has no *%s", parSuffix)
	case len(names) > 1:
		return nil, fmt.Errorf("has %d files with cameras, such as %s and %s: give the path of one of them", len(names), names[0], names[1])
	}
	dir := path
	if !f.isDir {
		dir = filepath.Dir(path)
	}
	data, err := readBounded(filepath.Join(dir, names[0]), maxParBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", names[0], err)
	}
	views, err := parseMiddlebury(names[0], data)
	if err != nil {
		return nil, err
	}
	src := &source{}
	for i := range views {
		v := &views[i]
		src.shots = append(src.shots, shot{dir: dir, name: v.name,
			camera: func(w, h int) (plucker.Camera, error) { return v.lens.camera(v.pose, w, h) }})
	}
	return src, nil
}

// parseMiddlebury reads a _par.txt; file is its name in errors, all of them *FormatError.
func parseMiddlebury(file string, data []byte) ([]parView, error) {
	var views []parView
	count := -1 // from the first line; nothing is allocated by it
	err := eachLine(data, func(no int, line string) error {
		at := fmt.Sprintf("line %d", no)
		if count < 0 {
			n, err := strconv.Atoi(line)
			if err != nil || n < 1 {
				return &FormatError{file, at, fmt.Sprintf("is %.40q, want the number of images", line)}
			}
			count = n
			return nil
		}
		if len(views) == count {
			return &FormatError{file, at, fmt.Sprintf("is one more than the %d images of the first line", count)}
		}
		name, rest := line, ""
		if i := strings.IndexAny(line, " \t"); i >= 0 {
			name, rest = cleanPath(line[:i]), line[i:]
		}
		if name == "" || strings.ContainsRune(name, 0) {
			return &FormatError{file, at, fmt.Sprintf("begins with %.40q, want the name of an image", line)}
		}
		x, err := numbersIn(file, at, rest, parNumbers)
		if err != nil {
			return err
		}
		if len(x) != parNumbers {
			return &FormatError{file, at, fmt.Sprintf("has %d numbers after the name, want %d: K, R and t", len(x), parNumbers)}
		}
		v := parView{name: name, lens: pinhole{file: file, at: at}}
		if err := v.lens.setK(rows(x)); err != nil {
			return err
		}
		// The inverse of [R t], written for any R, so that poseOf refuses what is not a rotation.
		r := rows(x[9:]).Transpose()
		m := r.Mat4()
		m.SetCol(3, r.Mul3x1(mgl64.Vec3(x[18:])).Mul(-1).Vec4(1))
		if v.pose, err = poseOf(file, at, m); err != nil {
			return err
		}
		views = append(views, v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if count < 0 {
		return nil, &FormatError{file, "", "has no lines, want the number of images and a line for each"}
	}
	if len(views) < count {
		return nil, &FormatError{file, "", fmt.Sprintf("has lines for %d images, and the first line says %d: copy it again", len(views), count)}
	}
	return views, nil
}

// rows is the matrix with x, nine numbers, row by row.
func rows(x []float64) mgl64.Mat3 {
	return mgl64.Mat3FromRows(mgl64.Vec3(x), mgl64.Vec3(x[3:]), mgl64.Vec3(x[6:]))
}
