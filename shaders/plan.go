package shaders

import (
	"fmt"
	"math"
	"strings"

	"lfnview/lfn"
	"lfnview/lfn/f32"
)

// plan is the shape of a shader: what the templates in glsl/ are filled in with.
type plan struct {
	Variant
	config lfn.Config

	width    int // of every hidden layer, padded
	layers   int // hidden ones
	TX, ty   int // invocations that share a ray, and that share an output
	inputs   int // rows that a pass of the encoding writes, at most
	passes   int // of the encoding
	perPoint int // rows that one point of the ray gives, where points are not composited
	inPass   int // points of a pass
	hidden   []int
}

const (
	unroll = 4  // rows of weights that a loop takes at a time, where they do not go through shared memory
	chunk  = 32 // terms of a partial sum in half precision
)

func newPlan(c lfn.Config, v Variant) *plan {
	p := &plan{Variant: v, config: c, hidden: c.Hidden, passes: 1}
	if len(p.hidden) == 0 {
		p.hidden = []int{3} // a layer that does nothing but multiply, in front of one that hands its outputs on
	}
	p.layers = len(p.hidden)
	p.TX = v.columns(c)
	p.ty = v.Threads / p.TX
	p.width = p.TX * v.Outs
	e := c.Encoding
	switch e.Kind {
	case lfn.Points:
		p.perPoint = 3 * (1 + 2*e.Frequencies)
	case lfn.Grid:
		p.perPoint = 4 * len(e.Grids)
	default:
		p.inputs = padded(c.InputWidth())
		return p
	}
	p.inPass = min(max(64/p.perPoint, 1), e.Points)
	p.inputs = padded(max(p.inPass*p.perPoint, 6))
	p.passes = 1 + (e.Points+p.inPass-1)/p.inPass
	return p
}

// padded rounds a number of rows up to what the unrolled loops take.
func padded(rows int) int { return (rows + 2*unroll - 1) / (2 * unroll) * (2 * unroll) }

// passRows says for each row that a pass writes which input of the network's first layer it is; −1 is none.
func (p *plan) passRows(pass int) []int {
	var rows []int
	first, last := 0, p.config.InputWidth()
	if p.perPoint > 0 {
		points := p.config.Encoding.Points * p.perPoint
		coords, at := 0, 6 // where coordinates and points begin
		if p.config.Encoding.Kind == lfn.Grid {
			coords, at = points, 0
		}
		if pass == 0 {
			first, last = coords, coords+6
		} else {
			size := p.inPass * p.perPoint
			first = at + (pass-1)*size
			last = min(first+size, at+points)
		}
	}
	for i := first; i < last; i++ {
		rows = append(rows, i)
	}
	n := p.inputs
	if p.perPoint > 0 && pass == 0 {
		n = 8
	}
	for len(rows) < n {
		rows = append(rows, -1)
	}
	return rows
}

