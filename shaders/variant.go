package shaders

import (
	"fmt"
	"slices"

	"lfnview/lfn"
)

// A Variant says how a shader computes. All variants of a network answer the same colours, within rounding.
type Variant struct {
	Half     bool // products in half precision: GL_NV_gpu_shader5 or GL_AMD_gpu_shader_half_float
	Subgroup bool // sums over invocations by GL_KHR_shader_subgroup instead of shared memory
	Staged   bool // weights go through shared memory
	RGBA8    bool // the image holds bytes, and takes one ray a pixel; else float32
	Geometry bool // what rays meet is written, too: see [Variant.WithGeometry]
	Rays     int  // that an invocation has in registers: 4 or 8
	Outs     int  // outputs of a layer for each of them: 4 or 8; 8 with Half
	Threads  int  // invocations of a workgroup
}

// String names the variant: fp16-subgroup-staged-4x8-256.
func (v Variant) String() string {
	name := "fp32"
	if v.Half {
		name = "fp16"
	}
	if v.Subgroup {
		name += "-subgroup"
	}
	if v.Staged {
		name += "-staged"
	}
	if v.RGBA8 {
		name += "-rgba8"
	}
	if v.Geometry {
		name += "-geometry"
	}
	return fmt.Sprintf("%s-%dx%d-%d", name, v.Rays, v.Outs, v.Threads)
}

// Format is that of the image.
func (v Variant) Format() string {
	if v.RGBA8 {
		return "rgba8"
	}
	return "rgba32f"
}

// WithGeometry is the variant that writes, beside what v does, what the rays meet: to the image at unit 1, rgba32f, the
// distance from the camera along the ray, in the world, and its standard deviation, the confidence, and the code of the
// normal in the world that [NormalOf] reads. Where nothing is known, all four are 0.
//
// For a network that has no volume it is another one, that takes half of its columns for derivatives: it tells of one pixel in
// a block, see [Shader.Block], and confident pixels want a normal of [Normals]. It is of v's precision, but for narrow layers of
// single precision: what they read takes longer than they. The error is that layers are too wide for that on a device with the
// limits l.
func (v Variant) WithGeometry(c lfn.Config, l Limits) (Variant, error) {
	v.Geometry = true
	if c.Encoding.Kind == lfn.Volume {
		return v, nil
	}
	wide := widest(c) > 64
	v.Half, v.Subgroup = v.Half && wide, l.Subgroup
	v.Rays, v.Outs = 8, 4
	most := 64
	switch {
	case v.Half:
		v.Outs, most = 8, 128
	case wide:
		most = 256
	}
	var why error
	for _, v.Staged = range []bool{wide, false} {
		tx := v.columns(c)
		for n := max(most/tx, 1); n > 0; n /= 2 {
			v.Threads = n * tx
			if why = check(c, v, l); why == nil {
				return v, nil
			}
		}
	}
	return v, why
}

// GeometryWeights are the [Weights] for [Variant.WithGeometry] of a variant, whatever the device.
func GeometryWeights(n *lfn.Network, v Variant) []byte {
	v, _ = v.WithGeometry(n.Config, Limits{})
	return Weights(n, v)
}

// Limits are what a device gives a shader.
type Limits struct {
	Threads     int   // invocations of a workgroup
	SharedBytes int   // of a workgroup
	BufferBytes int64 // of a shader storage block
	TextureSide int   // of a 3D texture
	Loops       int   // iterations of all loops of an invocation; 0 is no limit
	Half        bool
	Subgroup    bool // clustered sums over 8 invocations and more
}

// across is how many invocations side by side in a subgroup share rays.
const across = 8

