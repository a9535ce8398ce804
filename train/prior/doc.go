// Package prior learns what scenes of a class have in common, and finds the scene that a photograph shows: the other half
// of Light Field Networks (Sitzmann et al., NeurIPS 2021, sections 3.3 and 4.2).
//
//	class, err := dataset.OpenClass("figures", 0)
//	if err != nil {
//		return err
//	}
//	r := prior.Run{Options: prior.Options{Config: config, Time: 10 * time.Minute}, Class: class, Out: "figures.prior"}
//	res, err := r.Do(ctx)
//	…
//	found, err := prior.Reconstruct(ctx, res.Prior, views, prior.ReconstructOptions{})
//	err = res.Prior.Model(found.Latent, found.Class).Save("object.lfn")
//
// A [Run] is what lfn train --prior does: an auto-decoder. Each update takes some instances, and some rays of each; their
// latents learn beside the hypernetwork. [Reconstruct] keeps the hypernetwork and looks for the latent, [Evaluate] does so
// for every unseen instance of a class.
//
// # Conventions
//
// Each class has a frame of its own, so that classes may be of different sizes: the network is a function of lines in units of
// that frame, and a latent by itself says nothing of a size. What is reconstructed says of which class it was found to be.
//
// The loss is the paper's: 200 times the mean squared error of colours in [−1, 1], and a weight times the mean square of the
// latents' numbers. A run of a given number of steps gives the same file for the same seed, whatever GOMAXPROCS, stopped and
// resumed or not, and however much memory photographs may take.
package prior
