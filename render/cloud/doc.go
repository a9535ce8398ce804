// Package cloud makes points in the world of what many cameras see of a light field that tells its geometry, and writes
// them to files that other programs open:
//
//	points, err := cloud.Gather(ctx, render.NewCPU(m.Network.Pack(), m.Scene), cloud.Cameras(m, 1e6), cloud.Options{})
//	…
//	err = cloud.SavePLY("points.ply", points)
//
// Points of many views that lie in one cell of a grid become one, so that a surface is one layer of points; and points that
// other cameras see through are left out.
package cloud
