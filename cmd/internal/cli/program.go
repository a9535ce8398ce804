package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"lfnview/lfn/f32"
	"lfnview/train"
)

// Exit statuses.
const (
	ExitDone    = 0
	ExitError   = 1   // it could not be done
	ExitUsage   = 2   // the command line was wrong
	ExitStopped = 130 // stopped by Ctrl-C or SIGTERM
)

// Started is when the program did.
var Started = time.Now()

// A Program is a command line that is carried out once.
type Program struct {
	Root     *cobra.Command
	profiles profiles
}

// NewProgram gives root the flags of profiles, looks at the environment before any command runs, and makes errors of
// flags those of the command line.
func NewProgram(root *cobra.Command) *Program {
	p := &Program{Root: root}
	root.SilenceErrors, root.SilenceUsage = true, true
	root.PersistentPreRunE = func(_ *cobra.Command, args []string) error {
		if err := checkEnvironment(); err != nil {
			return err
		}
		return p.profiles.start(args)
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &UsageError{flagError(err)} })
	root.PersistentFlags().StringVar(&p.profiles.cpu, "cpuprofile", "", "write a CPU profile to `FILE`, for go tool pprof")
	root.PersistentFlags().StringVar(&p.profiles.trace, "trace", "", "write an execution trace to `FILE`, for go tool trace")
	return p
}

// Main carries out the command line that the process was called with, and ends it. Ctrl-C and SIGTERM stop it.
func (p *Program) Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for anything
	os.Exit(p.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Run carries out one command line and returns the exit status. Results go to stdout, everything else to
// stderr: at the end of a command that did not come to its own, one line.
func (p *Program) Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	p.Root.SetArgs(args)
	p.Root.SetOut(stdout)
	p.Root.SetErr(stderr)
	cmd, err := p.Root.ExecuteContextC(ctx)
	if perr := p.profiles.stop(); err == nil {
		err = perr
	}
	var usage *UsageError
	name := p.Root.Name()
	switch {
	case err == nil:
		return ExitDone
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, message(name, err))
		return ExitStopped
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "%s; see %s --help\n", message(name, err), cmd.CommandPath())
		return ExitUsage
	}
	fmt.Fprintln(stderr, message(name, err))
	return ExitError
}

// checkEnvironment says what is wrong with the variables that every command reads.
func checkEnvironment() error {
	if name := os.Getenv("LFN_CPU"); name != "" && name != f32.Impl() {
		return Usagef("LFN_CPU=%s: these kernels are not here, want one of %v", name, f32.Impls())
	}
	if name := os.Getenv("LFN_DEVICE"); name != "" {
		if err := new(Device).Set(name); err != nil {
			return Usagef("LFN_DEVICE=%s: want auto, cpu, gpu or gpu:N", name)
		}
	}
	return nil
}

// message is err on one line, after the name of the program.
func message(name string, err error) string {
	text := Line(err.Error())
	var saved *train.StoppedError // says more
	if errors.Is(err, context.Canceled) && !errors.As(err, &saved) {
		text = "stopped"
	}
	return name + ": " + strings.TrimPrefix(text, "lfn: ")
}

// Line is text on one line, and without characters that a terminal would obey, as names in files may have them.
func Line(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// PrintJSON writes v as one indented JSON object.
func PrintJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
