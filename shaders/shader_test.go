package shaders

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

// all are the limits of a device that runs every variant.
var all = Limits{Threads: 1024, SharedBytes: 48 << 10, BufferBytes: 1 << 27, TextureSide: 2048, Half: true, Subgroup: true}

func network(t *testing.T, c lfn.Config) *lfn.Network {
	t.Helper()
	n, err := lfn.New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	n.FindEmptySpace()
	return n
}

// configs has every encoding, norm, activation and output, and widths that fill no tile.
func configs() map[string]lfn.Config {
	return map[string]lfn.Config{
		"coordinates": {Encoding: lfn.Encoding{Kind: lfn.Coordinates}, Hidden: []int{20, 33}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"frequency":   {Encoding: lfn.Encoding{Kind: lfn.Frequency, Frequencies: 3}, Hidden: []int{64, 40}, Norm: lfn.NormNone, Activation: lfn.Sine, Omega: 30, Output: lfn.OutputSigned},
		"points":      {Encoding: lfn.Encoding{Kind: lfn.Points, Points: 7, Frequencies: 2}, Hidden: []int{48}, Norm: lfn.NormNone, Activation: lfn.ReLU},
		"grid":        {Encoding: lfn.Encoding{Kind: lfn.Grid, Points: 9, Grids: []int{5, 8}}, Hidden: []int{100, 70}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"volume":      {Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 32, Grids: []int{8, 16, 4}}, Hidden: []int{32, 24}, Norm: lfn.NormLayer, Activation: lfn.Sine, Omega: 3},
		"window":      {Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 24, Grids: []int{8, 16}, Window: &plucker.Window{Axes: mgl64.Ident3(), Tan: mgl64.Vec2{1, 0.5}, Near: 0.5}}, Hidden: []int{32}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"outside":     {Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 32, Grids: []int{8, 16}, Clear: 2}, Hidden: []int{32}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"linear":      {Encoding: lfn.Encoding{Kind: lfn.Frequency, Frequencies: 1}, Norm: lfn.NormLayer, Activation: lfn.ReLU},
		"paper":       preset("paper"),
		"small":       preset("small"),
	}
}

func preset(name string) lfn.Config {
	c, err := lfn.Preset(name)
	if err != nil {
		panic(err)
	}
	return c
}

// TestGolden: the text of two small networks, baseline, half, and half with subgroups, is that of the files.
func TestGolden(t *testing.T) {
	for _, tt := range []struct {
		name, config string
		variant      Variant
	}{
		{"coordinates.comp", "coordinates", Variant{Rays: 4, Outs: 4, Threads: 32}},
		{"coordinates-half.comp", "coordinates", Variant{Half: true, Rays: 4, Outs: 8, Threads: 32}},
		{"coordinates-geometry.comp", "coordinates", Variant{Geometry: true, Rays: 8, Outs: 4, Threads: 32}},
		{"volume-half.comp", "volume", Variant{Half: true, Subgroup: true, Staged: true, RGBA8: true, Rays: 4, Outs: 8, Threads: 32}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := New(network(t, configs()[tt.config]), tt.variant)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", "golden", tt.name)
			if *update {
				if err := os.WriteFile(path, []byte(s.Source()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got, wantLines := strings.Split(s.Source(), "\n"), strings.Split(string(want), "\n")
			for i := range max(len(got), len(wantLines)) {
				if i >= len(got) || i >= len(wantLines) || got[i] != wantLines[i] {
					t.Fatalf("line %d differs from %s; -update writes it anew", i+1, path)
				}
			}
		})
	}
}

// TestWeights: in every variant the buffer is as long as the plan says, rows of layers before a norm have no mean,
// and each weight stands where the shader looks for it.
func TestWeights(t *testing.T) {
	for name, c := range configs() {
		n := network(t, c)
		vs, err := Variants(c, all)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, v := range vs {
			p := newPlan(c, v)
			b := p.weights(n)
			if len(b) != p.weightBytes() {
				t.Errorf("%s %s: %d bytes, want %d", name, v, len(b), p.weightBytes())
			}
			at := func(i int) float64 { // float i of the buffer
				return float64(math.Float32frombits(uint32(b[4*i]) | uint32(b[4*i+1])<<8 | uint32(b[4*i+2])<<16 | uint32(b[4*i+3])<<24))
			}
			l := n.Layers[0]
			row := 0
			for pass := range p.passes {
				if v.Half && (pass > 0 || !p.Exact()) {
					break
				}
				for _, k := range p.passRows(pass) {
					sum, mean := 0.0, 0.0
					for o := range p.width {
						sum += at(row*p.width + o)
					}
					if p.Norm() && math.Abs(sum) > 1e-5 {
						t.Errorf("%s %s: row %d has sum %g, want 0", name, v, row, sum)
					}
					for o := range l.Out {
						want := 0.0
						if k >= 0 {
							if p.Norm() && o == 0 {
								for o := range l.Out {
									mean += float64(l.Weight[o*l.In+k]) / float64(l.Out)
								}
							}
							want = float64(l.Weight[o*l.In+k]) - mean
						}
						if got := at(row*p.width + o); math.Abs(got-want) > 1e-6 {
							t.Fatalf("%s %s: row %d output %d is %g, want %g", name, v, row, o, got, want)
						}
					}
					row++
				}
			}
		}
	}
}

// TestPassRows: over all passes of an encoding each input of the first layer has one row.
func TestPassRows(t *testing.T) {
	for name, c := range configs() {
		p := newPlan(c, Variant{Rays: 4, Outs: 4, Threads: 64})
		seen := make([]int, c.InputWidth())
		for pass := range p.passes {
			rows := p.passRows(pass)
			if len(rows)%(2*unroll) != 0 || len(rows) > p.inputs {
				t.Errorf("%s: pass %d has %d rows of at most %d", name, pass, len(rows), p.inputs)
			}
			for _, k := range rows {
				if k >= 0 {
					seen[k]++
				}
			}
		}
		for k, n := range seen {
			if n != 1 {
				t.Errorf("%s: input %d has %d rows", name, k, n)
			}
		}
	}
}

// TestCells compares the distances with what a search of all cells finds.
func TestCells(t *testing.T) {
	c := configs()["volume"]
	n := network(t, c)
	for i, g := range n.Grids {
		clear(g)
		if i == 1 {
			for j := range g {
				g[j] = -1
			}
			for _, texel := range []int{0, 777, 16*16*16 - 40} {
				g[4*texel] = 1
			}
		}
	}
	n.FindEmptySpace()
	o := n.Occupancies()[0]
	got := cells(o)
	res := o.Res()
	if f := o.Fraction(); f == 0 || f > 0.5 {
		t.Fatalf("%v of the cells are occupied, want some", f)
	}
	for i, d := range got.Data {
		x, y, z := i%res, i/res%res, i/res/res
		want := 255
		for j := range got.Data {
			u, v, w := j%res, j/res%res, j/res/res
			if o.Occupied(u, v, w) {
				far := max(x-u, u-x, y-v, v-y, z-w, w-z)
				want = min(want, far)
			}
		}
		if int(d) != want {
			t.Fatalf("cell %d,%d,%d is %d from an occupied one, want %d", x, y, z, d, want)
		}
	}
}

// TestLimits: what a device lacks is said, with what it has and what is wanted.
func TestLimits(t *testing.T) {
	wide := lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Coordinates}, Hidden: make([]int, 20), Norm: lfn.NormLayer, Activation: lfn.ReLU}
	for i := range wide.Hidden {
		wide.Hidden[i] = 8192
	}
	big := preset("small")
	big.Encoding.Grids = []int{512}
	least := Limits{Threads: 1024, SharedBytes: 32 << 10, BufferBytes: 1 << 24, TextureSide: 256}
	for _, tt := range []struct {
		name   string
		config lfn.Config
		limits Limits
		want   string
	}{
		{"memory", wide, least, "the device has 32768"},
		{"threads", preset("paper"), Limits{Threads: 16, SharedBytes: 1 << 20, BufferBytes: 1 << 30}, "the device has 16"},
		{"buffer", preset("paper"), Limits{Threads: 1024, SharedBytes: 1 << 20, BufferBytes: 1 << 20}, "the device's buffers have 1048576"},
		{"texture", big, least, "3D textures have 256"},
	} {
		vs, err := Variants(tt.config, tt.limits)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Variants = %v, %v, want an error with %q", tt.name, vs, err, tt.want)
		}
	}
	deep := wide
	for i := range deep.Hidden {
		deep.Hidden[i] = 1024
	}
	least.BufferBytes = 1 << 27
	if _, err := Variants(deep, least); err != nil {
		t.Errorf("20 layers of 1024: %v", err)
	}
}

