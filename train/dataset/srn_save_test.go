package dataset

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An instance that was saved comes back with the same cameras, and the pictures over white.
func TestSaveSRN(t *testing.T) {
	want := Procedural(RenderOptions{Views: 5, TestViews: 4, Size: 12, Samples: 1})
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range want.Views {
		v := &want.Views[i]
		v.Camera.Intrinsics.Cx += 1.0 / 3
		v.Pix = randomImage(rng, 12, 12).Pix
	}
	dir := filepath.Join(t.TempDir(), "new", "instance")
	if err := want.SaveSRN(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	got, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Format != "srn" || len(got.Warnings) > 0 || len(got.Views) != len(want.Views) || fmt.Sprint(got.Split(Test)) != "[0 8]" {
		t.Fatalf("layout %s, %d views, test views %v, warnings %q", got.Format, len(got.Views), got.Split(Test), got.Warnings)
	}
	for i := range got.Views {
		g, w := &got.Views[i], &want.Views[i]
		if g.Name != fmt.Sprintf("rgb/%06d.png", i) || g.Camera != w.Camera {
			t.Errorf("view %d is %s, %+v, want %+v", i, g.Name, g.Camera, w.Camera)
		}
		for k := range g.Pix {
			a := float64(w.Pix[k|3]) / 255
			over := a*float64(w.Pix[k]) + (1-a)*255
			if k%4 == 3 {
				over = 255
			}
			if d := float64(g.Pix[k]) - over; d < -0.501 || d > 0.501 {
				t.Fatalf("view %d: byte %d is %d, want %v", i, k, g.Pix[k], over)
			}
		}
	}
	f, err := os.Open(filepath.Join(dir, "rgb", "000003.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if c, err := png.DecodeConfig(f); err != nil || c.ColorModel != color.RGBAModel {
		t.Errorf("a PNG with alpha, or %v", err)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, intrinsicsFile)); !strings.HasSuffix(string(text), " 0.\n0. 0. 0.\n0.\n1.\n12 12\n") {
		t.Errorf("intrinsics.txt is %q", text)
	}
	all, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(all) != 2*len(want.Views) {
		t.Errorf("%d files, %v", len(all), err)
	}

	err = want.SaveSRN(t.Context(), dir)
	if text := "dataset: save " + dir + ": has intrinsics.txt in it, want a new or empty folder"; err == nil || err.Error() != text {
		t.Errorf("over it: %v, want %s", err, text)
	}
	if again, err := Open(t.Context(), dir, Options{}); err != nil || !bytes.Equal(again.Views[0].Pix, got.Views[0].Pix) {
		t.Errorf("a refused SaveSRN changed something: %v", err)
	}
}

// What fails leaves nothing behind, not even where there was an empty folder.
func TestSaveSRNFails(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name  string
		ctx   context.Context
		spoil func(s *Set)
		want  string
	}{
		{"cancelled", cancelled, func(s *Set) {}, "context canceled"},
		{"no views", nil, func(s *Set) { s.Views = nil }, "has no views"},
		{"no pixels", nil, func(s *Set) { s.Views[1].Pix = nil }, "train/r_1.png has 0 bytes of pixels, want 256"},
		{"distortion", nil, func(s *Set) { s.Views[1].Camera.Distortion.K1 = 0.1 }, "train/r_1.png has a lens with distortion"},
		{"two focal lengths", nil, func(s *Set) { s.Views[1].Camera.Intrinsics.Fx++ }, "pixels, want one in this layout"},
		{"another lens", nil, func(s *Set) { s.Views[1].Camera.Intrinsics.Cx++ }, "another lens or size than train/r_0.png"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := Procedural(RenderOptions{Views: 2, TestViews: -1, Size: 8, Samples: 1})
			tt.spoil(s)
			ctx := tt.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			parent := t.TempDir()
			empty := filepath.Join(parent, "empty")
			if err := os.Mkdir(empty, 0o777); err != nil {
				t.Fatal(err)
			}
			for _, dir := range []string{filepath.Join(parent, "new"), empty} {
				if err := s.SaveSRN(ctx, dir); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("SaveSRN = %v, want %s", err, tt.want)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(parent, "*")); len(left) != 1 {
				t.Errorf("it leaves %v", left)
			}
			if left, _ := filepath.Glob(filepath.Join(empty, "*")); len(left) > 0 {
				t.Errorf("it leaves %v", left)
			}
		})
	}
	t.Run("a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		s := Procedural(RenderOptions{Views: 1, TestViews: -1, Size: 8, Samples: 1})
		if err := s.SaveSRN(t.Context(), file); err == nil || !strings.HasSuffix(err.Error(), ": is a file, want a new folder") {
			t.Errorf("SaveSRN in place of a file = %v", err)
		}
	})
}
