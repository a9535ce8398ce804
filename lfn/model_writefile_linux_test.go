package lfn

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWriteFileFull fills a real disk, where the test may make one.
func TestWriteFileFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mount a small tmpfs: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	path := filepath.Join(dir, "a")
	if err := WriteFile(path, writes("before")); err != nil {
		t.Fatal(err)
	}
	err := WriteFile(path, writes(strings.Repeat("x", 1<<20)))
	if !errors.Is(err, syscall.ENOSPC) || err.Error() != "save "+path+": no space left on device" {
		t.Errorf("WriteFile = %v, want that no space is left", err)
	}
	checkFolder(t, dir, "before")
}