func TestNotFinite(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(-1))} {
		n := network(t, configs()["volume"])
		n.Layers[1].Weight[3] = bad
		_, err := NewTextures(n)
		if err == nil || !strings.Contains(err.Error(), "layers.1.weight[3]") {
			t.Errorf("NewTextures with a weight of %v: %v, want an error that names it", bad, err)
		}
	}
}

// TestExplain: places in messages of several drivers lead to lines of the pieces.
func TestExplain(t *testing.T) {
	s := &Shader{Pieces: []Piece{{"head", "a\nb\nc"}, {"main.glsl", "d\ne = f\ng"}}}
	for _, log := range []string{
		"0(10002) : error C1503: undefined variable \"f\"", // NVIDIA
		"0:10002(5): error: `f' undeclared",                // Mesa
		"ERROR: 0:10002: 'f' : undeclared identifier",      // AMD
	} {
		got := s.Explain(log)
		if !strings.HasPrefix(got, log) || !strings.Contains(got, "\nmain.glsl:2: e = f") {
			t.Errorf("Explain(%q) = %q", log, got)
		}
	}
	if got := s.Explain("0(90002) : error\n0(77) : error"); strings.Contains(got, "glsl:") {
		t.Errorf("Explain of places that are not there = %q", got)
	}
}

