package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/train/dataset"
	"lfnview/train/prior"
)

// reconstructFlags are what lfn reconstruct takes.
type reconstructFlags struct {
	out        string
	class      string
	instance   string
	views      cli.Numbers
	cameras    []string
	orbits     []string
	search     bool
	fovDeg     float64
	masks      []string
	background cli.Background
	backdrop   *[3]float32 // background, where it is given
	steps      cli.Natural
	refine     cli.Natural
	regularize float64
	seed       uint64
	json       bool
}

func newReconstruct() *cobra.Command {
	f := reconstructFlags{steps: prior.DefaultReconstructSteps, regularize: prior.DefaultRegularize}
	cmd := &cobra.Command{
		Use:   "reconstruct PRIOR [IMAGE…]",
		Short: "Make a model of what one photograph shows, by a prior",
		Long: `reconstruct finds the scene that photographs show, among those that a prior can tell (lfn train --prior), and writes it as
a model like any other. What is transparent in a photograph is background, and so is what is black in a picture of the same
size (--mask), or what has one colour (--background), within a tenth in red, green and blue. A photograph on a background
like that of the prior's needs neither. Of one of another aspect the middle is taken, or where that would cut the object,
more background is put around it.

Each photograph has a camera: one of a data set (--camera), or one on an orbit (--orbit), or its own, where the file is in an
instance of a data set. That of a single photograph without one, or with --search, is searched for, as far off as those of
the prior, with their lens. Or the photographs are views of an instance (--instance); then the others measure what was found.
One of several that does not go with the others is named.

Of a prior's classes that of the scene is found, unless --class says it. An orbit is in units of its size, so --orbit asks
for --class.

With --refine the model itself is fitted to the photographs in the end: what they show comes out better, and what they do
not perhaps worse.`,
		Example: `  lfn reconstruct figures.prior --instance figures/test/000000 -o figure.lfn
  lfn reconstruct figures.prior figures/test/000000/rgb/000001.png --search -o figure.lfn
  lfn reconstruct figures.prior photo.png --orbit 30,20 -o figure.lfn
  lfn reconstruct cars.prior data/car.jpg --mask data/mask.png -o car.lfn
  lfn reconstruct cars.prior data/car.jpg --background '#3c8c50' -o car.lfn`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usagef("want a prior, and photographs or --instance")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd, args); err != nil {
				return err
			}
			return f.run(cmd, args[0], args[1:])
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.out, "out", "o", "", "`FILE` to write, such as object.lfn")
	fl.StringVar(&f.instance, "instance", "", "take the photographs from this `FOLDER`, an instance with cameras")
	fl.StringVar(&f.class, "class", "", "the class that the scene is of: `NAME`, of a prior of several (default: it is found)")
	fl.Var(&f.views, "from-views", "with --instance: `NUMBERS` of the views that are given, as 0,5 or 0-7 (default 0)")
	fl.StringArrayVar(&f.cameras, "camera", nil, "the camera of a photograph: `DATA:SPLIT:INDEX`; once for each")
	fl.StringArrayVar(&f.orbits, "orbit", nil, "the camera of a photograph: `AZ,EL[,DIST]` as in lfn render; once for each")
	fl.BoolVar(&f.search, "search", false, "search for the camera of a photograph that is in an instance too")
	fl.Float64Var(&f.fovDeg, "fov", 0, "with --orbit: horizontal field of view in `DEGREES` (default: the prior's)")
	fl.StringArrayVar(&f.masks, "mask", nil, "a picture that is white where a photograph shows the object: `FILE`; once for each")
	fl.Var(&f.background, "background", "`COLOUR` that the photographs have around the object: white, black or #rrggbb")
	fl.Lookup("background").DefValue = "" // as there is none
	fl.Var(&f.steps, "steps", "updates of the latent")
	fl.Var(&f.refine, "refine", "then fit the model itself by `N` updates (default none)")
	fl.Float64Var(&f.regularize, "regularize", f.regularize, "weight of the mean square of the latent; negative: none")
	fl.Uint64Var(&f.seed, "seed", 1, "of everything that is left to chance")
	fl.BoolVar(&f.json, "json", false, "print one JSON object on stdout")
	return cmd
}

