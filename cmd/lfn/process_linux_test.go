package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test's program stand in for lfn itself.
func TestMain(m *testing.M) {
	if os.Getenv("LFN_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// lfnProcess is a command line of a process of its own.
func lfnProcess(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "LFN_TEST_MAIN=1")
	return cmd
}

func TestSignals(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "a.lfn")
			args := []string{"train", "procedural:8", "-o", out, "--preset", "tiny", "--batch", "64"}
			cmd := lfnProcess(t, append(args, "--time", "10m")...)
			stderr, err := cmd.StderrPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			for lines := bufio.NewScanner(stderr); lines.Scan(); {
				if text.WriteString(lines.Text() + "\n"); strings.Contains(lines.Text(), " left ") {
					cmd.Process.Signal(signal)
				}
			}
			cmd.Wait()
			if last := lastLine(t, text.String()); cmd.ProcessState.ExitCode() != 130 || !strings.HasSuffix(last, "go on with --resume") {
				t.Errorf("exit status %d, stderr %q", cmd.ProcessState.ExitCode(), text.String())
			}
			if got := folder(t, filepath.Dir(out)); !slices.Equal(got, []string{"a.lfn", "a.lfn.checkpoint"}) {
				t.Errorf("a stopped run leaves %v", got)
			}
			if status, _, stderr := lfnRun(t, append(args, "--time", "1ns", "--resume")...); status != 0 {
				t.Errorf("exit status %d, stderr %q", status, stderr)
			}
		})
	}
}

// TestStdoutFull checks that a result that nobody gets is an error, and that what is in files stays.
func TestStdoutFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	model, data := tinyModel(t), tinyData(t)
	dir := t.TempDir()
	trained, picture := filepath.Join(dir, "a.lfn"), filepath.Join(dir, "a.png")
	for _, args := range [][]string{
		append([]string{"train", data, "-o", trained, "--json"}, quick...),
		{"eval", model, data},
		{"eval", model, data, "--json"},
		{"info", model},
		{"info", data, "--json"},
		{"render", model, "-o", picture, "--size", "8x8", "--json"},
		{"version"},
	} {
		var stderr bytes.Buffer
		status := run(t.Context(), args, full, &stderr)
		if last := lastLine(t, stderr.String()); status != 1 || !strings.Contains(last, "no space left on device") {
			t.Errorf("%v: exit status %d, stderr %q", args, status, stderr.String())
		}
	}
	openTest(t, trained)
	checkPNG(t, picture, 8, 8)
}

// A closed stdout must not become the next file that is opened.
func TestStdoutClosed(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a.lfn")
	args := append([]string{"train", "procedural:8", "-o", out, "--json"}, quick...)
	cmd := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", `exec "$0" "$@" >&-`, os.Args[0]}, args...)...)
	cmd.Env = append(os.Environ(), "LFN_TEST_MAIN=1")
	if text, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%v: %s", err, text)
	}
	openTest(t, out)
}

// To open a pipe waits for who writes to it.
func TestPipe(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a.lfn")
	for _, path := range []string{out, out + ".checkpoint"} {
		if err := syscall.Mkfifo(path, 0o666); err != nil {
			t.Skip(err)
		}
	}
	for _, args := range [][]string{
		{"info", out},
		{"eval", out, "procedural:8"},
		{"train", "procedural:8", "-o", out},
		{"train", "procedural:8", "-o", filepath.Dir(out) + "/b.lfn", "--report", out},
	} {
		status, _, stderr := lfnRun(t, args...)
		if last := lastLine(t, stderr); status != 1 || !strings.Contains(last, out) {
			t.Errorf("%v: exit status %d, stderr %q", args, status, stderr)
		}
	}
}

