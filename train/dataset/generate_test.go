package dataset

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
)

// generated makes a small set, and returns its files.
func generated(t *testing.T, kind string, o GenerateOptions) (dir string, files map[string]string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "new", "set")
	o.Views, o.Size, o.Samples = 3, 16, 2
	if err := Generate(t.Context(), dir, kind, o); err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	if err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = string(data)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return dir, files
}

func TestGenerate(t *testing.T) {
	for _, kind := range GenerateKinds() {
		t.Run(kind, func(t *testing.T) {
			dir, files := generated(t, kind, GenerateOptions{Instances: 5, Holdout: 3})
			for sp, want := range map[Split][]string{Train: {"000001", "000002", "000004"}, Test: {"000000", "000003"}} {
				if got, err := instances(filepath.Join(dir, sp.String())); err != nil || !slices.Equal(got, want) {
					t.Errorf("%s instances %v, %v, want %v", sp, got, err, want)
				}
			}
			if len(files) != 5*(2*3+1) {
				t.Errorf("%d files", len(files))
			}
			s, err := Open(t.Context(), filepath.Join(dir, "train", "000002"), Options{})
			if err != nil || s.Format != "srn" || len(s.Views) != 3 || len(s.Warnings) > 0 {
				t.Fatalf("%+v, %v", s, err)
			}
			for _, v := range s.Views {
				colors := map[[3]byte]bool{}
				for i := 0; i < len(v.Pix); i += 4 {
					colors[[3]byte(v.Pix[i:])] = true
				}
				if v.Camera.Width != 16 || len(colors) < 4 {
					t.Errorf("%s has %d pixels a side and %d colours", v.Name, v.Camera.Width, len(colors))
				}
			}
		})
	}
}

// The same seed gives the same bytes with any number of threads, and of instances; another one gives others.
func TestGenerateIsTheSame(t *testing.T) {
	for _, kind := range GenerateKinds() {
		t.Run(kind, func(t *testing.T) {
			before := runtime.GOMAXPROCS(1)
			_, one := generated(t, kind, GenerateOptions{Instances: 3, Seed: 7})
			runtime.GOMAXPROCS(5)
			_, five := generated(t, kind, GenerateOptions{Instances: 3, Seed: 7})
			runtime.GOMAXPROCS(before)
			_, fewer := generated(t, kind, GenerateOptions{Instances: 2, Seed: 7})
			_, other := generated(t, kind, GenerateOptions{Instances: 3, Seed: 8})
			if !maps.Equal(one, five) {
				t.Error("five threads make another set")
			}
			for name, data := range fewer {
				if one[name] != data {
					t.Errorf("%s depends on how many instances there are", name)
				}
			}
			if len(fewer) != 2*(2*3+1) {
				t.Errorf("%d files", len(fewer))
			}
			const picture = "train/000001/rgb/000000.png"
			if one[picture] == "" || one[picture] == other[picture] || one[picture] == one["train/000002/rgb/000000.png"] {
				t.Error("two scenes look alike")
			}
		})
	}
}

// What fails, or is stopped, leaves whole instances or nothing.
func TestGenerateFails(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "a"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, kind, dir string
		o               GenerateOptions
		want            string
	}{
		{"kind", "chairs", "", GenerateOptions{}, "dataset: generate chairs: is not known, want shepard-metzler or rooms"},
		{"instances", "rooms", "", GenerateOptions{Instances: -1}, "-1 instances, want 1 to 1000000"},
		{"views", "rooms", "", GenerateOptions{Views: -1}, "-1 views, want 1 to 100000"},
		{"samples", "rooms", "", GenerateOptions{Samples: 17}, "17 samples, want 1 to 16"},
		{"size", "rooms", "", GenerateOptions{Size: -3}, "size is -3×-3 pixels"},
		{"memory", "rooms", "", GenerateOptions{Size: 10_000}, "need 20.0 GB of memory"},
		{"holdout", "rooms", "", GenerateOptions{Holdout: 1}, "holdout 1 leaves no instance to train on"},
		{"a folder with something in it", "rooms", full, GenerateOptions{}, "has a in it, want a new or empty folder"},
		{"a file", "rooms", filepath.Join(full, "a"), GenerateOptions{}, "is a file, want a new folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tt.dir
			if dir == "" {
				dir = filepath.Join(t.TempDir(), "new")
			}
			if err := Generate(t.Context(), dir, tt.kind, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Generate = %v, want %s", err, tt.want)
			}
			if _, err := os.Stat(dir); tt.dir == "" && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("it leaves %s: %v", dir, err)
			}
		})
	}
	for _, after := range []int{0, 2} {
		ctx, cancel := context.WithCancel(t.Context())
		dir := filepath.Join(t.TempDir(), "new")
		if after == 0 {
			cancel()
		}
		o := GenerateOptions{Instances: 5, Views: 2, Size: 8, Samples: 1, Holdout: -1, Progress: func(done int) {
			if done == after {
				cancel()
			}
		}}
		if err := Generate(ctx, dir, "rooms", o); err != context.Canceled {
			t.Errorf("stopped after %d: %v", after, err)
		}
		left, _ := filepath.Glob(filepath.Join(dir, "*", "*", intrinsicsFile))
		all, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
		if len(left) != after || len(all) != after {
			t.Errorf("stopped after %d instances, it leaves %v", after, all)
		}
		if _, err := os.Stat(dir); (err == nil) != (after > 0) {
			t.Errorf("stopped after %d instances: %v", after, err)
		}
		cancel()
	}
}

