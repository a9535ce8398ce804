package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/render"
	"lfnview/train"
	"lfnview/train/prior"
)

func newPrior() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "prior",
		Short: "Look into a prior over scenes, and make scenes of it",
		Long: `prior looks into what lfn train --prior makes: what scenes of a class have in common. Instances are the scenes that it was
trained on; each has a name, its folder, and a number, from 0. 1 is a number, and 000001 the end of a name.`,
		Example: `  lfn prior info figures.prior
  lfn prior sample figures.prior -o figures.png`,
	}
	cmd.AddCommand(newPriorInfo(), newPriorSample(), newPriorInterpolate())
	return cmd
}

// priorInfo is what lfn prior info prints.
type priorInfo struct {
	Prior         string       `json:"prior"`
	Bytes         int64        `json:"bytes"`
	Conditioning  string       `json:"conditioning"`
	Encoding      string       `json:"encoding"`
	Hidden        []int        `json:"hidden"`
	Latent        int          `json:"latent"`
	Parameters    int          `json:"parameters"`
	NetworkParams int          `json:"network_parameters"` // of each scene
	Instances     int          `json:"instances"`
	Names         []string     `json:"names"` // of the instances, by number
	Classes       []classSize  `json:"classes"`
	Components    []float64    `json:"components"` // standard deviations along the first principal components
	Training      lfn.Training `json:"training"`
}

// classSize is how many instances a class of a prior has, and the radius of their scenes.
type classSize struct {
	Name      string  `json:"name,omitempty"` // "" where there is one class
	Instances int     `json:"instances"`
	Radius    float64 `json:"radius"`
}

func newPriorInfo() *cobra.Command {
	var f infoFlags
	cmd := &cobra.Command{
		Use:     "info PRIOR",
		Short:   "Say what is in a prior",
		Example: "  lfn prior info figures.prior\n  lfn prior info figures.prior --json",
		Args:    cli.Args(1, 1, "a prior"),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.prior(cmd, args[0]) },
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object on stdout")
	return cmd
}

func priorInfoOf(path string) (*priorInfo, error) {
	p, err := lfn.OpenPrior(path)
	if err != nil {
		return nil, err
	}
	c := p.Hyper.Config
	about := &priorInfo{Prior: path, Conditioning: c.Conditioning, Encoding: c.Network.Encoding.String(), Hidden: c.Network.Hidden, Latent: c.Latent,
		Parameters: c.Params(), NetworkParams: c.Network.Params(), Instances: len(p.Instances), Training: p.Training}
	if about.Bytes, err = fileSize(path); err != nil {
		return nil, err
	}
	for _, c := range p.Classes {
		about.Classes = append(about.Classes, classSize{Name: c.Name, Radius: c.Scene.Radius})
	}
	for i, x := range p.Instances {
		about.Names = append(about.Names, x.Name)
		about.Classes[p.ClassOf(i)].Instances++
	}
	const told = 8
	about.Components = prior.NewComponents(p, told).Std
	return about, nil
}

func (c classSize) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s, scenes of radius %.3g", c.Name, counted(c.Instances, "instance"), c.Radius))
}

func (a *priorInfo) text(w io.Writer) {
	fmt.Fprintf(w, "prior\t%s, %s bytes\n", a.Prior, count(float64(a.Bytes)))
	fmt.Fprintf(w, "conditioning\t%s, latents of %d numbers, %s parameters\n", a.Conditioning, a.Latent, count(float64(a.Parameters)))
	fmt.Fprintf(w, "network\t%s; layers of %v; %s parameters for each scene\n", a.Encoding, a.Hidden, count(float64(a.NetworkParams)))
	fmt.Fprintf(w, "instances\t%d\n", a.Instances)
	for _, c := range a.Classes {
		fmt.Fprintf(w, "class\t%s\n", c)
	}
	var stds []string
	for _, s := range a.Components {
		stds = append(stds, fmt.Sprintf("%.3g", s))
	}
	fmt.Fprintf(w, "components\t%s (standard deviations of the latents)\n", strings.Join(stds, " "))
	t := a.Training
	fmt.Fprintf(w, "trained on\t%s, %d steps\n", t.Data, t.Steps)
	if t.PSNRdB != 0 {
		fmt.Fprintf(w, "unseen\t%s, from one view\n", heldOut(t.PSNRdB, t.SSIM))
	}
}

