package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lfnview/render/gpu"
)

// needGPU skips a test where there is nothing that OpenGL runs on, or fails it where there has to be something.
func needGPU(t *testing.T) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("MESA_SHADER_CACHE_DISABLE", "true")
	if _, err := gpu.Devices(); err != nil {
		if os.Getenv("LFN_NEED_GPU") != "" {
			t.Fatalf("LFN_NEED_GPU is set: %v", err)
		}
		t.Skip(err)
	}
}

func TestRenderOnGPU(t *testing.T) {
	needGPU(t)
	model := tinyModel(t)
	out := filepath.Join(t.TempDir(), "out.png")
	status, stdout, stderr := lfnRun(t, "render", model, "-o", out, "--size", "24x16", "--device", "gpu", "--json")
	var told struct {
		Device, Name, Precision string
		FirstMs                 float64 `json:"first_frame_ms"`
	}
	if status != 0 || stderr != "" || json.Unmarshal([]byte(stdout), &told) != nil {
		t.Fatalf("exit status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if told.Device != "gpu" || told.Name == "" || !(told.FirstMs > 0) {
		t.Errorf("JSON says %+v", told)
	}
	if _, err := os.Stat(out); err != nil {
		t.Error(err)
	}
}

func TestDevices(t *testing.T) {
	needGPU(t)
	status, stdout, stderr := lfnRun(t, "devices", tinyModel(t), "--json")
	var told struct {
		Chosen  string
		Devices []gpu.Device
		Trials  []trialJSON
	}
	if status != 0 || stderr != "" || json.Unmarshal([]byte(stdout), &told) != nil {
		t.Fatalf("exit status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if told.Chosen == "" || len(told.Devices) == 0 || len(told.Trials) == 0 || told.Trials[0].Error != "" || !(told.Trials[0].RaysPerS > 0) {
		t.Errorf("JSON says %+v", told)
	}
	if status, stdout, _ := lfnRun(t, "devices"); status != 0 || !strings.Contains(stdout, told.Devices[0].Name) || strings.Count(stdout, "chosen by auto") != 1 {
		t.Errorf("exit status %d, stdout %q", status, stdout)
	}
}

// TestAutoFallsBack: where only a software rasteriser is there, auto says so once and takes the CPU.
func TestAutoFallsBack(t *testing.T) {
	needGPU(t)
	ds, _ := gpu.Devices()
	for _, d := range ds {
		if !d.Software {
			t.Skipf("%s is no software rasteriser", d.Name)
		}
	}
	out := filepath.Join(t.TempDir(), "out.png")
	status, _, stderr := lfnRun(t, "render", tinyModel(t), "-o", out, "--size", "24x16", "--device", "auto")
	if status != 0 || strings.Count(stderr, "note: rendering on the CPU: gpu: there is only ") != 1 || strings.Count(stderr, "\n") != 2 {
		t.Errorf("exit status %d, stderr %q", status, stderr)
	}
}

func TestExportGLSL(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "shader")
	if status, stdout, stderr := lfnRun(t, "export", tinyModel(t), "--glsl", folder); status != 0 || stdout != "" {
		t.Fatalf("exit status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	for _, name := range []string{"shader.comp", "shader.json", "weights.bin", "README.md"} {
		if s, err := os.Stat(filepath.Join(folder, name)); err != nil || s.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if status, _, stderr := lfnRun(t, "export", "--glsl", folder, "--precision", "fp16"); status != 0 {
		t.Errorf("the default scene in fp16: exit status %d, stderr %q", status, stderr)
	}
}

func TestDeviceFromEnvironment(t *testing.T) {
	t.Setenv("LFN_DEVICE", "tpu")
	if status, _, stderr := lfnRun(t, "version"); status != 2 || !strings.Contains(stderr, "LFN_DEVICE=tpu") {
		t.Errorf("exit status %d, stderr %q", status, stderr)
	}
}