// Variants lists a handful of variants of a network of shape c that a device with these limits can run: those that
// were the fastest of many on some device. The error says what the device lacks where there is none.
func Variants(c lfn.Config, l Limits) ([]Variant, error) {
	var all []Variant
	var why error
	for _, v := range candidates(widest(c)) {
		if v.Half && !l.Half || v.Subgroup && !l.Subgroup {
			continue
		}
		tx := v.columns(c)
		if ty := v.Threads / tx; ty > 1 {
			v.Threads = tx * (ty &^ 1) // an even number, so that the rays make a rectangle of pixels
		} else {
			v.Threads = tx
		}
		if !v.Valid(c) {
			continue
		}
		if err := check(c, v, l); err != nil {
			why = err
		} else if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return nil, why
	}
	return all, nil
}

// candidates are what is tried for layers of that width. Wide layers gain from weights that a workgroup reads
// together; where all weights fit into a cache, that costs more than it saves.
func candidates(width int) []Variant {
	if width > 64 {
		return []Variant{
			{Half: true, Rays: 4, Outs: 8, Threads: 64},
			{Half: true, Subgroup: true, Staged: true, Rays: 4, Outs: 8, Threads: 256},
			{Subgroup: true, Staged: true, Rays: 8, Outs: 4, Threads: 256},
			{Staged: true, Rays: 8, Outs: 4, Threads: 256},
			{Rays: 4, Outs: 8, Threads: 64},
			{Rays: 4, Outs: 4, Threads: 128},
		}
	}
	return []Variant{
		{Half: true, Staged: true, Rays: 4, Outs: 8, Threads: 64},
		{Half: true, Rays: 4, Outs: 8, Threads: 64},
		{Subgroup: true, Rays: 8, Outs: 4, Threads: 64},
		{Rays: 4, Outs: 8, Threads: 64},
		{Rays: 4, Outs: 4, Threads: 64},
	}
}

// Valid says whether a network of shape c has such a variant at all.
func (v Variant) Valid(c lfn.Config) bool {
	if v.Rays != 4 && v.Rays != 8 || v.Outs != 4 && v.Outs != 8 || v.Half && v.Outs != 8 || v.Threads < 1 || v.Threads > 1024 {
		return false
	}
	tx := v.columns(c)
	if v.Threads%tx != 0 || tx%v.Rays != 0 {
		return false
	}
	p := newPlan(c, v)
	tile := p.tile()
	return tile[0]*tile[1] == p.ty*p.Values()
}

// widest is the width of the widest layer.
func widest(c lfn.Config) int { return slices.Max(append(slices.Clone(c.Hidden), 3)) }

// columns is how many invocations share a ray.
func (v Variant) columns(c lfn.Config) int {
	tx := (widest(c) + v.Outs - 1) / v.Outs
	if tx <= across/2 && !v.Geometry {
		return across / 2
	}
	return (tx + across - 1) / across * across
}

// check says why a device cannot run a variant of a network of shape c.
func check(c lfn.Config, v Variant, l Limits) error {
	p := newPlan(c, v)
	switch {
	case v.Threads > l.Threads:
		return fmt.Errorf("shaders: layers of %d outputs need %d invocations in a workgroup, the device has %d", p.width, v.Threads, l.Threads)
	case p.sharedBytes() > l.SharedBytes:
		return fmt.Errorf("shaders: layers of %d inputs and %d outputs need %d bytes of shared memory, the device has %d", p.inputs, p.width, p.sharedBytes(), l.SharedBytes)
	case l.Loops > 0 && p.loops() > l.Loops:
		return fmt.Errorf("shaders: a ray takes up to %d iterations of loops, the device does %d", p.loops(), l.Loops)
	case int64(p.weightBytes()) > l.BufferBytes:
		return fmt.Errorf("shaders: the weights take %d bytes, the device's buffers have %d", p.weightBytes(), l.BufferBytes)
	}
	for _, res := range c.Encoding.Grids {
		if res > l.TextureSide {
			return fmt.Errorf("shaders: a grid has %d texels a side, the device's 3D textures have %d", res, l.TextureSide)
		}
	}
	return nil
}
