package gpu_test

import (
	"context"
	"fmt"
	"log"

	"lfnview/assets"
	"lfnview/render"
	"lfnview/render/gpu"
)

// A renderer on the GPU, or the CPU's where there is none.
func ExampleNew() {
	m, err := assets.Scene()
	if err != nil {
		log.Fatal(err)
	}
	var r render.Renderer = render.NewCPU(m.Network.Pack(), m.Scene)
	if g, err := gpu.New(m, gpu.Options{}); err == nil {
		defer g.Close()
		r = g
	}
	var img render.Image
	cam := render.Orbit{AzDeg: 30, ElDeg: 20}.Camera(m.Scene, 64, 48)
	if err := r.Render(context.Background(), &img, &cam, render.Options{}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(img.Width, img.Height)
	// Output: 64 48
}
