package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
)

// epiFlags are an epipolar-plane image.
type epiFlags struct {
	row    int // below 0 where none is wanted
	track  float64
	travel bool // the cameras are those of --path or --turntable
}

func (f *epiFlags) flags(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.row, "epi", -1, "make the epipolar-plane image of `ROW`, from 0, the top")
	cmd.Flags().Float64Var(&f.track, "track", 0, "`LENGTH` of the camera's track for --epi, in units of the scene; if not given, as wide as the photographs' cameras stand, at most the scene's radius")
	cmd.Flags().Lookup("epi").DefValue = "none"
}

func (f *epiFlags) check(cmd *cobra.Command, out string) error {
	given := func(name string) bool { return cmd.Flags().Changed(name) }
	if !given("epi") {
		if given("track") {
			return cli.Usagef("--track is for --epi")
		}
		return nil
	}
	f.travel = given("path") || given("turntable")
	switch {
	case f.row < 0:
		return cli.Usagef("--epi %d: want a row of the picture, from 0, the top", f.row)
	case given("track") && !(f.track > 0 && f.track <= 1e12):
		return cli.Usagef("--track %v: want a length in units of the scene, above 0", f.track)
	case given("track") && f.travel:
		return cli.Usagef("--track and a --path or --turntable do not go together")
	case strings.ToLower(filepath.Ext(out)) != ".png":
		return cli.Usagef("--epi makes one picture: say which, as -o epi.png")
	}
	for _, other := range []string{"depth", "normals", "confidence", "show"} {
		if given(other) {
			return cli.Usagef("--epi and --%s do not go together", other)
		}
	}
	return nil
}

// cameras are those of the rows. It says on stderr where the track reaches beyond the cameras of the photographs.
func (f *epiFlags) cameras(cmd *cobra.Command, cams []plucker.Camera, m *lfn.Model) []plucker.Camera {
	if f.travel {
		return cams
	}
	length, wide := f.track, 2*captured(m)
	switch {
	case length == 0 && wide == 0:
		length = m.Scene.Radius
	case length == 0:
		length = min(m.Scene.Radius, wide)
	case wide > 0 && length > wide:
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: the track of %v is longer than the photographs' cameras stand apart, %.4g: what is seen from its ends is a guess\n", length, wide)
	}
	return render.Track(cams[0], cams[0].Height, length)
}

// write also says whether some colours are not numbers.
func (f *epiFlags) write(ctx context.Context, r render.Renderer, out string, cams []plucker.Camera, o render.Options) (files []string, broken bool, err error) {
	var m render.Image
	if err := render.EPI(ctx, r, &m, cams, f.row, o); err != nil {
		return nil, false, err
	}
	return []string{out}, !m.Finite(), m.SavePNG(out)
}
