package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lfnview/plucker"
)

// colmapLayout is that of COLMAP, and of the programs which write its files: cameras, images and points3D, all .bin
// or all .txt, in sparse/0, sparse or the folder itself, and photographs in one of colmapFolders.
// https://colmap.github.io/format.html
var colmapLayout = layout{
	name:  "colmap",
	needs: "sparse/0/images.bin",
	find: func(f *listing) bool {
		if !f.isDir || len(colmapParts(f.path)) == 0 {
			return false
		}
		if !f.has(boundsFile) {
			return true
		}
		// Both layouts know this one. Where only the smaller images are left, under names that are not COLMAP's,
		// the other can still tell which is which, from their order. What is wrong with this one is for read to say.
		src, err := readCOLMAP(f.path)
		return err != nil || slices.ContainsFunc(src.shots, func(s shot) bool {
			_, _, ok := findImage(s.dir, s.name)
			return ok
		})
	},
	read: readCOLMAP,
}

// colmapFolders are where photographs are looked for, below the data set; that which holds most of them is taken,
// the first of several.
var colmapFolders = []string{"images", ".", "images_2", "images_4", "images_8", "input"}

// A colmapPart is a folder with a reconstruction. COLMAP writes several, which have no frame in common, where it
// could not join them.
type colmapPart struct {
	dir, name string // name is below the data set
	ext       string // .bin or .txt
	model     *colmapModel
}

// colmapParts finds the reconstructions of the data set at root.
func colmapParts(root string) []*colmapPart {
	var parts []*colmapPart
	add := func(name string) {
		dir := filepath.Join(root, name)
		for _, ext := range []string{".bin", ".txt"} {
			if isFile(filepath.Join(dir, "cameras"+ext)) && isFile(filepath.Join(dir, "images"+ext)) {
				parts = append(parts, &colmapPart{dir: dir, name: name, ext: ext})
				return
			}
		}
	}
	addAll := func(name string) {
		entries, _ := os.ReadDir(filepath.Join(root, name))
		for _, e := range entries {
			if e.IsDir() || e.Type()&fs.ModeSymlink != 0 {
				add(path.Join(name, e.Name()))
			}
		}
	}
	for _, sparse := range []string{"sparse", "colmap/sparse"} { // the second is nerfstudio's
		addAll(sparse)
		add(sparse)
		if len(parts) > 0 {
			return parts
		}
	}
	if add("."); len(parts) == 0 && filepath.Base(absolute(root)) == "sparse" {
		addAll(".")
	}
	return parts
}

