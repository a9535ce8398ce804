package viewer

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
	"lfnview/train/prior"
)

// smallPrior is a prior, in a file too, and the photographs of one of its instances.
func smallPrior(t testing.TB) (p *lfn.Prior, file string, photos []string) {
	t.Helper()
	dir := t.TempDir()
	if err := dataset.Generate(t.Context(), filepath.Join(dir, "figures"), "shepard-metzler", dataset.GenerateOptions{Instances: 4, Views: 5, Size: 16, Samples: 1, Holdout: 4}); err != nil {
		t.Fatal(err)
	}
	class, err := dataset.OpenClass(filepath.Join(dir, "figures"), 0)
	if err != nil {
		t.Fatal(err)
	}
	config := lfn.HyperConfig{Conditioning: lfn.HyperFilm, Latent: 16, Width: 16,
		Network: lfn.Config{Encoding: lfn.Encoding{Kind: lfn.Points, Points: 4, Frequencies: 1}, Hidden: []int{32, 32},
			Norm: lfn.NormLayer, Activation: lfn.ReLU, Output: lfn.OutputSigned}}
	trainer, err := prior.New(class, prior.Options{Config: config, Steps: 100, Scenes: 3, Rays: 64, LR: 5e-3, Seed: 1, Background: [3]float32{1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	if err := trainer.Run(t.Context(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	p, file = trainer.Prior(), filepath.Join(dir, "figures.prior")
	if err := p.Save(file); err != nil {
		t.Fatal(err)
	}
	photos, err = filepath.Glob(filepath.Join(dir, "figures", filepath.FromSlash(p.Instances[0].Name), "rgb", "*.png"))
	if err != nil || len(photos) != 5 {
		t.Fatalf("%v, %v, want 5 photographs", photos, err)
	}
	return p, file, photos
}

// writePNG writes a picture of one colour with a square of another in its middle.
func writePNG(t testing.TB, w, h int, around, square color.Color) string {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			if img.Set(x, y, around); x > w/4 && x < 3*w/4 && y > h/4 && y < 3*h/4 {
				img.Set(x, y, square)
			}
		}
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "picture.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// TestCutting: a colour is that of all photographs, a mask that of the first.
func TestCutting(t *testing.T) {
	var c cutting
	if got := c.next(); got != (dataset.Cutout{}) {
		t.Errorf("background is %v where nothing is said of it", got)
	}
	c.begin(dataset.Cutout{Mask: "mask.png"})
	if got := c.next(); got != (dataset.Cutout{Mask: "mask.png"}) {
		t.Errorf("background is %v, want a mask", got)
	}
	if got := c.next(); got != (dataset.Cutout{}) {
		t.Errorf("background of a second photograph is %v", got)
	}
	green := [3]float32{0, 1, 0}
	c.begin(dataset.Cutout{Color: &green})
	for range 2 {
		if got := c.next(); got.Mask != "" || got.Color == nil || *got.Color != green {
			t.Errorf("background is %v, want green", got)
		}
	}
}

func TestOpenPhotograph(t *testing.T) {
	p, _, photos := smallPrior(t)
	white, red, green := color.Gray{255}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}
	at := plucker.LookAt([3]float64{0, -9, 3}, [3]float64{}, [3]float64{0, 0, 1})
	screen := dataset.Cutout{Color: &[3]float32{0, 1, 0}}
	photo, err := openPhotograph(p, writePNG(t, 16, 16, green, red), screen, poseOfData, at, 0)
	if err != nil || [4]byte(photo.Pix) != [4]byte{0, 255, 0, 0} || [4]byte(photo.Pix[4*(16*8+8):]) != [4]byte{255, 0, 0, 255} {
		t.Errorf("%+v, %v, want it transparent where it is green", photo, err)
	}
	for _, tt := range []struct {
		name  string
		file  string
		from  poseSource
		known bool
		pose  *plucker.Pose // nil: any
		want  string        // of the error
	}{
		{"in a data set", photos[2], poseOfData, true, &p.Classes[0].Cameras[2].Pose, ""},
		{"in a data set, not used", photos[2], poseUnknown, false, nil, ""},
		{"of the view", photos[2], poseOfView, true, &at, ""},
		{"alone", writePNG(t, 16, 16, white, red), poseOfData, false, nil, ""},
		{"larger", writePNG(t, 300, 300, white, red), poseOfData, false, nil, ""},
		{"wide", writePNG(t, 32, 16, white, red), poseOfView, true, &at, ""},
		{"missing", filepath.Join(filepath.Dir(photos[0]), "no.png"), poseOfData, false, nil, "no.png: no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			photo, err := openPhotograph(p, tt.file, dataset.Cutout{}, tt.from, at, 0)
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c := &photo.Camera
			if photo.Known != tt.known || c.Width != 16 || c.Height != 16 || len(photo.Pix) != 4*16*16 {
				t.Fatalf("%d×%d pixels, known %v; want 16×16, %v", c.Width, c.Height, photo.Known, tt.known)
			}
			if tt.pose != nil && !(c.Pose.Pos.Sub(tt.pose.Pos).Len() < 1e-6) {
				t.Errorf("pose %v, want %v", c.Pose, *tt.pose)
			}
		})
	}
}

// TestReconstruct: what is seen on the way ends with what [prior.Reconstruct] finds.
func TestReconstruct(t *testing.T) {
	p, _, photos := smallPrior(t)
	photo, err := openPhotograph(p, photos[0], dataset.Cutout{}, poseOfData, plucker.Pose{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var seen []prior.Glimpse
	var from []plucker.Camera
	see := func(g prior.Glimpse, v dataset.View) { seen, from = append(seen, g), append(from, v.Camera) }
	if err := reconstruct(t.Context(), p, photo, "", see); err != nil {
		t.Fatal(err)
	}
	want, err := prior.Reconstruct(t.Context(), p, []dataset.View{photo.View}, prior.ReconstructOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n := len(seen)
	if last := seen[n-1]; n < 20 || last.Done != 1 || !slices.Equal(last.Latent, want.Latent) || from[n-1] != photo.Camera {
		t.Errorf("%d glimpses, the last when %v is done, of %v; want %v", n, last.Done, last.Latent, want.Latent)
	}
	if !testing.Short() {
		seen, from = nil, nil
		unknown := *photo
		unknown.Known = false
		if err := reconstruct(t.Context(), p, &unknown, "", see); err != nil {
			t.Fatal(err)
		}
		n := len(seen)
		if end := seen[n-1].Orbit.Camera(p.Classes[0].Scene, 16, 16); seen[n-1].Done != 1 || from[0] == photo.Camera || from[0] == from[n-1] || from[n-1] != end {
			t.Errorf("the pose that was searched is %v at first and %v in the end, want %v", from[0].Pose, from[n-1].Pose, end.Pose)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	n = 0
	err = reconstruct(ctx, p, photo, "", func(prior.Glimpse, dataset.View) { n++; cancel() })
	if n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("stopped after %d glimpses: %v; want 1, and that it was stopped", n, err)
	}
}
