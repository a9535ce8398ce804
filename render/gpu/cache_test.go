package gpu

import (
	"os"
	"path/filepath"
	"testing"

	"lfnview/lfn"
	"lfnview/shaders"
)

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
