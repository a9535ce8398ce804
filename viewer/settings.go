//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/viewer/motion"
)

// settings are what the viewer remembers from one start to the next.
type settings struct {
	Version   int       `json:"version"`
	Size      [2]int    `json:"size"` // of the window, in screen units
	Target    float64   `json:"target_fps"`
	Fixed     float64   `json:"fixed_scale"` // 0: resolution follows the target
	Samples   int       `json:"samples"`     // a side of a pixel's grid, at rest; 0: as many as the picture needs
	VSync     bool      `json:"vsync"`
	Inertia   bool      `json:"inertia"`
	Inside    bool      `json:"keep_inside"`
	Speed     float64   `json:"fly_speed"`
	Panels    bool      `json:"panels"`
	Colors    string    `json:"color_map"`
	Inverted  bool      `json:"color_map_inverted"`
	Faint     bool      `json:"unsure_faintly"` // and not as unknown
	Aperture  float64   `json:"aperture"`       // radius of the lens, in scene radii; 0 is a pinhole
	Track     float64   `json:"track_length"`   // of the cameras of an epipolar-plane image, in scene radii
	Bookmarks bookmarks `json:"bookmarks"`
}

// bookmarks are nine views of each model, by its path; nil where there is none.
type bookmarks map[string][9]*motion.View

const (
	settingsVersion = 1
	maxSettings     = 1 << 24 // bytes

	maxAperture        = 0.3 // scene radii
	minTrack, maxTrack = 0.01, 4.0
)

func defaults() settings {
	return settings{Version: settingsVersion, Size: [2]int{1280, 800}, Target: 30, VSync: true, Inertia: true,
		Speed: 1, Panels: true, Colors: render.ColorMaps[0].Name, Faint: true, Aperture: 0.05, Track: 0.5, Bookmarks: bookmarks{}}
}

// loadSettings reads settings from a folder; "" has none. Where the file cannot be used, it is put aside, and warnings
// say so; the settings are then the defaults. A bookmark that is not a view is left out, with a warning.
func loadSettings(folder string) (s settings, warnings []string) {
	if folder == "" {
		return defaults(), nil
	}
	file := filepath.Join(folder, "settings.json")
	s, warnings, err := readSettings(file)
	if err != nil {
		return defaults(), []string{fmt.Sprintf("%s: %v: the settings are the defaults%s", file, err, putAside(file))}
	}
	for i, w := range warnings {
		warnings[i] = fmt.Sprintf("%s: %s: it is left out", file, w)
	}
	return s, warnings
}

// readSettings reads settings; those of no file are the defaults. bad says which bookmarks are left out, and why.
func readSettings(file string) (s settings, bad []string, err error) {
	s = defaults()
	text, err := readBounded(file, maxSettings)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil, nil
	}
	if err != nil {
		return s, nil, err
	}
	all := struct {
		*settings
		Bookmarks map[string]json.RawMessage `json:"bookmarks"` // in the place of those of settings
	}{settings: &s}
	if err := json.Unmarshal(text, &all); err != nil {
		return s, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(all.Bookmarks)) {
		var views []json.RawMessage
		if err := json.Unmarshal(all.Bookmarks[name], &views); err != nil {
			bad = append(bad, fmt.Sprintf("bookmarks of %s: %v", name, err))
			continue
		}
		var marks [9]*motion.View
		for i, text := range views[:min(len(views), len(marks))] {
			var v *motion.View
			err := json.Unmarshal(text, &v)
			if err == nil && v != nil {
				err = v.Validate()
			}
			if err != nil {
				bad = append(bad, fmt.Sprintf("bookmark %d of %s: %v", i+1, name, err))
				continue
			}
			marks[i] = v
		}
		s.Bookmarks[name] = marks
	}
	return s, bad, s.check()
}

// check says what is wrong with settings, bookmarks aside.
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
	case s.Samples < 0 || s.Samples > 16:
		return fmt.Errorf("samples is %d, want 0 to 16", s.Samples)
	case !(s.Speed >= 1e-3 && s.Speed <= 1e3):
		return fmt.Errorf("fly_speed is %v, want 0.001 to 1000", s.Speed)
	case !(s.Aperture >= 0 && s.Aperture <= maxAperture):
		return fmt.Errorf("aperture is %v, want 0 to %v", s.Aperture, maxAperture)
	case !(s.Track >= minTrack && s.Track <= maxTrack):
		return fmt.Errorf("track_length is %v, want %v to %v", s.Track, minTrack, maxTrack)
	}
	_, err := render.FindColorMap(s.Colors)
	return err
}

// add takes the views of more.
func (b bookmarks) add(more bookmarks) {
	for name, views := range more {
		marks := b[name]
		for i, v := range views {
			if v != nil {
				marks[i] = v
			}
		}
		b[name] = marks
	}
}

// save writes the settings into a folder, which it makes. The bookmarks that another window has written there since
// these were read stay, unless own has newer ones.
func (s *settings) save(folder string, own bookmarks) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	file := filepath.Join(folder, "settings.json")
	if there, _, err := readSettings(file); err == nil {
		s.Bookmarks.add(there.Bookmarks)
	}
	s.Bookmarks.add(own)
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return lfn.WriteFile(file, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}
