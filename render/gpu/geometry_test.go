//go:build cgo && linux

package gpu

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-gl/gl/v4.3-core/gl"
	"github.com/go-gl/mathgl/mgl32"
	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/shaders"
)

// TestNormalOf: a normal comes back from its code, in GLSL and in Go, and those of the axes exactly; 0 is none.
func TestNormalOf(t *testing.T) {
	c := device(t)
	const n = 1 << 10
	m := model(t, configs()["volume"])
	s, err := shaders.New(m.Network, shaders.Variant{Rays: 4, Outs: 8, Threads: 64, Geometry: true})
	if err != nil {
		t.Fatal(err)
	}
	_, codeOf, _ := strings.Cut(s.Source(), "float codeOf(")
	codeOf, _, _ = strings.Cut(codeOf, "\n}\n")
	source := `#version 430
layout(local_size_x = 1) in;
layout(std430, binding = 0) buffer Vectors { vec4 v[]; };
` + shaders.NormalOf + "float codeOf(" + codeOf + `
}
void main() {
    uint i = gl_WorkGroupID.x;
    float code = codeOf(v[i].xyz);
    v[i] = vec4(normalOf(code), code);
}
`
	vectors := make([]float32, 4*n)
	for i := range n {
		z := 2*(float64(i)+0.5)/n - 1
		sin, cos := math.Sincos(2.39996 * float64(i))
		r := math.Sqrt(1 - z*z)
		copy(vectors[4*i:], []float32{float32(r * cos), float32(r * sin), float32(z)})
	}
	clear(vectors[:4])
	for i := range 6 {
		clear(vectors[4*(i+1):][:3])
		vectors[4*(i+1)+i/2] = float32(1 - 2*(i%2))
	}
	got := slices.Clone(vectors)
	err = c.call(func() error {
		id := compile(source)
		defer gl.DeleteProgram(id)
		if log := linkLog(id); log != "" {
			t.Error(log)
			return nil
		}
		var buffer uint32
		gl.GenBuffers(1, &buffer)
		gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, 0, buffer)
		gl.BufferData(gl.SHADER_STORAGE_BUFFER, 4*len(got), gl.Ptr(got), gl.DYNAMIC_READ)
		gl.UseProgram(id)
		gl.DispatchCompute(n, 1, 1)
		gl.MemoryBarrier(gl.BUFFER_UPDATE_BARRIER_BIT)
		gl.GetBufferSubData(gl.SHADER_STORAGE_BUFFER, 0, 4*len(got), gl.Ptr(got))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		want := mgl32.Vec3(vectors[4*i:][:3])
		in := mgl32.Vec3(got[4*i:][:3])
		of := normalOf(got[4*i+3])
		within := float32(1.5e-3)
		if i < 7 {
			within = 0
		}
		if d := in.Sub(want).Len(); !(d <= within) {
			t.Errorf("%v comes back as %v", want, in)
		}
		if d := in.Sub(of).Len(); !(d <= 1e-6) {
			t.Errorf("the code of %v is %v in GLSL, %v in Go", want, in, of)
		}
	}
}

// TestGeometry: what the device says of the rays of a picture is what the CPU says.
func TestGeometry(t *testing.T) {
	c := device(t)
	for name, config := range configs() {
		vs, err := shaders.Variants(config, withHalf(c.limits))
		if err != nil {
			t.Fatal(err)
		}
		small := name == "paper" || name == "deep and wide"
		var tried shaders.Variant
		for _, v := range []shaders.Variant{vs[0], vs[len(vs)-1]} { // of half and of single precision
			t.Run(fmt.Sprintf("%s/%s", name, v), func(t *testing.T) {
				v, err := v.WithGeometry(config, c.limits)
				if err != nil && name == "deep and wide" {
					t.Skip(err)
				} else if err != nil {
					t.Fatal(err)
				}
				if v == tried {
					t.Skip("narrow layers: single precision, too")
				}
				if small && v.Half && !c.Half {
					t.Skip("wide layers are slow where half precision is emulated")
				}
				tried = v
				testGeometry(t, c, model(t, config), v, small)
			})
		}
	}
}

