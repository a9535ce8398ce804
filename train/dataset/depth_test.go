package dataset

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lfnview/render/raster"
)

// TestProceduralDepth checks that depths are of points on the scene's surfaces: seen from where they are, they are there.
func TestProceduralDepth(t *testing.T) {
	s := Procedural(RenderOptions{Views: 1, TestViews: 1, Size: 24, Samples: 1, Depth: true})
	for _, v := range s.Views {
		for i, d := range v.Depth {
			p := v.Camera.Unproject(float64(i%24)+0.5, float64(i/24)+0.5, float64(d))
			if alpha := v.Pix[4*i+3]; (d == 0) != (alpha == 0) || d != 0 && p.Len() > 1.0001 {
				t.Fatalf("%s: pixel %d of alpha %d has depth %v, at %v", v.Name, i, alpha, d, p)
			}
		}
	}
}

// TestOpenDepth saves depths and reads them, whole and smaller.
func TestOpenDepth(t *testing.T) {
	s := Procedural(RenderOptions{Views: 2, TestViews: 1, Size: 24, Samples: 1, Depth: true})
	dir := filepath.Join(t.TempDir(), "saved")
	if err := s.Save(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	read := func(o Options) *Set {
		t.Helper()
		got, err := Open(context.Background(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if read(Options{}).Views[0].Depth != nil {
		t.Error("there is depth without being asked for")
	}
	whole, third := read(Options{Depth: true}), read(Options{Depth: true, Scale: 3})
	for i := range s.Views {
		for k, d := range s.Views[i].Depth {
			if got := whole.Views[i].Depth[k]; got != d {
				t.Fatalf("%s: depth of pixel %d is %v, want %v", s.Views[i].Name, k, got, d)
			}
		}
		for k, got := range third.Views[i].Depth {
			if want := s.Views[i].Depth[(k/8*3+1)*24+k%8*3+1]; got != want {
				t.Fatalf("%s at a third: depth of pixel %d is %v, want %v", s.Views[i].Name, k, got, want)
			}
		}
	}

	file := filepath.Join(dir, "train", "r_1.npy")
	save := func(m *raster.Map, ending string) {
		var b bytes.Buffer
		if err := errors.Join(m.Encode(&b, ending), os.WriteFile(file, b.Bytes(), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name  string
		spoil func()
		want  string
	}{
		{"gone", func() { os.Remove(file) }, "no such file"},
		{"not an array", func() { os.WriteFile(file, []byte("hello"), 0o666) }, "does not begin as a .npy file does"},
		{"of another shape", func() { save(&raster.Map{Width: 30, Height: 24, Channels: 1, Pix: make([]float32, 720)}, raster.NPY) }, "30×24 depths of 1 channels, want one for each pixel of a photograph of 24×24"},
		{"normals", func() { save(&raster.Map{Width: 24, Height: 24, Channels: 3, Pix: make([]float32, 3*576)}, raster.NPY) }, "of 3 channels"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.spoil()
			if _, err := Open(context.Background(), dir, Options{Depth: true}); err == nil || !strings.Contains(err.Error(), "train/r_1.png: depth file r_1.npy: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
}

// TestHCIDepth compares the true depth with the true disparity, baseline·f/Z − offset, see [hciLayout]. Where two
// surfaces meet, the files take their means, which are not the same.
func TestHCIDepth(t *testing.T) {
	dir := sharedData(t, "lf_hci_new_shot_01")
	s, err := Open(context.Background(), dir, Options{Depth: true, MaxSize: 64})
	if err != nil {
		t.Fatal(err)
	}
	disparity, err := readHCIDisparity(filepath.Join(dir, "gt_disp_lowres_Cam040.pfm"))
	if err != nil {
		t.Fatal(err)
	}
	known, other := 0, 0
	for i := range s.Views {
		v := &s.Views[i]
		if has := v.Depth != nil; has != (v.Name == "input_Cam040.png") {
			t.Fatalf("%s has depth: %v", v.Name, has)
		}
		for k, d := range v.Depth {
			got := math.Inf(-1)
			if d != 0 {
				known++
				got = 0.1*100/35*512/float64(d) - 14.628571
			}
			want := float64(disparity.Pix[(k/64*8+4)*512+k%64*8+4])
			if !(math.Abs(got-want) <= 0.02) && (d != 0 || want > -14) {
				other++
			}
		}
	}
	if known < 500 || known > 2500 || other > known/100 {
		t.Errorf("%d of 4096 pixels have depth, %d another than their disparity says", known, other)
	}
}

func readHCIDisparity(file string) (*raster.Map, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m, err := raster.Decode(data, raster.PFM)
	if err == nil && (m.Width != 512 || m.Height != 512) {
		err = errors.New("has another size")
	}
	return m, err
}
