// Package shaders writes a light field network out as a GLSL compute shader made for exactly its shape.
//
// [New] gives the text of the shader, its weights as the shader wants them, and the textures it reads; nothing in
// this package calls OpenGL:
//
//	s, err := shaders.New(network, shaders.Variant{…})
//	os.Stdout.WriteString(s.Source())
//
// The text is made of the pieces in glsl/, in the order of [Shader.Pieces]: constants, the ray of a pixel, the
// encoding, the tile of rays and outputs that a workgroup holds, the layers, and main. A workgroup evaluates the
// network for a tile of rays together. Registers are named one by one: arrays with indices known only at run time
// go to memory that is slow, at 2 to 80 times the cost.
//
// A shader may tell, beside colours, what rays meet: see [Variant.WithGeometry]. Where there is a volume, it comes from the
// march. Else some of the rays that an invocation has in registers are derivatives, dual numbers: what the layers multiply
// is the same for them, and only the encoding, the norm and the activation differ.
//
// # Sparse grids
//
// Of a fine grid that is empty for the most part, see [lfn.Encoding.Sparse], the texture holds bricks of 9³ texels, only those
// in which there is something, and a second, small one says where each is: one fetch more for the eight around a point.
//
// # Conventions
//
// A pixel's ray goes through (x+½, y+½), row 0 is the top. The camera is given in the scene frame: camera to world
// rotation, and the origin (o − centre)/radius. Colours are sRGB in [0, 1].
package shaders
