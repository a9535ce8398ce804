package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"lfnview/train"
)

func TestProgram(t *testing.T) {
	stopped := fmt.Errorf("train: %w", context.Canceled)
	for _, tt := range []struct {
		name   string
		env    string // of LFN_DEVICE
		args   []string
		err    error // of the command
		status int
		stderr string
	}{
		{"done", "cpu", nil, nil, ExitDone, ""},
		{"error", "cpu", nil, errors.New("lfn: open \x1b[2Ja.lfn: no\nluck\n"), ExitError, "show: open  [2Ja.lfn: no; luck\n"},
		{"usage", "cpu", nil, fmt.Errorf("so: %w", Usagef("--n %d: want more", 1)), ExitUsage, "show: so: --n 1: want more; see show --help\n"},
		{"stopped", "cpu", nil, stopped, ExitStopped, "show: stopped\n"},
		{"too many", "cpu", []string{"a", "b"}, nil, ExitUsage, "show: 2 arguments, want a model or none; see show --help\n"},
		{"no such flag", "cpu", []string{"a", "--sise", "3"}, nil, ExitUsage, "show: unknown flag: --sise; see show --help\n"},
		{"no duration", "cpu", []string{"--time", "x"}, nil, ExitUsage, `show: invalid argument "x" for "--time" flag: want a duration, as 90s or 10m; see show --help` + "\n"},
		{"no number", "cpu", []string{"--fps", "x"}, nil, ExitUsage, `show: invalid argument "x" for "--fps" flag: want a number; see show --help` + "\n"},
		{"no device", "tpu", nil, nil, ExitUsage, "show: LFN_DEVICE=tpu: want auto, cpu, gpu or gpu:N; see show --help\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("LFN_DEVICE", tt.env)
			ran := false
			root := &cobra.Command{Use: "show [MODEL]", Args: Args(0, 1, "a model or none"), RunE: func(*cobra.Command, []string) error {
				ran = true
				return tt.err
			}}
			root.Flags().Duration("time", time.Second, "")
			root.Flags().Float64("fps", 24, "")
			var stdout, stderr bytes.Buffer
			status := NewProgram(root).Run(t.Context(), tt.args, &stdout, &stderr)
			if status != tt.status || stdout.Len() > 0 || stderr.String() != tt.stderr {
				t.Errorf("exit status %d, stdout %q, stderr %q, want %d and %q", status, stdout.String(), stderr.String(), tt.status, tt.stderr)
			}
			if want := tt.err != nil || tt.status == ExitDone; ran != want {
				t.Errorf("the command ran: %v, want %v", ran, want)
			}
		})
	}
}

// A run that was stopped says what is saved.
func TestMessage(t *testing.T) {
	err := fmt.Errorf("%w: %w", &train.StoppedError{Step: 3, Kind: "model", Out: "a.lfn"}, context.Canceled)
	if got, want := message("lfnview", err), "lfnview: train: stopped at step 3: a.lfn has the model so far: context canceled"; got != want {
		t.Errorf("message = %q, want %q", got, want)
	}
}

func TestDeviceFlag(t *testing.T) {
	for _, tt := range []struct{ env, want string }{{"", "auto"}, {"cpu", "cpu"}, {"gpu:3", "gpu:3"}} {
		t.Setenv("LFN_DEVICE", tt.env)
		var on RenderDevice
		cmd := &cobra.Command{Use: "show"}
		on.Flags(cmd)
		if on.Device.Value != tt.want || on.Precision.Value != "auto" {
			t.Errorf("LFN_DEVICE=%s: device %s, precision %s, want %s, auto", tt.env, on.Device.Value, on.Precision.Value, tt.want)
		}
		if err := cmd.ParseFlags([]string{"--device", "gpu", "--precision", "fp16"}); err != nil || on.Device.Value != "gpu" || on.Precision.Value != "fp16" {
			t.Errorf("device %s, precision %s, %v", on.Device.Value, on.Precision.Value, err)
		}
	}
}
