package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// What a path file may ask for at most.
const (
	maxPathBytes = 16 << 20
	maxKeys      = 10000
	maxFrames    = 100000
	maxFPS       = 1000
	maxCoord     = 1e9 // of a position, in world units
)

// pathFile is the JSON of a path. A key is a pose, or a position with a target and an up, or an orbit.
type pathFile struct {
	FovDeg *float64  `json:"fov_deg"`
	Keys   []keyFile `json:"keyframes"`
	Loop   bool      `json:"loop"`
	Frames int       `json:"frames"`
	FPS    float64   `json:"fps"`
	Size   []int     `json:"size"`
}

type keyFile struct {
	Pose     *plucker.Pose `json:"pose"`
	Position []float64     `json:"position"`
	Target   []float64     `json:"target"`
	Up       []float64     `json:"up"`
	Orbit    []float64     `json:"orbit"`
	FovDeg   *float64      `json:"fov_deg"`
}

// LoadPath reads a path from a JSON file, in the world of the scene frame f:
//
//	{"fov_deg": 40, "fps": 30, "frames": 120, "size": [400, 300], "loop": true,
//	 "keyframes": [
//	   {"orbit": [0, 20, 3]},
//	   {"position": [2, -2, 1], "target": [0, 0, 0], "up": [0, 0, 1], "fov_deg": 30},
//	   {"pose": [[1,0,0,0], [0,1,0,0], [0,0,1,4], [0,0,0,1]]}
//	 ]}
//
// An orbit is azimuth and elevation in degrees and, if it is there, the distance in scene radii, as in [Orbit].
// A target that is missing is f.Center, an up that is missing is f.Up. A pose is camera-to-world. Everything
// but keyframes may be missing; fov_deg is then 40.
func LoadPath(path string, f plucker.Frame) (*Path, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxPathBytes+1))
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	p, err := DecodePath(data, f)
	if err != nil {
		return nil, fmt.Errorf("render: path %s: %w", path, err)
	}
	return p, nil
}

// DecodePath reads what [LoadPath] reads from memory. [Path] itself encodes to the same JSON.
func DecodePath(data []byte, f plucker.Frame) (*Path, error) {
	if len(data) > maxPathBytes {
		return nil, fmt.Errorf("has more than %d bytes", maxPathBytes)
	}
	var file pathFile
	if err := unmarshal(data, &file); err != nil {
		return nil, err
	}
	p := &Path{Loop: file.Loop, Frames: file.Frames, FPS: file.FPS}
	if n := len(file.Keys); n == 0 || n > maxKeys {
		return nil, fmt.Errorf("has %d keyframes, want 1 to %d", n, maxKeys)
	}
	if p.Frames < 0 || p.Frames > maxFrames {
		return nil, fmt.Errorf("frames is %d, want 1 to %d", p.Frames, maxFrames)
	}
	if p.FPS != 0 && !(p.FPS >= 0.01 && p.FPS <= maxFPS) {
		return nil, fmt.Errorf("fps is %v, want 0.01 to %v", p.FPS, maxFPS)
	}
	w, h := 1, 1 // for the distance of an orbit that has none
	if file.Size != nil {
		if len(file.Size) != 2 {
			return nil, fmt.Errorf("size has %d numbers, want [width, height]", len(file.Size))
		}
		w, h = file.Size[0], file.Size[1]
		if err := plucker.CheckSize(w, h); err != nil {
			return nil, err
		}
		p.Size = [2]int{w, h}
	}
	p.Keys = make([]Key, len(file.Keys))
	for i, k := range file.Keys {
		fov := float64(defaultFovDeg)
		if k.FovDeg != nil {
			fov = *k.FovDeg
		} else if file.FovDeg != nil {
			fov = *file.FovDeg
		}
		pose, err := k.pose(f, fov, w, h)
		if err == nil {
			err = checkFov(fov)
		}
		if err != nil {
			return nil, fmt.Errorf("keyframe %d: %w", i, err)
		}
		for _, x := range pose.Pos {
			if !(math.Abs(x) <= maxCoord) {
				return nil, fmt.Errorf("keyframe %d: position has a %v, want at most %v", i, x, maxCoord)
			}
		}
		p.Keys[i] = Key{Pose: pose, FovDeg: fov}
	}
	return p, nil
}

