// Package assets holds what ships inside the programs: a trained scene, so that there is something to
// look at before anything was trained.
//
//	m, err := assets.Scene()
package assets

import (
	"bytes"
	"embed"
	"fmt"

	"lfnview/lfn"
)

//go:embed *
var files embed.FS

// Scene opens the default scene. README.md says how it was made.
func Scene() (*lfn.Model, error) {
	data, err := files.ReadFile("scene.lfn")
	if err != nil {
		return nil, fmt.Errorf("assets: this build has no default scene; name a model")
	}
	m, err := lfn.Decode(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("assets: scene.lfn: %w", err)
	}
	return m, nil
}
