package dataset

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestGridBadInput(t *testing.T) {
	const n = 2
	lytro, stanford := world.views(n, n, lytroName(n)), world.views(n, n, stanfordName)
	im := string(pngOf(8, 6))
	for _, tt := range []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"a cell twice", with(lytro, "IMG_0008_001_01_02.png", im), "IMG_0008_001_01_02.png: has row 2, column 1 of the grid, and so has IMG_0007_002_01_02.png: take one of them out"},
		{"another size", with(lytro, "IMG_0007_003_02_02.png", im), "IMG_0007_003_02_02.png: is 8×6 pixels, and IMG_0007_001_01_01.png is 96×80: want images of one size"},
		{"no image", with(lytro, "IMG_0007_003_02_02.png", "text"), "IMG_0007_003_02_02.png: is no image that can be read"},
		{"Stanford, a cell twice", with(stanford, "out_01_01_0.5_2.png", im), "out_01_01_0.5_2.png: has row 1, column 1 of the grid, and so has out_01_01.png: take one of them out"},
		{"Stanford, some with places", with(stanford, "out_01_02_0.5_2.png", string(stanford["out_01_01.png"])), "out_00_00.png: has no place of its camera in its name, and others have: want it in all or none"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantError(t, tt.files, tt.want) })
	}
	for _, o := range []GridOptions{{Baseline: -1}, {Focus: math.NaN()}, {FovDeg: 180}, {Baseline: math.Inf(1)}} {
		if _, err := Open(context.Background(), folder(t, lytro), Options{Grid: o}); err == nil || !strings.Contains(err.Error(), "of the grid is") {
			t.Errorf("%+v: error %v", o, err)
		}
	}
}

func TestHCIBadInput(t *testing.T) {
	files := world.views(2, 2, hciName(2))
	cfg := world.cfg(2, 2)
	change := func(old, new string) string {
		if !strings.Contains(cfg, old) {
			t.Fatalf("no %q in the file", old)
		}
		return strings.Replace(cfg, old, new, 1)
	}
	for _, tt := range []struct{ name, cfg, want string }{
		{"empty", "", "is empty: copy it again"},
		{"blank", "\n\n", "num_cams_x: is missing"},
		{"no value", change("num_cams_x = 2", "num_cams_x"), `line 9: is "num_cams_x", want a key, =, and its value`},
		{"a word", change("num_cams_x = 2", "num_cams_x = two"), `line 9, num_cams_x: is "two", want a number`},
		{"half a camera", change("num_cams_x = 2", "num_cams_x = 2.5"), "line 9, num_cams_x: is 2.5, want a whole number from 1 to 1024"},
		{"a million", change("num_cams_x = 2", "num_cams_x = 1000000"), "line 9, num_cams_x: is 1000000, want a whole number from 1 to 1024"},
		{"no cameras", change("num_cams_y = 2", "num_cams_y = 0"), "line 10, num_cams_y: is 0, want a whole number from 1 to 1024"},
		{"NaN", change("focus_distance_m = 4", "focus_distance_m = nan"), "line 12, focus_distance_m: is nan, want a number from 1e-06 to"},
		{"Inf", change("baseline_mm = 100", "baseline_mm = 1e999"), "line 11, baseline_mm: is 1e999, want a number from 1e-06 to"},
		{"baseline 0", change("baseline_mm = 100", "baseline_mm = 0"), "line 11, baseline_mm: is 0, want a number from 1e-06 to"},
		{"twice", cfg + "num_cams_x = 2\n", "line 25, num_cams_x: is there twice"},
		{"missing", change("sensor_size_mm = 36.0\n", ""), "sensor_size_mm: is missing"},
		{"fewer cameras than images", change("num_cams_y = 2", "num_cams_y = 1"), "num_cams_x, num_cams_y: are 2 and 1, and there is input_Cam002.png: want the size of the grid"},
		{"another aspect", change("image_resolution_y_px = 80", "image_resolution_y_px = 96"), "focal_length_mm: is for 96×96 pixels, an aspect that is not the image's: use the original images (image input_Cam000.png is 96×80)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantError(t, with(files, hciFile, tt.cfg), hciFile+": "+tt.want)
		})
	}
	t.Run("no images", func(t *testing.T) {
		wantError(t, map[string][]byte{hciFile: []byte(cfg)}, "no image has a name like input_Cam000")
	})
	t.Run("the same image twice", func(t *testing.T) {
		wantError(t, with(with(files, hciFile, cfg), "input_Cam3.png", string(pngOf(96, 80))), "input_Cam3.png: has row 1, column 1 of the grid, and so has input_Cam003.png: take one of them out")
	})
}

