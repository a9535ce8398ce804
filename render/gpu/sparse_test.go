//go:build cgo && linux

package gpu

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/shaders"
)

// sparseModel has a network that holds a part of a fine grid: all there is, or what mirrored cells need.
func sparseModel(t *testing.T, mirrored bool) *lfn.Model {
	t.Helper()
	c := lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Volume, Points: 64, Grids: []int{8, lfn.DenseSide}}, Hidden: []int{32, 24}, Norm: lfn.NormLayer, Activation: lfn.ReLU}
	m := model(t, c)
	cells := m.Network.Occupancies()[0].Cells()
	if mirrored {
		slices.Reverse(cells)
	}
	c.Encoding.Grids = []int{8, lfn.DenseSide + 5}
	m.Network = m.Network.Finer(c, lfn.SpansOf(c, cells))
	return m
}

// ofBricks are reads of a sparse grid in the text of a shader.
var ofBricks = regexp.MustCompile(`fetch\((grid\d+), pages\d+, [0-9.]+, p\)`)

// whole has a shader read all grids of a network whole, and returns textures with them: what sparse ones have to equal.
func whole(s *shaders.Shader, ts *shaders.Textures, n *lfn.Network) *shaders.Textures {
	for i := range s.Pieces {
		s.Pieces[i].Text = ofBricks.ReplaceAllString(s.Pieces[i].Text, "fetch($1, p)")
	}
	all := &shaders.Textures{Grids: slices.Clone(ts.Grids), Cells: ts.Cells}
	for g, side := range n.Config.Encoding.Sides() {
		if !n.Config.Encoding.Sparse(side) {
			continue
		}
		data := make([]byte, 0, 8*side*side*side)
		for k := range side * side {
			row := slices.Repeat([]float32{lfn.EmptyDensity, 0, 0, 0}, side)
			held, lo := n.Held(g, k%side, k/side)
			copy(row[4*lo:], held)
			for _, v := range row {
				data = binary.LittleEndian.AppendUint16(data, lfn.Float16Bits(v))
			}
		}
		all.Grids[g] = shaders.Texture{Res: side, Slices: side, Data: data}
	}
	return all
}

// twins builds a variant's program for a network with sparse grids, and that which reads them whole.
func twins(c *session, n *lfn.Network, v shaders.Variant) (ps [2]*program, bytes [2]int, err error) {
	ts, err := shaders.NewTextures(n)
	for i := 0; i < 2 && err == nil; i++ {
		var s *shaders.Shader
		if s, err = shaders.New(n, v); err != nil {
			break
		}
		if i == 1 {
			ts = whole(s, ts, n)
		}
		for _, all := range [][]shaders.Texture{ts.Grids, ts.Cells, ts.Pages} {
			for _, t := range all {
				bytes[i] += len(t.Data)
			}
		}
		var textures *textures
		if textures, err = newTextures(ts); err == nil {
			ps[i], err = build(s, textures, c.wallClock)
		}
	}
	return ps, bytes, err
}

// TestSparse: bricks make the same picture, and tell the same geometry, as whole grids do, and what the CPU does.
func TestSparse(t *testing.T) {
	if testing.Short() {
		t.Skip("large grids")
	}
	c := device(t)
	m := sparseModel(t, false)
	cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(m.Scene, 64, 59)
	parity(t, c, m, cam, 1)
	vs, err := shaders.Variants(m.Network.Config, c.limits)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vs[0].WithGeometry(m.Network.Config, c.limits)
	if err != nil {
		t.Fatal(err)
	}
	testGeometry(t, c, m, v, false)
	var got [2]render.Geometry
	err = c.call(func() error {
		ps, bytes, err := twins(c, m.Network, v)
		if err != nil {
			return err
		}
		if bytes[0] > bytes[1]/2 {
			t.Errorf("sparse textures have %d bytes, whole ones %d", bytes[0], bytes[1])
		}
		for i, p := range ps {
			if _, err := p.draw(bg, &cam, m.Scene, render.Options{}); err != nil {
				return err
			}
			p.readGeometry(&got[i])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Only software is known to compile what both shaders have in common to the same arithmetic.
	const fused = 0.5 // of 255
	most, mean := difference(&got[0].Color, &got[1].Color)
	if c.Software && !reflect.DeepEqual(got[0], got[1]) || most > fused {
		t.Errorf("bricks make another picture, by up to %v/255, in the mean %v, or geometry: distances are equal: %v, normals: %v",
			most, mean, slices.Equal(got[0].Distance, got[1].Distance), slices.Equal(got[0].Normal, got[1].Normal))
	}
}

// TestSparseUpdate: weights of a network that holds other texels make the picture that loading it makes.
func TestSparseUpdate(t *testing.T) {
	if testing.Short() {
		t.Skip("large grids")
	}
	a, b := sparseModel(t, false), sparseModel(t, true)
	o := canvasOptions(t)
	cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(a.Scene, 30, 30)
	onCanvas(t, func(c *Canvas) error {
		var loaded [2]*render.Image
		var sizes [2][2]int
		for i, m := range []*lfn.Model{a, b} {
			if err := c.Load(m, o); err != nil {
				return err
			}
			var err error
			if loaded[i], _, err = paint(c, &cam, 1, time.Second); err != nil {
				return err
			}
			sizes[i] = c.textures.sizes[1]
		}
		if most, _ := difference(loaded[0], loaded[1]); most < 2 || sizes[0] == sizes[1] {
			t.Errorf("the two networks differ by %v/255, and have bricks of %v texels: they test nothing", most, sizes)
		}
		for i, m := range []*lfn.Model{a, b} {
			weights, err := Prepare(m, c.Variant())
			if err != nil {
				return err
			}
			if err := c.Update(weights); err != nil {
				return err
			}
			got, _, err := paint(c, &cam, 1, time.Second)
			if err != nil {
				return err
			}
			same(t, fmt.Sprintf("network %d after Update", i), got, loaded[i])
		}
		return nil
	})
}

// BenchmarkSparse renders frames of the models in LFN_MODELS, in turns from bricks and from whole grids, by the variant that
// is fastest for bricks in a precision.
func BenchmarkSparse(b *testing.B) {
	c := device(b)
	for name, m := range modelsOf(b) {
		e := m.Network.Config.Encoding
		if !slices.ContainsFunc(e.Sides(), e.Sparse) {
			continue
		}
		for _, precision := range []Precision{FP16, FP32} {
			if precision == FP16 && (c.Software || !c.Half) {
				continue
			}
			var ps [2]*program
			var bytes [2]int
			err := c.call(func() error {
				best, err := fastest(c, m, precision)
				if err != nil {
					return err
				}
				ps, bytes, err = twins(c, m.Network, best.shader.Variant)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			for _, size := range frameSizes(c) {
				b.Run(fmt.Sprintf("model=%s/variant=%s/size=%dx%d", name, ps[0].shader.Variant, size[0], size[1]), func(b *testing.B) {
					cams := around(m, size)
					var spent [2]time.Duration
					for n := 0; b.Loop(); n++ {
						for i, p := range ps {
							err := c.call(func() error {
								t, err := firstPass(p, &cams[n%len(cams)], m.Scene)
								spent[i] += t
								return err
							})
							if err != nil {
								b.Fatal(err)
							}
						}
					}
					for i, of := range []string{"sparse", "whole"} {
						b.ReportMetric(1e3*spent[i].Seconds()/float64(b.N), of+"-ms/frame")
						b.ReportMetric(1e-6*float64(bytes[i]), of+"-MB")
					}
				})
			}
		}
	}
}