// Save writes the path as [LoadPath] reads it, a keyframe a line, by way of [lfn.WriteFile]. A path that could not be
// read again is an error.
func (p *Path) Save(path string) error {
	text, err := json.Marshal(p)
	if err == nil {
		text = append(bytes.ReplaceAll(text, []byte(`{"pose"`), []byte("\n  {\"pose\"")), '\n')
		_, err = DecodePath(text, plucker.UnitFrame())
	}
	if err != nil {
		return fmt.Errorf("render: save %s: %w", path, err)
	}
	return writeFile(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// pose makes a pose of whichever form the key has.
func (k *keyFile) pose(f plucker.Frame, fov float64, w, h int) (plucker.Pose, error) {
	forms := 0
	for _, there := range []bool{k.Pose != nil, k.Position != nil, k.Orbit != nil} {
		if there {
			forms++
		}
	}
	if forms != 1 {
		return plucker.Pose{}, errors.New("want one of pose, position and orbit")
	}
	if k.Position == nil && (k.Target != nil || k.Up != nil) {
		return plucker.Pose{}, errors.New("has a target or an up without a position")
	}
	switch {
	case k.Pose != nil:
		return *k.Pose, nil
	case k.Orbit != nil:
		if n := len(k.Orbit); n != 2 && n != 3 {
			return plucker.Pose{}, fmt.Errorf("orbit has %d numbers, want [azimuth, elevation] or [azimuth, elevation, distance]", n)
		}
		o := Orbit{AzDeg: k.Orbit[0], ElDeg: k.Orbit[1], FovDeg: fov}
		if len(k.Orbit) == 3 {
			o.Dist = k.Orbit[2]
		}
		if err := o.Validate(); err != nil {
			return plucker.Pose{}, err
		}
		cam := o.Camera(f, w, h)
		return cam.Pose, nil
	}
	eye, err := vec3("position", k.Position, mgl64.Vec3{})
	if err != nil {
		return plucker.Pose{}, err
	}
	target, err := vec3("target", k.Target, f.Center)
	if err != nil {
		return plucker.Pose{}, err
	}
	up, err := vec3("up", k.Up, f.Up)
	if err != nil {
		return plucker.Pose{}, err
	}
	if eye == target {
		return plucker.Pose{}, fmt.Errorf("position and target are both %v, want two points", eye)
	}
	return plucker.LookAt(eye, target, up), nil
}

func vec3(name string, x []float64, missing mgl64.Vec3) (mgl64.Vec3, error) {
	if x == nil {
		return missing, nil
	}
	if len(x) != 3 {
		return mgl64.Vec3{}, fmt.Errorf("%s has %d numbers, want 3", name, len(x))
	}
	for _, c := range x {
		if !(math.Abs(c) <= maxCoord) {
			return mgl64.Vec3{}, fmt.Errorf("%s has a %v, want at most %v", name, c, maxCoord)
		}
	}
	return mgl64.Vec3(x), nil
}

// unmarshal reads exactly one JSON value without fields that nobody knows, which are likely misspelt.
func unmarshal(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, err = d.Token(); err == io.EOF {
			return nil
		}
		err = errors.New("something follows")
	}
	at := d.InputOffset()
	var syntax *json.SyntaxError
	var value *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &value):
		at, err = value.Offset, fmt.Errorf("a %s does not belong there", value.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		at, err = int64(len(data)), errors.New("the JSON is cut off")
	}
	return fmt.Errorf("byte %d: %w", at, err)
}
