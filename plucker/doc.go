// Package plucker names the rays of a picture by Plücker coordinates.
//
// The smallest visible program draws the outline of the scene's unit ball as a camera sees it:
//
//	pose := plucker.LookAt(mgl64.Vec3{0, -3, 0}, mgl64.Vec3{}, mgl64.Vec3{0, 0, 1})
//	cam := plucker.Pinhole(pose, 24, 12, 0.9)
//	cam.Intrinsics.Fy /= 2 // letters are twice as high as wide
//	for y := range cam.Height {
//		for x := range cam.Width {
//			ray := cam.Ray(float64(x)+0.5, float64(y)+0.5)
//			if _, _, hit := ray.SphereHit(mgl64.Vec3{}, 1); hit {
//				fmt.Print("#")
//			} else {
//				fmt.Print(".")
//			}
//		}
//		fmt.Println()
//	}
//
// # Plücker coordinates
//
// An oriented line with unit direction d through a point o has the coordinates (d, m), m = o × d.
// Every point o + t·d of the line gives the same m, so the six numbers name the line and not a point of it
// (Sitzmann et al., Light Field Networks, NeurIPS 2021, section 3.1). Always |d| = 1 and d·m = 0;
// |m| is the line's distance from the origin.
//
// # Conventions
//
// World and camera axes are right-handed. A camera looks along −Z, with +Y up and +X right, and a [Pose]
// maps camera to world. Pixel (i, j) has its centre at (i+½, j+½); row 0 is the top. Image points (u, v) are
// in pixels, angles in radians. A [Frame] is the scene's own frame, which puts the content into the unit ball:
// o' = (o − Center)/Radius. [Ray] is in the world, [Coords] in the scene frame. All mathematics is in float64;
// Coords, which feed networks, are float32.
package plucker
