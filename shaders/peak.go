package shaders

import "strings"

// PeakInvocations is how many invocations a workgroup of [Peak] has.
const PeakInvocations = 256

// Peak writes a compute shader of fused multiply-adds alone, whose rate is the most that a network can reach on a
// device. The block at binding 0 holds 64 floats that stay as they are; the uniform at location 0 is a vec2. Each
// invocation does flops operations, a multiply-add as two.
func Peak(half bool) (text string, flops float64) {
	const chains, steps = 16, 128
	p := struct {
		Half          bool
		Head, Type    string
		Chains, Steps int
	}{half, "#version 430", "vec2", chains, steps}
	if half {
		p.Head, p.Type = "#version 430\n"+halfExtension, "f16vec2"
	}
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, "peak.glsl", p); err != nil {
		panic("shaders: " + err.Error()) // of our own template
	}
	return b.String(), 2 * 2 * 8 * chains * steps
}
