package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"lfnview/lfn/f32"
)

// Version says which build this is, and which kernels it uses here.
func Version() string {
	version, revision := "(devel)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
	}
	return fmt.Sprintf("%s%s, %s %s/%s, kernels %s", version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH, f32.Impl())
}
