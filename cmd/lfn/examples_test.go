package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
)

// TestExamplesRun runs every example of the help that needs nothing from outside, only shorter and smaller.
func TestExamplesRun(t *testing.T) {
	if testing.Short() {
		t.Skip("trains three times")
	}
	smallDemo(t)
	t.Chdir(t.TempDir())
	elsewhere, scene := t.TempDir()+"/", triangle(t)
	smallPrior(t, "figures")
	photo, err := os.ReadFile("figures/test/000000/rgb/000000.png")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("photo.png", photo, 0o666); err != nil {
		t.Fatal(err)
	}
	ran := 0
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			visit(c)
		}
		for line := range strings.Lines(cmd.Example) {
			words := strings.Fields(line)
			for len(words) > 0 && strings.Contains(words[0], "=") { // the environment
				words = words[1:]
			}
			if strings.Contains(line, " data/") || len(words) == 0 {
				continue
			}
			called, _, err := cmd.Root().Find(words[1:])
			if err != nil {
				t.Errorf("example %q: %v", line, err)
				continue
			}
			args := strings.Split(strings.ReplaceAll(strings.Join(words[1:], "\n"), "/tmp/", elsewhere), "\n")
			if i := slices.Index(args, cli.BuiltIn); i >= 0 {
				args[i] += ":8"
			}
			if i := slices.Index(args, "duck.glb"); i >= 0 {
				args[i] = scene
			}
			if i := slices.Index(args, "--epi"); i >= 0 {
				args[i+1] = "7" // of 16
			}
			if i := slices.Index(args, "-o"); i >= 0 && (called.Parent().Name() == "dataset" || slices.Contains(args, "--prior")) {
				args[i+1] = fmt.Sprint("new", ran)
			}
			for name, value := range map[string]string{"time": "10ms", "size": "24x16", "views": "3", "points": "16"} {
				if f := called.Flags().Lookup(name); f != nil {
					if f.Value.Type() == "int" {
						value = "16"
					}
					args = append(args, "--"+name, value)
				}
			}
			if status, _, stderr := lfnRun(t, args...); status != 0 {
				t.Errorf("lfn %v: exit status %d, stderr %q", args, status, stderr)
			}
			ran++
		}
	}
	visit(newProgram().Root)
	if ran < 10 {
		t.Errorf("only %d examples ran", ran)
	}
}
