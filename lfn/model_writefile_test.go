package lfn

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writes returns a writer of that text.
func writes(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// checkFolder fails unless dir holds one file, a, with that text.
func checkFolder(t *testing.T, dir, text string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "a" {
			t.Errorf("%s is left in the folder", e.Name())
		}
	}
	if got, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(got) != text {
		t.Errorf("the file holds %.20q (%v), want %q", got, err, text)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := WriteFile(path, writes("one")); err != nil {
		t.Fatal(err)
	}
	checkFolder(t, dir, "one")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, writes("two")); err != nil {
		t.Fatal(err)
	}
	checkFolder(t, dir, "two")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the new file has mode %v (%v), want that of the old one, 0640", info.Mode(), err)
	}

	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(link, writes("three")); err != nil {
		t.Fatal(err)
	}
	checkFolder(t, dir, "three")
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link has mode %v (%v), want a link still", info.Mode(), err)
	}
}

func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := WriteFile(path, writes("before")); err != nil {
		t.Fatal(err)
	}
	// More than any buffer has gone to the disk when the error comes.
	err := WriteFile(path, func(w io.Writer) error {
		if err := writes(strings.Repeat("x", 1<<20))(w); err != nil {
			return err
		}
		return errFull
	})
	if !errors.Is(err, errFull) || err.Error() != "save "+path+": disk is full" {
		t.Errorf("WriteFile = %v, want save %s: %v", err, path, errFull)
	}
	checkFolder(t, dir, "before")

	func() {
		defer func() { recover() }()
		WriteFile(path, func(io.Writer) error { panic("a bug") })
	}()
	checkFolder(t, dir, "before")

	m := testModel(t)
	m.Background[0] = 7
	if err := m.Save(path); err == nil || err.Error() != "lfn: save "+path+": background has the value 7, want 0 to 1" {
		t.Errorf("Save = %v, want that the background is wrong", err)
	}
	checkFolder(t, dir, "before")
}

func TestWriteFileRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sealed"), 0o555); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, want string }{
		{dir, "is not a regular file"},
		{os.DevNull, "is not a regular file"},
		{filepath.Join(dir, "none", "a"), "no such file or directory"},
		{filepath.Join(dir, "sealed", "a"), "permission denied"},
	} {
		if strings.Contains(tt.path, "sealed") && os.Geteuid() == 0 {
			continue // root may write everywhere
		}
		want := "save " + tt.path + ": " + tt.want
		if err := WriteFile(tt.path, writes("x")); err == nil || err.Error() != want {
			t.Errorf("WriteFile = %v, want %s", err, want)
		}
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is %v (%v) now", os.DevNull, info.Mode(), err)
	}
}
