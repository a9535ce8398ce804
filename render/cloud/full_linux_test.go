package cloud

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
)

// TestFullDisk fills a real disk with a million points, where the test may make one.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mount a small tmpfs: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	points := make([]Point, 1_000_000)
	ply, glb := filepath.Join(dir, "a.ply"), filepath.Join(dir, "a.glb")
	for path, err := range map[string]error{ply: SavePLY(ply, points), glb: SaveGLB(glb, points, mgl64.Vec3{0, 1, 0})} {
		if !errors.Is(err, syscall.ENOSPC) || err.Error() != "cloud: save "+path+": no space left on device" {
			t.Errorf("error is %v, want that no space is left", err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("a full disk has %v, %v, want nothing left behind", left, err)
	}
}
