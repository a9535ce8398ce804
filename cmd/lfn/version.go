package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which build this is, and which kernels it would use here",
		Example: `  lfn version
  LFN_CPU=go lfn version`,
		Args: cli.Args(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "lfn %s\n", cli.Version())
			return err
		},
	}
}
