// Lfn trains light field networks from photographs and renders them. Run it without arguments for help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"lfnview/train"
)

// Exit statuses.
const (
	exitDone    = 0
	exitError   = 1   // it could not be done
	exitUsage   = 2   // the command line was wrong
	exitStopped = 130 // stopped by Ctrl-C or SIGTERM
)

// started is when the program did.
var started = time.Now()

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for anything
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit status. Results go to stdout, everything else to
// stderr: at the end of a command that did not come to its own, one line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var profiles profiles
	root := newRoot(&profiles)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if perr := profiles.stop(); err == nil {
		err = perr
	}
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, message(err))
		return exitStopped
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "%s; see %s --help\n", message(err), cmd.CommandPath())
		return exitUsage
	}
	fmt.Fprintln(stderr, message(err))
	return exitError
}

// message is err on one line, after the name of the program.
func message(err error) string {
	text := strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
	var saved *train.StoppedError // says more
	if errors.Is(err, context.Canceled) && !errors.As(err, &saved) {
		text = "stopped"
	}
	return "lfn: " + strings.TrimPrefix(text, "lfn: ")
}

// usageError is an error of the command line itself.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usagef makes an error of the command line.
func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }
