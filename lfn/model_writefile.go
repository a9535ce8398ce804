package lfn

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteFile makes the file at path hold what write writes, all of it or nothing: the bytes go to a new file
// in the same folder, which is synced and then renamed to path. On any error that file is removed, and what
// stood at path before is untouched; it keeps its permissions when it is replaced, and a symbolic link to it
// stays. A path that is a folder or a device is refused.
//
// write need not buffer. The error is "save path: reason".
func WriteFile(path string, write func(io.Writer) error) error {
	if err := writeFile(path, write); err != nil {
		return fmt.Errorf("save %s: %w", path, reason(err))
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	old, err := os.Stat(path)
	if err == nil && !old.Mode().IsRegular() {
		return errors.New("is not a regular file")
	}
	folder := filepath.Dir(path)
	f, err := os.OpenFile(filepath.Join(folder, ".lfn-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	renamed := false
	defer func() {
		if !renamed { // after an error, or a panic in write
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if old != nil {
		if err := f.Chmod(old.Mode().Perm()); err != nil {
			return err
		}
	}
	b := bufio.NewWriterSize(f, ioChunk)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	renamed = true
	// The new name itself is on the disk once the folder is synced. Not every file system lets one do that,
	// and the file is in its place already: no reason to call it an error.
	if d, err := os.Open(folder); err == nil {
		d.Sync()
		d.Close()
	}
	return nil
}

// reason returns what the system said, without the name of the temporary file.
func reason(err error) error {
	switch e := err.(type) {
	case *os.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	}
	return err
}