// findInstance finds an instance by its name, or the end of that, or its number. Where an end reads as a number, it is one if
// it begins with a zero, as folders are numbered.
func findInstance(p *lfn.Prior, text string) (int, error) {
	number, err := strconv.Atoi(text)
	isNumber := err == nil && number >= 0 && number < len(p.Instances)
	if isNumber && text == strconv.Itoa(number) {
		return number, nil
	}
	found := -1
	for i, x := range p.Instances {
		if x.Name == text {
			return i, nil
		}
		if strings.HasSuffix(x.Name, "/"+text) {
			if found >= 0 {
				return 0, fmt.Errorf("instance %s: both %s and %s end like that", text, p.Instances[found].Name, x.Name)
			}
			found = i
		}
	}
	switch {
	case found >= 0:
		return found, nil
	case isNumber:
		return number, nil
	}
	return 0, fmt.Errorf("instance %s: there is none: want a number from 0 to %d, or a name such as %s", text, len(p.Instances)-1, p.Instances[0].Name)
}

// sampleFlags are what lfn prior sample takes.
type sampleFlags struct {
	out      string
	instance string
	random   bool
	count    cli.Natural
	size     cli.Natural
	seed     uint64
}

func newPriorSample() *cobra.Command {
	f := sampleFlags{count: 36, size: 96}
	cmd := &cobra.Command{
		Use:   "sample PRIOR",
		Short: "Show instances of a prior, or make a model of one",
		Long: `sample writes a picture of some of the prior's instances, evenly chosen, or with --random of scenes that are none of them:
latents that are as far apart as those of the instances. With --instance it makes a model of one instance.`,
		Example: `  lfn prior sample figures.prior -o figures.png
  lfn prior sample figures.prior --random --count 9 -o new.png
  lfn prior sample figures.prior --instance 0 -o figure.lfn`,
		Args: cli.Args(1, 1, "a prior"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.out, "out", "o", "", "`FILE` to write: .png, or with --instance .lfn")
	fl.StringVar(&f.instance, "instance", "", "`NAME` or number of an instance")
	fl.BoolVar(&f.random, "random", false, "make up scenes")
	fl.Var(&f.count, "count", "`N` scenes in the picture, or all instances where there are fewer")
	fl.Var(&f.size, "size", "width and height of each, `N` pixels")
	fl.Uint64Var(&f.seed, "seed", 1, "of --random")
	return cmd
}

const maxSampleSide = 1024 // pixels of one scene in a picture

func (f *sampleFlags) run(cmd *cobra.Command, name string) error {
	picture := strings.EqualFold(filepath.Ext(f.out), ".png")
	switch {
	case f.out == "":
		return cli.Usagef("say what to write, as -o figures.png, or -o figure.lfn with --instance")
	case cli.SameFile(name, f.out):
		return cli.Usagef("-o %s: is what is read, want another name", f.out)
	case f.instance != "" && f.random:
		return cli.Usagef("--instance and --random do not go together")
	case f.instance == "" && !picture:
		return cli.Usagef("-o %s: want a name that ends in .png, or --instance", f.out)
	case f.count > 1000 || f.size > maxSampleSide:
		return cli.Usagef("--count %d --size %d: want at most 1000 scenes of %d pixels", f.count, f.size, maxSampleSide)
	}
	if !picture {
		if err := cli.CheckEnding(f.out, ".lfn"); err != nil {
			return err
		}
	}
	p, err := lfn.OpenPrior(name)
	if err != nil {
		return err
	}
	if err := cli.CheckWritable(f.out); err != nil {
		return err
	}
	var names []string
	var latents []lfn.Latent
	of := "" // how many of how many
	var classes []int
	switch {
	case f.instance != "":
		i, err := findInstance(p, f.instance)
		if err != nil {
			return err
		}
		if !picture {
			if err := p.Model(p.Latent(i), p.ClassOf(i)).Save(f.out); err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s, %s\n", f.out, p.Instances[i].Name)
			return nil
		}
		names, latents, classes = []string{p.Instances[i].Name}, []lfn.Latent{p.Latent(i)}, []int{p.ClassOf(i)}
	case f.random:
		const components = 16
		c := prior.NewComponents(p, components)
		rng := rand.New(rand.NewPCG(f.seed, 0))
		for k := range int(f.count) {
			at := make([]float64, len(c.Axes))
			for j := range at {
				at[j] = rng.NormFloat64()
			}
			z := c.Latent(at...)
			names, latents, classes = append(names, fmt.Sprint(k)), append(latents, z), append(classes, p.ClassNear(z))
		}
	default:
		n := min(int(f.count), len(p.Instances))
		if of = fmt.Sprintf(", %d of %s", n, counted(len(p.Instances), "instance")); n == len(p.Instances) {
			of = fmt.Sprintf(", all of %s", counted(n, "instance"))
		}
		for k := range n {
			i := k * len(p.Instances) / n
			names, latents, classes = append(names, p.Instances[i].Name), append(latents, p.Latent(i)), append(classes, p.ClassOf(i))
		}
	}
	columns := int(math.Ceil(math.Sqrt(float64(len(latents)))))
	var rows [][]train.Picture
	for k, z := range latents {
		img, err := prior.Thumbnail(cmd.Context(), p, z, classes[k], int(f.size))
		if err != nil {
			return err
		}
		if k%columns == 0 {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], train.Picture{Title: names[k], Image: img})
	}
	data, err := train.SheetPNG(rows, int(f.size))
	if err != nil {
		return err
	}
	if err := lfn.WriteFile(f.out, func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s%s\n", f.out, of)
	return nil
}

// interpolateFlags are what lfn prior interpolate takes.
type interpolateFlags struct {
	out    string
	frames cli.Natural
	fps    float64
	size   cli.Size
	orbit  cli.Orbit
	turn   float64
}

func newPriorInterpolate() *cobra.Command {
	f := interpolateFlags{frames: 48, fps: 24, size: cli.Size{W: 256, H: 256}}
	cmd := &cobra.Command{
		Use:   "interpolate PRIOR A B",
		Short: "Make a film that goes from one instance to another",
		Long: `interpolate renders scenes whose latents are on the line from that of instance A to that of B, each a name or a number.
The name of the output says what it becomes: .gif, .mp4, or .png, numbered. Pictures that are wider than the photographs
show more on both sides. Instances of classes of different sizes are shown in one size.`,
		Example: `  lfn prior interpolate figures.prior 0 1 -o blend.gif
  lfn prior interpolate figures.prior train/000001 train/000002 -o blend.gif --turn 180`,
		Args: cli.Args(3, 3, "a prior and two instances"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.out, "out", "o", "", "`FILE` to write: .gif, .mp4 or .png")
	fl.Var(&f.frames, "frames", "`N` frames from A to B")
	fl.Float64Var(&f.fps, "fps", f.fps, "frames a second")
	fl.Var(&f.size, "size", "width and height in pixels")
	fl.Var(&f.orbit, "orbit", "azimuth and elevation in degrees, and distance in scene radii (default: as the photographs)")
	fl.Lookup("orbit").DefValue = "" // as the photographs
	fl.Float64Var(&f.turn, "turn", 0, "go around by so many `DEGREES` on the way")
	return cmd
}

func (f *interpolateFlags) run(cmd *cobra.Command, args []string) error {
	switch strings.ToLower(filepath.Ext(f.out)) {
	case ".png", ".gif", ".mp4":
	case "":
		return cli.Usagef("say what to write, as -o blend.gif")
	default:
		return cli.Usagef("-o %s: want a name that ends in .gif, .mp4 or .png", f.out)
	}
	if f.frames < 2 || f.frames > maxFrames {
		return cli.Usagef("--frames %d: want 2 to %d", f.frames, maxFrames)
	}
	if !(f.fps >= 0.01 && f.fps <= 1000) || !(math.Abs(f.turn) <= 1e6) {
		return cli.Usagef("--fps %v --turn %v: want 0.01 to 1000 frames a second, and a finite angle", f.fps, f.turn)
	}
	p, err := lfn.OpenPrior(args[0])
	if err != nil {
		return err
	}
	var ends [2]lfn.Latent
	var classes [2]*lfn.Class
	for i, name := range args[1:] {
		k, err := findInstance(p, name)
		if err != nil {
			return err
		}
		ends[i], classes[i] = p.Latent(k), &p.Classes[p.ClassOf(k)]
	}
	if err := cli.CheckWritable(f.out); err != nil {
		return err
	}
	if err := render.CheckFrames(f.out, int(f.frames), f.size.W, f.size.H); err != nil {
		return err
	}
	var orbits [2]render.Orbit
	for i, c := range classes {
		o := prior.LookoutFor(c, f.size.W, f.size.H)
		if cmd.Flags().Changed("orbit") {
			o.AzDeg, o.ElDeg, o.Dist = f.orbit.AzDeg, f.orbit.ElDeg, cmp.Or(f.orbit.Dist, o.Dist)
		}
		orbits[i] = o
	}
	ctx := cmd.Context()
	frames := func(yield func(*render.Image, error) bool) {
		img := new(render.Image)
		for i := range int(f.frames) {
			share := float64(i) / float64(f.frames-1)
			z := ends[0].Blend(ends[1], share)
			o, scene := orbits[0], classes[0].Scene
			o.AzDeg += share * f.turn
			o.Dist += share * (orbits[1].Dist - o.Dist)
			o.FovDeg += share * (orbits[1].FovDeg - o.FovDeg)
			if share > 0.5 { // which differs in what is up alone, since the camera has its size
				scene = classes[1].Scene
			}
			camera := o.Camera(scene, f.size.W, f.size.H)
			err := render.NewCPU(p.Hyper.Decode(z).Pack(), scene).Render(ctx, img, &camera, render.Options{})
			if !yield(img, err) || err != nil {
				return
			}
		}
	}
	files, err := render.WriteFrames(ctx, f.out, int(f.frames), frames, f.fps)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s, %s to %s\n", firstToLast(files), args[1], args[2])
	return nil
}
