package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

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
	fl.Uint64Var(&f.seed, "seed", 0, "of the places where cameras stand, and of --vary")
}

// renderRun is lfn dataset render.
type renderRun struct {
	renderOptions
	out     string
	depth   bool
	srn     bool
	vary    cli.Natural
	holdout cli.Holdout
}

func newDatasetRender() *cobra.Command {
	f := renderRun{vary: 1}
	cmd := &cobra.Command{
		Use:   "render SCENE...",
		Short: "Photograph glTF scenes from all around",
		Long: `render photographs a glTF 2.0 scene, .glb or .gltf, from cameras all around, and writes a data set into a new folder:
transforms_train.json, transforms_test.json, and PNG with transparency where there is nothing. No GPU is needed.

With --depth each photograph r_0.png has a file r_0.npy: float32, as numpy.load reads it, distances along the viewing
axis in the units of the scene, of what the middle of a pixel shows; 0 where that is nothing.

With --srn many scenes make a set of one class, for learning what they have in common, in the layout of Scene
Representation Networks: DIR/train/NAME and DIR/test/NAME, 50 photographs of 128×128 pixels each over white unless flags
say otherwise. Every scene is moved and scaled into the unit ball. Of a few scenes --vary makes more: N of each, the first as
it is, the others with sides 0.85 to 1.15 and linear colours 0.55 to 1 times as large, as DIR/train/NAME-00, NAME-01 and so
on. What is held out for testing has no such kin: it is photographed once, as it is, as DIR/test/NAME.

lfn train SCENE needs no such folder: it looks at the scene from ever new places.`,
		Example: `  lfn dataset render duck.glb -o duck
  lfn dataset render duck.glb -o duck --views 200 --size 256 --sphere --depth
  lfn dataset render data/cars/*.glb --srn -o cars
  lfn dataset render data/cars/*.glb --srn -o cars --vary 12 --holdout 5 --views 15 --size 64 --samples 2`,
		Args: cli.Args(1, math.MaxInt, "a .glb or .gltf file, or several with --srn"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.flags(cmd)
	fl := cmd.Flags()
	fl.StringVarP(&f.out, "out", "o", "", "`FOLDER` to write, which is new or empty")
	fl.BoolVar(&f.depth, "depth", false, "write the depth of each pixel, too")
	fl.BoolVar(&f.srn, "srn", false, "write one folder for each scene")
	fl.Var(&f.vary, "vary", "with --srn: `N` of each scene that is not held out, with other proportions and colours")
	f.holdout.Flag(cmd)
	fl.Lookup("holdout").Usage = "with --srn: put every `N`th scene, from the first, into test; 0: none"
	return cmd
}

func (f *renderRun) run(cmd *cobra.Command, scenes []string) error {
	for _, pair := range [][2]string{{"hemisphere", "sphere"}, {"test", "no-test"}, {"srn", "depth"}, {"srn", "test"}} {
		if cmd.Flags().Changed(pair[0]) && cmd.Flags().Changed(pair[1]) {
			return cli.Usagef("--%s and --%s do not go together", pair[0], pair[1])
		}
	}
	if f.srn {
		for _, flag := range []struct {
			name string
			x    *cli.Natural
			n    cli.Natural
		}{{"views", &f.views, 50}, {"size", &f.size, 128}} {
			if !cmd.Flags().Changed(flag.name) {
				*flag.x = flag.n
			}
		}
	}
	o, err := f.options(cmd)
	switch {
	case err != nil:
		return err
	case f.out == "":
		return cli.Usagef("say which folder to write, as -o duck")
	case !f.srn && len(scenes) > 1:
		return cli.Usagef("%d scenes make a set of one class: say --srn", len(scenes))
	case !f.srn && cmd.Flags().Changed("vary"):
		return cli.Usagef("--vary is for --srn: one scene is photographed as it is")
	case !f.srn && cmd.Flags().Changed("holdout"):
		return cli.Usagef("--holdout is for --srn: --test says how many views are held out")
	}
	if err := checkNewFolder(f.out); err != nil {
		return err
	}
	if f.srn {
		return f.class(cmd, scenes, o)
	}
	set, err := cli.OpenAndTell(cmd, scenes[0], dataset.Options{Format: "gltf", Render: o})
	if err != nil {
		return err
	}
	return saveSet(cmd, set, f.out)
}

// options are how scenes are photographed, with progress on stderr.
func (f *renderRun) options(cmd *cobra.Command) (dataset.RenderOptions, error) {
	o := dataset.RenderOptions{
		Views: int(f.views), TestViews: int(f.test), Size: int(f.size), Samples: int(f.samples), Seed: f.seed, Sphere: f.sphere, Depth: f.depth,
	}
	if f.noTest || f.srn {
		o.TestViews = -1
	}
	if err := o.Validate(); err != nil {
		return o, cli.Usagef("%w", err)
	}
	tell := everyFewSeconds(cmd.ErrOrStderr())
	o.Progress = func(done, of int) { tell("photographed %d of %d\n", done, of) }
	return o, nil
}

// instance is what is photographed into one folder.
type instance struct {
	scene, name string
	split       dataset.Split
	seed        uint64
	vary        bool
}

// maxVary bounds how many are made of one scene.
const maxVary = 1000

// instances are those that the scenes make.
func (f *renderRun) instances(scenes []string) ([]instance, error) {
	if f.vary > maxVary {
		return nil, cli.Usagef("--vary %d: want 1 to %d of each scene", f.vary, maxVary)
	}
	names := map[string]string{}
	var all []instance
	for i, scene := range scenes {
		name := instanceName(scene)
		if !filepath.IsLocal(name) || name == "." {
			return nil, cli.Usagef("%s: is no name for a folder of its photographs: want another", scene)
		}
		if other, ok := names[name]; ok {
			return nil, cli.Usagef("%s and %s have one name: want another for one of them", other, scene)
		}
		names[name] = scene
		one := instance{scene: scene, name: name, seed: f.seed + uint64(i)}
		if f.holdout > 0 && i%int(f.holdout) == 0 {
			one.split = dataset.Test
		}
		if one.split == dataset.Test || f.vary == 1 {
			all = append(all, one)
			continue
		}
		for k := range int(f.vary) {
			one.name, one.vary = fmt.Sprintf("%s-%02d", name, k), k > 0
			all = append(all, one)
			one.seed += uint64(len(scenes)) // so that none has another's, and more of each leave these as they are
		}
	}
	return all, nil
}

// class writes the instances of one class.
func (f *renderRun) class(cmd *cobra.Command, scenes []string, o dataset.RenderOptions) error {
	all, err := f.instances(scenes)
	if err != nil {
		return err
	}
	_, err = os.Stat(f.out)
	isNew := errors.Is(err, fs.ErrNotExist)
	tell := everyFewSeconds(cmd.ErrOrStderr())
	o.Progress = nil
	warned, warning := 0, ""
	for i, one := range all {
		o.Seed, o.Vary = one.seed, one.vary
		set, err := dataset.Open(cmd.Context(), one.scene, dataset.Options{Format: "gltf", Render: o})
		if err == nil {
			if len(set.Warnings) > 0 {
				if warned++; warned == 1 {
					warning = one.scene + ": " + set.Warnings[0]
				}
			}
			for k := range set.Views {
				pose := &set.Views[k].Camera.Pose
				pose.Pos = pose.Pos.Sub(set.Frame.Center).Mul(1 / set.Frame.Radius)
			}
			err = set.SaveSRN(cmd.Context(), filepath.Join(f.out, one.split.String(), one.name))
		}
		if err != nil {
			for _, split := range []dataset.Split{dataset.Train, dataset.Test} {
				os.Remove(filepath.Join(f.out, split.String())) // if it is empty
			}
			if isNew {
				os.Remove(f.out)
			}
			if i > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s has %d of %d scenes\n", f.out, i, len(all))
			}
			return err
		}
		tell("%s: %d of %d scenes\n", f.out, i+1, len(all))
	}
	if warned > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: of %d of %d scenes, such as %s\n", warned, len(all), cli.Line(warning))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s, %d scenes of %d photographs\n", f.out, len(all), o.Views)
	return nil
}

// instanceName is the name of the folder for a scene.
func instanceName(scene string) string {
	return strings.TrimSuffix(filepath.Base(scene), filepath.Ext(scene))
}
