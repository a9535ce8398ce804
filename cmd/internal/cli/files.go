package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lfnview/train/dataset"
)

// CheckOutputs says what keeps a command from writing these files, and that in an error of the command line where one of
// them is a file that it reads, or there twice under whatever names.
func CheckOutputs(reads, writes []string) error {
	if err := checkNames(reads, writes); err != nil {
		return err
	}
	for _, out := range writes {
		if err := CheckWritable(out); err != nil {
			return err
		}
	}
	return nil
}

// checkNames is CheckOutputs before it looks at folders.
func checkNames(reads, writes []string) error {
	seen := map[string]bool{}
	for _, out := range writes {
		for _, file := range reads {
			if SameFile(file, out) {
				return Usagef("%s: is what is read, want another name to write", out)
			}
		}
		place := place(out)
		if seen[place] {
			return Usagef("%s: is to be written twice, want another name", out)
		}
		seen[place] = true
	}
	return nil
}

// CheckEnding refuses the name of a file to write, which should have an ending such as that given, where its own is that of
// something else, so that nothing else is replaced by mistake.
func CheckEnding(path, ending string) error {
	kind := map[string]string{".json": "a data set", ".lfn": "a model of one scene", ".prior": "a prior over many scenes"}
	own := strings.ToLower(filepath.Ext(path))
	what, ok := kind[own]
	switch {
	case dataset.IsScene(path):
		what = "a scene"
	case dataset.IsPhotograph(path):
		what = "a picture"
	case !ok || own == ending:
		return nil
	}
	return Usagef("-o %s: want another ending, such as %s: what ends in %s is %s", path, ending, filepath.Ext(path), what)
}

// CheckWritable finds out before hours of work whether a file can be made at path.
func CheckWritable(path string) error {
	switch st, err := os.Stat(path); {
	case err == nil && st.IsDir():
		return fmt.Errorf("%s is a folder, want the name of a file", path)
	case err == nil && !st.Mode().IsRegular():
		return fmt.Errorf("cannot write %s: it is not a regular file", path)
	case err != nil && !errors.Is(err, os.ErrNotExist): // as that its name is too long
		return fmt.Errorf("cannot write %s: %w", path, reason(err))
	}
	f, err := os.CreateTemp(filepath.Dir(place(path)), ".lfn-")
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot write %s: %w: make the folder first", path, reason(err))
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, reason(err))
	}
	f.Close()
	return os.Remove(f.Name())
}

// reason is what the system said, without the name of the file.
func reason(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// place is path with all symbolic links followed, which [lfn.WriteFile] follows, too.
func place(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(folder, filepath.Base(path))
	}
	return path
}

// SameFile says whether two paths lead to one file.
func SameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}