// FuzzGridConfig: what is accepted makes valid cameras and a frame that none of them is in, and costs little.
func FuzzGridConfig(f *testing.F) {
	cfg := world.cfg(3, 3)
	f.Add([]byte(cfg))
	f.Add([]byte(strings.ReplaceAll(cfg, "\n", "\r\n")))
	f.Add([]byte(strings.ReplaceAll(cfg, "disp_min", "# disp_min")))
	f.Add([]byte(strings.ReplaceAll(cfg, "num_cams_x = 3", "num_cams_x = 1e3")))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseHCI(data)
		if err != nil {
			wantFormatError(t, err)
			return
		}
		found, err := findCells([]string{"input_Cam000.png", "input_Cam001.png", "input_Cam8.png", "input_Cam999999999999.png"}, hciPrefix, c.cell)
		if err != nil {
			wantFormatError(t, err)
			return
		}
		src, err := c.source("", found, nil)
		if err != nil {
			wantFormatError(t, err)
			return
		}
		checkSource(t, src, c.w, c.h)
	})
}

// TestGridConfigMemory: files that repeat the shortest thing which could grow cost a small multiple of their size.
func TestGridConfigMemory(t *testing.T) {
	for _, unit := range []string{"a=\n", "offset\n", "\n", "#\n", "=", "num_cams_x = 1000\nnum_cams_y = 1000\n"} {
		data := []byte(strings.Repeat(unit, (1<<18)/len(unit)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := parseHCI(data)
		runtime.ReadMemStats(&after)
		if got := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(data)); err == nil || got > 16 {
			t.Errorf("%q: allocated %.0f times the size of the file in all (%v)", unit, got, err)
		}
	}
}

func checkSource(t *testing.T, src *source, w, h int) {
	t.Helper()
	if err := src.frame.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, sh := range src.shots {
		c, err := sh.camera(w, h)
		if err != nil {
			wantFormatError(t, err)
			continue
		}
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		if c.Pose.Pos.Sub(src.frame.Center).Len() < src.frame.Radius {
			t.Fatalf("%s is in the ball: %v, %+v", sh.name, c.Pose.Pos, src.frame)
		}
	}
}

// FuzzGridNames: what names say is in the grid, or refused in one line.
func FuzzGridNames(f *testing.F) {
	f.Add("IMG_0001_001_01_01.png\nIMG_0001_002_01_02.png\nIMG_0001_003_02_01.png\nx.png")
	f.Add("out_00_00_-381.909271_1103.376221.png\nout_00_01_-381.9_1017.387878_.png\nout_1_0_1e9_-0.png")
	f.Add("out_00_00.png\nout_0001_1023.png\nout_00_00.jpg")
	f.Fuzz(func(t *testing.T, text string) {
		names := slices.DeleteFunc(strings.Split(text, "\n"), func(n string) bool { return n == "" })
		for what, parse := range map[string]func(string) (cell, bool){lytroNames: lytroCell, stanfordNames: stanfordCell} {
			g, err := findCells(names, what, parse)
			if err != nil {
				continue
			}
			g.trim()
			g.warnMissing()
			if len(g.all) > len(names) || len(g.warnings) > 2 {
				t.Fatalf("%d cells and %q of %d names", len(g.all), g.warnings, len(names))
			}
			if err := g.setPlaces(2); err != nil {
				wantFormatError(t, err)
				continue
			}
			for _, c := range g.all {
				if c.row < 0 || c.row >= g.rows || c.col < 0 || c.col >= g.cols || math.IsNaN(c.u+c.v) || math.IsInf(c.u+c.v, 0) {
					t.Fatalf("%+v in a grid of %d×%d", c, g.cols, g.rows)
				}
			}
			g.middle()
		}
	})
}
