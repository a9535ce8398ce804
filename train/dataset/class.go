package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A Class is a folder of instances: scenes of one class, or of several.
type Class struct {
	Path      string
	Instances []Instance // by name
	Warnings  []string   // what a user should be told, one line each
}

// An Instance is one scene of a class, a data set of its own.
type Instance struct {
	Name  string // its folder below the class's, with slashes
	Class string // where there are several; else ""
	Split Split
}

// A ClassError says that a folder has many scenes where one is wanted.
type ClassError struct {
	Class *Class // what is in it
}

func (e *ClassError) Error() string {
	n, scenes := len(e.Class.Instances), "scenes"
	if n == 1 {
		scenes = "scene"
	}
	one := filepath.Join(e.Class.Path, filepath.FromSlash(e.Class.Instances[0].Name))
	return fmt.Sprintf("holds %d %s: give one, such as %s, or learn what they have in common with lfn train --prior", n, scenes, one)
}

const (
	classDepth   = 4       // folders below the class's that are looked into
	maxListBytes = 4 << 20 // of a file of names: a hundred thousand
)

// OpenClass finds the instances below the folder at path: in folders of the layout srn, as [Generate] writes them, or nmr.
// No photograph is read: see [Class.Peek] and [Album.Read].
//
// A folder that is called train or test on the way, or ends in _train or _test, says what an instance is for; those in val
// are left out. So do files softras_train.lst, softras_val.lst and softras_test.lst beside the instances, one name a line, or
// without any of these train.lst, val.lst and test.lst: NMR's folders have both, and the papers take the first. Where nothing
// does, every holdout-th instance, from the first, is for Test; 0 means 8, a negative number none. What else is on the way is
// the class.
func OpenClass(path string, holdout int) (*Class, error) {
	c, err := openClass(path, holdout)
	if err != nil {
		return nil, fmt.Errorf("dataset: open %s: %w", path, err)
	}
	return c, nil
}

func openClass(dir string, holdout int) (*Class, error) {
	if holdout == 1 {
		return nil, errors.New("holdout 1 leaves no instance to train on: take 2 or more, or a negative number to hold none out")
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, reason(err)
	}
	if !info.IsDir() {
		return nil, errors.New("is a file: want a folder of instances, each a folder with rgb, pose and intrinsics.txt, or image and cameras.npz")
	}
	c := &Class{Path: dir}
	if IsInstanceFolder(dir) {
		return nil, errors.New("is one instance: give the folder of many")
	}
	f := finder{class: c}
	if err := f.walk("", branch{}, 0); err != nil {
		return nil, err
	}
	if len(c.Instances) == 0 {
		return nil, f.none()
	}
	if f.left > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%d instances for validation are left out", f.left))
	}
	if n := len(f.empty); n > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%d instances have no images, such as %s: they are left out", n, f.empty[0]))
	}
	if f.lost > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%d instances that lists name are not there, such as %s", f.lost, f.firstLost))
	}
	slices.SortFunc(c.Instances, func(a, b Instance) int { return cmp.Compare(a.Name, b.Name) })
	if !f.split && holdout >= 0 {
		for i := 0; i < len(c.Instances) && len(c.Instances) > 1; i += cmp.Or(holdout, 8) {
			c.Instances[i].Split = Test
		}
	}
	one := c.Instances[0].Class
	if !slices.ContainsFunc(c.Instances, func(i Instance) bool { return i.Class != one }) {
		for i := range c.Instances {
			c.Instances[i].Class = ""
		}
	}
	return c, nil
}

// An Album is an instance that was opened without its photographs, which are read one at a time. No view is held out.
type Album struct {
	*Set
	files []string // of the photographs, one for each view
}

// Peek opens instance i as [Peek] opens a data set.
func (c *Class) Peek(i int, o Options) (*Album, error) {
	dir := filepath.Join(c.Path, filepath.FromSlash(c.Instances[i].Name))
	o.Holdout = -1
	if o.Format = srnLayout.name; hasEntry(filepath.Join(dir, "image")) {
		o.Format = nmrLayout.name
	}
	s, files, err := plan(dir, o)
	if err != nil {
		return nil, fmt.Errorf("dataset: open %s: %w", dir, err)
	}
	return &Album{s, files}, nil
}

// Read reads the photograph of a view: what Pix is of a set that [Open] opens. It leaves the set as it is, and may be called
// by several goroutines.
func (a *Album) Read(view int) ([]byte, error) {
	c := &a.Views[view].Camera
	pix, err := decode(a.files[view], c.Width, c.Height)
	if err != nil {
		return nil, fmt.Errorf("dataset: read %s: %w", a.files[view], err)
	}
	return pix, nil
}

// ReadAll reads all photographs into the views, which it returns.
func (a *Album) ReadAll() ([]View, error) {
	for i := range a.Views {
		var err error
		if a.Views[i].Pix, err = a.Read(i); err != nil {
			return nil, err
		}
	}
	return a.Views, nil
}

