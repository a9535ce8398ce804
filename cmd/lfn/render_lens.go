package main

import (
	"fmt"

	"github.com/go-gl/mathgl/mgl64"
	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/render/look"
)

// lensFlags are a lens, and what it has sharp.
type lensFlags struct {
	aperture float64
	focus    cli.Focus
}

func (f *lensFlags) flags(cmd *cobra.Command) {
	cmd.Flags().Var(&f.focus, "focus", "what is sharp with --aperture: a distance along the viewing axis, or what a pixel shows")
	cmd.Flags().Float64Var(&f.aperture, "aperture", 0, "`RADIUS` of the lens, in units of the scene")
}

func (f *lensFlags) check(cmd *cobra.Command, show string) error {
	aperture, focus := cmd.Flags().Changed("aperture"), cmd.Flags().Changed("focus")
	switch {
	case aperture != focus:
		return cli.Usagef("--aperture and --focus go together, as --aperture 0.1 --focus 4")
	case aperture && !(f.aperture > 0 && f.aperture <= 1e12):
		return cli.Usagef("--aperture %v: want the radius of a lens, above 0, in units of the scene", f.aperture)
	case aperture && show != look.Colors.String():
		return cli.Usagef("--aperture is for colours, and --show %s has one ray a pixel", show)
	}
	return nil
}

// options returns the aperture and the distance of focus of a picture from cam, and says on stderr where rays come from beyond the
// cameras of the photographs.
func (f *lensFlags) options(cmd *cobra.Command, m *lfn.Model, r *cli.Rendering, cam *plucker.Camera) (aperture, focus float64, err error) {
	if f.aperture == 0 {
		return 0, 0, nil
	}
	focus = f.focus.Dist
	if focus == 0 {
		if focus, err = f.depthAt(cmd, r, cam); err != nil {
			return 0, 0, err
		}
	}
	if f.aperture >= focus {
		return 0, 0, fmt.Errorf("aperture %v: is wider than what is sharp is far, %.4g: take a smaller one", f.aperture, focus)
	}
	if reach := captured(m); len(m.Cameras) > 0 && f.aperture > reach {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: the lens of radius %v reaches beyond the photographs' cameras, which are within %.4g: what is seen from there is a guess\n", f.aperture, reach)
	}
	return f.aperture, focus, nil
}

// depthAt is the depth of the pixel that is to be sharp.
func (f *lensFlags) depthAt(cmd *cobra.Command, r *cli.Rendering, cam *plucker.Camera) (float64, error) {
	x, y := f.focus.X, f.focus.Y
	if x >= cam.Width || y >= cam.Height {
		return 0, cli.Usagef("--focus %d,%d: is not in the picture of %d×%d pixels", x, y, cam.Width, cam.Height)
	}
	var g render.Geometry
	pixel := render.Crop(*cam, x, y, 1, 1)
	if err := r.Geometry(cmd.Context(), &g, &pixel); err != nil {
		return 0, err
	}
	if depth := g.Depths(nil, &pixel)[0]; depth > 0 {
		return float64(depth), nil
	}
	return 0, fmt.Errorf("focus %d,%d: nothing is known of how far what this pixel shows is: take another, see --show depth, or say a distance", x, y)
}

// captured is the distance of the farthest camera of the photographs from their middle.
func captured(m *lfn.Model) float64 {
	var middle mgl64.Vec3
	for i := range m.Cameras {
		middle = middle.Add(m.Cameras[i].Pose.Pos.Mul(1 / float64(len(m.Cameras))))
	}
	reach := 0.
	for i := range m.Cameras {
		reach = max(reach, m.Cameras[i].Pose.Pos.Sub(middle).Len())
	}
	return reach
}
