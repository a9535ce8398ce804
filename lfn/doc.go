// Package lfn holds light field networks (Sitzmann et al., Light Field Networks, NeurIPS 2021): a ray's six Plücker
// coordinates go in, and the colour that it sees comes out, with one evaluation of a small network.
//
//	m, err := lfn.Open("scene.lfn")
//	if err != nil {
//		return err
//	}
//	rgb := make([]float32, 3)
//	m.Network.Pack().Colors(rgb, []plucker.Coords{m.Scene.Coords(ray)})
//
// A [Network] is an encoding of the coordinates, see [Encoding], then layers, the last of which answers the colour.
// [Network.Pack] makes one ready for inference, [Network.NewLearner] computes its gradients, and a [Model] is a network
// with what is needed to look at it, in a file. [Packed.Surfaces] tells, beside colours, what rays meet. A [Hyper] makes one
// network of many from a [Latent], the few numbers that name a scene, and a [Prior] is one with the latents of the scenes
// that it was trained on, in a file of its own.
//
// # Conventions
//
// Coordinates are those of the scene frame, in which the content lies in the unit ball, unless [Encoding] says otherwise.
// Colours are sRGB values in [0, 1]. Weights are Out×In, row-major; grids are [z][y][x][4] over the cube [−1, 1]³. The
// same seed gives the same numbers, whatever GOMAXPROCS, on processors that take the same kernels.
package lfn
