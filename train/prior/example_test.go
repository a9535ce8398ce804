package prior_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"lfnview/lfn"
	"lfnview/train/dataset"
	"lfnview/train/prior"
)

// A class of scenes is made, a prior learns it, and an unseen scene is found from two photographs.
func Example() {
	if err := example(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// figures.prior: 4 instances, 50 steps
	// object.lfn: 16 points, 3 frequencies
}

func example() error {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "prior")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	figures := filepath.Join(dir, "figures")
	o := dataset.GenerateOptions{Instances: 6, Views: 3, Size: 8, Samples: 1, Holdout: 3}
	if err := dataset.Generate(ctx, figures, "shepard-metzler", o); err != nil {
		return err
	}

	class, err := dataset.OpenClass(figures, 0)
	if err != nil {
		return err
	}
	config, err := lfn.HyperPreset("film")
	if err != nil {
		return err
	}
	t, err := prior.New(class, prior.Options{Config: config, Steps: 50, Rays: 16})
	if err != nil {
		return err
	}
	defer t.Close()
	if err := t.Run(ctx, func() error { return nil }); err != nil {
		return err
	}
	p := t.Prior()
	fmt.Printf("figures.prior: %d instances, %d steps\n", len(p.Instances), p.Training.Steps)

	views, err := prior.OpenInstance(class, class.Split(dataset.Test)[0], dataset.Options{})
	if err != nil {
		return err
	}
	found, err := prior.Reconstruct(ctx, p, views[:2], prior.ReconstructOptions{Steps: 20, Rays: 64, Starts: 2})
	if err != nil {
		return err
	}
	object := filepath.Join(dir, "object.lfn")
	if err := p.Model(found.Latent, found.Class).Save(object); err != nil {
		return err
	}
	m, err := lfn.Open(object)
	if err != nil {
		return err
	}
	e := m.Network.Config.Encoding
	fmt.Printf("object.lfn: %d points, %d frequencies\n", e.Points, e.Frequencies)
	return nil
}
