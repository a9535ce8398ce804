// Package viewer is the desktop window: a scene to look at, with the mouse, the keys and panels.
//
//	err := viewer.Run(ctx, viewer.Options{Model: m, Name: "scene.lfn"})
//
// A painter makes pictures of the model: in the window's own OpenGL context where it has compute shaders, on the
// processors elsewhere. The loop in app.go draws the window only where something has changed: the newest picture,
// a photograph over it, lines of the scene, and the panels. In motion a picture has as many pixels as the target rate
// of frames allows; at rest it has all, and then more and more rays for each.
//
// Where geometry is shown, a picture is two textures: colours, and what the rays meet, which a shader turns into colours as
// package look does. What is asked of single rays, such as what is at the pointer, the processors answer in goroutines.
//
// Of a prior, the window shows one of its scenes: a latent, decoded anew in a goroutine as it changes, takes the place of the
// one before as the weights of a network in training do.
//
// Only the goroutine that called [Run] touches the window. What takes long — data sets, films, training — runs in
// goroutines of its own and posts its results to it.
package viewer
