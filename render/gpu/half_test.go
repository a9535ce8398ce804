//go:build cgo && linux

package gpu

import (
	"strings"

	"lfnview/shaders"
)

// halfEmulated is arithmetic in half precision for a device that has none: products and sums are rounded to it.
const halfEmulated = `#version 430
#define f16vec2 vec2
#define unpackFloat2x16 unpackHalf2x16
#define fma(a, b, c) unpackHalf2x16(packHalf2x16((a) * (b) + (c)))
`

// emulateHalf has a shader in half precision compute, on a device without it, what one with it does.
func emulateHalf(s *shaders.Shader) {
	head := &s.Pieces[0]
	_, rest, _ := strings.Cut(head.Text, "#endif\n")
	head.Text = halfEmulated + rest
}

// withHalf are the limits of a device on which half precision may be emulated.
func withHalf(l shaders.Limits) shaders.Limits {
	l.Half = true
	return l
}
