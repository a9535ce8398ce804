//go:build cgo && linux

package gpu

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/go-gl/gl/v4.3-core/gl"
	"github.com/go-gl/mathgl/mgl32"

	"lfnview/lfn"
	"lfnview/plucker"
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

// surfacesOf is the geometry of a picture as the network's slow twin tells it, of one ray through each pixel's centre.
func surfacesOf(m *lfn.Model, cam *plucker.Camera) *render.Geometry {
	w, h := cam.Width, cam.Height
	g := &render.Geometry{}
	g.Resize(w, h)
	rays := make([]plucker.Coords, w*h)
	for i := range rays {
		rays[i] = cam.Coords(m.Scene, float64(i%w)+0.5, float64(i/w)+0.5)
	}
	seen := make([]lfn.Surface, w*h)
	m.Network.Pack().Surfaces(g.Color.Pix, seen, rays)
	origin := cam.Pose.Pos.Sub(m.Scene.Center).Mul(1 / m.Scene.Radius)
	for i, s := range seen {
		distance := float64(s.Along) - origin.Dot(rays[i].Dir())
		if !(s.Confidence > 0 && distance > 0) {
			s, distance = lfn.Surface{}, 0
		}
		g.Distance[i], g.Spread[i] = float32(distance*m.Scene.Radius), float32(float64(s.Spread)*m.Scene.Radius)
		g.Confidence[i] = s.Confidence
		copy(g.Normal[3*i:], s.Normal[:])
	}
	return g
}

// TestGeometry: what the device says of the rays of a picture is what the CPU says.
func TestGeometry(t *testing.T) {
	for name, config := range configs() {
		if _, err := (shaders.Variant{}).WithGeometry(config); err != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			m := model(t, config)
			r := newRenderer(t, m)
			for _, orbit := range []render.Orbit{{AzDeg: 30, ElDeg: 20}, {AzDeg: 10, Dist: 0.3, FovDeg: 90}} {
				cam := orbit.Camera(m.Scene, 40, 35)
				var got render.Geometry
				if err := r.Geometry(bg, &got, &cam); err != nil {
					t.Fatal(err)
				}
				sameGeometry(t, m, &got, surfacesOf(m, &cam))
			}
		})
	}
}

// sameGeometry compares two of them: one pixel in a hundred may be another thing, where half of the light is from something
// in front and half from behind it.
func sameGeometry(t *testing.T, m *lfn.Model, got, want *render.Geometry) {
	t.Helper()
	if most, _ := difference(&got.Color, &want.Color); !(most <= fullMost) {
		t.Errorf("the colours differ by %v/255", most)
	}
	known, other := 0, 0
	for i, d := range want.Distance {
		if d > 0 {
			known++
		}
		scale := max(m.Scene.Radius, float64(d))
		n := mgl32.Vec3(got.Normal[3*i:][:3]).Sub(mgl32.Vec3(want.Normal[3*i:][:3]))
		distance, spread := math.Abs(float64(got.Distance[i]-d))/scale, math.Abs(float64(got.Spread[i]-want.Spread[i]))/scale
		confidence := math.Abs(float64(got.Confidence[i] - want.Confidence[i]))
		if !(distance < 2e-5 && spread < 1e-4 && confidence < 4e-3 && n.Len() < 3e-3) {
			if other++; other < 5 {
				t.Logf("pixel %d: %v ± %v, confidence %v, normal %v, want %v ± %v, %v, %v", i, got.Distance[i], got.Spread[i], got.Confidence[i],
					got.Normal[3*i:][:3], d, want.Spread[i], want.Confidence[i], want.Normal[3*i:][:3])
			}
		}
	}
	if known < len(want.Distance)/20 || 100*other > len(want.Distance) {
		t.Errorf("%d of %d pixels are known, %d are other", known, len(want.Distance), other)
	}
}