// Constants of the shader, by name.
func (p *plan) constants() []constant {
	cs := []constant{
		{"TX", p.TX, "invocations that share a ray"}, {"TY", p.ty, "invocations that share an output"},
		{"ACROSS", min(p.TX, across), "of those that share a ray, how many are side by side"},
		{"RAYS", p.rays(), "of a workgroup"}, {"PARTS", p.Parts(), ""},
		{"TILE_W", p.tile()[0], "pixels of a workgroup"}, {"TILE_H", p.tile()[1], ""},
		{"PASSES", p.passes, "of the encoding"}, {"INPUTS", p.inputs, "rows that a pass writes"},
		{"LAYERS", p.layers, "hidden ones"}, {"WIDTH", p.width, "of each, padded"},
		{"ROWS", max(p.inputs, p.width), ""},
		{"PI", math.Pi, ""},
	}
	e := p.config.Encoding
	if e.Points > 0 {
		cs = append(cs, constant{"POINTS", e.Points, "of a ray"})
	}
	if e.Clear > 0 {
		cs = append(cs, constant{"CLEAR", e.Clear, "radius of the ball without cameras"})
	}
	if e.Window != nil {
		cs = append(cs, constant{"FLAT", float64(lfn.Flat), "how much less deep than wide grids are"}, constant{"DEEPEST", float64(lfn.Deepest), "z at their end"})
		lines := e.Window.Lines()
		for i, name := range []string{"DIR_OF_DIR", "DIR_OF_MOMENT", "MOMENT_OF_DIR", "MOMENT_OF_MOMENT"} {
			cs = append(cs, constant{name, corner(lines, 3*(i/2), 3*(i%2)), "of the window's map of lines"})
		}
	}
	if e.Kind == lfn.Frequency || e.Kind == lfn.Points {
		cs = append(cs, constant{"OCTAVES", e.Frequencies, ""})
	}
	if p.perPoint > 0 {
		cs = append(cs, constant{"PASS_POINTS", p.inPass, "points of a pass"}, constant{"POINT_ROWS", p.perPoint, "rows of a point"})
	}
	if e.Kind == lfn.Volume {
		cs = append(cs, constant{"DENSITY_GAIN", float64(f32.DensityGain), ""}, constant{"DENSITY_BIAS", float64(f32.DensityBias), ""},
			constant{"OPTICAL_DEPTH", float64(lfn.OpticalDepth), ""}, constant{"FEATURE_GAIN", float64(lfn.FeatureGain), ""},
			constant{"OPAQUE", float64(lfn.Opaque), "transmittance behind which nothing is looked at"})
	}
	if p.Geometry {
		cs = append(cs, constant{"SURE_SPREAD", lfn.SureSpread, "of a surface whose confidence is ½"}, constant{"FARTHEST", lfn.Farthest, "radii up to which a surface is known"})
		if e.Window != nil {
			cs = append(cs, constant{"EYE", [3]float64(e.Window.Eye), "of the window"})
		}
	}
	if p.Derived() {
		for i, mix := range lfn.Mixes {
			cs = append(cs, constant{fmt.Sprintf("MIX%d", i), [3]float64{float64(mix[0]), float64(mix[1]), float64(mix[2])}, "of channels"})
		}
		cs = append(cs, constant{"NOISE", lfn.SlopeNoise, "least standard deviation of derivatives"})
	} else if p.Geometry {
		cs = append(cs, constant{"SURFACE_LIGHT", lfn.SurfaceLight, "transmittance at the surface"},
			constant{"LEAST_SLOPE", lfn.LeastSlope, "difference of densities from which on there is a normal"},
			constant{"TEXEL", 2 / float64(e.Grids[len(e.Grids)-1]-1), "of the finest grid"})
		if e.Window != nil {
			cs = append(cs, constant{"SCENE_OF_CUBE", [16]float64(e.Window.Points().Inv()), "of the window's map of points"}, constant{"CUBE_OF_SCENE", [16]float64(e.Window.Points()), ""})
		}
	}
	return cs
}

// corner is the 3×3 part of a matrix that begins there, by columns.
func corner(m [6][6]float64, row, column int) (part [9]float64) {
	for i := range part {
		part[i] = m[row+i%3][column+i/3]
	}
	return part
}

type constant struct {
	name  string
	value any
	why   string
}

func (c constant) String() string {
	kind := "int"
	value := fmt.Sprint(c.value)
	switch v := c.value.(type) {
	case float64:
		kind, value = "float", float(v)
	case [3]float64:
		kind, value = "vec3", "vec3("+floats(v[:])+")"
	case [9]float64:
		kind, value = "mat3", "mat3("+floats(v[:])+")"
	case [16]float64:
		kind, value = "mat4", "mat4("+floats(v[:])+")"
	}
	text := fmt.Sprintf("const %s %s = %s;", kind, c.name, value)
	if c.why != "" {
		text += " // " + c.why
	}
	return text
}

// floats writes numbers as GLSL does, side by side.
func floats(v []float64) string {
	var each []string
	for _, x := range v {
		each = append(each, float(x))
	}
	return strings.Join(each, ", ")
}

// float writes a number as GLSL does.
func float(x float64) string {
	text := fmt.Sprintf("%.9g", x)
	for _, c := range text {
		if c == '.' || c == 'e' {
			return text
		}
	}
	return text + ".0"
}

