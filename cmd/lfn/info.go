package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train"
	"lfnview/train/dataset"
)

// infoFlags are those of lfn info and lfn dataset info.
type infoFlags struct {
	plot   string
	format cli.Format
	json   bool
}

func (f *infoFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.plot, "plot", "", "draw cameras and photographs of a data set to a PNG `FILE`")
	f.format.Flag(cmd)
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object on stdout")
}

func newInfo() *cobra.Command {
	var f infoFlags
	cmd := &cobra.Command{
		Use:   "info [MODEL|DATA]",
		Short: "Say what is in a model or a data set",
		Long: `info says what is in a model, a prior, a data set, a folder of many, or the default scene. With --plot it draws a data set:
its cameras around the scene, from above and from the side, and some of its photographs.`,
		Example: `  lfn info
  lfn info scene.lfn
  lfn info procedural --json
  lfn info procedural:64 --plot cameras.png`,
		Args: cli.Args(0, 1, "a model, a data set, or none"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && isData(args[0]) {
				return f.data(cmd, args[0])
			}
			if len(args) == 1 && lfn.IsPrior(args[0]) {
				return f.prior(cmd, args[0])
			}
			return f.model(cmd, args)
		},
	}
	f.flags(cmd)
	return cmd
}

// model tells of a model, or of the default scene.
func (f *infoFlags) model(cmd *cobra.Command, args []string) error {
	if err := f.checkNoData(cmd); err != nil {
		return err
	}
	about, err := modelInfoOf(args)
	if err != nil {
		return err
	}
	return f.print(cmd, about)
}

// prior tells of a prior.
func (f *infoFlags) prior(cmd *cobra.Command, path string) error {
	if err := f.checkNoData(cmd); err != nil {
		return err
	}
	about, err := priorInfoOf(path)
	if err != nil {
		return err
	}
	return f.print(cmd, about)
}

// checkNoData finds flags that are of a data set.
func (f *infoFlags) checkNoData(cmd *cobra.Command) error {
	for _, name := range []string{"plot", "format"} {
		if cmd.Flags().Changed(name) {
			return cli.Usagef("--%s is of a data set: want its folder", name)
		}
	}
	return nil
}

// data tells of a data set.
func (f *infoFlags) data(cmd *cobra.Command, path string) error {
	if f.plot != "" && !strings.EqualFold(filepath.Ext(f.plot), ".png") {
		return cli.Usagef("--plot %s: want a name that ends in .png", f.plot)
	}
	about, err := dataInfoOf(path, f.format.Value)
	var many *dataset.ClassError
	if errors.As(err, &many) && f.plot == "" {
		about, err := classInfoOf(many.Class)
		if err != nil {
			return err
		}
		return f.print(cmd, about)
	}
	if err != nil {
		return err
	}
	if f.plot != "" {
		if err := f.plotData(cmd, path); err != nil {
			return err
		}
	}
	return f.print(cmd, about)
}

