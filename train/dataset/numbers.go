package dataset

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A numberLine is what a line of a text file holds.
type numberLine struct {
	at string // "line 3", for errors
	x  []float64
}

// parseNumbers reads the lines of a text file of at most limit numbers; empty lines are skipped. The error is a
// *FormatError.
func parseNumbers(file string, data []byte, limit int) ([]numberLine, error) {
	var lines []numberLine
	n := 0
	err := eachLine(data, func(no int, line string) error {
		l := numberLine{at: fmt.Sprintf("line %d", no)}
		var err error
		if l.x, err = numbersIn(file, l.at, line, limit); err != nil {
			return err
		}
		if n+len(l.x) > limit {
			return &FormatError{file, l.at, fmt.Sprintf("is beyond the %d numbers expected in all", limit)}
		}
		n += len(l.x)
		lines = append(lines, l)
		return nil
	})
	return lines, err
}

// eachLine calls f with each line of a text that is not empty, counted from 1. The lines may end as on any
// system, and a byte order mark is passed over.
func eachLine(data []byte, f func(no int, line string) error) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	no := 0
	for line := range bytes.Lines(data) {
		no++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := f(no, string(line)); err != nil {
			return err
		}
	}
	return nil
}

// numbersIn reads the numbers, at most limit, that white space separates.
func numbersIn(file, at, line string, limit int) ([]float64, error) {
	var xs []float64
	for s := range strings.FieldsSeq(line) {
		if len(xs) == limit {
			return nil, &FormatError{file, at, fmt.Sprintf("has more numbers than the %d expected", limit)}
		}
		x, err := strconv.ParseFloat(s, 64)
		switch {
		case math.IsInf(x, 0), math.IsNaN(x):
			return nil, &FormatError{file, at, fmt.Sprintf("has %.20q, want a finite number", s)}
		case err != nil:
			return nil, &FormatError{file, at, fmt.Sprintf("has %.20q, want a number", s)}
		}
		xs = append(xs, x)
	}
	return xs, nil
}
