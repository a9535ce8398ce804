package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/train/dataset"
)

// renderOptions are the flags that say how a scene is photographed.
type renderOptions struct {
	views, test, size, samples cli.Natural
	noTest, sphere, hemisphere bool
	seed                       uint64
}

func (f *renderOptions) flags(cmd *cobra.Command) {
	f.views, f.test, f.size, f.samples = 100, 20, 400, 4
	fl := cmd.Flags()
	fl.Var(&f.views, "views", "training views, each from another place")
	fl.Var(&f.test, "test", "views that are held out")
	fl.BoolVar(&f.noTest, "no-test", false, "hold no view out")
	fl.Var(&f.size, "size", "width and height in `PIXELS`")
	fl.Var(&f.samples, "samples", "rays along each side of a pixel, 1 to 16")
	fl.BoolVar(&f.hemisphere, "hemisphere", false, "cameras stand on the upper half of a sphere around the scene (the default)")
	fl.BoolVar(&f.sphere, "sphere", false, "cameras stand all around the scene, below too")
	fl.Uint64Var(&f.seed, "seed", 0, "of the places where cameras stand")
	cmd.MarkFlagsMutuallyExclusive("hemisphere", "sphere")
	cmd.MarkFlagsMutuallyExclusive("test", "no-test")
}

// options are those flags, with progress on stderr.
func (f *renderOptions) options(cmd *cobra.Command) (dataset.RenderOptions, error) {
	if f.samples > 16 {
		return dataset.RenderOptions{}, cli.Usagef("--samples %d: want 1 to 16", f.samples)
	}
	o := dataset.RenderOptions{Views: int(f.views), TestViews: int(f.test), Size: int(f.size), Samples: int(f.samples), Seed: f.seed, Sphere: f.sphere}
	if f.noTest {
		o.TestViews = -1
	}
	const every = 2 * time.Second
	said := time.Now()
	o.Progress = func(done, of int) {
		if time.Since(said) > every {
			said = time.Now()
			fmt.Fprintf(cmd.ErrOrStderr(), "photographed %d of %d\n", done, of)
		}
	}
	return o, nil
}

func newDatasetRender() *cobra.Command {
	var f renderOptions
	var out string
	var depth bool
	cmd := &cobra.Command{
		Use:   "render SCENE",
		Short: "Photograph a glTF scene from all around",
		Long: `render photographs a glTF 2.0 scene, .glb or .gltf, from cameras all around, and writes a data set into a new folder:
transforms_train.json, transforms_test.json, and PNG with transparency where there is nothing. No GPU is needed.

With --depth each photograph r_0.png has a file r_0.npy: float32, as numpy.load reads it, distances along the viewing
axis in the units of the scene, of what the middle of a pixel shows; 0 where that is nothing.

lfn train SCENE needs no such folder: it looks at the scene from ever new places.`,
		Example: `  lfn dataset render duck.glb -o duck
  lfn dataset render duck.glb -o duck --views 200 --size 256 --sphere --depth`,
		Args: cli.Args(1, 1, "a .glb or .gltf file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := f.options(cmd)
			if err != nil {
				return err
			}
			if out == "" {
				return cli.Usagef("say which folder to write, as -o duck")
			}
			isNew, err := checkNewFolder(out)
			if err != nil {
				return err
			}
			o.Depth = depth
			set, err := cli.OpenAndTell(cmd, args[0], dataset.Options{Format: "gltf", Render: o})
			if err != nil {
				return err
			}
			return saveSet(cmd, set, out, isNew)
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVarP(&out, "out", "o", "", "`FOLDER` to write, which is new or empty")
	cmd.Flags().BoolVar(&depth, "depth", false, "write the depth of each pixel, too")
	return cmd
}
