package gpu

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lfnview/lfn"
	"lfnview/shaders"
)

// cache is the file with what tuning found for one device, driver, shape of network and precision. It is a help
// and no more: one that cannot be read, or is wrong, is ignored, and written anew after tuning.
type cache struct {
	path     string // "" where the user has no folder for caches
	key      cacheKey
	raysPerS float64
}

// cacheKey is what has to be the same for the file to hold. It is the same for a window's context and one made by EGL.
type cacheKey struct {
	Shaders   string     `json:"shaders"` // what another version of them found does not hold
	Device    Device     `json:"device"`
	Network   lfn.Config `json:"network"`
	Precision Precision  `json:"precision"`
}

type cached struct {
	Key      cacheKey        `json:"key"`
	Variant  shaders.Variant `json:"variant"`
	RaysPerS float64         `json:"rays_per_s"`
}

func cacheFile(folder string, d Device, n lfn.Config, p Precision) *cache {
	if p == "" {
		p = Auto
	}
	d.Index, d.Driver = 0, vendor(d.Driver)
	c := &cache{key: cacheKey{shaders.Version(), d, n, p}}
	if folder == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return c
		}
		folder = filepath.Join(user, "lfnview")
	}
	sum := sha256.Sum256(c.keyJSON())
	c.path = filepath.Join(folder, "tuning-"+hex.EncodeToString(sum[:8])+".json")
	return c
}

// vendor is the part of GL_VERSION that names the driver: the version in front of it, and the profile that Mesa names,
// are those of one context.
func vendor(version string) string {
	_, name, ok := strings.Cut(version, " ")
	if !ok {
		return version
	}
	return strings.TrimPrefix(strings.TrimPrefix(name, "(Core Profile) "), "(Compatibility Profile) ")
}

func (c *cache) keyJSON() []byte {
	text, err := json.Marshal(c.key)
	if err != nil {
		panic("gpu: " + err.Error()) // of numbers and strings
	}
	return text
}

// load returns the variant that was found, if the file is there and sound.
func (c *cache) load() (shaders.Variant, bool) {
	var found cached
	f, err := os.Open(c.path)
	if err != nil {
		return shaders.Variant{}, false
	}
	defer f.Close()
	if json.NewDecoder(io.LimitReader(f, 1<<16)).Decode(&found) != nil {
		return shaders.Variant{}, false
	}
	key, err := json.Marshal(found.Key)
	if err != nil || string(key) != string(c.keyJSON()) || !(found.RaysPerS > 0) {
		return shaders.Variant{}, false
	}
	c.raysPerS = found.RaysPerS
	return found.Variant, found.Variant.Valid(c.key.Network) && !found.Variant.RGBA8 && !found.Variant.Geometry
}

// save writes the file. Without it the next start tunes again, so that it cannot is no error.
func (c *cache) save(v shaders.Variant, raysPerS float64) {
	if c.path == "" || os.MkdirAll(filepath.Dir(c.path), 0o777) != nil {
		return
	}
	text, err := json.MarshalIndent(cached{c.key, v, raysPerS}, "", "  ")
	if err != nil {
		return
	}
	_ = lfn.WriteFile(c.path, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}