func absolute(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return name
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// readCOLMAP reads the reconstruction at p, the folder of a data set or that of its files.
func readCOLMAP(p string) (*source, error) {
	parts := colmapParts(p)
	if len(parts) == 0 {
		return nil, errors.New("has no cameras.bin and images.bin, or .txt, in sparse/0, sparse or itself")
	}
	src := &source{open: true}
	part, err := largestPart(parts, src)
	if err != nil {
		return nil, err
	}
	m := part.model
	if err := m.check(); err != nil {
		return nil, err
	}
	if err := part.readPoints(); err != nil {
		return nil, err
	}
	slices.SortFunc(m.images, func(a, b colmapImage) int { return cmp.Compare(a.name, b.name) })
	cams := make([]plucker.Camera, len(m.images))
	root, files := colmapFiles(colmapRoots(p), m.images)
	for i := range m.images {
		im := &m.images[i]
		cams[i] = im.camera
		src.shots = append(src.shots, shot{dir: root, name: files[i],
			camera: func(w, h int) (plucker.Camera, error) { return m.cameraFor(im, w, h) }})
	}
	f := frameOf(cams, m.points.kept)
	src.frame = &f
	src.near, src.far = nearestSeen(cams, m.points.kept), math.Inf(1)
	return src, nil
}

// largestPart reads the cameras and images of the parts, and returns the part with the most images. Of the others,
// src gets a warning.
func largestPart(parts []*colmapPart, src *source) (*colmapPart, error) {
	var best *colmapPart
	var firstErr error
	var others []string
	for _, p := range parts {
		if err := p.readModel(); err != nil {
			if firstErr == nil {
				firstErr = err
			}
			src.warnings = append(src.warnings, fmt.Sprintf("%s is skipped: %v", p.name, err))
			continue
		}
		if best == nil || len(p.model.images) > len(best.model.images) {
			best = p
		}
	}
	if best == nil {
		return nil, firstErr
	}
	for _, p := range parts {
		if p != best && p.model != nil {
			others = append(others, fmt.Sprintf("%s with %d", p.name, len(p.model.images)))
		}
	}
	if len(others) > 0 {
		src.warnings = append(src.warnings, fmt.Sprintf("%s with %d images is taken, and %s not: their cameras have no frame in common",
			best.name, len(best.model.images), strings.Join(others, ", ")))
	}
	return best, nil
}

// colmapRoots returns the folders below which images may lie: that of the data set, which is above p where p is its
// sparse or sparse/0.
func colmapRoots(p string) []string {
	roots := []string{p}
	for abs, n := absolute(p), 0; n < 2; abs, n = filepath.Dir(abs), n+1 {
		if filepath.Base(abs) == "sparse" {
			return append(roots, filepath.Dir(abs))
		}
	}
	return roots
}

// colmapFiles returns the paths of the images below one of the roots. Another extension will do, as those who make
// photographs smaller often change it.
func colmapFiles(roots []string, images []colmapImage) (string, []string) {
	stem := func(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }
	stems, files := map[string]int{}, make([]string, len(images))
	for i := range images {
		stems[stem(images[i].name)]++
		files[i] = images[i].name
	}
	root, most := roots[0], -1
	for _, r := range roots {
		for _, folder := range colmapFolders {
			if info, err := os.Stat(filepath.Join(r, folder)); err != nil || !info.IsDir() {
				continue
			}
			names, found := make([]string, len(images)), 0
			for i := range images {
				names[i] = path.Join(folder, images[i].name)
				_, file, ok := findImage(r, names[i])
				if !ok && stems[stem(images[i].name)] == 1 {
					_, file, ok = findImage(r, stem(names[i]))
				}
				if ok {
					names[i] = file
					found++
				}
			}
			if found > most {
				root, files, most = r, names, found
			}
			if found == len(images) {
				return root, files
			}
		}
	}
	return root, files
}

// readModel reads the cameras and images.
func (p *colmapPart) readModel() error {
	m := newColmapModel(path.Join(p.name, "cameras"+p.ext), path.Join(p.name, "images"+p.ext))
	cameras, images := m.readCamerasBin, m.readImagesBin
	if p.ext == ".txt" {
		cameras, images = m.readCamerasText, m.readImagesText
	}
	if err := p.open("cameras"+p.ext, cameras); err != nil {
		return err
	}
	if err := p.open("images"+p.ext, images); err != nil {
		return err
	}
	p.model = m
	return nil
}

// readPoints reads the points, where there are some.
func (p *colmapPart) readPoints() error {
	name, read := "points3D.bin", p.model.readPointsBin
	if p.ext == ".txt" || !isFile(filepath.Join(p.dir, name)) {
		name, read = "points3D.txt", p.model.readPointsText
	}
	if !isFile(filepath.Join(p.dir, name)) {
		return nil
	}
	return p.open(name, read)
}

// open calls read with a file of the reconstruction, its name below the data set and its size.
func (p *colmapPart) open(name string, read func(file string, r *fileReader) error) error {
	f, err := os.Open(filepath.Join(p.dir, name))
	if err != nil {
		return fmt.Errorf("%s: %w", path.Join(p.name, name), reason(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", path.Join(p.name, name), reason(err))
	}
	return read(path.Join(p.name, name), newFileReader(f, info.Size()))
}
