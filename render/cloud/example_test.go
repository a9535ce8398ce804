package cloud_test

import (
	"context"
	"fmt"

	"lfnview/assets"
	"lfnview/render"
	"lfnview/render/cloud"
)

// A small cloud of the scene that ships inside.
func Example() {
	m, err := assets.Scene()
	if err != nil {
		fmt.Println(err)
		return
	}
	o := cloud.Options{Points: 500}
	points, err := cloud.Gather(context.Background(), render.NewCPU(m.Network.Pack(), m.Scene), cloud.Cameras(m, o.Points), o)
	fmt.Println(len(points) > 100, len(points) <= 500, err)
	// Output: true true <nil>
}
