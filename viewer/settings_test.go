//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lfnview/plucker"
	"lfnview/viewer/motion"
)

func TestSettingsAreKept(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "lfnview") // which save makes
	want, warnings := loadSettings(folder)
	if len(warnings) > 0 {
		t.Fatalf("without a file: %v", warnings)
	}
	v := motion.Home(plucker.UnitFrame(), 1)
	want.Bookmarks["scene.lfn"] = [9]*motion.View{2: &v}
	want.Target, want.Inertia = 60, false
	want.Colors, want.Inverted, want.Faint, want.Aperture, want.Track = "viridis", true, false, 0.1, 1
	if err := want.save(folder, nil); err != nil {
		t.Fatal(err)
	}
	got, warnings := loadSettings(folder)
	if len(warnings) > 0 {
		t.Fatal(warnings)
	}
	// A pose becomes the nearest rotation when it is read.
	w := got.Bookmarks["scene.lfn"][2]
	if w == nil || w.Pose.Pos.Sub(v.Pose.Pos).Len() > 1e-9 || w.FovDeg != v.FovDeg || w.Pivot != v.Pivot {
		t.Errorf("bookmark %v, want %v", w, v)
	}
	got.Bookmarks, want.Bookmarks = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("settings %+v, want %+v", got, want)
	}
}

func TestSettingsThatCannotBeUsed(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"not JSON", `{"size": [`, "unexpected end"},
		{"of another kind", `{"size": "large"}`, "size"},
		{"of a newer version", `{"version": 99}`, "version is 99"},
		{"out of range", `{"version": 1, "size": [1, 1]}`, "size is 1×1"},
		{"no number of frames", `{"target_fps": 0}`, "target_fps is 0"},
		{"a map that nobody knows", `{"color_map": "plaid"}`, `no colour map "plaid"`},
		{"an aperture that is too large", `{"aperture": 2}`, "aperture is 2"},
		{"no track", `{"track_length": 0}`, "track_length is 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, "settings.json")
			if err := os.WriteFile(file, []byte(tt.text), 0o666); err != nil {
				t.Fatal(err)
			}
			s, warnings := loadSettings(folder)
			if len(warnings) != 1 || !strings.Contains(warnings[0], tt.want) || !strings.Contains(warnings[0], "settings.json.old") {
				t.Errorf("warnings %q, want one of %q and where the file is now", warnings, tt.want)
			}
			if !reflect.DeepEqual(s, defaults()) {
				t.Errorf("settings %+v, want the defaults", s)
			}
			kept, err := os.ReadFile(file + ".old")
			if err != nil || string(kept) != tt.text {
				t.Errorf("kept %q, %v, want %q", kept, err, tt.text)
			}
		})
	}
}

// An older version's settings lack what came later.
func TestSettingsOfAnOlderVersion(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "settings.json"), []byte(`{"version": 1, "target_fps": 45}`), 0o666); err != nil {
		t.Fatal(err)
	}
	s, warnings := loadSettings(folder)
	if len(warnings) > 0 {
		t.Fatal(warnings)
	}
	want := defaults()
	want.Target = 45
	if !reflect.DeepEqual(s, want) {
		t.Errorf("settings %+v, want %+v", s, want)
	}
}

// A bookmark that is not a view costs itself.
func TestBadBookmark(t *testing.T) {
	folder := t.TempDir()
	s := defaults()
	s.Target = 45
	v := motion.Home(plucker.UnitFrame(), 1)
	s.Bookmarks["a.lfn"] = [9]*motion.View{0: &v, 4: {}}
	if err := s.save(folder, nil); err != nil {
		t.Fatal(err)
	}
	got, warnings := loadSettings(folder)
	if len(warnings) != 1 || !strings.Contains(warnings[0], "bookmark 5 of a.lfn: ") {
		t.Errorf("warnings %q, want one of bookmark 5", warnings)
	}
	if marks := got.Bookmarks["a.lfn"]; got.Target != 45 || marks[0] == nil || marks[4] != nil {
		t.Errorf("settings %+v, want all but the bookmark", got)
	}
}

// Two windows keep each other's bookmarks, and the newer of the same.
func TestBookmarksOfTwoWindows(t *testing.T) {
	folder := t.TempDir()
	view := func(pivot float64) *motion.View {
		v := motion.Home(plucker.UnitFrame(), 1)
		v.Pivot = pivot
		return &v
	}
	first, second := defaults(), defaults()
	for _, s := range []struct {
		*settings
		own bookmarks
	}{
		{&first, bookmarks{"a.lfn": {0: view(1), 1: view(2)}}},
		{&second, bookmarks{"a.lfn": {1: view(3)}, "b.lfn": {0: view(4)}}},
		{&first, nil}, // closes last, with nothing new
	} {
		if err := s.save(folder, s.own); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := loadSettings(folder)
	a, b := got.Bookmarks["a.lfn"], got.Bookmarks["b.lfn"]
	if a[0] == nil || a[1] == nil || b[0] == nil {
		t.Fatalf("bookmarks %v, want those of both windows", got.Bookmarks)
	}
	if a[0].Pivot != 1 || a[1].Pivot != 3 || b[0].Pivot != 4 {
		t.Errorf("pivots %v, %v, %v, want 1, 3, 4", a[0].Pivot, a[1].Pivot, b[0].Pivot)
	}
}
