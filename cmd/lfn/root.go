package main

import (
	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
)

// newProgram is the command lfn with all of its commands.
func newProgram() *cli.Program {
	root := &cobra.Command{
		Use:   "lfn",
		Short: "Train light field networks from photographs, and render them",
		Long: `lfn trains a light field network from photographs with known cameras and renders new views of the scene.
It needs no GPU, and renders on one where OpenGL 4.3 finds it.`,
		Example: `  lfn demo
  lfn render --turntable 48 --size 256x256 -o turntable.gif`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	p := cli.NewProgram(root)
	root.SuggestionsMinimumDistance = 2
	cobra.EnableCommandSorting = false // they are in the order in which a user meets them
	usage := root.FlagErrorFunc()
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// Before it sees that there is no such command, cobra finds that lfn itself has no such flag.
		if before := cmd.Flags().Args(); cmd == root && len(before) > 0 {
			return unknownCommand(root, before[0])
		}
		return usage(cmd, err)
	})
	root.AddCommand(newDemo(), newTrain(), newDistill(), newReconstruct(), newPrior(), newRender(), newEval(), newInfo(), newDataset(), newBench(), newDevices(), newExport(), newVersion())
	return p
}

func unknownCommand(root *cobra.Command, name string) error {
	like := root.SuggestionsFor(name)
	if len(like) == 0 {
		return cli.Usagef("there is no command %q", name)
	}
	return cli.Usagef("there is no command %q, did you mean %s?", name, like[0])
}
