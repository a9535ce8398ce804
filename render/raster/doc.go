// Package raster writes numbers for each pixel to files that other programs open, and reads them:
//
//	m := &raster.Map{Width: 2, Height: 1, Channels: 1, Pix: []float32{1.5, 0}}
//	err := lfn.WriteFile("depth.npy", func(w io.Writer) error { return m.Encode(w, ".npy") })
//
// # Files
//
// .npy is what numpy.load reads, float32 of the shape (Height, Width) or (Height, Width, 3). .pfm is a portable float
// map of one channel or three, little-endian, its rows from the bottom up, as all programs that know it have them. .png
// is 16-bit, grey or RGB, with the meaning of its numbers in text chunks. None holds a NaN or an infinity.
package raster
