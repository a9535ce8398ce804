package dataset

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// A fileReader reads a file of which the size is known, from its start to its end, a piece at a time.
type fileReader struct {
	r    *bufio.Reader
	size int64
	left int64 // bytes that are not read yet
	buf  [64]byte
}

func newFileReader(r io.Reader, size int64) *fileReader {
	return &fileReader{r: bufio.NewReaderSize(r, 64<<10), size: size, left: size}
}

// next returns the next n bytes, at most 64, good until it is called again.
func (r *fileReader) next(at place, n int) ([]byte, error) {
	if int64(n) > r.left {
		return nil, r.cutOff(at)
	}
	if _, err := io.ReadFull(r.r, r.buf[:n]); err != nil {
		return nil, r.cutOff(at)
	}
	r.left -= int64(n)
	return r.buf[:n], nil
}

func (r *fileReader) cutOff(at place) error {
	return at.fail("", "the file is cut off after %d bytes: copy it again", r.size)
}

// skip passes over n bytes, of which the caller knows that they are left.
func (r *fileReader) skip(at place, n int64) error {
	if _, err := io.CopyN(io.Discard, r.r, n); err != nil {
		return r.cutOff(at)
	}
	r.left -= n
	return nil
}

// count reads the number of records to come, each of least bytes or more.
func (r *fileReader) count(at place, field string, least int64) (int64, error) {
	b, err := r.next(at, 8)
	if err != nil {
		return 0, err
	}
	n := binary.LittleEndian.Uint64(b)
	if most := uint64(r.left / least); n > most {
		return 0, at.fail(field, "is %d, but the file ends after %d at most: copy it again", n, most)
	}
	return int64(n), nil
}

// records reads the number of a file's records, each of least bytes or more, and calls read for each of them.
func (r *fileReader) records(file, list string, least int64, read func(at place) error) error {
	if r.size < 8 {
		return &FormatError{file, "", fmt.Sprintf("has %d bytes, want at least 8: copy it again", r.size)}
	}
	b, err := r.next(place{file, list, 0}, 8)
	if err != nil {
		return err
	}
	n := binary.LittleEndian.Uint64(b)
	if most := uint64(r.left / least); n > most {
		return &FormatError{file, "number of " + list, fmt.Sprintf("is %d, but the file ends after %d at most: copy it again", n, most)}
	}
	for i := range n {
		if err := read(place{file, list, int(i)}); err != nil {
			return err
		}
	}
	if r.left > 0 {
		return &FormatError{file, "number of " + list, fmt.Sprintf("is %d, but %d bytes follow the last: copy it again", n, r.left)}
	}
	return nil
}

func float(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

// readCamerasBin reads cameras.bin: id, number of the model, width, height, parameters.
func (m *colmapModel) readCamerasBin(file string, r *fileReader) error {
	return r.records(file, "cameras", 24+3*8, func(at place) error {
		b, err := r.next(at, 24)
		if err != nil {
			return err
		}
		id, number := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		w, h := binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])
		model := fmt.Sprintf("number %d", number)
		if int64(number) < int64(len(colmapLenses)) {
			model = colmapLenses[number].name
		}
		names, err := lensParams(at, model)
		if err != nil {
			return err
		}
		params := make([]float64, len(names))
		for i := range params {
			if b, err = r.next(at, 8); err != nil {
				return err
			}
			params[i] = float(b)
		}
		return m.addCamera(at, id, model, w, h, names, params)
	})
}

// readImagesBin reads images.bin: id, quaternion w first, translation, camera, name with a zero byte at its end, and
// the points of the image, 24 bytes each, which are passed over.
func (m *colmapModel) readImagesBin(file string, r *fileReader) error {
	return r.records(file, "images", 64+1+8, func(at place) error {
		b, err := r.next(at, 64)
		if err != nil {
			return err
		}
		id, camera := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[60:])
		var q [4]float64
		for i := range q {
			q[i] = float(b[4+8*i:])
		}
		t := mgl64.Vec3{float(b[36:]), float(b[44:]), float(b[52:])}
		name, err := r.name(at)
		if err != nil {
			return err
		}
		if err := m.addImage(at, id, q, t, camera, name); err != nil {
			return err
		}
		n, err := r.count(at, "number of points", 24)
		if err != nil {
			return err
		}
		return r.skip(at, 24*n)
	})
}

// maxName bounds the path of an image.
const maxName = 4096

// name reads up to a zero byte.
func (r *fileReader) name(at place) (string, error) {
	var name []byte
	for {
		b, err := r.next(at, 1)
		if err != nil {
			return "", err
		}
		if b[0] == 0 {
			return string(name), nil
		}
		if len(name) == maxName {
			return "", at.fail("name", "has more than %d bytes", maxName)
		}
		name = append(name, b[0])
	}
}

// readPointsBin reads points3D.bin: id, position, colour, error in pixels, and the images which have the point, 8
// bytes each.
func (m *colmapModel) readPointsBin(file string, r *fileReader) error {
	return r.records(file, "points", 51, func(at place) error {
		b, err := r.next(at, 43)
		if err != nil {
			return err
		}
		p := m.addPoint(mgl64.Vec3{float(b[8:]), float(b[16:]), float(b[24:])}, float(b[35:]))
		n, err := r.count(at, "number of images", 8)
		if err != nil {
			return err
		}
		if p == nil {
			return r.skip(at, 8*n)
		}
		for range n {
			if b, err = r.next(at, 8); err != nil {
				return err
			}
			m.see(p, binary.LittleEndian.Uint32(b))
		}
		return nil
	})
}
