package f32

import (
	"fmt"
	"os"
	"slices"
)

// The implementations that can run here, slowest first; "go" always can.
var impls = []string{"go"}

// What the kernels' dispatch reads. useAVX512 implies useAVX2.
var useAVX2, useAVX512 bool

// Impl names the implementation in use: "go", "avx2" or "avx512".
func Impl() string {
	switch {
	case useAVX512:
		return "avx512"
	case useAVX2:
		return "avx2"
	}
	return "go"
}

// Impls lists the implementations that can run on this processor, slowest first.
func Impls() []string { return slices.Clone(impls) }

// SetImpl chooses the implementation for the whole process: for tests, benchmarks, and to follow a doubt.
// It must not be called while kernels run. The variable LFN_CPU does the same at the start of a program.
func SetImpl(name string) error {
	if !slices.Contains(impls, name) {
		return fmt.Errorf("f32: implementation %q is not available here, want one of %v", name, impls)
	}
	useAVX2 = name != "go"
	useAVX512 = name == "avx512"
	return nil
}

func init() {
	detect()
	best := impls[len(impls)-1]
	if name := os.Getenv("LFN_CPU"); slices.Contains(impls, name) {
		best = name
	}
	_ = SetImpl(best)
}
