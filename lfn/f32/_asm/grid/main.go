// Command grid writes ../grid_amd64.s: the AVX2 twins of the grid kernels.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	Generate()
}