func (f *infoFlags) print(cmd *cobra.Command, about interface{ text(io.Writer) }) error {
	if f.json {
		return cli.PrintJSON(cmd.OutOrStdout(), about)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	about.text(w)
	return w.Flush()
}

// plotSide is how large the photographs of a plot are read, in pixels; on the contact sheet they are smaller.
const plotSide = 256

// plotData draws a data set.
func (f *infoFlags) plotData(cmd *cobra.Command, path string) error {
	if err := cli.CheckWritable(f.plot); err != nil {
		return err
	}
	o := dataset.Options{Format: f.format.Value, MaxSize: plotSide}
	if cli.IsBuiltIn(path) {
		o.MaxSize = 0
	}
	set, err := cli.OpenData(cmd.Context(), path, o)
	if err != nil {
		return err
	}
	if err := train.WriteCameras(f.plot, set); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s\n", f.plot)
	return nil
}

// isData tells a data set, which is a folder, a JSON file, a glTF scene or the built-in one, from a model.
func isData(path string) bool {
	if dataset.IsScene(path) || strings.EqualFold(filepath.Ext(path), ".json") {
		return true
	}
	if st, err := os.Stat(path); err == nil {
		return st.IsDir()
	}
	return cli.IsBuiltIn(path)
}

// modelInfo is what lfn info tells of a model.
type modelInfo struct {
	Model      string        `json:"model"`
	Bytes      int64         `json:"bytes,omitempty"` // of the file; 0 for the default scene
	Network    lfn.Config    `json:"network"`
	Params     int           `json:"params"`
	Occupied   float64       `json:"occupied"` // share of the scene that is not empty
	Scene      plucker.Frame `json:"scene"`
	Background [3]float32    `json:"background"`
	Cameras    counts        `json:"cameras"`
	Size       [2]int        `json:"size"` // of the first camera's view, pixels
	Training   lfn.Training  `json:"training"`
}

// counts are numbers of views.
type counts struct {
	Train int `json:"train"`
	Test  int `json:"test"`
}

func modelInfoOf(args []string) (*modelInfo, error) {
	m, name, err := cli.OpenModel(args)
	if err != nil {
		return nil, err
	}
	i := &modelInfo{Model: name, Network: m.Network.Config, Params: m.Network.Params(), Occupied: m.Network.Occupied(),
		Scene: m.Scene, Background: m.Background, Training: m.Training}
	if len(args) == 1 {
		if st, err := os.Stat(args[0]); err == nil {
			i.Bytes = st.Size()
		}
	}
	for n, v := range m.Cameras {
		if n == 0 {
			i.Size = [2]int{v.Width, v.Height}
		}
		if v.Split == dataset.Test.String() {
			i.Cameras.Test++
		} else {
			i.Cameras.Train++
		}
	}
	return i, nil
}

func (i *modelInfo) text(w io.Writer) {
	fmt.Fprintf(w, "model\t%s\n", i.Model)
	if i.Bytes > 0 {
		fmt.Fprintf(w, "size\t%d bytes\n", i.Bytes)
	}
	fmt.Fprintf(w, "encoding\t%s\n", i.Network.Encoding)
	fmt.Fprintf(w, "hidden layers\t%v, norm %s, activation %s\n", i.Network.Hidden, i.Network.Norm, i.Network.Activation)
	fmt.Fprintf(w, "parameters\t%d\n", i.Params)
	if len(i.Network.Encoding.Grids) > 0 {
		fmt.Fprintf(w, "occupied\t%.1f %%\n", 100*i.Occupied)
	}
	printScene(w, i.Scene)
	fmt.Fprintf(w, "background\t%s\n", (*cli.Background)(&i.Background))
	fmt.Fprintf(w, "cameras\t%d train, %d test", i.Cameras.Train, i.Cameras.Test)
	if i.Size != [2]int{} {
		fmt.Fprintf(w, ", %d×%d pixels", i.Size[0], i.Size[1])
	}
	fmt.Fprintln(w)
	t := i.Training
	if t.Steps > 0 {
		fmt.Fprintf(w, "trained\t%s on %s, %d steps", t.Preset, t.Data, t.Steps)
		if t.Seconds > 0 {
			fmt.Fprintf(w, " in %.0f s", t.Seconds)
		}
		fmt.Fprintf(w, ", seed %d\n", t.Seed)
	}
	if t.PSNRdB != 0 {
		fmt.Fprintf(w, "held-out\t%s\n", heldOut(t.PSNRdB, t.SSIM))
	}
}

// dataInfo is what lfn info tells of a data set.
type dataInfo struct {
	Data     string        `json:"data"`
	Format   string        `json:"format,omitempty"` // its layout on disk
	Views    counts        `json:"views"`
	MinSize  [2]int        `json:"min_size"` // pixels; the smallest width and height
	MaxSize  [2]int        `json:"max_size"`
	Scene    dataset.Space `json:"scene"`
	Baseline float64       `json:"baseline"` // median distance of a camera to the nearest other, in scene radii
	Warnings []string      `json:"warnings"`
}

func dataInfoOf(path, format string) (*dataInfo, error) {
	set, err := cli.PeekData(path, format)
	if err != nil {
		return nil, err
	}
	i := &dataInfo{Data: path, Format: set.Format, Scene: set.Space, Baseline: baseline(set), Warnings: append([]string{}, set.Warnings...),
		Views: counts{len(set.Split(dataset.Train)), len(set.Split(dataset.Test))}}
	for n, v := range set.Views {
		w, h := v.Camera.Width, v.Camera.Height
		if n == 0 {
			i.MinSize = [2]int{w, h}
		}
		i.MinSize = [2]int{min(i.MinSize[0], w), min(i.MinSize[1], h)}
		i.MaxSize = [2]int{max(i.MaxSize[0], w), max(i.MaxSize[1], h)}
	}
	return i, nil
}

// maxPairs bounds the distances between cameras that are taken.
const maxPairs = 1 << 24

// baseline is the median distance of a camera to the nearest other, in scene radii; 0 for a single one. Of many thousand
// cameras it is that of every so manieth.
func baseline(set *dataset.Set) float64 {
	var nearest []float64
	n := len(set.Views)
	for i := 0; i < n; i += 1 + int(int64(n)*int64(n)/maxPairs) {
		best := math.Inf(1)
		for j := range set.Views {
			if i != j {
				best = min(best, set.Views[i].Camera.Pose.Pos.Sub(set.Views[j].Camera.Pose.Pos).Len())
			}
		}
		nearest = append(nearest, best/set.Frame.Radius)
	}
	if len(nearest) < 2 {
		return 0
	}
	slices.Sort(nearest)
	return nearest[len(nearest)/2]
}

func (i *dataInfo) text(w io.Writer) {
	fmt.Fprintf(w, "data\t%s\n", i.Data)
	if i.Format != "" {
		fmt.Fprintf(w, "format\t%s\n", i.Format)
	}
	fmt.Fprintf(w, "views\t%d train, %d test\n", i.Views.Train, i.Views.Test)
	sizes := fmt.Sprintf("%d×%d", i.MinSize[0], i.MinSize[1])
	if i.MinSize != i.MaxSize {
		sizes += fmt.Sprintf(" to %d×%d", i.MaxSize[0], i.MaxSize[1])
	}
	fmt.Fprintf(w, "size\t%s pixels\n", sizes)
	printScene(w, i.Scene.Frame)
	fmt.Fprintf(w, "content\t%s\n", i.Scene.Where())
	fmt.Fprintf(w, "baseline\t%.3g scene radii\n", i.Baseline)
	for _, warning := range i.Warnings {
		fmt.Fprintf(w, "warning\t%s\n", cli.Line(warning))
	}
}

// classInfo is what lfn info tells of a folder of many scenes.
type classInfo struct {
	Data      string         `json:"data"`
	Instances counts         `json:"instances"`
	Classes   map[string]int `json:"classes,omitempty"` // instances of each, where there are several
	Instance  string         `json:"instance"`          // the one that the rest is of: the first
	Views     int            `json:"views"`
	Size      [2]int         `json:"size"` // of its first view, pixels
	Warnings  []string       `json:"warnings"`
}

func classInfoOf(class *dataset.Class) (*classInfo, error) {
	one, err := class.Peek(0, dataset.Options{})
	if err != nil {
		return nil, err
	}
	c := &one.Views[0].Camera
	i := &classInfo{Data: class.Path, Instances: counts{len(class.Split(dataset.Train)), len(class.Split(dataset.Test))},
		Instance: class.Instances[0].Name, Views: len(one.Views), Size: [2]int{c.Width, c.Height}, Warnings: append([]string{}, class.Warnings...)}
	for _, instance := range class.Instances {
		if instance.Class != "" {
			if i.Classes == nil {
				i.Classes = map[string]int{}
			}
			i.Classes[instance.Class]++
		}
	}
	return i, nil
}

func (i *classInfo) text(w io.Writer) {
	fmt.Fprintf(w, "data\t%s\n", i.Data)
	fmt.Fprintf(w, "instances\t%d to train on, %d held out\n", i.Instances.Train, i.Instances.Test)
	for _, class := range slices.Sorted(maps.Keys(i.Classes)) {
		fmt.Fprintf(w, "class\t%s, %d instances\n", class, i.Classes[class])
	}
	fmt.Fprintf(w, "first\t%s, %d views, %d×%d pixels\n", i.Instance, i.Views, i.Size[0], i.Size[1])
	for _, warning := range i.Warnings {
		fmt.Fprintf(w, "warning\t%s\n", cli.Line(warning))
	}
}

func printScene(w io.Writer, f plucker.Frame) {
	// What is nothing beside the scene's size is 0.
	tidy := func(v [3]float64, unit float64) [3]float64 {
		for i := range v {
			v[i] = math.Round(v[i]/unit*1e4)*unit/1e4 + 0 // −0 + 0 is 0
		}
		return v
	}
	fmt.Fprintf(w, "scene\tcentre %.4g, radius %.4g, up %.3g\n", tidy(f.Center, f.Radius), f.Radius, tidy(f.Up, 1))
}
