package plucker_test

import (
	"fmt"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

func Example() {
	pose := plucker.LookAt(mgl64.Vec3{0, -3, 0}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1})
	cam := plucker.Pinhole(pose, 24, 12, 0.9)
	cam.Intrinsics.Fy /= 2 // letters are twice as high as wide
	for y := range cam.Height {
		for x := range cam.Width {
			ray := cam.Ray(float64(x)+0.5, float64(y)+0.5)
			if _, _, hit := ray.SphereHit(mgl64.Vec3{}, 1); hit {
				fmt.Print("#")
			} else {
				fmt.Print(".")
			}
		}
		fmt.Println()
	}
	// Output:
	// ........................
	// ........................
	// .......##########.......
	// .....##############.....
	// ....################....
	// ...##################...
	// ...##################...
	// ....################....
	// .....##############.....
	// .......##########.......
	// ........................
	// ........................
}

func ExampleFrame_Coords() {
	// A ray along +X, one unit above the origin.
	f := plucker.UnitFrame()
	c := f.Coords(plucker.Ray{Origin: mgl64.Vec3{5, 0, 1}, Dir: mgl64.Vec3{1, 0, 0}})
	fmt.Println("d, m:", c)
	fmt.Println("nearest to the origin:", c.ClosestToOrigin())
	// Output:
	// d, m: [1 0 0 0 1 0]
	// nearest to the origin: [0 0 1]
}

func ExampleDistance() {
	f := plucker.UnitFrame()
	a := f.Coords(plucker.Ray{Origin: mgl64.Vec3{0, 0, 0}, Dir: mgl64.Vec3{1, 0, 0}})
	b := f.Coords(plucker.Ray{Origin: mgl64.Vec3{9, 9, 2}, Dir: mgl64.Vec3{0, 1, 0}})
	fmt.Println(plucker.Distance(a, b), plucker.Reciprocal(a, b))
	// Output:
	// 2 -2
}
