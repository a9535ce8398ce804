package dataset

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// nsvfLayout is that of Neural Sparse Voxel Fields (Liu et al. 2020). It has the folders and axes of SRN; what
// it has besides is any of bbox.txt, a matrix in intrinsics.txt, and names whose first digit says what the image
// is for: 0_ train, 1_ validation, 2_ test. Validation is the test of a set that has no other, else it is
// left out.
var nsvfLayout = layout{
	name:  "nsvf",
	needs: bboxFile,
	find: func(f *listing) bool {
		if !f.isDir || !isInstance(f) {
			return false
		}
		if f.has(bboxFile) {
			return true
		}
		data, err := readBounded(filepath.Join(f.path, intrinsicsFile), maxTextBytes)
		if err != nil {
			return false
		}
		if _, _, err := parseMat4(intrinsicsFile, data); err == nil {
			return true
		}
		images, err := imagesIn(filepath.Join(f.path, "rgb"))
		if err != nil || len(images) == 0 {
			return false
		}
		for _, n := range images {
			if nsvfDigit(n) < 0 {
				return false
			}
		}
		return true
	},
	read: readNSVF,
}

const bboxFile = "bbox.txt"

func readNSVF(path string) (*source, error) {
	data, err := readBounded(filepath.Join(path, intrinsicsFile), maxTextBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", intrinsicsFile, err)
	}
	lens, worldToCam, err := parseNSVF(intrinsicsFile, data)
	if err != nil {
		return nil, err
	}
	src, err := readPosed(path, lens, worldToCam)
	if err != nil {
		return nil, err
	}
	var count [3]int
	digit := func(s *shot) int { return nsvfDigit(strings.TrimPrefix(s.name, "rgb/")) }
	for i := range src.shots {
		if d := digit(&src.shots[i]); d >= 0 {
			count[d]++
		}
	}
	kept := src.shots[:0]
	for _, s := range src.shots {
		d := digit(&s)
		if d == 1 && count[2] > 0 {
			continue
		}
		if d > 0 {
			s.split = Test
		}
		kept = append(kept, s)
	}
	src.shots = kept

	f, err := list(path)
	if err != nil {
		return nil, err
	}
	if !f.has(bboxFile) {
		return src, nil
	}
	if data, err = readBounded(filepath.Join(path, bboxFile), maxTextBytes); err != nil {
		return nil, fmt.Errorf("%s: %w", bboxFile, err)
	}
	center, radius, err := parseBBox(bboxFile, data)
	if err != nil {
		return nil, err
	}
	var cams []plucker.Camera
	for i := range src.shots {
		w, h := lens.w, lens.h
		if w == 0 {
			w, h = int(2*lens.cx)+1, int(2*lens.cy)+1 // only the poses matter for Up
		}
		if c, err := src.shots[i].camera(w, h); err == nil {
			cams = append(cams, c)
		}
	}
	src.frame = &plucker.Frame{Center: center, Radius: radius, Up: plucker.FrameOf(cams).Up}
	return src, nil
}

// nsvfDigit returns 0, 1 or 2 for the name of an image that begins with it and _, else −1.
func nsvfDigit(name string) int {
	if len(name) > 1 && name[0] >= '0' && name[0] <= '2' && name[1] == '_' {
		return int(name[0] - '0')
	}
	return -1
}

// parseNSVF reads intrinsics.txt: a matrix, 4×4 or 3×3, whose size in pixels is that of the images, or the lines of
// SRN. The error is a *FormatError.
func parseNSVF(file string, data []byte) (lens *pinhole, worldToCam bool, err error) {
	lines, err := parseNumbers(file, data, 16)
	if err != nil {
		return nil, false, err
	}
	if len(lines) > 1 && len(lines[1].x) == 3 && len(lines[len(lines)-1].x) < 3 {
		return parseSRN(file, data)
	}
	m, _, err := parseMat4(file, data)
	if err != nil {
		return nil, false, err
	}
	lens = &pinhole{file: file}
	return lens, false, lens.setK(m.Mat3())
}

// parseBBox reads "xmin ymin zmin xmax ymax zmax", after which there may be the size of a voxel. The ball is the
// one around the box. The error is a *FormatError.
func parseBBox(file string, data []byte) (center mgl64.Vec3, radius float64, err error) {
	lines, err := parseNumbers(file, data, 16)
	if err != nil {
		return center, 0, err
	}
	if len(lines) != 1 || len(lines[0].x) != 6 && len(lines[0].x) != 7 {
		n := 0
		for _, l := range lines {
			n += len(l.x)
		}
		return center, 0, &FormatError{file, "", fmt.Sprintf("has %d numbers in %d lines, want xmin ymin zmin xmax ymax zmax in one", n, len(lines))}
	}
	x := lines[0].x
	lo, hi := mgl64.Vec3(x[:3]), mgl64.Vec3(x[3:6])
	for i := range 3 {
		if !(lo[i] < hi[i] && lo[i] >= -maxDistance && hi[i] <= maxDistance) {
			return center, 0, &FormatError{file, lines[0].at, fmt.Sprintf("%c goes from %.6g to %.6g, want a larger number after a smaller one, both within ±%g", "xyz"[i], lo[i], hi[i], maxDistance)}
		}
	}
	return lo.Add(hi).Mul(0.5), hi.Sub(lo).Len() / 2, nil
}
