// Package render turns cameras into pictures of a light field, and pictures into files and numbers.
//
// The smallest visible program renders a turntable of a model:
//
//	m, err := lfn.Open("scene.lfn")
//	…
//	r := render.NewCPU(m.Network.Pack(), m.Scene)
//	cams := render.Orbit{ElDeg: 20}.Turntable(m.Scene, 48, 256, 256)
//	err = render.WriteGIF(ctx, "turn.gif", render.Frames(ctx, r, cams, render.Options{}), 24)
//
// # Conventions
//
// An [Image] holds sRGB values in [0, 1] as they come from the light field; row 0 is the top. Averages, as in
// supersampling, [PSNR] and [SSIM], are taken of those values. Nothing is linearised: the photographs a network
// learns from were not either.
//
// A ray of a trained network sees about as wide as a pixel of its photographs; [Options.Detail] gives coarser pixels as
// many rays as they need.
//
// A [Geometry] is what the rays of a picture meet, of light fields that tell it: distances along rays, in the world, from which
// [Geometry.Depths] makes those along the viewing axis. What is not known is 0 everywhere, and so in files ([SaveNumbers]);
// pictures of it ([Scale]) have a checker there.
//
// An [Orbit] stands on a sphere around Frame.Center, of a radius given in scene radii (Frame.Radius), and looks
// at the centre with Frame.Up towards the top of the picture. At azimuth 0 the world's +X points to the right
// of the picture: with +Z up the camera looks along +Y, with +Y up along −Z. (Where up itself is along X, it
// is +Y that points to the right.) A growing azimuth moves the camera to its right, against the clock seen
// from above; a growing elevation raises it, 90° is straight above. Fields of view are horizontal.
//
// Files are written beside the target, synced and renamed, so a target is whole or untouched.
package render
