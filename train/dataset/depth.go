package dataset

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"lfnview/render/raster"
)

// maxDepthBytes bounds a file of depths: the largest picture, in float64.
const maxDepthBytes = 8 << 28

// loadDepths reads the true depth of those views that have a file with it.
func loadDepths(ctx context.Context, views []View, workers int) error {
	return forEach(ctx, len(views), workers, func(i int) error {
		v := &views[i]
		if v.depthFile == "" {
			return nil
		}
		depth, err := readDepth(v.depthFile, v.Camera.Width, v.Camera.Height)
		if err != nil {
			return fmt.Errorf("%s: depth file %s: %w", v.Name, filepath.Base(v.depthFile), err)
		}
		v.Depth = depth
		return nil
	})
}

// readDepth reads depths, of which it keeps those at the middle of w×h pixels. What is not a distance at which a camera
// could see something is 0.
func readDepth(file string, w, h int) ([]float32, error) {
	data, err := readBounded(file, maxDepthBytes)
	if err != nil {
		return nil, err
	}
	m, err := raster.Decode(data, strings.ToLower(filepath.Ext(file)))
	if err != nil {
		return nil, err
	}
	// The same view at another size: within a pixel of the same shape.
	if m.Channels != 1 || m.Width < w || m.Height < h || math.Abs(float64(m.Width)*float64(h)-float64(m.Height)*float64(w)) > float64(max(m.Width, m.Height)) {
		return nil, fmt.Errorf("has %d×%d depths of %d channels, want one for each pixel of a photograph of %d×%d", m.Width, m.Height, m.Channels, w, h)
	}
	depth := make([]float32, w*h)
	for i := range depth {
		x, y := (2*(i%w)+1)*m.Width/(2*w), (2*(i/w)+1)*m.Height/(2*h)
		if d := m.Pix[y*m.Width+x]; d > 0 && d <= maxDistance {
			depth[i] = d
		}
	}
	return depth, nil
}
