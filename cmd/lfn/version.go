package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn/f32"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which build this is, and which kernels it would use here",
		Example: `  lfn version
  LFN_CPU=go lfn version`,
		Args: cli.Args(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			version, revision := "(devel)", ""
			if info, ok := debug.ReadBuildInfo(); ok {
				version = info.Main.Version
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						revision = " " + s.Value
					}
				}
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "lfn %s%s, %s %s/%s, kernels %s\n",
				version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH, f32.Impl())
			return err
		},
	}
}
