package dataset

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// hciLayout is that of the HCI 4D light fields (Honauer et al. 2016) and of the Blender add-on which renders such:
// parameters.cfg, and input_Cam000.png and so on, row by row from the top left. With the ground truth of a set it
// was seen that the next column is to the right, the next row is below, and its disparity is the shift to the left
// per step: baseline·f/Z − offset, where offset = baseline·f/focus.
var hciLayout = layout{
	name:  "hci",
	needs: hciFile,
	find: func(f *listing) bool {
		if !f.isDir {
			return filepath.Base(f.path) == hciFile
		}
		return f.has(hciFile)
	},
	readGrid: readHCI,
}

const (
	hciFile     = "parameters.cfg"
	hciPrefix   = "input_Cam"
	hciDepth    = "gt_depth_lowres_Cam%03d.pfm" // along the viewing axis, in metres; 1e11 is nothing
	maxHCIBytes = 1 << 20
)

// hciConfig is what parameters.cfg says that counts.
type hciConfig struct {
	cols, rows       int
	w, h             int     // pixels
	baseline, focus  float64 // metres
	focalMM          float64
	sensorMM         float64 // of the longer side of the image
	offset           float64 // pixels a step; 0 where it is not there
	dispMin, dispMax float64 // likewise
	pos              mgl64.Vec3
	rot              mgl64.Vec3 // Euler angles, radians, about the world's axes: x first, z last
}

func readHCI(path string, o GridOptions) (*source, error) {
	if filepath.Base(path) == hciFile {
		path = filepath.Dir(path)
	}
	data, err := readBounded(filepath.Join(path, hciFile), maxHCIBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", hciFile, err)
	}
	c, err := parseHCI(data)
	if err != nil {
		return nil, err
	}
	if o.Baseline > 0 {
		c.baseline, c.offset = o.Baseline, 0
	}
	if o.Focus > 0 {
		c.focus, c.offset = o.Focus, 0
	}
	if o.FovDeg > 0 {
		c.focalMM, c.offset = fovFocal(c.w, o.FovDeg)*c.sensorMM/float64(max(c.w, c.h)), 0
	}
	names, err := namesIn(path)
	if err != nil {
		return nil, err
	}
	images := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, hciPrefix) })
	found, err := findCells(images, hciPrefix+"000", c.cell)
	if err != nil {
		return nil, err
	}
	return c.source(path, found, names)
}

// cell reads the name of an image, its number in rows.
func (c *hciConfig) cell(stem string) (cell, bool) {
	n, ok := strings.CutPrefix(stem, hciPrefix)
	i, err := strconv.Atoi(n)
	if !ok || err != nil || i < 0 || n[0] == '+' {
		return cell{}, false
	}
	return cell{row: i / c.cols, col: i % c.cols}, true
}

// focalPixels is the focal length; the sensor's size is that of the longer side.
func (c *hciConfig) focalPixels() float64 { return c.focalMM / c.sensorMM * float64(max(c.w, c.h)) }

// source makes the cameras of the cells that are there, in the folder dir, which has files of these names.
func (c *hciConfig) source(dir string, found *cells, names []string) (*source, error) {
	f := c.focalPixels()
	g := grid{
		// Blender's cameras have our axes, and its Euler angles are of its order XYZ.
		middle: plucker.Pose{Pos: c.pos, Rot: mgl64.Rotate3DZ(c.rot[2]).Mul3(mgl64.Rotate3DY(c.rot[1])).Mul3(mgl64.Rotate3DX(c.rot[0]))},
		focus:  c.focus,
		lens:   pinhole{file: hciFile, at: "focal_length_mm", fx: f, fy: f, cx: float64(c.w) / 2, cy: float64(c.h) / 2, w: c.w, h: c.h},
	}
	if err := g.lens.check(); err != nil {
		return nil, err
	}
	src := &source{}
	midX, midY := float64(c.cols-1)/2, float64(c.rows-1)/2
	for _, v := range found.all {
		if v.row >= c.rows {
			return nil, &FormatError{hciFile, "num_cams_x, num_cams_y", fmt.Sprintf("are %d and %d, and there is %s: want the size of the grid", c.cols, c.rows, v.name)}
		}
		x, y := float64(v.col)-midX, midY-float64(v.row)
		shot := g.shot(dir, v.name, x*c.baseline, y*c.baseline)
		if truth := fmt.Sprintf(hciDepth, v.row*c.cols+v.col); slices.Contains(names, truth) {
			shot.depth = truth
		}
		src.shots = append(src.shots, shot)
	}
	found.rows, found.cols = c.rows, c.cols
	found.warnMissing()
	src.warnings = append(src.warnings, found.warnings...)
	perStep := f * c.baseline // pixels times distance
	if offset := perStep / c.focus; c.offset != 0 && math.Abs(offset-c.offset) > 0.01*math.Abs(offset) {
		src.warnings = append(src.warnings, fmt.Sprintf("%s: offset is %.4g pixels a step, and baseline, focal length and focus distance make it %.4g: which is taken", hciFile, c.offset, offset))
	}
	near, far := hciNear*c.focus, hciFar*c.focus
	if c.dispMax > c.dispMin {
		if z := perStep / (c.dispMax + perStep/c.focus); z > 0 {
			near = z
			far = max(far, hciFar*near)
		}
		if z := perStep / (c.dispMin + perStep/c.focus); z > 0 {
			far = min(z, farthest*near)
		}
	}
	fr := g.frame(near, far)
	src.frame, src.near, src.far = &fr, near*(1-gridMargin), far*(1+gridMargin)
	return src, nil
}

