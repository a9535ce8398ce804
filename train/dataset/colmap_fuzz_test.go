package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"lfnview/plucker"
)

// checkColmap: an error is one line of a *FormatError; what is accepted has valid cameras and a valid frame.
func checkColmap(t *testing.T, m *colmapModel, err error) {
	if err != nil {
		var fe *FormatError
		if !errors.As(err, &fe) || strings.ContainsAny(err.Error(), "\n\r") {
			t.Fatalf("error %q is a %T, want one line of a *FormatError", err, err)
		}
		return
	}
	var cams []plucker.Camera
	for i := range m.images {
		im := &m.images[i]
		c, err := m.cameraFor(im, im.camera.Width, im.camera.Height)
		if err != nil {
			t.Fatal(err)
		}
		small := c.Scaled(Options{MaxSize: 3}.size(c.Width, c.Height))
		if err := small.Validate(); err != nil {
			t.Fatalf("%s, scaled down: %v", im.name, err)
		}
		cams = append(cams, c)
	}
	if err := frameOf(cams, m.points.kept).Validate(); err != nil {
		t.Fatal(err)
	}
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// colmapMemory bounds what reading takes: buffers, and a multiple of the files.
func colmapMemory(files ...[]byte) uint64 {
	n := uint64(1 << 20)
	for _, f := range files {
		n += 64 * uint64(len(f))
	}
	return n
}

func FuzzColmapBinary(f *testing.F) {
	for _, lens := range colmapLenses {
		if lens.params != "" {
			c, i, p := reconstruct(lens.name, 3).binary()
			f.Add(c, i, p)
		}
	}
	f.Fuzz(func(t *testing.T, cameras, images, points []byte) {
		var m *colmapModel
		var err error
		n := allocated(func() { m, err = parseColmap(".bin", cameras, images, points) })
		if n > colmapMemory(cameras, images, points) {
			t.Fatalf("allocated %d bytes for %d", n, len(cameras)+len(images)+len(points))
		}
		checkColmap(t, m, err)
	})
}

func FuzzColmapText(f *testing.F) {
	for _, lens := range colmapLenses {
		if lens.params != "" {
			c, i, p := reconstruct(lens.name, 3).text()
			f.Add(c, i, p)
		}
	}
	f.Add([]byte("\ufeff7 FOV 1 2 3\r\n"), []byte("1 1 0 0 0 0 0 0 7 a b.png\r\n\r\n"), []byte("1 0 0 0 0 0 0 -1\n"))
	f.Fuzz(func(t *testing.T, cameras, images, points []byte) {
		var m *colmapModel
		var err error
		n := allocated(func() { m, err = parseColmap(".txt", cameras, images, points) })
		if n > colmapMemory(cameras, images, points) {
			t.Fatalf("allocated %d bytes for %d", n, len(cameras)+len(images)+len(points))
		}
		checkColmap(t, m, err)
	})
}

// TestColmapMemory: long tracks are not kept, and many points cost no more than those that are kept.
func TestColmapMemory(t *testing.T) {
	r := reconstruct("PINHOLE", 3)
	cameras, images, points := r.text()
	var track, many bytes.Buffer
	track.WriteString("1 0 0 0 1 2 3 0.5")
	for range 1 << 18 {
		track.WriteString(" 10 1")
	}
	for i := range 1 << 15 {
		fmt.Fprintf(&many, "%d 0 0 0 1 2 3 0.5 10 1\n", i)
	}
	long := append(bytes.TrimSpace(images), bytes.Repeat([]byte(" 1 2 3"), 1<<18)...)
	for _, tt := range []struct {
		name           string
		images, points []byte
	}{{"track", images, track.Bytes()}, {"points", images, many.Bytes()}, {"points of an image", long, points}} {
		t.Run(tt.name, func(t *testing.T) {
			n := allocated(func() {
				if _, err := parseColmap(".txt", cameras, tt.images, tt.points); err != nil {
					t.Fatal(err)
				}
			})
			if size := uint64(len(tt.images) + len(tt.points)); n > 8*size {
				t.Errorf("allocated %d bytes for %d", n, size)
			}
		})
	}
	s := seenPoints{}
	for range 3*maxSeenPoints + 5 {
		s.add([3]float64{}, 0)
	}
	if n := len(s.kept); n > maxSeenPoints || n < maxSeenPoints/2 || cap(s.kept) > 2*maxSeenPoints {
		t.Errorf("%d points are kept, want %d at most, and half of that at least", n, maxSeenPoints)
	}
}
