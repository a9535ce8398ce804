//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"unsafe"

	"github.com/go-gl/gl/v3.3-core/gl"
)

// newTexture makes an empty texture of 8-bit RGBA.
func newTexture(w, h int) uint32 {
	var id uint32
	gl.GenTextures(1, &id)
	gl.BindTexture(gl.TEXTURE_2D, id)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
	setImage(id, w, h, nil)
	return id
}

// setImage gives a texture another size, and pixels; nil leaves them open.
func setImage(id uint32, w, h int, rgba []byte) {
	gl.BindTexture(gl.TEXTURE_2D, id)
	gl.PixelStorei(gl.UNPACK_ALIGNMENT, 4)
	gl.TexImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, int32(w), int32(h), 0, gl.RGBA, gl.UNSIGNED_BYTE, unsafe.Pointer(unsafe.SliceData(rgba)))
}

// setPixels replaces w×h pixels of a texture from (x, y) on.
func setPixels(id uint32, x, y, w, h int, rgba []byte) {
	gl.BindTexture(gl.TEXTURE_2D, id)
	gl.PixelStorei(gl.UNPACK_ALIGNMENT, 4)
	gl.TexSubImage2D(gl.TEXTURE_2D, 0, int32(x), int32(y), int32(w), int32(h), gl.RGBA, gl.UNSIGNED_BYTE, unsafe.Pointer(unsafe.SliceData(rgba)))
}

// newNumbers makes an empty texture of RGBA in float32, without a filter.
func newNumbers(w, h int) uint32 {
	var id uint32
	gl.GenTextures(1, &id)
	gl.BindTexture(gl.TEXTURE_2D, id)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
	gl.TexImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, int32(w), int32(h), 0, gl.RGBA, gl.FLOAT, nil)
	return id
}

// setNumbers replaces the first w×h texels of such a texture.
func setNumbers(id uint32, w, h int, rgba []float32) {
	gl.BindTexture(gl.TEXTURE_2D, id)
	gl.TexSubImage2D(gl.TEXTURE_2D, 0, 0, 0, int32(w), int32(h), gl.RGBA, gl.FLOAT, unsafe.Pointer(unsafe.SliceData(rgba)))
}
