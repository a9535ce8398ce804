package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// A model that the run will replace is named, and there until then.
func TestTrainingReplaces(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a.lfn")
	for _, exists := range []bool{false, true} {
		f := NewTraining("small")
		cmd := &cobra.Command{Use: "train"}
		cmd.SetContext(t.Context())
		f.Flags(cmd)
		f.Out = out
		var stderr bytes.Buffer
		cmd.SetErr(&stderr)
		if _, err := f.Open(cmd, "procedural:8"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(stderr.String(), "note: "+out+" exists, and will be replaced\n"); got != exists {
			t.Errorf("%q: says that the model is replaced: %v, want %v", stderr.String(), got, exists)
		}
		if err := os.WriteFile(out, []byte("a model"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// What is trained on is not replaced by the model.
func TestTrainingKeepsItsData(t *testing.T) {
	scene := filepath.Join(t.TempDir(), "scene")
	if err := os.WriteFile(scene, []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{scene, "a.glb", "a.GLTF", "a.json"} {
		f := NewTraining("small")
		cmd := &cobra.Command{Use: "train"}
		cmd.SetContext(t.Context())
		f.Flags(cmd)
		f.Out = out
		if _, err := f.Open(cmd, scene); !errors.As(err, new(*UsageError)) {
			t.Errorf("-o %s: %v, want an error of the command line", out, err)
		}
	}
}
