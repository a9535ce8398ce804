package dataset

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render/raster"
)

// nmrLayout is one instance of the 64×64 renderings of ShapeNet that are known as NMR (Kato et al., Neural 3D mesh
// renderer, 2018), as Niemeyer et al. (Differentiable volumetric rendering, 2020) packed them: image/NAME.png, and
// cameras.npz with 4×4 matrices world_mat_inv_I, camera to world with OpenCV's axes, or world_mat_I, their inverses, and
// camera_mat_I, the lens, in halves of the image's sides. Where a file has no camera_mat, the lens is that of
// intrinsics.txt in the folder of all classes, which has SRN's form and which the authors of light field networks added.
var nmrLayout = layout{
	name:  "nmr",
	needs: "image with cameras.npz",
	find:  isNMR,
	read:  readNMR,
}

const (
	camerasFile = "cameras.npz"
	maxNPZBytes = 16 << 20
	maxMatBytes = 4 << 10 // of a file of sixteen numbers in it
	maxMats     = 100_000
)

// isNMR says whether a folder is an instance.
func isNMR(f *listing) bool { return f.has("image") && f.has(camerasFile) }

func readNMR(path string) (*source, error) {
	images, err := imagesIn(filepath.Join(path, "image"))
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	if len(images) == 0 {
		return nil, errors.New("image: has no images: unpack them there")
	}
	mats, err := readNPZ(filepath.Join(path, camerasFile))
	if err != nil {
		return nil, err
	}
	src := &source{}
	var lens *pinhole // of all classes, once it is needed
	for i, im := range images {
		pose, err := mats.pose(i)
		if err != nil {
			return nil, fmt.Errorf("%w (image %s is number %d)", err, im, i)
		}
		s := shot{dir: path, name: "image/" + im}
		name := fmt.Sprintf("camera_mat_%d", i)
		if k, ok, err := mats.mat(name); err != nil {
			return nil, err
		} else if ok {
			s.camera = func(w, h int) (plucker.Camera, error) { return halfLens(name, k, w, h).camera(pose, w, h) }
		} else {
			if lens == nil {
				if lens, err = lensOfClasses(path); err != nil {
					return nil, err
				}
			}
			s.camera = func(w, h int) (plucker.Camera, error) { return lens.camera(pose, w, h) }
		}
		src.shots = append(src.shots, s)
	}
	return src, nil
}

// halfLens is the lens of a matrix in halves of the sides of a w×h image, from its middle.
func halfLens(name string, k mgl64.Mat4, w, h int) *pinhole {
	halfW, halfH := float64(w)/2, float64(h)/2
	return &pinhole{file: camerasFile, at: name, fx: k.At(0, 0) * halfW, fy: k.At(1, 1) * halfH,
		cx: (1 + k.At(0, 2)) * halfW, cy: (1 + k.At(1, 2)) * halfH, w: w, h: h}
}

// lensOfClasses is the lens in the folder of the classes, two above that of an instance.
func lensOfClasses(instance string) (*pinhole, error) {
	file := filepath.Join(instance, "..", "..", intrinsicsFile)
	data, err := readBounded(file, maxTextBytes)
	if err != nil {
		return nil, fmt.Errorf("%s has no camera_mat_0, and %s does not stand in for it: %w", camerasFile, file, err)
	}
	lens, _, err := parseSRN(intrinsicsFile, data)
	return lens, err
}

// matrices are those of an .npz file, by name.
type matrices map[string][]byte

// readNPZ reads the matrices in a file that numpy.savez wrote.
func readNPZ(file string) (matrices, error) {
	data, err := readBounded(file, maxNPZBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", camerasFile, err)
	}
	return parseNPZ(camerasFile, data)
}

// matrixFile is the name of a file of one camera's matrix within that of all.
var matrixFile = regexp.MustCompile(`^((?:world_mat|world_mat_inv|camera_mat)_[0-9]{1,9})\.npy$`)

// parseNPZ reads a zip of .npy files. What is no camera's matrix is passed over. The error is a *FormatError.
func parseNPZ(file string, data []byte) (matrices, error) {
	z, err := zip.NewReader(strings.NewReader(string(data)), int64(len(data)))
	if err != nil {
		return nil, &FormatError{file, "", fmt.Sprintf("is no .npz file or is cut off: %v", err)}
	}
	mats := matrices{}
	for _, f := range z.File {
		match := matrixFile.FindStringSubmatch(f.Name)
		if match == nil || f.UncompressedSize64 > maxMatBytes || len(mats) == maxMats {
			continue
		}
		name := match[1]
		r, err := f.Open()
		if err != nil {
			return nil, &FormatError{file, name, err.Error()}
		}
		mats[name], err = io.ReadAll(io.LimitReader(r, maxMatBytes))
		r.Close()
		if err != nil {
			return nil, &FormatError{file, name, err.Error()}
		}
	}
	return mats, nil
}

// mat reads the 4×4 or 3×4 matrix of that name; ok says whether there is one.
func (m matrices) mat(name string) (k mgl64.Mat4, ok bool, err error) {
	data, ok := m[name]
	if !ok {
		return k, false, nil
	}
	x, shape, err := raster.DecodeNPY(data)
	if err != nil {
		return k, true, &FormatError{camerasFile, name, err.Error()}
	}
	if len(shape) != 2 || shape[0] != 3 && shape[0] != 4 || shape[1] != 4 {
		return k, true, &FormatError{camerasFile, name, fmt.Sprintf("is an array of %v, want 4×4 or 3×4", shape)}
	}
	k = mgl64.Ident4()
	for i, v := range x {
		k.Set(i/4, i%4, v)
	}
	return k, true, nil
}

// pose is that of image i.
func (m matrices) pose(i int) (plucker.Pose, error) {
	name := fmt.Sprintf("world_mat_inv_%d", i)
	toWorld, ok, err := m.mat(name)
	if err == nil && !ok {
		name = fmt.Sprintf("world_mat_%d", i)
		var toCam mgl64.Mat4
		toCam, ok, err = m.mat(name)
		toWorld = toCam.Inv()
	}
	if err == nil && !ok {
		err = &FormatError{camerasFile, "", "has neither world_mat_inv_" + fmt.Sprint(i) + " nor " + name}
	}
	if err != nil {
		return plucker.Pose{}, err
	}
	return poseOf(camerasFile, name, toWorld)
}

// IsInstanceFolder says whether a folder is one scene of a class, in either layout that [OpenClass] reads, without listing it.
func IsInstanceFolder(dir string) bool {
	return exists(dir, intrinsicsFile) && exists(dir, "pose") && exists(dir, "rgb") || exists(dir, camerasFile) && exists(dir, "image")
}

// hasCameras says whether a folder has the cameras of an instance, be its images there or not.
func hasCameras(dir string) bool {
	return exists(dir, intrinsicsFile) && exists(dir, "pose") || exists(dir, camerasFile)
}

// exists says whether a folder has an entry of that name.
func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}