// The ball holds what is between these parts of the focus distance where the file does not say what disparities there
// are, or says that they are those of what is at infinity: mostly that is a background of one colour.
const (
	hciNear = 0.6
	hciFar  = 1.4
)

// hciField is a key of parameters.cfg, and where its number goes.
type hciField struct {
	x      *float64 // or
	n      *int
	lo, hi float64 // both included
	unit   float64 // of the file, in that of x; 0 means 1
	seen   bool
}

// set takes the value in the file, or says what is wrong with it.
func (f *hciField) set(value string) (wrong string) {
	if f.seen {
		return "is there twice"
	}
	f.seen = true
	x, err := strconv.ParseFloat(value, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return fmt.Sprintf("is %.40q, want a number", value)
	}
	if !(x >= f.lo && x <= f.hi) || f.n != nil && x != math.Trunc(x) {
		kind := "a number"
		if f.n != nil {
			kind = "a whole number"
		}
		return fmt.Sprintf("is %.40s, want %s from %g to %g", value, kind, f.lo, f.hi)
	}
	switch {
	case f.n != nil:
		*f.n = int(x)
	case f.unit != 0:
		*f.x = x * f.unit
	default:
		*f.x = x
	}
	return ""
}

// parseHCI reads parameters.cfg. All errors are *FormatError.
func parseHCI(data []byte) (*hciConfig, error) {
	c := &hciConfig{}
	const maxAngle = 1e3 // radians
	fields := map[string]*hciField{
		"num_cams_x":            {n: &c.cols, lo: 1, hi: maxGridSide},
		"num_cams_y":            {n: &c.rows, lo: 1, hi: maxGridSide},
		"image_resolution_x_px": {n: &c.w, lo: 1, hi: plucker.MaxSide},
		"image_resolution_y_px": {n: &c.h, lo: 1, hi: plucker.MaxSide},
		"baseline_mm":           {x: &c.baseline, lo: 1e-6, hi: maxDistance, unit: 1e-3},
		"focus_distance_m":      {x: &c.focus, lo: 1e-6, hi: maxDistance},
		"focal_length_mm":       {x: &c.focalMM, lo: 1e-3, hi: maxDistance},
		"sensor_size_mm":        {x: &c.sensorMM, lo: 1e-3, hi: maxDistance},
		"offset":                {x: &c.offset, lo: -maxDistance, hi: maxDistance},
		"disp_min":              {x: &c.dispMin, lo: -maxDistance, hi: maxDistance},
		"disp_max":              {x: &c.dispMax, lo: -maxDistance, hi: maxDistance},
	}
	for k, axis := range []string{"x", "y", "z"} {
		fields["center_cam_"+axis+"_m"] = &hciField{x: &c.pos[k], lo: -maxDistance, hi: maxDistance}
		fields["center_cam_r"+axis+"_rad"] = &hciField{x: &c.rot[k], lo: -maxAngle, hi: maxAngle}
	}
	err := eachLine(data, func(no int, line string) error {
		if line[0] == '[' || line[0] == '#' || line[0] == ';' {
			return nil
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			return &FormatError{hciFile, fmt.Sprintf("line %d", no), fmt.Sprintf("is %.40q, want a key, =, and its value", line)}
		}
		key = strings.TrimSpace(key)
		f := fields[key]
		if f == nil {
			return nil
		}
		if wrong := f.set(strings.TrimSpace(value)); wrong != "" {
			return &FormatError{hciFile, fmt.Sprintf("line %d, %s", no, key), wrong}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, key := range []string{"num_cams_x", "num_cams_y", "image_resolution_x_px", "image_resolution_y_px",
		"baseline_mm", "focus_distance_m", "focal_length_mm", "sensor_size_mm"} {
		if !fields[key].seen {
			return nil, &FormatError{hciFile, key, "is missing"}
		}
	}
	if err := plucker.CheckSize(c.w, c.h); err != nil {
		return nil, &FormatError{hciFile, "image_resolution_x_px", err.Error()}
	}
	return c, nil
}
