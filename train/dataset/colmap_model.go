package dataset

import (
	"fmt"
	"math"
	"strings"
	"unicode"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// A colmapModel is a reconstruction, which its files are added to: cameras, then images, then points.
type colmapModel struct {
	cameras map[uint32]plucker.Camera // without poses
	images  []colmapImage
	points  seenPoints

	cameraFile, imageFile string // for errors
	byID                  map[uint32]int
	names                 map[string]bool
}

// A colmapImage is a photograph.
type colmapImage struct {
	name   string // cleaned path below the folder of the images, with slashes
	lens   uint32 // id of its camera in the files
	camera plucker.Camera
}

func newColmapModel(cameraFile, imageFile string) *colmapModel {
	return &colmapModel{
		cameras: map[uint32]plucker.Camera{}, cameraFile: cameraFile, imageFile: imageFile,
		byID: map[uint32]int{}, names: map[string]bool{},
	}
}

// A place is a record of a file: element n of a list, or line n.
type place struct {
	file, list string
	n          int
}

// fail returns an error about a field of the record, or about the whole of it.
func (p place) fail(field, format string, args ...any) error {
	key := fmt.Sprintf("%s[%d]", p.list, p.n)
	if p.list == "line" {
		key = fmt.Sprintf("line %d", p.n)
	}
	if field != "" {
		key += ", " + field
	}
	return &FormatError{p.file, key, fmt.Sprintf(format, args...)}
}

// colmapLenses are COLMAP's camera models, in the order of their numbers, and the parameters of each.
// https://github.com/colmap/colmap/blob/main/src/colmap/sensor/models.h
var colmapLenses = []struct{ name, params string }{
	{"SIMPLE_PINHOLE", "f cx cy"},
	{"PINHOLE", "fx fy cx cy"},
	{"SIMPLE_RADIAL", "f cx cy k1"},
	{"RADIAL", "f cx cy k1 k2"},
	{"OPENCV", "fx fy cx cy k1 k2 p1 p2"},
	{"OPENCV_FISHEYE", "fx fy cx cy k1 k2 k3 k4"},
	{"FULL_OPENCV", "fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6"},
	{"FOV", ""}, // those without parameters are known by name alone
	{"SIMPLE_RADIAL_FISHEYE", "f cx cy k1"},
	{"RADIAL_FISHEYE", "f cx cy k1 k2"},
	{"THIN_PRISM_FISHEYE", ""},
	{"RAD_TAN_THIN_PRISM_FISHEYE", ""},
}

// lensParams returns the names of the parameters of a camera model.
func lensParams(at place, model string) ([]string, error) {
	var known []string
	for _, l := range colmapLenses {
		if l.name == model && l.params != "" {
			return strings.Fields(l.params), nil
		}
		if l.params != "" {
			known = append(known, l.name)
		}
	}
	return nil, at.fail("model", "is %.40q, which is not read, want %s: run colmap image_undistorter, and open the folder that it makes",
		model, strings.Join(known, ", "))
}

// addCamera adds a camera with the parameters that lensParams names.
func (m *colmapModel) addCamera(at place, id uint32, model string, w, h uint64, names []string, params []float64) error {
	if _, ok := m.cameras[id]; ok {
		return at.fail("camera_id", "is %d, as that of a camera before it", id)
	}
	if w > plucker.MaxSide || h > plucker.MaxSide || plucker.CheckSize(int(w), int(h)) != nil {
		return at.fail("width, height", "are %d×%d pixels, want the size of a photograph, sides from 1 to %d", w, h, plucker.MaxSide)
	}
	c := plucker.Camera{Pose: plucker.Pose{Rot: mgl64.Ident3()}, Width: int(w), Height: int(h)}
	k, d := &c.Intrinsics, &c.Distortion
	d.Fisheye = strings.HasSuffix(model, "FISHEYE")
	fields := map[string]*float64{"f": &k.Fx, "fx": &k.Fx, "fy": &k.Fy, "cx": &k.Cx, "cy": &k.Cy,
		"k1": &d.K1, "k2": &d.K2, "k3": &d.K3, "k4": &d.K4, "k5": &d.K5, "k6": &d.K6, "p1": &d.P1, "p2": &d.P2}
	for i, name := range names {
		x := params[i]
		if !(math.Abs(x) < 1e12) {
			return at.fail(name, "is %v, want a finite number", x)
		}
		if name[0] == 'f' && x < 1e-3 {
			return at.fail(name, "is %v, want a focal length in pixels, above 0", x)
		}
		*fields[name] = x
	}
	if names[0] == "f" {
		k.Fy = k.Fx
	}
	if err := c.Validate(); err != nil {
		return at.fail("", "%v", err)
	}
	m.cameras[id] = c
	return nil
}

// addImage adds a photograph. COLMAP's pose is world-to-camera, with the camera's +Y down and +Z forward: q and t
// take a point x of the world to q·x·q⁻¹ + t.
func (m *colmapModel) addImage(at place, id uint32, q [4]float64, t mgl64.Vec3, camera uint32, name string) error {
	if _, ok := m.byID[id]; ok {
		return at.fail("image_id", "is %d, as that of an image before it", id)
	}
	quat := mgl64.Quat{W: q[0], V: mgl64.Vec3{q[1], q[2], q[3]}}
	const slack = 0.01 // what a few digits leave of it
	if n := quat.Len(); !(math.Abs(n-1) <= slack) {
		return at.fail("qw, qx, qy, qz", "are %.4g %.4g %.4g %.4g, of length %.4g, want 1", q[0], q[1], q[2], q[3], n)
	}
	worldToCam := quat.Normalize().Mat4().Mat3()
	c, ok := m.cameras[camera]
	if !ok {
		return at.fail("camera_id", "is %d, which %s does not have", camera, m.cameraFile)
	}
	pose := plucker.Pose{Rot: worldToCam.Transpose(), Pos: worldToCam.Transpose().Mul3x1(t).Mul(-1)}
	for i := 3; i < 9; i++ { // the columns of +Y and +Z
		pose.Rot[i] = -pose.Rot[i]
	}
	for _, x := range pose.Pos {
		if !(math.Abs(x) <= maxDistance) {
			return at.fail("tx, ty, tz", "are %.3g %.3g %.3g, which puts the camera at %.3g, want at most %g from the origin", t[0], t[1], t[2], x, maxDistance)
		}
	}
	c.Pose = pose
	name = cleanPath(name)
	switch {
	case name == "":
		return at.fail("name", "is empty, want that of the photograph")
	case strings.ContainsFunc(name, unicode.IsControl):
		return at.fail("name", "is %.80q, which has a control character", name)
	case m.names[name]:
		return at.fail("name", "is %.80q, as that of an image before it", name)
	}
	m.names[name] = true
	m.byID[id] = len(m.images)
	m.images = append(m.images, colmapImage{name, camera, c})
	return nil
}

// check says what is wrong with the images as a whole.
func (m *colmapModel) check() error {
	if len(m.images) == 0 {
		return &FormatError{m.imageFile, "", "has no images: COLMAP could place none, photograph with more overlap"}
	}
	first := m.images[0].camera.Pose
	for i := range m.images {
		if m.images[i].camera.Pose != first {
			return nil
		}
	}
	if n := len(m.images); n > 1 {
		return &FormatError{m.imageFile, "", fmt.Sprintf("has one and the same pose for all of its %d images: run COLMAP's mapper again", n)}
	}
	return nil
}

// cameraFor returns the camera of an image that has w×h pixels, where COLMAP saw it at another size, perhaps.
func (m *colmapModel) cameraFor(im *colmapImage, w, h int) (plucker.Camera, error) {
	c := im.camera
	fail := func(format string, args ...any) (plucker.Camera, error) {
		return c, &FormatError{m.cameraFile, fmt.Sprintf("camera %d", im.lens), fmt.Sprintf(format, args...)}
	}
	if !sameAspect(float64(c.Width), float64(c.Height), float64(w), float64(h)) {
		return fail("is for %d×%d pixels, an aspect that is not the image's: use the photographs that COLMAP was given", c.Width, c.Height)
	}
	if c.Width != w || c.Height != h {
		c = c.Scaled(w, h)
	}
	if err := c.Validate(); err != nil {
		return fail("%v", err)
	}
	return c, nil
}

// addPoint adds a point, whose images in see count next; it returns nil where none needs to.
func (m *colmapModel) addPoint(pos mgl64.Vec3, pixels float64) *seenPoint {
	for _, x := range pos {
		if !(math.Abs(x) <= maxDistance) {
			return nil
		}
	}
	return m.points.add(pos, pixels)
}

// see counts an image, by its id, among those that have the point.
func (m *colmapModel) see(p *seenPoint, image uint32) {
	if i, ok := m.byID[image]; ok {
		p.see(&m.images[i].camera)
	}
}