// smallDisk mounts a disk of that size, where the test may.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestDiskFull checks that a file for which there is no room is not there in part, and the earlier one still is.
func TestDiskFull(t *testing.T) {
	model, data := tinyModel(t), tinyData(t)
	disk := smallDisk(t, "24k")
	elsewhere := filepath.Join(t.TempDir(), "a.lfn")
	for _, tt := range []struct {
		file string // on the disk
		args []string
	}{
		{"a.lfn", append([]string{"train", data, "-o", filepath.Join(disk, "a.lfn")}, quick...)},
		{"a.png", []string{"render", model, "-o", filepath.Join(disk, "a.png"), "--size", "600x600"}},
		{"a.gif", []string{"render", model, "-o", filepath.Join(disk, "a.gif"), "--size", "128x128", "--turntable", "16"}},
		{"report.html", append([]string{"train", data, "-o", elsewhere, "--report", disk}, quick...)},
	} {
		t.Run(tt.file, func(t *testing.T) {
			path := filepath.Join(disk, tt.file)
			if err := os.WriteFile(path, []byte("earlier"), 0o666); err != nil {
				t.Fatal(err)
			}
			status, _, stderr := lfnRun(t, tt.args...)
			if last := lastLine(t, stderr); status != 1 || !strings.Contains(last, "no space left on device") || !strings.Contains(last, disk) {
				t.Errorf("exit status %d, stderr %q", status, stderr)
			}
			if got := readFile(t, path); string(got) != "earlier" {
				t.Errorf("the earlier file has %d bytes of another content", len(got))
			}
			for _, name := range folder(t, disk) {
				if strings.HasPrefix(name, ".") || strings.Contains(name, "probe") {
					t.Errorf("%s is left", name)
				}
			}
		})
	}
	openTest(t, elsewhere) // the model is not lost with the report
}

// fill leaves no room on a disk.
func fill(t *testing.T, disk string) {
	t.Helper()
	f, err := os.Create(filepath.Join(disk, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
}

func TestDiskFullImages(t *testing.T) {
	disk := smallDisk(t, "16k")
	fill(t, disk)
	dir := filepath.Join(disk, "pictures")
	status, stdout, stderr := lfnRun(t, "eval", tinyModel(t), tinyData(t), "--images", dir, "--json")
	if last := lastLine(t, stderr); status != 1 || stdout != "" || !strings.Contains(last, "test-r_0.png: no space left on device") {
		t.Errorf("exit status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if got := folder(t, dir); len(got) > 0 {
		t.Errorf("%v are left", got)
	}
}

func TestDiskFullConvert(t *testing.T) {
	disk := smallDisk(t, "16k")
	fill(t, disk)
	status, stdout, stderr := lfnRun(t, "dataset", "convert", "procedural:64", filepath.Join(disk, "a"))
	if last := lastLine(t, stderr); status != 1 || stdout != "" || !strings.Contains(last, "no space left on device") {
		t.Errorf("exit status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if got := folder(t, disk); !slices.Equal(got, []string{"fill"}) {
		t.Errorf("%v are there, want what was", got)
	}
}

// A run whose report finds no room on the way keeps its work.
func TestDiskFullMetrics(t *testing.T) {
	disk := smallDisk(t, "16k")
	fill(t, disk)
	out := filepath.Join(t.TempDir(), "a.lfn")
	args := []string{"train", "procedural:8", "-o", out, "--preset", "tiny", "--batch", "64", "--steps", "64"}
	status, _, stderr := lfnRun(t, append(args, "--report", disk)...)
	if last := lastLine(t, stderr); status != 1 || !strings.Contains(last, "metrics.jsonl: no space left on device; "+out+" has the model so far") {
		t.Errorf("exit status %d, stderr %q", status, stderr)
	}
	// The log is first written to after a second, or after 64 steps where these are faster.
	if n := openTest(t, out).Training.Steps; n != 32 && n != 64 {
		t.Errorf("the model says %d steps, want 32 or 64", n)
	}
	status, stdout, stderr := lfnRun(t, append(args, "--resume", "--json")...)
	var told trainResult
	if err := json.Unmarshal([]byte(stdout), &told); err != nil || status != 0 || told.Steps != 64 {
		t.Errorf("resumed: exit status %d, stderr %q, %+v", status, stderr, told)
	}
}