// rays of a workgroup.
func (p *plan) rays() int { return p.ty * p.Rays }

// tile is the width and height of the pixels of a workgroup.
func (p *plan) tile() [2]int {
	if p.Derived() {
		w := min(p.ty&-p.ty, 4)
		b := p.block()
		return [2]int{b[0] * w, b[1] * (p.ty / w)}
	}
	w := min(8, p.rays())
	return [2]int{w, p.rays() / w}
}

// block is of how many pixels, across and down, one is looked into.
func (p *plan) block() [2]int {
	if p.Derived() {
		return [2]int{2, 2}
	}
	return [2]int{1, 1}
}

// Parts is how many invocations share a ray in stages that go ray by ray.
func (p *plan) Parts() int { return p.TX / p.Rays }

// Across is how many of the invocations that share a ray are side by side.
func (p *plan) Across() int { return min(p.TX, across) }

// local says that invocations which share rays are all of one subgroup.
func (p *plan) local() bool { return p.Subgroup && p.TX <= across }

// RedRows is the number of rows of shared memory for sums.
func (p *plan) RedRows() int {
	rows := 3 * p.Parts()
	if p.Parts() == 1 && !p.Derived() {
		rows = 1
	}
	switch {
	case !p.Norm():
		return rows
	case p.Subgroup:
		return max(rows, p.TX/p.Across())
	}
	return max(rows, p.TX)
}

func (p *plan) sharedBytes() int {
	rows := max(p.inputs, p.width)
	slab := 0
	if p.Staged {
		slab = 16 * p.Slab() * p.rowUnits()
	}
	if p.Derived() && p.perPoint > 0 {
		slab += 16 * 8 * p.ty // tracks
	}
	if p.Half {
		return slab + p.rays()*(2*rows+4*p.inputs+4*p.RedRows())
	}
	return slab + p.rays()*4*(rows+p.RedRows())
}

// rowUnits is the size of a row of weights in units of 16 bytes.
func (p *plan) rowUnits() int {
	if p.Half {
		return p.width / 8
	}
	return p.width / 4
}

// weightBytes is the size of the buffer of weights.
func (p *plan) weightBytes() int {
	rows := (p.layers - 1) * p.width
	for pass := 1; pass < p.passes; pass++ {
		rows += len(p.passRows(pass))
	}
	first := p.rowUnits()
	if p.Exact() {
		first = p.width / 4
	}
	units := len(p.passRows(0))*first + rows*p.rowUnits() + p.layers*(p.width/4+1) + p.width + 1
	switch {
	case p.Derived():
		units += 8*p.rowUnits() + 1024 // the same with any number of invocations, staged or not
	case p.Staged:
		units += p.Loads() * p.Threads // the loop loads a slab ahead of its last one
	}
	return 16 * units
}

// What the templates ask for.

func (p *plan) Pairs() int   { return p.Rays / 2 }
func (p *plan) RayVecs() int { return p.Rays / 4 }
func (p *plan) OutVecs() int { return p.Outs / 4 }

// Exact says that the first pass is in single precision in a shader of half precision. Composited features need no
// such care: they place things by grids, and what the coordinates add is smooth.
func (p *plan) Exact() bool { return p.Half && p.config.Encoding.Kind != lfn.Volume }

func (p *plan) Slab() int {
	if p.Staged {
		return 8
	}
	return unroll
}

// Loads is how many units of a slab of weights an invocation loads; Ragged says that some load one less.
func (p *plan) Loads() int { return (p.Slab()*p.rowUnits() + p.Threads - 1) / p.Threads }

func (p *plan) Ragged() bool { return p.Slab()*p.rowUnits()%p.Threads != 0 }
func (p *plan) Chunk() int   { return chunk }
func (p *plan) Norm() bool   { return p.config.Norm == lfn.NormLayer && len(p.config.Hidden) > 0 }
func (p *plan) ReLU() bool   { return p.config.Activation == lfn.ReLU && len(p.config.Hidden) > 0 }
func (p *plan) Sine() bool   { return p.config.Activation == lfn.Sine && len(p.config.Hidden) > 0 }
func (p *plan) Signed() bool { return p.config.Output == lfn.OutputSigned }
func (p *plan) Blends() bool { return !p.RGBA8 }

