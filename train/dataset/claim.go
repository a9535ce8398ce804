package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A claim is a folder that a data set is being written into, with folders that were not there before: of two programs
// which write into one folder, the first has it.
type claim struct {
	dir   string
	isNew bool
	made  []string
}

// newClaim makes the folder where there is none.
func newClaim(dir string) (*claim, error) {
	_, err := os.Stat(dir)
	c := &claim{dir: dir, isNew: errors.Is(err, os.ErrNotExist)}
	return c, reason(os.MkdirAll(dir, 0o777))
}

// folder makes a folder in it.
func (c *claim) folder(name string) error {
	path := filepath.Join(c.dir, name)
	err := os.Mkdir(path, 0o777)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: choose another folder", name)
	}
	if err == nil {
		c.made = append(c.made, path)
	}
	return reason(err)
}

// undo removes what was made.
func (c *claim) undo() {
	for _, path := range c.made {
		os.RemoveAll(path)
	}
	if c.isNew {
		os.Remove(c.dir)
	}
}

// NewFolder says whether a folder is not there yet, and refuses one that has anything in it.
func NewFolder(dir string) (isNew bool, err error) {
	old, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return true, nil
	case err != nil:
		if st, statErr := os.Stat(dir); statErr == nil && !st.IsDir() {
			return false, errors.New("is a file, want a new folder")
		}
		return false, reason(err)
	case len(old) > 0:
		return false, fmt.Errorf("has %s in it, want a new or empty folder", old[0].Name())
	}
	return false, nil
}
