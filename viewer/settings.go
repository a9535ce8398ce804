//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"lfnview/lfn"
	"lfnview/viewer/motion"
)

// settings are what the viewer remembers from one start to the next.
type settings struct {
	Version   int                        `json:"version"`
	Size      [2]int                     `json:"size"` // of the window, in screen units
	Target    float64                    `json:"target_fps"`
	Fixed     float64                    `json:"fixed_scale"` // 0: resolution follows the target
	Samples   int                        `json:"samples"`     // a side of a pixel's grid, at rest
	VSync     bool                       `json:"vsync"`
	Inertia   bool                       `json:"inertia"`
	Inside    bool                       `json:"keep_inside"`
	Speed     float64                    `json:"fly_speed"`
	Panels    bool                       `json:"panels"`
	Bookmarks map[string][9]*motion.View `json:"bookmarks"` // by the model's path
}

const settingsVersion = 1

func defaults() settings {
	return settings{Version: settingsVersion, Size: [2]int{1280, 800}, Target: 30, Samples: 4, VSync: true, Inertia: true,
		Speed: 1, Panels: true, Bookmarks: map[string][9]*motion.View{}}
}

// loadSettings reads settings from a folder; "" has none. Where the file cannot be used, it is put aside, and the error says so;
// the settings are then the defaults.
func loadSettings(folder string) (settings, error) {
	s := defaults()
	if folder == "" {
		return s, nil
	}
	file := filepath.Join(folder, "settings.json")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		if err = json.Unmarshal(text, &s); err == nil {
			err = s.check()
		}
	}
	if err == nil {
		return s, nil
	}
	aside := file + ".old"
	if renameErr := os.Rename(file, aside); renameErr != nil {
		return defaults(), fmt.Errorf("%s: %w: the settings are the defaults", file, err)
	}
	return defaults(), fmt.Errorf("%s: %w: the settings are the defaults, and the file is now %s", file, err, aside)
}

// check says what is wrong with settings.
func (s *settings) check() error {
	switch {
	case s.Version > settingsVersion:
		return fmt.Errorf("version is %d, and this program knows %d", s.Version, settingsVersion)
	case s.Size[0] < 64 || s.Size[1] < 64 || s.Size[0] > 1<<14 || s.Size[1] > 1<<14:
		return fmt.Errorf("size is %d×%d, want 64 to 16384 a side", s.Size[0], s.Size[1])
	case !(s.Target >= 1 && s.Target <= 1000):
		return fmt.Errorf("target_fps is %v, want 1 to 1000", s.Target)
	case !(s.Fixed >= 0 && s.Fixed <= 1):
		return fmt.Errorf("fixed_scale is %v, want 0 to 1", s.Fixed)
	case s.Samples < 1 || s.Samples > 16:
		return fmt.Errorf("samples is %d, want 1 to 16", s.Samples)
	case !(s.Speed >= 1e-3 && s.Speed <= 1e3):
		return fmt.Errorf("fly_speed is %v, want 0.001 to 1000", s.Speed)
	}
	for name, marks := range s.Bookmarks {
		for i, v := range marks {
			if v == nil {
				continue
			}
			if err := v.Validate(); err != nil {
				return fmt.Errorf("bookmark %d of %s: %w", i+1, name, err)
			}
		}
	}
	if s.Bookmarks == nil {
		s.Bookmarks = map[string][9]*motion.View{}
	}
	return nil
}

// save writes the settings into a folder, which it makes.
func (s *settings) save(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return lfn.WriteFile(filepath.Join(folder, "settings.json"), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}
