package render

import (
	"fmt"
	"io"
	"math"

	"lfnview/lfn"
	"lfnview/render/raster"
)

// CheckNumbers says what would keep [SaveNumbers] from writing to path because of its name.
func CheckNumbers(path string) error {
	switch format(path) {
	case raster.NPY, raster.PFM, raster.PNG:
		return nil
	}
	return fmt.Errorf("render: save %s: want a name that ends in .npy, .pfm or .png", path)
}

// Numbers are what a file has for each pixel, and how a PNG says it.
type Numbers struct {
	raster.Map
	Code  raster.Code
	Title string // what they are
	Means string // how to read the PNG
}

// SaveNumbers writes numbers to path, whose name says what it becomes: .npy and .pfm hold them as float32, .png as whole
// numbers of 16 bits, and in text chunks how to get them back.
func SaveNumbers(path string, n *Numbers) error {
	if err := CheckNumbers(path); err != nil {
		return err
	}
	return writeFile(path, func(w io.Writer) error {
		if ending := format(path); ending != raster.PNG {
			return n.Encode(w, ending)
		}
		number := func(x float64) string { return fmt.Sprintf("%.9g", x) }
		return n.EncodePNG(w, n.Code, raster.Text{Key: "Title", Value: n.Title}, raster.Text{Key: "Description", Value: n.Means},
			raster.Text{Key: "Scale", Value: number(n.Code.Scale)}, raster.Text{Key: "Zero", Value: number(n.Code.Zero)})
	})
}

// DepthNumbers are depths, see [Geometry.Depths], as numbers of w×h pixels. In a PNG they are multiples of scale, or, where
// that is 0, of [DepthScale].
func DepthNumbers(depths []float32, w, h int, scale float64) *Numbers {
	if scale == 0 {
		scale = DepthScale(depths)
	}
	return &Numbers{
		Map:   raster.Map{Width: w, Height: h, Channels: 1, Pix: depths},
		Code:  raster.Code{Scale: scale},
		Title: "Depth, the distance along the viewing axis",
		Means: "depth in units of the scene = value * Scale; 0 is unknown, 65535 is that far or farther",
	}
}

// DepthScale is the least of 1, 2 and 5 times a power of ten by which 16 bits reach twice as far as the depths do, so that
// other frames of the scene may have it too.
func DepthScale(depths []float32) float64 {
	far := 0.
	for _, d := range depths {
		far = max(far, float64(d))
	}
	if far == 0 {
		return 1e-3
	}
	least := 2 * far / 65535
	ten := math.Pow(10, math.Floor(math.Log10(least)))
	for _, n := range []float64{1, 2, 5} {
		if n*ten >= least {
			return n * ten
		}
	}
	return 10 * ten
}

// NormalNumbers are the normals of what is confident, in the world; 0 0 0 elsewhere.
func (g *Geometry) NormalNumbers() *Numbers {
	n := &Numbers{
		Map:   raster.Map{Width: g.Color.Width, Height: g.Color.Height, Channels: 3, Pix: make([]float32, len(g.Normal))},
		Code:  raster.Code{Zero: -1, Scale: 2. / 65535},
		Title: "Normals, x y z in the world",
		Means: "each of x, y and z = value * Scale + Zero; 32768 32768 32768 is unknown",
	}
	for i, c := range g.Confidence {
		if c >= lfn.Confident {
			copy(n.Pix[3*i:], g.Normal[3*i:3*i+3])
		}
	}
	return n
}

// ConfidenceNumbers are the confidences, from 0 to 1.
func (g *Geometry) ConfidenceNumbers() *Numbers {
	return &Numbers{
		Map:   raster.Map{Width: g.Color.Width, Height: g.Color.Height, Channels: 1, Pix: g.Confidence},
		Code:  raster.Code{Scale: 1. / 65535},
		Title: "Confidence of depth, from 0 to 1",
		Means: fmt.Sprintf("confidence = value * Scale; depth and normals are known from %v on", lfn.Confident),
	}
}
