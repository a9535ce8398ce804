package shaders

import (
	_ "embed"
	"fmt"
	"strings"

	"lfnview/lfn"
)

// NormalOf is the text of a function of GLSL, vec3 normalOf(float code): the normal of length 1 that a code stands for, or
// zero for the code 0.
//
//go:embed glsl/normal_of.glsl
var NormalOf string

// Normals writes a compute shader that works on the image of geometry, at unit 1, which [Variant.WithGeometry] has written:
// confident pixels without a normal get one from their neighbours. It has the uniforms of a camera, a vec2 at location 7
// that is (½, ½), and at location 13 an ivec2 that is [Shader.Block]. A workgroup has 8×8 pixels.
func Normals() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#version 430\n\n%s\n", constant{"CONFIDENT", float64(lfn.Confident), ""})
	for _, name := range []string{"camera", "code_of", "normals"} {
		if err := templates.ExecuteTemplate(&b, name+".glsl", nil); err != nil {
			panic("shaders: " + err.Error()) // of our own template
		}
	}
	return b.String()
}
