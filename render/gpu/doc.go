// Package gpu renders light field networks with OpenGL 4.3 compute shaders, with or without a window.
//
//	r, err := gpu.New(model, gpu.Options{})
//	if err != nil {
//		…                     // says why there is no OpenGL; render.NewCPU always works
//	}
//	defer r.Close()
//	err = r.Render(ctx, img, &cam, render.Options{})
//
// The way of a picture: the package shaders writes the text for the network's shape (shaders.New), program.go
// compiles it and sends weights and grids to the device, tune.go finds which of a handful of variants is right and
// fast there, and renderer.go hands cameras to it and pictures back, or canvas.go leaves them in a texture.
//
// A context is made through EGL without a display server; it lives on a thread of its own, so a [Renderer] may be
// used from any goroutine. Without cgo the package compiles, and [Devices] and [New] say that there is no OpenGL.
//
// [NewIn] has a renderer in a context that its owner made; [New], [Devices] and [Tune] alone need EGL.
//
// A window has a context of its own, in which a [Canvas] renders, on the window's thread and without waiting:
//
//	c, err := gpu.NewCanvas(glfw.GetProcAddress)
//	err = c.Load(model, gpu.Options{})
//	for {                     // each frame
//		if …                  // the view has changed: 1 ray a pixel while it moves, 4×4 when it is at rest
//			c.Begin(&cam, render.Options{Samples: 1}, false)
//		err = c.Advance(8 * time.Millisecond)
//		id, w, h, textureW, textureH := c.Texture()
//		…                     // draw the first w×h texels of it, and swap buffers
//	}
//
// Either tells, too, what rays meet: [Renderer.Geometry], and pictures that a canvas begins with geometry.
//
// Where LFN_GL_DEBUG is set, contexts are made that check more of what they are asked.
package gpu