// testGeometry looks at a model from outside and from within; small asks for few pixels.
func testGeometry(t *testing.T, c *session, m *lfn.Model, v shaders.Variant, small bool) {
	var p *program
	err := c.call(func() error {
		s, err := shaders.New(m.Network, v)
		if err == nil {
			p, err = buildFor(m, s, c)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = c.call(func() error {
			p.textures.delete()
			p.delete()
			return nil
		})
	}()
	for _, orbit := range []render.Orbit{{AzDeg: 30, ElDeg: 20}, {AzDeg: 10, Dist: 0.3, FovDeg: 90}} {
		cam := orbit.Camera(m.Scene, 40, 35)
		if small {
			cam = cam.Scaled(16, 14)
		}
		var got, want render.Geometry
		err := c.call(func() error {
			_, err := p.draw(bg, &cam, m.Scene, render.Options{})
			if err == nil {
				p.readGeometry(&got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := render.NewCPU(m.Network.Pack(), m.Scene).Geometry(bg, &want, &cam); err != nil {
			t.Fatal(err)
		}
		right(t, "geometry", p, &got.Color, &want.Color)
		within, percent := 1e-3, 1
		if v.Half && m.Network.Config.Encoding.Kind != lfn.Volume {
			within, percent = 0.5, 10 // rounding passes kinks of ReLU, behind which derivatives are others
		}
		sameGeometry(t, m.Scene.Radius, within, percent, &got, &want)
	}
}

// sameGeometry compares two of them, whose distances may differ by so much of how unsure they are. So many per cent of the
// pixels may be another thing, where half of the light is from something in front and half from behind it.
func sameGeometry(t *testing.T, radius, within float64, percent int, got, want *render.Geometry) {
	t.Helper()
	known, other := 0, 0
	for i, d := range want.Distance {
		if d > 0 {
			known++
		}
		scale := max(radius, float64(d))
		n := mgl32.Vec3(got.Normal[3*i:][:3]).Sub(mgl32.Vec3(want.Normal[3*i:][:3]))
		distance, spread := math.Abs(float64(got.Distance[i]-d))/scale, math.Abs(float64(got.Spread[i]-want.Spread[i]))/scale
		confidence := math.Abs(float64(got.Confidence[i] - want.Confidence[i]))
		if unsure := float64(want.Spread[i]) / scale; !(distance < 2e-5+within*unsure && spread < 1e-4+within*unsure && confidence < 4*within && float64(n.Len()) < 3*within) {
			if other++; other < 5 {
				t.Logf("pixel %d: %v ± %v, confidence %v, normal %v, want %v ± %v, %v, %v", i, got.Distance[i], got.Spread[i], got.Confidence[i],
					got.Normal[3*i:][:3], d, want.Spread[i], want.Confidence[i], want.Normal[3*i:][:3])
			}
		}
	}
	if known < len(want.Distance)/20 || 100*other > percent*len(want.Distance) {
		t.Errorf("%d of %d pixels are known, %d are other", known, len(want.Distance), other)
	}
}

// right says whether a picture is the CPU's, as near as the program's precision is.
func right(t *testing.T, what string, p *program, got, want *render.Image) {
	t.Helper()
	trial := Trial{Variant: p.shader.Variant}
	trial.Most, trial.Mean = difference(got, want)
	if err := trial.judge(); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// TestGeometryRefusals: a camera that makes no picture and a network that tells no geometry are errors; a context that is
// lost is made anew.
func TestGeometryRefusals(t *testing.T) {
	m := model(t, configs()["volume"])
	r := newRenderer(t, m)
	cam := render.Orbit{ElDeg: 20}.Camera(m.Scene, 16, 16)
	var before, after render.Geometry
	if err := r.Geometry(bg, &before, &cam); err != nil {
		t.Fatal(err)
	}
	lost := r.session
	lost.reset = func() uint32 { return gl.UNKNOWN_CONTEXT_RESET }
	if err := r.Geometry(bg, &after, &cam); err != nil || r.session == lost || !slices.Equal(before.Distance, after.Distance) {
		t.Errorf("after the context was lost, Geometry = %v; it is still there: %v", err, r.session == lost)
	}
	cam.Width = 0
	if err := r.Geometry(bg, &before, &cam); err == nil {
		t.Error("width 0: no error")
	}
}

// shownGeometry reads the newest picture, which has geometry.
func shownGeometry(c *Canvas) (*render.Geometry, error) {
	m := &c.shown
	g := &render.Geometry{}
	g.Resize(m.w, m.h)
	texels := make([]float32, 4*m.w*m.h)
	readTexture(&m.geometry, m.w, m.h, gl.RGBA, texels)
	unpack(g, texels)
	return g, c.Read(&g.Color)
}

// TestCanvasGeometryUpdate: after other weights came, the geometry is theirs. In networks without a volume, what the top left
// pixel of a block meets is told for all four.
func TestCanvasGeometryUpdate(t *testing.T) {
	for name, block := range map[string]int{"volume": 1, "grid": 2, "siren": 2} {
		a, b := model(t, configs()[name]), model(t, configs()[name])
		for _, l := range b.Network.Layers {
			for i := range l.Weight {
				l.Weight[i] *= float32(1 + 0.3*math.Sin(float64(i)))
			}
		}
		for _, g := range b.Network.Grids {
			slices.Reverse(g)
		}
		b.Network.FindEmptySpace()
		cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(b.Scene, 31, 25)
		o := canvasOptions(t)
		r := newRendererWith(t, b, o)
		var want render.Geometry
		if err := r.Geometry(bg, &want, &cam); err != nil {
			t.Fatal(err)
		}
		onCanvas(t, func(c *Canvas) error {
			if err := c.Load(a, o); err != nil {
				return err
			}
			geometry := func() (*render.Geometry, error) {
				c.Begin(&cam, render.Options{Samples: 1}, true)
				for c.busy() {
					if err := c.Advance(time.Second); err != nil {
						return nil, err
					}
				}
				return shownGeometry(c)
			}
			before, err := geometry()
			if err != nil {
				return err
			}
			w, err := Prepare(b, c.Variant())
			if err != nil {
				return err
			}
			if err := c.Update(w); err != nil {
				return err
			}
			after, err := geometry()
			if err != nil {
				return err
			}
			same(t, name, &after.Color, &want.Color)
			other := 0
			for i := range after.Distance {
				x, y := i%cam.Width, i/cam.Width
				from := y/block*block*cam.Width + x/block*block
				if after.Distance[i] != want.Distance[from] || after.Confidence[i] != want.Confidence[from] {
					return fmt.Errorf("%s: pixel (%d, %d) is at %v, want %v", name, x, y, after.Distance[i], want.Distance[from])
				}
				if before.Distance[i] != after.Distance[i] {
					other++
				}
			}
			if other < 50 {
				t.Errorf("%s: the two networks differ in %d pixels: they test nothing", name, other)
			}
			return nil
		})
	}
}

// TestFillNormals: confident pixels without a normal get that of the plane on which they and their neighbours are, also where
// blocks of pixels have one distance; others keep what they have.
func TestFillNormals(t *testing.T) {
	m := model(t, configs()["volume"])
	cam := render.Orbit{AzDeg: 30, ElDeg: 40}.Camera(m.Scene, 30, 26)
	cam.Distortion.K1 = -0.1
	normal := mgl64.Vec3{0.2, -0.3, 0.9}.Normalize()
	const kept = 2048 + 4096*2048 // +Z
	texels := make([]float32, 4*30*26)
	for i := range 30 * 26 {
		r := cam.Ray(float64(i%30)+0.5, float64(i/30)+0.5)
		distance := m.Scene.Center.Sub(r.Origin).Dot(normal) / r.Dir.Dot(normal)
		copy(texels[4*i:], []float32{float32(distance), 0, 0.9, 0})
		switch {
		case i%7 == 0:
			texels[4*i+2] = 0.3 // not confident
		case i%5 == 0:
			texels[4*i+3] = kept
		}
	}
	onCanvas(t, func(c *Canvas) error {
		if err := c.Load(m, canvasOptions(t)); err != nil {
			return err
		}
		p, err := c.program.withGeometry(&c.driver, c.config, c.Variant(), c.surfaceWeights)
		if err != nil {
			return err
		}
		defer p.delete()
		for _, apart := range []int{1, 2} {
			if err := p.geometry.resize(30, 26, gl.RGBA32F); err != nil {
				return err
			}
			gl.TexSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 30, 26, gl.RGBA, gl.FLOAT, gl.Ptr(texels))
			p.fillNormals(&p.geometry, &cam, [2]int{apart, apart})
			got := slices.Clone(texels)
			p.geometry.get(gl.RGBA, got)
			filled := 0
			for i := range 30 * 26 {
				switch code := got[4*i+3]; {
				case i%7 == 0 && code != 0, i%7 != 0 && i%5 == 0 && code != kept, !slices.Equal(got[4*i:][:3], texels[4*i:][:3]):
					t.Errorf("%d apart: pixel %d is %v, was %v", apart, i, got[4*i:][:4], texels[4*i:][:4])
				case i%7 == 0 || i%5 == 0 || code == 0: // none, where both neighbours on an axis are not confident
				default:
					filled++
					n := normalOf(code)
					if d := (mgl64.Vec3{float64(n[0]), float64(n[1]), float64(n[2])}).Sub(normal).Len(); !(d < 4e-3) {
						t.Errorf("%d apart: pixel %d has the normal %v, want %v", apart, i, n, normal)
					}
				}
			}
			if filled < 500 {
				t.Errorf("%d apart: %d pixels of 780 got a normal", apart, filled)
			}
		}
		return nil
	})
}

// TestAperture: with an aperture, pictures are those of the CPU, also through a lens that distorts.
func TestAperture(t *testing.T) {
	for _, name := range []string{"volume", "points"} {
		m := model(t, configs()[name])
		r := newRenderer(t, m)
		cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(m.Scene, 33, 30)
		o := render.Options{Samples: 4, Aperture: 0.3 * m.Scene.Radius, Focus: 2.5 * m.Scene.Radius}
		for _, k1 := range []float64{0, -0.2} {
			cam.Distortion.K1 = k1
			var got, want, sharp render.Image
			cpu := render.NewCPU(m.Network.Pack(), m.Scene)
			if err := cpu.Render(bg, &want, &cam, o); err != nil {
				t.Fatal(err)
			}
			if err := cpu.Render(bg, &sharp, &cam, render.Options{Samples: 4}); err != nil {
				t.Fatal(err)
			}
			if err := r.Render(bg, &got, &cam, o); err != nil {
				t.Fatal(err)
			}
			right(t, fmt.Sprintf("%s, k1 %v", name, k1), r.program, &got, &want)
			if most, _ := difference(&sharp, &want); most < 3 {
				t.Errorf("%s, k1 %v: the pinhole's picture differs by %v/255: that tests nothing", name, k1, most)
			}
		}
		for _, bad := range []render.Options{{Aperture: -1, Focus: 1}, {Aperture: 0.1}, {Aperture: 0.1, Focus: -2}} {
			if err := r.Render(bg, &render.Image{}, &cam, bad); err == nil {
				t.Errorf("aperture %v, focus %v: no error", bad.Aperture, bad.Focus)
			}
		}
	}
}

// TestCanvasGeometry: the first pass of a picture with geometry has what the renderer tells, and with all its passes the
// picture is that without geometry, through a lens, too.
func TestCanvasGeometry(t *testing.T) {
	m := model(t, configs()["volume"])
	o := canvasOptions(t)
	r := newRendererWith(t, m, o)
	onCanvas(t, func(c *Canvas) error {
		if err := c.Load(m, o); err != nil {
			return err
		}
		for i, options := range []render.Options{{Samples: 1}, {Samples: 3}, {Samples: 4}, {Samples: 2, Aperture: 0.2, Focus: 4}} {
			cam := render.Orbit{AzDeg: float64(50 * i), ElDeg: 20}.Camera(m.Scene, 31+i, 20)
			var picture render.Image
			if err := r.Render(bg, &picture, &cam, options); err != nil {
				return err
			}
			var want render.Geometry
			if err := r.Geometry(bg, &want, &cam); err != nil {
				return err
			}
			c.Begin(&cam, options, true)
			for done := 0; done == 0; done, _ = c.Passes() {
				if err := c.Advance(time.Nanosecond); err != nil {
					return err
				}
			}
			got, err := shownGeometry(c)
			if err != nil {
				return err
			}
			if !slices.Equal(got.Distance, want.Distance) || !slices.Equal(got.Spread, want.Spread) ||
				!slices.Equal(got.Confidence, want.Confidence) || !slices.Equal(got.Normal, want.Normal) {
				t.Errorf("%+v: the first pass has another geometry than the renderer tells", options)
			}
			same(t, "the first pass", &got.Color, &want.Color)
			first := c.GeometryTexture()
			for c.busy() {
				if err := c.Advance(time.Second); err != nil {
					return err
				}
			}
			if first == 0 || c.GeometryTexture() != first {
				t.Errorf("%+v: the texture of geometry is %d, at the end %d", options, first, c.GeometryTexture())
			}
			var fine render.Image
			if err := c.Read(&fine); err != nil {
				return err
			}
			same(t, fmt.Sprintf("%+v", options), &fine, &picture)
			if _, _, err := paint(c, &cam, 1, time.Second); err != nil {
				return err
			}
			if c.GeometryTexture() != 0 {
				t.Errorf("%+v: a picture without geometry has some", options)
			}
		}
		return nil
	})
}
