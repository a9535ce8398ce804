package train_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"lfnview/lfn"
	"lfnview/train"
	"lfnview/train/dataset"
)

// A network learns the built-in scene for a moment.
func Example() {
	config, err := lfn.Preset("tiny")
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "lfn")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	r := train.Run{
		Options: train.Options{Config: config, Steps: 20, Batch: 256, Background: [3]float32{1, 1, 1}},
		Set:     dataset.Procedural(dataset.RenderOptions{Views: 8, TestViews: 2, Size: 16, Samples: 1}),
		Out:     filepath.Join(dir, "scene.lfn"),
	}
	res, err := r.Do(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Steps, "steps,", len(res.Test.Views), "held-out views")
	// Output: 20 steps, 2 held-out views
}