// TestValid: a variant from a file that somebody has written in leads nowhere but to false.
func TestValid(t *testing.T) {
	c := preset("small")
	for _, v := range []Variant{{}, {Rays: 4, Outs: 8}, {Rays: 4, Outs: 8, Threads: 100}, {Rays: 5, Outs: 8, Threads: 64},
		{Rays: 8, Outs: 4, Threads: 1 << 30}, {Rays: -8, Outs: 4, Threads: 64}, {Half: true, Rays: 4, Outs: 4, Threads: 64}} {
		if v.Valid(c) {
			t.Errorf("%+v is valid", v)
		}
	}
	vs, err := Variants(c, all)
	if err != nil || len(vs) < 4 {
		t.Fatalf("Variants = %v, %v", vs, err)
	}
	for _, v := range vs {
		if !v.Valid(c) {
			t.Errorf("%s is not valid", v)
		}
	}
}

// TestWithGeometry: for every variant there is a valid one with geometry that the device runs, or it is said that layers are
// too wide for that; the weights are the same on any.
func TestWithGeometry(t *testing.T) {
	for _, kind := range []string{lfn.Coordinates, lfn.Volume} {
		for width := 1; width < 1400; width += 3 {
			c := lfn.Config{Encoding: lfn.Encoding{Kind: kind}, Hidden: []int{width}, Norm: lfn.NormLayer, Activation: lfn.ReLU}
			if kind == lfn.Volume {
				c.Encoding.Points, c.Encoding.Grids = 8, []int{8}
			}
			vs, err := Variants(c, all)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range vs {
				for _, limits := range []Limits{least, all} {
					g, err := v.WithGeometry(c, limits)
					if err != nil && (width < 768 || !strings.Contains(err.Error(), "shared memory")) {
						t.Errorf("%s, width %d: %v", kind, width, err)
					}
					if err != nil {
						continue
					}
					p := newPlan(c, g)
					tile, block := p.tile(), p.block()
					if !g.Valid(c) || !g.Geometry || tile[0]*tile[1] != p.ty*p.Values() || tile[0]%block[0]+tile[1]%block[1] != 0 {
						t.Errorf("%s, width %d: %s has a tile of %v, of blocks of %v, is valid: %v", kind, width, g, tile, block, g.Valid(c))
					}
					if kind == lfn.Coordinates && check(c, g, limits) != nil {
						t.Errorf("width %d: %v", width, check(c, g, limits))
					}
					if n := network(t, c); width%64 == 0 && !bytes.Equal(Weights(n, g), GeometryWeights(n, v)) {
						t.Errorf("%s, width %d: %s has weights of its own", kind, width, g)
					}
				}
			}
		}
	}
}

// TestTiles: in every variant, for layers of any width, the rays of a workgroup make a rectangle of pixels, and the
// loops have a bound.
func TestTiles(t *testing.T) {
	for width := 1; width < 1400; width += 3 {
		c := lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Coordinates}, Hidden: []int{width}, Norm: lfn.NormLayer, Activation: lfn.ReLU}
		vs, err := Variants(c, all)
		if err != nil {
			t.Fatalf("width %d: %v", width, err)
		}
		for _, v := range vs {
			p := newPlan(c, v)
			if tile := p.tile(); tile[0]*tile[1] != p.rays() || p.width < width || p.width != p.TX*v.Outs || p.loops() > 60_000 {
				t.Errorf("width %d: %s has %d rays in a tile of %v, and width %d", width, v, p.rays(), tile, p.width)
			}
		}
	}
	long := lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Points, Points: 1024, Frequencies: 16}, Hidden: []int{64}, Norm: lfn.NormLayer, Activation: lfn.ReLU}
	limited := all
	limited.Loops = 60_000
	if _, err := Variants(long, limited); err == nil || !strings.Contains(err.Error(), "the device does 60000") {
		t.Errorf("Variants of a network with very many points: %v", err)
	}
}
