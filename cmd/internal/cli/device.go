package cli

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

// Device is what computes.
type Device struct{ Word }

// Flag adds --device to the flags of a command; LFN_DEVICE is its default.
func (d *Device) Flag(cmd *cobra.Command) {
	_ = d.Set("auto")
	if env := os.Getenv("LFN_DEVICE"); env != "" {
		_ = d.Set(env) // Program says what is wrong with it
	}
	cmd.Flags().Var(d, "device", "what computes; gpu:N is one of several, see lfn devices; LFN_DEVICE sets the default")
	cmd.RegisterFlagCompletionFunc("device", cobra.FixedCompletions(d.Of, cobra.ShellCompDirectiveNoFileComp))
}

// Set also takes gpu:N, one of several.
func (d *Device) Set(text string) error {
	if n, ok := strings.CutPrefix(text, "gpu:"); ok {
		if i, err := strconv.Atoi(n); err == nil && i >= 0 {
			d.Value = text
			return nil
		}
	}
	d.Of = []string{"auto", "cpu", "gpu"}
	if d.Word.Set(text) != nil {
		return errors.New("want auto, cpu, gpu or gpu:N")
	}
	return nil
}

// RenderDevice is what renders, and how.
type RenderDevice struct {
	Device    Device
	Precision Word
}

// Flags adds --device and --precision to the flags of a command.
func (d *RenderDevice) Flags(cmd *cobra.Command) {
	d.Device.Flag(cmd)
	d.Precision = Word{"auto", []string{"auto", "fp32", "fp16"}}
	d.Precision.Flag(cmd, "precision", "of the arithmetic; auto takes fp16 on a GPU where that changes no channel by more than 2/255")
}

// A Rendering is a renderer, and what it is.
type Rendering struct {
	render.GeometryRenderer
	Device    string // cpu or gpu
	Name      string // of the device
	Precision string
	GPU       *gpu.Renderer // nil on the CPU
	Startup   time.Duration // that it took to make
}

// Close gives back what the GPU holds.
func (r *Rendering) Close() {
	if r.GPU != nil {
		r.GPU.Close()
	}
}

// Open makes a renderer of m on the device that the flags ask for. Where auto finds a GPU that does not work, it
// says so on stderr, and takes the CPU.
func (d *RenderDevice) Open(m *lfn.Model, stderr io.Writer) (*Rendering, error) {
	var why error
	if d.Device.Value != "cpu" {
		o := gpu.Options{Precision: gpu.Precision(d.Precision.Value), Software: d.Device.Value != "auto"}
		if _, n, ok := strings.Cut(d.Device.Value, ":"); ok {
			i, _ := strconv.Atoi(n) // Set has looked at it
			o.Device = i + 1
		}
		start := time.Now()
		r, err := gpu.New(m, o)
		if err == nil {
			return gpuRendering(r, time.Since(start)), nil
		}
		if d.Device.Value != "auto" {
			return nil, fmt.Errorf("device %s: %w; or use --device cpu", d.Device.Value, err)
		}
		why = err
	}
	if d.Precision.Value == "fp16" {
		if why == nil {
			return nil, Usagef("--precision fp16: the CPU computes in fp32; use --precision fp32")
		}
		return nil, fmt.Errorf("precision fp16: %w; use --precision fp32", why)
	}
	if why != nil && !errors.Is(why, gpu.ErrNotBuilt) {
		fmt.Fprintf(stderr, "note: rendering on the CPU: %s\n", strings.ReplaceAll(why.Error(), "\n", "; "))
	}
	return CPURendering(m), nil
}

// CPURendering renders m on the CPU.
func CPURendering(m *lfn.Model) *Rendering {
	start := time.Now()
	r := render.NewCPU(m.Network.Pack(), m.Scene)
	return &Rendering{r, "cpu", "CPU", "fp32", nil, time.Since(start)}
}

func gpuRendering(r *gpu.Renderer, startup time.Duration) *Rendering {
	precision := "fp32"
	if r.Variant().Half {
		precision = "fp16"
	}
	return &Rendering{r, "gpu", r.Device().Name, precision, r, startup}
}
