package raster

import (
	"bytes"
	"encoding/binary"
	"errors"
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

const (
	npyMagic = "\x93NUMPY"
	npyDims  = 8 // at most
)

// DecodeNPY reads an array of floating-point numbers that numpy saved, of any shape, the last dimension the fastest. It may
// hold NaN and infinities.
func DecodeNPY(data []byte) (x []float64, shape []int, err error) {
	fail := func(format string, args ...any) ([]float64, []int, error) {
		return nil, nil, fmt.Errorf(format, args...)
	}
	if !bytes.HasPrefix(data, []byte(npyMagic)) {
		return nil, nil, errors.New("does not begin as a .npy file does: save it with numpy.save")
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
	descr, fortran, dims := npyDescr.FindSubmatch(header), npyFortran.FindSubmatch(header), npyShape.FindSubmatch(header)
	if descr == nil || fortran == nil || dims == nil {
		return fail("header is %.60q, want descr, fortran_order and shape", header)
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
	count, want := 1, 1. // want also where count would overflow
	for s := range strings.SplitSeq(string(dims[1]), ",") {
		if s = strings.TrimSuffix(strings.TrimSpace(s), "L"); s == "" {
			continue
		}
		n, err := strconv.Atoi(s)
		if err != nil || len(shape) == npyDims {
			return fail("shape is (%.40s), want at most %d whole numbers", dims[1], npyDims)
		}
		shape = append(shape, n)
		count, want = count*n, want*float64(n)
	}
	if want*float64(width) != float64(len(body)) || count*width != len(body) {
		return fail("shape is (%.40s), and %d bytes of numbers are there, want %.0f: copy it again", dims[1], len(body), want*float64(width))
	}
	x = make([]float64, count)
	for i := range x {
		j := i
		if string(fortran[1]) == "True" { // the first dimension is the fastest
			j = 0
			rest := i
			stride := count
			for _, n := range shape {
				stride /= n
				j += rest % n * stride
				rest /= n
			}
		}
		x[j] = at(body[i*width:])
	}
	return x, shape, nil
}

// EncodeNPY writes an array of that shape, the last dimension the fastest, as numpy.save does.
func EncodeNPY(w io.Writer, x []float32, shape ...int) error {
	var dims strings.Builder
	for _, n := range shape {
		fmt.Fprintf(&dims, "%d, ", n)
	}
	tuple := strings.TrimSuffix(dims.String(), " ")
	if len(shape) > 1 {
		tuple = strings.TrimSuffix(tuple, ",")
	}
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", tuple)
	const before = 10 // bytes; with the header and a line break they are a multiple of 64
	header += strings.Repeat(" ", 63-(before+len(header))%64) + "\n"
	if _, err := fmt.Fprintf(w, npyMagic+"\x01\x00%c%c%s", len(header)&0xff, len(header)>>8, header); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, x)
}
