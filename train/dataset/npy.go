package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// The header of a .npy file is a Python dictionary. numpy writes its keys in this form.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
var (
	npyDescr   = regexp.MustCompile(`'descr': *'([^']*)'`)
	npyFortran = regexp.MustCompile(`'fortran_order': *(True|False)`)
	npyShape   = regexp.MustCompile(`'shape': *\(([0-9L, ]*)\)`)
)

// parseNPY reads a matrix of floating-point numbers that numpy saved: rows of cols numbers, one after another.
// The error is a *FormatError.
func parseNPY(file string, data []byte, cols int) ([]float64, error) {
	fail := func(format string, args ...any) ([]float64, error) {
		return nil, &FormatError{file, "", fmt.Sprintf(format, args...)}
	}
	const magic = "\x93NUMPY"
	if !bytes.HasPrefix(data, []byte(magic)) {
		return fail("does not begin as a .npy file does: save it with numpy.save")
	}
	if len(data) < 12 {
		return fail("is cut off after %d bytes: copy it again", len(data))
	}
	start, size := 10, int(binary.LittleEndian.Uint16(data[8:]))
	if major := data[6]; major == 2 || major == 3 {
		start, size = 12, int(binary.LittleEndian.Uint32(data[8:]))
	} else if major != 1 {
		return fail("is of version %d, want 1 to 3", major)
	}
	if size < 0 || size > len(data)-start {
		return fail("header has %d bytes, and the file ends after %d: copy it again", size, len(data)-start)
	}
	header, body := data[start:start+size], data[start+size:]
	descr, fortran, shape := npyDescr.FindSubmatch(header), npyFortran.FindSubmatch(header), npyShape.FindSubmatch(header)
	if descr == nil || fortran == nil || shape == nil {
		return fail("header is %.60q, want descr, fortran_order and shape", header)
	}

	var dims []int
	for s := range strings.SplitSeq(string(shape[1]), ",") {
		if s = strings.TrimSuffix(strings.TrimSpace(s), "L"); s == "" {
			continue
		}
		n, err := strconv.Atoi(s)
		if err != nil || len(dims) == 8 {
			return fail("shape is (%.40s), want (N, %d)", shape[1], cols)
		}
		dims = append(dims, n)
	}
	if len(dims) != 2 || dims[1] != cols {
		return fail("shape is (%.40s), want (N, %d)", shape[1], cols)
	}
	rows := dims[0]
	if rows == 0 {
		return fail("has no rows, want one for each image")
	}

	var width int
	var at func(b []byte) float64
	switch kind := string(descr[1]); kind {
	case "<f8":
		width, at = 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }
	case ">f8":
		width, at = 8, func(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }
	case "<f4":
		width, at = 4, func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }
	case ">f4":
		width, at = 4, func(b []byte) float64 { return float64(math.Float32frombits(binary.BigEndian.Uint32(b))) }
	default:
		return fail("holds %.20q, want <f8 or <f4, floating-point numbers", kind)
	}
	if have := len(body) / width; rows > have/cols || rows*cols*width != len(body) {
		return fail("header says %d×%d numbers, and %d bytes of them are there, want %.0f: copy it again",
			rows, cols, len(body), float64(rows)*float64(cols)*float64(width))
	}
	x := make([]float64, rows*cols)
	for i := range x {
		j := i
		if string(fortran[1]) == "True" { // columns first
			j = i%rows*cols + i/rows
		}
		if x[j] = at(body[i*width:]); math.IsNaN(x[j]) || math.IsInf(x[j], 0) {
			return fail("row %d, column %d is %v, want a finite number", j/cols, j%cols, x[j])
		}
	}
	return x, nil
}

// writeNPY writes rows of cols numbers as numpy.save does.
func writeNPY(w io.Writer, x []float32, cols int) error {
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", len(x)/cols, cols)
	const before = 10 // bytes; with the header and a line break they are a multiple of 64
	header += strings.Repeat(" ", 63-(before+len(header))%64) + "\n"
	if _, err := fmt.Fprintf(w, "\x93NUMPY\x01\x00%c%c%s", len(header)&0xff, len(header)>>8, header); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, x)
}
