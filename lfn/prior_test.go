package lfn

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// testPrior is a small prior with everything in it.
func testPrior(t testing.TB, c HyperConfig) *Prior {
	t.Helper()
	m := testModel(t)
	h, z := newTestHyper(t, c, 3)
	return &Prior{Hyper: h, Latents: z,
		Classes:   []Class{{"", m.Scene, m.Cameras}},
		Instances: []Instance{{"train/000001", ""}, {"cars/train/é<2>", "cars"}, {"3", ""}}, Background: m.Background, Training: m.Training}
}

func encodePrior(t testing.TB, p *Prior) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decodePriorBytes(data []byte) (*Prior, error) {
	return DecodePrior(bytes.NewReader(data), int64(len(data)))
}

func TestPriorRoundTrip(t *testing.T) {
	for _, c := range hyperConfigs() {
		t.Run(hyperName(c), func(t *testing.T) {
			p := testPrior(t, c)
			p.unknown = map[string]json.RawMessage{"lens": json.RawMessage(`{"a":[1,2.50,null]}`)}
			p.metadata = map[string]string{"format": "pt"}
			path := filepath.Join(t.TempDir(), "class.prior")
			if err := p.Save(path); err != nil {
				t.Fatal(err)
			}
			if !IsPrior(path) {
				t.Error("IsPrior says no")
			}
			got, err := OpenPrior(path)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Latents, p.Latents) || !reflect.DeepEqual(got.Instances, p.Instances) || !reflect.DeepEqual(got.Classes, p.Classes) || got.Training != p.Training {
				t.Errorf("read %v %v %v", got.Instances, got.Classes, got.Training)
			}
			want := p.Hyper.Tensors()
			for i, x := range got.Hyper.Tensors() {
				if norm, _ := difference(x.Data, want[i].Data); x.Name != want[i].Name || norm > 1e-3 {
					t.Errorf("tensor %d, %s, differs by %v from %s", i, x.Name, norm, want[i].Name)
				}
			}
			first := encodePrior(t, got)
			again, err := decodePriorBytes(first)
			if err != nil {
				t.Fatal(err)
			}
			if second := encodePrior(t, again); !bytes.Equal(first, second) {
				t.Error("reading and writing changes it")
			}

			// What is decoded is a model like any other.
			m := got.Model(got.Latent(1), 0)
			if m.Training != (Training{}) {
				t.Errorf("the model claims the training of the prior: %+v", m.Training)
			}
			var file bytes.Buffer
			if err := m.Encode(&file); err != nil {
				t.Fatal(err)
			}
			plain, err := decodeBytes(file.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			rays := testRays(200)
			a, b := make([]float32, 600), make([]float32, 600)
			plain.Network.Pack().Colors(a, rays)
			p.Hyper.Decode(p.Latent(1)).Pack().Colors(b, rays)
			for i, v := range a {
				if c.Network.Activation == Sine && rays[i/3].Moment().Len() > 2 {
					continue // what float16 rounds off turns the sine of something huge by any angle
				}
				if math.Abs(float64(v-b[i])) > 0.05 {
					t.Fatalf("colour %d of the model is %v, of the prior %v", i, v, b[i])
				}
			}
		})
	}
}

// twoClasses makes another class, twice as large, of the second instance.
func twoClasses(p *Prior) *Prior {
	c := Class{"cars", p.Classes[0].Scene, p.Classes[0].Cameras[:1]}
	c.Scene.Radius *= 2
	p.Classes = append(p.Classes, c)
	return p
}

// asVersion1 is a file as it was when all instances had one frame.
func asVersion1(t testing.TB, data []byte) []byte {
	data = edit(t, data, `\"version\":2`, `\"version\":1`)
	data = edit(t, data, `\"classes\":[{\"scene\":`, `\"scene\":`)
	return edit(t, data, `}],\"hyper\":`, `,\"hyper\":`)
}

// TestPriorVersion1: a file of that version has one class, of whatever classes its instances are.
func TestPriorVersion1(t *testing.T) {
	p := testPrior(t, hyperConfigs()[2])
	data := encodePrior(t, p)
	old := asVersion1(t, data)
	got, err := decodePriorBytes(old)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Classes, p.Classes) || got.ClassOf(1) != 0 {
		t.Errorf("classes %+v, want %+v", got.Classes, p.Classes)
	}
	if again := encodePrior(t, got); !bytes.Equal(again, data) {
		t.Error("written again, it is not as a file of this version is")
	}
	_, err = decodePriorBytes(edit(t, old, `\"radius\":1.5`, `\"radius\":0`))
	checkRefused(t, err, "classes[0]: scene: frame: radius is 0")
}

// TestPriorClasses: scenes are as large as those of their class, and what lies between instances as the nearest.
func TestPriorClasses(t *testing.T) {
	p, err := decodePriorBytes(encodePrior(t, twoClasses(testPrior(t, hyperConfigs()[2]))))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 1, 0} {
		z := p.Latent((i+1)%3).Blend(p.Latent(i), 0.9)
		if p.ClassOf(i) != want || p.ClassNear(z) != want {
			t.Errorf("instance %d is of class %d, a scene near it of %d, want %d", i, p.ClassOf(i), p.ClassNear(z), want)
		}
		if m := p.Model(z, want); m.Scene != p.Classes[want].Scene || !reflect.DeepEqual(m.Cameras, p.Classes[want].Cameras) {
			t.Errorf("its model has the frame %v and %d cameras", m.Scene, len(m.Cameras))
		}
	}
	if p.Classes[1].Scene.Radius != 3 || len(p.Classes[1].Cameras) != 1 {
		t.Errorf("the second class is read as %+v", p.Classes[1])
	}
}

func TestPriorMean(t *testing.T) {
	p := testPrior(t, hyperConfigs()[2])
	mean := p.Mean()
	for k, v := range mean {
		if want := (p.Latent(0)[k] + p.Latent(1)[k] + p.Latent(2)[k]) / 3; math.Abs(float64(v-want)) > 1e-6 {
			t.Errorf("mean[%d] = %v, want %v", k, v, want)
		}
	}
	if d := (Latent{1, 2, 3, 4}).Distance(Latent{1, 2, 3, 8}); d != 2 {
		t.Errorf("Distance = %v, want 2", d)
	}
}

func TestPriorNearest(t *testing.T) {
	p := &Prior{Hyper: &Hyper{Config: HyperConfig{Latent: 2}}, Instances: make([]Instance, 4), Latents: []float32{0, 3, 1, 1, 5, 0, 1, 1}}
	if got := p.Nearest(Latent{1, 2}, 3); !slices.Equal(got, []int{1, 3, 0}) {
		t.Errorf("nearest are %v, want 1 and 3, which are the same, and 0", got)
	}
	if got := p.Nearest(Latent{5, 0}, 9); !slices.Equal(got, []int{2, 1, 3, 0}) {
		t.Errorf("nearest are %v, want all", got)
	}
}

func TestLatentBlend(t *testing.T) {
	a, b := Latent{1, 0.1}, Latent{3, 0.7}
	for _, tt := range []struct {
		share float64
		want  Latent
	}{{0, a}, {0.25, Latent{1.5, 0.25}}, {1, b}} {
		if got := a.Blend(b, tt.share); got.Distance(tt.want) > 1e-7 {
			t.Errorf("%v at %v to %v is %v, want %v", a, tt.share, b, got, tt.want)
		}
	}
}

func TestPriorEncodeRefuses(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name   string
		change func(p *Prior)
		want   string // "" for a file
	}{
		{"weight", func(p *Prior) { p.Hyper.nets[1].layers[2].Weight[3] = float32(nan) }, "lfn: encode: hyper.1.layers.2.weight: value 3 is NaN, want a finite number"},
		{"base", func(p *Prior) { p.Hyper.Base[0].Bias[2] = float32(nan) }, "base.layers.0.bias: value 2 is NaN"},
		{"latent", func(p *Prior) { p.Latents[20] = float32(math.Inf(1)) }, "latents: value 20 is +Inf"},
		{"latents", func(p *Prior) { p.Latents = p.Latents[:32] }, "has 32 numbers of latents, want 48 for 3 instances"},
		{"no instances", func(p *Prior) { p.Instances, p.Latents = nil, nil }, "instances has none"},
		{"no name", func(p *Prior) { p.Instances[2].Name = "" }, "instances[2] has no name"},
		{"radius", func(p *Prior) { p.Classes[0].Scene.Radius = nan }, "classes[0]: scene: frame: has a NaN"},
		{"no classes", func(p *Prior) { p.Classes = nil }, "classes has none"},
		{"a class twice", func(p *Prior) { p.Classes = append(p.Classes, p.Classes[0]) }, `classes[1]: there is another with the name ""`},
		{"a class less", func(p *Prior) { twoClasses(p).Instances[1].Class = "busses" }, `instances[1]: class is "busses", which classes does not have`},
		{"two classes", func(p *Prior) { twoClasses(p) }, ""},
		{"config", func(p *Prior) { p.Hyper.Config.Width = 3 }, "hyper: width is 3"},
		{"too large for float16", func(p *Prior) { p.Hyper.nets[0].layers[0].Bias[1] = 1e30 }, ""},
		{"not measured", func(p *Prior) { p.Training.PSNRdB, p.Classes[0].Cameras = nan, nil }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := testPrior(t, hyperConfigs()[2])
			tt.change(p)
			err := p.Encode(&bytes.Buffer{})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Encode = %v, want %q", err, tt.want)
			}
		})
	}
	size := len(encodePrior(t, testPrior(t, hyperConfigs()[0])))
	for room := 0; room < size; room += 997 {
		if err := testPrior(t, hyperConfigs()[0]).Encode(&fullWriter{room}); !errors.Is(err, errFull) {
			t.Fatalf("Encode with room for %d of %d bytes: %v, want %v", room, size, err, errFull)
		}
	}
}

func TestPriorDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"not a prior", `"lfn-prior":`, `"prior":`, `is a safetensors file, but not a prior: its __metadata__ has no "lfn-prior"`},
		{"a model", `"lfn-prior":`, `"lfn":`, "is a model of one scene, not a prior over many: train one with lfn train --prior"},
		{"newer", `\"version\":2`, `\"version\":9`, "version is 9, made by a newer lfnview"},
		{"no hyper", `\"hyper\":`, `\"psi\":`, "hyper is missing"},
		{"unknown option", `\"width\":32`, `\"width\":32,\"depth\":4`, `hyper: json: unknown field "depth"`},
		{"conditioning", `\"conditioning\":\"film\"`, `\"conditioning\":\"concat\"`, `hyper: conditioning is "concat", want hyper, lowrank or film`},
		{"encoding", `\"kind\":\"points\"`, `\"kind\":\"volume\",\"grids\":[4]`, "hyper: basis has 0 numbers"},
		{"latent", `\"latent\":16`, `\"latent\":4096`, "hyper.0.layers.0.weight has shape [32 16], want [32 4096]"},
		{"huge", `\"hidden\":[20,9]`, `\"hidden\":[8192,8192]`, "hyper.0.layers.2.weight has shape [40 32], want [16384 32]"},
		{"no instances", `\"instances\":[`, `\"instances\":[],\"others\":[`, "instances has none"},
		{"an instance less", `{\"name\":\"3\"}`, `{\"name\":\"3\"},{\"name\":\"4\"}`, "latents has shape [3 16], want [4 16]"},
		{"radius", `\"radius\":1.5`, `\"radius\":-1`, "classes[0]: scene: frame: radius is -1"},
		{"camera", `\"split\":\"test\"`, `\"split\":\"val\"`, `classes[0]: cameras[1]: split is "val"`},
		{"no classes", `\"classes\":`, `\"kinds\":`, "classes has none, want how large scenes are"},
		{"tensor", `"base.layers.1.bias"`, `"base.layers.1.bios"`, "base.layers.1.bias is missing, want shape [9]"},
		{"extra", `"latents":`, `"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"latents":`, "x is not a tensor of this prior"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decodePriorBytes(edit(t, encodePrior(t, testPrior(t, hyperConfigs()[2])), tt.old, tt.new))
			checkRefused(t, err, strings.ReplaceAll(tt.want, `\"`, `"`))
		})
	}
	data := encodePrior(t, testPrior(t, hyperConfigs()[2]))
	for n := 0; n < len(data); n += 211 {
		if _, err := decodePriorBytes(data[:n]); err == nil {
			t.Fatalf("DecodePrior of %d of %d bytes: no error", n, len(data))
		}
	}
}

// A prior opened as a model, and the reverse, says what it is.
func TestPriorIsNoModel(t *testing.T) {
	dir := t.TempDir()
	prior, model := filepath.Join(dir, "class.prior"), filepath.Join(dir, "scene.lfn")
	if err := os.WriteFile(prior, encodePrior(t, testPrior(t, hyperConfigs()[2])), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := testModel(t).Save(model); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(prior); err == nil || !strings.Contains(err.Error(), "is a prior over many scenes, not a model of one") {
		t.Errorf("Open of a prior: %v", err)
	}
	if _, err := OpenPrior(model); err == nil || !strings.Contains(err.Error(), "is a model of one scene, not a prior over many") {
		t.Errorf("OpenPrior of a model: %v", err)
	}
	for path, want := range map[string]string{dir: "is a folder, want a file", filepath.Join(dir, "none"): "no such file", "prior.go": "is cut off or not a model file"} {
		if _, err := OpenPrior(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("OpenPrior(%s) = %v, want %s", path, err, want)
		}
		if IsPrior(path) {
			t.Errorf("IsPrior(%s)", path)
		}
	}
	if IsPrior(model) {
		t.Error("IsPrior of a model")
	}
}

// FuzzDecodePrior changes bytes anywhere in a file: no panic, memory a small multiple of the file, and what is accepted can
// be written and is then the same prior.
func FuzzDecodePrior(f *testing.F) {
	for _, c := range hyperConfigs() {
		c.Network.Hidden, c.Width = nil, 16
		data := encodePrior(f, testPrior(f, c))
		f.Add(data)
		f.Add(asVersion1(f, data))
		f.Add(encodePrior(f, twoClasses(testPrior(f, c))))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p *Prior
		var err error
		if n := allocated(func() { p, err = decodePriorBytes(data) }); n > 64*uint64(len(data))+1<<20 {
			t.Fatalf("%d bytes made DecodePrior allocate %d", len(data), n)
		}
		if err != nil {
			if _, ok := errors.AsType[*FormatError](err); !ok {
				t.Errorf("DecodePrior answers %q, which is no *FormatError", err)
			}
			return
		}
		var files [2][]byte // the first writing rounds to float16; from then on it stays
		for i := range files {
			files[i] = encodePrior(t, p)
			if p, err = decodePriorBytes(files[i]); err != nil {
				t.Fatalf("reading what writing %d wrote: %v", i, err)
			}
		}
		if !bytes.Equal(files[0], files[1]) {
			t.Error("reading and writing a file changes it")
		}
	})
}
