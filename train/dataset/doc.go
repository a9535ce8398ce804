// Package dataset opens photographs with known cameras, and makes some of its own.
//
//	set, err := dataset.Open(ctx, "nerf_synthetic/lego", dataset.Options{Scale: 4})
//	if err != nil {
//		return err
//	}
//	for _, i := range set.Split(dataset.Train) {
//		v := &set.Views[i]
//		fmt.Println(v.Name, v.Camera.Width, v.Camera.Height, v.Pix[:4])
//	}
//
// # Layouts on disk
//
// [Open] reads the transforms*.json of NeRF, nerfstudio and instant-ngp. A folder holds either
// transforms_train.json with, beside it, transforms_test.json (or, for want of that,
// transforms_val.json), or one transforms.json; the path of one such file will do too. A set may consist of
// test views alone. These keys count, and all others are skipped:
//
//   - w, h: the size, in pixels, that the intrinsics are for. A photograph that was scaled since, with its
//     aspect kept, is welcome: the intrinsics follow. Without w and h the image's own size stands.
//   - fl_x, fl_y (pixels) or camera_angle_x, camera_angle_y (radians), cx, cy (pixels from the left
//     and top edge; the middle where absent), k1…k6, p1, p2 (OpenCV's rational model). Each of them may
//     stand at the top or in a frame, which wins.
//   - camera_model, is_fisheye: pinhole cameras with OpenCV's distortion, or its fisheye of k1…k4.
//   - train_filenames, test_filenames (val_filenames where there is no test): nerfstudio's split.
//   - frames[…].file_path: beside the JSON file, with or without its extension; / or \ between folders.
//   - frames[…].transform_matrix: camera-to-world, 4×4 or 3×4, rows first.
//   - lfn_frame: center, radius and up of [Set.Frame], which [Set.Save] writes; without it, it comes from the cameras.
//
// aabb_scale, instant-ngp's guess of the scene's extent, is skipped.
//
// It reads reconstructions by COLMAP, and by the programs that write its files: cameras, images and points3D,
// binary or text, in sparse/0, sparse or the folder itself. Where there are several, that with the most images
// is taken. The photographs are in images or beside, or smaller in images_2, images_4 or images_8. All lenses
// are read but FOV and those with thin prisms. [Set.Frame] holds what the photographs have in their middles,
// by the points that they share.
//
// # Conventions
//
// World and camera axes are those of the files: right-handed, a camera looks along −Z, +Y up, +X right.
// Pixel (i, j) has its centre at (i+½, j+½), row 0 is the top. Pixels are 8-bit sRGB with straight alpha:
// the colour of a pixel that is half transparent is not darkened. The image over a background b is
// α·colour + (1−α)·b.
//
// # The built-in scene
//
// [Procedural] renders [DefaultScene], a few balls on a checkered disc, with an analytic ray tracer that
// answers colour and depth of any ray exactly. It needs no file, so demonstrations and tests use it.
package dataset
