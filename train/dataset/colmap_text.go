package dataset

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"

	"github.com/go-gl/mathgl/mgl64"
)

// maxLine bounds a line of text: a million points of an image.
const maxLine = 64 << 20

// A lineReader reads lines, which may end as on any system.
type lineReader struct {
	r    *fileReader
	at   place
	buf  []byte
	line []byte // good until the next; nil at the end of the file
	held bool   // the line has not been used: next returns it again
}

func newLineReader(file string, r *fileReader) *lineReader {
	return &lineReader{r: r, at: place{file: file, list: "line"}}
}

// next reads a line, and says whether there was one.
func (l *lineReader) next() (bool, error) {
	if l.held {
		l.held = false
		return l.line != nil, nil
	}
	l.at.n++
	l.buf = l.buf[:0]
	for {
		part, err := l.r.r.ReadSlice('\n')
		l.buf = append(l.buf, part...)
		if len(l.buf) > maxLine {
			return false, l.at.fail("", "has more than %d bytes", maxLine)
		}
		if err == nil {
			break
		}
		if errors.Is(err, io.EOF) {
			if len(l.buf) == 0 {
				l.line = nil
				return false, nil
			}
			break
		}
		if len(part) == 0 {
			return false, l.at.fail("", "%v", reason(err))
		}
	}
	l.line = bytes.TrimSpace(l.buf)
	if l.at.n == 1 {
		l.line = bytes.TrimSpace(bytes.TrimPrefix(l.line, []byte("\ufeff")))
	}
	return true, nil
}

// record reads on to a line that is neither empty nor a comment.
func (l *lineReader) record() (bool, error) {
	for {
		ok, err := l.next()
		if !ok || err != nil {
			return false, err
		}
		if len(l.line) > 0 && l.line[0] != '#' {
			return true, nil
		}
	}
}

// field cuts the first field off the line; it is empty at the end.
func (l *lineReader) field() []byte {
	f, rest := cutField(l.line)
	l.line = rest
	return f
}

func cutField(line []byte) (field, rest []byte) {
	i := bytes.IndexAny(line, " \t")
	if i < 0 {
		return line, line[len(line):]
	}
	return line[:i], bytes.TrimLeft(line[i:], " \t")
}

// number reads a field as a number, which may be infinite or none.
func (l *lineReader) number(name string) (float64, error) {
	f := l.field()
	x, err := strconv.ParseFloat(string(f), 64)
	if err != nil && !math.IsInf(x, 0) {
		return 0, l.wrong(name, f, "a number")
	}
	return x, nil
}

// whole reads a field as a number without sign and fraction, of so many bits.
func (l *lineReader) whole(name string, bits int) (uint64, error) {
	f := l.field()
	x, err := strconv.ParseUint(string(f), 10, bits)
	if err != nil {
		return 0, l.wrong(name, f, "a whole number")
	}
	return x, nil
}

func (l *lineReader) wrong(name string, field []byte, want string) error {
	if len(field) == 0 {
		return l.at.fail(name, "is missing, want %s", want)
	}
	return l.at.fail(name, "is %.40q, want %s", field, want)
}

// readCamerasText reads cameras.txt: CAMERA_ID MODEL WIDTH HEIGHT PARAMS[].
func (m *colmapModel) readCamerasText(file string, r *fileReader) error {
	l := newLineReader(file, r)
	for {
		if ok, err := l.record(); !ok || err != nil {
			return err
		}
		id, err := l.whole("camera_id", 32)
		if err != nil {
			return err
		}
		model := string(l.field())
		if model == "" {
			return l.wrong("model", nil, "the name of a camera model")
		}
		names, err := lensParams(l.at, model)
		if err != nil {
			return err
		}
		w, err := l.whole("width", 64)
		if err != nil {
			return err
		}
		h, err := l.whole("height", 64)
		if err != nil {
			return err
		}
		params := make([]float64, len(names))
		for i, name := range names {
			if params[i], err = l.number(name); err != nil {
				return err
			}
		}
		if len(l.line) > 0 {
			return l.at.fail("", "has more than the %d parameters of %s", len(names), model)
		}
		if err := m.addCamera(l.at, uint32(id), model, w, h, names, params); err != nil {
			return err
		}
	}
}

// readImagesText reads images.txt, two lines an image: IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, and its points
// as X Y POINT3D_ID …, which are passed over. That line may be empty, and some programs leave it out.
func (m *colmapModel) readImagesText(file string, r *fileReader) error {
	l := newLineReader(file, r)
	for {
		if ok, err := l.record(); !ok || err != nil {
			return err
		}
		id, err := l.whole("image_id", 32)
		if err != nil {
			return err
		}
		var x [7]float64
		for i, name := range [7]string{"qw", "qx", "qy", "qz", "tx", "ty", "tz"} {
			if x[i], err = l.number(name); err != nil {
				return err
			}
		}
		camera, err := l.whole("camera_id", 32)
		if err != nil {
			return err
		}
		if len(l.line) > maxName {
			return l.at.fail("name", "has more than %d bytes", maxName)
		}
		if err := m.addImage(l.at, uint32(id), [4]float64(x[:]), mgl64.Vec3(x[4:]), uint32(camera), string(l.line)); err != nil {
			return err
		}
		if _, err := l.next(); err != nil {
			return err
		}
		l.held = startsImage(l.line)
	}
}

// startsImage says whether a line that could hold points is that of an image: its tenth field is a name.
func startsImage(line []byte) bool {
	var f []byte
	for range 10 {
		f, line = cutField(line)
	}
	if len(f) == 0 {
		return false
	}
	_, err := strconv.ParseFloat(string(f), 64)
	return errors.Is(err, strconv.ErrSyntax)
}

// readPointsText reads points3D.txt: POINT3D_ID X Y Z R G B ERROR, and IMAGE_ID POINT2D_IDX of each image that has it.
func (m *colmapModel) readPointsText(file string, r *fileReader) error {
	l := newLineReader(file, r)
	for {
		if ok, err := l.record(); !ok || err != nil {
			return err
		}
		var x [7]float64
		if _, err := l.whole("point3d_id", 64); err != nil {
			return err
		}
		var err error
		for i, name := range [7]string{"x", "y", "z", "r", "g", "b", "error"} {
			if x[i], err = l.number(name); err != nil {
				return err
			}
		}
		p := m.addPoint(mgl64.Vec3(x[:3]), x[6])
		for p != nil && len(l.line) > 0 {
			image, err := l.whole("image_id", 32)
			if err != nil {
				return err
			}
			if f := l.field(); len(f) == 0 {
				return l.wrong("point2d_idx", f, "a whole number")
			}
			m.see(p, uint32(image))
		}
	}
}
