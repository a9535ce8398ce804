package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/train/dataset"
)

// newDataset is the group of the commands about data sets, each of them made by a function of its own.
func newDataset() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dataset",
		Short: "Look at data sets, convert them, and make some",
		Long:  `dataset has the commands about data sets: photographs with cameras.`,
		Example: `  lfn dataset info procedural --plot cameras.png
  lfn dataset convert data/fern fern --max-size 256
  lfn dataset render duck.glb -o duck
  lfn dataset generate rooms -o rooms --instances 3 --views 4`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newDatasetInfo(), newDatasetConvert(), newDatasetRender(), newDatasetGenerate())
	return cmd
}

func newDatasetInfo() *cobra.Command {
	var f infoFlags
	cmd := &cobra.Command{
		Use:   "info DATA",
		Short: "Say what is in a data set, and draw it",
		Long: `info says what is in a data set: its layout, how many views it has, how large they are, where the scene is. With
--plot it draws the cameras around the scene, from above and from the side, and some of the photographs. lfn info DATA
does the same.`,
		Example: `  lfn dataset info procedural --plot cameras.png
  lfn dataset info data/beer --format llff --json`,
		Args: cli.Args(1, 1, "a data set"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.data(cmd, args[0]) },
	}
	f.flags(cmd)
	return cmd
}

func newDatasetConvert() *cobra.Command {
	var options cli.DataOptions
	var holdout cli.Holdout
	cmd := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Write a data set of any layout as transforms JSON and PNG",
		Long: `convert reads the data set IN, in whichever layout it comes, and writes it into the folder OUT, which is new or empty:
transforms_train.json, transforms_test.json and the photographs as PNG, scaled down where --scale or --max-size says
so. These files are NeRF's and nerfstudio's, and have the ball that the scene is in besides.`,
		Example: `  lfn dataset convert procedural balls
  lfn dataset convert data/fern fern --max-size 256 --holdout 4`,
		Args: cli.Args(2, 2, "a data set and a new folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o := options.Options()
			holdout.In(&o)
			in, out := args[0], args[1]
			if cli.SameFile(in, out) {
				return cli.Usagef("%s: is what is read, want another folder", out)
			}
			if err := checkNewFolder(out); err != nil {
				return err
			}
			set, err := cli.OpenAndTell(cmd, in, o)
			if err != nil {
				return err
			}
			return saveSet(cmd, set, out)
		},
	}
	options.Flags(cmd)
	holdout.Flag(cmd)
	return cmd
}

// saveSet writes a data set, or leaves the folder as it was.
func saveSet(cmd *cobra.Command, set *dataset.Set, dir string) error {
	if err := set.Save(cmd.Context(), dir); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s, %d photographs\n", dir, len(set.Views))
	return nil
}

// checkNewFolder refuses a folder that has anything in it, or that cannot be made or written into, before the work begins.
func checkNewFolder(path string) error {
	if path == "" {
		return cli.Usagef("the folder to write has no name")
	}
	isNew, err := dataset.NewFolder(path)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case !isNew:
		return cli.CheckWritable(filepath.Join(path, "transforms.json"))
	}
	// The first folder that has to be made, in one that is there.
	for {
		parent := filepath.Dir(path)
		if _, err := os.Stat(parent); !errors.Is(err, fs.ErrNotExist) || parent == path {
			return cli.CheckWritable(path)
		}
		path = parent
	}
}