// check finds what is wrong with the flags taken together.
func (f *reconstructFlags) check(cmd *cobra.Command, args []string) error {
	given := cmd.Flags().Changed
	images := len(args) - 1
	switch {
	case f.out == "":
		return cli.Usagef("say what to write, as -o object.lfn")
	case f.instance == "" && images == 0:
		return cli.Usagef("want a photograph, or --instance")
	case f.instance != "" && images > 0:
		return cli.Usagef("photographs and --instance do not go together")
	case f.instance == "" && given("from-views"):
		return cli.Usagef("--from-views is for --instance")
	case len(f.cameras) > 0 && len(f.orbits) > 0:
		return cli.Usagef("--camera and --orbit do not go together")
	case f.instance != "" && len(f.cameras)+len(f.orbits) > 0:
		return cli.Usagef("--instance has cameras: neither --camera nor --orbit go with it")
	case f.search && (f.instance != "" || len(f.cameras)+len(f.orbits) > 0 || images != 1):
		return cli.Usagef("--search is for one photograph, without --camera, --orbit and --instance")
	case given("fov") && (len(f.orbits) == 0 || !(f.fovDeg >= 0.1 && f.fovDeg <= 175)):
		return cli.Usagef("--fov %v: want 0.1 to 175 degrees, with --orbit", f.fovDeg)
	case f.instance != "" && (len(f.masks) > 0 || given("background")):
		return cli.Usagef("--mask and --background are for photographs, not for --instance")
	case len(f.masks) > 0 && given("background"):
		return cli.Usagef("--mask and --background do not go together")
	case len(f.masks) > 0 && len(f.masks) != images:
		return cli.Usagef("%s for %s: want one for each", counted(len(f.masks), "mask"), counted(images, "photograph"))
	}
	if len(f.views) == 0 {
		f.views = cli.Numbers{0}
	}
	if given("background") {
		f.backdrop = (*[3]float32)(&f.background)
	}
	if n := len(f.cameras) + len(f.orbits); n > 0 && n != images {
		return cli.Usagef("%s for %s: want one for each", counted(n, "camera"), counted(images, "photograph"))
	}
	if err := cli.CheckEnding(f.out, ".lfn"); err != nil {
		return err
	}
	return cli.CheckOutputs(args, []string{f.out})
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// reconstructed is what lfn reconstruct prints.
type reconstructed struct {
	Model        string     `json:"model"`
	Bytes        int64      `json:"bytes"`
	Seconds      float64    `json:"seconds"`
	PSNRdB       float64    `json:"psnr_db"`                 // of the photographs that were given
	OthersPSNRdB float64    `json:"others_psnr_db,omitzero"` // of the instance's other views
	Orbit        []float64  `json:"orbit,omitempty"`         // azimuth, elevation and distance that were found
	Class        string     `json:"class,omitempty"`         // that it was found to be of, where the prior has several
	Nearest      []neighbor `json:"nearest"`                 // training instances

	given int // photographs
}

// neighbor is a training instance, and how far its latent is from the one that was found.
type neighbor struct {
	Name     string  `json:"name"`
	Distance float64 `json:"distance"`
}

func (f *reconstructFlags) run(cmd *cobra.Command, name string, images []string) error {
	o := prior.ReconstructOptions{Steps: int(f.steps), Regularize: f.regularize, Seed: f.seed}
	if f.regularize == 0 {
		o.Regularize = -1
	}
	if err := o.Validate(); err != nil {
		return &cli.UsageError{Err: err}
	}
	p, err := lfn.OpenPrior(name)
	if err != nil {
		return err
	}
	if o.Class = f.class; f.class == "" && len(p.Classes) > 1 && (len(f.orbits) > 0 || slices.ContainsFunc(f.cameras, ofPrior)) {
		return cli.Usagef("%s has %d classes, which may be of different sizes: say by --class which of their cameras is meant", name, len(p.Classes))
	}
	start := time.Now()
	given, others, known, err := f.open(cmd, p, images)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	res := reconstructed{Model: f.out}
	var z lfn.Latent
	var class int
	if !known {
		fmt.Fprintf(cmd.ErrOrStderr(), "searching for the camera of %s\n", images[0])
		found, err := prior.ReconstructUnknown(ctx, p, given[0], o)
		if err != nil {
			return err
		}
		z, class = found.Latent, found.Class
		given[0].Camera = found.Orbit.Camera(p.Classes[class].Scene, given[0].Camera.Width, given[0].Camera.Height)
		res.Orbit = []float64{found.Orbit.AzDeg, found.Orbit.ElDeg, found.Orbit.Dist}
	} else {
		found, err := prior.Reconstruct(ctx, p, given, o)
		if err != nil {
			return err
		}
		z, class = found.Latent, found.Class
	}
	m := prior.Model(p, z, class, given)
	if f.refine > 0 {
		if m.Network, err = prior.Refine(ctx, m, given, prior.RefineOptions{Steps: int(f.refine), Seed: f.seed}); err != nil {
			return err
		}
	}
	if err := m.Save(f.out); err != nil {
		return err
	}
	psnrsDB, err := prior.PSNRs(ctx, m, slices.Concat(given, others))
	if err != nil {
		return err
	}
	n := len(given)
	res.given = n
	for i, db := range psnrsDB {
		if i < n {
			res.PSNRdB += db / float64(n)
		} else {
			res.OthersPSNRdB += db / float64(len(others))
		}
	}
	named := slices.Clone(given) // as on the command line: photographs of several instances may have one name
	for i, file := range images {
		named[i].Name = file
	}
	doubts := prior.Doubts(p, class, named, psnrsDB[:n])
	contradiction, err := prior.Contradiction(ctx, p, class, named, z, o)
	if err != nil {
		return err
	}
	if contradiction != "" {
		doubts = append(doubts, contradiction)
	}
	for _, doubt := range doubts {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s\n", cli.Line(doubt))
	}
	if len(p.Classes) > 1 {
		res.Class = p.Classes[class].Name
	}
	const told = 3
	for _, i := range p.Nearest(z, told) {
		res.Nearest = append(res.Nearest, neighbor{p.Instances[i].Name, z.Distance(p.Latent(i))})
	}
	res.Seconds = time.Since(start).Seconds()
	return f.tell(cmd, &res)
}

// ofPrior says whether a camera is named SPLIT:INDEX, of those that the prior remembers.
func ofPrior(camera string) bool { return strings.Count(camera, ":") == 1 }

// tell says what was found.
func (f *reconstructFlags) tell(cmd *cobra.Command, res *reconstructed) error {
	var err error
	if res.Bytes, err = fileSize(f.out); err != nil {
		return err
	}
	w := cmd.ErrOrStderr()
	if f.json {
		return cli.PrintJSON(cmd.OutOrStdout(), res)
	}
	what := "the photograph given"
	if res.given > 1 {
		what = fmt.Sprintf("the %d photographs given", res.given)
	}
	fmt.Fprintf(w, "wrote %s, %s bytes, in %.1f s: %s %.2f dB PSNR", f.out, count(float64(res.Bytes)), res.Seconds, what, res.PSNRdB)
	if res.OthersPSNRdB != 0 {
		fmt.Fprintf(w, ", the instance's others %.2f", res.OthersPSNRdB)
	}
	fmt.Fprintln(w)
	if res.Orbit != nil {
		fmt.Fprintf(w, "the photograph is from --orbit %.1f,%.1f,%.2f\n", res.Orbit[0], res.Orbit[1], res.Orbit[2])
	}
	if res.Class != "" {
		fmt.Fprintf(w, "it is as large as those of the class %s\n", res.Class)
	}
	fmt.Fprintf(w, "the training instance most like it: %s\n", res.Nearest[0].Name)
	if res.Orbit != nil {
		fmt.Fprintf(w, "look at it from there: lfn render %s --camera train:0 -o view.png\n", f.out)
	}
	return nil
}

// open opens the photographs, and the other views of their instance, and says whether their cameras are known.
func (f *reconstructFlags) open(cmd *cobra.Command, p *lfn.Prior, images []string) (given, others []dataset.View, known bool, err error) {
	if f.instance != "" {
		given, others, err = f.openInstance(p)
		return given, others, true, err
	}
	for i, file := range images {
		photo, err := f.openPhotograph(p, i, file)
		if err != nil {
			return nil, nil, false, err
		}
		for _, note := range photo.Notes {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", file, cli.Line(note))
		}
		if known = photo.Known; !known && len(images) > 1 {
			return nil, nil, false, cli.Usagef("%d photographs and no camera of %s: want --camera or --orbit for each, or one photograph", len(images), file)
		}
		given = append(given, photo.View)
	}
	return given, nil, known, nil
}

// openPhotograph opens photograph i with the camera that the flags say, or its own, or none.
func (f *reconstructFlags) openPhotograph(p *lfn.Prior, i int, file string) (*prior.Photograph, error) {
	cut := dataset.Cutout{Color: f.backdrop}
	if len(f.masks) > 0 {
		cut.Mask = f.masks[i]
	}
	number := p.ClassNamed(f.class)
	class := &p.Classes[number]
	switch {
	case len(f.cameras) > 0:
		c, err := cli.PickCamera(&lfn.Model{Cameras: class.Cameras}, f.cameras[i], "")
		if err != nil {
			return nil, err
		}
		photo, err := prior.OpenPhotograph(p, number, file, cut, &c.Camera)
		if err != nil {
			return nil, err
		}
		photo.Notes = append(photo.Notes, fmt.Sprintf("camera %s is that of %s", f.cameras[i], c.Name))
		photo.Camera, photo.Known = c.Scaled(photo.Camera.Width, photo.Camera.Height), true
		return photo, nil
	case len(f.orbits) > 0:
		var o cli.Orbit
		if err := o.Set(f.orbits[i]); err != nil {
			return nil, cli.Usagef("--orbit %s: %w", f.orbits[i], err)
		}
		lens, like := prior.Lens(class), prior.Lookout(class)
		if f.fovDeg != 0 {
			lens = nil
		}
		photo, err := prior.OpenPhotograph(p, number, file, cut, lens)
		if err != nil {
			return nil, err
		}
		o.Dist, o.FovDeg = cmp.Or(o.Dist, like.Dist), cmp.Or(f.fovDeg, like.FovDeg)
		photo.Camera, photo.Known = o.Camera(class.Scene, photo.Camera.Width, photo.Camera.Height), true
		return photo, nil
	case f.search:
		return prior.OpenPhotograph(p, number, file, cut, prior.Lens(class))
	}
	photo, err := prior.OpenOfInstance(p, number, file, cut)
	if err == nil && photo.Known {
		photo.Notes = append(photo.Notes, "the camera is its own, of the instance that it is in; --search looks for one")
	}
	return photo, err
}

// openInstance opens all views of the instance, those given apart.
func (f *reconstructFlags) openInstance(p *lfn.Prior) (given, others []dataset.View, err error) {
	a, err := prior.OpenFolder(p, f.instance)
	if err != nil {
		return nil, nil, err
	}
	views, err := a.ReadAll()
	if err != nil {
		return nil, nil, err
	}
	for _, i := range f.views {
		if i >= len(views) {
			return nil, nil, cli.Usagef("--from-views %d: %s has %d views, want 0 to %d", i, f.instance, len(views), len(views)-1)
		}
		given = append(given, views[i])
	}
	for i := range views {
		if !slices.Contains(f.views, i) {
			others = append(others, views[i])
		}
	}
	return given, others, nil
}
