package lfn_test

import (
	"fmt"

	"lfnview/lfn"
	"lfnview/plucker"
)

// A new network of the paper's shape answers some colour for every ray.
func Example() {
	c, err := lfn.Preset("paper")
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := lfn.New(c, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	cam := plucker.Pinhole(plucker.LookAt([3]float64{3, 0, 1}, [3]float64{}, [3]float64{0, 0, 1}), 64, 64, 0.7)
	rays := make([]plucker.Coords, 64*64)
	cam.Rows(rays, plucker.UnitFrame(), 0, 64)
	rgb := make([]float32, 3*len(rays))
	n.Pack().Colors(rgb, rays)
	fmt.Println(n.Params(), "parameters,", len(rgb)/3, "colours")
	// Output: 397315 parameters, 4096 colours
}
