package cloud

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"lfnview/lfn"
)

// SavePLY writes points with their normals and colours, as binary PLY, to the file at path.
func SavePLY(path string, points []Point) error { return save(path, points, encodePLY) }

// save writes a file by way of [lfn.WriteFile].
func save(path string, points []Point, encode func(w io.Writer, points []Point) error) error {
	err := lfn.WriteFile(path, func(w io.Writer) error { return encode(w, points) })
	if err != nil {
		return fmt.Errorf("cloud: %w", err)
	}
	return nil
}

// encodePLY writes the Stanford polygon format: https://paulbourke.net/dataformats/ply/
func encodePLY(w io.Writer, points []Point) error {
	_, err := fmt.Fprintf(w, `ply
format binary_little_endian 1.0
comment points of a light field network, in its world
element vertex %d
property float x
property float y
property float z
property float nx
property float ny
property float nz
property uchar red
property uchar green
property uchar blue
end_header
`, len(points))
	if err != nil {
		return err
	}
	var row [6*4 + 3]byte
	for i := range points {
		p := &points[i]
		for k := range 3 {
			binary.LittleEndian.PutUint32(row[4*k:], math.Float32bits(p.Pos[k]))
			binary.LittleEndian.PutUint32(row[4*(3+k):], math.Float32bits(p.Normal[k]))
		}
		copy(row[24:], p.Color[:])
		if _, err := w.Write(row[:]); err != nil {
			return err
		}
	}
	return nil
}
