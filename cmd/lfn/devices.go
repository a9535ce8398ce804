package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/lfn/f32"
	"lfnview/render/gpu"
)

// devicesReport is what lfn devices prints.
type devicesReport struct {
	Chosen  string       `json:"chosen"`
	Kernels string       `json:"cpu_kernels"`
	Devices []gpu.Device `json:"devices"`
	Why     string       `json:"why,omitempty"`    // there is no GPU, or none that works
	Trials  []trialJSON  `json:"trials,omitempty"` // of a model's shaders on the chosen one
}

func newDevices() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "devices [MODEL]",
		Short: "List what can render here, and what would be chosen",
		Long: `devices lists the CPU and what OpenGL 4.3 runs on. --device auto chooses the first GPU that works, and the CPU
where there is none: software rasterisers are slower than that.

With a model, it tries the shaders that its network could become on the chosen GPU: how far each is from what the CPU
computes, in steps of 1/255, and how fast it is. The fastest that is right would be chosen; what was chosen before is
kept in a cache, which this leaves alone.`,
		Example: `  lfn devices
  lfn devices scene.lfn`,
		Args: cli.Args(0, 1, "a model or none"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var m *lfn.Model
			if len(args) > 0 {
				var err error
				if m, err = lfn.Open(args[0]); err != nil {
					return err
				}
			}
			devices, why := gpu.Devices()
			report := devicesReport{Chosen: "cpu", Kernels: f32.Impl(), Devices: append([]gpu.Device{}, devices...)}
			chosen := slices.IndexFunc(devices, func(d gpu.Device) bool { return !d.Software })
			if m != nil && len(devices) > 0 {
				d, trials, err := gpu.Tune(m, gpu.Options{Software: chosen < 0})
				for _, t := range trials {
					report.Trials = append(report.Trials, newTrialJSON(t))
				}
				why = err
				if chosen >= 0 {
					chosen = slices.IndexFunc(devices, func(one gpu.Device) bool { return err == nil && one.Index == d.Index })
				}
			}
			if why != nil {
				report.Why = why.Error()
			}
			if chosen >= 0 {
				report.Chosen = fmt.Sprintf("gpu:%d", devices[chosen].Index)
			}
			if asJSON {
				return cli.PrintJSON(cmd.OutOrStdout(), report)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintf(w, "%s\tCPU, %s kernels\t%s\n", "cpu", f32.Impl(), mark(chosen < 0))
			for i, d := range devices {
				has := "OpenGL " + d.Driver
				if d.Half {
					has += ", half precision"
				}
				if d.Subgroup {
					has += ", subgroups"
				}
				if d.Software {
					has += ", software"
				}
				fmt.Fprintf(w, "gpu:%d\t%s\t%s\t%s\n", d.Index, d.Name, mark(i == chosen), has)
			}
			if why != nil {
				fmt.Fprintf(w, "no gpu\t%s\n", firstLine(report.Why))
			}
			if len(report.Trials) > 0 {
				fmt.Fprintf(w, "\nshader\tM rays/s\tlargest\tmean\tbuilt in ms\n")
			}
			for _, t := range report.Trials {
				fmt.Fprintf(w, "%s\t%.1f\t%.2f\t%.3f\t%.0f\t%s\n", t.Variant, t.RaysPerS/1e6, t.Most, t.Mean, t.BuildMs, firstLine(t.Error))
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object on stdout")
	return cmd
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func mark(chosen bool) string {
	if chosen {
		return "chosen by auto"
	}
	return ""
}

type trialJSON struct {
	Variant  string  `json:"variant"`
	RaysPerS float64 `json:"rays_per_s"`
	Most     float64 `json:"largest_difference_255"` // −1 where it is not finite
	Mean     float64 `json:"mean_difference_255"`
	BuildMs  float64 `json:"build_ms"`
	Error    string  `json:"error,omitempty"`
}

func newTrialJSON(t gpu.Trial) trialJSON {
	j := trialJSON{Variant: t.Variant.String(), RaysPerS: t.RaysPerS, Most: t.Most, Mean: t.Mean, BuildMs: t.BuildTime.Seconds() * 1e3}
	if t.Err != nil {
		j.Error = t.Err.Error()
	}
	if math.IsNaN(t.Most) || math.IsInf(t.Most, 0) { // which JSON has no word for
		j.Most, j.Mean = -1, -1
	}
	return j
}