// Derived says that what rays meet comes from derivatives of their colours.
func (p *plan) Derived() bool { return p.Geometry && p.config.Encoding.Kind != lfn.Volume }

// Values is how many of the columns of an invocation are rays; Derivatives are the others.
func (p *plan) Values() int {
	if p.Derived() {
		return p.Rays / 2
	}
	return p.Rays
}

func (p *plan) Derivatives() []int { return upTo(p.Rays)[p.Values():] }

// Own is the column that an invocation encodes, Share its share of that, and Shares how many there are.
func (p *plan) Own() string {
	if p.Derived() {
		return "own"
	}
	return "ray"
}

func (p *plan) Share() string {
	if p.Derived() {
		return "share"
	}
	return "part"
}

func (p *plan) Shares() string {
	if p.Derived() {
		return "SHARES"
	}
	return "PARTS"
}

func (p *plan) Grids() []int { return upTo(len(p.config.Encoding.Grids)) }   // at a point
func (p *plan) Units() []int { return upTo(len(p.config.Encoding.Sides())) } // of all grids
func (p *plan) Window() bool { return p.config.Encoding.Window != nil }
func (p *plan) Clear() bool  { return p.config.Encoding.Clear > 0 }

// space is the ball or cube, or what is outside of the ball: what has grids and an occupancy of its own.
type space struct {
	Where, Sample     string // in words, and sample k
	March, Occupancy  string // names
	Density, Gradient string // likewise
	Unit              int    // of the occupancy
	Grids             []int
}

// Spaces lists those of the network.
func (p *plan) Spaces() []space {
	grids, units := p.Grids(), p.Units()
	spaces := []space{{"", "start + float(k) * stride", "march", "occupancy", "density", "gradient", len(units), grids}}
	if p.Clear() {
		spaces[0].Where = " in the ball"
		spaces = append(spaces, space{" outside of it", "outside(k)", "march_outside", "occupancy_outside", "density_outside", "gradient_outside", len(units) + 1, units[len(grids):]})
	}
	return spaces
}

// Vec is what the buffer of weights is made of.
func (p *plan) Vec() string {
	if p.Half {
		return "uvec4"
	}
	return "vec4"
}

// ActVec is what the inputs of layers are made of: the rays of one invocation, or four.
func (p *plan) ActVec() string {
	if p.Half {
		return fmt.Sprintf("uvec%d", p.Rays/2)
	}
	return "vec4"
}

func (p *plan) ActRays() int {
	if p.Half {
		return p.Rays
	}
	return 4
}

func (p *plan) BiasIndex(j int) string {
	if p.Half {
		return fmt.Sprintf("2 * tx + %d", j)
	}
	return fmt.Sprintf("%d * TX + tx", j)
}

func (p *plan) TurnsPerUnit() string { return float(p.config.Omega / (2 * math.Pi)) }

// Activation is what a register of ray r becomes.
func (p *plan) Activation(r, j int) string {
	a := fmt.Sprintf("a%d_%d", r, j)
	scale := ""
	if p.Norm() {
		scale = fmt.Sprintf(" * s%d", r)
	}
	switch {
	case p.ReLU():
		return fmt.Sprintf("max(%s, vec4(0))%s", a, scale)
	case p.Sine():
		return fmt.Sprintf("sine(%s%s)", a, scale)
	}
	return a
}

// Rate is what a derivative in register j is multiplied with.
func (p *plan) Rate(j int) string {
	switch {
	case p.ReLU():
		return fmt.Sprintf("vec4(greaterThan(a0_%d, vec4(0)))", j)
	case p.Sine() && p.Norm():
		return fmt.Sprintf("slope(a0_%d * s0)", j)
	case p.Sine():
		return fmt.Sprintf("slope(a0_%d)", j)
	}
	return "1.0"
}

func upTo(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
