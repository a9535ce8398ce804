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
// [Open] finds out by looking which of these layouts a folder or a file has, unless [Options].Format names it:
//
//   - transforms: transforms.json, or transforms_train.json and transforms_test.json, of NeRF, nerfstudio, instant-ngp
//   - colmap: cameras, images and points3D of COLMAP, .bin or .txt, in sparse/0, and photographs in images
//   - llff: poses_bounds.npy of LLFF and mip-NeRF 360, and photographs in images or images_2, images_4, images_8
//   - nsvf: rgb, pose and intrinsics.txt with bbox.txt, or a first digit in the names that says the split
//   - srn: rgb, pose and intrinsics.txt of one instance, of Scene Representation Networks
//   - nmr: image and cameras.npz of one instance, of the renderings of ShapeNet by Kato et al.
//   - middlebury: NAME_par.txt of the multi-view stereo sets beside the photographs
//   - hci: parameters.cfg and input_Cam000.png …, views from a grid, of the HCI 4D light fields
//   - stanford: out_RR_CC_*.png, views from a grid, of the Stanford archive
//   - lytro: NAME_SS_TT.png, views from a grid, decoded from a plenoptic camera
//   - gltf: a .glb or .gltf file, no photographs but a scene: [Options].Render says how it is photographed
//
// # Layout transforms
//
// A folder holds either transforms_train.json with, beside it, transforms_test.json (or, for want of that,
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
//   - lfn_frame: [Set.Space], which [Set.Save] writes; without it, it comes from the cameras.
//
// aabb_scale, instant-ngp's guess of the scene's extent, is skipped.
//
// # Layout colmap
//
// The reconstruction may be in sparse as well, or in the folder itself, and comes from COLMAP or a program that writes
// its files. Where there are several, that with the most images is taken. The photographs are in images or beside, or
// smaller in images_2, images_4 or images_8. All lenses are read but FOV and those with thin prisms. [Set.Frame] holds
// what the photographs have in their middles, by the points that they share.
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
//
// # Classes of scenes
//
// [Generate] makes any number of scenes of a class, such as rooms with objects in them, for learning what they have in
// common, and writes them in the layout srn. [OpenClass] finds the instances in a folder of them, and reads no photograph
// before it is asked for: there may be tens of thousands.
package dataset
