package dataset

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render/mesh"
	"lfnview/render/raster"
)

// roof is a glTF file of two red triangles that lean on each other, seen from both sides.
func roof() string {
	var bin bytes.Buffer
	binary.Write(&bin, binary.LittleEndian, []float32{-1, 0, -1, 1, 0, -1, 0, 1, 0, -1, 0, 1, 1, 0, 1, 0, 1, 0})
	return fmt.Sprintf(`{"asset": {"version": "2.0"}, "buffers": [{"byteLength": %d, "uri": "data:application/octet-stream;base64,%s"}],
		"bufferViews": [{"buffer": 0, "byteLength": %d}], "accessors": [{"bufferView": 0, "componentType": 5126, "count": 6, "type": "VEC3"}],
		"materials": [{"doubleSided": true, "pbrMetallicRoughness": {"baseColorFactor": [1, 0, 0, 1]}, "extensions": {"KHR_materials_unlit": {}}}],
		"meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}], "nodes": [{"mesh": 0, "translation": [0, 5, 0]}]}`,
		bin.Len(), base64.StdEncoding.EncodeToString(bin.Bytes()), bin.Len())
}

func writeRoof(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "roof.gltf")
	if err := os.WriteFile(path, []byte(roof()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// The seed says how a scene is varied, and what is not varied is as ever.
func TestGLTFVaries(t *testing.T) {
	path := writeRoof(t)
	open := func(seed uint64, vary bool) *Set {
		s, err := Open(context.Background(), path, Options{Render: RenderOptions{Views: 3, TestViews: -1, Size: 24, Samples: 1, Seed: seed, Vary: vary}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	red := func(s *Set) (most byte) {
		for _, v := range s.Views {
			for i := 0; i < len(v.Pix); i += 4 {
				if v.Pix[i+3] == 255 {
					most = max(most, v.Pix[i])
				}
			}
		}
		return most
	}
	plain := open(1, false)
	heights, reds := map[float64]bool{}, map[byte]bool{}
	for seed := range uint64(8) {
		s := open(seed, true)
		height, reddest := s.Frame.Center[2]/plain.Frame.Center[2], red(s)
		if again := open(seed, true); again.Frame != s.Frame || !bytes.Equal(again.Views[2].Pix, s.Views[2].Pix) {
			t.Errorf("seed %d makes two scenes", seed)
		}
		if least := byte(mesh.EncodeSRGB(0.55) * 255); height < 0.85 || height > 1.15 || reddest < least {
			t.Errorf("seed %d: %v as high, its red is %d, want 0.85 to 1.15, %d to 255", seed, height, reddest, least)
		}
		heights[height], reds[reddest] = true, true
	}
	if len(heights) != 8 || len(reds) < 5 {
		t.Errorf("of 8 scenes heights are %v and reds %v", heights, reds)
	}
	if red(plain) != 255 || plain.Frame.Center[2] != 5.5 {
		t.Errorf("without: red %d, at %v", red(plain), plain.Frame.Center)
	}
}

func TestGLTF(t *testing.T) {
	path := writeRoof(t)
	o := Options{Render: RenderOptions{Views: 6, TestViews: 2, Size: 24, Samples: 2, Depth: true}}
	s, err := Open(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Frame; f.Center.Sub(mgl64.Vec3{0, 0, 5.5}).Len() > 1e-9 || math.Abs(f.Radius-1.5) > 1e-9 || f.Up != (mgl64.Vec3{0, 0, 1}) {
		t.Errorf("frame %v", f)
	}
	if s.Format != "gltf" || len(s.Split(Train)) != 6 || len(s.Split(Test)) != 2 || s.Fresh != nil {
		t.Errorf("%s, %d and %d views", s.Format, len(s.Split(Train)), len(s.Split(Test)))
	}
	for i := range s.Views {
		v := &s.Views[i]
		red, none := 0, 0
		for k := range 24 * 24 {
			switch [4]byte(v.Pix[4*k:]) {
			case [4]byte{255, 0, 0, 255}:
				red++
				x := v.Camera.Unproject(float64(k%24)+0.5, float64(k/24)+0.5, float64(v.Depth[k]))
				if height := 6 - math.Abs(x[1]); math.Abs(x[2]-height) > 1e-5 { // the roof's two sides
					t.Fatalf("%s: pixel %d shows %v", v.Name, k, x)
				}
			case [4]byte{255, 255, 255, 0}:
				none++
				if v.Depth[k] != 0 {
					t.Fatalf("%s: pixel %d shows nothing at %v", v.Name, k, v.Depth[k])
				}
			}
		}
		if red < 5 || none < 200 {
			t.Errorf("%s: %d pixels are red, %d empty", v.Name, red, none)
		}
	}

	peeked, err := Peek(path, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Views {
		if peeked.Views[i].Pix != nil || peeked.Views[i].Camera != s.Views[i].Camera {
			t.Fatalf("Peek: view %d is another", i)
		}
	}

	dir := filepath.Join(t.TempDir(), "saved")
	if err := s.Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	read, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if read.Frame != s.Frame {
		t.Errorf("saved frame %v, want %v", read.Frame, s.Frame)
	}
	for i, v := range read.Views {
		data, err := os.ReadFile(filepath.Join(dir, strings.TrimSuffix(v.Name, ".png")+".npy"))
		if err != nil {
			t.Fatal(err)
		}
		depth, err := raster.Decode(data, raster.NPY)
		if err != nil || depth.Width != 24 || depth.Height != 24 {
			t.Fatalf("%d bytes: %v", len(data), err)
		}
		for k, d := range depth.Pix {
			if d != s.Views[i].Depth[k] {
				t.Fatalf("%s: depth %v of pixel %d, want %v", v.Name, d, k, s.Views[i].Depth[k])
			}
		}
		if !bytes.Equal(v.Pix, s.Views[i].Pix) {
			t.Errorf("%s: other pixels", v.Name)
		}
	}
}

func TestGLTFIsTheSame(t *testing.T) {
	path := writeRoof(t)
	open := func(seed uint64) *Set {
		s, err := Open(context.Background(), path, Options{Render: RenderOptions{Views: 3, TestViews: 1, Size: 16, Seed: seed, Sphere: true}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := open(1)
	before := runtime.GOMAXPROCS(1)
	again := open(1)
	runtime.GOMAXPROCS(before)
	if !reflect.DeepEqual(first, again) {
		t.Error("the same seed makes another set")
	}
	if reflect.DeepEqual(first.Views, open(2).Views) {
		t.Error("another seed makes the same set")
	}
}

// Fresh rays see what photographs do: from a camera above, on average as much of the roof.
func TestGLTFEndless(t *testing.T) {
	path := writeRoof(t)
	all, err := Open(context.Background(), path, Options{MaxSize: 32, Render: RenderOptions{Views: 300, TestViews: 1}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), path, Options{MaxSize: 32, Endless: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Views {
		if v := &s.Views[i]; (v.Pix == nil) != (v.Split == Train) || v.Camera.Width != 32 {
			t.Errorf("%s has %d bytes of pixels", v.Name, len(v.Pix))
		}
	}
	const n = 40_000
	covered := 0.0
	keys, rays, colors := make([]uint64, n), make([]plucker.Ray, n), make([][4]float32, n)
	for i := range keys {
		keys[i] = uint64(i)
	}
	s.Fresh(keys, rays, colors)
	for i, c := range colors {
		ray := rays[i]
		if d := ray.Origin.Sub(s.Frame.Center).Len(); math.Abs(d-viewDistance*s.Frame.Radius) > 1e-9 || ray.Origin[2] < s.Frame.Center[2] {
			t.Fatalf("a camera stands at %v", ray.Origin)
		}
		if c[3] > 0 && (c[0] != 1 || c[1] != 0) {
			t.Fatalf("the roof is %v", c)
		}
		covered += float64(c[3])
	}
	want := 0.0
	for _, i := range all.Split(Train) {
		for k := 3; k < len(all.Views[i].Pix); k += 4 {
			want += float64(all.Views[i].Pix[k]) / 255 / (300 * 32 * 32)
		}
	}
	if got := covered / n; math.Abs(got-want) > 0.01 || want < 0.05 {
		t.Errorf("%.4f of fresh rays see the roof, %.4f of those of photographs", got, want)
	}
	var ray [1]plucker.Ray
	var color [1][4]float32
	if s.Fresh([]uint64{7}, ray[:], color[:]); ray[0] != rays[7] || color[0] != colors[7] {
		t.Error("the same key makes another ray")
	}
}

func TestGLTFRefuses(t *testing.T) {
	path := writeRoof(t)
	bad := filepath.Join(t.TempDir(), "bad.glb")
	if err := os.WriteFile(bad, []byte("glTF"), 0o666); err != nil {
		t.Fatal(err)
	}
	far := filepath.Join(t.TempDir(), "far.gltf")
	if err := os.WriteFile(far, []byte(strings.Replace(roof(), "[0, 5, 0]", "[1e8, 0, 0]", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		o    Options
		want string
	}{
		{bad, Options{}, "bad.glb"},
		{"none.gltf", Options{}, "none.gltf"},
		{path, Options{Render: RenderOptions{Views: -1}}, "-1 training views"},
		{path, Options{Render: RenderOptions{Samples: 17}}, "17 samples"},
		{path, Options{Render: RenderOptions{Views: 90_000}}, "GB of memory"},
		{path, Options{Render: RenderOptions{Views: 25_000, Depth: true}}, "GB of memory"},
		{far, Options{Endless: true}, "a camera would be at 1e+08, want at most 1e+08: scale or move it"},
		{path, Options{Grid: GridOptions{Baseline: 1}}, "baseline"},
	} {
		if _, err := Open(context.Background(), c.path, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %+v: %v, want %q in it", c.path, c.o, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, path, Options{}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}
