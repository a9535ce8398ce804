package gpu

import (
	"os"
	"path/filepath"
	"testing"

	"lfnview/lfn"
	"lfnview/shaders"
)

// TestCacheKey: contexts of one device have one file, whoever made them; devices and drivers that differ do not.
func TestCacheKey(t *testing.T) {
	config, err := lfn.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	path := func(index int, name, driver string) string {
		return cacheFile("cache", Device{Index: index, Name: name, Driver: driver}, config, Auto).path
	}
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"4.3.0 NVIDIA 570.86", "4.6.0 NVIDIA 570.86", true}, {"4.3.0 NVIDIA 570.86", "4.3.0 NVIDIA 575.57", false},
		{"4.5 (Core Profile) Mesa 25.0.7", "4.5 (Compatibility Profile) Mesa 25.0.7", true},
		{"4.5 (Core Profile) Mesa 25.0.7", "4.5 (Core Profile) Mesa 25.0.8", false}, {"4.5", "4.6", false},
	} {
		if same := path(0, "a", tt.a) == path(-1, "a", tt.b); same != tt.same {
			t.Errorf("%s and %s have the same file: %v, want %v", tt.a, tt.b, same, tt.same)
		}
	}
	if path(0, "a", "4.6.0 driver") == path(0, "b", "4.6.0 driver") {
		t.Error("two devices have the same file")
	}
}

// FuzzCache: no file leads to a variant that the network does not have.
func FuzzCache(f *testing.F) {
	config, err := lfn.Preset("small")
	if err != nil {
		f.Fatal(err)
	}
	d := Device{Name: "a device", Driver: "4.5"}
	folder := f.TempDir()
	c := cacheFile(folder, d, config, Auto)
	c.save(shaders.Variant{Rays: 4, Outs: 8, Threads: 64}, 1e9)
	sound, err := os.ReadFile(c.path)
	if err != nil {
		f.Fatal(err)
	}
	if v, ok := cacheFile(folder, d, config, "").load(); !ok || v != (shaders.Variant{Rays: 4, Outs: 8, Threads: 64}) {
		f.Fatalf("load after save = %v, %v", v, ok)
	}
	d.Driver = "4.6"
	if _, ok := cacheFile(folder, d, config, Auto).load(); ok {
		f.Fatal("the cache holds for another driver")
	}
	f.Add(sound)
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := *c
		c.path = filepath.Join(t.TempDir(), "cache.json")
		if err := os.WriteFile(c.path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		if v, ok := c.load(); ok && (!v.Valid(config) || v.RGBA8) {
			t.Errorf("load of %q = %v", data, v)
		}
	})
}
