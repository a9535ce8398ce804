package dataset

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestGrids: with what is known of the world, the cameras are those that took the photographs; without, they still see
// blocks where they are, content is in the unit ball, and no camera is.
func TestGrids(t *testing.T) {
	const rows, cols = 3, 5
	fov := 2 * math.Atan(float64(world.w)/2/world.f) * 180 / math.Pi
	known := GridOptions{Baseline: world.step, Focus: world.focus, FovDeg: fov}
	places := func(down float64) func(row, col int) string {
		return func(row, col int) string {
			return fmt.Sprintf("out_%02d_%02d_%f_%f_.png", row, col, -381.909271+down*float64(row)*100*world.step, 1103.376221+float64(col)*100*world.step)
		}
	}
	withCfg := func(name func(row, col int) string) map[string][]byte {
		return with(world.views(rows, cols, name), "parameters.cfg", world.cfg(rows, cols))
	}
	for _, tt := range []struct {
		name, format, middle string
		files                map[string][]byte
		known                GridOptions
	}{
		{"HCI", "hci", "input_Cam007.png", withCfg(hciName(cols)), GridOptions{}},
		{"Lytro", "lytro", lytroName(rows)(1, 2), world.views(rows, cols, lytroName(rows)), known},
		{"Stanford without places", "stanford", "out_01_02.png", world.views(rows, cols, stanfordName), known},
		{"Stanford, places that grow downwards", "stanford", places(1)(1, 2), world.views(rows, cols, places(1)), known},
		{"Stanford, places that grow upwards", "stanford", places(-1)(1, 2), world.views(rows, cols, places(-1)), known},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t, tt.files)
			for _, o := range []GridOptions{tt.known, {}} {
				s, err := Open(context.Background(), dir, Options{Grid: o})
				if err != nil {
					t.Fatal(err)
				}
				if s.Format != tt.format || len(s.Views) != rows*cols || len(s.Warnings) > 0 || fmt.Sprint(s.Split(Test)) != "[0 8]" {
					t.Errorf("format %s, %d views, warnings %q, test views %v", s.Format, len(s.Views), s.Warnings, s.Split(Test))
				}
				middle := slices.IndexFunc(s.Views, func(v View) bool { return v.Name == tt.middle })
				depth := func(u, v float64) float64 { return world.depth(0, 0, u, v) }
				if o == (GridOptions{}) && tt.format != "hci" {
					depth = depthsBy(t, s, middle)
				}
				n := checkDisparities(t, s, middle, depth)
				t.Logf("%+v: %d blocks, frame %+v", o, n, s.Frame)
				if n < 80 {
					t.Errorf("%+v: only %d blocks were found", o, n)
				}
				checkGridFrame(t, s, middle, depth)
			}
		})
	}
}

func TestGridUnusual(t *testing.T) {
	const rows, cols = 5, 6
	name := lytroName(rows)
	files := world.views(rows, cols, name)
	open := func(t *testing.T, files map[string][]byte, want ...string) *Set {
		t.Helper()
		s, err := Open(context.Background(), folder(t, files), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Warnings, want) {
			t.Errorf("warnings %q,\nwant     %q", s.Warnings, want)
		}
		return s
	}
	t.Run("dark corners", func(t *testing.T) {
		dark := maps.Clone(files)
		dark[name(0, 0)] = world.photograph(0, 0, 0.01)
		dark[name(4, 0)] = world.photograph(0, 0, 0.01)
		dark[name(0, 5)] = world.photograph(0, 0, 0.2)
		s := open(t, dark,
			"2 of 30 views are black, such as IMG_0007_001_01_01.png: they are left out",
			"1 of 30 views are nearly black, such as IMG_0007_030_06_01.png: they look through the rim of the lens, take them out")
		if len(s.Views) != 28 {
			t.Errorf("%d views", len(s.Views))
		}
	})
	t.Run("holes", func(t *testing.T) {
		holes := maps.Clone(files)
		delete(holes, name(1, 2))
		delete(holes, name(4, 4))
		s := open(t, with(holes, "cover.png", string(pngOf(8, 8))),
			"1 of 29 images have no name like *_SS_TT.png, such as cover.png: they are left out",
			"2 of the 6×5 images of the grid are missing, such as that of row 2, column 3: their views are skipped")
		if len(s.Views) != 28 {
			t.Errorf("%d views", len(s.Views))
		}
	})
	t.Run("part of a grid", func(t *testing.T) {
		part := map[string][]byte{}
		for n, data := range files {
			if !strings.HasSuffix(n, "_01.png") && !strings.Contains(n, "_01_") {
				part[n] = data
			}
		}
		if s := open(t, part); len(s.Views) != 20 {
			t.Errorf("%d views", len(s.Views))
		}
	})
	t.Run("nothing to see", func(t *testing.T) {
		flat := map[string][]byte{}
		for n := range files {
			flat[n] = encoded(image.NewGray16(image.Rect(0, 0, world.w, world.h)), png.Encode)
		}
		s := open(t, flat, "too little in the photographs is found in those beside them to say how far it is: see the options of grids")
		if err := s.Frame.Validate(); err != nil {
			t.Error(err)
		}
	})
	t.Run("HCI", func(t *testing.T) {
		h := with(world.views(3, 3, hciName(3)), hciFile, strings.Replace(world.cfg(3, 3), "offset = 3", "offset = 4", 1))
		delete(h, "input_Cam005.png")
		delete(h, "input_Cam000.png")
		s := open(t, h, "2 of the 3×3 images of the grid are missing, such as that of row 0, column 0: their views are skipped",
			"parameters.cfg: offset is 4 pixels a step, and baseline, focal length and focus distance make it 3: which is taken")
		checkDisparities(t, s, 3, func(u, v float64) float64 { return world.depth(0, 0, u, v) })
	})
}

// TestGridScale: a world that is twice as large looks the same, and options win over parameters.cfg.
func TestGridScale(t *testing.T) {
	dir := folder(t, with(world.views(3, 5, hciName(5)), hciFile, world.cfg(3, 5)))
	fov := 2 * math.Atan(float64(world.w)/2/world.f) * 180 / math.Pi
	s, err := Open(context.Background(), dir, Options{Grid: GridOptions{Baseline: 2 * world.step, Focus: 2 * world.focus, FovDeg: fov}})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Warnings) > 0 {
		t.Errorf("warnings %q", s.Warnings)
	}
	depth := func(u, v float64) float64 { return 2 * world.depth(0, 0, u, v) }
	if n := checkDisparities(t, s, 7, depth); n < 80 {
		t.Errorf("only %d blocks were found", n)
	}
	checkGridFrame(t, s, 7, depth)
}
