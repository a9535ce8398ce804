package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/shaders"
)

func newExport() *cobra.Command {
	var folder string
	precision := cli.Word{Value: "fp32", Of: []string{"fp32", "fp16"}}
	cmd := &cobra.Command{
		Use:   "export [MODEL] --glsl DIR",
		Short: "Write a model as a GLSL compute shader, for other programs",
		Long: `export writes a model, or the default scene, as a compute shader for OpenGL 4.3, with its weights and textures, and
a README.md that says how to call it. fp32 needs no extension; fp16 needs GL_NV_gpu_shader5 or
GL_AMD_gpu_shader_half_float.`,
		Example: `  lfn export --glsl shader
  lfn export scene.lfn --glsl shader --precision fp16`,
		Args: cli.Args(0, 1, "a model or none"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if folder == "" {
				return cli.Usagef("say where to, as --glsl shader")
			}
			m, _, err := cli.OpenModel(args)
			if err != nil {
				return err
			}
			v, err := shaders.Portable(m.Network.Config, precision.Value == "fp16")
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
			if err := os.MkdirAll(folder, 0o777); err != nil {
				return fmt.Errorf("export: %w", err)
			}
			if err := s.Export(folder, textures, m.Scene); err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s: see its README.md\n", filepath.Join(folder, "shader.comp"))
			return nil
		},
	}
	cmd.Flags().StringVar(&folder, "glsl", "", "write the shader and what it reads to `DIR`")
	precision.Flag(cmd, "precision", "of the arithmetic")
	return cmd
}
