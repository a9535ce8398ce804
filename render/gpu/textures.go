//go:build cgo && linux

package gpu

import (
	"fmt"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/render"
	"lfnview/shaders"
)

// textures are a network's grids on the device and, behind them, its occupancies.
type textures struct{ ids []uint32 }

// newTextures sends textures to the device.
func newTextures(ts *shaders.Textures) (*textures, error) {
	t := &textures{}
	err := eachTexture(ts, func(from *shaders.Texture, internal int32, format, kind uint32) error {
		var id uint32
		gl.GenTextures(1, &id)
		t.ids = append(t.ids, id)
		gl.BindTexture(gl.TEXTURE_3D, id)
		gl.TexParameteri(gl.TEXTURE_3D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
		gl.TexParameteri(gl.TEXTURE_3D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
		res := int32(from.Res)
		gl.TexImage3D(gl.TEXTURE_3D, 0, internal, res, res, int32(from.Slices), 0, format, kind, gl.Ptr(from.Data))
		return sent("textures", len(from.Data))
	})
	if err != nil {
		t.delete()
		return nil, err
	}
	return t, nil
}

// update sends other textures of the same sizes in their place.
func (t *textures) update(ts *shaders.Textures) {
	ids := t.ids
	_ = eachTexture(ts, func(from *shaders.Texture, _ int32, format, kind uint32) error {
		gl.BindTexture(gl.TEXTURE_3D, ids[0])
		ids = ids[1:]
		res := int32(from.Res)
		gl.TexSubImage3D(gl.TEXTURE_3D, 0, 0, 0, 0, res, res, int32(from.Slices), format, kind, gl.Ptr(from.Data))
		return nil
	})
}

// eachTexture has send send one texture after another, in the order of their units, and in which format.
func eachTexture(ts *shaders.Textures, send func(from *shaders.Texture, internal int32, format, kind uint32) error) error {
	gl.PixelStorei(gl.UNPACK_ALIGNMENT, 1)
	defer gl.PixelStorei(gl.UNPACK_ALIGNMENT, 4)
	for i := range ts.Grids {
		if err := send(&ts.Grids[i], gl.RGBA16F, gl.RGBA, gl.HALF_FLOAT); err != nil {
			return err
		}
	}
	for i := range ts.Cells {
		if err := send(&ts.Cells[i], gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE); err != nil {
			return err
		}
	}
	return nil
}

// bind binds them to their units. A sampler that is bound there, too, could ask for what they do not have, such as
// smaller levels: it is taken off.
func (t *textures) bind() {
	for i, id := range t.ids {
		gl.ActiveTexture(gl.TEXTURE0 + uint32(i))
		gl.BindTexture(gl.TEXTURE_3D, id)
		gl.BindSampler(uint32(i), 0)
	}
	gl.ActiveTexture(gl.TEXTURE0)
}

func (t *textures) delete() {
	if len(t.ids) > 0 {
		gl.DeleteTextures(int32(len(t.ids)), &t.ids[0])
	}
}

// image is a texture that programs write.
type image struct {
	id            uint32 // 0 is none
	width, height int
}

// resize makes it anew, of that size, with nothing that is known in it.
func (m *image) resize(w, h int, format uint32) error {
	if side := int(integer(gl.MAX_TEXTURE_SIZE)); max(w, h) > side {
		return fmt.Errorf("gpu: image of %d×%d pixels, the device has at most %d a side", w, h, side)
	}
	m.delete()
	gl.GenTextures(1, &m.id)
	m.width, m.height = w, h
	gl.BindTexture(gl.TEXTURE_2D, m.id)
	gl.TexStorage2D(gl.TEXTURE_2D, 1, format, int32(w), int32(h))
	err := sent(fmt.Sprintf("image, %d×%d pixels", w, h), w*h*16)
	if err != nil {
		m.delete()
	}
	return err
}

// read copies the image to dst.
func (m *image) read(dst *render.Image) {
	dst.Resize(m.width, m.height)
	m.get(gl.RGB, dst.Pix)
}

// get copies all its texels.
func (m *image) get(format uint32, dst []float32) {
	gl.BindTexture(gl.TEXTURE_2D, m.id)
	gl.PixelStorei(gl.PACK_ALIGNMENT, 1)
	gl.GetTexImage(gl.TEXTURE_2D, 0, format, gl.FLOAT, unsafe.Pointer(unsafe.SliceData(dst)))
	gl.PixelStorei(gl.PACK_ALIGNMENT, 4)
}

func (m *image) delete() {
	gl.DeleteTextures(1, &m.id)
	*m = image{}
}
