package render_test

import (
	"context"
	"fmt"

	"lfnview/plucker"
	"lfnview/render"
)

// disc is white where a ray passes the origin within 0.9 radii, and black elsewhere.
type disc struct{}

func (disc) Colors(rgb []float32, rays []plucker.Coords) {
	clear(rgb)
	for i, c := range rays {
		if c.Moment().Len() < 0.9 {
			rgb[3*i], rgb[3*i+1], rgb[3*i+2] = 1, 1, 1
		}
	}
}

func Example() {
	frame := plucker.UnitFrame()
	cam := render.Orbit{}.Camera(frame, 20, 10)
	var m render.Image
	if err := render.NewCPU(disc{}, frame).Render(context.Background(), &m, &cam, render.Options{}); err != nil {
		fmt.Println(err)
		return
	}
	for y := range m.Height {
		for x := range m.Width {
			fmt.Print(string(".#"[int(m.Pix[3*(y*m.Width+x)])]))
		}
		fmt.Println()
	}
	// Output:
	// ....................
	// .......######.......
	// ......########......
	// ......########......
	// ......########......
	// ......########......
	// ......########......
	// ......########......
	// .......######.......
	// ....................
}
