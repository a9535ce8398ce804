package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/render/gpu"
)

// device is what computes.
type device struct{ word }

func (d *device) flag(cmd *cobra.Command) {
	_ = d.Set("auto")
	if env := os.Getenv("LFN_DEVICE"); env != "" {
		_ = d.Set(env) // newRoot says what is wrong with it
	}
	cmd.Flags().Var(d, "device", "what computes; gpu:N is one of several, see lfn devices; LFN_DEVICE sets the default")
	cmd.RegisterFlagCompletionFunc("device", cobra.FixedCompletions(d.of, cobra.ShellCompDirectiveNoFileComp))
}

// trains says whether networks can be trained there. LFN_DEVICE is for rendering.
func (d *device) trains(cmd *cobra.Command) error {
	if strings.HasPrefix(d.value, "gpu") && cmd.Flags().Changed("device") {
		return errors.New("device gpu: networks are trained on the CPU; use --device cpu")
	}
	return nil
}

// Set also takes gpu:N, one of several.
func (d *device) Set(text string) error {
	if n, ok := strings.CutPrefix(text, "gpu:"); ok {
		if i, err := strconv.Atoi(n); err == nil && i >= 0 {
			d.value = text
			return nil
		}
	}
	d.of = []string{"auto", "cpu", "gpu"}
	if d.word.Set(text) != nil {
		return errors.New("want auto, cpu, gpu or gpu:N")
	}
	return nil
}

// renderDevice is what renders, and how.
type renderDevice struct {
	device    device
	precision word
}

func (d *renderDevice) flags(cmd *cobra.Command) {
	d.device.flag(cmd)
	d.precision = word{"auto", []string{"auto", "fp32", "fp16"}}
	d.precision.flag(cmd, "precision", "of the arithmetic; auto takes fp16 on a GPU where that changes no channel by more than 2/255")
}

// A rendering is a renderer, and what it is.
type rendering struct {
	render.Renderer
	device    string // cpu or gpu
	name      string // of the device
	precision string
	gpu       *gpu.Renderer // nil on the CPU
	startup   time.Duration // that it took to make
}

func (r *rendering) close() {
	if r.gpu != nil {
		r.gpu.Close()
	}
}

// open makes a renderer of m on the device that the flags ask for. Where auto finds a GPU that does not work, it
// says so on stderr, and takes the CPU.
func (d *renderDevice) open(m *lfn.Model, stderr io.Writer) (*rendering, error) {
	var why error
	if d.device.value != "cpu" {
		o := gpu.Options{Precision: gpu.Precision(d.precision.value), Software: d.device.value != "auto"}
		if _, n, ok := strings.Cut(d.device.value, ":"); ok {
			i, _ := strconv.Atoi(n) // Set has looked at it
			o.Device = i + 1
		}
		start := time.Now()
		r, err := gpu.New(m, o)
		if err == nil {
			return gpuRendering(r, time.Since(start)), nil
		}
		if d.device.value != "auto" {
			return nil, fmt.Errorf("device %s: %w; or use --device cpu", d.device.value, err)
		}
		why = err
	}
	if d.precision.value == "fp16" {
		if why == nil {
			return nil, usagef("--precision fp16: the CPU computes in fp32; use --precision fp32")
		}
		return nil, fmt.Errorf("precision fp16: %w; use --precision fp32", why)
	}
	if why != nil && !errors.Is(why, gpu.ErrNotBuilt) {
		fmt.Fprintf(stderr, "note: rendering on the CPU: %s\n", strings.ReplaceAll(why.Error(), "\n", "; "))
	}
	return cpuRendering(m), nil
}

func cpuRendering(m *lfn.Model) *rendering {
	start := time.Now()
	r := render.NewCPU(m.Network.Pack(), m.Scene)
	return &rendering{r, "cpu", "CPU", "fp32", nil, time.Since(start)}
}

func gpuRendering(r *gpu.Renderer, startup time.Duration) *rendering {
	precision := "fp32"
	if r.Variant().Half {
		precision = "fp16"
	}
	return &rendering{r, "gpu", r.Device().Name, precision, r, startup}
}
