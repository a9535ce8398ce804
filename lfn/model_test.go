package lfn

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

// testModel is a small model with everything in it: two grids, one dense and one of which blocks are empty.
func testModel(t testing.TB) *Model {
	t.Helper()
	c := Config{Encoding: Encoding{Kind: Volume, Points: 4, Grids: []int{3, 18}}, Hidden: []int{5}, Norm: NormLayer, Activation: ReLU}
	n, err := New(c, 7)
	if err != nil {
		t.Fatal(err)
	}
	train := plucker.Pinhole(plucker.LookAt(mgl64.Vec3{0, -3, 1}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 100, 80, 0.7)
	test := train
	test.Distortion = plucker.Distortion{K1: 0.01, P2: -0.002}
	return &Model{
		Network:    n,
		Scene:      plucker.Frame{Center: mgl64.Vec3{0.1, 0, -2}, Radius: 1.5, Up: mgl64.Vec3{0, 0, 1}},
		Background: [3]float32{1, 0.5, 0},
		Cameras:    []View{{"train/r_0", "train", train}, {"test/é<0>", "test", test}},
		Training:   Training{Data: "lego", Preset: "small", Steps: 1000, Seconds: 61.5, Seed: math.MaxUint64, PSNRdB: 29.25, SSIM: 0.94},
	}
}

// testEmpty leaves out most blocks of the second grid of testModel.
func testEmpty(grid int) []bool {
	if grid == 0 {
		return nil
	}
	empty := make([]bool, 27)
	for b := range empty {
		empty[b] = b%5 != 1
	}
	return empty
}

// encodeTest returns the file of m, blocks of the second grid left out.
func encodeTest(t testing.TB, m *Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.encodeBlocks(&b, testEmpty); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decodeBytes(data []byte) (*Model, error) { return Decode(bytes.NewReader(data), int64(len(data))) }

func TestModelRoundTrip(t *testing.T) {
	for _, preset := range append(Presets(), "") {
		t.Run("preset="+preset, func(t *testing.T) {
			if preset == "large" && testing.Short() {
				t.Skip("large")
			}
			m := testModel(t)
			if preset != "" {
				c, err := Preset(preset)
				if err != nil {
					t.Fatal(err)
				}
				if m.Network, err = New(c, 1); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(t.TempDir(), "a.lfn")
			if err := m.Save(path); err != nil {
				t.Fatal(err)
			}
			got, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range m.Network.Tensors() {
				have := got.Network.Tensors()[i]
				if have.Name != want.Name || !slices.Equal(have.Shape, want.Shape) {
					t.Fatalf("tensor %d is %s %v, want %s %v", i, have.Name, have.Shape, want.Name, want.Shape)
				}
				for j, x := range want.Data {
					if half := FromFloat16Bits(Float16Bits(x)); have.Data[j] != half {
						t.Fatalf("%s[%d] = %v, want %v", want.Name, j, have.Data[j], half)
					}
				}
			}
			if !reflect.DeepEqual(got.Network.Config, m.Network.Config) {
				t.Errorf("config is %+v, want %+v", got.Network.Config, m.Network.Config)
			}
			a, b := *m, *got
			a.Network, b.Network = nil, nil
			a.unknown, a.metadata, b.unknown, b.metadata = nil, nil, nil, nil
			if !reflect.DeepEqual(a, b) {
				t.Errorf("model is %+v, want %+v", b, a)
			}

			first, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var second bytes.Buffer
			if err := got.Encode(&second); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first, second.Bytes()) {
				t.Error("the file of the model that was read differs from the file it was read from")
			}
		})
	}
}

// TestTensorsOf holds the list made from a configuration alone against the network's own.
func TestTensorsOf(t *testing.T) {
	for _, preset := range Presets() {
		c, err := Preset(preset)
		if err != nil {
			t.Fatal(err)
		}
		n, err := newZero(c)
		if err != nil {
			t.Fatal(err)
		}
		got, want := "", ""
		for _, w := range tensorsOf(c) {
			got += fmt.Sprintln(w.name, w.shape)
		}
		for _, w := range n.Tensors() {
			want += fmt.Sprintln(w.Name, w.Shape)
		}
		if got != want {
			t.Errorf("tensorsOf(%s) =\n%swant\n%s", preset, got, want)
		}
	}
}

// lastBlock leaves out all blocks of a grid of 2×2×2 but the last.
func lastBlock(grid int) []bool {
	if grid == 0 {
		return nil
	}
	return []bool{true, true, true, true, true, true, true, false}
}

// TestModelFile holds the format still: blocks.lfn must be read, and written the same way.
func TestModelFile(t *testing.T) {
	const path = "testdata/blocks.lfn"
	if *update {
		m := testModel(t)
		c := m.Network.Config
		c.Encoding.Grids = []int{3, 9}
		var err error
		if m.Network, err = New(c, 7); err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(path, func(w io.Writer) error { return m.encodeBlocks(w, lastBlock) }); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := decodeBytes(want)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := m.encodeBlocks(&got, lastBlock); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("written anew %s has %d bytes that differ, want the same %d", path, got.Len(), len(want))
	}
}

func TestModelKeepsUnknown(t *testing.T) {
	m := testModel(t)
	m.unknown = map[string]json.RawMessage{"lens": json.RawMessage(`{"a":[1,2.50,null],"b":1e3}`), "aaa": json.RawMessage(`"x"`)}
	m.metadata = map[string]string{"format": "pt"}
	data := encodeTest(t, m)
	got, err := decodeBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.unknown, m.unknown) || !maps.Equal(got.metadata, m.metadata) {
		t.Errorf("unknown keys are %s and %v, want %s and %v", got.unknown, got.metadata, m.unknown, m.metadata)
	}
	if again := encodeTest(t, got); !bytes.Equal(again, data) {
		t.Error("a second writing differs from the first")
	}
}

func TestEncodeRefuses(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name   string
		change func(m *Model)
		want   string // "" for a file
	}{
		{"weight", func(m *Model) { m.Network.Layers[0].Weight[3] = float32(nan) }, "lfn: encode: layers.0.weight: value 3 is NaN, want a finite number"},
		{"grid", func(m *Model) { m.Network.Grids[1][9] = float32(math.Inf(-1)) }, "grids.1: value 9 is -Inf"},
		{"too large for float16", func(m *Model) { m.Network.Grids[1][9] = 1e30 }, ""},
		{"radius", func(m *Model) { m.Scene.Radius = nan }, "scene: frame: has a NaN"},
		{"background", func(m *Model) { m.Background[1] = float32(nan) }, "background has the value NaN, want 0 to 1"},
		{"camera", func(m *Model) { m.Cameras[1].Intrinsics.Fx = nan }, "cameras[1]: camera: fx is NaN"},
		{"camera's place", func(m *Model) { m.Cameras[1].Pose.Pos[2] = -1e16 }, "cameras[1]: position is -1e+16, want at most 1e+15"},
		{"split", func(m *Model) { m.Cameras[1].Split = "val" }, `cameras[1]: split is "val", want train or test`},
		{"config", func(m *Model) { m.Network.Config.Norm = "batch" }, `network: norm is "batch"`},
		{"nothing was measured", func(m *Model) { m.Training.PSNRdB, m.Training.SSIM, m.Training.Seconds = math.Inf(1), nan, nan }, ""},
		{"no cameras", func(m *Model) { m.Cameras = nil }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := testModel(t)
			tt.change(m)
			var b bytes.Buffer
			err := m.Encode(&b)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				got, err := decodeBytes(b.Bytes())
				if err != nil {
					t.Fatal(err)
				}
				if tt.name == "too large for float16" && got.Network.Grids[1][9] != 1e30 {
					t.Errorf("grids.1[9] = %v, want 1e30", got.Network.Grids[1][9])
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Encode = %v, want %q", err, tt.want)
			}
		})
	}
}

