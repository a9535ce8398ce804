package dataset

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// SaveSRN writes the set into the folder dir, which it makes, as one instance of Scene Representation Networks: view i
// as rgb/00000i.png and pose/00000i.txt, and one intrinsics.txt. [Open] reads the same cameras, in the same order.
//
// All views have to have one size and one lens, without distortion, and a single focal length. The layout has no place
// for alpha, splits, depth and Frame: pictures are over white, and splits are forgotten.
//
// A folder that has anything in it is refused. intrinsics.txt is written last, and after an error what was written is
// removed, so that a folder in which a write failed is no instance. SaveSRN returns ctx.Err() soon after ctx is done.
func (s *Set) SaveSRN(ctx context.Context, dir string) error {
	err := s.saveSRN(ctx, dir)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("dataset: save %s: %w", dir, err)
	}
	return nil
}

func (s *Set) saveSRN(ctx context.Context, dir string) (err error) {
	if err := s.checkSRN(); err != nil {
		return err
	}
	if _, err := NewFolder(dir); err != nil {
		return err
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
	for _, name := range []string{"rgb", "pose"} {
		if err := c.folder(name); err != nil {
			return err
		}
	}
	write := func(name string, f func(w io.Writer) error) error {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), f); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	err = forEach(ctx, len(s.Views), 0, func(i int) error {
		v := &s.Views[i]
		m := overWhite(v)
		if err := write(fmt.Sprintf("rgb/%06d.png", i), func(w io.Writer) error { return png.Encode(w, m) }); err != nil {
			return err
		}
		return write(fmt.Sprintf("pose/%06d.txt", i), func(w io.Writer) error {
			_, err := io.WriteString(w, srnPose(v.Camera.Pose))
			return err
		})
	})
	if err != nil {
		return err
	}
	return write(intrinsicsFile, func(w io.Writer) error {
		_, err := io.WriteString(w, srnIntrinsics(&s.Views[0].Camera))
		return err
	})
}

// checkSRN says what of the set the layout cannot say.
func (s *Set) checkSRN() error {
	if len(s.Views) == 0 {
		return errors.New("has no views")
	}
	first := s.Views[0].Camera
	for i := range s.Views {
		v := &s.Views[i]
		c := &v.Camera
		switch k := c.Intrinsics; {
		case len(v.Pix) != 4*c.Width*c.Height:
			return fmt.Errorf("%s has %d bytes of pixels, want %d", v.Name, len(v.Pix), 4*c.Width*c.Height)
		case c.Distortion != plucker.Distortion{}:
			return fmt.Errorf("%s has a lens with distortion, want none in this layout", v.Name)
		case k.Fx != k.Fy:
			return fmt.Errorf("%s has focal lengths of %.6g and %.6g pixels, want one in this layout", v.Name, k.Fx, k.Fy)
		case k != first.Intrinsics || c.Width != first.Width || c.Height != first.Height:
			return fmt.Errorf("%s has another lens or size than %s, want one for all in this layout", v.Name, s.Views[0].Name)
		}
	}
	return nil
}

// overWhite is the view's picture over white, opaque, so that its PNG has no alpha.
func overWhite(v *View) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, v.Camera.Width, v.Camera.Height))
	for i := 0; i < len(m.Pix); i += 4 {
		a := int(v.Pix[i+3])
		for k := range 3 {
			m.Pix[i+k] = byte((a*int(v.Pix[i+k]) + (255-a)*255 + 127) / 255)
		}
		m.Pix[i+3] = 255
	}
	return m
}

// srnPose is the camera-to-world matrix with OpenCV's axes, in one line, rows first, as in the authors' files.
func srnPose(p plucker.Pose) string {
	p.Rot = p.Rot.Mul3(mgl64.Diag3(mgl64.Vec3{1, -1, -1}))
	m := p.Mat4()
	var numbers []string
	for i := range 16 {
		numbers = append(numbers, number(m.At(i/4, i%4)))
	}
	return strings.Join(numbers, " ") + "\n"
}

// srnIntrinsics is what parseSRN reads, see there: barycentre and near plane are 0, the scale is 1, as in the authors'
// files.
func srnIntrinsics(c *plucker.Camera) string {
	k := c.Intrinsics
	return fmt.Sprintf("%s %s %s 0.\n0. 0. 0.\n0.\n1.\n%d %d\n", number(k.Fx), number(k.Cx), number(k.Cy), c.Height, c.Width)
}

// number writes x so that reading it gives x, and 0 for −0.
func number(x float64) string { return strconv.FormatFloat(x+0, 'g', -1, 64) }
