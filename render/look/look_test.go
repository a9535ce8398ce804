package look

import (
	"math"
	"slices"
	"testing"

	"lfnview/plucker"
	"lfnview/render"
)

var scale = render.Scale{Map: render.ColorMaps[1], From: 2, To: 4}

// row is the geometry of a picture of one row: known, not sure, unknown, and known without a normal.
func row() (*render.Geometry, plucker.Camera) {
	var g render.Geometry
	g.Resize(4, 1)
	for i := range g.Color.Pix {
		g.Color.Pix[i] = 0.25
	}
	copy(g.Distance, []float32{3, 3, 0, 3})
	copy(g.Confidence, []float32{0.9, 0.25, 0, 0.5})
	copy(g.Normal, []float32{0, 0.6, -0.8, 0, 0.6, -0.8, 0, 0, 0, 0, 0, 0})
	cam := plucker.Pinhole(plucker.LookAt([3]float64{}, [3]float64{0, 1, 0}, [3]float64{0, 0, 1}), 4, 1, 2)
	return &g, cam
}

func TestPaint(t *testing.T) {
	g, cam := row()
	unknown := render.Unknown(0, 0)            // as of all four
	faintly := func(c [3]float32) [3]float32 { // half as sure as it had to be
		for k := range c {
			c[k] = 0.3*c[k] + 0.7*unknown[k]
		}
		return c
	}
	depth := func(x int) [3]float32 {
		u := (float64(x) + 0.5 - cam.Intrinsics.Cx) / cam.Intrinsics.Fx
		return scale.At(3 / math.Hypot(u, 1))
	}
	normal := [3]float32{0.5, 0.8, 0.1}
	one := render.Scale{Map: scale.Map, From: 0, To: 1}
	gray := [3]float32{0.25, 0.25, 0.25}
	for _, tt := range []struct {
		name string
		look Look
		want [4][3]float32
	}{
		{"colours", Look{}, [4][3]float32{gray, gray, gray, gray}},
		{"depth", Look{Mode: Depth, Scale: scale}, [4][3]float32{depth(0), unknown, unknown, depth(3)}},
		{"faint", Look{Mode: Depth, Scale: scale, Faint: true}, [4][3]float32{depth(0), faintly(depth(1)), unknown, depth(3)}},
		{"normals", Look{Mode: Normals}, [4][3]float32{normal, unknown, unknown, unknown}},
		{"faint normals", Look{Mode: Normals, Faint: true}, [4][3]float32{normal, faintly(normal), unknown, unknown}},
		{"confidence", Look{Mode: Confidence, Scale: one}, [4][3]float32{one.At(0.9), one.At(0.25), unknown, one.At(0.5)}},
		{"inverted", Look{Mode: Confidence, Scale: render.Scale{Map: scale.Map, From: 1}}, [4][3]float32{one.At(0.1), one.At(0.75), unknown, one.At(0.5)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var m render.Image
			tt.look.Paint(&m, g, &cam)
			for i, want := range tt.want {
				for k, v := range m.Pix[3*i:][:3] {
					if math.Abs(float64(v-want[k])) > 1e-3 {
						t.Fatalf("pixel %d is %v, want %v", i, m.Pix[3*i:][:3], want)
					}
				}
			}
		})
	}
}

// TestBeside: a fisheye sees what has no depth, being beside and behind it.
func TestBeside(t *testing.T) {
	g, cam := row()
	cam.Distortion.Fisheye = true
	cam.Intrinsics.Fx = 2 / math.Pi // 180° to each side
	var m render.Image
	l := Look{Mode: Depth, Scale: scale}
	l.Paint(&m, g, &cam)
	if unknown := render.Unknown(0, 0); [3]float32(m.Pix) != unknown {
		t.Errorf("what is behind the camera is %v, want %v", m.Pix[:3], unknown)
	}
}

func TestBar(t *testing.T) {
	for mode, want := range []bool{false, true, false, true} {
		m := render.NewImage(300, 200)
		before := slices.Clone(m.Pix)
		l := Look{Mode: Mode(mode), Scale: scale}
		l.DrawBar(m)
		if got := !slices.Equal(m.Pix, before); got != want {
			t.Errorf("%v: a bar is drawn: %v, want %v", l.Mode, got, want)
		}
	}
	m := render.NewImage(300, 200)
	before := slices.Clone(m.Pix)
	l := Look{Mode: Depth, Scale: render.Scale{Map: scale.Map}}
	if l.DrawBar(m); !slices.Equal(m.Pix, before) {
		t.Error("a bar is drawn where no depth is known")
	}
}
