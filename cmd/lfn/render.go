package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train"
)

// renderFlags are the flags of lfn render.
type renderFlags struct {
	out       string
	size      cli.Size
	sized     bool // --size was given
	fovDeg    float64
	orbit     cli.Orbit
	camera    string
	format    cli.Format // of the data set that camera names
	path      string
	turntable int
	fps       float64
	samples   cli.Samples
	on        cli.RenderDevice
	json      bool

	geometry geometryFlags
	lens     lensFlags
	epi      epiFlags
}

// shot is what is to be rendered: cameras one after another.
type shot struct {
	cams []plucker.Camera
	fps  float64
	from string // whose camera it is, for messages; "" where it is of no photograph
}

const maxFrames = 100_000

func newRender() *cobra.Command {
	f := renderFlags{size: cli.Size{W: 800, H: 600}, fovDeg: 40, orbit: cli.Orbit{Orbit: render.Orbit{AzDeg: 30, ElDeg: 20}}}
	cmd := &cobra.Command{
		Use:   "render [MODEL]",
		Short: "Render views of a model to PNG, GIF or MP4",
		Long: `render renders views of a model, or of the default scene. The name of the output says what it becomes: .png
is a picture, numbered where there are several; .gif an animation; .mp4 a film, by way of ffmpeg.

A view is from a point around the scene (--orbit), once around it from there (--turntable), from the camera of a
photograph (--camera), or along keyframes in a JSON file (--path), such as

  {"fps": 30, "frames": 120, "size": [400, 300], "loop": true, "keyframes": [
    {"orbit": [0, 20, 3]},
    {"position": [2, -2, 1], "target": [0, 0, 0], "fov_deg": 30}]}

where an orbit is azimuth, elevation and distance as in --orbit, and a "pose" may stand for it, camera to world.

The picture shows colours, or with --show depth, normals or confidence, with a scale where there is room; what is not
sure is faint. As numbers they go to files of their own, numbered as pictures are; then -o is not needed. .npy is what
numpy.load reads, float32 of the shape (height, width) or (height, width, 3); .pfm is the portable float map, rows from the
bottom up, little-endian; .png is 16-bit, its scale in a text chunk of the file. --depth is the distance along the viewing
axis in the units of the scene, as lfn dataset render --depth writes it. --normals are x, y, z in the world. Both are 0
where nothing is known, which is where --confidence is below 0.5. --fill closes holes of depth, in pictures only: it is
made up.

--epi ROW makes the epipolar-plane image of that row: each row of it is from another camera, of --turntable or --path, or
on a line of the length --track to the right through the view, as many as the picture has rows.

--aperture R takes a lens of that radius for the pinhole, in the units of the scene, of which --focus is sharp: a distance
along the viewing axis, or what pixel X,Y of the first picture shows. Each pixel is then the mean of N×N rays (--samples,
8×8 if it is not given), and costs N² evaluations of the network.`,
		Example: `  lfn render -o out.png --orbit 30,20
  lfn render --turntable 48 --size 256x256 -o turntable.gif
  lfn render scene.lfn --camera test:0 -o view.png
  lfn render scene.lfn --depth depth.npy --normals normals.pfm --show depth -o depth.png
  lfn render scene.lfn --epi 150 -o epi.png
  lfn render scene.lfn --focus 3.5 --aperture 0.1 -o lens.png`,
		Args: cli.Args(0, 1, "a model or none"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.sized = cmd.Flags().Changed("size")
			if err := f.check(cmd); err != nil {
				return err
			}
			return f.run(cmd, args)
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.out, "out", "o", "", "picture to write to `FILE`: .png, .gif or .mp4")
	fl.Var(&f.size, "size", "width and height in pixels; that of the camera or path where these have one")
	fl.Float64Var(&f.fovDeg, "fov", f.fovDeg, "horizontal field of view in `DEGREES`")
	fl.Var(&f.orbit, "orbit", "azimuth and elevation in degrees, and distance in scene radii")
	fl.StringVar(&f.camera, "camera", "", "the camera of a photograph: `DATA:SPLIT:INDEX`, or SPLIT:INDEX for one of the model's")
	f.format.Flag(cmd)
	fl.StringVar(&f.path, "path", "", "keyframes in a JSON `FILE`")
	fl.IntVar(&f.turntable, "turntable", 0, "`N` frames once around the scene")
	fl.Float64Var(&f.fps, "fps", 24, "frames a second of a GIF or film")
	f.samples.Flag(cmd)
	f.geometry.flags(cmd)
	f.epi.flags(cmd)
	f.lens.flags(cmd)
	f.on.Flags(cmd)
	fl.BoolVar(&f.json, "json", false, "print one JSON object on stdout")
	return cmd
}

// check finds what is wrong with the flags taken together.
func (f *renderFlags) check(cmd *cobra.Command) error {
	given := func(name string) bool { return cmd.Flags().Changed(name) }
	switch strings.ToLower(filepath.Ext(f.out)) {
	case ".png", ".gif", ".mp4":
	case "":
		if f.out != "" || len(f.geometry.files()) == 0 {
			return cli.Usagef("say what to write, as -o out.png")
		}
	default:
		return cli.Usagef("--out %s: want a name that ends in .png, .gif or .mp4", f.out)
	}
	for _, pair := range [][2]string{{"camera", "orbit"}, {"camera", "path"}, {"camera", "turntable"}, {"camera", "fov"},
		{"path", "orbit"}, {"path", "turntable"}, {"path", "fov"}} {
		if given(pair[0]) && given(pair[1]) {
			return cli.Usagef("--%s and --%s do not go together", pair[0], pair[1])
		}
	}
	for _, err := range []error{f.geometry.check(cmd, f.out), f.lens.check(cmd, f.geometry.show.Value), f.epi.check(cmd, f.out)} {
		if err != nil {
			return err
		}
	}
	if f.format.Value != "" && f.camera == "" {
		return cli.Usagef("--format %s: is for --camera DATA:SPLIT:INDEX", f.format.Value)
	}
	if given("turntable") && (f.turntable < 1 || f.turntable > maxFrames) {
		return cli.Usagef("--turntable %d: want 1 to %d frames", f.turntable, maxFrames)
	}
	if !(f.fps >= 0.01 && f.fps <= 1000) {
		return cli.Usagef("--fps %v: want 0.01 to 1000", f.fps)
	}
	if !(f.fovDeg >= 0.1 && f.fovDeg <= 175) {
		return cli.Usagef("--fov %v: want 0.1 to 175 degrees", f.fovDeg)
	}
	return nil
}

func (f *renderFlags) run(cmd *cobra.Command, args []string) error {
	m, name, err := cli.OpenModel(args)
	if err != nil {
		return err
	}
	shot, err := f.shot(cmd, m)
	if err != nil {
		return err
	}
	if err := cli.CheckOutputs(append(args, f.path), f.outputs(len(shot.cams))); err != nil {
		return err
	}
	if f.out != "" {
		if err := render.CheckFrames(f.out, len(shot.cams), shot.cams[0].Width, shot.cams[0].Height); err != nil {
			return err
		}
	}
	if err := f.checkMemory(shot.cams[0].Width, shot.cams[0].Height, train.FreeMemory()); err != nil {
		return err
	}
	r, err := f.on.Open(m, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer r.Close()
	o := f.samples.Options(m)
	if o.Aperture, o.Focus, err = f.lens.options(cmd, m, r, &shot.cams[0]); err != nil {
		return err
	}
	if _, err := o.Side(&shot.cams[0], m.Scene); err != nil { // before anything is written
		return err
	}
	var files []string
	var broken bool     // some colours are not numbers
	var firstMs float64 // from the start of the program
	size := [2]int{shot.cams[0].Width, shot.cams[0].Height}
	if f.epi.row >= 0 {
		shot.cams = f.epi.cameras(cmd, shot.cams, m)
		size[1] = len(shot.cams)
		files, broken, err = f.epi.write(cmd.Context(), r, f.out, shot.cams, o)
	} else {
		frames := frames{flags: &f.geometry, renderer: r, cams: shot.cams, options: o, picture: f.out != "", first: &firstMs}
		files, err = frames.write(cmd.Context(), f.out, shot.fps)
		broken = frames.broken
		if err == nil && f.geometry.needed() && !frames.known {
			fmt.Fprintln(cmd.ErrOrStderr(), "note: nothing is known of where what these views show is: all of it is 0, see --confidence")
		}
	}
	if err != nil {
		return err
	}
	if broken {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: some colours of %s are not finite, and black here: train it anew\n", name)
	}
	if f.json {
		return cli.PrintJSON(cmd.OutOrStdout(), struct {
			Device    string   `json:"device"`
			Name      string   `json:"name"`
			Precision string   `json:"precision"`
			Size      [2]int   `json:"size"`
			Frames    int      `json:"frames"`
			FirstMs   float64  `json:"first_frame_ms"` // from the start of the program
			Files     []string `json:"files"`
		}{r.Device, r.Name, r.Precision, size, len(shot.cams), firstMs, files})
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s%s\n", firstToLast(files), shot.from)
	return nil
}

// firstToLast names files that are numbered.
func firstToLast(files []string) string {
	if len(files) == 1 {
		return files[0]
	}
	return files[0] + " … " + files[len(files)-1]
}

// checkMemory refuses frames of w×h pixels where so many bytes that are free, unless that is 0, are too few for one.
func (f *renderFlags) checkMemory(w, h int, free int64) error {
	pixel := int64(24) // as it is and on its way to a file
	if f.geometry.needed() {
		pixel = 80
	}
	if need := pixel * int64(w) * int64(h); free > 0 && need > free {
		return fmt.Errorf("to render %d×%d pixels takes %.1f GB of memory, and %.1f GB are free: take a smaller --size", w, h, float64(need)/1e9, float64(free)/1e9)
	}
	return nil
}

// outputs are the files that n frames are to be written to.
func (f *renderFlags) outputs(n int) []string {
	var names []string
	for _, file := range f.geometry.files() {
		names = append(names, render.Numbered(file, n)...)
	}
	switch {
	case f.out == "":
		return names
	case strings.ToLower(filepath.Ext(f.out)) == ".png" && f.epi.row < 0:
		return append(names, render.Numbered(f.out, n)...)
	}
	return append(names, f.out)
}

// shot makes the cameras that the flags ask for.
func (f *renderFlags) shot(cmd *cobra.Command, m *lfn.Model) (shot, error) {
	s := shot{fps: f.fps}
	switch {
	case f.camera != "":
		cam, err := cli.PickCamera(m, f.camera, f.format.Value)
		if err != nil {
			return s, err
		}
		if cam.Name != "" {
			s.from = ", from the camera of " + cam.Name
		}
		if f.sized {
			cam.Camera = cam.Scaled(f.size.W, f.size.H)
		}
		s.cams = []plucker.Camera{cam.Camera}
	case f.path != "":
		p, err := render.LoadPath(f.path, m.Scene)
		if err != nil {
			return s, err
		}
		if p.FPS != 0 && !cmd.Flags().Changed("fps") {
			s.fps = p.FPS
		}
		n := p.Frames
		if n == 0 {
			n = 96
		}
		w, h := f.size.W, f.size.H
		if p.Size != [2]int{} && !f.sized {
			w, h = p.Size[0], p.Size[1]
		}
		s.cams = p.Cameras(n, w, h)
	default:
		if front, ok := render.Front(m); ok && !cmd.Flags().Changed("orbit") && f.turntable == 0 {
			if !cmd.Flags().Changed("fov") {
				f.fovDeg = 360 / math.Pi * math.Atan(float64(front.Width)/2/front.Intrinsics.Fx)
			}
			s.cams = []plucker.Camera{plucker.Pinhole(front.Pose, f.size.W, f.size.H, f.fovDeg*math.Pi/180)}
			break
		}
		o := f.orbit.Orbit
		o.FovDeg = f.fovDeg
		s.cams = o.Turntable(m.Scene, max(f.turntable, 1), f.size.W, f.size.H)
	}
	return s, nil
}