// errFull is what a full disk answers in these tests.
var errFull = errors.New("disk is full")

// fullWriter takes room bytes and no more.
type fullWriter struct{ room int }

func (w *fullWriter) Write(b []byte) (int, error) {
	if len(b) > w.room {
		n := w.room
		w.room = 0
		return n, errFull
	}
	w.room -= len(b)
	return len(b), nil
}

func TestEncodeFull(t *testing.T) {
	m := testModel(t)
	size := len(encodeTest(t, m))
	for room := 0; room < size; room += 13 {
		if err := m.encodeBlocks(&fullWriter{room}, testEmpty); !errors.Is(err, errFull) {
			t.Fatalf("Encode with room for %d of %d bytes: %v, want %v", room, size, err, errFull)
		}
	}
}

// edit changes the JSON of a file: old, which must be there, becomes new.
func edit(t testing.TB, data []byte, old, new string) []byte {
	t.Helper()
	n := lenSize + int(binary.LittleEndian.Uint64(data))
	header := string(data[lenSize:n])
	if !strings.Contains(header, old) {
		t.Fatalf("header has no %q: %s", old, header)
	}
	header = strings.Replace(header, old, new, 1)
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data[n:]...)
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, old, new string
		want           string
	}{
		{"not a model", `"lfn":`, `"nfl":`, `is a safetensors file, but not a model: its __metadata__ has no "lfn"`},
		{"newer", `\"version\":1`, `\"version\":2`, "version is 2, made by a newer lfnview: this one reads up to 1"},
		{"no version", `\"version\":1`, `\"v\":1`, "version is missing or not a number, want 1"},
		{"version text", `\"version\":1`, `\"version\":\"1\"`, "version is missing or not a number, want 1"},
		{"no network", `\"network\":`, `\"net\":`, "network is missing"},
		{"no scene", `\"scene\":`, `\"scn\":`, "scene is missing"},
		{"null network", `\"network\":{`, `\"network\":null,\"n\":{`, `network: encoding.kind is \"\"`},
		{"key twice", `\"version\":1`, `\"version\":1,\"version\":1`, `the key "version" comes twice`},
		{"JSON cut off", `\"version\":1}`, ``, "JSON is cut off"},
		{"JSON NaN", `\"radius\":1.5`, `\"radius\":NaN`, "__metadata__ lfn: JSON at its byte"},
		{"infinite", `\"radius\":1.5`, `\"radius\":1e999`, "scene: json: cannot unmarshal number 1e999"},
		{"radius", `\"radius\":1.5`, `\"radius\":0`, "scene: frame: radius is 0, want above 0"},
		{"background", `\"background\":[1,`, `\"background\":[2,`, "background has the value 2, want 0 to 1"},
		{"pose", `\"pose\":[[1,`, `\"pose\":[[3,`, "cameras: pose: is not rigid"},
		{"image size", `\"width\":100`, `\"width\":100000`, "cameras[0]: camera: size is 100000×80 pixels"},
		{"split", `\"split\":\"test\"`, `\"split\":\"val\"`, `cameras[1]: split is "val", want train or test`},
		{"unknown option of the network", `\"norm\":`, `\"warp\":1,\"norm\":`, `network: json: unknown field "warp"`},
		{"hidden", `\"hidden\":[5]`, `\"hidden\":[6]`, "layers.0.weight has shape [5 13], want [6 13]"},
		{"hidden 0", `\"hidden\":[5]`, `\"hidden\":[0]`, "network: hidden[0] is 0"},
		{"hidden huge", `\"hidden\":[5]`, `\"hidden\":[5,8192,8192]`, "layers.1.weight has shape [3 5], want [8192 5]"},
		{"grid huge", `\"grids\":[3,18]`, `\"grids\":[512,18]`, "grids.0 has shape [3 3 3 4], want [512 512 512 4]"},
		{"grid larger than its blocks", `\"grids\":[3,18]`, `\"grids\":[3,100]`, "grids.1.blocks has 6 blocks, want 275 to 2197"},
		{"grid larger than its index", `\"grids\":[3,18]`, `\"grids\":[3,512]`, "grids.1.index has shape [3 3 3], want [64 64 64]"},
		{"grid beyond any", `\"grids\":[3,18]`, `\"grids\":[3,4096]`, "network: encoding.grids[1] is 4096"},
		{"one grid more", `\"grids\":[3,18]`, `\"grids\":[3,18,3]`, "layers.0.weight has shape [5 13], want [5 16]"},
		{"name", `"layers.1.bias"`, `"layers.1.bios"`, "layers.1.bias is missing, want shape [3]"},
		{"dtype", `"layers.0.bias":{"dtype":"F16"`, `"layers.0.bias":{"dtype":"I16"`, "layers.0.bias has dtype I16, want F32 or F16 or BF16"},
		{"index dtype", `"grids.1.index":{"dtype":"I32"`, `"grids.1.index":{"dtype":"F32"`, "grids.1.index has dtype F32, want I32"},
		{"index name", `"grids.1.index"`, `"grids.1.indices"`, "grids.1.index is missing, want shape [3 3 3]"},
		{"index shape", `[3,3,3],`, `[27],`, "grids.1.index has shape [27], want [3 3 3]"},
		{"block shape", `[6,8,8,8,4]`, `[6,8,8,4,8]`, "grids.1.blocks has shape [6 8 8 4 8], want [6 8 8 8 4]"},
		{"extra", `"layers.0.bias":{"dtype":"F16","shape":[5],"data_offsets":[238,248]}`,
			`"layers.0.bias":{"dtype":"F16","shape":[5],"data_offsets":[238,248]},"x":{"dtype":"F32","shape":[0],"data_offsets":[248,248]}`,
			"x is not a tensor of this network: has 8 tensors, want 7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := edit(t, encodeTest(t, testModel(t)), tt.old, tt.new)
			_, err := decodeBytes(data)
			checkRefused(t, err, strings.ReplaceAll(tt.want, `\"`, `"`))
			if err == nil {
				return
			}
			path := filepath.Join(t.TempDir(), "bunny.lfn")
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			_, opened := Open(path)
			want := "lfn: open " + path + strings.TrimPrefix(err.Error(), "lfn: decode")
			if opened == nil || opened.Error() != want {
				t.Errorf("Open = %v, want %s", opened, want)
			}
		})
	}
}

