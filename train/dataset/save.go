package dataset

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"

	"lfnview/plucker"
	"lfnview/render/raster"
)

// savedFile and savedFrame are the shape of the JSON that Save writes: each frame has its own lens.
type savedFile struct {
	AngleX float64      `json:"camera_angle_x"` // of the first camera, for programs which know no other key
	Scene  *Space       `json:"lfn_frame,omitempty"`
	Frames []savedFrame `json:"frames"`
}

type savedFrame struct {
	FilePath string       `json:"file_path"`
	Depth    string       `json:"depth_file_path,omitempty"`
	Matrix   plucker.Pose `json:"transform_matrix"`
	lens
}

// Save writes the set into the folder dir, which it makes: transforms_train.json and transforms_test.json,
// and the images as train/r_0.png and so on. [Open] reads it back, with the same pixels, cameras and Frame.
//
// Where a view has Depth, it is beside the image: train/r_0.npy, an array of float32, as numpy.load reads it.
//
// A folder that holds a transforms file, train or test already is refused, so that of two programs which save into one
// folder the first does. The JSON files are written last, and after an error what was written is removed. Save returns
// ctx.Err() soon after ctx is done.
func (s *Set) Save(ctx context.Context, dir string) error {
	err := s.save(ctx, dir)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("dataset: save %s: %w", dir, err)
	}
	return nil
}

func (s *Set) save(ctx context.Context, dir string) (err error) {
	if old, _ := filepath.Glob(filepath.Join(dir, "transforms*.json")); len(old) > 0 {
		return fmt.Errorf("%s is there already: choose another folder", filepath.Base(old[0]))
	}
	for i := range s.Views {
		v := &s.Views[i]
		if w, h := v.Camera.Width, v.Camera.Height; len(v.Pix) != 4*w*h {
			return fmt.Errorf("%s has %d bytes of pixels, want %d", v.Name, len(v.Pix), 4*w*h)
		} else if v.Depth != nil && len(v.Depth) != w*h {
			return fmt.Errorf("%s has %d depths, want %d", v.Name, len(v.Depth), w*h)
		}
	}
	c, err := newClaim(dir)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			c.undo()
		}
	}()
	var files [2]savedFile
	names := make([]string, len(s.Views))
	for _, sp := range []Split{Train, Test} {
		idx := s.Split(sp)
		if len(idx) == 0 {
			continue
		}
		if err := c.folder(sp.String()); err != nil {
			return err
		}
		f := &files[sp]
		for n, i := range idx {
			c := &s.Views[i].Camera
			names[i] = imageName(sp, n)
			frame := savedFrame{FilePath: "./" + names[i], Matrix: c.Pose, lens: lensOf(c)}
			if s.Views[i].Depth != nil {
				frame.Depth = "./" + names[i] + ".npy"
			}
			f.Frames = append(f.Frames, frame)
		}
		c := &s.Views[idx[0]].Camera
		f.AngleX = 2 * math.Atan(float64(c.Width)/2/c.Intrinsics.Fx)
		if s.Space.Validate() == nil {
			f.Scene = &s.Space
		}
	}
	err = forEach(ctx, len(s.Views), 0, func(i int) error {
		v := &s.Views[i]
		m := &image.NRGBA{Pix: v.Pix, Stride: 4 * v.Camera.Width, Rect: image.Rect(0, 0, v.Camera.Width, v.Camera.Height)}
		if err := writeFile(filepath.Join(dir, names[i]+".png"), func(w io.Writer) error { return png.Encode(w, m) }); err != nil {
			return fmt.Errorf("%s.png: %w", names[i], err)
		}
		if v.Depth == nil {
			return nil
		}
		err := writeFile(filepath.Join(dir, names[i]+".npy"), func(w io.Writer) error { return raster.EncodeNPY(w, v.Depth, v.Camera.Height, v.Camera.Width) })
		if err != nil {
			return fmt.Errorf("%s.npy: %w", names[i], err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, sp := range []Split{Test, Train} {
		if len(files[sp].Frames) == 0 {
			continue
		}
		name := "transforms_" + sp.String() + ".json"
		err := writeFile(filepath.Join(dir, name), func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", " ")
			return e.Encode(&files[sp])
		})
		if err != nil {
			os.Remove(filepath.Join(dir, "transforms_test.json"))
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// lensOf is the inverse of frame.camera.
func lensOf(c *plucker.Camera) lens {
	num := func(x float64) *float64 { return &x }
	l := lens{
		Fx: num(c.Intrinsics.Fx), Fy: num(c.Intrinsics.Fy), Cx: num(c.Intrinsics.Cx), Cy: num(c.Intrinsics.Cy),
		W: num(float64(c.Width)), H: num(float64(c.Height)),
	}
	if d := &c.Distortion; *d != (plucker.Distortion{}) {
		l.K1, l.K2, l.K3, l.K4, l.K5, l.K6 = num(d.K1), num(d.K2), num(d.K3), num(d.K4), num(d.K5), num(d.K6)
		l.P1, l.P2 = num(d.P1), num(d.P2)
		l.Fisheye = d.Fisheye
	}
	return l
}

// writeFile writes what f does to a file beside name, name.part, syncs it, and renames it to name. After an error name
// is what it was.
func writeFile(name string, f func(w io.Writer) error) (err error) {
	t, err := os.OpenFile(name+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return reason(err)
	}
	defer func() {
		if err != nil {
			t.Close()
			os.Remove(t.Name())
		}
	}()
	b := bufio.NewWriter(t)
	if err = f(b); err != nil {
		return reason(err)
	}
	if err = b.Flush(); err != nil {
		return reason(err)
	}
	if err = t.Sync(); err != nil {
		return reason(err)
	}
	if err = t.Close(); err != nil {
		return reason(err)
	}
	return reason(os.Rename(t.Name(), name))
}
