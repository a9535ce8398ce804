package dataset

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lfnview/plucker"
)

// A layout is a way in which data sets lie on disk. Each has a file of its own.
type layout struct {
	name  string // as [Options.Format] has it
	needs string // the files by which it is known, for messages

	// find says whether a folder, or the one file of a folder without entries, looks like it, by names alone.
	find func(f *listing) bool

	// read reads all but the images. A layout of views from a grid has readGrid in its place.
	read     func(path string) (*source, error)
	readGrid func(path string, o GridOptions) (*source, error)
}

// source reads all but the images.
func (l *layout) source(path string, o GridOptions) (*source, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if l.readGrid != nil {
		return l.readGrid(path, o)
	}
	if o != (GridOptions{}) {
		return nil, fmt.Errorf("baseline, focus and field of view are those of views from a grid, and the layout is %s, whose files have the cameras", l.name)
	}
	return l.read(path)
}

// layouts are tried in this order, the most certain first.
var layouts = []layout{transformsLayout, colmapLayout, llffLayout, nsvfLayout, srnLayout, nmrLayout, middleburyLayout, hciLayout, stanfordLayout, lytroLayout}

// A source is what a layout says of a data set, before any image is opened.
type source struct {
	shots    []shot
	space    *Space         // nil where the files do not say it
	frame    *plucker.Frame // nil where it has to be found from the cameras
	warnings []string

	// Between which distances cameras that look the same way have something to see; 0, 0 is not known, and far may be
	// infinite.
	near, far float64
	open      bool // there is more to see than the ball holds, unless the images are transparent
}

// A shot is an image and the camera that took it.
type shot struct {
	dir, name string // the image: name is below dir, with slashes, perhaps without extension
	split     Split
	depth     string // the file with its true depth, below dir; empty where there is none

	// camera is the one for the image, whose size in pixels is as it is on disk.
	camera func(width, height int) (plucker.Camera, error)
}

// listing is a path and, where it is a folder, the names in it.
type listing struct {
	path  string
	isDir bool
	names []string // sorted
}

// has says whether the folder has a file or folder of that name.
func (f *listing) has(name string) bool {
	_, ok := slices.BinarySearch(f.names, name)
	return ok
}

func list(path string) (*listing, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, reason(err)
	}
	f := &listing{path: path, isDir: info.IsDir()}
	if !f.isDir {
		return f, nil
	}
	entries, err := os.ReadDir(path) // sorted
	if err != nil {
		return nil, reason(err)
	}
	for _, e := range entries {
		f.names = append(f.names, e.Name())
	}
	return f, nil
}

// Formats lists the layouts that [Options.Format] can name.
func Formats() []string {
	var names []string
	for _, l := range layouts {
		names = append(names, l.name)
	}
	return append(names, gltfName)
}

// findLayout finds the layout of the data set at path: the one of the name, or the first that it looks like.
func findLayout(path, name string) (*layout, error) {
	if name != "" {
		for i := range layouts {
			if layouts[i].name == name {
				return &layouts[i], nil
			}
		}
		return nil, fmt.Errorf("format %s is not known: want one of %s", name, strings.Join(Formats(), ", "))
	}
	f, err := list(path)
	if err != nil {
		return nil, err
	}
	for i := range layouts {
		if layouts[i].find(f) {
			return &layouts[i], nil
		}
	}
	return nil, f.unknown()
}

// unknown says what is wrong with a path that looks like no layout, what is there, and what to do.
func (f *listing) unknown() error {
	var known []string
	for _, l := range layouts {
		known = append(known, fmt.Sprintf("%s (%s)", l.name, l.needs))
	}
	want := "one of the layouts " + strings.Join(known, ", ") + ", or a .glb or .gltf file"
	if !f.isDir {
		return fmt.Errorf("is a file that tells no cameras: give the folder of a data set, %s", want)
	}
	if len(f.names) == 0 {
		return fmt.Errorf("the folder is empty: want a data set, %s", want)
	}
	if i := slices.IndexFunc(f.names, IsScene); i >= 0 {
		return fmt.Errorf("is no data set, and there are 3D models in it: give one, such as %s", filepath.Join(f.path, f.names[i]))
	}
	for _, folder := range colmapFolders {
		if images, err := imagesIn(filepath.Join(f.path, folder)); err == nil && len(images) > 0 {
			return fmt.Errorf("no cameras: there are %d images, such as %s, and nothing says where they were taken from: run COLMAP on them, or make it %s",
				len(images), path.Join(folder, images[0]), want)
		}
	}
	if inner := f.inner(); inner != "" {
		if c, err := openClass(f.path, 0); err == nil && len(c.Instances) > 1 && strings.HasPrefix(c.Instances[0].Name+"/", inner+"/") {
			return &ClassError{c}
		}
		return fmt.Errorf("is no data set, and %s in it is one: give %s", inner, filepath.Join(f.path, inner))
	}
	if instanceBelow(f.path) {
		if c, err := openClass(f.path, 0); err == nil && len(c.Instances) > 1 {
			return &ClassError{c}
		}
	}
	others := ""
	if n := len(f.names) - 1; n > 0 {
		others = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Errorf("no cameras: there are %s%s: give the folder of a data set, %s", f.names[0], others, want)
}

// inner returns the first folder in f that looks like a data set, of the first few; "" where there is none.
func (f *listing) inner() string {
	for _, name := range f.names[:min(len(f.names), 100)] {
		in, err := list(filepath.Join(f.path, name))
		if err == nil && in.isDir && slices.ContainsFunc(layouts, func(l layout) bool { return l.find(in) }) {
			return name
		}
	}
	return ""
}
