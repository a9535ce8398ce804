package raster_test

import (
	"bytes"
	"fmt"

	"lfnview/render/raster"
)

func Example() {
	depth := raster.Map{Width: 2, Height: 2, Channels: 1, Pix: []float32{1.5, 0, 2, 2.5}}
	var file bytes.Buffer
	if err := depth.Encode(&file, raster.PFM); err != nil {
		fmt.Println(err)
		return
	}
	same, err := raster.Decode(file.Bytes(), raster.PFM)
	fmt.Println(same.Pix, err)
	// Output: [1.5 0 2 2.5] <nil>
}
