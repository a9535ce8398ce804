package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lfnview/lfn/f32"
)

// newRoot is the command lfn with all of its commands.
func newRoot(p *profiles) *cobra.Command {
	root := &cobra.Command{
		Use:   "lfn",
		Short: "Train light field networks from photographs, and render them",
		Long: `lfn trains a light field network from photographs with known cameras and renders new views of the scene.
It needs no GPU, and renders on one where OpenGL 4.3 finds it.`,
		Example: `  lfn demo
  lfn render --turntable 48 --size 256x256 -o turntable.gif`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if name := os.Getenv("LFN_CPU"); name != "" && name != f32.Impl() {
				return usagef("LFN_CPU=%s: these kernels are not here, want one of %v", name, f32.Impls())
			}
			if name := os.Getenv("LFN_DEVICE"); name != "" {
				if err := new(device).Set(name); err != nil {
					return usagef("LFN_DEVICE=%s: want auto, cpu, gpu or gpu:N", name)
				}
			}
			return p.start()
		},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SuggestionsMinimumDistance = 2
	cobra.EnableCommandSorting = false // they are in the order in which a user meets them
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// Before it sees that there is no such command, cobra finds that lfn itself has no such flag.
		if before := cmd.Flags().Args(); cmd == root && len(before) > 0 {
			return unknownCommand(root, before[0])
		}
		return &usageError{flagError(err)}
	})
	root.PersistentFlags().StringVar(&p.cpu, "cpuprofile", "", "write a CPU profile to `FILE`, for go tool pprof")
	root.PersistentFlags().StringVar(&p.trace, "trace", "", "write an execution trace to `FILE`, for go tool trace")
	root.AddCommand(newDemo(), newTrain(), newRender(), newEval(), newInfo(), newBench(), newDevices(), newExport(), newVersion())
	return root
}

func unknownCommand(root *cobra.Command, name string) error {
	like := root.SuggestionsFor(name)
	if len(like) == 0 {
		return usagef("there is no command %q", name)
	}
	return usagef("there is no command %q, did you mean %s?", name, like[0])
}

// flagError is err, with what a value should have been in the place of what strconv and time say of it.
func flagError(err error) error {
	text := err.Error()
	var number *strconv.NumError
	if errors.As(err, &number) {
		want := map[string]string{"ParseFloat": "want a number", "ParseUint": "want a whole number, 0 or more"}[number.Func]
		if want == "" {
			want = "want a whole number"
		}
		if errors.Is(number, strconv.ErrRange) {
			want = "it is out of range, " + want
		}
		return errors.New(strings.Replace(text, number.Error(), want, 1))
	}
	if before, _, ok := strings.Cut(text, " flag: time: "); ok {
		return errors.New(before + " flag: want a duration, as 90s or 10m")
	}
	return err
}

// args accepts min to max arguments, named in what it says when there are more or fewer.
func args(min, max int, names string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < min || len(args) > max {
			return usagef("%d arguments, want %s", len(args), names)
		}
		return nil
	}
}

// printJSON writes v as one indented JSON object.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
