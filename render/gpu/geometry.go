//go:build cgo && linux

package gpu

import (
	"math"
	"slices"

	"github.com/go-gl/gl/v4.3-core/gl"
	"github.com/go-gl/mathgl/mgl32"

	"lfnview/render"
)

// readGeometry copies what draw has left of a shader with geometry.
func (p *program) readGeometry(dst *render.Geometry) {
	w, h := p.image.width, p.image.height
	dst.Resize(w, h)
	p.image.read(&dst.Color)
	p.texels = slices.Grow(p.texels[:0], 4*w*h)[:4*w*h]
	p.geometry.get(gl.RGBA, p.texels)
	unpack(dst, p.texels)
}

// unpack takes the texels of [Canvas.GeometryTexture] apart.
func unpack(dst *render.Geometry, texels []float32) {
	for i := range dst.Distance {
		t := texels[4*i:]
		dst.Distance[i], dst.Spread[i], dst.Confidence[i] = t[0], t[1], t[2]
		n := normalOf(t[3])
		copy(dst.Normal[3*i:], n[:])
	}
}

// normalOf is what [shaders.NormalOf] says.
func normalOf(code float32) mgl32.Vec3 {
	if code == 0 {
		return mgl32.Vec3{}
	}
	c := int(code)
	x, y := float32(c%4096-2048)/2047, float32(c/4096-2048)/2047
	abs := func(v float32) float32 { return float32(math.Abs(float64(v))) }
	z := 1 - abs(x) - abs(y)
	if z < 0 {
		sign := func(v float32) float32 {
			if v < 0 {
				return -1
			}
			return 1
		}
		x, y = (1-abs(y))*sign(x), (1-abs(x))*sign(y)
	}
	return mgl32.Vec3{x, y, z}.Normalize()
}
