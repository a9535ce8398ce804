package dataset

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render/raster"
)

// npz is a file of matrices as numpy.savez writes it.
func npz(t testing.TB, mats map[string]mgl64.Mat4) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, m := range mats {
		w, err := z.Create(name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		var x []float32
		for i := range 16 {
			x = append(x, float32(m.At(i/4, i%4)))
		}
		if err := raster.EncodeNPY(w, x, len(x)/4, 4); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// nmrFiles are those of an instance with these cameras.
func nmrFiles(t testing.TB, cams []plucker.Camera, inverse, lens bool) map[string][]byte {
	files, mats := map[string][]byte{}, map[string]mgl64.Mat4{}
	for i, c := range cams {
		files[fmt.Sprintf("image/%04d.png", i)] = pngOf(c.Width, c.Height)
		if inverse {
			mats[fmt.Sprintf("world_mat_inv_%d", i)] = openCV(c.Pose)
		} else {
			mats[fmt.Sprintf("world_mat_%d", i)] = openCV(c.Pose).Inv()
		}
		if k, w, h := c.Intrinsics, float64(c.Width), float64(c.Height); lens {
			m := mgl64.Diag4(mgl64.Vec4{2 * k.Fx / w, 2 * k.Fy / h, 1, 1})
			m.Set(0, 2, 2*k.Cx/w-1)
			m.Set(1, 2, 2*k.Cy/h-1)
			mats[fmt.Sprintf("camera_mat_%d", i)] = m
		}
	}
	files[camerasFile] = npz(t, mats)
	return files
}

// nearViews compares cameras that went through float32.
func nearViews(t *testing.T, views []View, cams []plucker.Camera) {
	t.Helper()
	if len(views) != len(cams) {
		t.Fatalf("%d views, want %d", len(views), len(cams))
	}
	for i := range views {
		got, want := &views[i].Camera, &cams[i]
		for _, uv := range [][2]float64{{0, 0}, {3, 5}, {float64(want.Width), float64(want.Height)}} {
			a, b := got.Ray(uv[0], uv[1]), want.Ray(uv[0], uv[1])
			if a.Origin.Sub(b.Origin).Len() > 1e-5 || a.Dir.Sub(b.Dir).Len() > 1e-5 {
				t.Fatalf("view %d: ray at %v is %v, want %v", i, uv, a, b)
			}
		}
	}
}

func TestNMR(t *testing.T) {
	cams := ring(10, 16, 12)
	for _, inverse := range []bool{true, false} {
		t.Run(fmt.Sprint("inverse=", inverse), func(t *testing.T) {
			s, err := Open(context.Background(), folder(t, nmrFiles(t, cams, inverse, true)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Format != "nmr" || s.Views[1].Name != "image/0001.png" || len(s.Views[1].Pix) != 4*16*12 {
				t.Errorf("format %s, view 1 %s with %d bytes", s.Format, s.Views[1].Name, len(s.Views[1].Pix))
			}
			nearViews(t, s.Views, cams)
		})
	}
	t.Run("the lens of all classes", func(t *testing.T) {
		files := map[string][]byte{intrinsicsFile: []byte(srnText(&cams[0]))}
		for name, data := range nmrFiles(t, cams, true, false) {
			files["02958343/car/"+name] = data
		}
		s, err := Peek(folder(t, files)+"/02958343/car", Options{})
		if err != nil {
			t.Fatal(err)
		}
		nearViews(t, s.Views, cams)
	})
}

func TestNMRRefuses(t *testing.T) {
	cams := ring(3, 16, 12)
	good := nmrFiles(t, cams, true, true)
	one := func(name string, m mgl64.Mat4) []byte { return npz(t, map[string]mgl64.Mat4{name: m}) }
	var cut bytes.Buffer
	z := zip.NewWriter(&cut)
	if w, err := z.Create("world_mat_inv_0.npy"); err != nil {
		t.Fatal(err)
	} else if _, err := w.Write([]byte("numbers")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		cameras []byte
		want    string
	}{
		{"not where it says", misplaced(t, "world_mat_inv_0"), "cameras.npz: world_mat_inv_0: zip: not a valid zip file"},
		{"of no camera", misplaced(t, "world_\nmat_0"), "cameras.npz: has neither world_mat_inv_0 nor world_mat_0"},
		{"no zip", []byte("numbers"), "cameras.npz: is no .npz file or is cut off"},
		{"cut off", good[camerasFile][:200], "cameras.npz: is no .npz file or is cut off"},
		{"no pose", one("scale_mat_0", mgl64.Ident4()), "cameras.npz: has neither world_mat_inv_0 nor world_mat_0"},
		{"not a matrix", cut.Bytes(), "does not begin as a .npy file does"},
		{"not rigid", one("world_mat_inv_0", mgl64.Diag4(mgl64.Vec4{2, 2, 2, 1})), "cameras.npz: world_mat_inv_0: pose: is not rigid"},
		{"no inverse", one("world_mat_0", mgl64.Mat4{}), "cameras.npz: world_mat_0: pose"},
		{"no lens", one("world_mat_inv_0", openCV(cams[0].Pose)), "cameras.npz has no camera_mat_0, and"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := maps.Clone(good)
			files[camerasFile] = tt.cameras
			if _, err := Peek(folder(t, files), Options{}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Peek = %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := Peek(folder(t, map[string][]byte{camerasFile: good[camerasFile], "image/notes.txt": nil}), Options{}); err == nil || !strings.Contains(err.Error(), "image: has no images") {
		t.Errorf("without images: %v", err)
	}
}

// misplaced is a file of a matrix whose directory says another place than where the matrix is.
func misplaced(tb testing.TB, name string) []byte {
	data := npz(tb, map[string]mgl64.Mat4{name: mgl64.Ident4()})
	entry := bytes.LastIndex(data, []byte("PK\x01\x02"))
	const offset = 42 // in an entry of the directory
	data[entry+offset] = 64
	return data
}

// FuzzNPZ changes the bytes of a file of matrices.
func FuzzNPZ(f *testing.F) {
	f.Add(npz(f, map[string]mgl64.Mat4{"world_mat_0": mgl64.Ident4(), "camera_mat_0": mgl64.Ident4()}))
	f.Add(misplaced(f, "world_\nmat_0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		mats, err := parseNPZ(camerasFile, data)
		if err == nil {
			_, err = mats.pose(0)
		}
		if err == nil {
			_, _, err = mats.mat("camera_mat_0")
		}
		var fe *FormatError
		if err != nil && (!errors.As(err, &fe) || strings.Contains(err.Error(), "\n")) {
			t.Fatalf("error %q is a %T, want one line of a *FormatError", err, err)
		}
	})
}