// Split returns the indices of the instances for sp, in order.
func (c *Class) Split(sp Split) []int {
	var idx []int
	for i := range c.Instances {
		if c.Instances[i].Split == sp {
			idx = append(idx, i)
		}
	}
	return idx
}

// branch is what the folders on the way to an instance say of it.
type branch struct {
	class string
	split string // "train", "test", "val", or "" where none said
}

// finder looks for instances.
type finder struct {
	class *Class
	split bool     // something says what instances are for
	left  int      // instances for validation
	empty []string // those without images
	other string   // the first folder that is none

	lost      int // names in lists without an instance
	firstLost string
}

// walk looks into the folder name, below that of the class.
func (f *finder) walk(name string, p branch, depth int) error {
	dir := filepath.Join(f.class.Path, filepath.FromSlash(name))
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", cmp.Or(name, "."), reason(err))
	}
	listed, err := readLists(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type().IsRegular() || e.Name()[0] == '.' {
			continue
		}
		inner := path.Join(name, e.Name())
		full := filepath.Join(dir, e.Name())
		if hasCameras(full) {
			f.add(inner, p, listed)
			delete(listed, e.Name())
			continue
		}
		if info, err := os.Stat(full); err != nil || !info.IsDir() || depth+1 == classDepth {
			continue
		}
		f.other = cmp.Or(f.other, inner)
		if err := f.walk(inner, p.in(e.Name()), depth+1); err != nil {
			return err
		}
	}
	if left := slices.Sorted(maps.Keys(listed)); len(left) > 0 {
		f.lost += len(left)
		f.firstLost = cmp.Or(f.firstLost, path.Join(name, left[0]))
	}
	return nil
}

// in is the branch of a folder in p.
func (p branch) in(folder string) branch {
	class := folder
	for _, split := range []string{"train", "test", "val"} {
		rest, ok := strings.CutSuffix(folder, "_"+split)
		switch {
		case folder == split:
			p.split, class = split, ""
		case ok && split == p.split && strings.HasPrefix(rest, path.Base(p.class)):
			class = "" // said before: SRN's archive of chairs has chairs_train/chairs_2.0_train, and chairs_test
		case ok:
			p.split, class = split, rest
		}
	}
	p.class = path.Join(p.class, class)
	return p
}

// add takes an instance in, unless it is for validation or in none of the lists.
func (f *finder) add(name string, p branch, listed map[string]string) {
	if listed != nil {
		p.split = cmp.Or(listed[path.Base(name)], "val")
	}
	f.split = f.split || p.split != ""
	if !hasEntry(filepath.Join(f.class.Path, name, "rgb")) && !hasEntry(filepath.Join(f.class.Path, name, "image")) {
		f.empty = append(f.empty, name)
		return
	}
	i := Instance{Name: name, Class: p.class}
	switch p.split {
	case "val":
		f.left++
		return
	case "test":
		i.Split = Test
	}
	f.class.Instances = append(f.class.Instances, i)
}

// instanceBelow says whether there is an instance below the folder at dir, by a look at the first few folders of each depth.
func instanceBelow(dir string) bool {
	const folders, entries = 50, 100
	for depth, level := 0, []string{dir}; depth < classDepth; depth++ {
		var next []string
		for _, d := range level[:min(len(level), folders)] {
			f, err := list(d)
			if err != nil {
				continue
			}
			for _, name := range f.names[:min(len(f.names), entries)] {
				inner := filepath.Join(d, name)
				if IsInstanceFolder(inner) {
					return true
				}
				next = append(next, inner)
			}
		}
		level = next
	}
	return false
}

// hasEntry says whether there is anything in a folder.
func hasEntry(dir string) bool {
	d, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer d.Close()
	names, _ := d.Readdirnames(1)
	return len(names) > 0
}

// none says why there are no instances.
func (f *finder) none() error {
	if f.left > 0 {
		return fmt.Errorf("has %d instances for validation and none to train on: name their folders train and test", f.left)
	}
	if len(f.empty) > 0 {
		return fmt.Errorf("none of its %d instances has images, such as %s: unpack them there", len(f.empty), f.empty[0])
	}
	looked := ""
	if f.other != "" {
		looked = fmt.Sprintf(", nor has %s", f.other)
	}
	return fmt.Errorf("has no instances%s: want a folder of them, each with rgb, pose and intrinsics.txt, or image and cameras.npz; "+
		"lfn dataset generate makes some", looked)
}

// readLists reads the files in dir that say what instances beside them are for; nil where there are none.
func readLists(dir string) (map[string]string, error) {
	for _, prefix := range []string{"softras_", ""} {
		var listed map[string]string
		for _, split := range []string{"val", "test", "train"} {
			file := prefix + split + ".lst"
			data, err := readBounded(filepath.Join(dir, file), maxListBytes)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if listed == nil {
				listed = map[string]string{}
			}
			for line := range strings.Lines(string(data)) {
				if name := strings.TrimSpace(line); name != "" {
					listed[name] = split
				}
			}
		}
		if listed != nil {
			return listed, nil
		}
	}
	return nil, nil
}