// Figures are seven cubes in a row that touch face to face, with all numbers of turns up to three.
func TestFigure(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var count [figureTurns + 1]int
	for range 1000 {
		cells := figure(rng)
		turns := 0
		met := map[[3]int]bool{}
		for i, c := range cells {
			met[c] = true
			if i == 0 {
				continue
			}
			step := func(i int) mgl64.Vec3 {
				var d mgl64.Vec3
				for k := range d {
					d[k] = float64(cells[i][k] - cells[i-1][k])
				}
				return d
			}
			if step(i).Len() != 1 {
				t.Fatalf("cubes %d and %d of %v do not touch", i-1, i, cells)
			}
			if i > 1 && step(i) != step(i-1) {
				turns++
			}
		}
		if len(met) != figureCubes || turns > figureTurns {
			t.Fatalf("%v has %d places and %d turns", cells, len(met), turns)
		}
		count[turns]++
	}
	if slices.Min(count[:]) == 0 {
		t.Errorf("of 1000 figures, %v have so many turns", count)
	}
}

// A figure is in the middle of all of its pictures, and no picture cuts it.
func TestFigureIsInThePicture(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	o := GenerateOptions{Views: 10}.withDefaults()
	side := float64(o.Size)
	for i := range 100 {
		scene, cams := shepardMetzler(rng, &o)
		if center, radius := scene.Bounds(); center.Len() > 1e-9 || radius > figureRadius {
			t.Errorf("figure %d is around %v, with radius %v", i, center, radius)
		}
		for n := range cams {
			if d := cams[n].Pose.Pos.Len(); math.Abs(d-viewDistance*figureRadius) > 1e-9 {
				t.Errorf("figure %d: camera %d is %v away", i, n, d)
			}
			for at := 0.0; at <= side; at += 0.25 {
				for _, p := range [][2]float64{{at, 0}, {at, side}, {0, at}, {side, at}} {
					if h := scene.Trace(cams[n].Ray(p[0], p[1]), 0); h.Solid {
						t.Fatalf("figure %d: camera %d cuts it at %v", i, n, p)
					}
				}
			}
		}
	}
}

// Objects of a room do not meet, and cameras see them and the walls from inside of the room, and from outside of them.
func TestRoom(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	o := GenerateOptions{Views: 20}.withDefaults()
	for i := range 50 {
		scene, cams := room(rng, &o)
		if center, radius := scene.Bounds(); center.Sub(mgl64.Vec3{0, 0, wallHeight / 2}).Len() > 1e-9 || math.Abs(radius-1.5) > 1e-9 {
			t.Fatalf("room %d: %v around %v: something is outside", i, radius, center)
		}
		for n := range cams {
			c := &cams[n]
			for k := range 2 {
				if p := c.Pose.Pos[k]; math.Abs(p) > 1-wallGap {
					t.Errorf("room %d: camera %d is at %v", i, n, c.Pose.Pos)
				}
			}
			for p := range 16 * 16 {
				ray := c.Ray(float64(p%16*4+2), float64(p/16*4+2))
				h := scene.Trace(ray, 0)
				if !h.Solid && ray.Dir[2] < 0 || h.Solid && h.Distance < 0.05 {
					t.Fatalf("room %d: camera %d sees along %v: %+v", i, n, ray, h)
				}
			}
		}
	}
}
