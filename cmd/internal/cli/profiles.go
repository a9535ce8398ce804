package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"runtime/trace"
)

// profiles are the files that --cpuprofile and --trace ask for.
type profiles struct {
	cpu, trace         string
	cpuFile, traceFile *os.File
}

// start begins, for a command with these arguments, none of which a profile may replace.
func (p *profiles) start(args []string) error {
	var files []string
	for _, file := range []string{p.cpu, p.trace} {
		if file != "" {
			files = append(files, file)
		}
	}
	if err := checkNames(args, files); err != nil {
		return err
	}
	var err error
	if p.cpu != "" {
		if p.cpuFile, err = os.Create(p.cpu); err != nil {
			return fmt.Errorf("cpuprofile: %w", err)
		}
		if err := pprof.StartCPUProfile(p.cpuFile); err != nil {
			return fmt.Errorf("cpuprofile: %w", err)
		}
	}
	if p.trace != "" {
		if p.traceFile, err = os.Create(p.trace); err != nil {
			return fmt.Errorf("trace: %w", err)
		}
		if err := trace.Start(p.traceFile); err != nil {
			return fmt.Errorf("trace: %w", err)
		}
	}
	return nil
}

// stop ends what start began, and keeps what was recorded.
func (p *profiles) stop() error {
	var errs []error
	if p.cpuFile != nil {
		pprof.StopCPUProfile()
		errs = append(errs, p.cpuFile.Close())
	}
	if p.traceFile != nil {
		trace.Stop()
		errs = append(errs, p.traceFile.Close())
	}
	return errors.Join(errs...)
}