// checkRefused holds err against what every refused file has to answer.
func checkRefused(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Decode = %v, want %q", err, want)
		return
	}
	if _, ok := errors.AsType[*FormatError](err); !ok {
		t.Errorf("Decode answers %q, which is no *FormatError", err)
	}
	if strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("%q is more than a line", err)
	}
}

func TestDecodeValues(t *testing.T) {
	m := testModel(t)
	good := encodeTest(t, m)
	file, err := openSafetensors(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		tensor string
		value  int64
		bits   []byte
		want   string
	}{
		{"layers.0.weight", 7, []byte{0, 0x7e}, "layers.0.weight: value 7 is NaN, want a finite number"},
		{"layers.1.bias", 2, []byte{0, 0xfc}, "layers.1.bias: value 2 is -Inf, want a finite number"},
		{"grids.0", 107, []byte{0, 0x7c}, "grids.0: value 107 is +Inf, want a finite number"},
		{"grids.1.blocks", 2048 * 5, []byte{1, 0x7e}, "grids.1.blocks: value 10240 is NaN, want a finite number"},
		{"grids.1.index", 0, []byte{1, 0, 0, 0}, "grids.1.index: value 0 is 1, want 0 or -1"},
		{"grids.1.index", 1, []byte{0xff, 0xff, 0xff, 0xff}, "grids.1.index: value 6 is 1, want 0 or -1"},
		{"grids.1.index", 2, []byte{0, 0, 0, 0}, "grids.1.index: value 2 is 0, want 1 or -1"},
		{"grids.1.index", 2, []byte{0xfe, 0xff, 0xff, 0xff}, "grids.1.index: value 2 is -2, want 1 or -1"},
		{"grids.1.index", 26, []byte{0xff, 0xff, 0xff, 0xff}, "grids.1.index has 5 blocks, want 6, as many as grids.1.blocks"},
	} {
		t.Run(fmt.Sprint(tt.tensor, tt.value), func(t *testing.T) {
			s := file.find(tt.tensor)
			at := s.begin + tt.value*dtypeSizes[s.dtype]
			data := slices.Clone(good)
			copy(data[at:], tt.bits)
			_, err := decodeBytes(data)
			checkRefused(t, err, tt.want)
			if e, ok := errors.AsType[*FormatError](err); ok && strings.Contains(tt.want, fmt.Sprintf("value %d ", tt.value)) && e.Offset != at {
				t.Errorf("offset is %d, want %d", e.Offset, at)
			}
		})
	}
}

func TestDecodeTruncated(t *testing.T) {
	data, err := os.ReadFile("testdata/blocks.lfn")
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if _, err := decodeBytes(data[:n]); err == nil {
			t.Fatalf("Decode of %d of %d bytes: no error", n, len(data))
		} else if _, ok := errors.AsType[*FormatError](err); !ok {
			t.Fatalf("Decode of %d of %d bytes: %v, which is no *FormatError", n, len(data), err)
		}
	}
	if _, err := decodeBytes(append(slices.Clone(data), 0)); err == nil {
		t.Error("Decode of one byte too many: no error")
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct{ path, want string }{
		{dir + "/none.lfn", "lfn: open " + dir + "/none.lfn: no such file or directory"},
		{dir, "lfn: open " + dir + ": is a folder, want a file"},
		{os.DevNull, "lfn: open " + os.DevNull + ": is not a regular file"},
		{"testdata/small_relu.safetensors", `lfn: open testdata/small_relu.safetensors: is a safetensors file, but not a model: its __metadata__ has no "lfn"`},
		{"model.go", "lfn: open model.go: is cut off or not a model file: header length is "},
	} {
		if _, err := Open(tt.path); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("Open(%s) = %v, want %s", tt.path, err, tt.want)
		}
	}
}
