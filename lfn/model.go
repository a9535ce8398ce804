package lfn

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"lfnview/plucker"
)

// Model is a trained scene: a network and what is needed to look at it. Its file, .lfn, is a safetensors
// file with the network's tensors; the rest is JSON, under "lfn" in the file's metadata.
type Model struct {
	Network    *Network
	Scene      plucker.Frame // where the network's unit ball is in the world
	Background [3]float32    // sRGB in [0, 1], behind transparent pixels of the photographs
	Cameras    []View        // of the photographs
	Training   Training

	header
}

// View is the camera of one photograph.
type View struct {
	Name  string `json:"name"`
	Split string `json:"split"` // "train" or "test"
	plucker.Camera
}

// Training says how a network was trained, and how well.
type Training struct {
	Data    string  `json:"data,omitempty"`    // name of the data set
	Preset  string  `json:"preset,omitempty"`  // see [Preset]
	Steps   int     `json:"steps,omitempty"`   // updates of the network
	Seconds float64 `json:"seconds,omitempty"` // that they took; 0: not recorded, as for a given number of steps
	Seed    uint64  `json:"seed,omitempty"`
	PSNRdB  float64 `json:"psnr_db,omitempty"` // mean over held-out views; 0: not measured
	SSIM    float64 `json:"ssim,omitempty"`    // likewise
}

// measured is t, numbers that are not finite left out as ones that were not measured.
func (t Training) measured() Training {
	for _, x := range []*float64{&t.PSNRdB, &t.SSIM, &t.Seconds} {
		if math.IsNaN(*x) || math.IsInf(*x, 0) {
			*x = 0
		}
	}
	return t
}

const (
	modelKey     = "lfn" // of the file's metadata
	modelVersion = 1

	// farthestCamera bounds the coordinates of cameras: squares of distances beyond it mean nothing any more.
	farthestCamera = 1e15
)

// Open reads the model in the file at path.
//
// The error is a [*FormatError] where the file is not a whole and sound model. No file, whatever it says of
// itself, makes Open allocate more than a small multiple of its size.
func Open(path string) (*Model, error) { return openFile(path, decode) }

// openFile reads the file at path.
func openFile[T any](path string, decode func(io.ReaderAt, int64) (*T, error)) (*T, error) {
	var x *T
	f, size, err := openRegular(path)
	if err == nil {
		defer f.Close()
		x, err = decode(f, size)
	}
	if err != nil {
		return nil, fmt.Errorf("lfn: open %s: %w", path, reason(err))
	}
	return x, nil
}

// openRegular opens the file at path and returns its size in bytes.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path) // first, as to open a pipe waits for a writer
	if err != nil {
		return nil, 0, err
	}
	if info.IsDir() {
		return nil, 0, errors.New("is a folder, want a file")
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errors.New("is not a regular file")
	}
	f, err := os.Open(path)
	return f, info.Size(), err
}

// Decode reads a model of size bytes from r, as [Open] does.
func Decode(r io.ReaderAt, size int64) (*Model, error) {
	m, err := decode(r, size)
	if err != nil {
		return nil, fmt.Errorf("lfn: decode: %w", err)
	}
	return m, nil
}

func decode(r io.ReaderAt, size int64) (*Model, error) {
	file, err := openSafetensors(r, size)
	if err != nil {
		return nil, err
	}
	_, ok := file.metadata[modelKey]
	if _, prior := file.metadata[priorKey]; prior && !ok {
		return nil, formatErrorf(lenSize, "is a prior over many scenes, not a model of one: make a model with lfn reconstruct or lfn prior sample")
	}
	if !ok {
		return nil, formatErrorf(lenSize, "is a safetensors file, but not a model: its %s has no %q", metadataKey, modelKey)
	}
	m := new(Model)
	var c Config
	err = m.header.read(file, modelKey, modelVersion, m.fields(&c), []string{"cameras", "training"}, func() error { return m.validate(c) })
	if err != nil {
		return nil, err
	}
	if m.Network, err = readNetwork(file, c); err != nil {
		return nil, err
	}
	return m, nil
}

// Save writes the model to the file at path by way of [WriteFile].
func (m *Model) Save(path string) error {
	if err := WriteFile(path, m.encode); err != nil {
		return fmt.Errorf("lfn: %w", err)
	}
	return nil
}

// Encode writes the model to w: tensors rounded to float16 (float32 where a value is too large for that), grids without their empty blocks.
// The same model gives the same bytes. A number that is not finite is an error, except that a PSNR or a time
// which is not is left out as one that was not measured.
func (m *Model) Encode(w io.Writer) error {
	if err := m.encode(w); err != nil {
		return fmt.Errorf("lfn: encode: %w", err)
	}
	return nil
}

func (m *Model) encode(w io.Writer) error {
	return m.encodeBlocks(w, func(grid int) []bool { return emptyBlocks(m.Network, grid) })
}

// encodeBlocks is Encode with the empty blocks of each grid as empty answers them.
func (m *Model) encodeBlocks(w io.Writer, empty func(grid int) []bool) error {
	c := *m
	c.Training = c.Training.measured()
	if c.Cameras == nil {
		c.Cameras = []View{}
	}
	if err := c.validate(c.Network.Config); err != nil {
		return err
	}
	parts, err := networkParts(m.Network, empty)
	if err != nil {
		return err
	}
	return c.header.write(w, modelKey, modelVersion, c.fields(&c.Network.Config), parts)
}

// fields are the keys of the JSON that this version knows, and where their values go.
func (m *Model) fields(network *Config) map[string]any {
	return map[string]any{
		"network":    network,
		"scene":      &m.Scene,
		"background": &m.Background,
		"cameras":    &m.Cameras,
		"training":   &m.Training,
	}
}

// validate says what is wrong with m, naming the key. network is the shape of its network.
func (m *Model) validate(network Config) error {
	if err := network.Validate(); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	return validateScene(m.Scene, m.Background, m.Cameras)
}

// validateScene says what is wrong with what is needed to look at a network.
func validateScene(scene plucker.Frame, background [3]float32, cameras []View) error {
	if err := scene.Validate(); err != nil {
		return fmt.Errorf("scene: %w", err)
	}
	for _, x := range background {
		if !(x >= 0 && x <= 1) {
			return fmt.Errorf("background has the value %v, want 0 to 1", x)
		}
	}
	for i, v := range cameras {
		if v.Split != "train" && v.Split != "test" {
			return fmt.Errorf("cameras[%d]: split is %q, want train or test", i, v.Split)
		}
		if err := v.Validate(); err != nil {
			return fmt.Errorf("cameras[%d]: %w", i, err)
		}
		for _, x := range v.Pose.Pos {
			if math.Abs(x) > farthestCamera {
				return fmt.Errorf("cameras[%d]: position is %v, want at most %v", i, x, farthestCamera)
			}
		}
	}
	return nil
}
