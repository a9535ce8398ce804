//go:build cgo && linux

package gpu

import (
	"fmt"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/render"
	"lfnview/shaders"
)

// textures are a network's on the device, in the order of their units.
type textures struct {
	ids   []uint32
	sizes [][2]int // a side, and slices; 0 where there was no room
}

// newTextures sends textures to the device.
func newTextures(ts *shaders.Textures) (*textures, error) {
	t := &textures{}
	err := eachTexture(ts, func(from *shaders.Texture, internal int32, format, kind uint32) error {
		var id uint32
		gl.GenTextures(1, &id)
		t.ids, t.sizes = append(t.ids, id), append(t.sizes, [2]int{})
		gl.BindTexture(gl.TEXTURE_3D, id)
		gl.TexParameteri(gl.TEXTURE_3D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
		gl.TexParameteri(gl.TEXTURE_3D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
		return t.send(len(t.ids)-1, from, internal, format, kind)
	})
	if err != nil {
		t.delete()
		return nil, err
	}
	return t, nil
}

// send gives texture i, which is bound, its size and texels.
func (t *textures) send(i int, from *shaders.Texture, internal int32, format, kind uint32) error {
	res := int32(from.Res)
	gl.TexImage3D(gl.TEXTURE_3D, 0, internal, res, res, int32(from.Slices), 0, format, kind, gl.Ptr(from.Data))
	t.sizes[i] = [2]int{}
	err := sent("textures", len(from.Data))
	if err == nil {
		t.sizes[i] = [2]int{from.Res, from.Slices}
	}
	return err
}

// update sends those of another network of the same configuration in their place: with other bricks, if grids are sparse.
func (t *textures) update(ts *shaders.Textures) error {
	i := -1
	return eachTexture(ts, func(from *shaders.Texture, internal int32, format, kind uint32) error {
		i++
		gl.BindTexture(gl.TEXTURE_3D, t.ids[i])
		if t.sizes[i] != [2]int{from.Res, from.Slices} {
			return t.send(i, from, internal, format, kind)
		}
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
	for i := range ts.Pages {
		if err := send(&ts.Pages[i], gl.RGBA8UI, gl.RGBA_INTEGER, gl.UNSIGNED_BYTE); err != nil {
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
