package shaders_test

import (
	"fmt"
	"log"
	"strings"

	"lfnview/lfn"
	"lfnview/shaders"
)

// The shader of the authors' network, as the least devices of OpenGL 4.3 run it.
func Example() {
	c, err := lfn.Preset("paper")
	if err != nil {
		log.Fatal(err)
	}
	network, err := lfn.New(c, 1)
	if err != nil {
		log.Fatal(err)
	}
	v, err := shaders.Portable(c, false)
	if err != nil {
		log.Fatal(err)
	}
	s, err := shaders.New(network, v)
	if err != nil {
		log.Fatal(err)
	}
	first, _, _ := strings.Cut(s.Source(), "\n")
	fmt.Println(v, first, s.Tile)
	// Output: fp32-4x8-64 #version 430 [8 1]
}
