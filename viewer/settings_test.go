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
	want, err := loadSettings(folder)
	if err != nil {
		t.Fatalf("without a file: %v", err)
	}
	v := motion.Home(plucker.UnitFrame(), 1)
	want.Bookmarks["scene.lfn"] = [9]*motion.View{2: &v}
	want.Target, want.Inertia = 60, false
	if err := want.save(folder); err != nil {
		t.Fatal(err)
	}
	got, err := loadSettings(folder)
	if err != nil {
		t.Fatal(err)
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
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, "settings.json")
			if err := os.WriteFile(file, []byte(tt.text), 0o666); err != nil {
				t.Fatal(err)
			}
			s, err := loadSettings(folder)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "settings.json.old") {
				t.Errorf("error %v, want %q and where the file is now", err, tt.want)
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
	s, err := loadSettings(folder)
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Target = 45
	if !reflect.DeepEqual(s, want) {
		t.Errorf("settings %+v, want %+v", s, want)
	}
}
