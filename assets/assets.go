// Package assets holds what ships inside the programs: a trained scene, so that there is something to
// look at before anything was trained.
//
//	m, err := assets.Scene()
package assets

import (
	"bytes"
	_ "embed"
	"fmt"

	"lfnview/lfn"
)

//go:embed scene.lfn
var scene []byte

// Scene opens the default scene. README.md says how it was made.
func Scene() (*lfn.Model, error) {
	m, err := lfn.Decode(bytes.NewReader(scene), int64(len(scene)))
	if err != nil {
		return nil, fmt.Errorf("assets: scene.lfn: %w", err)
	}
	return m, nil
}
