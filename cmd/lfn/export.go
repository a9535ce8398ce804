package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/render/cloud"
	"lfnview/shaders"
)

// exportFlags are what lfn export takes.
type exportFlags struct {
	glsl      string // a folder
	precision cli.Word
	ply, glb  string
	points    cli.Natural
	cloud     cloud.Options
	on        cli.RenderDevice
}

func newExport() *cobra.Command {
	f := exportFlags{precision: cli.Word{Value: "fp32", Of: []string{"fp32", "fp16"}}, points: 1_000_000, cloud: cloud.Options{Confidence: lfn.Confident}}
	cmd := &cobra.Command{
		Use:   "export [MODEL] --glsl DIR | --ply FILE | --glb FILE",
		Short: "Write a model as a compute shader or as points, for other programs",
		Long: `export writes a model, or the default scene, for other programs.

--glsl writes it as a compute shader for OpenGL 4.3, with its weights and textures, and a README.md that says how to call it.
--precision fp32 needs no extension; fp16 needs GL_NV_gpu_shader5 or GL_AMD_gpu_shader_half_float.

--ply and --glb write points: what the cameras of the photographs see, or cameras all around the scene where the model does
not know them. Pixels with a confidence of --confidence or more count; points of many views that are in one place become
one, and those that other views see through are left out. .ply has them in the world's units, with normals and sRGB
colours; .glb, glTF 2.0, with colours, turned so that up is up.`,
		Example: `  lfn export --glsl shader
  lfn export scene.lfn --glsl shader --precision fp16
  lfn export --ply points.ply --glb points.glb
  lfn export lego.lfn --ply data/lego.ply --points 200000 --confidence 0.8`,
		Args: cli.Args(0, 1, "a model or none"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.glsl, "glsl", "", "write the shader and what it reads to `DIR`")
	f.precision.Flag(cmd, "precision", "of the shader's arithmetic")
	fl.StringVar(&f.ply, "ply", "", "write points to a `FILE` of the Stanford polygon format")
	fl.StringVar(&f.glb, "glb", "", "write points to a glTF `FILE`")
	fl.Var(&f.points, "points", "at most `N` points")
	fl.Float64Var(&f.cloud.Confidence, "confidence", f.cloud.Confidence, "of pixels that become points, above 0 to 1")
	f.on.Device.Flag(cmd)
	f.on.Precision.Value = "auto"
	return cmd
}

func (f *exportFlags) run(cmd *cobra.Command, args []string) error {
	if f.glsl == "" && f.ply == "" && f.glb == "" {
		return cli.Usagef("say what to write, as --glsl shader, --ply points.ply or --glb points.glb")
	}
	if f.cloud.Confidence == 0 {
		return cli.Usagef("--confidence 0: want above 0 to 1")
	}
	f.cloud.Points = int(f.points)
	if err := f.cloud.Validate(); err != nil {
		return cli.Usagef("%w", err)
	}
	var outputs []string
	for _, out := range []string{f.ply, f.glb} {
		if out != "" {
			outputs = append(outputs, out)
		}
	}
	if err := cli.CheckOutputs(args, outputs); err != nil {
		return err
	}
	m, _, err := cli.OpenModel(args)
	if err != nil {
		return err
	}
	if f.glsl != "" {
		if err := f.writeShader(cmd, m); err != nil {
			return err
		}
	}
	if f.ply != "" || f.glb != "" {
		return f.writePoints(cmd, m)
	}
	return nil
}

func (f *exportFlags) writeShader(cmd *cobra.Command, m *lfn.Model) error {
	v, err := shaders.Portable(m.Network.Config, f.precision.Value == "fp16")
	if err != nil {
		return err
	}
	textures, err := shaders.NewTextures(m.Network)
	if err != nil {
		return err
	}
	s, err := shaders.New(m.Network, v)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.glsl, 0o777); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if err := s.Export(f.glsl, textures, m.Scene); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s: see its README.md\n", filepath.Join(f.glsl, "shader.comp"))
	return nil
}

func (f *exportFlags) writePoints(cmd *cobra.Command, m *lfn.Model) error {
	r, err := f.on.Open(m, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer r.Close()
	tell := everyFewSeconds(cmd.ErrOrStderr())
	f.cloud.Progress = func(done, of int) { tell("looked from %d of %d cameras\n", done, of) }
	points, err := cloud.Gather(cmd.Context(), r, cloud.Cameras(m, f.cloud.Points), f.cloud)
	if err != nil {
		return err
	}
	if f.ply != "" {
		if err := cloud.SavePLY(f.ply, points); err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s: %d points\n", f.ply, len(points))
	}
	if f.glb != "" {
		if err := cloud.SaveGLB(f.glb, points, m.Scene.Up); err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s: %d points\n", f.glb, len(points))
	}
	return nil
}
