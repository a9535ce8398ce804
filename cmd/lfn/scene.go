package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"lfnview/assets"
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// openModel opens the model that the arguments name, or the default scene where there is none.
func openModel(args []string) (m *lfn.Model, name string, err error) {
	if len(args) == 0 {
		m, err = assets.Scene()
		return m, "the default scene", err
	}
	m, err = lfn.Open(args[0])
	return m, args[0], err
}

const builtIn = "procedural"

// procedural says whether DATA names the built-in scene: procedural or procedural:SIZE, where nothing on
// disk has that name.
func procedural(data string) (o dataset.ProceduralOptions, ok bool, err error) {
	name, side, sized := strings.Cut(data, ":")
	if name != builtIn {
		return o, false, nil
	}
	if _, err := os.Stat(data); err == nil {
		return o, false, nil
	}
	if sized {
		if o.Size, err = strconv.Atoi(side); err == nil {
			err = plucker.CheckSize(o.Size, o.Size)
		}
		if err != nil || o.Size > 1024 {
			return o, true, usagef("%s: want %s:SIZE with a size in pixels, 1 to 1024, as %s:128", data, builtIn, builtIn)
		}
	}
	return o, true, nil
}

// openData opens the data set that DATA names.
func openData(ctx context.Context, data string, o dataset.Options) (*dataset.Set, error) {
	p, ok, err := procedural(data)
	if err != nil {
		return nil, err
	}
	if !ok {
		return openPhotographs(ctx, data, o)
	}
	if o.Scale > 1 || o.MaxSize > 0 {
		return nil, usagef("%s: give its size as %s:64, not by --scale or --max-size", data, builtIn)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	made := make(chan *dataset.Set, 1)
	go func() { made <- dataset.Procedural(p) }() // it takes a while where the pictures are large
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case set := <-made:
		set.Path = data
		return set, nil
	}
}

// openPhotographs opens a data set on disk, and refuses a scale that leaves nothing of its pictures.
func openPhotographs(ctx context.Context, data string, o dataset.Options) (*dataset.Set, error) {
	set, err := dataset.Open(ctx, data, o)
	if err != nil || o.Scale <= 1 {
		return set, err
	}
	for _, v := range set.Views {
		if v.Camera.Width > 1 || v.Camera.Height > 1 {
			return set, nil
		}
	}
	return nil, fmt.Errorf("%s: --scale %d leaves one pixel of a photograph: take less", data, o.Scale)
}

// peekData is openData without the pixels.
func peekData(data string) (*dataset.Set, error) {
	p, ok, err := procedural(data)
	if err != nil {
		return nil, err
	}
	if !ok {
		return dataset.Peek(data)
	}
	p.Samples = 1
	set := dataset.Procedural(p)
	set.Path = data
	return set, nil
}

// pickCamera finds the camera that DATA:SPLIT:INDEX names, such as data/lego:test:0. Without DATA it is one
// of the cameras that the model remembers.
func pickCamera(m *lfn.Model, text string) (plucker.Camera, error) {
	var none plucker.Camera
	rest, index, ok1 := cutLast(text)
	data, split, ok2 := cutLast(rest)
	if !ok2 {
		data, split = "", rest
	}
	i, err := strconv.Atoi(index)
	if !ok1 || err != nil || i < 0 || split != "train" && split != "test" {
		return none, usagef("--camera %s: want DATA:SPLIT:INDEX, as data/lego:test:0, or SPLIT:INDEX for a camera of the model", text)
	}
	var cams []plucker.Camera
	where := "the model"
	if data == "" {
		for _, v := range m.Cameras {
			if v.Split == split {
				cams = append(cams, v.Camera)
			}
		}
	} else {
		where = data
		set, err := peekData(data)
		if err != nil {
			return none, err
		}
		for _, v := range set.Views {
			if v.Split.String() == split {
				cams = append(cams, v.Camera)
			}
		}
	}
	if len(cams) == 0 {
		return none, fmt.Errorf("camera %s: %s has no %s cameras", text, where, split)
	}
	if i >= len(cams) {
		return none, fmt.Errorf("camera %s: %s has %d %s cameras, want an index from 0 to %d", text, where, len(cams), split, len(cams)-1)
	}
	return cams[i], nil
}

// cutLast cuts text at its last colon.
func cutLast(text string) (before, after string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// checkWritable finds out before hours of work whether a file can be made at path.
func checkWritable(path string) error {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return fmt.Errorf("%s is a folder, want the name of a file", path)
	} else if err == nil && !st.Mode().IsRegular() {
		return fmt.Errorf("cannot write %s: it is not a regular file", path)
	}
	probe := path + ".probe"
	f, err := os.OpenFile(probe, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cannot write %s: %w: make the folder first", path, err)
		}
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	f.Close()
	return os.Remove(probe)
}

// sameFile says whether two paths lead to one file.
func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// fileSize is the size of the file at path in bytes.
func fileSize(path string) (int64, error) {
	st, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}
