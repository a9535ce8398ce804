// Package mesh looks at triangle meshes, such as glTF 2.0 files, through any camera.
//
//	s, err := mesh.Open("duck.glb")
//	cam := plucker.Pinhole(plucker.LookAt(eye, center, up), 400, 400, 0.7)
//	photo, err := s.Photograph(ctx, &cam, 4) // colour and coverage of 4×4 rays a pixel, depth of the middle
//	hit := s.Trace(cam.Ray(12.5, 30.5), 0)   // or one ray alone
//
// A [Builder] makes scenes of boxes, balls, cylinders and cones instead of a file's.
//
// Rays are cast through a tree of boxes, on the CPU. So lenses bend pictures as they do those of cameras, transparent
// surfaces are met in their order, single rays can be asked for, and a scene gives the same bytes with any number of
// threads.
//
// The light is fixed: a sky that is brighter than the ground, and one distant lamp that casts no shadow. All surfaces
// are matt, so their colour is the same from everywhere.
//
// Files have +Y up; a [Scene] has +Z up, as all data sets that we make: (x, y, z) of the file is (x, −z, y) of the scene.
package mesh
