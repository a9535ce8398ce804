package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// maxJSONBytes bounds the JSON files that are read: a hundred thousand frames.
const maxJSONBytes = 64 << 20

// testFiles hold held-out views; the second stands in for the first.
var testFiles = [2]string{"transforms_test.json", "transforms_val.json"}

// transformsLayout is the transforms*.json of NeRF, nerfstudio and instant-ngp.
var transformsLayout = layout{
	name:  "transforms",
	needs: "transforms.json, transforms_train.json",
	find: func(f *listing) bool {
		if !f.isDir {
			return strings.EqualFold(filepath.Ext(f.path), ".json")
		}
		return f.has("transforms_train.json") || f.has("transforms.json") || f.has(testFiles[0]) || f.has(testFiles[1])
	},
	read: readTransforms,
}

// readTransforms reads the transforms files at p, a folder or one such file.
func readTransforms(p string) (*source, error) {
	info, err := os.Stat(p)
	if err != nil {
		return nil, reason(err)
	}
	src := &source{open: true}
	add := func(file string, split *Split) (found bool, err error) {
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		s, scene, err := readShots(file)
		if err != nil {
			return true, err
		}
		if src.space == nil {
			src.space = scene
		} else if scene != nil && !reflect.DeepEqual(scene, src.space) {
			return true, &FormatError{filepath.Base(file), "lfn_frame", "is another than that of the training views: want the same in both"}
		}
		if split != nil {
			for i := range s {
				s[i].split = *split
			}
		}
		src.shots = append(src.shots, s...)
		return true, nil
	}
	train, test := Train, Test
	if !info.IsDir() {
		var split *Split
		if name := filepath.Base(p); name == testFiles[0] || name == testFiles[1] {
			split = &test
		}
		_, err := add(p, split)
		return src, err
	}
	hasTrain, err := add(filepath.Join(p, "transforms_train.json"), &train)
	if err != nil {
		return nil, err
	}
	hasTest := false
	for _, name := range testFiles {
		if hasTest, err = add(filepath.Join(p, name), &test); err != nil {
			return nil, err
		}
		if hasTest {
			break
		}
	}
	if hasTrain || hasTest {
		return src, nil
	}
	found, err := add(filepath.Join(p, "transforms.json"), nil)
	if err == nil && !found {
		err = errors.New("has neither transforms.json nor transforms_train.json")
	}
	return src, err
}

// readShots reads one transforms file: its frames, whose images are relative to its folder, and that of the scene, or nil.
func readShots(file string) ([]shot, *Space, error) {
	name := filepath.Base(file)
	data, err := readBounded(file, maxJSONBytes)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	t, err := parseTransforms(name, data)
	if err != nil {
		return nil, nil, err
	}
	var shots []shot
	for i := range t.frames {
		f := &t.frames[i]
		shots = append(shots, shot{filepath.Dir(file), f.name, f.split, f.depth, f.camera})
	}
	return shots, t.scene, nil
}

// readBounded reads a regular file of at most limit bytes.
func readBounded(file string, limit int64) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, reason(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	if info.Size() == 0 {
		return nil, errors.New("is empty: copy it again")
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("has %d bytes, at most %d are read", info.Size(), limit)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// extensions are tried in this order where a frame's file_path names no file.
var extensions = []string{".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}

// IsPhotograph says whether the name of a file is that of an image which can be read.
func IsPhotograph(name string) bool {
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(name)))
}

// findImage returns the file of the image that a frame calls name, and that name with the extension found.
func findImage(dir, name string) (file, found string, ok bool) {
	try := func(n string) bool {
		file, found = filepath.FromSlash(n), n
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		info, err := os.Stat(file)
		return err == nil && info.Mode().IsRegular()
	}
	if try(name) {
		return file, path.Clean(found), true
	}
	for _, e := range extensions {
		if try(name+e) || try(name+strings.ToUpper(e)) {
			return file, path.Clean(found), true
		}
	}
	return "", "", false
}

// reason takes the path off a file system error, for a caller who has named it.
func reason(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		return le.Err
	}
	return err
}
